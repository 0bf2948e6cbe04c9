//! The worker against real SQS and DynamoDB endpoints: what is settled, what comes again, what dies and why.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::world::{World, event, far_off, from, in_time, message};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use serde_json::value::RawValue;
use webhook::envelope::Envelope;
use webhook::protocol::End;
use worker_fn::batch::{self, BatchError};
use worker_fn::event::{Record, SqsEvent};
use worker_fn::handle::{Event, Failure, Handled, handle};

async fn failures(world: &World, event: &SqsEvent) -> Vec<String> {
    failures_of(world, event, &handle).await
}

async fn failures_of<H>(world: &World, event: &SqsEvent, handle: &H) -> Vec<String>
where
    H: AsyncFn(&Event<'_>) -> Result<Handled, Failure>,
{
    let reply = batch::work(&world.worker, event, far_off(), handle).await.unwrap();
    let mut failures: Vec<String> = reply.batch_item_failures.into_iter().map(|item| item.item_identifier).collect();
    failures.sort();
    failures
}

fn attribute<'m>(letter: &'m aws_sdk_sqs::types::Message, name: &str) -> &'m str {
    letter.message_attributes.as_ref().unwrap()[name].string_value().unwrap()
}

#[tokio::test]
async fn nine_are_done_and_the_unreadable_tenth_is_a_letter_byte_for_byte() {
    let world = World::start().await;
    let good: Vec<String> = (0..9).map(|n| message(&format!("id-{n}"), &format!("{{\"n\":{n}}}"))).collect();
    let mut bodies: Vec<&str> = good.iter().map(String::as_str).collect();
    let unreadable = "no envelope \u{1f980}\r\n\t{\"v\":";
    bodies.insert(4, unreadable);
    assert_eq!(failures(&world, &event(&bodies, 1)).await, [""; 0]);

    let rows = world.rows().await;
    assert_eq!(rows.len(), 9);
    for n in 0..9 {
        let row = &rows[&format!("github#id-{n}")];
        assert_eq!((row.text("status"), row.text("result")), ("done", &*format!("{{\"n\":{n}}}")));
    }
    let letters = world.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].body(), Some(unreadable));
    assert_eq!(attribute(&letters[0], "reason"), "envelope_unreadable");
}

