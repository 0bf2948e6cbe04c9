//! Stories of queues, told with a virtual clock.

mod chance;

use std::collections::BTreeMap;

use super::error::SqsError;
use super::message::{Message, MessageAttribute};
use super::outgoing::Outgoing;
use super::receipt::Receipt;
use super::state::State;
use super::store::Store;
use super::store::queues::{Counts, counts};

/// The start of every story.
const START_MS: i64 = 1_800_000_000_000;

/// One queue `q` (or `q.fifo`) with a dead-letter queue `dead` (or `dead.fifo`), and a clock.
struct Story {
    state: State,
    name: &'static str,
    now_ms: i64,
}

impl Story {
    fn new(name: &'static str, attributes: &[(&str, &str)]) -> Self {
        let mut state = State::new(Store::in_memory().unwrap()).unwrap();
        let mut given: BTreeMap<String, String> =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (dead, kind) = match name.ends_with(".fifo") {
            true => ("dead.fifo", BTreeMap::from([("FifoQueue".to_owned(), "true".to_owned())])),
            false => ("dead", BTreeMap::new()),
        };
        given.extend(kind.clone());
        state.create(dead, kind, BTreeMap::new(), START_MS).unwrap();
        state.create(name, given, BTreeMap::new(), START_MS).unwrap();
        Self { state, name, now_ms: START_MS }
    }

    fn wait(&mut self, ms: i64) -> &mut Self {
        self.now_ms += ms;
        self
    }

    fn send(&mut self, outgoing: Outgoing) -> Result<String, SqsError> {
        let queue = self.state.queue(self.name)?;
        let stored = self.state.send(&queue, &[outgoing.checked(&queue)?], self.now_ms)?;
        Ok(stored[0].message_id.clone())
    }

    fn say(&mut self, body: &str) -> String {
        self.send(Outgoing { message_body: body.to_owned(), ..Outgoing::default() }).unwrap()
    }

    /// Sends to a group of a FIFO queue; the body serves as the deduplication id.
    fn say_to(&mut self, group: &str, body: &str) -> String {
        self.send(Outgoing {
            message_body: body.to_owned(),
            message_group_id: Some(group.to_owned()),
            message_deduplication_id: Some(body.to_owned()),
            ..Outgoing::default()
        })
        .unwrap()
    }

    fn receive_from(&mut self, name: &str, messages_max: usize) -> Vec<Message> {
        let queue = self.state.queue(name).unwrap();
        self.state.receive(&queue, messages_max, queue.rules.visibility_ms, self.now_ms).unwrap()
    }

    fn receive(&mut self, messages_max: usize) -> Vec<Message> {
        self.receive_from(self.name, messages_max)
    }

    fn one(&mut self) -> Message {
        self.receive(1).pop().expect("a message")
    }

    #[track_caller]
    fn hears(&mut self, bodies: &str) {
        let heard: Vec<String> = self.receive(10).into_iter().map(|message| message.body).collect();
        assert_eq!(heard.join(" "), bodies);
    }

    fn delete(&mut self, message: &Message) {
        let queue = self.state.queue(self.name).unwrap();
        let receipt = Receipt::parse(&message.receipt_handle, &queue).unwrap();
        self.state.delete(&queue, &[receipt], self.now_ms).unwrap();
    }

    fn hide(&mut self, message: &Message, timeout_ms: i64) -> Result<(), SqsError> {
        let queue = self.state.queue(self.name).unwrap();
        let receipt = Receipt::parse(&message.receipt_handle, &queue).unwrap();
        self.state.change_visibility(&queue, &[(receipt, timeout_ms)], self.now_ms).unwrap().remove(0)
    }

    #[track_caller]
    fn holds(&self, name: &str, visible: i64, in_flight: i64, delayed: i64) {
        let queue = self.state.queue(name).unwrap();
        let held = counts(self.state.store.read(), queue.id, self.now_ms).unwrap();
        assert_eq!(held, Counts { visible, in_flight, delayed });
    }
}

