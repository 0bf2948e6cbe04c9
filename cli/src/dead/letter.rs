//! A letter as it lies in the queue, and what is known of it without its body.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use webhook::destination::Destination;
use webhook::envelope::Envelope;
use webhook::ledger::Key;
use webhook::letter::GROUP;
use webhook::sources::{self, Source};

use crate::account::Fate;

/// One letter of the dead-letter queue.
#[derive(Clone)]
pub struct Letter {
    /// What is known of it.
    pub about: About,
    /// The message as it was in the queue before it died, to the byte.
    pub body: String,
    /// What the worker wrote on it; nothing, where SQS moved the message by itself.
    pub attributes: BTreeMap<String, String>,
    /// The message group that it had in the queue, where the letter says so. The group of a letter itself is another.
    pub group: Option<String>,
}

/// What is known of a letter without its body. The event's names come from the envelope, which holds them whole,
/// and from the letter's attributes where the message is no envelope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The queue's id of the letter.
    pub message_id: String,
    /// Why the event is dead; `None` where SQS moved the message by itself.
    pub reason: Option<String>,
    /// More on that.
    pub detail: Option<String>,
    /// The name of the source.
    pub source: Option<String>,
    /// What makes two deliveries the same event.
    pub identity: Option<String>,
    /// The provider's id of the event.
    pub event_id: Option<String>,
    /// The provider's name for the kind of event.
    pub event_type: Option<String>,
    /// Where the event should have taken effect.
    pub destination: Option<String>,
    /// How often the message had been received.
    pub attempts: Option<u32>,
    /// When it died, Unix time in milliseconds. SQS does not keep that of messages that it moves by itself:
    /// for those it is when they were sent.
    pub died_at_ms: u64,
    /// When the letter was sent, by the clock of SQS, Unix time in milliseconds.
    pub sent_at_ms: u64,
}

impl Letter {
    /// Reads a letter. Whatever is not there or not readable stays open: a letter is never refused.
    pub fn read(message: Message) -> Self {
        let system = message.attributes.unwrap_or_default();
        let sent_at_ms = system.get(&MessageSystemAttributeName::SentTimestamp).and_then(|sent| sent.parse().ok());
        let attributes = message.message_attributes.unwrap_or_default().into_iter();
        let attributes: BTreeMap<String, String> =
            attributes.filter_map(|(name, value)| Some((name, value.string_value?))).collect();
        // SQS leaves a message that it moves in its group.
        let moved = system.get(&MessageSystemAttributeName::DeadLetterQueueSourceArn);
        let moved = moved.and(system.get(&MessageSystemAttributeName::MessageGroupId));
        let group = attributes.get(GROUP).or(moved).cloned();
        let body = message.body.unwrap_or_default();
        let about = about(message.message_id.unwrap_or_default(), sent_at_ms.unwrap_or(0), &body, &attributes);
        Letter { about, body, attributes, group }
    }

    /// The envelope, where the message is one that this version can read.
    pub fn envelope(&self) -> Option<Envelope<'_>> {
        Envelope::open(&self.body).ok()
    }
}

fn about(message_id: String, sent_at_ms: u64, body: &str, attributes: &BTreeMap<String, String>) -> About {
    let envelope = Envelope::open(body).ok();
    let envelope = envelope.as_ref();
    let written = |name: &str| attributes.get(name).cloned();
    About {
        message_id,
        reason: written("reason"),
        detail: written("detail"),
        source: envelope.map(|envelope| envelope.source.to_string()).or_else(|| written("source")),
        identity: envelope.map(|envelope| envelope.identity.to_string()).or_else(|| written("identity")),
        event_id: envelope.and_then(|envelope| envelope.event_id.as_ref()).map(ToString::to_string),
        event_type: envelope.and_then(|envelope| envelope.event_type.as_ref()).map(ToString::to_string),
        destination: written("destination"),
        attempts: written("attempts").and_then(|attempts| attempts.parse().ok()),
        died_at_ms: written("died_at_ms").and_then(|died| died.parse().ok()).unwrap_or(sent_at_ms),
        sent_at_ms,
    }
}

impl About {
    /// The ledger's row of the event, where the letter says which event it is. A letter that SQS moved by itself
    /// does not say where its event was to take effect, so that the rows of all the source's destinations may be it, or
    /// any at all where the source is not known here.
    pub fn keys(&self, sources: &[Source]) -> Vec<Key> {
        let (Some(source), Some(identity)) = (&self.source, &self.identity) else { return Vec::new() };
        let key = |destination: &str| Key::new(source, identity, destination);
        match (&self.destination, sources::by_name(sources, source)) {
            (Some(destination), _) => vec![key(destination)],
            (None, Some(known)) => known.destinations.iter().map(|destination| key(destination.name())).collect(),
            (None, None) => Destination::NAMES.map(key).to_vec(),
        }
    }

