//! The queues at the end of a storm: how much is left in the one, and which letters lie in the other.

use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_sqs::types::QueueAttributeName;

use super::calls::pk_of_envelope;
use crate::CliError;
use crate::account::Account;

/// A letter, as far as the audit wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The key of its event; none where the message is not ours.
    pub pk: Option<String>,
    /// The destination that it was for; none where none was tried.
    pub sk: Option<String>,
    /// Why it is here; none where SQS moved it by itself.
    pub reason: Option<String>,
}

/// How many messages a queue has, hidden and delayed ones among them.
///
/// # Errors
/// When the queue does not answer.
pub async fn depth(account: &Account, queue_url: &str) -> Result<u64, CliError> {
    let counts = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    let call = account.sqs().get_queue_attributes().queue_url(queue_url).set_attribute_names(Some(counts.to_vec()));
    let output = call.send().await;
    let output = output
        .map_err(|error| CliError::failed(format!("the queue does not answer: {}", DisplayErrorContext(&error))))?;
    let attributes = output.attributes.unwrap_or_default();
    Ok(counts.iter().filter_map(|name| attributes.get(name)?.parse::<u64>().ok()).sum())
}

/// Every letter of the dead-letter queue. They are hidden from others for as long as the reading takes.
///
/// # Errors
/// When the queue does not answer.
pub async fn letters(account: &Account) -> Result<Vec<Letter>, CliError> {
    const HIDDEN_S: i32 = 600;
    let mut letters = Vec::new();
    loop {
        let call = account.sqs().receive_message().queue_url(account.dead_letter_url()).max_number_of_messages(10);
        let call = call.visibility_timeout(HIDDEN_S).message_attribute_names("reason");
        let call = call.message_attribute_names("destination");
        let output = call.send().await.map_err(|error| {
            CliError::failed(format!("the dead-letter queue does not answer: {}", DisplayErrorContext(&error)))
        })?;
        let messages = output.messages.unwrap_or_default();
        if messages.is_empty() {
            return Ok(letters);
        }
        letters.extend(messages.iter().map(|message| {
            let attribute = |name| message.message_attributes()?.get(name)?.string_value().map(str::to_owned);
            let pk = message.body().and_then(pk_of_envelope);
            Letter { pk, sk: attribute("destination"), reason: attribute("reason") }
        }));
    }
}
