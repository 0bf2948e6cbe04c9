//! Messages that change their queue: buried in a dead-letter queue, or moved back out of it.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::fifo;
use crate::sqs::error::SqsError;
use crate::sqs::queue::Queue;

/// Moves a message to the dead-letter queue. It keeps its id, its attributes, its age and its receive count.
pub(in crate::sqs) fn bury(
    connection: &Connection,
    row_id: i64,
    from: &Queue,
    to: &Queue,
    now_ms: i64,
) -> Result<(), SqsError> {
    let group: Option<String> = connection
        .prepare_cached(
            "UPDATE messages SET queue_id = ?2, visible_ms = ?3, dead_from = ?4, receives_elsewhere = receive_count
             WHERE id = ?1 RETURNING fifo_group",
        )?
        .query_row(params![row_id, to.id, now_ms, from.arn()], |row| row.get(0))?;
    group.map_or(Ok(None), |group| fifo::refresh(connection, to.id, &group))?;
    Ok(())
}

/// A message that a move task may move.
pub(in crate::sqs) struct Buried {
    pub(in crate::sqs) row_id: i64,
    /// The ARN of the queue that it was buried from; none if it was sent to the dead-letter queue itself.
    pub(in crate::sqs) dead_from: Option<String>,
}

/// The messages of a queue that were visible at `until_ms` and still are, the longest visible first.
pub(in crate::sqs) fn buried(
    connection: &Connection,
    queue_id: i64,
    until_ms: i64,
    messages_max: i64,
) -> Result<Vec<Buried>, SqsError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, dead_from FROM messages WHERE queue_id = ?1 AND visible_ms <= ?2
         ORDER BY visible_ms, receive_count, id LIMIT ?3",
    )?;
    let buried = statement.query_map([queue_id, until_ms, messages_max], |row| {
        Ok(Buried { row_id: row.get(0)?, dead_from: row.get(1)? })
    })?;
    Ok(buried.collect::<Result<_, _>>()?)
}

/// Moves a message out of a dead-letter queue. It counts as new: another id, sent now, never received
/// (Developer Guide, "Configure a dead-letter queue redrive").
pub(in crate::sqs) fn unearth(
    connection: &Connection,
    row_id: i64,
    from: &Queue,
    to: &Queue,
    now_ms: i64,
) -> Result<(), SqsError> {
    let group: Option<String> = connection
        .prepare_cached(
            "UPDATE messages SET queue_id = ?2, message_id = ?3, sent_ms = ?4, visible_ms = ?4, receive_count = 0,
                receives_elsewhere = 0, received_ms = 0, first_received_ms = 0, dead_from = NULL
             WHERE id = ?1 RETURNING fifo_group",
        )?
        .query_row(params![row_id, to.id, Uuid::new_v4().to_string(), now_ms], |row| row.get(0))?;
    if let Some(group) = group {
        fifo::refresh(connection, from.id, &group)?;
        fifo::refresh(connection, to.id, &group)?;
    }
    Ok(())
}
