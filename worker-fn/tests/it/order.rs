//! Events of one entity: the newest has its effect, whichever comes last.

use crate::world::{World, event, far_off, message};
use aws_sdk_dynamodb::types::AttributeValue;
use webhook::sources::Programs;
use webhook::sources::programs::{Order, Program};
use worker_fn::batch;
use worker_fn::handle::handle;

/// A world in which events are about `.id` and ordered by `.at`, and become `.state`.
async fn world() -> World {
    let mut world = World::start().await;
    let program = |text: &str| Program::Text(text.to_owned());
    let order = Order { entity: program(".id"), by: program(".at") };
    let programs = Programs { filter: None, map: Some(program(".state")), order: Some(order) };
    world.worker.sources.iter_mut().for_each(|source| source.programs = programs.clone());
    world
}

async fn work(world: &World, messages: &[String]) {
    let bodies: Vec<&str> = messages.iter().map(String::as_str).collect();
    let reply = batch::work(&world.worker, &event(&bodies, 1), far_off(), &handle).await.unwrap();
    assert_eq!(reply.batch_item_failures, []);
}

/// The event of an entity at a time, as JSON writes it.
fn at(id: &str, entity: &str, time: &str) -> String {
    message(id, &format!("{{\"id\":{entity},\"at\":{time},\"state\":\"{id}\"}}"))
}

/// The results of the events that had an effect, and how many were superseded.
async fn applied(world: &World) -> (Vec<String>, usize) {
    let rows = world.rows().await;
    let events = rows.values().filter(|row| row.text("sk") == "table" && row.text("status") != "dead");
    let (done, superseded): (Vec<_>, Vec<_>) = events.partition(|row| !row.text("result").is_empty());
    assert!(superseded.iter().all(|row| row.text("status") == "done" && row.is_true("superseded")));
    (done.iter().map(|row| row.text("result").to_owned()).collect(), superseded.len())
}

#[tokio::test]
async fn in_reverse_order_the_newest_is_applied_and_the_rest_superseded() {
    let world = world().await;
    for n in (1..=5).rev() {
        work(&world, &[at(&format!("e{n}"), "7", &format!("{n}"))]).await;
    }
    assert_eq!(applied(&world).await, (vec!["\"e5\"".to_owned()], 4));
    let rows = world.rows().await;
    let entity = &rows["github#entity#7"];
    assert_eq!((entity.text("sk"), entity.text("entity_event")), ("entity", "github#e5"));
    assert_eq!(world.letters().await.len(), 0);
}

#[tokio::test]
async fn however_they_are_shuffled_the_newest_of_each_entity_is_the_last_applied() {
    let world = world().await;
    let mut events = Vec::new();
    for entity in ["a", "b", "c"] {
        events
            .extend((1..=8).map(|n| {
                at(&format!("{entity}{n}"), &format!("\"{entity}\""), &format!("\"2026-11-0{n}T00:00:00Z\""))
            }));
    }
    fastrand::shuffle(&mut events);
    for batch in events.chunks(6) {
        // What meets another's transaction comes again, as from the queue.
        let mut bodies: Vec<&str> = batch.iter().map(String::as_str).collect();
        while !bodies.is_empty() {
            let reply = batch::work(&world.worker, &event(&bodies, 1), far_off(), &handle).await.unwrap();
            let failed =
                |n: usize| reply.batch_item_failures.iter().any(|item| item.item_identifier == format!("m{n}"));
            bodies = bodies.iter().enumerate().filter(|(n, _)| failed(*n)).map(|(_, body)| *body).collect();
        }
    }
    let rows = world.rows().await;
    for entity in ["a", "b", "c"] {
        let row = &rows[&format!("github#entity#{entity}")];
        assert_eq!(row.text("entity_event"), format!("github#{entity}8"));
        assert_eq!(row.text("entity_order"), "2026-11-08T00:00:00Z");
    }
    let (done, superseded) = applied(&world).await;
    assert_eq!(done.len() + superseded, 24);
    for newest in ["\"a8\"", "\"b8\"", "\"c8\""] {
        assert!(done.iter().any(|result| result == newest), "{newest} of {done:?}");
    }
}

#[tokio::test]
async fn of_equal_ones_each_is_applied_and_a_duplicate_is_one() {
    let world = world().await;
    work(&world, &[at("e1", "7", "5")]).await;
    work(&world, &[at("e2", "7", "5.0")]).await;
    work(&world, &[at("e1", "7", "5")]).await;
    assert_eq!(applied(&world).await, (vec!["\"e1\"".to_owned(), "\"e2\"".to_owned()], 0));
    assert_eq!(world.rows().await["github#entity#7"].text("entity_event"), "github#e2");
}

#[tokio::test]
async fn what_is_no_order_is_a_letter_that_names_the_key() {
    let world = world().await;
    work(&world, &[at("first", "7", "5")]).await;
    let cases = [
        ("entity: null, expected a string or a number", "null", "5"),
        ("entity: an object, expected a string or a number", "{}", "5"),
        ("order_by: null, expected a string or a number", "7", "null"),
        ("order_by: a boolean, expected a string or a number", "7", "true"),
        ("order_by: a number that is too long or too large for DynamoDB, expected at most 38 digits", "7", "1e400"),
        ("order_by: a string, and the last event of this entity has a number", "7", "\"6\""),
    ];
    for (n, (detail, entity, time)) in cases.into_iter().enumerate() {
        work(&world, &[at(&format!("bad{n}"), entity, time)]).await;
        let letters = world.letters().await;
        let attributes = letters[0].message_attributes.as_ref().unwrap();
        assert_eq!(attributes["detail"].string_value(), Some(detail));
        assert_eq!(attributes["reason"].string_value(), Some("map_failed"));
    }
    assert_eq!(applied(&world).await.0, ["\"first\""]);
}

#[tokio::test]
async fn an_entity_whose_row_has_expired_begins_anew_and_an_event_may_be_called_like_one() {
    let world = world().await;
    let number = |n: u64| AttributeValue::N(n.to_string());
    let row = [("entity_order", number(9)), ("expires_at", number(1))];
    world.put_row_at("entity", "github#entity#7", &row).await;
    work(&world, &[at("e1", "7", "1")]).await;
    assert_eq!(applied(&world).await, (vec!["\"e1\"".to_owned()], 0));
    work(&world, &[at("entity#8", "8", "1")]).await;
    work(&world, &[at("e2", "8", "2")]).await;
    let (done, superseded) = applied(&world).await;
    assert_eq!((done.len(), superseded), (3, 0));
}
