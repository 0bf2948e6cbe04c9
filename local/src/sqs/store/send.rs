//! Messages enter a queue.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::fifo;
use super::json::Json;
use crate::sqs::error::SqsError;
use crate::sqs::outgoing::NewMessage;
use crate::sqs::queue::Queue;

/// A message that was taken into the queue.
pub(in crate::sqs) struct Stored {
    pub(in crate::sqs) message_id: String,
    /// The order of arrival, which is the sequence number of FIFO queues.
    pub(in crate::sqs) row_id: i64,
    /// When a consumer can have it.
    pub(in crate::sqs) due_ms: i64,
}

/// Takes a message into the queue.
pub(in crate::sqs) fn send(
    connection: &Connection,
    queue: &Queue,
    message: &NewMessage,
    now_ms: i64,
) -> Result<Stored, SqsError> {
    let due_ms = now_ms + message.delay_ms;
    let fifo_group = message.group_id.as_deref().filter(|_| queue.rules.fifo);
    // The scope of deduplication is the queue, or else the group, whose name is then made part of the id.
    let deduplication_id = message.deduplication_id.as_deref().map(|id| match fifo_group {
        Some(group) if queue.rules.deduplicates_by_group => format!("{group} {id}"),
        _ => id.to_owned(),
    });
    if let Some(id) = &deduplication_id
        && let Some((message_id, row_id)) = fifo::duplicate(connection, queue.id, id, now_ms)?
    {
        return Ok(Stored { message_id, row_id, due_ms: i64::MAX });
    }
    let message_id = Uuid::new_v4().to_string();
    let attributes = Some(&message.attributes).filter(|attributes| !attributes.is_empty()).map(Json);
    let row_id = connection
        .prepare_cached(
            "INSERT INTO messages (queue_id, visible_ms, receive_count, received_ms, first_received_ms, sent_ms,
                fifo_group, message_id, group_id, deduplication_id, trace_header, attributes, md5_of_body, body)
             VALUES (?1, ?2, 0, 0, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .insert(params![
            queue.id,
            due_ms,
            now_ms,
            fifo_group,
            message_id,
            message.group_id,
            message.deduplication_id,
            message.trace_header,
            attributes,
            message.md5_of_body,
            message.body,
        ])?;
    if let Some(id) = &deduplication_id {
        fifo::remember(connection, queue.id, id, (&message_id, row_id), now_ms)?;
    }
    let due_ms = fifo::due_ms(connection, queue, fifo_group)?.unwrap_or(due_ms);
    Ok(Stored { message_id, row_id, due_ms })
}

/// Sequence numbers of SQS have 20 digits.
pub(in crate::sqs) fn sequence_number(row_id: i64) -> String {
    format!("{row_id:020}")
}
