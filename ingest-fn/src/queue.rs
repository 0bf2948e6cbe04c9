//! Making a delivery durable: one SendMessage, inside what is left of the time budget.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use shell::aws::Patience;

/// How patient a send is, before the door's own budget cuts it off: providers give up after 3 s.
pub const PATIENCE: Patience = Patience {
    connect: Duration::from_millis(500),
    attempt: Duration::from_millis(1_000),
    operation: Duration::from_millis(2_400),
    attempts: 3,
};

/// The queue that verified deliveries go to.
pub struct Queue {
    client: Client,
    url: String,
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

    /// Sends one message and returns once SQS has it. `source` becomes the message group, which on a standard
    /// queue keeps one source's storm from starving the others (SQS fair queues).
    ///
    /// # Errors
    /// [`QueueError`] when SQS did not confirm that it has the message. It may have it all the same.
    pub async fn send(&self, message: String, source: &str, budget: Duration) -> Result<(), QueueError> {
        let send = self.client.send_message().queue_url(&self.url).message_body(message).message_group_id(source);
        match tokio::time::timeout(budget, send.send()).await {
            Err(_) => Err(QueueError::Timeout),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(describe(&error)),
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

fn describe<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> QueueError {
    match error {
        SdkError::TimeoutError(_) => QueueError::Timeout,
        SdkError::ServiceError(service) => QueueError::Refused(service.err().code().unwrap_or("no code").to_owned()),
        _ => QueueError::Unreachable,
    }
}
