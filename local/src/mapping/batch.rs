//! From messages to the events of the SQS event source, none larger than an invocation may be.

use crate::invocation::EVENT_BYTES_MAX;
use crate::sqs::{Message, MessageAttribute};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

const OPEN: &str = "{\"Records\":[";
const CLOSE: &str = "]}";

/// An event and the messages in it.
pub(super) struct Batch {
    pub(super) messages: Vec<Message>,
    pub(super) event: Bytes,
}

/// Packs messages into as few events as their size allows, in order. A message that is too large by
/// itself is alone in its event; the function refuses that one.
pub(super) fn batches(messages: Vec<Message>, queue_arn: &str) -> Vec<Batch> {
    pack(messages, queue_arn, EVENT_BYTES_MAX)
}

fn pack(messages: Vec<Message>, queue_arn: &str, bytes_max: usize) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut current = Vec::new();
    let mut event = String::from(OPEN);
    for message in messages {
        let record = record(&message, queue_arn).to_string();
        let bytes = event.len() + 1 + record.len() + CLOSE.len();
        if bytes > bytes_max && !current.is_empty() {
            batches.push(close(&mut current, &mut event));
        }
        if !current.is_empty() {
            event.push(',');
        }
        event.push_str(&record);
        current.push(message);
    }
    if !current.is_empty() {
        batches.push(close(&mut current, &mut event));
    }
    batches
}

fn close(messages: &mut Vec<Message>, event: &mut String) -> Batch {
    event.push_str(CLOSE);
    let event = std::mem::replace(event, String::from(OPEN));
    Batch { messages: std::mem::take(messages), event: Bytes::from(event) }
}

/// One record. The Lambda guide, page "Using Lambda with Amazon SQS", has the shape.
fn record(message: &Message, queue_arn: &str) -> Value {
    let attributes = message.message_attributes.iter();
    let attributes: Map<_, _> = attributes.map(|(name, value)| (name.clone(), message_attribute(value))).collect();
    let mut record = json!({
        "messageId": message.message_id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": message.attributes,
        "messageAttributes": attributes,
        "md5OfBody": message.md5_of_body,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": crate::REGION,
    });
    if let Some(md5) = &message.md5_of_message_attributes {
        record["md5OfMessageAttributes"] = json!(md5);
    }
    record
}

fn message_attribute(attribute: &MessageAttribute) -> Value {
    let mut value = json!({
        "dataType": attribute.data_type,
        "stringListValues": [],
        "binaryListValues": [],
    });
    if let Some(text) = &attribute.string_value {
        value["stringValue"] = json!(text);
    }
    if let Some(bytes) = &attribute.binary_value {
        value["binaryValue"] = json!(BASE64_STANDARD.encode(bytes));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::{batches, pack};
    use crate::sqs::{Message, MessageAttribute};
    use serde_json::{Value, json};

    const ARN: &str = "arn:aws:sqs:us-east-1:000000000000:hooks";

    fn message(id: &str, body: &str) -> Message {
        Message {
            message_id: id.into(),
            receipt_handle: format!("handle-{id}"),
            body: body.into(),
            md5_of_body: "md5".into(),
            attributes: [("ApproximateReceiveCount".to_owned(), "1".to_owned())].into(),
            message_attributes: Default::default(),
            md5_of_message_attributes: None,
        }
    }

    #[test]
    fn a_record_has_every_member_of_the_sqs_event() {
        let mut message = message("m1", "hello");
        let text =
            MessageAttribute { data_type: "String".into(), string_value: Some("stripe".into()), binary_value: None };
        let bytes =
            MessageAttribute { data_type: "Binary".into(), string_value: None, binary_value: Some(vec![0, 255]) };
        message.message_attributes = [("source".to_owned(), text), ("raw".to_owned(), bytes)].into();
        message.md5_of_message_attributes = Some("md5a".into());
        let packed = batches(vec![message], ARN);
        let event: Value = serde_json::from_slice(&packed[0].event).unwrap();
        let expected = json!({ "Records": [{
            "messageId": "m1",
            "receiptHandle": "handle-m1",
            "body": "hello",
            "attributes": { "ApproximateReceiveCount": "1" },
            "messageAttributes": {
                "source": {
                    "stringValue": "stripe", "dataType": "String",
                    "stringListValues": [], "binaryListValues": [],
                },
                "raw": {
                    "binaryValue": "AP8=", "dataType": "Binary",
                    "stringListValues": [], "binaryListValues": [],
                },
            },
            "md5OfBody": "md5",
            "md5OfMessageAttributes": "md5a",
            "eventSource": "aws:sqs",
            "eventSourceARN": ARN,
            "awsRegion": "us-east-1",
        }]});
        assert_eq!(event, expected);
    }

    /// The message ids of each event.
    #[track_caller]
    fn check(bytes_max: usize, expected: &[&[&str]]) {
        let messages = ["a", "b", "c"].map(|id| message(id, &"x".repeat(100)));
        let packed = pack(messages.to_vec(), ARN, bytes_max);
        let mut found = Vec::new();
        for batch in &packed {
            assert!(batch.event.len() <= bytes_max || batch.messages.len() == 1);
            let event: Value = serde_json::from_slice(&batch.event).unwrap();
            let records = event["Records"].as_array().unwrap().clone();
            let ids: Vec<_> = records.iter().map(|record| record["messageId"].as_str().unwrap().to_owned()).collect();
            let messages: Vec<_> = batch.messages.iter().map(|message| message.message_id.clone()).collect();
            assert_eq!(ids, messages);
            found.push(ids);
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn a_batch_is_cut_where_its_event_would_be_too_large() {
        let one = batches(vec![message("a", &"x".repeat(100))], ARN)[0].event.len();
        let records = one - "{\"Records\":[]}".len();
        check(one + 2 * (records + 1), &[&["a", "b", "c"]]);
        check(one + 2 * (records + 1) - 1, &[&["a", "b"], &["c"]]);
        check(one + records + 1, &[&["a", "b"], &["c"]]);
        check(one + records, &[&["a"], &["b"], &["c"]]);
    }

    #[test]
    fn a_message_that_never_fits_is_alone() {
        check(10, &[&["a"], &["b"], &["c"]]);
    }
}
