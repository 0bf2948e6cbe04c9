//! The SQS event in, the partial batch reply out (Lambda developer guide, "Handling errors for an SQS event source").

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use webhook::letter::REDRIVEN;

/// An SQS event. Its records are read one by one, so that one that cannot be read fails no other.
#[derive(Deserialize)]
pub struct SqsEvent {
    /// The records, each as it came.
    #[serde(rename = "Records")]
    pub records: Vec<Box<RawValue>>,
}

/// One message of the queue.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// SQS's id of the message; without it a failure cannot be reported.
    pub message_id: Option<String>,
    /// The handle of this receive.
    pub receipt_handle: Option<String>,
    /// The message, an envelope if it is ours.
    pub body: Option<String>,
    /// System attributes: receive count and times, as text.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// The attributes that its sender gave it. Of these only the names matter.
    #[serde(default)]
    pub message_attributes: BTreeMap<String, IgnoredAny>,
}

impl Record {
    /// How often the message was received, this time included; 1 where SQS does not say.
    pub fn receives(&self) -> u32 {
        self.number("ApproximateReceiveCount").and_then(|count| u32::try_from(count).ok()).unwrap_or(1)
    }

    /// When the message was sent to the queue, Unix time in milliseconds; 0 where SQS does not say.
    pub fn sent_at_ms(&self) -> u64 {
        self.number("SentTimestamp").unwrap_or(0)
    }

    /// The message group of a FIFO queue, whose order counts. A standard queue has groups for fairness alone, and no
    /// sequence numbers.
    pub fn fifo_group(&self) -> Option<&str> {
        self.attributes.get("SequenceNumber").and(self.attributes.get("MessageGroupId")).map(String::as_str)
    }

    /// Whether it was a dead letter before: a redrive says so, and SQS's own leaves what the letter said.
    pub fn was_letter(&self) -> bool {
        [REDRIVEN, "reason"].iter().any(|name| self.message_attributes.contains_key(*name))
    }

    fn number(&self, attribute: &str) -> Option<u64> {
        self.attributes.get(attribute)?.parse().ok()
    }
}

/// The reply: which messages must come again. All others are deleted from the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchReply {
    /// One entry for each message that did not settle.
    pub batch_item_failures: Vec<ItemFailure>,
}

/// One message that must come again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemFailure {
    /// Its message id.
    pub item_identifier: String,
}
