//! Writes of a handler's own, which commit with the mark or not at all.

use std::cell::Cell;

use crate::world::{World, event, far_off, message};
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use serde_json::value::RawValue;
use webhook::destination::Destination;
use worker_fn::batch;
use worker_fn::handle::{Event, Failure, Handled, Refused};

fn result() -> Handled {
    RawValue::from_string("\"handled\"".to_owned()).unwrap().into()
}

/// A write that is taken only once.
fn entity(pk: &str) -> TransactWriteItem {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = Put::builder()
        .table_name(crate::world::TABLE)
        .item("pk", text(pk))
        .item("sk", text("entity"))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build();
    TransactWriteItem::builder().put(put.unwrap()).build()
}

async fn failures<H>(world: &World, bodies: &[&str], handle: &H) -> usize
where
    H: AsyncFn(&Event<'_>) -> Result<Handled, Failure>,
{
    let reply = batch::work(&world.worker, &event(bodies, 1), far_off(), handle).await.unwrap();
    reply.batch_item_failures.len()
}

async fn reasons(world: &World) -> Vec<String> {
    let letters = world.letters().await;
    let reason = |letter: &aws_sdk_sqs::types::Message| {
        letter.message_attributes.as_ref().unwrap()["reason"].string_value().unwrap().to_owned()
    };
    letters.iter().map(reason).collect()
}

#[tokio::test]
async fn effect_and_mark_commit_together_whichever_way_an_event_is_settled() {
    for destination in [Destination::Table, Destination::Handler] {
        let world = World::with(3, &destination).await;
        let calls = Cell::new(0);
        let handle = async |event: &Event<'_>| {
            calls.set(calls.get() + 1);
            Ok(result().with(entity(&format!("order of {}", event.key)), Refused::Dead))
        };
        let same = message("id-1", "{}");
        assert_eq!(failures(&world, &[&same, &same], &handle).await, 0);
        let rows = world.rows().await;
        assert_eq!((rows["github#id-1"].text("status"), rows["github#id-1"].text("result")), ("done", "\"handled\""));
        assert_eq!(rows["order of github#id-1"].text("sk"), "entity");
        assert!(world.letters().await.is_empty(), "the second delivery found the first one's mark, not its write");
    }
}

#[tokio::test]
async fn a_refused_write_means_what_its_handler_says() {
    for destination in [Destination::Table, Destination::Handler] {
        let world = World::with(3, &destination).await;
        world.put_row_at("entity", "order", &[]).await;
        let check = async |id: &str, refused: Refused, failed: usize, status: &str, reason: &[&str]| {
            let handle =
                async |_: &Event<'_>| Ok(result().with(entity("fresh"), refused).with(entity("order"), refused));
            assert_eq!(failures(&world, &[&message(id, "{}")], &handle).await, failed, "{refused:?}");
            let rows = world.rows().await;
            let row = &rows[&format!("github#{id}")];
            assert_eq!((row.text("status"), row.text("result")), (status, ""), "{refused:?}");
            assert!(!rows.contains_key("fresh"), "what goes with a refused write is not written either");
            assert_eq!(reasons(&world).await, reason);
        };
        check("superseded", Refused::Superseded, 0, "done", &[]).await;
        check("retry", Refused::Retry, 1, "waiting", &[]).await;
        check("dead", Refused::Dead, 0, "dead", &["destination_rejected"]).await;
    }
}

#[tokio::test]
async fn a_transaction_that_can_never_be_taken_is_a_letter_that_says_why() {
    let world = World::start().await;
    let check = async |id: &str, writes: Vec<TransactWriteItem>, detail: &str| {
        let handle = async |_: &Event<'_>| {
            Ok(writes.iter().fold(result(), |handled, write| handled.with(write.clone(), Refused::Retry)))
        };
        assert_eq!(failures(&world, &[&message(id, "{}")], &handle).await, 0);
        let letters = world.letters().await;
        let attributes = letters[0].message_attributes.as_ref().unwrap();
        assert_eq!(attributes["reason"].string_value(), Some("destination_rejected"));
        assert_eq!(attributes["detail"].string_value(), Some(detail));
    };
    let many = (0..100).map(|n| entity(&format!("e{n}"))).collect();
    check("many", many, "100 writes, a transaction takes 99 beside the row").await;
    let together = "DynamoDB refused the event's row and the handler's writes together: ValidationException";
    check("twice", vec![entity("one"), entity("one")], together).await;
}
