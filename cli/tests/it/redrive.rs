//! `tidegate dead redrive` on a running stack: run to its end, killed, interrupted and refused.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

use crate::harness::{Harness, signal};
use crate::letters::{GARBAGE, check, dead, envelope, ids, letters, list, post_poison, put, quiet, visible};
use serde_json::Value;
use tidegate::bundle::{DEAD_LETTERS, QUEUE};
use webhook::ledger::Key;

#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_by_reason_leaves_other_letters_as_they_are_and_younger_ones_too() {
    let harness = Harness::start().await;
    post_poison(&harness, "github", &ids("poison", 15)).await;
    put(&harness, QUEUE, GARBAGE, &[]).await;
    put(&harness, DEAD_LETTERS, &envelope("evt_left", "{}"), &[("reason", "handler_rejected")]).await;
    put(&harness, DEAD_LETTERS, &envelope("evt_mended", "{}"), &[("reason", "contract_violated")]).await;
    put(&harness, DEAD_LETTERS, &envelope("evt_moved", "{}"), &[]).await;
    visible(&harness, 19).await;
    let before = letters(&harness).await;
    let redrive = ["redrive", "--reason", "contract_violated", "--rate", "10"];

    let dry = check(&harness, &[&redrive[..], &["--dry-run"]].concat(), 0).await;
    assert!(dry.contains("16 would be redriven\n  16 contract_violated\n0 failed\n3 not chosen\n"), "{dry}");
    assert_eq!(letters(&harness).await, before, "a dry run changes nothing");

    // The poison dies again while the run goes on: these letters are younger, and no run turns in circles.
    let told = check(&harness, &redrive, 0).await;
    assert!(told.contains("16 redriven\n  16 contract_violated\n0 failed\n3 not chosen\n"), "{told}");
    let mended = Key::new("stripe", "evt_mended", "table");
    harness.wait_until(&[mended], "done", 30).await;
    visible(&harness, 18).await;
    let after = letters(&harness).await;
    let kept: BTreeMap<&String, &String> = after.iter().filter(|(id, _)| before.contains_key(*id)).collect();
    assert_eq!(kept.len(), 3, "the others, by message id");
    assert!(kept.iter().all(|(id, body)| before[*id] == **body), "and to the byte");
    let bodies = |letters: &BTreeMap<String, String>| {
        letters.values().filter(|body| body.contains("poison-")).cloned().collect::<BTreeSet<_>>()
    };
    assert_eq!(bodies(&after).len(), 15);
    assert_eq!(bodies(&after), bodies(&before), "what died again is the very same message");

    let told = check(&harness, &["redrive", "--reason", "-", "--limit", "1"], 0).await;
    assert!(told.contains("1 redriven\n  1 -\n"), "{told}");
    harness.wait_until(&[Key::new("stripe", "evt_moved", "table")], "done", 30).await;
    visible(&harness, 17).await;
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_that_is_killed_halfway_and_run_again_loses_nothing() {
    const EACH: usize = 20;
    let harness = Harness::start().await;
    post_poison(&harness, "github", &ids("poison", EACH)).await;
    for id in ids("mended", EACH) {
        put(&harness, DEAD_LETTERS, &envelope(&id, "{}"), &[("reason", "contract_violated")]).await;
    }
    put(&harness, QUEUE, GARBAGE, &[]).await;
    put(&harness, DEAD_LETTERS, &envelope("evt_left", "{}"), &[("reason", "handler_rejected")]).await;
    visible(&harness, 2 * EACH as u64 + 2).await;
    let before = letters(&harness).await;

    let selection = ["redrive", "--reason", "contract_violated", "--rate"];
    let mut first = dead(&harness, &[&selection[..], &["10"]].concat()).stdout(Stdio::null()).spawn().unwrap();
    let redriven = async || -> usize {
        let log = harness.log();
        let settled = |line: &&String| line.contains("\"message_id\"") && !line.contains("envelope_unreadable");
        log.iter().filter(settled).count().saturating_sub(EACH)
    };
    while redriven().await < EACH {
        assert!(first.try_wait().unwrap().is_none(), "it ended before it could be killed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    signal("-KILL", first.id());
    assert_eq!(first.wait().unwrap().code(), None, "killed");
    assert!(redriven().await < 2 * EACH, "it was not halfway");

    // What it had received comes back by itself, within half a minute.
    for _ in 0..1_200 {
        if harness.running.account.letters().await.unwrap().hidden == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    check(&harness, &[&selection[..], &["200"]].concat(), 0).await;
    let mended: Vec<Key> = ids("mended", EACH).iter().map(|id| Key::new("stripe", id, "table")).collect();
    harness.wait_until(&mended, "done", 30).await;
    quiet(&harness).await;

    let after = list(&harness, &[]).await;
    let with = |name: &str, value: &str| after.iter().filter(|letter| letter[name] == value).collect::<Vec<_>>();
    let dead_again: BTreeSet<&str> =
        with("source", "github").iter().map(|letter| letter["identity"].as_str().unwrap()).collect();
    assert_eq!(dead_again.len(), EACH, "every poison delivery is a letter");
    let anew = |letter: &&Value| !before.contains_key(letter["message_id"].as_str().unwrap());
    assert!(with("source", "github").iter().all(anew), "and a new one: the old was redriven");
    assert_eq!(with("source", "stripe").len(), 1, "of the mended ones none is a letter any more");
    let letters = letters(&harness).await;
    let others: Vec<_> = before.iter().filter(|(id, _)| letters.contains_key(*id)).collect();
    assert_eq!(others.len(), 2);
    assert!(others.iter().all(|(id, body)| letters[*id] == **body), "others are as they were");
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_redrive_lets_its_letters_go_at_once() {
    let harness = Harness::start().await;
    for id in ids("evt", 12) {
        put(&harness, DEAD_LETTERS, &envelope(&id, "{}"), &[]).await;
    }
    let slow = dead(&harness, &["redrive", "--all", "--rate", "1"]).stdout(Stdio::piped()).spawn().unwrap();
    let done = [Key::new("stripe", "evt-0", "table")];
    harness.wait_until(&done, "done", 30).await;
    signal("-INT", slow.id());
    let told = tokio::task::spawn_blocking(|| slow.wait_with_output().unwrap()).await.unwrap();
    assert_eq!(told.status.code(), Some(1));
    let now = harness.running.account.letters().await.unwrap();
    assert_eq!(now.hidden, 0, "{now:?}");
    assert!((9..12).contains(&now.visible), "{now:?}, {}", String::from_utf8_lossy(&told.stdout));
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_that_come_while_a_redrive_runs_are_left() {
    let harness = Harness::start().await;
    for id in ids("evt", 12) {
        put(&harness, DEAD_LETTERS, &envelope(&id, "{}"), &[]).await;
    }
    // The same message once more, as an event that died again has it: it is left whatever the clocks say.
    put(&harness, DEAD_LETTERS, &envelope("evt-0", "{}"), &[]).await;
    let slow =
        dead(&harness, &["redrive", "--source", "stripe", "--rate", "5"]).stdout(Stdio::piped()).spawn().unwrap();
    harness.wait_until(&[Key::new("stripe", "evt-0", "table")], "done", 30).await;
    put(&harness, DEAD_LETTERS, &envelope("evt_late", "{}"), &[]).await;
    let told = tokio::task::spawn_blocking(|| slow.wait_with_output().unwrap()).await.unwrap();
    let told = String::from_utf8_lossy(&told.stdout);
    assert!(told.contains("12 redriven") && told.contains("2 left, because they came after"), "{told}");
    visible(&harness, 2).await;
    let left = list(&harness, &[]).await;
    assert_eq!(left.iter().map(|letter| &letter["identity"]).collect::<Vec<_>>(), ["evt-0", "evt_late"]);
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_stay_hidden_for_as_long_as_a_redrive_takes() {
    let harness = Harness::start().await;
    for id in ids("other", 3) {
        put(&harness, DEAD_LETTERS, &envelope(&id, "{}"), &[("reason", "handler_rejected")]).await;
    }
    for id in ids("evt", 34) {
        put(&harness, DEAD_LETTERS, &envelope(&id, "{}"), &[]).await;
    }
    // One a second: after half a minute the first three would come back, if they were not hidden anew.
    let slow = dead(&harness, &["redrive", "--reason", "-", "--rate", "1"]).stdout(Stdio::piped()).spawn().unwrap();
    harness.wait_until(&[Key::new("stripe", "evt-32", "table")], "done", 60).await;
    let now = harness.running.account.letters().await.unwrap();
    assert_eq!(now.visible, 0, "{now:?}");
    let told = tokio::task::spawn_blocking(|| slow.wait_with_output().unwrap()).await.unwrap();
    assert_eq!(told.status.code(), Some(0));
    visible(&harness, 3).await;
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_that_the_queue_refuses_keeps_every_letter_and_says_so() {
    let harness = Harness::start().await;
    for id in ids("evt", 12) {
        put(&harness, DEAD_LETTERS, &envelope(&id, "{}"), &[]).await;
    }
    let before = letters(&harness).await;
    let nowhere = harness.running.stack.queue_url("nowhere");
    let refused = check(&harness, &["redrive", "--id", "evt-3", "--queue-url", &nowhere], 1).await;
    assert!(refused.contains("0 redriven\n1 failed\n11 not chosen\n"), "{refused}");
    assert!(refused.contains("QueueDoesNotExist"), "{refused}");
    let refused = check(&harness, &["redrive", "--all", "--queue-url", &nowhere], 1).await;
    assert!(refused.contains("10 letters in a row failed, the rest is left"), "{refused}");
    assert_eq!(letters(&harness).await, before);
    harness.stop().await;
}
