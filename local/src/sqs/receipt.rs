//! Receipt handles: which receive of which message a consumer speaks of.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::SqsError;
use super::queue::Queue;

/// What a receipt handle says. It is stale once the message was received again: the count and the time moved on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) queue_id: i64,
    pub(super) row_id: i64,
    pub(super) receive_count: i64,
    pub(super) received_ms: i64,
}

impl Receipt {
    /// The handle as text, opaque to consumers as those of SQS are.
    pub(super) fn handle(&self) -> String {
        let Self { queue_id, row_id, receive_count, received_ms } = self;
        URL_SAFE_NO_PAD.encode(format!("{queue_id}:{row_id}:{receive_count}:{received_ms}"))
    }

    /// Reads a handle that came with a request to `queue`.
    pub(super) fn parse(handle: &str, queue: &Queue) -> Result<Self, SqsError> {
        read(handle)
            .filter(|receipt| receipt.queue_id == queue.id)
            .ok_or_else(|| SqsError::ReceiptHandleIsInvalid(handle.chars().take(100).collect()))
    }
}

fn read(handle: &str) -> Option<Receipt> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(handle).ok()?).ok()?;
    let mut numbers = text.split(':').map(|number| number.parse::<i64>().ok());
    let receipt = Receipt {
        queue_id: numbers.next()??,
        row_id: numbers.next()??,
        receive_count: numbers.next()??,
        received_ms: numbers.next()??,
    };
    numbers.next().is_none().then_some(receipt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_reads_back_as_what_it_was_made_of() {
        let receipt = Receipt { queue_id: 1, row_id: 2, receive_count: 3, received_ms: 1_700_000_000_000 };
        assert_eq!(read(&receipt.handle()), Some(receipt));
    }

    #[test]
    fn a_text_that_is_no_handle_is_none() {
        for text in ["", "garbage", "MToyOjM", "MToyOjM6NDo1", "é"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
