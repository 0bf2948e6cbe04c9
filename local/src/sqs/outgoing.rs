//! What a sender asks for, and the rules by which it becomes a message.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::checksum::{hex, md5_of_attributes, md5_of_body};
use super::error::SqsError;
use super::message::MessageAttribute;
use super::queue::Queue;

/// A message as it comes in a request: nothing is checked yet.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Outgoing {
    pub(super) message_body: String,
    pub(super) delay_seconds: Option<i64>,
    pub(super) message_attributes: BTreeMap<String, MessageAttribute>,
    pub(super) message_system_attributes: BTreeMap<String, MessageAttribute>,
    pub(super) message_group_id: Option<String>,
    pub(super) message_deduplication_id: Option<String>,
}

/// A message that its queue takes; only `Outgoing::checked` makes one.
#[derive(Debug)]
pub(super) struct NewMessage {
    pub(super) body: String,
    pub(super) md5_of_body: String,
    pub(super) attributes: BTreeMap<String, MessageAttribute>,
    pub(super) md5_of_attributes: Option<String>,
    pub(super) md5_of_system_attributes: Option<String>,
    pub(super) trace_header: Option<String>,
    pub(super) group_id: Option<String>,
    /// Present for FIFO queues, and for them only.
    pub(super) deduplication_id: Option<String>,
    pub(super) delay_ms: i64,
}

impl Outgoing {
    /// The bytes that count against the limits of a message and of a batch: the body and the sender's attributes.
    pub(super) fn bytes(&self) -> usize {
        let attribute =
            |(name, value): (&String, &MessageAttribute)| name.len() + value.data_type.len() + value.value().len();
        self.message_body.len() + self.message_attributes.iter().map(attribute).sum::<usize>()
    }

    /// Applies the rules of SendMessage in the API reference.
    pub(super) fn checked(self, queue: &Queue) -> Result<NewMessage, SqsError> {
        let bytes_max = queue.rules.message_bytes_max;
        if self.message_body.is_empty() {
            return Err(SqsError::MissingParameter("MessageBody, at least one character long"));
        }
        if self.bytes() > bytes_max {
            let value = format!("{} bytes", self.bytes());
            let right = format!("{bytes_max} bytes at most, attributes counted");
            return Err(SqsError::invalid("MessageBody", value, right));
        }
        check_characters("the message body", &self.message_body)?;
        check_attributes(&self.message_attributes)?;
        let delay_ms = self.delay_ms(queue)?;
        let deduplication_id = self.fifo_ids(queue)?;
        Ok(NewMessage {
            md5_of_body: md5_of_body(&self.message_body),
            md5_of_attributes: md5_of_attributes(&self.message_attributes),
            md5_of_system_attributes: md5_of_attributes(&self.message_system_attributes),
            trace_header: trace_header(self.message_system_attributes)?,
            body: self.message_body,
            attributes: self.message_attributes,
            group_id: self.message_group_id,
            deduplication_id,
            delay_ms,
        })
    }

    fn delay_ms(&self, queue: &Queue) -> Result<i64, SqsError> {
        match self.delay_seconds {
            None => Ok(queue.rules.delay_ms),
            Some(seconds) if queue.rules.fifo && seconds != 0 => {
                Err(SqsError::invalid("DelaySeconds", seconds, "absent: a FIFO queue delays as a whole only"))
            }
            Some(seconds @ 0..=900) => Ok(1_000 * seconds),
            Some(seconds) => Err(SqsError::invalid("DelaySeconds", seconds, "a whole number from 0 to 900")),
        }
    }

    /// Checks group and deduplication ids, and finds the latter where the queue derives it from the body.
    fn fifo_ids(&self, queue: &Queue) -> Result<Option<String>, SqsError> {
        let ids = [
            ("MessageGroupId", self.message_group_id.as_deref()),
            ("MessageDeduplicationId", self.message_deduplication_id.as_deref()),
        ];
        for (parameter, id) in ids {
            let is_right = |id: &str| (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
            if let Some(id) = id.filter(|id| !is_right(id)) {
                return Err(SqsError::invalid(parameter, id, "1 to 128 letters, digits and ASCII punctuation"));
            }
        }
        match (&self.message_deduplication_id, queue.rules.fifo) {
            (None, false) => Ok(None),
            (Some(id), false) => {
                Err(SqsError::invalid("MessageDeduplicationId", id, "absent: the queue is not a FIFO queue"))
            }
            (_, true) if self.message_group_id.is_none() => {
                Err(SqsError::MissingParameter("MessageGroupId, because the queue is a FIFO queue"))
            }
            (Some(id), true) => Ok(Some(id.clone())),
            (None, true) if queue.rules.deduplicates_by_content => {
                Ok(Some(hex(&Sha256::digest(self.message_body.as_bytes()))))
            }
            (None, true) => {
                let right = "present, because the FIFO queue has no ContentBasedDeduplication";
                Err(SqsError::invalid("MessageDeduplicationId", "", right))
            }
        }
    }
}

fn trace_header(mut system: BTreeMap<String, MessageAttribute>) -> Result<Option<String>, SqsError> {
    let header = system.remove("AWSTraceHeader").and_then(|attribute| attribute.string_value);
    match system.keys().next() {
        None => Ok(header),
        Some(name) => Err(SqsError::invalid("MessageSystemAttributes", name, "AWSTraceHeader, the only one there is")),
    }
}

fn check_attributes(attributes: &BTreeMap<String, MessageAttribute>) -> Result<(), SqsError> {
    if attributes.len() > 10 {
        return Err(SqsError::invalid("MessageAttributes", attributes.len(), "10 attributes at most"));
    }
    for (name, attribute) in attributes {
        check_attribute(name, attribute)?;
    }
    Ok(())
}

/// The rules of "Amazon SQS message metadata" in the Developer Guide.
fn check_attribute(name: &str, attribute: &MessageAttribute) -> Result<(), SqsError> {
    let lower = name.to_ascii_lowercase();
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let is_dotted_wrong = name.starts_with('.') || name.ends_with('.') || name.contains("..");
    let is_reserved = lower.starts_with("aws.") || lower.starts_with("amazon.");
    if !(1..=256).contains(&name.len()) || !is_plain || is_dotted_wrong || is_reserved {
        let right = "1 to 256 letters, digits, _, - and single inner dots, and not begin with AWS. or Amazon.";
        return Err(SqsError::invalid("MessageAttributes", name, right));
    }
    let parameter = format!("the message attribute {name:?}");
    let data_type = &attribute.data_type;
    let base_type = data_type.split('.').next().unwrap_or_default();
    if data_type.len() > 256 || !["String", "Number", "Binary"].contains(&base_type) {
        return Err(SqsError::invalid(&parameter, data_type, "of the type String, Number or Binary"));
    }
    if attribute.value().is_empty() {
        return Err(SqsError::invalid(&parameter, "", format!("a value for the type {data_type}, and not empty")));
    }
    if let Some(text) = &attribute.string_value {
        check_characters(&parameter, text)?;
        if base_type == "Number" && text.parse::<f64>().is_err() {
            return Err(SqsError::invalid(&parameter, text, "a number, as its type says"));
        }
    }
    Ok(())
}

fn check_characters(place: &str, text: &str) -> Result<(), SqsError> {
    let is_refused = |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    match text.chars().find(|c| is_refused(*c)) {
        None => Ok(()),
        Some(character) => Err(SqsError::InvalidMessageContents { place: place.to_owned(), character }),
    }
}
