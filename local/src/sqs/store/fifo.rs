//! What only FIFO queues need: groups that are blocked while a message is in flight, and deduplication.

use rusqlite::{Connection, OptionalExtension, params};

use crate::sqs::error::SqsError;
use crate::sqs::queue::Queue;

/// A FIFO queue takes a deduplication id once in 5 minutes.
const DEDUPLICATION_MS: i64 = 5 * 60 * 1_000;

/// Computes anew when a group may be received from, and returns that time; none if the group is empty.
///
/// A group is blocked while any of its messages is in flight, or its oldest is delayed. The answer is kept in a row,
/// so that a receive finds free groups without a look at the messages of blocked ones.
pub(in crate::sqs) fn refresh(connection: &Connection, queue_id: i64, group: &str) -> Result<Option<i64>, SqsError> {
    let free_ms: Option<i64> = connection
        .prepare_cached(
            "SELECT max(visible_ms, coalesce(
                (SELECT max(visible_ms) FROM messages
                 WHERE queue_id = ?1 AND fifo_group = ?2 AND fifo_group IS NOT NULL AND receive_count > 0), 0))
             FROM messages WHERE queue_id = ?1 AND fifo_group = ?2 ORDER BY id LIMIT 1",
        )?
        .query_row(params![queue_id, group], |row| row.get(0))
        .optional()?;
    match free_ms {
        Some(free_ms) => connection
            .prepare_cached("INSERT OR REPLACE INTO fifo_groups (queue_id, fifo_group, free_ms) VALUES (?1, ?2, ?3)")?
            .execute(params![queue_id, group, free_ms])?,
        None => connection
            .prepare_cached("DELETE FROM fifo_groups WHERE queue_id = ?1 AND fifo_group = ?2")?
            .execute(params![queue_id, group])?,
    };
    Ok(free_ms)
}

/// When a FIFO group may be received from, computed anew; none for messages of standard queues.
pub(in crate::sqs) fn due_ms(
    connection: &Connection,
    queue: &Queue,
    group: Option<&str>,
) -> Result<Option<i64>, SqsError> {
    group.map_or(Ok(None), |group| refresh(connection, queue.id, group))
}

/// The groups that may be received from, the one that waits longest first.
pub(in crate::sqs) fn free_groups(
    connection: &Connection,
    queue_id: i64,
    now_ms: i64,
    groups_max: usize,
) -> Result<Vec<String>, SqsError> {
    let mut statement = connection.prepare_cached(
        "SELECT fifo_group FROM fifo_groups WHERE queue_id = ?1 AND free_ms <= ?2 ORDER BY free_ms LIMIT ?3",
    )?;
    let groups = statement.query_map(params![queue_id, now_ms, groups_max], |row| row.get(0))?;
    Ok(groups.collect::<Result<_, _>>()?)
}

/// The message that was sent under this deduplication id in the last 5 minutes, also if it was deleted since.
pub(in crate::sqs) fn duplicate(
    connection: &Connection,
    queue_id: i64,
    deduplication_id: &str,
    now_ms: i64,
) -> Result<Option<(String, i64)>, SqsError> {
    connection
        .prepare_cached("DELETE FROM deduplications WHERE queue_id = ?1 AND expires_ms <= ?2")?
        .execute([queue_id, now_ms])?;
    let duplicate = connection
        .prepare_cached("SELECT message_id, row_id FROM deduplications WHERE queue_id = ?1 AND deduplication_id = ?2")?
        .query_row(params![queue_id, deduplication_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(duplicate)
}

/// Remembers a deduplication id for 5 minutes.
pub(in crate::sqs) fn remember(
    connection: &Connection,
    queue_id: i64,
    deduplication_id: &str,
    message: (&str, i64),
    now_ms: i64,
) -> Result<(), SqsError> {
    connection
        .prepare_cached(
            "INSERT INTO deduplications (queue_id, deduplication_id, expires_ms, message_id, row_id)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![queue_id, deduplication_id, now_ms + DEDUPLICATION_MS, message.0, message.1])?;
    Ok(())
}
