//! Dead letters for tests: made on a running stack, and looked at by hand and by the command.

use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::time::Duration;

use crate::harness::{Harness, tidegate};
use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName};
use serde_json::{Value, json};
use tidegate::post::Poster;

/// A payload that is no JSON: every delivery of it dies.
pub(crate) const POISON: &[u8] = b"{\"cut\": \"off \xf0\x9f\xa6\x80\r\n";

/// A message that no door ever sent.
pub(crate) const GARBAGE: &str = "no envelope \u{1f980}\r\n{";

/// The command for the stack of this harness.
pub(crate) fn dead(harness: &Harness, arguments: &[&str]) -> Command {
    let port = |url: String| url.rsplit(':').next().unwrap().to_owned();
    let mut command = tidegate();
    command.arg("dead").args(arguments).args(["--sqs-port", &port(harness.running.stack.sqs_url())]);
    command.args(["--dynamodb-port", &port(harness.running.stack.dynamodb_url())]);
    command.args(["--s3-port", &port(harness.running.stack.s3_url())]);
    command.args(harness.running.queues[0].ends_with(".fifo").then_some("--fifo"));
    command
}

pub(crate) async fn output(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// Runs the command and returns what it printed, once its exit status is as it must be.
pub(crate) async fn check(harness: &Harness, arguments: &[&str], status: i32) -> String {
    let output = output(dead(harness, arguments)).await;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {stdout}{stderr}");
    format!("{stdout}{stderr}")
}

/// The letters that `list` chooses.
pub(crate) async fn list(harness: &Harness, selection: &[&str]) -> Vec<Value> {
    let output = output(dead(harness, &[&["list", "--json"], selection].concat())).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// What lies in the dead-letter queue, by message id, read by hand and let go again.
pub(crate) async fn letters(harness: &Harness) -> BTreeMap<String, String> {
    let (sqs, url) = (harness.running.account.sqs(), harness.running.stack.queue_url(harness.running.queues[1]));
    let (mut letters, mut handles) = (BTreeMap::new(), Vec::new());
    loop {
        let received = sqs.receive_message().queue_url(&url).visibility_timeout(60).max_number_of_messages(10).send();
        let messages = received.await.unwrap().messages.unwrap_or_default();
        if messages.is_empty() {
            break;
        }
        for message in messages {
            letters.insert(message.message_id.unwrap(), message.body.unwrap());
            handles.push(message.receipt_handle.unwrap());
        }
    }
    for handle in handles {
        let shown = sqs.change_message_visibility().queue_url(&url).receipt_handle(handle).visibility_timeout(0);
        shown.send().await.unwrap();
    }
    letters
}

/// Waits until so many letters can be seen, and none is hidden.
pub(crate) async fn visible(harness: &Harness, letters: u64) {
    for _ in 0..1_200 {
        let now = harness.running.account.letters().await.unwrap();
        if (now.visible, now.hidden) == (letters, 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not {letters} letters: {:?}", harness.running.account.letters().await.unwrap());
}

/// Deliveries that are accepted and then die.
pub(crate) async fn post_poison(harness: &Harness, source: &str, ids: &[String]) {
    let poster = Poster::new().unwrap();
    for id in ids {
        assert_eq!(poster.post(&harness.delivery(source, id, Some(POISON))).await.unwrap().status, 200);
    }
}

pub(crate) fn envelope(identity: &str, body: &str) -> String {
    let sha256 = webhook::identity::body_sha256(body.as_bytes());
    let envelope = json!({
        "v": 1, "source": "stripe", "provider": "stripe", "identity": identity, "event_id": identity,
        "event_type": "charge.failed", "received_at_ms": 1, "request_id": "r", "headers": {"x-test": "\u{1b}[2J"},
        "body": body, "encoding": "utf8", "body_sha256": sha256,
    });
    envelope.to_string()
}

/// Puts a message into a queue, with attributes such as the worker writes on a letter.
pub(crate) async fn put(harness: &Harness, queue: &str, body: &str, attributes: &[(&str, &str)]) {
    let mut call = harness.running.account.sqs().send_message().queue_url(harness.running.stack.queue_url(queue));
    for (name, value) in attributes {
        let value = MessageAttributeValue::builder().data_type("String").string_value(*value).build().unwrap();
        call = call.message_attributes(*name, value);
    }
    call.message_body(body).send().await.unwrap();
}

pub(crate) fn ids(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix}-{n}")).collect()
}

/// Waits until the queue is empty and no worker is at work.
pub(crate) async fn quiet(harness: &Harness) {
    for _ in 0..600 {
        let call = harness.running.account.sqs().get_queue_attributes().attribute_names(QueueAttributeName::All);
        let attributes =
            call.queue_url(harness.running.stack.queue_url(harness.running.queues[0])).send().await.unwrap();
        let counts = attributes.attributes.unwrap().into_iter().filter(|(name, _)| name.as_str().contains("NumberOf"));
        if counts.map(|(_, count)| count).all(|count| count == "0") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the queue does not become empty");
}
