//! Payloads that nobody designed for, through filter, contract and map into the table: each ends as it must, and the one
//! behind it is done.

use crate::world::{BUCKET, Row, World, event, far_off, message};
use serde_json::{Value, json};
use webhook::contracts::Contracts;
use webhook::identity::body_sha256;
use webhook::sources::Programs;
use webhook::sources::programs::Program;
use worker_fn::batch;
use worker_fn::handle::handle;

/// Of an order: `id` and `order_number` are whole numbers, `total_price` is a text, `line_items` a list of objects.
const CONTRACT: &str = "contracts/shopify.json";
const MAP: &str = "{id, total: .total_price, name: .customer.first_name, lines: [.line_items[]?.sku]}";

/// What the map makes of an order that has only this.
fn mapped(id: &str, name: &str) -> String {
    format!("{{\"id\":{id},\"total\":\"57.80\",\"name\":{name},\"lines\":[\"a\"]}}")
}

async fn world() -> World {
    let mut world = World::start().await;
    let program = |text: &str| Some(Program::Text(text.to_owned()));
    let programs = Programs { filter: program(".test != true"), map: program(MAP), order: None };
    for source in &mut world.worker.sources {
        source.programs = programs.clone();
        source.contract = Contracts::one(CONTRACT);
    }
    world
}

/// An order with this in place of its field of the same name, or beside the others.
fn order(with: &str) -> String {
    let name = with.split(':').next().unwrap();
    let fields = [
        r#""id":1"#,
        r#""order_number":1001"#,
        r#""total_price":"57.80""#,
        r#""customer":{"first_name":"M"}"#,
        r#""line_items":[{"sku":"a"}]"#,
    ];
    let mut fields: Vec<&str> = fields.into_iter().filter(|field| !field.starts_with(name)).collect();
    fields.push(with);
    format!("{{{}}}", fields.join(","))
}

/// The row of an event that was worked on, in one line.
fn ended(row: &Row) -> String {
    match row.text("status") {
        "done" => format!("done {}", row.text("result")),
        status => format!("{status} {} {}", row.text("reason"), row.text("detail")),
    }
}

fn violated(rules: &str) -> String {
    format!("dead contract_violated the payload breaks its contract: {rules}")
}

