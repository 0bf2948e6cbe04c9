//! Keeping an event's message beside its rows.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use webhook::envelope::Envelope;
use webhook::kept;

use super::render::{key_item, number, text};
use super::{Ledger, LedgerError, unavailable};

/// What became of a message that is to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is in the table, by now or since before; or its time to be kept is over.
    There,
    /// It is too large for an item. Its place in the table says so.
    TooLarge,
}

impl Ledger {
    /// Keeps an event's message until so many days after its receipt. The first one counts, as its effect does.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`] when the table did not confirm that it has it.
    pub async fn keep(
        &self,
        envelope: &Envelope<'_>,
        message: &str,
        keep_body_days: u32,
        now_ms: u64,
    ) -> Result<Kept, LedgerError> {
        let expires_at = kept::expires_at(envelope.received_at_ms, keep_body_days);
        if expires_at <= now_ms / 1000 {
            return Ok(Kept::There);
        }
        let mut item = key_item(&kept::key(&envelope.source, &envelope.identity));
        let mut set = |name: &str, value| drop(item.insert(name.to_owned(), value));
        set("source", text(&envelope.source));
        set("identity", text(&envelope.identity));
        set("received_at_ms", number(envelope.received_at_ms));
        set("expires_at", number(expires_at));
        set("message_bytes", number(message.len() as u64));
        if let Some(id) = &envelope.event_id {
            set("event_id", text(id));
        }
        if let Some(kind) = &envelope.event_type {
            set("event_type", text(kind));
        }
        let packed = kept::pack(message);
        let became = if packed.is_some() { Kept::There } else { Kept::TooLarge };
        if let Some(packed) = packed {
            set("message", AttributeValue::B(Blob::new(packed)));
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR expires_at <= :now_s")
            .expression_attribute_values(":now_s", number(now_ms / 1000));
        match put.send().await {
            Ok(_) => Ok(became),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(became),
                _ => Err(LedgerError::Unavailable(unavailable(&error))),
            },
        }
    }
}
