//! The queue and its dead-letter queue: delaying a message, sending a letter.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::MessageAttributeValue;
use webhook::letter::Letter;

/// The largest message, in bytes, attributes counted.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// The queues that a worker speaks to.
pub struct Queues {
    client: Client,
    queue_url: String,
    dead_letter_url: String,
}

/// A call to SQS that failed; says how, never what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("SQS: {0}")]
pub struct QueueError(String);

impl Queues {
    /// The queue that messages come from and the one that letters go to, by their URLs.
    pub fn new(client: Client, queue_url: String, dead_letter_url: String) -> Self {
        Queues { client, queue_url, dead_letter_url }
    }

    /// Hides a message until it may be received again.
    ///
    /// # Errors
    /// [`QueueError`]; the message then comes again when its visibility timeout ends, as it does without this.
    pub async fn delay(&self, receipt_handle: &str, delay_s: u32) -> Result<(), QueueError> {
        // OK because a delay is at most 15 minutes or the rest of a lease.
        let delay_s = i32::try_from(delay_s).unwrap_or(i32::MAX);
        let call = self.client.change_message_visibility().queue_url(&self.queue_url);
        let sent = call.receipt_handle(receipt_handle).visibility_timeout(delay_s).send().await;
        sent.map(drop).map_err(|error| describe(&error))
    }

    /// Sends a dead letter: the message's body untouched, and on it why it is here.
    ///
    /// A body that leaves no room for attributes goes without them; the log still says why. `message_id` is of the
    /// message that died.
    ///
    /// # Errors
    /// [`QueueError`] when SQS did not confirm that it has the letter. The message must then stay in its queue.
    pub async fn send_letter(&self, message_id: &str, body: &str, letter: &Letter<'_>) -> Result<(), QueueError> {
        let attributes = letter.attributes();
        let size = |(name, value): &(&str, String)| name.len() + "String".len() + value.len();
        let fits = body.len() + attributes.iter().map(size).sum::<usize>() <= MESSAGE_BYTES_MAX;
        let mut call = self.client.send_message().queue_url(&self.dead_letter_url).message_body(body);
        if self.dead_letter_url.ends_with(".fifo") {
            // By its body, an event that dies again would have no second letter, and one that dies at two destinations
            // one for both. The group is its own, too: a letter that somebody looks at hides all others of its group.
            let id = format!("{message_id}/{}", letter.destination.unwrap_or(""));
            call = call.message_group_id(&id).message_deduplication_id(&id);
        }
        for (name, value) in attributes.into_iter().filter(|_| fits) {
            call = call.message_attributes(name, string(value)?);
        }
        call.send().await.map(drop).map_err(|error| describe(&error))
    }
}

fn string(value: String) -> Result<MessageAttributeValue, QueueError> {
    let attribute = MessageAttributeValue::builder().data_type("String").string_value(value).build();
    attribute.map_err(|error| QueueError(error.to_string()))
}

fn describe(error: &(impl ProvideErrorMetadata + std::error::Error)) -> QueueError {
    QueueError(error.code().unwrap_or("no answer").to_owned())
}
