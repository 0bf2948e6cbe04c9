//! Messages are received, or go to the dead-letter queue instead.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use super::json::Json;
use super::send::sequence_number;
use super::{fifo, queues, redrive};
use crate::sqs::checksum::md5_of_attributes;
use crate::sqs::error::SqsError;
use crate::sqs::message::{Message, MessageAttribute};
use crate::sqs::queue::Queue;
use crate::sqs::receipt::Receipt;

/// A receive looks at so many bunches of candidates at most when it moves dead letters out of its way.
const ROUNDS_MAX: usize = 8;

/// Where a receive moves the messages that were received too often.
#[derive(Clone, Copy)]
pub(in crate::sqs) struct DeadLetters<'a> {
    pub(in crate::sqs) queue: &'a Queue,
    pub(in crate::sqs) receives_max: i64,
}

/// What a receive did.
#[derive(Default)]
pub(in crate::sqs) struct Received {
    pub(in crate::sqs) messages: Vec<Message>,
    /// How many it moved to the dead-letter queue.
    pub(in crate::sqs) dead: usize,
}

/// Receives up to `messages_max` messages and hides them for `visibility_ms`.
///
/// A message that was received `receives_max` times already goes to the dead-letter queue instead.
pub(in crate::sqs) fn receive(
    connection: &Connection,
    queue: &Queue,
    dead_letters: Option<DeadLetters<'_>>,
    messages_max: usize,
    visibility_ms: i64,
    now_ms: i64,
) -> Result<Received, SqsError> {
    queues::expire(connection, queue, now_ms)?;
    let mut received = Received::default();
    let mut taken = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let dead_before = received.dead;
        let mut found_empty_group = false;
        for group in groups(connection, queue, messages_max - taken.len(), now_ms)? {
            let candidates = candidates(connection, queue, group.as_deref(), messages_max - taken.len(), now_ms)?;
            found_empty_group |= group.is_some() && candidates.is_empty();
            for candidate in candidates {
                if taken.contains(&candidate.row_id) {
                    // A visibility timeout of 0 leaves a message visible, but one receive returns it once.
                    continue;
                }
                if let Some(to) = dead_letters.filter(|to| candidate.receives_here >= to.receives_max) {
                    redrive::bury(connection, candidate.row_id, queue, to.queue, now_ms)?;
                    received.dead += 1;
                } else {
                    taken.push(candidate.row_id);
                    received.messages.push(take(connection, queue, candidate, visibility_ms, now_ms)?);
                }
            }
            fifo::due_ms(connection, queue, group.as_deref())?;
            if taken.len() == messages_max {
                return Ok(received);
            }
        }
        // Dead letters, and groups whose messages had expired, kept the place of others: look again.
        if received.dead == dead_before && !found_empty_group {
            break;
        }
    }
    Ok(received)
}

/// The groups to receive from: the free ones of a FIFO queue; a standard queue is one, without a name.
fn groups(
    connection: &Connection,
    queue: &Queue,
    groups_max: usize,
    now_ms: i64,
) -> Result<Vec<Option<String>>, SqsError> {
    if !queue.rules.fifo {
        return Ok(vec![None]);
    }
    Ok(fifo::free_groups(connection, queue.id, now_ms, groups_max)?.into_iter().map(Some).collect())
}

/// A message that may be received, with what receiving it needs to know.
struct Candidate {
    row_id: i64,
    receive_count: i64,
    /// Without those before it was buried, so that letters do not go on to a queue behind at the first receive.
    receives_here: i64,
    first_received_ms: i64,
    message: Message,
}

