//! Actions on single messages, and what a batch does with each of its entries.

use serde_json::{Value, json};

use super::parameters::Parameters;
use crate::sqs::checksum::md5_of_attributes;
use crate::sqs::error::SqsError;
use crate::sqs::message::Message;
use crate::sqs::outgoing::{NewMessage, Outgoing};
use crate::sqs::poll::Poll;
use crate::sqs::queue::Queue;
use crate::sqs::receipt::Receipt;
use crate::sqs::store::send::{Stored, sequence_number};
use crate::sqs::{Sqs, now_ms};

pub(super) fn send(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let queue = sqs.lock().queue(&asked.queue_name()?)?;
    // Checked before the lock is taken again: sums over a large body are no reason for others to wait.
    let message = asked.rest::<Outgoing>()?.checked(&queue)?;
    let stored = sqs.lock().send(&queue, std::slice::from_ref(&message), now_ms())?;
    Ok(stored.first().map_or_else(|| json!({}), |stored| sent(&queue, &message, stored)))
}

/// What SQS says of a message that it took.
pub(super) fn sent(queue: &Queue, message: &NewMessage, stored: &Stored) -> Value {
    let mut sent = json!({ "MessageId": stored.message_id, "MD5OfMessageBody": message.md5_of_body });
    let optional = [
        ("MD5OfMessageAttributes", message.md5_of_attributes.clone()),
        ("MD5OfMessageSystemAttributes", message.md5_of_system_attributes.clone()),
        ("SequenceNumber", queue.rules.fifo.then(|| sequence_number(stored.row_id))),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            sent[name] = Value::String(value);
        }
    }
    sent
}

pub(super) async fn receive(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let name = asked.queue_name()?;
    let messages_max = asked.number("MaxNumberOfMessages", 1..=10)?.unwrap_or(1);
    let poll = Poll {
        messages_max: usize::try_from(messages_max).unwrap_or(1),
        wait_ms: asked.number("WaitTimeSeconds", 0..=20)?.map(|seconds| 1_000 * seconds),
        visibility_ms: asked.number("VisibilityTimeout", 0..=43_200)?.map(|seconds| 1_000 * seconds),
    };
    let mut shown: Vec<String> = asked.take("MessageSystemAttributeNames")?.unwrap_or_default();
    // The older name of the same.
    shown.extend(asked.take::<Vec<String>>("AttributeNames")?.unwrap_or_default());
    let shown_of_sender: Vec<String> = asked.take("MessageAttributeNames")?.unwrap_or_default();
    let mut messages = sqs.poll(&name, poll).await?;
    messages.iter_mut().for_each(|message| show_only(message, &shown, &shown_of_sender));
    Ok(if messages.is_empty() { json!({}) } else { json!({ "Messages": messages }) })
}

/// A consumer sees the attributes that it named.
fn show_only(message: &mut Message, shown: &[String], shown_of_sender: &[String]) {
    message.attributes.retain(|attribute, _| shown.iter().any(|name| name == "All" || name == attribute));
    // "All" and ".*" name every attribute, "trace.*" those that begin so.
    let is_shown = |attribute: &str| {
        shown_of_sender.iter().any(|name| match name.strip_suffix(".*") {
            Some(prefix) => attribute.starts_with(prefix),
            None => name == "All" || name == attribute,
        })
    };
    message.message_attributes.retain(|attribute, _| is_shown(attribute));
    message.md5_of_message_attributes = md5_of_attributes(&message.message_attributes);
}

pub(super) fn delete(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let mut state = sqs.lock();
    let queue = state.queue(&asked.queue_name()?)?;
    state.delete(&queue, &[receipt(asked, &queue)?], now_ms())?;
    Ok(json!({}))
}

/// The receipt that a deletion names.
pub(super) fn receipt(mut asked: Parameters, queue: &Queue) -> Result<Receipt, SqsError> {
    Receipt::parse(&asked.need::<String>("ReceiptHandle")?, queue)
}

pub(super) fn change_visibility(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let mut state = sqs.lock();
    let queue = state.queue(&asked.queue_name()?)?;
    let change = change(asked, &queue)?;
    state.change_visibility(&queue, &[change], now_ms())?.into_iter().collect::<Result<(), _>>()?;
    Ok(json!({}))
}

/// The receipt and the timeout in milliseconds that a change of visibility names.
pub(super) fn change(mut asked: Parameters, queue: &Queue) -> Result<(Receipt, i64), SqsError> {
    let seconds = asked.number("VisibilityTimeout", 0..=43_200)?;
    let seconds = seconds.ok_or(SqsError::MissingParameter("VisibilityTimeout"))?;
    Ok((receipt(asked, queue)?, 1_000 * seconds))
}
