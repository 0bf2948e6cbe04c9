//! Amazon SQS on loopback: the queues of one SQLite file, for AWS SDKs over HTTP and for code in this process.
//!
//! It speaks the AWS JSON 1.0 protocol and keeps the rules of the service that consumers notice: visibility timeouts,
//! receive counts, redrive to dead-letter queues and back, delays, FIFO groups and deduplication, limits, long polls.
//! It is a development server: **signatures, policies and encryption are not looked at**, so it belongs on loopback only.
//! Beyond that it differs from SQS in these points: counts are exact; the limits on messages in flight (120,000) and on
//! a purge per minute are not kept; a deleted name can be used again at once; `ReceiveRequestAttemptId` is ignored;
//! move tasks end with the process (messages that were not moved stay where they are).
//!
//! The modules below are in the order in which they are best read.

// A message: as it is sent and checked, as it is received, and how its consumer names it afterwards.
mod checksum;
mod message;
mod outgoing;
mod receipt;

// A queue: the rules that its attributes make, and where its messages are.
mod queue;
mod store;

// What one lock guards, and the wait for messages.
mod bell;
mod poll;
mod state;

// The way back from a dead-letter queue.
mod move_task;

// The API: each action, HTTP around them, and every refusal.
mod actions;
mod error;
mod protocol;

#[cfg(test)]
mod stories;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;

pub use error::SqsError;
pub use message::{Message, MessageAttribute};
pub use store::queues::Counts;

use outgoing::Outgoing;
use poll::Poll;
use receipt::Receipt;
use state::State;
use store::Store;

/// The queues. One value serves the HTTP endpoint and, beside it, code in this process.
pub struct Sqs {
    state: Mutex<State>,
}

impl Sqs {
    /// Opens the queues kept in `file`, and creates it where there is none.
    pub fn open(file: &Path) -> Result<Self, SqsError> {
        Ok(Self { state: Mutex::new(State::new(Store::open(file)?)?) })
    }

    /// Queues that end with this value.
    pub fn in_memory() -> Result<Self, SqsError> {
        Ok(Self { state: Mutex::new(State::new(Store::in_memory()?)?) })
    }

    /// Creates a queue with these attributes, named as in the API: `VisibilityTimeout` (s), `RedrivePolicy` (JSON), ...
    ///
    /// Unlike the API's CreateQueue, it leaves a queue that exists with exactly these attributes and the messages it
    /// has, so that a changed configuration does not keep a server from starting. A dead-letter queue comes first.
    pub fn create_queue(&self, name: &str, attributes: &BTreeMap<String, String>) -> Result<(), SqsError> {
        let mut state = self.lock();
        match state.queue(name) {
            Ok(queue) if queue.attributes == *attributes => Ok(()),
            Ok(queue) => state.update(&queue, attributes.clone(), queue.tags.clone(), now_ms()),
            Err(_) => state.create(name, attributes.clone(), BTreeMap::new(), now_ms()),
        }
    }

    /// Sends a message and returns its id.
    pub fn send(&self, queue: &str, body: &str) -> Result<String, SqsError> {
        let mut state = self.lock();
        let queue = state.queue(queue)?;
        let message = Outgoing { message_body: body.to_owned(), ..Outgoing::default() }.checked(&queue)?;
        let stored = state.send(&queue, &[message], now_ms())?;
        Ok(stored.into_iter().map(|stored| stored.message_id).collect())
    }

    /// Receives up to `messages_max` messages, and waits for the first of them for `wait` at most.
    ///
    /// They are in flight for the queue's visibility timeout. Dropping the future loses no message.
    pub async fn receive(&self, queue: &str, messages_max: usize, wait: Duration) -> Result<Vec<Message>, SqsError> {
        // A wait of 20 s is the API's limit, a year is ours: it keeps the sum with the present in range.
        let wait_ms = wait.as_millis().min(31_536_000_000) as i64;
        self.poll(queue, Poll { messages_max, wait_ms: Some(wait_ms), visibility_ms: None }).await
    }

    /// Deletes a received message. A handle that is stale, because the message was received again, deletes nothing.
    pub fn delete(&self, queue: &str, receipt_handle: &str) -> Result<(), SqsError> {
        let mut state = self.lock();
        let queue = state.queue(queue)?;
        let receipt = Receipt::parse(receipt_handle, &queue)?;
        state.delete(&queue, &[receipt], now_ms())
    }

    /// Lets a received message be received again after `timeout`, at most 12 hours after it was received.
    pub fn change_visibility(&self, queue: &str, receipt_handle: &str, timeout: Duration) -> Result<(), SqsError> {
        let mut state = self.lock();
        let queue = state.queue(queue)?;
        let receipt = Receipt::parse(receipt_handle, &queue)?;
        let timeout_ms = timeout.as_millis().min(31_536_000_000) as i64;
        state.change_visibility(&queue, &[(receipt, timeout_ms)], now_ms())?.into_iter().collect()
    }

    /// How many messages a queue holds.
    pub fn counts(&self, queue: &str) -> Result<Counts, SqsError> {
        let state = self.lock();
        let queue = state.queue(queue)?;
        store::queues::counts(state.store.read(), queue.id, now_ms())
    }

    /// Serves the SQS API on `listener` until `shutdown`. Long polls are answered then, with no messages.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        protocol::serve(self, listener, shutdown).await
    }

    /// The state is never left half changed: SQLite rolls back what a panic interrupts.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Now, in the signed milliseconds in which SQLite keeps times.
fn now_ms() -> i64 {
    i64::try_from(crate::clock::now_ms()).unwrap_or(i64::MAX)
}
