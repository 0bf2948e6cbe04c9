//! A queue: its name, its attributes as they were given, and the rules they amount to.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::SqsError;

/// Attributes that are whole numbers: name, least, greatest, default. Source: SetQueueAttributes in the API reference.
const NUMBERS: [(&str, i64, i64, i64); 5] = [
    ("DelaySeconds", 0, 900, 0),
    ("MaximumMessageSize", 1_024, 1_048_576, 1_048_576),
    ("MessageRetentionPeriod", 60, 1_209_600, 345_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 20, 0),
    ("VisibilityTimeout", 0, 43_200, 30),
];

/// Attributes of FIFO queues with their values, the default first.
const FIFO_CHOICES: [(&str, [&str; 2]); 3] = [
    ("ContentBasedDeduplication", ["false", "true"]),
    ("DeduplicationScope", ["queue", "messageGroup"]),
    ("FifoThroughputLimit", ["perQueue", "perMessageGroupId"]),
];

/// Attributes that are kept and shown, but change nothing on loopback: there is no encryption and no access control.
const KEPT_ONLY: [&str; 5] =
    ["KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "SqsManagedSseEnabled"];

/// A queue as it is kept in memory; its messages are in the store.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    pub(super) id: i64,
    pub(super) name: String,
    /// As they were given: defaults are not in it.
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) created_ms: i64,
    pub(super) modified_ms: i64,
    pub(super) rules: Rules,
}

/// What the attributes of a queue amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) delay_ms: i64,
    pub(super) message_bytes_max: usize,
    pub(super) retention_ms: i64,
    pub(super) wait_ms: i64,
    pub(super) visibility_ms: i64,
    pub(super) redrive: Option<Redrive>,
    pub(super) fifo: bool,
    pub(super) deduplicates_by_content: bool,
    pub(super) deduplicates_by_group: bool,
}

/// Where messages go that were received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redrive {
    pub(super) dead_letter_queue: String,
    pub(super) receives_max: i64,
}

impl Queue {
    pub(super) fn arn(&self) -> String {
        crate::arn("sqs", &self.name)
    }
}

/// The name in the ARN of a local queue. Region and account are not looked at: there is one of each.
pub(super) fn name_in_arn(arn: &str) -> Option<&str> {
    match arn.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, "sqs", _, _, name] if !name.is_empty() => Some(name),
        _ => None,
    }
}

/// Refuses a name that SQS would refuse.
pub(super) fn check_name(name: &str) -> Result<(), SqsError> {
    let stem = name.strip_suffix(".fifo").unwrap_or(name);
    let is_plain = stem.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if stem.is_empty() || name.len() > 80 || !is_plain {
        let right = "1 to 80 letters, digits, hyphens and underscores, with .fifo at the end of a FIFO queue's name";
        return Err(SqsError::invalid("QueueName", name, right));
    }
    Ok(())
}

impl Rules {
    /// Whether this queue's messages go to the queue `name` when they were received too often.
    pub(super) fn buries_in(&self, name: &str) -> bool {
        self.redrive.as_ref().is_some_and(|redrive| redrive.dead_letter_queue == name)
    }

    /// Reads the attributes of the queue `name`, and refuses those that SQS would refuse.
    pub(super) fn parse(name: &str, attributes: &BTreeMap<String, String>) -> Result<Self, SqsError> {
        for attribute in attributes.keys() {
            check_attribute_name(attribute)?;
        }
        let fifo = attributes.get("FifoQueue").is_some_and(|value| value == "true");
        if fifo != name.ends_with(".fifo") || attributes.get("FifoQueue").is_some_and(|value| value != "true") {
            let value = attributes.get("FifoQueue").map_or("absent", String::as_str);
            let right = "true for a queue whose name ends in .fifo, and absent for every other";
            return Err(SqsError::invalid("FifoQueue", value, right));
        }
        for (attribute, choices) in FIFO_CHOICES {
            let Some(value) = attributes.get(attribute) else { continue };
            if !fifo {
                return Err(SqsError::invalid(attribute, value, "absent: the queue is not a FIFO queue"));
            }
            if !choices.contains(&value.as_str()) {
                return Err(SqsError::invalid(attribute, value, choices.join(" or ")));
            }
        }
        let chosen = |attribute: &str, choice: &str| attributes.get(attribute).is_some_and(|value| value == choice);
        Ok(Self {
            delay_ms: 1_000 * number("DelaySeconds", attributes)?,
            message_bytes_max: usize::try_from(number("MaximumMessageSize", attributes)?).unwrap_or(usize::MAX),
            retention_ms: 1_000 * number("MessageRetentionPeriod", attributes)?,
            wait_ms: 1_000 * number("ReceiveMessageWaitTimeSeconds", attributes)?,
            visibility_ms: 1_000 * number("VisibilityTimeout", attributes)?,
            redrive: attributes.get("RedrivePolicy").map(|policy| Redrive::parse(policy)).transpose()?,
            fifo,
            deduplicates_by_content: chosen("ContentBasedDeduplication", "true"),
            deduplicates_by_group: chosen("DeduplicationScope", "messageGroup"),
        })
    }
}

