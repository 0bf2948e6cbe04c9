//! What a consumer does with a message that it has: delete it, or change when it is visible again.

use rusqlite::{Connection, OptionalExtension};

use super::fifo;
use crate::sqs::error::SqsError;
use crate::sqs::queue::Queue;
use crate::sqs::receipt::Receipt;

/// No message stays invisible for longer than this after it was received.
const VISIBILITY_MS_MAX: i64 = 43_200_000;

/// Deletes the message of a receipt, and returns when its FIFO group may be received from.
///
/// A stale handle deletes nothing and is no error, as the API reference has it: the message was received again,
/// and it is the newer consumer's. A handle stays good after its visibility timeout until then.
pub(in crate::sqs) fn delete(
    connection: &Connection,
    queue: &Queue,
    receipt: &Receipt,
) -> Result<Option<i64>, SqsError> {
    let Receipt { queue_id, row_id, receive_count, received_ms } = *receipt;
    let group: Option<Option<String>> = connection
        .prepare_cached(
            "DELETE FROM messages WHERE id = ?1 AND queue_id = ?2 AND receive_count = ?3 AND received_ms = ?4
             RETURNING fifo_group",
        )?
        .query_row([row_id, queue_id, receive_count, received_ms], |row| row.get(0))
        .optional()?;
    fifo::due_ms(connection, queue, group.flatten().as_deref())
}

/// Hides the message of a receipt until `timeout_ms` from now, and returns when a consumer can have it.
pub(in crate::sqs) fn change_visibility(
    connection: &Connection,
    queue: &Queue,
    receipt: &Receipt,
    timeout_ms: i64,
    now_ms: i64,
) -> Result<i64, SqsError> {
    let Receipt { queue_id, row_id, receive_count, received_ms } = *receipt;
    let row: Option<(i64, Option<String>)> = connection
        .prepare_cached(
            "SELECT visible_ms, fifo_group FROM messages
             WHERE id = ?1 AND queue_id = ?2 AND receive_count = ?3 AND received_ms = ?4",
        )?
        .query_row([row_id, queue_id, receive_count, received_ms], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((visible_ms, group)) = row else {
        let right = "that of the latest receive of a message that was not deleted";
        return Err(SqsError::invalid("ReceiptHandle", receipt.handle(), right));
    };
    if visible_ms <= now_ms {
        return Err(SqsError::MessageNotInflight);
    }
    // The limit counts from the receive. SQS refuses what would pass it, and does not shorten it. Whole seconds
    // are compared, so that the full 43,200 s can be asked for right after a receive.
    let elapsed_ms = (now_ms - received_ms) / 1_000 * 1_000;
    if !(0..=VISIBILITY_MS_MAX - elapsed_ms).contains(&timeout_ms) {
        let right = format!("0 to {} s: 43,200 s in all since the receive", (VISIBILITY_MS_MAX - elapsed_ms) / 1_000);
        return Err(SqsError::invalid("VisibilityTimeout", timeout_ms / 1_000, right));
    }
    connection
        .prepare_cached("UPDATE messages SET visible_ms = ?2 WHERE id = ?1")?
        .execute([row_id, now_ms + timeout_ms])?;
    Ok(fifo::due_ms(connection, queue, group.as_deref())?.unwrap_or(now_ms + timeout_ms))
}
