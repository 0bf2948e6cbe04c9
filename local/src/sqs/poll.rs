//! Receiving, at once or by a long poll.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::error::SqsError;
use super::message::Message;
use super::store::receive::next_due_ms;
use super::{Sqs, now_ms};

/// What a consumer asks for; what it leaves open, the queue's attributes say.
pub(super) struct Poll {
    pub(super) messages_max: usize,
    pub(super) wait_ms: Option<i64>,
    pub(super) visibility_ms: Option<i64>,
}

impl Sqs {
    /// Receives up to `messages_max` messages, and waits for the first of them while there are none.
    ///
    /// Dropping the future loses nothing: messages are received and returned without a wait in between.
    pub(super) async fn poll(&self, name: &str, poll: Poll) -> Result<Vec<Message>, SqsError> {
        let started = Instant::now();
        loop {
            let (listener, wake) = {
                let mut state = self.lock();
                let now_ms = now_ms();
                let queue = state.queue(name)?;
                let visibility_ms = poll.visibility_ms.unwrap_or(queue.rules.visibility_ms);
                let messages = state.receive(&queue, poll.messages_max, visibility_ms, now_ms)?;
                let end = started + duration(poll.wait_ms.unwrap_or(queue.rules.wait_ms));
                if !messages.is_empty() || Instant::now() >= end || poll.messages_max == 0 {
                    return Ok(messages);
                }
                let due_ms = next_due_ms(state.store.read(), &queue)?;
                let Some(entry) = state.queues.get_mut(name) else { continue };
                let due = due_ms.map(|due_ms| Instant::now() + duration(due_ms - now_ms));
                (entry.bell.listen(due_ms.unwrap_or(i64::MAX)), due.map_or(end, |due| due.min(end)))
            };
            tokio::select! {
                () = listener => {}
                () = sleep_until(wake) => {}
            }
        }
    }
}

fn duration(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}