fn check_attribute_name(attribute: &str) -> Result<(), SqsError> {
    let is_known = NUMBERS.iter().any(|(name, ..)| *name == attribute)
        || FIFO_CHOICES.iter().any(|(name, _)| *name == attribute)
        || KEPT_ONLY.contains(&attribute)
        || ["FifoQueue", "RedrivePolicy"].contains(&attribute);
    if is_known { Ok(()) } else { Err(SqsError::InvalidAttributeName(attribute.to_owned())) }
}

fn number(attribute: &str, attributes: &BTreeMap<String, String>) -> Result<i64, SqsError> {
    let (_, least, greatest, default) = NUMBERS
        .into_iter()
        .find(|(name, ..)| *name == attribute)
        .expect("OK because the callers name rows of the table");
    let Some(value) = attributes.get(attribute) else { return Ok(default) };
    value
        .parse()
        .ok()
        .filter(|number| (least..=greatest).contains(number))
        .ok_or_else(|| SqsError::invalid(attribute, value, format!("a whole number from {least} to {greatest}")))
}

/// The attributes that a queue of this kind has where none were given.
pub(super) fn default_attributes(fifo: bool) -> BTreeMap<String, String> {
    let numbers = NUMBERS.map(|(name, _, _, default)| (name.to_owned(), default.to_string()));
    let choices = FIFO_CHOICES.map(|(name, [default, _])| (name.to_owned(), default.to_owned()));
    let mut defaults = BTreeMap::from(numbers);
    defaults.insert("SqsManagedSseEnabled".to_owned(), "true".to_owned());
    defaults.extend(choices.into_iter().filter(|_| fifo));
    defaults
}

impl Redrive {
    fn parse(policy: &str) -> Result<Self, SqsError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Policy {
            dead_letter_target_arn: String,
            max_receive_count: serde_json::Value,
        }
        let read = || -> Option<Self> {
            let policy: Policy = serde_json::from_str(policy).ok()?;
            // Templates write the count as a string as often as a number, and SQS takes both.
            let count = policy.max_receive_count;
            let receives_max = count.as_i64().or_else(|| count.as_str()?.parse().ok())?;
            Some(Self { dead_letter_queue: name_in_arn(&policy.dead_letter_target_arn)?.to_owned(), receives_max })
                .filter(|_| (1..=1_000).contains(&receives_max))
        };
        read().ok_or_else(|| {
            let right = "JSON with deadLetterTargetArn (of an SQS queue) and maxReceiveCount (1 to 1000)";
            SqsError::invalid("RedrivePolicy", policy, right)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, attributes: &[(&str, &str)], wrong: Option<&str>) {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let error = Rules::parse(name, &attributes).err().map(|error| error.to_string());
        match wrong {
            None => assert_eq!(error, None),
            Some(wrong) => assert!(error.as_deref().is_some_and(|error| error.contains(wrong)), "{error:?}"),
        }
    }

    #[test]
    fn attributes_are_taken_within_their_ranges_only() {
        check("q", &[("VisibilityTimeout", "43200"), ("Policy", "{}")], None);
        check("q", &[("VisibilityTimeout", "43201")], Some("a whole number from 0 to 43200"));
        check("q", &[("VisibilityTimeout", "1.5")], Some("\"1.5\" of VisibilityTimeout"));
        check("q", &[("MaximumMessageSize", "1023")], Some("from 1024 to 1048576"));
        check("q", &[("Visibility", "1")], Some("\"Visibility\" is not an attribute"));
        check("q", &[("QueueArn", "arn")], Some("\"QueueArn\" is not an attribute"));
    }

    #[test]
    fn a_fifo_queue_says_so_in_name_and_attribute() {
        check("q.fifo", &[("FifoQueue", "true"), ("ContentBasedDeduplication", "true")], None);
        check("q.fifo", &[], Some("FifoQueue"));
        check("q", &[("FifoQueue", "true")], Some("FifoQueue"));
        check("q", &[("FifoQueue", "false")], Some("FifoQueue"));
        check("q", &[("ContentBasedDeduplication", "true")], Some("not a FIFO queue"));
        check("q.fifo", &[("FifoQueue", "true"), ("DeduplicationScope", "x")], Some("queue or messageGroup"));
    }

    #[test]
    fn a_redrive_policy_names_a_queue_and_a_count() {
        const ARN: &str = "arn:aws:sqs:eu-west-1:123456789012:dead";
        let policy = |arn: &str, count: &str| format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{count}}}"#);
        check("q", &[("RedrivePolicy", &policy(ARN, "3"))], None);
        check("q", &[("RedrivePolicy", &policy(ARN, "\"3\""))], None);
        check("q", &[("RedrivePolicy", &policy(ARN, "0"))], Some("maxReceiveCount (1 to 1000)"));
        check("q", &[("RedrivePolicy", &policy("dead", "3"))], Some("deadLetterTargetArn"));
        check("q", &[("RedrivePolicy", "dead")], Some("must be JSON"));
    }
}