#[tokio::test]
async fn each_ends_as_designed_through_filter_contract_map_and_table() {
    let deep = |levels: usize| format!("\"deep\":{}{}", "[".repeat(levels), "]".repeat(levels));
    let deep_objects = r#"{"id":"#.repeat(10_000) + "1" + &"}".repeat(10_000);
    let cannot_read = |why: &str| {
        let expected = "at most 127 levels, 64-bit numbers, whole characters and no name twice";
        format!(
            "dead contract_violated no contract can look at the payload, expected {expected}: {why} at line 1 column "
        )
    };
    let half = "dead filter_failed filter: no program can look at the payload, expected whole characters".to_owned();
    let too_deep = "dead filter_failed filter: the payload has more than 512 levels".to_owned();
    let cases = [
        (order("\"note\":null"), format!("done {}", mapped("1", "\"M\""))),
        // Null for an object, where the contract leaves it open and where it does not.
        (order("\"customer\":null"), format!("done {}", mapped("1", "null"))),
        (order("\"line_items\":null"), violated("/line_items breaks type \"array\"")),
        // A text for a number, and the other way round.
        (order("\"order_number\":\"1001\""), violated("/order_number breaks type \"integer\"")),
        (order("\"total_price\":57.8"), violated("/total_price breaks type \"string\"")),
        // Missing, and more.
        ("{}".to_owned(), "done {\"id\":null,\"total\":null,\"name\":null,\"lines\":[]}".to_owned()),
        (order("\"extra\":{\"a\":[1]}"), format!("done {}", mapped("1", "\"M\""))),
        // Numbers past 63 bits stay what they are, one that is none for a contract is a letter.
        (order("\"id\":9223372036854775808"), format!("done {}", mapped("9223372036854775808", "\"M\""))),
        (order("\"id\":-9223372036854775809"), format!("done {}", mapped("-9223372036854775809", "\"M\""))),
        (order("\"id\":1e400"), cannot_read("number out of range")),
        // Deep ones: too deep for programs, or for contracts alone.
        (order(&deep(200)), cannot_read("recursion limit exceeded")),
        (order(&deep(10_000)), too_deep.clone()),
        (deep_objects, too_deep),
        // Equal names: whoever reads the result next may take the other one.
        (r#"{"id":1,"id":2}"#.to_owned(), cannot_read("a name is there twice")),
        // Half characters.
        (order("\"note\":\"\\ud83e\""), half.clone()),
        (order("\"note\":\"\\udd80\\ud83e\""), half),
        // No object at all.
        ("null".to_owned(), violated("the whole breaks type \"object\"")),
        ("[]".to_owned(), "dead filter_failed filter: cannot index an array with a string".to_owned()),
        ("\"\"".to_owned(), "dead filter_failed filter: cannot index a string with a string".to_owned()),
    ];
    let world = world().await;
    let bodies: Vec<String> =
        cases.iter().enumerate().map(|(n, (payload, _))| message(&format!("{n:02}"), payload)).collect();
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    let reply = batch::work(&world.worker, &event(&bodies, 1), far_off(), &handle).await.unwrap();
    assert_eq!(reply.batch_item_failures, []);
    let rows = world.rows().await;
    for (n, (payload, expected)) in cases.iter().enumerate() {
        let told = ended(&rows[&format!("github#{n:02}")]);
        let payload = &payload[..payload.len().min(200)];
        assert!(told.starts_with(expected.as_str()), "{n}: {payload}\nis {told}\nexpected {expected}");
    }
    let dead = cases.iter().filter(|(_, expected)| expected.starts_with("dead")).count();
    assert_eq!(world.letters().await.len(), dead);
}

/// The message of an event whose body lies in an object: no message has room for it.
fn claimed(world: &World, id: &str, body: &str) -> String {
    let key = format!("bodies/github/{id}");
    world.put_object(&key, body.as_bytes());
    let mut envelope: Value = serde_json::from_str(&message(id, "{}")).unwrap();
    envelope["v"] = json!(2);
    envelope["body"] = json!("");
    envelope["body_sha256"] = json!(body_sha256(body.as_bytes()));
    envelope["encoding"] = json!("claim");
    envelope["body_bytes"] = json!(body.len());
    envelope["claim"] = json!({"bucket": BUCKET, "key": key, "bytes": body.len(), "encoding": "raw"});
    envelope.to_string()
}

/// Whether it may end so.
type Expected<'a> = &'a dyn Fn(&str) -> bool;

#[tokio::test]
async fn five_megabytes_of_a_list_are_done_or_a_letter_and_the_event_behind_it_is_done() {
    const BYTES: usize = 5_000_000;
    let list = |name: &str, item: &str| {
        let items = vec![item; BYTES / (item.len() + 1)].join(",");
        order(&format!("\"{name}\":[{items}]"))
    };
    let long = format!("\"{}\"", "tide".repeat(1_000));
    let order_line = format!("{{\"sku\":\"{}\"}}", "gate".repeat(1_000));
    let a_limit = |told: &str| told.starts_with("dead ") && told.contains(" more than ");
    let is = |expected: String| move |told: &str| told.starts_with(expected.as_str());
    let done = is(format!("done {}", mapped("1", "\"M\"")));
    let too_large = is("dead result_too_large ".to_owned());
    let broken = is(violated("/line_items/0 breaks type \"object\""));
    let cases: [(&str, String, Expected<'_>); 5] = [
        // Of memory or of processor time, the program's or the contract's: which it meets first, the machine says.
        ("many", list("more", "0"), &a_limit),
        ("objects", list("more", "{\"a\":{}}"), &a_limit),
        ("long", list("more", &long), &done),
        ("stored", list("line_items", &order_line), &too_large),
        ("broken", list("line_items", &long), &broken),
    ];
    let world = world().await;
    for (id, body, is_right) in &cases {
        let large = claimed(&world, id, body);
        let behind = message(&format!("behind-{id}"), &order("\"id\":7"));
        // A program that gets no processor time on a busy machine has its event come again.
        for receives in 1.. {
            let event = event(&[&large, &behind], receives);
            let reply = batch::work(&world.worker, &event, far_off(), &handle).await.unwrap();
            if reply.batch_item_failures.is_empty() {
                break;
            }
        }
        let rows = world.rows().await;
        let told = ended(&rows[&format!("github#{id}")]);
        assert!(is_right(&told), "{id}: {}", &told[..told.len().min(300)]);
        assert_eq!(ended(&rows[&format!("github#behind-{id}")]), format!("done {}", mapped("7", "\"M\"")), "{id}");
    }
}
