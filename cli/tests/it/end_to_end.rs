//! The main job through the real binaries and endpoints: HTTP, door, queue, worker, table, dead letters.

use std::collections::HashMap;
use std::time::Duration;

use crate::harness::{Harness, signal};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures_util::StreamExt as _;
use futures_util::stream;
use tidegate::bundle::{DEAD_LETTERS, QUEUE, WORKER};
use tidegate::post::Poster;
use webhook::ledger::Key;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What `tidegate send` printed, its exit status in front: `0 200`.
async fn sent(harness: &Harness, arguments: &[&str]) -> String {
    let output = harness.send(arguments).await;
    let printed = text(&output.stdout);
    format!("{} {}", output.status.code().unwrap(), printed.split_whitespace().next().unwrap_or(&text(&output.stderr)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_of_25_kb_with_emoji_and_crlf_is_let_in_as_text_and_as_base64_and_nothing_else_is() {
    let harness = Harness::start().await;
    let payload = harness.folder().join("payload.json");
    let body = format!("{{\"text\":\"{}\",\r\n\"end\":\"\u{1f980}\"}}\r\n", "tide \u{1f30a} gate ".repeat(1_700));
    assert!(body.len() > 25_000, "{} bytes", body.len());
    std::fs::write(&payload, &body).unwrap();
    let payload = payload.to_str().unwrap();
    let github = ["github", "--event", payload, "--id"];

    assert_eq!(sent(&harness, &[&github[..], &["plain"]].concat()).await, "0 200");
    let octets = ["binary", "--content-type", "application/octet-stream"];
    assert_eq!(sent(&harness, &[&github[..], &octets].concat()).await, "0 200");
    assert_eq!(sent(&harness, &[&github[..], &["changed", "--tamper", "body"]].concat()).await, "1 403");
    assert_eq!(sent(&harness, &[&github[..], &["unsigned", "--tamper", "unsigned"]].concat()).await, "1 401");
    let nobody = format!("{}/hooks/nobody", harness.running.stack.gateway_url());
    assert_eq!(sent(&harness, &[&github[..], &["lost", "--to", &nobody]].concat()).await, "1 404");

    // Twilio signs the URL: whichever name of this machine was called is the one that was signed.
    assert_eq!(sent(&harness, &["twilio"]).await, "0 200");
    let localhost = harness.running.stack.gateway_url().replace("127.0.0.1", "localhost");
    assert_eq!(sent(&harness, &["twilio", "--to", &localhost]).await, "0 200");

    let key = |id: &str| Key::new("github", id, "table");
    harness.wait_until(&[key("plain"), key("binary")], "done", 30).await;
    let refused = [key("changed"), key("unsigned"), key("lost")];
    assert!(harness.running.account.fates(&refused).await.unwrap().is_empty());
    let results = harness.running.account.results(&[key("plain"), key("binary")]).await.unwrap();
    assert_eq!(results, HashMap::from(["plain", "binary"].map(|id| (key(id), body.trim().to_owned()))));
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_delivery_fifty_times_at_once_has_one_effect() {
    let harness = Harness::start().await;
    let output = harness.send(&["stripe", "--id", "evt_fifty", "--times", "50"]).await;
    assert_eq!(text(&output.stdout).matches("200 in ").count(), 50);
    let key = Key::new("stripe", "evt_fifty", "table");
    harness.wait_until(std::slice::from_ref(&key), "done", 30).await;
    settled(&harness, 50).await;
    let done = outcomes(&harness, "done");
    assert_eq!(done.len(), 1, "{done:?}");
    assert_eq!(outcomes(&harness, "duplicate").len(), 49);
    assert_eq!(harness.running.account.dead_letters().await.unwrap(), 0);
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_batch_of_ten_with_one_unreadable_body_nine_are_done_and_one_is_a_letter() {
    let harness = Harness::start().await;
    let unreadable = "no envelope \u{1f980}\r\n{";
    let envelopes = (0..9).map(|n| {
        let body = format!("{{\"n\":{n}}}");
        let sha256 = webhook::identity::body_sha256(body.as_bytes());
        let envelope = serde_json::json!({
            "v": 1, "source": "github", "provider": "github", "identity": format!("id-{n}"), "received_at_ms": 1,
            "request_id": "r", "body": body, "encoding": "utf8", "body_sha256": sha256,
        });
        envelope.to_string()
    });
    let bodies: Vec<String> = envelopes.chain([unreadable.to_owned()]).collect();
    let entry = |(index, body): (usize, &String)| {
        SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body).build().unwrap()
    };
    let sqs = harness.running.account.sqs();
    let batch = sqs.send_message_batch().queue_url(harness.running.stack.queue_url(QUEUE));
    let sent = batch.set_entries(Some(bodies.iter().enumerate().map(entry).collect())).send().await.unwrap();
    assert_eq!(sent.successful().len(), 10);

    let keys: Vec<Key> = (0..9).map(|n| Key::new("github", &format!("id-{n}"), "table")).collect();
    harness.wait_until(&keys, "done", 30).await;
    let call = sqs.receive_message().queue_url(harness.running.stack.queue_url(DEAD_LETTERS));
    let letters = call.wait_time_seconds(20).message_attribute_names("All").send().await.unwrap();
    let [letter] = letters.messages() else { panic!("{letters:?}") };
    assert_eq!(letter.body(), Some(unreadable));
    let attributes = letter.message_attributes.as_ref().unwrap();
    assert_eq!(attributes["reason"].string_value(), Some("envelope_unreadable"));
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_killed_in_the_middle_of_a_thousand_lose_nothing_and_repeat_nothing() {
    let harness = Harness::start_in(tempfile::tempdir().unwrap(), Duration::from_secs(1)).await;
    let ids: Vec<String> = (0..1_000).map(|n| format!("killed-{n}")).collect();
    let deliveries: Vec<_> = ids.iter().map(|id| harness.delivery("github", id, Some(b"{}"))).collect();
    let poster = Poster::new().unwrap();
    let posts = stream::iter(&deliveries).map(|delivery| poster.post(delivery)).buffer_unordered(20);
    let mut posts = std::pin::pin!(posts.enumerate());
    let keys: Vec<Key> = ids.iter().map(|id| Key::new("github", id, "table")).collect();
    let (mut killed, mut first_owners) = (0, HashMap::new());
    while let Some((index, answer)) = posts.next().await {
        assert_eq!(answer.unwrap().status, 200);
        if index % 100 == 99 {
            for (key, owner) in harness.running.account.owners(&keys).await.unwrap() {
                first_owners.entry(key).or_insert(owner);
            }
            for process in harness.running.stack.process_ids(WORKER) {
                signal("-KILL", process);
                killed += 1;
            }
        }
    }
    assert!(killed >= 10, "only {killed} workers were killed");
    harness.wait_until(&keys, "done", 120).await;
    assert_eq!(harness.running.account.dead_letters().await.unwrap(), 0);
    // A second commit would carry another owner's token, whether or not its worker lived to tell of it.
    let owners = harness.running.account.owners(&keys).await.unwrap();
    assert!(first_owners.len() > 100, "only {} rows were seen before the end", first_owners.len());
    let changed: Vec<_> = first_owners.iter().filter(|(key, owner)| owners.get(*key) != Some(owner)).collect();
    assert!(changed.is_empty(), "committed more than once: {changed:?}");
    let mut told: HashMap<String, usize> = HashMap::new();
    outcomes(&harness, "done").into_iter().for_each(|id| *told.entry(id).or_default() += 1);
    let twice: Vec<_> = told.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "told to be done more than once: {twice:?}");
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_remembers_what_is_done() {
    let harness = Harness::start().await;
    assert_eq!(sent(&harness, &["svix", "--id", "msg_once"]).await, "0 200");
    let key = [Key::new("svix", "msg_once", "table")];
    harness.wait_until(&key, "done", 30).await;
    let state = harness.stop().await;

    let harness = Harness::start_in(state, Duration::from_secs(5)).await;
    assert_eq!(sent(&harness, &["svix", "--id", "msg_once"]).await, "0 200");
    settled(&harness, 1).await;
    assert_eq!(outcomes(&harness, "duplicate"), ["msg_once"]);
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_holds_a_body_a_secret_or_a_signature() {
    let harness = Harness::start().await;
    let marker = "pl4nted-m4rker";
    let body = format!("{{\"id\":\"evt_1\",\"type\":\"t\",\"card\":\"{marker}\"}}");
    let good = harness.delivery("stripe", "evt_1", Some(body.as_bytes()));
    let cut_off = harness.delivery("github", "evt_2", Some(&body.as_bytes()[..body.len() - 1]));
    let signatures: Vec<String> = [&good, &cut_off]
        .iter()
        .flat_map(|delivery| delivery.headers.iter().filter(|(name, _)| name.contains("signature")))
        .map(|(_, value)| value.rsplit('=').next().unwrap().to_owned())
        .collect();
    assert_eq!(signatures.len(), 2);
    let mut tampered = good.clone();
    tampered.body.push(b' ');
    let mut unsigned = good.clone();
    unsigned.headers.retain(|(name, _)| !name.contains("signature"));
    let mut lost = good.clone();
    lost.url = lost.url.replace("stripe", "nobody");
    let poster = Poster::new().unwrap();
    for (delivery, status) in [(&good, 200), (&cut_off, 200), (&tampered, 403), (&unsigned, 401), (&lost, 404)] {
        assert_eq!(poster.post(delivery).await.unwrap().status, status);
    }
    harness.wait_until(&[good.key.unwrap()], "done", 30).await;
    harness.wait_until(&[cut_off.key.unwrap()], "dead", 30).await;
    settled(&harness, 2).await;
    let log = harness.log();
    let secret = "tidegate-test-secret";
    for planted in [marker, secret, &signatures[0], &signatures[1]] {
        let line = log.iter().find(|line| line.contains(planted));
        assert_eq!(line, None, "{planted} is in the log");
    }
    assert!(!log.iter().any(|line| line.contains("panicked")));
    assert!(log.len() >= 7, "the log is not empty: {log:?}");
    harness.stop().await;
}

/// The event ids of the workers' lines with this outcome.
fn outcomes(harness: &Harness, outcome: &str) -> Vec<String> {
    let lines = harness.log();
    let parsed = lines.iter().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let chosen = parsed.filter(|line| line["outcome"] == outcome && line["message_id"].is_string());
    chosen.map(|line| line["event_id"].as_str().unwrap_or("").to_owned()).collect()
}

/// Waits until the workers have told of this many records.
async fn settled(harness: &Harness, records: usize) {
    for _ in 0..600 {
        let all = ["done", "duplicate", "dead"].iter().map(|outcome| outcomes(harness, outcome).len()).sum::<usize>();
        if all >= records {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the workers did not tell of {records} records: {:?}", harness.log());
}
