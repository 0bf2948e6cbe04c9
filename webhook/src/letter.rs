//! Dead letters: why an event ended in the dead-letter queue, and what its letter says of it.

/// Why an event is dead. Its name stands in the letter, the ledger and the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The message is no envelope.
    EnvelopeUnreadable,
    /// An envelope of a version that no worker knew, however often it was tried.
    EnvelopeVersion,
    /// A source that no worker knew, however often it was tried.
    SourceUnknown,
    /// Its body is not in the object that it lies in, or is another one there.
    BodyMissing,
    /// The payload is not what its contract promises; to begin with, it is JSON.
    ContractViolated,
    /// The source's `filter` failed on it.
    FilterFailed,
    /// The source's `map` failed on it.
    MapFailed,
    /// What the handler made of it does not fit into an item.
    ResultTooLarge,
    /// The handler refused it.
    HandlerRejected,
    /// The handler panicked on it.
    HandlerPanicked,
    /// The table or its row refused the effect for good.
    DestinationRejected,
    /// Its id was used before, by an event with another body, and its source has `strict_ids`.
    IdConflict,
    /// It failed in a way that may pass, but never did.
    AttemptsExhausted,
}

impl Reason {
    /// All of them.
    pub const ALL: [Reason; 13] = [
        Reason::EnvelopeUnreadable,
        Reason::EnvelopeVersion,
        Reason::SourceUnknown,
        Reason::BodyMissing,
        Reason::ContractViolated,
        Reason::FilterFailed,
        Reason::MapFailed,
        Reason::ResultTooLarge,
        Reason::HandlerRejected,
        Reason::HandlerPanicked,
        Reason::DestinationRejected,
        Reason::IdConflict,
        Reason::AttemptsExhausted,
    ];

    /// The name in letters, the ledger and logs.
    pub fn name(self) -> &'static str {
        match self {
            Reason::EnvelopeUnreadable => "envelope_unreadable",
            Reason::EnvelopeVersion => "envelope_version",
            Reason::SourceUnknown => "source_unknown",
            Reason::BodyMissing => "body_missing",
            Reason::ContractViolated => "contract_violated",
            Reason::FilterFailed => "filter_failed",
            Reason::MapFailed => "map_failed",
            Reason::ResultTooLarge => "result_too_large",
            Reason::HandlerRejected => "handler_rejected",
            Reason::HandlerPanicked => "handler_panicked",
            Reason::DestinationRejected => "destination_rejected",
            Reason::IdConflict => "id_conflict",
            Reason::AttemptsExhausted => "attempts_exhausted",
        }
    }
}

/// What stands on a letter beside the original message body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter<'a> {
    /// Why the event is dead.
    pub reason: Reason,
    /// More on that, never a value of the payload.
    pub detail: &'a str,
    /// The source and identity, where the message could be read.
    pub event: Option<(&'a str, &'a str)>,
    /// The destination, where the source is known.
    pub destination: Option<&'a str>,
    /// The message's group, where it came from a FIFO queue: a redrive sends it back into that.
    pub group: Option<&'a str>,
    /// How often the message was received.
    pub attempts: u32,
    /// When the message was first sent to the queue, Unix time in milliseconds.
    pub first_received_ms: u64,
    /// When it was given up, Unix time in milliseconds.
    pub died_at_ms: u64,
}

/// The attribute of a letter that has the message group of its event in a FIFO queue.
pub const GROUP: &str = "group";
/// The attribute of a message that was a letter.
pub const REDRIVEN: &str = "redriven";
/// The longest detail, in bytes.
pub const DETAIL_BYTES_MAX: usize = 1024;
/// The longest name that a letter repeats, in bytes; the body holds it whole.
const NAME_BYTES_MAX: usize = 1024;

impl Letter<'_> {
    /// The letter's message attributes, all of them strings that SQS takes: never empty, at most ten.
    pub fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("reason", self.reason.name().to_owned()),
            ("detail", sendable(self.detail, DETAIL_BYTES_MAX)),
            ("attempts", self.attempts.to_string()),
            ("first_received_ms", self.first_received_ms.to_string()),
            ("died_at_ms", self.died_at_ms.to_string()),
        ];
        if let Some((source, identity)) = self.event {
            attributes.push(("source", sendable(source, NAME_BYTES_MAX)));
            attributes.push(("identity", sendable(identity, NAME_BYTES_MAX)));
        }
        attributes.extend(self.destination.map(|name| ("destination", sendable(name, NAME_BYTES_MAX))));
        attributes.extend(self.group.map(|group| (GROUP, sendable(group, NAME_BYTES_MAX))));
        attributes
    }
}

/// Cuts a text to size at a character and replaces what SQS refuses in an attribute.
fn sendable(text: &str, bytes_max: usize) -> String {
    let whole = text.len() <= bytes_max;
    let end = if whole { text.len() } else { text.floor_char_boundary(bytes_max) };
    let refused = |c: char| (c < ' ' && !"\t\n\r".contains(c)) || matches!(c, '\u{fffe}' | '\u{ffff}');
    let clean = text[..end].replace(refused, "\u{fffd}");
    if clean.is_empty() { "-".to_owned() } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_strings_that_sqs_takes() {
        assert_eq!(sendable("", 10), "-");
        assert_eq!(sendable("a\u{0}b\u{ffff}c\td", 100), "a\u{fffd}b\u{fffd}c\td");
        assert_eq!(sendable("ab✓", 4), "ab", "cut before a character that does not fit");
    }

    #[test]
    fn a_letter_has_at_most_ten_attributes_and_none_is_empty() {
        let letter = Letter {
            reason: Reason::HandlerRejected,
            detail: "",
            event: Some(("", "")),
            destination: Some(""),
            group: Some(""),
            attempts: 1,
            first_received_ms: 0,
            died_at_ms: 0,
        };
        let attributes = letter.attributes();
        assert!(attributes.len() <= 10 && attributes.iter().all(|(_, value)| !value.is_empty()), "{attributes:?}");
    }
}
