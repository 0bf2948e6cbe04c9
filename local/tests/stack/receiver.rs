//! The receiver that stands for a service of the user's.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Reply as Answer, send, until};
use axum::body::Bytes;
use axum::http::Request;
use http_body_util::Full;
use local::{Received, Receiver, Reply};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const OK: Reply = Reply { status: 200, retry_after_s: None, after: Duration::ZERO, body: Bytes::new() };

/// A receiver that always answers so, and what it got.
async fn receiver(reply: Reply) -> (Receiver, Arc<Mutex<Vec<Received>>>) {
    let got = Arc::new(Mutex::new(Vec::new()));
    let noted = got.clone();
    let receiver = Receiver::start(move |received| {
        noted.lock().unwrap().push(received.clone());
        reply.clone()
    });
    (receiver.await.unwrap(), got)
}

fn request(receiver: &Receiver, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post(format!("{}/effects?x=1", receiver.url())).body(Full::new(body.into())).unwrap()
}

/// What comes back when the receiver is told to answer so.
async fn answer(reply: Reply) -> Answer {
    let (receiver, _) = receiver(reply).await;
    send(request(&receiver, "")).await
}

#[tokio::test]
async fn a_request_is_told_with_its_key_and_attempt() {
    let (receiver, got) = receiver(OK).await;
    let mut request = request(&receiver, r#"{"total":1}"#);
    request.headers_mut().insert("Idempotency-Key", "relayed#1".parse().unwrap());
    request.headers_mut().insert("Tidegate-Attempt", "3".parse().unwrap());
    assert_eq!(send(request).await.status, 200);
    let got = got.lock().unwrap();
    assert_eq!(got.len(), 1);
    let Received { path, key, attempt, headers, body } = &got[0];
    assert_eq!((path.as_str(), key.as_deref(), *attempt), ("/effects", Some("relayed#1"), Some(3)));
    assert_eq!(headers["idempotency-key"], "relayed#1");
    assert_eq!(body, r#"{"total":1}"#);
}

#[tokio::test]
async fn a_request_without_key_and_with_an_attempt_that_is_no_number_is_told_all_the_same() {
    let (receiver, got) = receiver(OK).await;
    let mut request = request(&receiver, "");
    request.headers_mut().insert("Tidegate-Attempt", "first".parse().unwrap());
    send(request).await;
    let got = got.lock().unwrap();
    assert_eq!((&got[0].key, got[0].attempt), (&None, None));
}

#[tokio::test]
async fn it_answers_as_it_is_told() {
    let busy = answer(Reply { status: 429, retry_after_s: Some(7), after: Duration::from_millis(20), ..OK }).await;
    assert_eq!((busy.status, &busy.headers["retry-after"], busy.body.len()), (429, &"7".parse().unwrap(), 0));
    let done = answer(Reply { status: 204, ..OK }).await;
    assert_eq!((done.status, done.headers.get("retry-after")), (204, None));
}

#[tokio::test]
async fn a_status_that_cannot_be_an_answer_becomes_500() {
    for status in [0, 100, 199, 1000] {
        assert_eq!(answer(Reply { status, ..OK }).await.status, 500);
    }
}

#[tokio::test]
async fn each_answer_may_depend_on_what_came_before() {
    let count = Mutex::new(0);
    let receiver = Receiver::start(move |_| {
        let mut count = count.lock().unwrap();
        *count += 1;
        Reply { status: if *count < 3 { 503 } else { 200 }, ..OK }
    });
    let receiver = receiver.await.unwrap();
    for expected in [503, 503, 200] {
        assert_eq!(send(request(&receiver, "")).await.status, expected);
    }
}

#[tokio::test]
async fn a_body_of_eight_mebibytes_is_the_largest() {
    const LARGEST: usize = 8 * 1024 * 1024;
    let (receiver, got) = receiver(OK).await;
    assert_eq!(send(request(&receiver, vec![0; LARGEST])).await.status, 200);
    assert_eq!(send(request(&receiver, vec![0; LARGEST + 1])).await.status, 413);
    let got = got.lock().unwrap();
    assert_eq!(got.iter().map(|received| received.body.len()).collect::<Vec<_>>(), [LARGEST]);
}

#[tokio::test]
async fn a_client_that_reads_no_answer_before_its_large_body_is_sent_is_refused_too() {
    let (receiver, _) = receiver(OK).await;
    let address = receiver.url().replace("http://", "");
    let mut client = TcpStream::connect(address).await.unwrap();
    let body = vec![0; 15 * 1024 * 1024];
    let head = format!("POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(&body).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_receiver_that_stops_closes_on_those_who_wait() {
    for drop_it in [false, true] {
        let (receiver, got) = receiver(Reply { after: Duration::from_secs(3600), ..OK }).await;
        let waiting = tokio::spawn(send(request(&receiver, "")));
        until("the request", || !got.lock().unwrap().is_empty()).await;
        match drop_it {
            true => drop(receiver),
            false => receiver.stop().await,
        }
        // `send` panics when the connection closes.
        assert!(waiting.await.is_err());
    }
}
