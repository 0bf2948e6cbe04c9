//! Effects outside the table: claimed, acted on under a lease, completed; and what becomes of those that are not.

use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::world::{World, event, far_off, in_time, message};
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use local::{Received, Receiver, Reply};
use serde_json::value::RawValue;
use webhook::destination::{Address, Destination, Endpoint};
use webhook::envelope::Envelope;
use webhook::protocol::End;
use worker_fn::batch;
use worker_fn::event::Record;
use worker_fn::handle::{Event, Failure, Handled, handle};
use worker_fn::record::{Ended, Time};

const NO_WAIT: Duration = Duration::ZERO;

/// What a receiver got: key, attempt, body.
type Posts = Arc<Mutex<Vec<(String, u32, String)>>>;

/// A receiver that answers one after the other, and the last one again and again.
async fn receiver(answers: &'static [(u16, Option<u32>)]) -> (Receiver, Posts) {
    let posts = Posts::default();
    let seen = posts.clone();
    let reply = move |got: &Received| {
        let mut posts = seen.lock().unwrap();
        let body = String::from_utf8(got.body.to_vec()).unwrap();
        posts.push((got.key.clone().unwrap(), got.attempt.unwrap(), body));
        let (status, retry_after_s) = answers[(posts.len() - 1).min(answers.len() - 1)];
        Reply { status, retry_after_s, after: NO_WAIT, body: Bytes::new() }
    };
    (Receiver::start(reply).await.unwrap(), posts)
}

async fn world_at(receiver: &Receiver) -> World {
    World::with(3, &Destination::Https(Endpoint::new(Address::Url(receiver.url())))).await
}

/// Settles one receive of the message `m{message}`.
async fn settle(world: &World, message_id: &str, body: &str) -> Ended {
    settle_with(world, message_id, body, in_time(), &handle).await
}

