//! Events that were kept, and `tidegate replay` on a running stack.

use std::collections::BTreeSet;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::harness::{Harness, tidegate};
use crate::letters::quiet;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use local::{Call, CallFate, Interference, Received, Receiver, Reply, Service, StackConfig};
use tidegate::bundle::{BUCKET, TABLE, WORKER};
use tidegate::post::Poster;
use webhook::kept;
use webhook::ledger::Key;

const BODY: &[u8] = b"{ \"type\":\"order.paid\", \"n\":1.50,\"s\":\"\\u00e9\\ud83d\" }";

/// An endpoint that refuses for good until it is mended, and what was posted to it: the keys.
pub(crate) struct Endpoint {
    receiver: Receiver,
    pub(crate) mended: Arc<AtomicBool>,
    keys: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    /// One that refuses with this status.
    pub(crate) async fn start(refusal: u16) -> Endpoint {
        let (mended, keys) = (Arc::new(AtomicBool::default()), Arc::new(Mutex::new(Vec::new())));
        let (is_mended, posted) = (mended.clone(), keys.clone());
        let reply = move |got: &Received| {
            posted.lock().unwrap().push(got.key.clone().unwrap_or_default());
            let status = if is_mended.load(Ordering::SeqCst) { 204 } else { refusal };
            Reply { status, retry_after_s: None, after: Duration::ZERO, body: Bytes::new() }
        };
        Endpoint { receiver: Receiver::start(reply).await.unwrap(), mended, keys }
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.keys.lock().unwrap().clone()
    }

    /// A stack whose relayed events are posted here.
    async fn stack(&self, alter: impl FnOnce(&mut StackConfig)) -> Harness {
        Harness::start_altered(tempfile::tempdir().unwrap(), Duration::from_secs(5), 2, |config| {
            self.is_relayed_to(config);
            alter(config);
        })
        .await
    }

    /// Has relayed events posted here.
    pub(crate) fn is_relayed_to(&self, config: &mut StackConfig) {
        let worker = config.functions.iter_mut().find(|function| function.name == WORKER).unwrap();
        worker.env.retain(|(name, _)| name != "RELAYED_URL");
        worker.env.push(("RELAYED_URL".to_owned(), self.receiver.url()));
    }
}

pub(crate) async fn post(harness: &Harness, id: &str) -> Key {
    let delivery = harness.delivery("relayed", id, Some(BODY));
    assert_eq!(Poster::new().unwrap().post(&delivery).await.unwrap().status, 200);
    delivery.key.unwrap()
}

