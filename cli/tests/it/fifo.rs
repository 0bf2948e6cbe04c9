//! The bundle on FIFO queues: the order of a source, and what comes back within the five minutes in which SQS drops what
//! it knows.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::harness::{Harness, tidegate};
use crate::letters::{GARBAGE, check, envelope, letters, list, post_poison, quiet, visible};
use crate::replay::{self, Endpoint, post};
use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName};
use local::QueueSpec;
use serde_json::{Value, json};
use tidegate::bundle::BUCKET;
use tidegate::post::Poster;
use webhook::identity::body_sha256;
use webhook::ledger::Key;
use webhook::letter::GROUP;

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_a_source_wait_for_one_that_fails_and_are_done_in_order_while_others_go_on() {
    let endpoint = Endpoint::start(503).await;
    let harness = Harness::start_fifo(|config| endpoint.is_relayed_to(config)).await;
    let mut keys = Vec::new();
    for n in 0..4 {
        keys.push(post(&harness, &format!("r-{n}")).await);
    }
    let mut others = Vec::new();
    for n in 0..4 {
        let other = harness.delivery("github", &format!("g-{n}"), None);
        assert_eq!(Poster::new().unwrap().post(&other).await.unwrap().status, 200);
        others.extend(other.key);
    }
    harness.wait_until(&others, "done", 30).await;
    // Of two more attempts the second has come with those behind it, because they are all in the queue by now.
    let so_far = endpoint.keys().len();
    until(|| endpoint.keys().len() >= so_far + 2).await;
    endpoint.mended.store(true, Ordering::SeqCst);
    harness.wait_until(&keys, "done", 60).await;
    let mut posted = endpoint.keys();
    posted.dedup();
    assert_eq!(posted, keys.iter().map(|key| key.pk.clone()).collect::<Vec<_>>(), "the first until it works");
    let behind = harness.log().iter().filter(|line| line.contains("one before it in its message group")).count();
    assert!(behind > 0, "the log says for what an event waits");
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_redriven_at_once_arrives_and_what_dies_again_is_a_letter_again() {
    let endpoint = Endpoint::start(422).await;
    let harness = Harness::start_fifo(|config| endpoint.is_relayed_to(config)).await;
    let key = post(&harness, "r-1").await;
    post_poison(&harness, "github", &["poison".to_owned()]).await;
    visible(&harness, 2).await;
    let before = letters(&harness).await;
    endpoint.mended.store(true, Ordering::SeqCst);

    let told = check(&harness, &["redrive", "--all"], 0).await;
    assert!(told.contains("2 redriven"), "{told}");
    harness.wait_until(std::slice::from_ref(&key), "done", 30).await;
    quiet(&harness).await;
    visible(&harness, 1).await;
    let left = list(&harness, &[]).await;
    assert_eq!((left.len(), &left[0]["identity"]), (1, &"poison".into()));
    assert!(!before.contains_key(left[0]["message_id"].as_str().unwrap()), "a second letter");

    // The same message once more, and once more: SQS would drop both by their hash.
    for arrived in [1, 2] {
        let told = replay::check(&harness, &["--id", "r-1", "--status", "done"], 0).await;
        assert!(told.contains("1 replayed"), "{told}");
        let duplicates = |log: Vec<String>| log.iter().filter(|line| line.contains(r#""outcome":"duplicate""#)).count();
        until(|| duplicates(harness.log()) == arrived).await;
    }
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_that_sqs_moved_itself_go_back_into_their_group_ten_at_a_time() {
    let harness = Harness::start_fifo(|_| ()).await;
    let (sqs, [_, letters]) = (harness.running.account.sqs(), harness.running.queues);
    let url = harness.running.stack.queue_url(letters);
    for n in 0..12 {
        let letter = envelope(&format!("evt_{n}"), "{}");
        let call = sqs.send_message().queue_url(&url).message_body(letter).message_group_id("stripe");
        let call = call.message_deduplication_id(n.to_string());
        call.send().await.unwrap();
    }
    let seen = check(&harness, &["list", "--json"], 0).await;
    assert_eq!(seen.lines().filter(|line| line.starts_with('{')).count(), 10);
    assert!(seen.contains("About 2 letters were not seen: those behind others"), "{seen}");
    let told = check(&harness, &["redrive", "--all"], 0).await;
    assert!(told.contains("12 redriven"), "{told}");
    let done: Vec<Key> = (0..12).map(|n| Key::new("stripe", &format!("evt_{n}"), "table")).collect();
    harness.wait_until(&done, "done", 30).await;
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redriven_letter_goes_back_into_the_group_that_it_came_from() {
    let elsewhere = QueueSpec { name: "elsewhere.fifo".to_owned(), visibility_timeout_s: 30, dead_letter: None };
    let harness = Harness::start_fifo(|config| config.queues.push(elsewhere)).await;
    let (sqs, [_, letters]) = (harness.running.account.sqs(), harness.running.queues);
    let put = async |body: &str, group: Option<&str>| {
        let call = sqs.send_message().queue_url(harness.running.stack.queue_url(letters));
        let value = |group| MessageAttributeValue::builder().data_type("String").string_value(group).build().unwrap();
        let said = group.map(|group| HashMap::from([(GROUP.to_owned(), value(group))]));
        let own = format!("own-{}", body.len());
        let call = call.message_group_id(&own).message_deduplication_id(own);
        let call = call.set_message_attributes(said).message_body(body);
        call.send().await.unwrap().message_id.unwrap()
    };
    put(&envelope("evt_said", "{}"), Some("stripe/7")).await;
    put(&envelope("evt_silent", "{}"), None).await;
    let garbage = put(GARBAGE, None).await;
    let url = harness.running.stack.queue_url("elsewhere.fifo");
    let told = check(&harness, &["redrive", "--all", "--queue-url", &url], 0).await;
    assert!(told.contains("3 redriven"), "{told}");
    let call = sqs.receive_message().queue_url(&url).max_number_of_messages(10);
    let call = call.message_system_attribute_names(MessageSystemAttributeName::MessageGroupId);
    let messages = call.send().await.unwrap().messages.unwrap();
    let group = |message: &Message| message.attributes.as_ref().unwrap().values().next().unwrap().clone();
    let groups: BTreeSet<String> = messages.iter().map(group).collect();
    assert_eq!(groups, BTreeSet::from(["stripe".to_owned(), "stripe/7".to_owned(), garbage]));
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_go_back_in_the_order_in_which_they_came_also_behind_one_that_takes_longer() {
    const BYTES: usize = 5_000_000;
    let elsewhere = QueueSpec { name: "elsewhere.fifo".to_owned(), visibility_timeout_s: 30, dead_letter: None };
    let harness = Harness::start_fifo(|config| config.queues.push(elsewhere)).await;
    let (sqs, [_, letters]) = (harness.running.account.sqs(), harness.running.queues);
    // The first has its body in an object, which a redrive reads and writes before it sends.
    let (key, object) = ("bodies/stripe/evt_0", vec![b'0'; BYTES]);
    let file = harness.state.path().join("state/s3").join(BUCKET).join(key);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, &object).unwrap();
    let mut first: Value = serde_json::from_str(&envelope("evt_0", "")).unwrap();
    for (name, value) in [
        ("v", json!(2)),
        ("encoding", json!("claim")),
        ("body_bytes", json!(BYTES)),
        ("body_sha256", json!(body_sha256(&object))),
        ("claim", json!({"bucket": BUCKET, "key": key, "bytes": BYTES, "encoding": "raw"})),
    ] {
        first[name] = value;
    }
    let sent: Vec<String> =
        (0..6).map(|n| if n == 0 { first.to_string() } else { envelope(&format!("evt_{n}"), "{}") }).collect();
    for (n, letter) in sent.iter().enumerate() {
        let call = sqs.send_message().queue_url(harness.running.stack.queue_url(letters)).message_body(letter);
        call.message_group_id(n.to_string()).message_deduplication_id(n.to_string()).send().await.unwrap();
    }
    let url = harness.running.stack.queue_url("elsewhere.fifo");
    let told = check(&harness, &["redrive", "--all", "--rate", "1000", "--queue-url", &url], 0).await;
    assert!(told.contains("6 redriven"), "{told}");
    let call = sqs.receive_message().queue_url(&url).max_number_of_messages(10);
    let arrived = call.send().await.unwrap().messages.unwrap().into_iter().map(|message| message.body.unwrap());
    assert_eq!(arrived.collect::<Vec<_>>(), sent);
    harness.stop().await;
}

/// Waits for something that has to become true.
async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..1_200 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not so in a minute");
}

#[test]
fn a_small_storm_over_fifo_queues_ends_clean() {
    let storm = ["storm", "--fifo", "--count", "60", "--duplicates", "30%", "--poison", "5%", "--time-limit", "240"];
    let output = tidegate().args(storm).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("audit clean: 0 lost, 0 twice"), "{told}");
}
