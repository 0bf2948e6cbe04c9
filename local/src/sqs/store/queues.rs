//! The rows of queues, and what is counted of a whole queue.

use rusqlite::{Connection, params};

use super::json::Json;
use crate::sqs::error::SqsError;
use crate::sqs::queue::{Queue, Rules};

/// All queues, as they were kept.
pub(in crate::sqs) fn all(connection: &Connection) -> Result<Vec<Queue>, SqsError> {
    let mut statement =
        connection.prepare("SELECT id, name, attributes, tags, created_ms, modified_ms FROM queues ORDER BY name")?;
    let mut rows = statement.query(())?;
    let mut queues = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(1)?;
        let (Json(attributes), Json(tags)) = (row.get(2)?, row.get(3)?);
        let rules = Rules::parse(&name, &attributes)?;
        let (id, created_ms, modified_ms) = (row.get(0)?, row.get(4)?, row.get(5)?);
        queues.push(Queue { id, name, attributes, tags, created_ms, modified_ms, rules });
    }
    Ok(queues)
}

/// Writes a new queue and gives it its id.
pub(in crate::sqs) fn insert(connection: &Connection, queue: &mut Queue) -> Result<(), SqsError> {
    let Queue { name, attributes, tags, created_ms, modified_ms, .. } = &queue;
    connection.execute(
        "INSERT INTO queues (name, attributes, tags, created_ms, modified_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![name, Json(attributes), Json(tags), created_ms, modified_ms],
    )?;
    queue.id = connection.last_insert_rowid();
    Ok(())
}

/// Writes what may change of a queue: its attributes and its tags.
pub(in crate::sqs) fn update(connection: &Connection, queue: &Queue) -> Result<(), SqsError> {
    connection.execute(
        "UPDATE queues SET attributes = ?2, tags = ?3, modified_ms = ?4 WHERE id = ?1",
        params![queue.id, Json(&queue.attributes), Json(&queue.tags), queue.modified_ms],
    )?;
    Ok(())
}

/// Removes every message of a queue, also those in flight.
pub(in crate::sqs) fn purge(connection: &Connection, queue_id: i64) -> Result<(), SqsError> {
    connection.execute("DELETE FROM messages WHERE queue_id = ?1", [queue_id])?;
    connection.execute("DELETE FROM fifo_groups WHERE queue_id = ?1", [queue_id])?;
    Ok(())
}

/// Removes a queue and all that is in it.
pub(in crate::sqs) fn remove(connection: &Connection, queue_id: i64) -> Result<(), SqsError> {
    purge(connection, queue_id)?;
    connection.execute("DELETE FROM deduplications WHERE queue_id = ?1", [queue_id])?;
    connection.execute("DELETE FROM queues WHERE id = ?1", [queue_id])?;
    Ok(())
}

/// How many messages a queue holds. They are exact here, "approximate" in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// To be received now.
    pub visible: i64,
    /// Received, and neither deleted nor visible again.
    pub in_flight: i64,
    /// Sent with a delay that has not ended.
    pub delayed: i64,
}

/// Counts the messages of a queue; the query reads the index alone.
pub(in crate::sqs) fn counts(connection: &Connection, queue_id: i64, now_ms: i64) -> Result<Counts, SqsError> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*) FILTER (WHERE visible_ms <= ?2),
                count(*) FILTER (WHERE visible_ms > ?2 AND receive_count > 0),
                count(*) FILTER (WHERE visible_ms > ?2 AND receive_count = 0)
         FROM messages WHERE queue_id = ?1",
    )?;
    let counts = statement.query_row([queue_id, now_ms], |row| {
        Ok(Counts { visible: row.get(0)?, in_flight: row.get(1)?, delayed: row.get(2)? })
    })?;
    Ok(counts)
}

/// Drops messages that outlived the retention period.
pub(in crate::sqs) fn expire(connection: &Connection, queue: &Queue, now_ms: i64) -> Result<(), SqsError> {
    connection
        .prepare_cached("DELETE FROM messages WHERE queue_id = ?1 AND sent_ms < ?2")?
        .execute([queue.id, now_ms - queue.rules.retention_ms])?;
    Ok(())
}
