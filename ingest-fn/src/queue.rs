//! Making a delivery durable: one SendMessage, inside what is left of the time budget.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use shell::aws::Patience;
use webhook::envelope;

/// How patient a send is, before the door's own budget cuts it off: providers give up after 3 s.
pub const PATIENCE: Patience = Patience {
    connect: Duration::from_millis(500),
    attempt: Duration::from_millis(1_000),
    operation: Duration::from_millis(2_400),
    attempts: 3,
};

/// The most messages that SendMessageBatch takes. Together they may be as large as one.
const BATCH_MAX: usize = 10;
/// How many of its calls are under way at once.
const BATCHES_AT_ONCE: usize = 8;

/// The queue that verified deliveries go to.
pub struct Queue {
    client: Client,
    url: String,
}

/// A message for the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// An envelope.
    pub body: String,
    /// Its message group: in a FIFO queue what keeps its order, and in a standard one what does not starve others by a
    /// storm (SQS fair queues).
    pub group: String,
}

/// Why the queue did not take a message. Says how it failed, never what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// SQS did not answer within the budget.
    #[error("SQS did not answer in time")]
    Timeout,
    /// SQS could not be reached.
    #[error("SQS cannot be reached")]
    Unreachable,
    /// SQS refused, with this code.
    #[error("SQS refused: {0}")]
    Refused(String),
}

impl Queue {
    /// A queue by its URL.
    pub fn new(client: Client, url: String) -> Self {
        Queue { client, url }
    }

    /// Sends one message and returns once SQS has it.
    ///
    /// # Errors
    /// [`QueueError`] when SQS did not confirm that it has the message. It may have it all the same.
    pub async fn send(&self, message: Message, budget: Duration) -> Result<(), QueueError> {
        let send = self.client.send_message().queue_url(&self.url);
        let send = send.message_body(message.body).message_group_id(message.group);
        match tokio::time::timeout(budget, send.send()).await {
            Err(_) => Err(QueueError::Timeout),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(describe(&error)),
        }
    }

    /// Sends the messages of one delivery, many at once, and returns once SQS has them all.
    ///
    /// # Errors
    /// [`QueueError`] when SQS did not confirm that it has each of them. It may have some, or all.
    pub async fn send_all(&self, mut messages: Vec<Message>, budget: Duration) -> Result<(), QueueError> {
        if messages.len() == 1 {
            return self.send(messages.swap_remove(0), budget).await;
        }
        let batches = stream::iter(batches(messages)).map(|batch| self.send_batch(batch));
        // A FIFO queue keeps the order in which they arrive.
        let at_once = if self.url.ends_with(".fifo") { 1 } else { BATCHES_AT_ONCE };
        let sent = batches.buffer_unordered(at_once).try_collect::<Vec<()>>();
        tokio::time::timeout(budget, sent).await.unwrap_or(Err(QueueError::Timeout)).map(drop)
    }

    async fn send_batch(&self, messages: Vec<Message>) -> Result<(), QueueError> {
        let entry = |(index, message): (usize, Message)| {
            let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(message.body);
            // OK because an entry needs an id and a body, and has both.
            entry.message_group_id(message.group).build().expect("an entry with an id and a body")
        };
        let entries = messages.into_iter().enumerate().map(entry).collect();
        let sent = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries)).send().await;
        match sent.map_err(|error| describe(&error))?.failed.first() {
            None => Ok(()),
            Some(failed) => Err(QueueError::Refused(failed.code.clone())),
        }
    }

    /// Opens the connection during INIT, when a function has a whole core, so that the first delivery need not.
    ///
    /// # Errors
    /// [`QueueError`], which is worth a line in the log but no reason not to start.
    pub async fn warm_up(&self, budget: Duration) -> Result<(), QueueError> {
        let call = self.client.get_queue_attributes().queue_url(&self.url);
        match tokio::time::timeout(budget, call.send()).await {
            Err(_) => Err(QueueError::Timeout),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(describe(&error)),
        }
    }
}

/// Messages in the portions that SendMessageBatch takes.
fn batches(messages: Vec<Message>) -> Vec<Vec<Message>> {
    let mut batches: Vec<Vec<Message>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH_MAX && bytes + message.body.len() <= envelope::BYTES_MAX => {
                bytes += message.body.len();
                batch.push(message);
            }
            _ => {
                bytes = message.body.len();
                batches.push(vec![message]);
            }
        }
    }
    batches
}

fn describe<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> QueueError {
    match error {
        SdkError::TimeoutError(_) => QueueError::Timeout,
        SdkError::ServiceError(service) => QueueError::Refused(service.err().code().unwrap_or("no code").to_owned()),
        _ => QueueError::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portion_is_no_larger_than_sqs_takes() {
        let message = |body| Message { body, group: "g".to_owned() };
        let sizes = |bodies: Vec<String>| {
            batches(bodies.into_iter().map(message).collect()).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(vec!["m".to_owned(); 23]), [10, 10, 3]);
        let half = "x".repeat(envelope::BYTES_MAX / 2);
        assert_eq!(sizes(vec![half.clone(), half.clone(), half, "m".to_owned()]), [2, 2]);
        assert_eq!(sizes(Vec::new()), [0; 0]);
    }
}
