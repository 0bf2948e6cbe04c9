//! Endpoints as they are in the world: late, failing, silent, signed for, and in networks where nobody should look.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::world::{World, in_time, message};
use bytes::Bytes;
use local::{Received, Receiver, Reply};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use webhook::destination::{Address, Destination, Endpoint};
use webhook::envelope::Envelope;
use webhook::protocol::End;
use webhook::secret::Secrets;
use webhook::{Request, provider, verify};
use worker_fn::event::Record;
use worker_fn::handle::handle;
use worker_fn::record::{Ended, Time};

/// Settles one receive of the message `m1` within this time.
async fn settle(world: &World, body: &str, time: Time) -> Ended {
    let record = Record { message_id: Some("m1".to_owned()), body: Some(body.to_owned()), ..Record::default() };
    let envelope = Envelope::open(body).unwrap();
    world.worker.settle(&record, Ok(&envelope), time, &handle).await.remove(0)
}

/// Three quarters of this are for an answer.
fn soon(ms: u64) -> Time {
    let now_ms = shell::clock::now_ms();
    Time { stop_ms: now_ms + ms, deadline_ms: now_ms + ms + 500 }
}

/// What an endpoint does with a post.
#[derive(Clone, Copy)]
enum Does {
    /// Answers with this status, so late.
    Answers(u16, Duration),
    /// Answers 429 and wants to be left alone for so many seconds.
    WantsRest(u32),
    /// Closes the connection.
    Closes,
    /// Never says anything.
    Hangs,
}

/// An endpoint that does one after the other, and counts: what it got of each attempt.
async fn endpoint(script: &'static [Does]) -> (String, Arc<Mutex<Vec<u32>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let seen = attempts.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut asked = Vec::new();
                // The body is `{}`, and comes last.
                while !asked.ends_with(b"\r\n\r\n{}") {
                    let mut bytes = [0; 4096];
                    let read = stream.read(&mut bytes).await.unwrap();
                    assert!(read > 0, "it went away");
                    asked.extend_from_slice(&bytes[..read]);
                }
                let asked = String::from_utf8(asked).unwrap();
                let attempt = asked.split("tidegate-attempt: ").nth(1).unwrap().split("\r\n").next().unwrap();
                assert!(asked.contains("idempotency-key: github#id-1\r\n"), "{asked}");
                let number = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(attempt.parse().unwrap());
                    seen.len() - 1
                };
                let close = "content-length: 0\r\nconnection: close\r\n";
                let answer = match script[number] {
                    Does::Answers(status, after) => {
                        tokio::time::sleep(after).await;
                        format!("HTTP/1.1 {status} X\r\n{close}\r\n")
                    }
                    Does::WantsRest(seconds) => format!("HTTP/1.1 429 X\r\nretry-after: {seconds}\r\n{close}\r\n"),
                    Does::Closes => return,
                    Does::Hangs => std::future::pending().await,
                };
                stream.write_all(answer.as_bytes()).await.unwrap();
            });
        }
    });
    (url, attempts)
}