#[tokio::test]
async fn duplicates_have_one_effect_in_one_batch_and_over_batches() {
    let world = World::start().await;
    let calls = AtomicUsize::new(0);
    let numbered = async |_: &Event<'_>| {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        Ok(RawValue::from_string(call.to_string()).unwrap().into())
    };
    let same = message("id-1", "{}");
    assert_eq!(failures_of(&world, &event(&[same.as_str(); 10], 1), &numbered).await, [""; 0]);
    let settled_by = world.rows().await["github#id-1"].text("result").to_owned();
    assert_eq!(failures_of(&world, &event(&[same.as_str(); 10], 1), &numbered).await, [""; 0]);
    assert_eq!(world.rows().await["github#id-1"].text("result"), settled_by, "the first effect is the last");
    assert!(world.letters().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_workers_that_race_on_one_event_one_commits_its_effect() {
    let world = World::start().await;
    let body = message("id-1", "{}");
    let envelope = Envelope::open(&body).unwrap();
    let race = (0..64).map(async |n| {
        let record = Record { message_id: Some(format!("m{n}")), body: Some(body.clone()), ..Record::default() };
        world.worker.settle(&record, Ok(&envelope), in_time(), &handle).await.remove(0).end
    });
    let ends = futures_util::future::join_all(race).await;
    assert_eq!(ends.iter().filter(|end| **end == End::Done).count(), 1, "{ends:?}");
    assert_eq!(ends.iter().filter(|end| **end == End::Duplicate { same_body: true }).count(), 63);
    assert_eq!(world.rows().await.len(), 1);
}

#[tokio::test]
async fn what_can_never_work_dies_at_once_with_its_reason() {
    let world = World::start().await;
    let check = async |id: &str, handle: &dyn Fn() -> Result<Handled, Failure>, reason: &str| {
        let body = message(id, "{\"hush\":1}");
        let handle = async |_: &Event<'_>| handle();
        assert_eq!(failures_of(&world, &event(&[&body], 1), &handle).await, [""; 0]);
        let row = &world.rows().await[&format!("github#{id}")];
        assert_eq!((row.text("status"), row.text("reason")), ("dead", reason));
        let letters = world.letters().await;
        assert_eq!((letters.len(), letters[0].body()), (1, Some(&*body)));
        assert_eq!((attribute(&letters[0], "reason"), attribute(&letters[0], "identity")), (reason, id));
        assert!(!format!("{:?}", letters[0].message_attributes).contains("hush"));
    };
    check("rejects", &|| Err(Failure::Reject("not for us".to_owned())), "handler_rejected").await;
    check("panics", &|| panic!("with hush in its words"), "handler_panicked").await;
    let large = || Ok(RawValue::from_string(format!("\"{}\"", "x".repeat(400_000))).unwrap().into());
    check("too-large", &large, "result_too_large").await;
}

#[tokio::test]
async fn a_payload_that_is_no_json_breaks_its_contract() {
    let world = World::start().await;
    assert_eq!(failures(&world, &event(&[&message("id-1", "{\"cut\": \"off")], 1)).await, [""; 0]);
    let letters = world.letters().await;
    assert_eq!(attribute(&letters[0], "reason"), "contract_violated");
    assert_eq!(attribute(&letters[0], "detail"), "the body is not JSON: line 1 column 12");
}

#[tokio::test]
async fn what_may_work_later_comes_again_until_its_attempts_are_exhausted() {
    let world = World::with_attempts(3).await;
    let never = async |_: &Event<'_>| Err(Failure::Retry("the other side is down".to_owned()));
    let body = message("id-1", "{}");
    for receives in [1, 2] {
        assert_eq!(failures_of(&world, &event(&[&body], receives), &never).await, ["m0"]);
        assert!(world.letters().await.is_empty());
    }
    assert_eq!(failures_of(&world, &event(&[&body], 3), &never).await, [""; 0]);
    assert_eq!(attribute(&world.letters().await[0], "reason"), "attempts_exhausted");
}

#[tokio::test]
async fn unknown_versions_and_sources_wait_for_a_newer_worker_and_die_in_the_end() {
    let world = World::with_attempts(2).await;
    let newer = r#"{"v":3}"#;
    let unknown = message("id-1", "{}").replace(r#""source":"github""#, r#""source":"of-tomorrow""#);
    assert_eq!(failures(&world, &event(&[newer, &unknown], 1)).await, ["m0", "m1"]);
    assert_eq!(failures(&world, &event(&[newer, &unknown], 2)).await, [""; 0]);
    let letters = world.letters().await;
    let mut reasons: Vec<&str> = letters.iter().map(|letter| attribute(letter, "reason")).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["envelope_version", "source_unknown"]);
}

#[tokio::test]
async fn a_redriven_letter_can_be_done_and_its_own_message_is_not_buried_twice() {
    let world = World::start().await;
    let refuse = async |_: &Event<'_>| Err(Failure::Reject("no".to_owned()));
    let body = message("id-1", "{}");
    failures_of(&world, &event(&[&body], 1), &refuse).await;
    assert_eq!(world.letters().await.len(), 1);
    // The same message once more: its letter is durable, so it is acknowledged.
    assert_eq!(failures_of(&world, &event(&[&body], 2), &refuse).await, [""; 0]);
    assert!(world.letters().await.is_empty(), "no second letter");
    // The letter, redriven, is another message.
    let redriven = from(json!({"Records": [{"messageId": "redriven", "body": body}]}));
    assert_eq!(failures(&world, &redriven).await, [""; 0]);
    assert_eq!(world.rows().await["github#id-1"].text("status"), "done");
}

#[tokio::test]
async fn one_id_for_two_bodies_counts_once_and_is_a_letter_where_ids_are_strict() {
    let mut world = World::start().await;
    let [first, second] = ["{\"n\":1}", "{\"n\":2}"].map(|body| message("id-1", body));
    assert_eq!(failures(&world, &event(&[&first], 1)).await, [""; 0]);
    assert_eq!(failures(&world, &event(&[&second], 1)).await, [""; 0]);
    assert!(world.letters().await.is_empty(), "by default the log tells of it");
    world.worker.sources.iter_mut().for_each(|source| source.strict_ids = true);
    assert_eq!(failures(&world, &event(&[&second], 1)).await, [""; 0]);
    let letters = world.letters().await;
    assert_eq!((letters.len(), attribute(&letters[0], "reason")), (1, "id_conflict"));
    let row = &world.rows().await["github#id-1"];
    assert_eq!((row.text("status"), row.text("result")), ("done", "{\"n\":1}"), "the row is left alone");
}

#[tokio::test]
async fn a_message_that_comes_again_is_hidden_by_backoff_and_not_by_the_queue() {
    let world = World::start().await;
    let never = async |_: &Event<'_>| Err(Failure::Retry("not now".to_owned()));
    let event = world.received(&message("id-1", "{}")).await;
    assert_eq!(failures_of(&world, &event, &never).await.len(), 1);
    let started_ms = shell::clock::now_ms();
    assert!(world.receive(10).await.is_some(), "the backoff of a first receive is 2 s at most");
    let took_ms = shell::clock::now_ms() - started_ms;
    assert!((500..5_000).contains(&took_ms), "came again after {took_ms} ms, the queue's timeout is 30 s");
}

#[tokio::test]
async fn a_handler_that_never_ends_is_exhausted_like_any_other() {
    let world = World::with_attempts(1).await;
    let never = async |_: &Event<'_>| std::future::pending().await;
    let deadline_ms = shell::clock::now_ms() + 3_000;
    let reply = batch::work(&world.worker, &event(&[&message("id-1", "{}")], 1), deadline_ms, &never).await.unwrap();
    assert!(reply.batch_item_failures.is_empty());
    assert_eq!(attribute(&world.letters().await[0], "reason"), "attempts_exhausted");
}

#[tokio::test]
async fn what_is_no_sqs_event_fails_as_a_whole() {
    let world = World::start().await;
    let reply = batch::answer(&world.worker, "{\"Records\": 7}", far_off(), &handle).await;
    assert_eq!(reply.unwrap_err().to_string(), "not an SQS event: line 1 column 13");
}

#[test]
fn debug_of_an_event_shows_no_payload() {
    let payload = RawValue::from_string("{\"card\":\"hush\"}".to_owned()).unwrap();
    let headers = std::collections::BTreeMap::from([("x-name", "hush")]);
    let (source, provider, query) = ("github", "github", Some("hush"));
    let event = Event {
        destination: "table",
        source,
        provider,
        key: "github#id-1",
        attempt: 1,
        id: Some("id-1"),
        kind: None,
        received_at_ms: 1,
        query,
        headers,
        payload: &payload,
    };
    let shown = format!("{event:?}");
    assert!(shown.contains("id-1") && !shown.contains("hush"), "{shown}");
}

#[tokio::test]
async fn a_live_lease_is_waited_for_and_an_expired_row_is_none() {
    let world = World::start().await;
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let number = |value: u64| AttributeValue::N(value.to_string());
    let lease = [("status", text("claimed")), ("owner", text("other")), ("lease_until_ms", number(far_off()))];
    world.put_row("github#leased", &lease).await;
    world.put_row("github#expired", &[("status", text("done")), ("owner", text("o")), ("expires_at", number(1))]).await;
    world.put_row("github#odd", &[("status", text("who knows"))]).await;
    let bodies = ["leased", "expired", "odd"].map(|id| message(id, "{}"));
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    assert_eq!(failures(&world, &event(&bodies, 1)).await, ["m0", "m2"]);
    let rows = world.rows().await;
    assert_eq!(rows["github#leased"].text("owner"), "other");
    assert_eq!(rows["github#expired"].text("status"), "done");
    assert_ne!(rows["github#expired"].text("owner"), "o", "the expired row was taken");
}

#[tokio::test]
async fn what_is_not_finished_before_the_deadline_is_reported() {
    let world = World::start().await;
    let bodies: Vec<String> = (0..25).map(|n| message(&format!("id-{n}"), "{}")).collect();
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    let never = async |_: &Event<'_>| std::future::pending().await;
    let started_ms = shell::clock::now_ms();
    let reply = batch::work(&world.worker, &event(&bodies, 1), started_ms + 1_500, &never).await.unwrap();
    assert_eq!(reply.batch_item_failures.len(), 25);
    let took_ms = shell::clock::now_ms() - started_ms;
    assert!(took_ms < 1_500, "replied after {took_ms} ms, past the deadline");
}

#[tokio::test]
async fn a_failure_that_cannot_be_named_fails_the_batch_and_a_success_needs_no_name() {
    let world = World::start().await;
    let nameless = |body: &str| from(json!({"Records": [{"body": body}, {"messageId": "", "body": body}]}));
    let reply = batch::work(&world.worker, &nameless(r#"{"v":3}"#), far_off(), &handle).await;
    assert_eq!(reply, Err(BatchError::Unreportable(2)));
    let reply = batch::work(&world.worker, &nameless(&message("id-1", "{}")), far_off(), &handle).await;
    assert!(reply.unwrap().batch_item_failures.is_empty());
}

#[tokio::test]
async fn records_that_are_not_what_sqs_sends_come_again_and_fail_no_other() {
    let world = World::start().await;
    let good = message("id-1", "{}");
    let odd = from(json!({"Records": [
        {"messageId": "no-body"},
        {"messageId": "odd-body", "body": 7},
        {"messageId": "empty-body", "body": ""},
        {"messageId": "good", "body": good},
    ]}));
    assert_eq!(failures(&world, &odd).await, ["empty-body", "no-body", "odd-body"]);
    assert_eq!(world.rows().await.len(), 1);
    assert_eq!(failures(&world, &from(json!({"Records": []}))).await, [""; 0]);
}

#[tokio::test]
async fn ten_thousand_records_and_a_body_of_a_mebibyte_are_worked_off() {
    let world = World::start().await;
    let same = message("id-1", "{}");
    let many: Vec<&str> = std::iter::repeat_n(same.as_str(), 9_999).collect();
    let large = "x".repeat(1024 * 1024);
    let mut bodies = many;
    bodies.push(&large);
    assert_eq!(failures(&world, &event(&bodies, 1)).await, [""; 0]);
    assert_eq!(world.rows().await.len(), 1);
    let letters = world.letters().await;
    assert_eq!(letters[0].body().map(str::len), Some(large.len()), "the largest body is a letter without attributes");
}

#[tokio::test]
async fn of_two_records_with_one_message_id_a_failure_is_never_left_out() {
    let world = World::start().await;
    let (good, bad) = (message("id-good", "{}"), message("id-bad", "{}"));
    let refuse_one = async |event: &Event<'_>| match event.id {
        Some("id-bad") => Err(Failure::Retry("not yet".to_owned())),
        _ => handle(event).await,
    };
    for bodies in [[&good, &bad], [&bad, &good]] {
        let twins = bodies.map(|body| json!({"messageId": "twin", "body": body}));
        assert_eq!(failures_of(&world, &from(json!({"Records": twins})), &refuse_one).await, ["twin"]);
    }
    let rows = world.rows().await;
    assert_eq!((rows["github#id-good"].text("status"), rows["github#id-bad"].text("status")), ("done", "waiting"));
}