async fn replay(harness: &Harness, arguments: &[&str]) -> Output {
    let port = |url: String| url.rsplit(':').next().unwrap().to_owned();
    let mut command = tidegate();
    command.arg("replay").args(arguments).args(["--sqs-port", &port(harness.running.stack.sqs_url())]);
    command.args(["--dynamodb-port", &port(harness.running.stack.dynamodb_url())]);
    command.args(["--s3-port", &port(harness.running.stack.s3_url())]);
    command.args(harness.running.queues[0].ends_with(".fifo").then_some("--fifo"));
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// Runs the command and returns what it printed, once its exit status is as it must be.
pub(crate) async fn check(harness: &Harness, arguments: &[&str], status: i32) -> String {
    let output = replay(harness, arguments).await;
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {told}");
    told
}

/// The keys of all rows of the table, and of messages that are kept.
async fn table(harness: &Harness) -> BTreeSet<(String, String)> {
    let call = harness.running.account.dynamodb().scan().table_name(TABLE).consistent_read(true);
    let items = call.send().await.unwrap().items.unwrap_or_default();
    items.iter().map(|item| (item["pk"].as_s().unwrap().clone(), item["sk"].as_s().unwrap().clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_event_is_replayed_once_its_cause_is_gone_and_only_fresh_ones_take_effect_again() {
    let endpoint = Endpoint::start(422).await;
    let harness = endpoint.stack(|_| ()).await;
    let key = post(&harness, "evt_1").await;
    harness.wait_until(std::slice::from_ref(&key), "dead", 30).await;
    quiet(&harness).await;
    let dry = check(&harness, &["--source", "relayed", "--dry-run"], 0).await;
    assert!(dry.contains("https: dead") && dry.contains("acted on, for https"), "{dry}");
    assert!(dry.contains("1 would be replayed\n0 not chosen\n"), "{dry}");
    assert!(!dry.contains("order.paid\","), "{dry}");
    assert_eq!(endpoint.keys().len(), 1, "a dry run sends nothing");

    endpoint.mended.store(true, Ordering::SeqCst);
    let told = check(&harness, &["--source", "relayed", "--since", "1h"], 0).await;
    assert!(told.contains("1 replayed\n  1 https: dead\n0 failed\n0 not chosen\n"), "{told}");
    harness.wait_until(std::slice::from_ref(&key), "done", 30).await;
    quiet(&harness).await;
    assert_eq!(endpoint.keys(), [key.pk.as_str(), key.pk.as_str()], "refused, and then done");

    let told = check(&harness, &["--all"], 0).await;
    assert!(told.contains("0 replayed\n0 failed\n1 not chosen\n"), "{told}");
    let told = check(&harness, &["--status", "done", "--type", "order.paid"], 0).await;
    assert!(told.contains("1 replayed\n  1 https: done\n"), "{told}");
    quiet(&harness).await;
    assert_eq!(endpoint.keys().len(), 2, "what is done is done");
    assert!(harness.log().iter().any(|line| line.contains("\"duplicate\"")));

    let printed = replay(&harness, &["--source", "relayed", "--id", "evt_1", "--print"]).await;
    assert_eq!((printed.status.code(), &printed.stdout[..]), (Some(0), BODY));
    let fresh = ["--status", "done", "--id", "evt_1", "--fresh"];
    let refused = check(&harness, &fresh, 2).await;
    assert!(refused.contains("1 events take effect AGAIN: say --yes, too"), "{refused}");
    let told = check(&harness, &[&fresh[..], &["--yes"]].concat(), 0).await;
    assert!(told.contains("1 replayed\n"), "{told}");
    quiet(&harness).await;
    let again = endpoint.keys().pop().unwrap();
    assert!(endpoint.keys().len() == 3 && again.starts_with(&format!("{}#replay-", key.pk)), "{again}");
    harness.wait_until(&[Key { pk: again.clone(), sk: "https".to_owned() }], "done", 30).await;
    let of_both = [&key.pk, &again].into_iter().flat_map(|pk| ["body", "https"].map(|sk| (pk.clone(), sk.to_owned())));
    assert_eq!(table(&harness).await, of_both.collect());
    let two = check(&harness, &["--id", "evt_1", "--print"], 1).await;
    assert!(two.contains("--print shows one event, and 2 are chosen"), "{two}");
    assert!(check(&harness, &["--max", "1"], 2).await.contains("say which events"));
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_no_source_that_does_not_want_it_and_no_longer_than_it_wants() {
    let endpoint = Endpoint::start(422).await;
    endpoint.mended.store(true, Ordering::SeqCst);
    let harness = endpoint.stack(|_| ()).await;
    let key = post(&harness, "evt_1").await;
    let github = harness.delivery("github", "not-kept", None);
    assert_eq!(Poster::new().unwrap().post(&github).await.unwrap().status, 200);
    let github = github.key.unwrap();
    harness.wait_until(&[key.clone(), github.clone()], "done", 30).await;
    let expected = [(key.pk.clone(), "body"), (key.pk.clone(), "https"), (github.pk, "table")];
    let expected: BTreeSet<_> = expected.into_iter().map(|(pk, sk)| (pk, sk.to_owned())).collect();
    assert_eq!(table(&harness).await, expected);

    // Its time is over, and DynamoDB has not yet removed it.
    let dynamodb = harness.running.account.dynamodb();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let kept = dynamodb.get_item().table_name(TABLE).key("pk", text(&key.pk)).key("sk", text(kept::SK));
    let mut kept = kept.send().await.unwrap().item.unwrap();
    let days = |at: &str| kept[at].as_n().unwrap().parse::<u64>().unwrap();
    assert_eq!(days("expires_at"), days("received_at_ms") / 1000 + 30 * 24 * 60 * 60);
    let now_s = shell::clock::now_ms() / 1000;
    kept.insert("expires_at".to_owned(), AttributeValue::N(now_s.to_string()));
    dynamodb.put_item().table_name(TABLE).set_item(Some(kept)).send().await.unwrap();
    let told = check(&harness, &["--status", "done"], 0).await;
    assert!(told.contains("0 replayed\n0 failed\n0 not chosen\n"), "{told}");
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_no_message_has_room_for_is_fetched_to_be_shown_and_judged() {
    let endpoint = Endpoint::start(422).await;
    endpoint.mended.store(true, Ordering::SeqCst);
    let harness = endpoint.stack(|_| ()).await;
    let mut chance = fastrand::Rng::with_seed(11);
    let noise: String = (0..2_000_000).map(|_| chance.alphanumeric()).collect();
    let body = format!("{{\"type\":\"order.paid\",\"noise\":\"{noise}\"}}");
    let delivery = harness.delivery("relayed", "large", Some(body.as_bytes()));
    assert_eq!(Poster::new().unwrap().post(&delivery).await.unwrap().status, 200);
    harness.wait_until(&[delivery.key.unwrap()], "done", 60).await;
    let printed = replay(&harness, &["--id", "large", "--print"]).await;
    assert!(printed.status.success() && printed.stdout == body.as_bytes(), "{} bytes", printed.stdout.len());
    let dry = check(&harness, &["--status", "done", "--dry-run"], 0).await;
    assert!(dry.contains("acted on, for https"), "{dry}");

    let bucket = harness.folder().join("state/s3").join(BUCKET);
    std::fs::remove_dir_all(bucket.join("bodies")).unwrap();
    let told = check(&harness, &["--id", "large", "--print"], 1).await;
    assert!(told.contains("its body s3://") && told.contains("is not there"), "{told}");
    harness.stop().await;
}

/// Loses every message that is to be kept, until it is over.
#[derive(Default)]
struct Lossy {
    over: AtomicBool,
}

impl Interference for Lossy {
    fn fate(&self, call: &Call) -> CallFate {
        let keeps = call.service == Service::DynamoDb && String::from_utf8_lossy(&call.body).contains("message_bytes");
        if keeps && !self.over.load(Ordering::SeqCst) { CallFate::Drop } else { CallFate::Pass }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_before_what_came_is_kept() {
    let endpoint = Endpoint::start(422).await;
    endpoint.mended.store(true, Ordering::SeqCst);
    let lossy = Arc::new(Lossy::default());
    let harness = endpoint.stack(|config| config.interference = Some(lossy.clone())).await;
    let key = post(&harness, "evt_1").await;
    for _ in 0..600 {
        if harness.log().iter().any(|line| line.contains("its message was not kept: ")) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(harness.log().iter().any(|line| line.contains("its message was not kept: ")), "{:?}", harness.log());
    assert_eq!(endpoint.keys(), [""; 0]);
    lossy.over.store(true, Ordering::SeqCst);
    harness.wait_until(std::slice::from_ref(&key), "done", 60).await;
    assert!(table(&harness).await.contains(&(key.pk, kept::SK.to_owned())));
    harness.stop().await;
}
