//! Workers that die, or sleep, between two steps of settling an event: real processes, and what is there in the end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::harness::{Harness, signal};
use crate::metrics::{of_stack, written};
use aws_sdk_dynamodb::types::AttributeValue;
use local::{Call, CallFate, Interference, Service};
use tidegate::bundle::{QUEUE, TABLE, WORKER};
use tidegate::post::Poster;
use webhook::ledger::Key;

/// Does something to the worker at the first write to the table that gives a row this status.
struct At {
    status: &'static str,
    /// Whether it happens before the table has the write, or when it has it and the worker does not know.
    moment: Moment,
    signal: &'static str,
    worker: Mutex<Option<u32>>,
    happened: AtomicBool,
}

#[derive(Clone, Copy, PartialEq)]
enum Moment {
    Before(CallFate),
    After,
}

impl At {
    fn new(status: &'static str, moment: Moment, signal: &'static str) -> Arc<At> {
        Arc::new(At { status, moment, signal, worker: Mutex::default(), happened: AtomicBool::default() })
    }

    fn is_it(&self, call: &Call) -> bool {
        let body = String::from_utf8_lossy(&call.body);
        let write = call.service == Service::DynamoDb && call.operation == "PutItem";
        write && body.contains(&format!(r#""status":{{"S":"{}"}}"#, self.status))
    }

    fn happen(&self) -> bool {
        let first = !self.happened.swap(true, Ordering::SeqCst);
        if first {
            signal(self.signal, self.worker.lock().unwrap().unwrap());
        }
        first
    }

    fn has_happened(&self) -> bool {
        self.happened.load(Ordering::SeqCst)
    }
}

impl Interference for At {
    fn fate(&self, call: &Call) -> CallFate {
        match self.moment {
            Moment::Before(fate) if self.is_it(call) && self.happen() => fate,
            _ => CallFate::Pass,
        }
    }

    fn answered(&self, call: &Call, status: u16, _: &[u8]) {
        if self.moment == Moment::After && status == 200 && self.is_it(call) {
            self.happen();
        }
    }
}

/// How long an invocation may take: short, because a killed worker's message stays hidden for six times that.
const WORKER_TIMEOUT: Duration = Duration::from_secs(2);

/// A stack with one worker, to which this happens.
async fn start(at: &Arc<At>) -> Harness {
    let state = tempfile::tempdir().unwrap();
    let harness = Harness::start_altered(state, WORKER_TIMEOUT, 1, |config| {
        config.interference = Some(at.clone());
        for function in &mut config.functions {
            function.overrun = Duration::from_secs(20);
        }
    })
    .await;
    *at.worker.lock().unwrap() = harness.running.stack.process_ids(WORKER).pop();
    harness
}

async fn post(harness: &Harness, source: &str, body: Option<&[u8]>) -> Key {
    let delivery = harness.delivery(source, "evt_1", body);
    assert_eq!(Poster::new().unwrap().post(&delivery).await.unwrap().status, 200);
    delivery.key.unwrap()
}

/// How many messages the queue has, hidden ones among them.
async fn waiting(harness: &Harness) -> u64 {
    use aws_sdk_sqs::types::QueueAttributeName::{
        ApproximateNumberOfMessages as Visible, ApproximateNumberOfMessagesNotVisible as Hidden,
    };
    let call = harness.running.account.sqs().get_queue_attributes().queue_url(harness.running.stack.queue_url(QUEUE));
    let output = call.attribute_names(Visible).attribute_names(Hidden).send().await.unwrap();
    output.attributes.unwrap().values().map(|count| count.parse::<u64>().unwrap()).sum()
}

/// Waits until the queue is empty, which it is only when the message was acknowledged.
async fn acknowledged(harness: &Harness) {
    for _ in 0..900 {
        if waiting(harness).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the message was not acknowledged in 90 s, the log says {:#?}", harness.log());
}

fn logged(harness: &Harness, outcome: &str) -> usize {
    let word = format!(r#""outcome":"{outcome}""#);
    harness.log().iter().filter(|line| line.contains(&word)).count()
}

async fn number(harness: &Harness, key: &Key, name: &str) -> String {
    let call = harness.running.account.dynamodb().get_item().table_name(TABLE).consistent_read(true);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let output = call.key("pk", text(&key.pk)).key("sk", text(&key.sk)).send().await.unwrap();
    output.item.unwrap()[name].as_n().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_effect_and_complete_the_effect_is_repeated_under_the_same_key_and_completed() {
    let at = At::new("done", Moment::Before(CallFate::Drop), "-KILL");
    let harness = start(&at).await;
    let key = post(&harness, "relayed", None).await;
    harness.wait_until(std::slice::from_ref(&key), "done", 90).await;
    acknowledged(&harness).await;
    assert!(at.has_happened());
    // On a busy machine an attempt may run out of time, and then there is one more.
    assert!(harness.running.endpoint.posts() >= 2, "outside effects are at least once");
    assert!(number(&harness, &key, "attempts").await.parse::<u32>().unwrap() >= 2);
    assert_eq!(harness.running.account.dead_letters().await.unwrap(), 0);
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_letter_and_mark_there_is_a_second_letter_and_one_mark() {
    let at = At::new("dead", Moment::Before(CallFate::Drop), "-KILL");
    let harness = start(&at).await;
    let key = post(&harness, "github", Some(b"{\"cut\": \"off")).await;
    harness.wait_until(&[key], "dead", 90).await;
    acknowledged(&harness).await;
    assert!(at.has_happened());
    assert!(harness.running.account.dead_letters().await.unwrap() >= 2, "letters are at least once");
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_mark_and_acknowledgement_a_dead_event_has_one_letter() {
    let at = At::new("dead", Moment::After, "-KILL");
    let harness = start(&at).await;
    let key = post(&harness, "github", Some(b"{\"cut\": \"off")).await;
    harness.wait_until(&[key], "dead", 90).await;
    acknowledged(&harness).await;
    assert_eq!((harness.running.account.dead_letters().await.unwrap(), logged(&harness, "letter_sent_before")), (1, 1));
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_mark_and_acknowledgement_a_done_event_is_a_duplicate_of_itself() {
    for (source, posts) in [("github", 0), ("relayed", 1)] {
        let at = At::new("done", Moment::After, "-KILL");
        let harness = start(&at).await;
        let key = post(&harness, source, None).await;
        harness.wait_until(std::slice::from_ref(&key), "done", 90).await;
        let settled_at = number(&harness, &key, "settled_at_ms").await;
        acknowledged(&harness).await;
        assert_eq!(number(&harness, &key, "settled_at_ms").await, settled_at, "it is settled once");
        assert_eq!((logged(&harness, "done"), logged(&harness, "duplicate")), (0, 1), "{source}");
        assert_eq!(harness.running.endpoint.posts(), posts);
        harness.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_sleeps_past_its_lease_is_refused_and_says_lease_lost() {
    let at = At::new("done", Moment::Before(CallFate::DelayCall(Duration::from_millis(2_200))), "-STOP");
    let harness = start(&at).await;
    let key = post(&harness, "relayed", None).await;
    while !at.has_happened() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Another worker, whose clock is ahead, takes over and is done before this one wakes.
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = harness.running.account.dynamodb().put_item().table_name(TABLE);
    let put = put.item("pk", text(&key.pk)).item("sk", text(&key.sk)).item("body_sha256", text(""));
    put.item("status", text("done")).item("owner", text("another")).send().await.unwrap();
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(logged(&harness, "lease_lost"), 0);
    signal("-CONT", at.worker.lock().unwrap().unwrap());
    acknowledged(&harness).await;
    assert_eq!((logged(&harness, "lease_lost"), logged(&harness, "done")), (1, 0), "{:#?}", harness.log());
    let owners = harness.running.account.owners(std::slice::from_ref(&key)).await.unwrap();
    assert_eq!(owners[&key], "another", "what it wanted to write has no effect");
    assert!(written(&harness.log()).contains(&of_stack("LeasesLost")), "an alarm waits for it");
    harness.stop().await;
}