    /// What became of the event, where the ledger knows of it; of several destinations, at each of them that differs.
    pub fn became(&self, fates: &HashMap<Key, Fate>, sources: &[Source]) -> Option<String> {
        let mut statuses: Vec<&str> = Vec::new();
        for fate in self.keys(sources).iter().filter_map(|key| fates.get(key)) {
            if !statuses.contains(&fate.status.as_str()) {
                statuses.push(&fate.status);
            }
        }
        (!statuses.is_empty()).then(|| statuses.join(", "))
    }

    /// The provider's id of the event, or else its identity.
    pub fn event(&self) -> Option<&str> {
        self.event_id.as_deref().or(self.identity.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::types::MessageAttributeValue;

    use super::*;

    const ENVELOPE: &str = r#"{"v":1,"source":"stripe","provider":"stripe","identity":"evt_1","event_id":"evt_1",
        "event_type":"charge.failed","received_at_ms":1,"request_id":"r","body":"{}","encoding":"utf8","body_sha256":""}"#;

    fn read(body: &str, attributes: &[(&str, &str)]) -> About {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        about("m".to_owned(), 7, body, &attributes)
    }

    #[test]
    fn the_envelope_names_the_event_and_attributes_do_where_there_is_none() {
        let cut = [("source", "cut"), ("identity", "cut"), ("reason", "result_too_large"), ("died_at_ms", "9")];
        let letter = read(ENVELOPE, &cut);
        assert_eq!((letter.source.as_deref(), letter.event(), letter.died_at_ms), (Some("stripe"), Some("evt_1"), 9));
        assert_eq!(letter.keys(&[]).len(), 4, "SQS moved it");
        assert_eq!(letter.keys(&[])[0].pk, "stripe#evt_1");
        assert_eq!(read("{", &cut).keys(&[])[0].pk, "cut#cut");
    }

    #[test]
    fn an_event_is_looked_for_at_the_destination_that_the_letter_names_or_at_all_of_its_source() {
        let text = "[stripe]\nprovider = \"stripe\"\nsecrets = [\"env:A\"]\ndestination = [\"table\", { name = \"crm\", url = \"env:B\" }]";
        let sources = sources::parse(text).unwrap();
        let at = |letter: &About| letter.keys(&sources).into_iter().map(|key| key.sk).collect::<Vec<_>>();
        assert_eq!(at(&read(ENVELOPE, &[])), ["table", "https:crm"]);
        assert_eq!(at(&read(ENVELOPE, &[("destination", "https:crm")])), ["https:crm"]);
        let fate = |sk: &str, status: &str| {
            (Key::new("stripe", "evt_1", sk), Fate { status: status.to_owned(), reason: None })
        };
        let became = |fates: Vec<(Key, Fate)>| read(ENVELOPE, &[]).became(&fates.into_iter().collect(), &sources);
        assert_eq!(became(vec![fate("table", "done"), fate("https:crm", "dead")]).as_deref(), Some("done, dead"));
        assert_eq!(became(vec![fate("table", "done"), fate("https:crm", "done")]).as_deref(), Some("done"));
        assert_eq!(became(Vec::new()), None);
    }

    #[test]
    fn a_letter_of_ours_says_its_group_and_one_that_sqs_moved_is_still_in_it() {
        let group = |said: Option<&str>, moved: Option<&str>| {
            let said = said.map(|group| MessageAttributeValue::builder().data_type("String").string_value(group));
            let said = said.map(|value| HashMap::from([(GROUP.to_owned(), value.build().unwrap())]));
            let mut system = HashMap::from([(MessageSystemAttributeName::MessageGroupId, "own".to_owned())]);
            system.extend(moved.map(|arn| (MessageSystemAttributeName::DeadLetterQueueSourceArn, arn.to_owned())));
            Letter::read(Message::builder().set_message_attributes(said).set_attributes(Some(system)).build()).group
        };
        assert_eq!(group(Some("stripe/7"), None).as_deref(), Some("stripe/7"));
        assert_eq!(group(None, Some("arn")).as_deref(), Some("own"));
        assert_eq!(group(None, None), None, "the letter's own says nothing of its event");
    }

    #[test]
    fn a_letter_without_attributes_or_with_strange_ones_is_read_all_the_same() {
        let letter = read("no envelope", &[]);
        assert_eq!(letter, About { message_id: "m".to_owned(), died_at_ms: 7, sent_at_ms: 7, ..About::default() });
        assert_eq!(letter.keys(&[]), []);
        let strange = read(ENVELOPE, &[("attempts", "many"), ("died_at_ms", "")]);
        assert_eq!((strange.attempts, strange.died_at_ms), (None, 7));
    }
}