async fn settle_with<H>(world: &World, message_id: &str, body: &str, time: Time, handle: &H) -> Ended
where
    H: AsyncFn(&Event<'_>) -> Result<Handled, Failure>,
{
    let (message_id, body) = (Some(message_id.to_owned()), Some(body.to_owned()));
    let record = Record { message_id, body, ..Record::default() };
    let envelope = Envelope::open(record.body.as_deref().unwrap()).unwrap();
    world.worker.settle(&record, Ok(&envelope), time, handle).await.remove(0)
}

fn null() -> Handled {
    RawValue::from_string("null".to_owned()).unwrap().into()
}

#[tokio::test]
async fn an_endpoint_gets_an_event_once_and_a_duplicate_never() {
    let (receiver, posts) = receiver(&[(204, None)]).await;
    let world = world_at(&receiver).await;
    let body = message("id-1", "{\"n\":1}");
    assert_eq!(settle(&world, "m1", &body).await.end, End::Done);
    assert_eq!(settle(&world, "m2", &body).await.end, End::Duplicate { same_body: true });
    assert_eq!(*posts.lock().unwrap(), [("github#id-1".to_owned(), 1, "{\"n\":1}".to_owned())]);
    let row = &world.rows().await["github#id-1"];
    assert_eq!((row.text("sk"), row.text("status"), row.text("result")), ("https", "done", ""));
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_asked_again_with_the_next_attempt_and_the_same_key() {
    let (receiver, posts) = receiver(&[(503, Some(7)), (429, None), (200, None)]).await;
    let world = world_at(&receiver).await;
    let body = message("id-1", "{}");
    let first = settle(&world, "m1", &body).await;
    assert_eq!(
        (first.end, first.detail.as_str()),
        (End::Backoff(1), "the destination answered 503 Service Unavailable")
    );
    assert!(first.delay_s().unwrap() >= 7, "as it asked for in Retry-After");
    assert_eq!(world.rows().await["github#id-1"].text("status"), "waiting");
    assert_eq!(settle(&world, "m1", &body).await.end, End::Backoff(2));
    assert_eq!(settle(&world, "m1", &body).await.end, End::Done);
    let attempts: Vec<(String, u32)> = posts.lock().unwrap().iter().map(|post| (post.0.clone(), post.1)).collect();
    assert_eq!(attempts, [1, 2, 3].map(|attempt| ("github#id-1".to_owned(), attempt)));
}

#[tokio::test]
async fn attempts_are_exhausted_and_not_receives_and_begin_anew_after_a_redrive() {
    let (receiver, posts) = receiver(&[(500, None)]).await;
    let world = world_at(&receiver).await;
    let body = message("id-1", "{}");
    for _ in 0..2 {
        assert!(!settle(&world, "m1", &body).await.is_settled());
    }
    assert!(settle(&world, "m1", &body).await.is_settled());
    let letters = world.letters().await;
    let attribute = |name: &str| letters[0].message_attributes.as_ref().unwrap()[name].string_value().unwrap();
    assert_eq!((attribute("reason"), attribute("attempts")), ("attempts_exhausted", "3"));
    assert_eq!(settle(&world, "m1", &body).await.end, End::LetterSent);
    assert_eq!(posts.lock().unwrap().len(), 3);
    // The letter is sent again: another message of the same event.
    assert_eq!(settle(&world, "m2", &body).await.end, End::Backoff(1));
    assert_eq!(posts.lock().unwrap().last().unwrap().1, 1);
}

#[tokio::test]
async fn an_endpoint_that_refuses_makes_a_letter() {
    let (receiver, posts) = receiver(&[(422, None)]).await;
    let world = world_at(&receiver).await;
    let ended = settle(&world, "m1", &message("id-1", "{}")).await;
    assert!(ended.end.acknowledges(), "{ended:?}");
    let row = &world.rows().await["github#id-1"];
    assert_eq!((row.text("status"), row.text("reason")), ("dead", "destination_rejected"));
    let letters = world.letters().await.len();
    assert_eq!((posts.lock().unwrap().len(), letters), (1, 1));
}

#[tokio::test]
async fn an_endpoint_that_is_not_known_or_not_there_keeps_its_events_waiting() {
    let unknown = World::with(3, &Destination::Https(Endpoint::new(Address::Env("NOT_SET".to_owned())))).await;
    let ended = settle(&unknown, "m1", &message("id-1", "{}")).await;
    assert_eq!((ended.end, ended.detail.as_str()), (End::Backoff(1), "the destination has no URL: NOT_SET is not set"));
    let (receiver, _) = receiver(&[(200, None)]).await;
    let gone = world_at(&receiver).await;
    receiver.stop().await;
    let ended = settle(&gone, "m1", &message("id-1", "{}")).await;
    assert_eq!((ended.end, ended.detail.as_str()), (End::Backoff(1), "the destination cannot be reached"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_workers_that_race_on_one_event_one_posts_it() {
    let (receiver, posts) = receiver(&[(200, None)]).await;
    let world = world_at(&receiver).await;
    let body = message("id-1", "{}");
    let names: Vec<String> = (0..64).map(|n| format!("m{n}")).collect();
    let ends = futures_util::future::join_all(names.iter().map(|name| settle(&world, name, &body))).await;
    assert_eq!(ends.iter().filter(|ended| ended.end == End::Done).count(), 1, "{ends:?}");
    assert_eq!(posts.lock().unwrap().len(), 1);
    let waits = |ended: &&Ended| matches!(ended.end, End::Busy(_) | End::Duplicate { .. });
    assert_eq!(ends.iter().filter(waits).count(), 63, "{ends:?}");
}

#[tokio::test]
async fn a_live_lease_is_waited_for() {
    let world = World::with(3, &Destination::Handler).await;
    let until_ms = shell::clock::now_ms() + 20_000;
    put_claim(&world, "them", until_ms, 1).await;
    let ended = settle(&world, "m1", &message("id-1", "{}")).await;
    assert_eq!(ended.end, End::Busy(until_ms + 5_000), "and for the skew");
    assert!((20..=25).contains(&ended.delay_s().unwrap()), "{:?}", ended.delay_s());
}

#[tokio::test]
async fn a_worker_that_outlives_its_lease_is_refused_when_it_completes() {
    let world = World::with(3, &Destination::Handler).await;
    // While it acts, another worker takes over, as one does whose clock says that the lease is long over.
    let overtaken = async |_: &Event<'_>| {
        put_claim(&world, "them", shell::clock::now_ms() + 20_000, 2).await;
        Ok(null())
    };
    let ended = settle_with(&world, "m1", &message("id-1", "{}"), in_time(), &overtaken).await;
    assert_eq!((ended.end, ended.is_settled()), (End::LeaseLost, false));
    let row = &world.rows().await["github#id-1"];
    assert_eq!((row.text("status"), row.text("owner")), ("claimed", "them"));
}

#[tokio::test]
async fn a_worker_that_outlives_its_lease_is_refused_when_it_lets_go() {
    let world = World::with(3, &Destination::Handler).await;
    for failure in [Failure::Retry("later".to_owned()), Failure::Reject("never".to_owned())] {
        let overtaken = async |_: &Event<'_>| {
            put_claim(&world, "them", shell::clock::now_ms() + 20_000, 2).await;
            Err(failure.clone())
        };
        put_claim(&world, "long gone", 1, 1).await;
        let ended = settle_with(&world, "m1", &message("id-1", "{}"), in_time(), &overtaken).await;
        assert_eq!(ended.end, End::LeaseLost, "{failure:?}");
        let row = &world.rows().await["github#id-1"];
        assert_eq!((row.text("status"), row.text("owner")), ("claimed", "them"));
    }
    assert!(world.letters().await.is_empty(), "the one that has it now decides");
}

#[tokio::test]
async fn nothing_is_done_once_the_lease_is_over() {
    let world = World::with(3, &Destination::Handler).await;
    let acted = Cell::new(false);
    let acts = async |_: &Event<'_>| {
        acted.set(true);
        Ok(null())
    };
    let over = Time { stop_ms: far_off(), deadline_ms: shell::clock::now_ms() };
    let ended = settle_with(&world, "m1", &message("id-1", "{}"), over, &acts).await;
    assert_eq!((ended.end, acted.get()), (End::LeaseLost, false));

    let (receiver, posts) = receiver(&[(200, None)]).await;
    let world = world_at(&receiver).await;
    let slow = async |_: &Event<'_>| {
        tokio::time::sleep(Duration::from_millis(400)).await;
        Ok(null())
    };
    let soon = Time { stop_ms: far_off(), deadline_ms: shell::clock::now_ms() + 300 };
    let ended = settle_with(&world, "m1", &message("id-1", "{}"), soon, &slow).await;
    assert_eq!((ended.end.acknowledges(), posts.lock().unwrap().len()), (false, 0), "{ended:?}");
}

#[tokio::test]
async fn a_worker_that_died_while_it_acted_is_followed_by_another_after_its_lease() {
    let world = World::with(3, &Destination::Handler).await;
    put_claim(&world, "them", shell::clock::now_ms() - 5_001, 1).await;
    let second = async |event: &Event<'_>| {
        assert_eq!((event.attempt, event.key), (2, "github#id-1"));
        Ok(null())
    };
    assert_eq!(settle_with(&world, "m1", &message("id-1", "{}"), in_time(), &second).await.end, End::Done);

    // One that dies at every attempt is not attempted for ever.
    put_claim(&world, "them", 1, 3).await;
    let never = async |_: &Event<'_>| -> Result<Handled, Failure> { unreachable!("three attempts are enough") };
    let ended = settle_with(&world, "m1", &message("id-1", "{}"), in_time(), &never).await;
    assert_eq!(ended.end, End::Dead(webhook::letter::Reason::AttemptsExhausted));
    let letters = world.letters().await;
    let attempts = letters[0].message_attributes.as_ref().unwrap()["attempts"].string_value();
    assert_eq!((letters.len(), attempts), (1, Some("3")));
}