#[tokio::test]
async fn whatever_an_endpoint_does_attempts_are_counted_and_the_event_ends_done() {
    const NOW: Duration = Duration::ZERO;
    const SCRIPT: &[Does] = &[
        Does::Answers(500, NOW),
        Does::Answers(500, NOW),
        Does::Answers(500, NOW),
        Does::WantsRest(30),
        Does::Closes,
        Does::Hangs,
        Does::Answers(200, Duration::from_millis(700)),
    ];
    let (url, attempts) = endpoint(SCRIPT).await;
    let world = World::with(20, &Destination::Https(Endpoint::new(Address::Url(url)))).await;
    let body = message("id-1", "{}");
    for (attempt, told, at_least_s) in [
        (1, "the destination answered 500 Internal Server Error", 0),
        (2, "the destination answered 500 Internal Server Error", 0),
        (3, "the destination answered 500 Internal Server Error", 0),
        (4, "the destination answered 429 Too Many Requests", 30),
        (5, "the destination did not answer", 0),
        (6, "the destination did not answer in time", 0),
    ] {
        let ended = settle(&world, &body, soon(if attempt == 6 { 2_000 } else { 60_000 })).await;
        assert_eq!((ended.end, ended.detail.as_str()), (End::Backoff(attempt), told));
        assert!(ended.delay_s().unwrap() >= at_least_s, "{ended:?}");
        let rows = world.rows().await;
        assert_eq!(rows["github#id-1"].text("status"), "waiting", "after attempt {attempt}");
    }
    assert_eq!(settle(&world, &body, in_time()).await.end, End::Done, "a late answer is an answer");
    assert_eq!(world.rows().await["github#id-1"].text("status"), "done");
    // A duplicate asks nobody.
    assert_eq!(settle(&world, &body, in_time()).await.end, End::Duplicate { same_body: true });
    assert_eq!(*attempts.lock().unwrap(), [1, 2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn an_endpoint_that_never_answers_exhausts_the_attempts_and_leaves_one_letter() {
    let (url, attempts) = endpoint(&[Does::Hangs, Does::Hangs]).await;
    let world = World::with(2, &Destination::Https(Endpoint::new(Address::Url(url)))).await;
    let body = message("id-1", "{}");
    assert_eq!(settle(&world, &body, soon(2_000)).await.end, End::Backoff(1));
    let ended = settle(&world, &body, soon(2_000)).await;
    assert_eq!(ended.end, End::Dead(webhook::letter::Reason::AttemptsExhausted));
    let letters = world.letters().await;
    let attribute = |name: &str| letters[0].message_attributes.as_ref().unwrap()[name].string_value().unwrap();
    assert_eq!((letters.len(), attribute("attempts")), (1, "2"));
    assert_eq!(attribute("detail"), "the destination did not answer in time");
    assert_eq!(*attempts.lock().unwrap(), [1, 2]);
}

#[tokio::test]
async fn a_post_is_signed_so_that_the_rules_of_standard_webhooks_let_it_in() {
    const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const NEW: &str = "whsec_dGlkZWdhdGUtdGVzdC1zZWNyZXQ=";
    let got: Arc<Mutex<Vec<Received>>> = Arc::default();
    let seen = got.clone();
    let receiver = Receiver::start(move |received| {
        seen.lock().unwrap().push(received.clone());
        let status = if seen.lock().unwrap().len() == 1 { 503 } else { 200 };
        Reply { status, retry_after_s: None, after: Duration::ZERO, body: Bytes::new() }
    })
    .await
    .unwrap();
    let endpoint = Endpoint { sign: Some("SIGNING".to_owned()), ..Endpoint::new(Address::Url(receiver.url())) };
    let secrets = format!("{NEW}\n{OLD}");
    let world = World::at(3, &[Destination::Https(endpoint)], &[("SIGNING", &secrets)]).await;
    let body = message("id-1", "{\"n\":1}");
    assert_eq!(settle(&world, &body, in_time()).await.end, End::Backoff(1));
    assert_eq!(settle(&world, &body, in_time()).await.end, End::Done);

    let row = provider::by_name("standard-webhooks").unwrap();
    let got = got.lock().unwrap();
    let header = |got: &Received, name: &str| got.headers[name].to_str().unwrap().to_owned();
    for post in got.iter() {
        let headers: Vec<(String, String)> =
            post.headers.keys().map(|name| (name.to_string(), header(post, name.as_str()))).collect();
        for secret in [OLD, NEW] {
            let secrets = Secrets::parse(secret, &row.scheme.key).unwrap();
            let request = Request { method: "POST", url: &receiver.url(), headers: &headers, body: &post.body };
            assert!(verify(&row.scheme, &secrets, &request, shell::clock::now_ms()).is_ok(), "{headers:?}");
        }
        assert_eq!(header(post, "tidegate-source"), "github");
    }
    let ids: Vec<String> = got.iter().map(|post| header(post, "webhook-id")).collect();
    assert_eq!(ids, ["github#id-1", "github#id-1"], "the same at each attempt");
}

#[tokio::test]
async fn an_endpoint_without_its_signing_secret_gets_nothing_unsigned() {
    let receiver = Receiver::start(|_| unreachable!("nothing is posted")).await.unwrap();
    let endpoint = Endpoint { sign: Some("SIGNING".to_owned()), ..Endpoint::new(Address::Url(receiver.url())) };
    let world = World::at(3, &[Destination::Https(endpoint)], &[]).await;
    let ended = settle(&world, &message("id-1", "{}"), in_time()).await;
    let told = "the destination has nothing to be signed with: SIGNING: no secret is set, expected one a line";
    assert_eq!((ended.end, ended.detail.as_str()), (End::Backoff(1), told));
}

#[tokio::test]
async fn an_address_that_is_not_public_is_not_connected_to_unless_that_is_allowed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connected = Arc::new(Mutex::new(0));
    let count = connected.clone();
    tokio::spawn(async move {
        loop {
            // Closed at once: nobody gets as far as TLS here.
            drop(listener.accept().await.unwrap());
            *count.lock().unwrap() += 1;
        }
    });
    let not_public = "the destination has an address that is not public, and allow_private is not set";
    for host in ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]"] {
        let url = format!("https://{host}:{port}/");
        // Through a variable: a build refuses the addresses already.
        let endpoint = Endpoint::new(Address::Env("URL".to_owned()));
        let world = World::at(3, &[Destination::Https(endpoint)], &[("URL", &url)]).await;
        let ended = settle(&world, &message("id-1", "{}"), in_time()).await;
        assert_eq!((ended.end, ended.detail.as_str()), (End::Backoff(1), not_public), "{host}");
    }
    assert_eq!(*connected.lock().unwrap(), 0);
    let url = format!("https://localhost:{port}/");
    let endpoint = Endpoint { allow_private: true, ..Endpoint::new(Address::Env("URL".to_owned())) };
    let world = World::at(3, &[Destination::Https(endpoint)], &[("URL", &url)]).await;
    let ended = settle(&world, &message("id-1", "{}"), in_time()).await;
    assert_eq!(ended.detail, "the destination cannot be reached");
    assert!(*connected.lock().unwrap() > 0);
}
