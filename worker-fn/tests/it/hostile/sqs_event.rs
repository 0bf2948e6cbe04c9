//! An SQS event, whoever wrote it: as many records as stand there, and of each what it says.

use serde_json::Value;

use super::{Record, SqsEvent};

/// The input: the event.
pub fn holds(input: &[u8]) {
    let Ok(event) = serde_json::from_slice::<SqsEvent>(input) else { return };
    // What is skipped of an event need not be sound.
    let Ok(whole) = serde_json::from_slice::<Value>(input) else { return };
    let Some(records) = whole["Records"].as_array() else { return };
    assert_eq!(event.records.len(), records.len());
    for (raw, value) in event.records.iter().zip(records) {
        let Ok(record) = serde_json::from_str::<Record>(raw.get()) else { continue };
        if value.is_object() {
            assert_eq!(record.message_id.as_deref(), value["messageId"].as_str());
            assert_eq!(record.receipt_handle.as_deref(), value["receiptHandle"].as_str());
            assert_eq!(record.body.as_deref(), value["body"].as_str());
        }
        let said = |name: &str| record.attributes.get(name).and_then(|text| text.parse::<u64>().ok());
        let receives = said("ApproximateReceiveCount").and_then(|count| u32::try_from(count).ok());
        assert_eq!(record.receives(), receives.unwrap_or(1));
        assert_eq!(record.sent_at_ms(), said("SentTimestamp").unwrap_or(0));
    }
}
