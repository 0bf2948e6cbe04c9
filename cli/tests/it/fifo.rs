//! The bundle on FIFO queues: the order of a source, and what comes back within the five minutes in which SQS drops what
//! it knows.

use std::sync::atomic::Ordering;

use crate::harness::{Harness, tidegate};
use crate::letters::{check, letters, list, post_poison, quiet, visible};
use crate::replay::{self, Endpoint, post};
use tidegate::post::Poster;
use webhook::ledger::Key;

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
    while endpoint.keys().len() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
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
        quiet(&harness).await;
        let log = harness.log();
        assert_eq!(log.iter().filter(|line| line.contains(r#""outcome":"duplicate""#)).count(), arrived);
    }
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_that_sqs_moved_itself_go_back_into_their_group_ten_at_a_time() {
    let harness = Harness::start_fifo(|_| ()).await;
    let (sqs, [_, letters]) = (harness.running.account.sqs(), harness.running.queues);
    let url = harness.running.stack.queue_url(letters);
    for n in 0..12 {
        let letter = crate::letters::envelope(&format!("evt_{n}"), "{}");
        let call = sqs.send_message().queue_url(&url).message_body(letter).message_group_id("stripe");
        call.send().await.unwrap();
    }
    let seen = check(&harness, &["list", "--json"], 0).await;
    assert_eq!(seen.lines().filter(|line| line.starts_with('{')).count(), 10);
    assert!(seen.contains("About 2 letters are behind others of their message groups"), "{seen}");
    let told = check(&harness, &["redrive", "--all"], 0).await;
    assert!(told.contains("12 redriven"), "{told}");
    let done: Vec<Key> = (0..12).map(|n| Key::new("stripe", &format!("evt_{n}"), "table")).collect();
    harness.wait_until(&done, "done", 30).await;
    harness.stop().await;
}

#[test]
fn a_small_storm_over_fifo_queues_ends_clean() {
    let storm = ["storm", "--fifo", "--count", "120", "--duplicates", "30%", "--poison", "5%", "--time-limit", "240"];
    let output = tidegate().args(storm).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("audit clean: 0 lost, 0 twice"), "{told}");
}
