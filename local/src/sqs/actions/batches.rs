//! Actions on up to ten messages: entries succeed and fail one by one, and the answer lists both.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::messages::{change, receipt, sent};
use super::parameters::Parameters;
use crate::sqs::error::SqsError;
use crate::sqs::outgoing::Outgoing;
use crate::sqs::{Sqs, now_ms};

/// The limit of all messages of a batch together, whatever the queue's own limit for one is.
const BATCH_BYTES_MAX: usize = 1_048_576;

pub(super) fn send(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let queue = sqs.lock().queue(&asked.queue_name()?)?;
    let entries = entries(asked, Parameters::rest::<Outgoing>)?;
    let bytes = entries.iter().filter_map(|(_, entry)| entry.as_ref().ok()).map(Outgoing::bytes).sum();
    if bytes > BATCH_BYTES_MAX {
        return Err(SqsError::BatchRequestTooLong(bytes));
    }
    let checked = entries.into_iter().map(|(id, entry)| (id, entry.and_then(|message| message.checked(&queue))));
    answer(checked.collect(), |messages| {
        let stored = sqs.lock().send(&queue, &messages, now_ms())?;
        Ok(messages.iter().zip(&stored).map(|(message, stored)| Ok(sent(&queue, message, stored))).collect())
    })
}

pub(super) fn delete(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let mut state = sqs.lock();
    let queue = state.queue(&asked.queue_name()?)?;
    answer(entries(asked, |entry| receipt(entry, &queue))?, |receipts| {
        state.delete(&queue, &receipts, now_ms())?;
        Ok(receipts.iter().map(|_| Ok(json!({}))).collect())
    })
}

pub(super) fn change_visibility(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let mut state = sqs.lock();
    let queue = state.queue(&asked.queue_name()?)?;
    answer(entries(asked, |entry| change(entry, &queue))?, |changes| {
        let changed = state.change_visibility(&queue, &changes, now_ms())?;
        Ok(changed.into_iter().map(|changed| changed.map(|()| json!({}))).collect())
    })
}

/// An entry with the id by which the client knows it.
type Entry<T> = (String, Result<T, SqsError>);

/// Reads the entries one by one, and refuses what makes a batch wrong as a whole.
fn entries<T>(
    mut asked: Parameters,
    read: impl Fn(Parameters) -> Result<T, SqsError>,
) -> Result<Vec<Entry<T>>, SqsError> {
    let entries: Vec<Parameters> = asked.take("Entries")?.unwrap_or_default();
    match entries.len() {
        0 => return Err(SqsError::EmptyBatchRequest),
        1..=10 => {}
        entries => return Err(SqsError::TooManyEntriesInBatchRequest(entries)),
    }
    let mut ids = HashSet::new();
    let mut read_entries = Vec::new();
    for mut entry in entries {
        let id: String = entry.need("Id")?;
        let is_plain = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !(1..=80).contains(&id.len()) || !is_plain {
            return Err(SqsError::InvalidBatchEntryId(id.chars().take(100).collect()));
        }
        if !ids.insert(id.clone()) {
            return Err(SqsError::BatchEntryIdsNotDistinct(id));
        }
        read_entries.push((id, read(entry)));
    }
    Ok(read_entries)
}

/// Runs the entries that could be read, and lists what became of every one.
fn answer<T>(
    entries: Vec<Entry<T>>,
    run: impl FnOnce(Vec<T>) -> Result<Vec<Result<Value, SqsError>>, SqsError>,
) -> Result<Value, SqsError> {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    let mut fail = |id: String, error: SqsError| {
        failed.push(json!({
            "Id": id, "Code": error.query_code(), "Message": error.to_string(), "SenderFault": error.is_senders_fault()
        }));
    };
    let (mut ids, mut read) = (Vec::new(), Vec::new());
    for (id, entry) in entries {
        match entry {
            Ok(entry) => {
                ids.push(id);
                read.push(entry);
            }
            Err(error) => fail(id, error),
        }
    }
    for (id, outcome) in ids.into_iter().zip(run(read)?) {
        match outcome {
            Ok(mut done) => {
                done["Id"] = Value::String(id);
                successful.push(done);
            }
            Err(error) => fail(id, error),
        }
    }
    Ok(json!({ "Successful": successful, "Failed": failed }))
}
