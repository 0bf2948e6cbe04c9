//! Large bodies through the whole stack: stored, fetched, missed, put back, and never too many in memory at once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::harness::Harness;
use crate::letters::{check, dead, output};
use bytes::Bytes;
use local::{Received, Receiver, Reply, StackConfig};
use tempfile::TempDir;
use tidegate::bundle::{BUCKET, WORKER};
use tidegate::delivery::Delivery;
use tidegate::post::Poster;
use webhook::identity::body_sha256;
use webhook::ledger::Key;

/// What an endpoint got: the hash of each body.
type Hashes = Arc<Mutex<BTreeSet<String>>>;

/// An endpoint of the user's.
async fn endpoint() -> (Receiver, Hashes) {
    let hashes = Hashes::default();
    let kept = hashes.clone();
    let take = move |got: &Received| {
        kept.lock().unwrap().insert(body_sha256(&got.body));
        Reply { status: 204, retry_after_s: None, after: Duration::ZERO, body: Bytes::new() }
    };
    (Receiver::start(take).await.unwrap(), hashes)
}

/// A stack whose source `relayed` posts there.
async fn stack(state: TempDir, endpoint: &Receiver, alter: impl FnOnce(&mut StackConfig)) -> Harness {
    let url = endpoint.url();
    let relay = |config: &mut StackConfig| {
        set(config, WORKER, "RELAYED_URL", &url);
        alter(config);
    };
    Harness::start_altered(state, Duration::from_secs(30), 1, relay).await
}

fn set(config: &mut StackConfig, function: &str, name: &str, value: &str) {
    let function = config.functions.iter_mut().find(|spec| spec.name == function).unwrap();
    function.env.retain(|(known, _)| known != name);
    function.env.push((name.to_owned(), value.to_owned()));
}

/// JSON of 5 MB that a compressor makes a fourth smaller and no more.
fn large(seed: u64) -> String {
    let mut chance = fastrand::Rng::with_seed(seed);
    let noise: String = std::iter::repeat_with(|| char::from(b'0' + chance.u8(..43))).take(5_000_000).collect();
    format!("{{\"n\":{seed},\"noise\":\"{noise}\"}}")
}

/// Posts as a provider does: again, as long as it is told to come again.
async fn post(delivery: &Delivery) -> u16 {
    let poster = Poster::new().unwrap();
    for _ in 0..10 {
        let status = poster.post(delivery).await.unwrap().status;
        if status != 503 {
            return status;
        }
    }
    503
}

fn key(id: &str) -> Key {
    Key::new("relayed", id, "https")
}

/// The most memory that the workers ever had, in KiB.
fn peak_kib(harness: &Harness) -> u64 {
    let peak = |process: u32| -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    harness.running.stack.process_ids(WORKER).into_iter().map(peak).max().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_bodies_of_five_megabytes_in_one_batch_arrive_to_the_byte_and_never_lie_in_memory_all_at_once() {
    let (endpoint, hashes) = endpoint().await;
    let one_batch = |config: &mut StackConfig| config.mappings[0].batch_window = Duration::from_secs(60);
    let harness = stack(tempfile::tempdir().unwrap(), &endpoint, one_batch).await;
    let (mut keys, mut expected) = (Vec::new(), BTreeSet::new());
    for n in 0..10 {
        let (id, body) = (format!("large-{n}"), large(n));
        expected.insert(body_sha256(body.as_bytes()));
        assert_eq!(post(&harness.delivery("relayed", &id, Some(body.as_bytes()))).await, 200);
        keys.push(key(&id));
    }
    harness.wait_until(&keys, "done", 120).await;
    assert_eq!(*hashes.lock().unwrap(), expected);
    let peak = peak_kib(&harness);
    // 42 MB where they take turns, 160 where they do not.
    assert!(peak < 100 * 1024, "the worker had {peak} KiB");
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_whose_body_is_gone_is_a_letter_that_can_be_redriven_once_it_is_back() {
    let (endpoint, hashes) = endpoint().await;
    let harness = stack(tempfile::tempdir().unwrap(), &endpoint, |config| config.mappings.clear()).await;
    let body = large(11);
    assert_eq!(post(&harness.delivery("relayed", "gone", Some(body.as_bytes()))).await, 200);
    let state = harness.stop().await;

    let bodies = state.path().join("state/s3").join(BUCKET).join("bodies");
    let aside = state.path().join("aside");
    std::fs::rename(&bodies, &aside).unwrap();
    let at_once = |config: &mut StackConfig| set(config, WORKER, "TIDEGATE_ATTEMPTS_MAX", "1");
    let harness = stack(state, &endpoint, at_once).await;
    harness.wait_until(&[key("gone")], "dead", 60).await;
    let fates = harness.running.account.fates(&[key("gone")]).await.unwrap();
    assert_eq!(fates[&key("gone")].reason.as_deref(), Some("body_missing"));
    let told = check(&harness, &["redrive", "--reason", "body_missing"], 1).await;
    assert!(told.contains("is not there: NoSuchKey") && told.contains("0 redriven"), "{told}");
    assert!(hashes.lock().unwrap().is_empty());

    std::fs::rename(&aside, &bodies).unwrap();
    let listed = check(&harness, &["list", "--json"], 0).await;
    let letter: serde_json::Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    let show = dead(&harness, &["show", letter["message_id"].as_str().unwrap(), "--body"]);
    assert!(output(show).await.stdout == body.as_bytes(), "another body");
    check(&harness, &["redrive", "--reason", "body_missing"], 0).await;
    harness.wait_until(&[key("gone")], "done", 60).await;
    assert_eq!(*hashes.lock().unwrap(), BTreeSet::from([body_sha256(body.as_bytes())]));
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_bucket_what_fits_compressed_is_done_and_what_does_not_is_refused() {
    let (endpoint, hashes) = endpoint().await;
    let without = |config: &mut StackConfig| set(config, "ingest-fn", "TIDEGATE_BUCKET", "");
    let harness = stack(tempfile::tempdir().unwrap(), &endpoint, without).await;
    assert_eq!(post(&harness.delivery("relayed", "noise", Some(large(12).as_bytes()))).await, 413);
    let zeros = format!("[{}0]", "0,".repeat(2_500_000));
    assert_eq!(post(&harness.delivery("relayed", "zeros", Some(zeros.as_bytes()))).await, 200);
    harness.wait_until(&[key("zeros")], "done", 60).await;
    assert_eq!(*hashes.lock().unwrap(), BTreeSet::from([body_sha256(zeros.as_bytes())]));
    let told = harness.log().into_iter().find(|line| line.contains("too_large")).unwrap();
    assert!(told.contains("TIDEGATE_BUCKET"), "{told}");
    harness.stop().await;
}