/// The oldest visible messages of a queue, or of one group that is free.
fn candidates(
    connection: &Connection,
    queue: &Queue,
    group: Option<&str>,
    candidates_max: usize,
    now_ms: i64,
) -> Result<Vec<Candidate>, SqsError> {
    const COLUMNS: &str =
        "SELECT id, receive_count, receives_elsewhere, first_received_ms, visible_ms, message_id, body, md5_of_body,
        attributes, sent_ms, group_id, deduplication_id, trace_header, dead_from, fifo_group FROM messages";
    let mut candidates = Vec::new();
    match group {
        None => {
            let mut statement = connection.prepare_cached(&format!(
                "{COLUMNS} WHERE queue_id = ?1 AND visible_ms <= ?2 ORDER BY visible_ms, receive_count, id LIMIT ?3"
            ))?;
            let mut rows = statement.query(params![queue.id, now_ms, candidates_max])?;
            while let Some(row) = rows.next()? {
                candidates.push(candidate(row)?);
            }
        }
        Some(group) => {
            let mut statement = connection
                .prepare_cached(&format!("{COLUMNS} WHERE queue_id = ?1 AND fifo_group = ?2 ORDER BY id LIMIT ?3"))?;
            let mut rows = statement.query(params![queue.id, group, candidates_max])?;
            // A delayed message holds back those after it.
            while let Some(row) = rows.next()?
                && row.get::<_, i64>("visible_ms")? <= now_ms
            {
                candidates.push(candidate(row)?);
            }
        }
    }
    Ok(candidates)
}

fn candidate(row: &Row<'_>) -> Result<Candidate, SqsError> {
    let row_id: i64 = row.get("id")?;
    let message_attributes: BTreeMap<String, MessageAttribute> =
        row.get::<_, Option<Json<_>>>("attributes")?.map(|Json(attributes)| attributes).unwrap_or_default();
    let mut attributes = BTreeMap::from([
        ("SenderId".to_owned(), crate::ACCOUNT_ID.to_owned()),
        ("SentTimestamp".to_owned(), row.get::<_, i64>("sent_ms")?.to_string()),
    ]);
    let sequence_number = row.get::<_, Option<String>>("fifo_group")?.map(|_| sequence_number(row_id));
    let optional = [
        ("SequenceNumber", sequence_number),
        ("MessageGroupId", row.get("group_id")?),
        ("MessageDeduplicationId", row.get("deduplication_id")?),
        ("AWSTraceHeader", row.get("trace_header")?),
        ("DeadLetterQueueSourceArn", row.get("dead_from")?),
    ];
    attributes.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    let receive_count: i64 = row.get("receive_count")?;
    Ok(Candidate {
        row_id,
        receive_count,
        receives_here: receive_count - row.get::<_, i64>("receives_elsewhere")?,
        first_received_ms: row.get("first_received_ms")?,
        message: Message {
            message_id: row.get("message_id")?,
            receipt_handle: String::new(),
            body: row.get("body")?,
            md5_of_body: row.get("md5_of_body")?,
            md5_of_message_attributes: md5_of_attributes(&message_attributes),
            attributes,
            message_attributes,
        },
    })
}

fn take(
    connection: &Connection,
    queue: &Queue,
    candidate: Candidate,
    visibility_ms: i64,
    now_ms: i64,
) -> Result<Message, SqsError> {
    let Candidate { row_id, receive_count, first_received_ms, mut message, .. } = candidate;
    let receive_count = receive_count + 1;
    let first_received_ms = if first_received_ms == 0 { now_ms } else { first_received_ms };
    connection
        .prepare_cached(
            "UPDATE messages SET visible_ms = ?2, receive_count = ?3, received_ms = ?4, first_received_ms = ?5
             WHERE id = ?1",
        )?
        .execute([row_id, now_ms + visibility_ms, receive_count, now_ms, first_received_ms])?;
    message.receipt_handle = Receipt { queue_id: queue.id, row_id, receive_count, received_ms: now_ms }.handle();
    message.attributes.insert("ApproximateReceiveCount".to_owned(), receive_count.to_string());
    message.attributes.insert("ApproximateFirstReceiveTimestamp".to_owned(), first_received_ms.to_string());
    Ok(message)
}

/// When the next message of a queue can be received; it lies in the past when there is one now.
pub(in crate::sqs) fn next_due_ms(connection: &Connection, queue: &Queue) -> Result<Option<i64>, SqsError> {
    let query = match queue.rules.fifo {
        true => "SELECT min(free_ms) FROM fifo_groups WHERE queue_id = ?1",
        false => "SELECT min(visible_ms) FROM messages WHERE queue_id = ?1",
    };
    Ok(connection.prepare_cached(query)?.query_row([queue.id], |row| row.get(0))?)
}
