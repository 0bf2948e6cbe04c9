//! The calls to the dead-letter queue: receive, hide, delete.

use std::time::Duration;

use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, Message, MessageSystemAttributeName};
use futures_util::StreamExt as _;
use futures_util::stream;

use super::print::causes;
use crate::CliError;
use crate::account::Account;

/// How many messages one call is about; SQS takes no more.
const BATCH: usize = 10;

/// Receives up to ten letters and hides them. Nothing means that the queue has no more that are visible.
///
/// # Errors
/// When the queue does not answer.
pub async fn receive(account: &Account, hidden: Duration) -> Result<Vec<Message>, CliError> {
    let call = account.sqs().receive_message().queue_url(account.dead_letter_url());
    let call = call.max_number_of_messages(BATCH as i32).visibility_timeout(seconds(hidden));
    let call = call.message_attribute_names("All");
    let call = call.message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
    let call = call.message_system_attribute_names(MessageSystemAttributeName::MessageGroupId);
    let call = call.message_system_attribute_names(MessageSystemAttributeName::DeadLetterQueueSourceArn);
    // A long poll asks all servers of SQS; a short one would find some queues empty that are not.
    let received = call.wait_time_seconds(1).send().await;
    let received = received.map_err(|error| CliError::failed(format!("letters cannot be read: {}", causes(&error))))?;
    Ok(received.messages.unwrap_or_default())
}

/// Deletes a letter.
///
/// # Errors
/// Why SQS did not, in words.
pub async fn delete(account: &Account, receipt_handle: &str) -> Result<(), String> {
    let call = account.sqs().delete_message().queue_url(account.dead_letter_url());
    call.receipt_handle(receipt_handle).send().await.map(drop).map_err(|error| causes(&error))
}

/// Hides letters for so long from now on, as far as SQS takes it: one that is not hidden comes again and is known to
/// the pass, and one that is not shown comes back by itself.
pub async fn hide(account: &Account, receipt_handles: &[String], hidden: Duration) {
    const AT_ONCE: usize = 10;
    let entry = |(index, handle): (usize, &String)| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string());
        entry.receipt_handle(handle).visibility_timeout(seconds(hidden)).build().ok()
    };
    let calls = receipt_handles.chunks(BATCH).map(|handles| {
        let call = account.sqs().change_message_visibility_batch().queue_url(account.dead_letter_url());
        call.set_entries(Some(handles.iter().enumerate().filter_map(entry).collect())).send()
    });
    stream::iter(calls).buffer_unordered(AT_ONCE).for_each(async |answer| drop(answer)).await;
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}