#[tokio::test]
async fn duplicates_in_one_batch_do_not_wait_for_each_other() {
    let (receiver, posts) = receiver(&[(200, None)]).await;
    let world = world_at(&receiver).await;
    let same = message("id-1", "{}");
    let reply = batch::work(&world.worker, &event(&[same.as_str(); 10], 1), far_off(), &handle).await.unwrap();
    assert!(reply.batch_item_failures.is_empty(), "{reply:?}");
    assert_eq!(posts.lock().unwrap().len(), 1);
}

/// A claim of id-1's row, as another worker left it.
async fn put_claim(world: &World, owner: &str, until_ms: u64, attempts: u32) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: u64| AttributeValue::N(number.to_string());
    let attributes = [
        ("status", text("claimed")),
        ("owner", text(owner)),
        ("message_id", text("m0")),
        ("body_sha256", text("")),
        ("attempts", number(u64::from(attempts))),
        ("lease_until_ms", number(until_ms)),
        ("expires_at", number(u64::from(u32::MAX))),
    ];
    world.put_row_at("handler", "github#id-1", &attributes).await;
}

#[tokio::test]
async fn an_answer_whose_body_never_ends_is_an_answer_all_the_same() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 4096];
        assert!(stream.read(&mut asked).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n").await.unwrap();
        std::future::pending::<()>().await;
    });
    let world = World::with(3, &Destination::Https(Endpoint::new(Address::Url(url)))).await;
    assert_eq!(settle(&world, "m1", &message("id-1", "{}")).await.end, End::Done);
    serving.abort();
}