const REDRIVE_AFTER_2: (&str, &str) =
    ("RedrivePolicy", r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":2}"#);

#[test]
fn a_received_message_is_hidden_until_its_visibility_timeout_ends() {
    let mut story = Story::new("q", &[("VisibilityTimeout", "30")]);
    story.say("a");
    story.hears("a");
    story.wait(29_999).hears("");
    let again = story.wait(1).one();
    assert_eq!(again.attributes["ApproximateReceiveCount"], "2");
    assert_eq!(again.attributes["ApproximateFirstReceiveTimestamp"], START_MS.to_string());
}

#[test]
fn a_stale_handle_deletes_nothing_and_an_expired_one_that_is_the_latest_does() {
    let mut story = Story::new("q", &[("VisibilityTimeout", "30")]);
    story.say("a");
    let first = story.one();
    let second = story.wait(30_000).one();
    assert_ne!(first.receipt_handle, second.receipt_handle);
    story.delete(&first);
    story.wait(30_000).holds("q", 1, 0, 0);
    story.delete(&second);
    story.holds("q", 0, 0, 0);
}

#[test]
fn visibility_changes_from_now_on_and_only_by_the_latest_handle_in_flight() {
    let mut story = Story::new("q", &[("VisibilityTimeout", "30")]);
    story.say("a");
    let first = story.one();
    story.hide(&first, 60_000).unwrap();
    story.wait(59_999).hears("");
    let second = story.wait(1).one();
    assert!(matches!(story.hide(&first, 0), Err(SqsError::InvalidParameterValue { .. })));
    story.hide(&second, 0).unwrap();
    assert!(matches!(story.hide(&second, 1_000), Err(SqsError::MessageNotInflight)));
    story.hears("a");
}

#[test]
fn a_message_is_hidden_for_12_hours_at_most_since_its_receive() {
    let mut story = Story::new("q", &[]);
    story.say("a");
    let message = story.one();
    story.wait(10_500);
    story.hide(&message, 43_190_000).unwrap();
    let error = story.hide(&message, 43_191_000).unwrap_err();
    assert!(error.to_string().contains("0 to 43190 s"), "{error}");
}

#[test]
fn the_receive_that_would_exceed_the_count_moves_the_message_with_all_it_has() {
    let mut story = Story::new("q", &[("VisibilityTimeout", "30"), REDRIVE_AFTER_2]);
    let outgoing = Outgoing {
        message_body: "poison".to_owned(),
        message_attributes: BTreeMap::from([("k".to_owned(), MessageAttribute::string("v"))]),
        message_group_id: Some("tenant".to_owned()),
        ..Outgoing::default()
    };
    let id = story.send(outgoing).unwrap();
    story.hears("poison");
    story.wait(30_000).hears("poison");
    story.wait(30_000).holds("dead", 0, 0, 0);
    story.hears("");
    story.holds("q", 0, 0, 0);
    let letter = story.receive_from("dead", 1).remove(0);
    assert_eq!(letter.message_id, id);
    assert_eq!(letter.message_attributes["k"], MessageAttribute::string("v"));
    assert_eq!(letter.attributes["MessageGroupId"], "tenant");
    assert_eq!(letter.attributes["SentTimestamp"], START_MS.to_string());
    assert_eq!(letter.attributes["ApproximateReceiveCount"], "3");
    assert_eq!(letter.attributes["DeadLetterQueueSourceArn"], "arn:aws:sqs:us-east-1:000000000000:q");
}

#[test]
fn dead_letters_do_not_keep_a_receive_from_what_is_behind_them() {
    let mut story = Story::new("q", &[("VisibilityTimeout", "30"), REDRIVE_AFTER_2]);
    (0..30).for_each(|_| drop(story.say("poison")));
    for _ in 0..2 {
        (0..3).for_each(|_| assert_eq!(story.receive(10).len(), 10));
        story.wait(30_000);
    }
    story.wait(1).say("fresh");
    story.hears("fresh");
    story.holds("dead", 30, 0, 0);
}

#[test]
fn a_letter_is_received_as_often_as_its_new_queue_allows_before_it_goes_on() {
    let mut story = Story::new("q", &[("VisibilityTimeout", "0"), REDRIVE_AFTER_2]);
    let policy = REDRIVE_AFTER_2.1.replace(":dead", ":q");
    let back = [("RedrivePolicy", policy.as_str()), ("VisibilityTimeout", "0")];
    let back = back.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let dead = story.state.queue("dead").unwrap();
    story.state.update(&dead, back, BTreeMap::new(), START_MS).unwrap();
    story.say("a");
    for _ in 0..3 {
        for name in ["q", "dead"] {
            assert_eq!(story.receive_from(name, 1).len(), 1, "{name}");
            assert_eq!(story.receive_from(name, 1).len(), 1, "{name}");
            assert_eq!(story.receive_from(name, 1).len(), 0, "{name}");
        }
    }
}

#[test]
fn a_redrive_policy_may_not_name_its_own_queue_or_none() {
    let mut story = Story::new("q", &[]);
    let queue = story.state.queue("q").unwrap();
    for name in ["q", "nope", "q.fifo"] {
        let policy = REDRIVE_AFTER_2.1.replace(":dead", &format!(":{name}"));
        let attributes = BTreeMap::from([("RedrivePolicy".to_owned(), policy)]);
        let error = story.state.update(&queue, attributes, BTreeMap::new(), START_MS).unwrap_err().to_string();
        assert!(error.contains("another queue of the same type"), "{error}");
    }
}

#[test]
fn while_the_dead_letter_queue_is_gone_its_letters_stay() {
    let mut story = Story::new("q", &[("VisibilityTimeout", "0"), REDRIVE_AFTER_2]);
    let dead = story.state.queue("dead").unwrap();
    story.state.remove(&dead).unwrap();
    story.say("a");
    (0..5).for_each(|_| story.hears("a"));
    let queue = story.state.queue("q").unwrap();
    story.state.update(&queue, queue.attributes.clone(), queue.tags.clone(), START_MS).unwrap();
}

#[test]
fn a_delay_is_the_messages_own_or_else_the_queues() {
    let mut story = Story::new("q", &[("DelaySeconds", "5")]);
    story.say("slow");
    let quick = Outgoing { message_body: "quick".to_owned(), delay_seconds: Some(0), ..Outgoing::default() };
    story.send(quick).unwrap();
    story.holds("q", 1, 0, 1);
    story.hears("quick");
    story.wait(4_999).hears("");
    story.wait(1).hears("slow");
}

#[test]
fn a_message_is_dropped_at_the_end_of_its_retention() {
    let mut story = Story::new("q", &[("MessageRetentionPeriod", "60")]);
    story.say("old");
    story.wait(60_000).say("young");
    story.wait(1).hears("young");
    story.holds("q", 0, 1, 0);
}

#[test]
fn one_receive_returns_a_message_once_even_if_it_does_not_hide_it() {
    let mut story = Story::new("q", &[("VisibilityTimeout", "0"), REDRIVE_AFTER_2]);
    story.say("twice received");
    story.receive(1);
    story.receive(1);
    story.say("new");
    story.hears("new");
    story.hears("new");
    story.hears("");
    story.holds("dead", 2, 0, 0);
}

#[test]
fn a_fifo_group_is_blocked_while_one_of_its_messages_is_in_flight() {
    let mut story = Story::new("q.fifo", &[("VisibilityTimeout", "30")]);
    for (group, body) in [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4")] {
        story.say_to(group, body);
    }
    let first = story.one();
    assert_eq!((first.body.as_str(), first.attributes["MessageGroupId"].as_str()), ("1", "a"));
    assert_eq!(first.attributes["SequenceNumber"].len(), 20);
    story.hears("2 4");
    story.delete(&first);
    story.wait(1).hears("3");
    story.wait(29_999).hears("2 4");
    story.wait(1).hears("3");
}

#[test]
fn a_fifo_message_that_is_visible_again_waits_for_those_of_its_group_in_flight() {
    let mut story = Story::new("q.fifo", &[("VisibilityTimeout", "30")]);
    story.say_to("a", "1");
    story.say_to("a", "2");
    let both = story.receive(2);
    story.hide(&both[0], 0).unwrap();
    story.hears("");
    story.delete(&both[1]);
    story.hears("1");
}

#[test]
fn fifo_groups_keep_their_order_through_delays_and_expiry() {
    let mut story = Story::new("q.fifo", &[("DelaySeconds", "10"), ("MessageRetentionPeriod", "60")]);
    story.say_to("a", "1");
    story.wait(5_000).say_to("a", "2");
    story.hears("");
    story.wait(5_000).hears("1");
    story.wait(50_001).hears("2");
    story.wait(60_000).say_to("b", "3");
    // By now group a is empty; it must not hide group b from a receive of one message.
    assert_eq!(story.wait(10_000).one().body, "3");
}

#[test]
fn a_fifo_queue_takes_a_deduplication_id_once_in_5_minutes() {
    let mut story = Story::new("q.fifo", &[]);
    let id = story.say_to("a", "1");
    let message = story.one();
    story.delete(&message);
    assert_eq!(story.wait(299_999).say_to("a", "1"), id);
    story.hears("");
    assert_ne!(story.wait(1).say_to("a", "1"), id);
    story.hears("1");
}

#[test]
fn deduplication_may_be_by_group() {
    let mut story = Story::new("q.fifo", &[("DeduplicationScope", "messageGroup")]);
    story.say_to("a", "1");
    story.say_to("b", "1");
    story.say_to("b", "1");
    story.hears("1 1");
}

#[test]
fn a_fifo_dead_letter_leaves_its_group_free() {
    let policy = REDRIVE_AFTER_2.1.replace(":dead", ":dead.fifo");
    let mut story = Story::new("q.fifo", &[("VisibilityTimeout", "30"), ("RedrivePolicy", &policy)]);
    story.say_to("a", "1");
    for _ in 0..2 {
        story.hears("1");
        story.wait(30_000);
    }
    story.say_to("a", "2");
    story.hears("2");
    assert_eq!(story.receive_from("dead.fifo", 1).remove(0).body, "1");
}

/// What a refusal says of a message that cannot be sent.
#[track_caller]
fn check_refusal(name: &'static str, outgoing: Outgoing, wrong: &str) {
    let error = Story::new(name, &[("MaximumMessageSize", "1024")]).send(outgoing).unwrap_err().to_string();
    assert!(error.contains(wrong), "{error}");
}

fn body(text: &str) -> Outgoing {
    Outgoing { message_body: text.to_owned(), ..Outgoing::default() }
}

fn attribute(name: &str, attribute: MessageAttribute) -> Outgoing {
    Outgoing { message_attributes: BTreeMap::from([(name.to_owned(), attribute)]), ..body("a") }
}

#[test]
fn what_sqs_would_not_take_is_refused_with_what_would_be_right() {
    check_refusal("q", body(""), "must contain MessageBody");
    check_refusal("q", body(&"x".repeat(1_025)), "1024 bytes at most");
    check_refusal("q", attribute("k", MessageAttribute::string(&"x".repeat(1_020))), "\"1028 bytes\"");
    check_refusal("q", body("\u{fffe}"), "U+FFFE in the message body");
    check_refusal("q", body("a\u{0}"), "U+0000 in the message body");
    check_refusal("q", Outgoing { delay_seconds: Some(901), ..body("a") }, "from 0 to 900");
    check_refusal("q", Outgoing { message_deduplication_id: Some("d".into()), ..body("a") }, "not a FIFO queue");
    check_refusal("q.fifo", body("a"), "must contain MessageGroupId");
    check_refusal("q.fifo", Outgoing { message_group_id: Some("g".into()), ..body("a") }, "ContentBasedDeduplication");
    check_refusal("q", attribute("k", MessageAttribute::string("\u{1}")), "U+0001 in the message attribute");
    check_refusal("q", attribute("k", MessageAttribute::string("")), "not empty");
    check_refusal("q", attribute("aws.k", MessageAttribute::string("v")), "not begin with AWS.");
    let number = MessageAttribute { data_type: "Number".to_owned(), ..MessageAttribute::string("many") };
    check_refusal("q", attribute("k", number), "a number");
}
