//! The SQS event source mapping: polls a queue, invokes a function with batches, and deletes what the
//! function has handled. Failed messages stay until their visibility timeout.

mod batch;
mod outcome;

use crate::config::MappingSpec;
use crate::function::Function;
use crate::logs::{LogLine, LogSink};
use crate::sqs::{Message, Sqs, SqsError};
use crate::stage::Shutdown;
use batch::{Batch, batches};
use outcome::{Outcome, outcome};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// The longest poll that SQS has.
const POLL: Duration = Duration::from_secs(20);
/// The most messages that one receive brings.
const RECEIVE_MAX: usize = 10;
/// How long to leave a queue alone that cannot be read.
const PAUSE: Duration = Duration::from_secs(1);

/// One mapping, shared by its pollers.
pub(crate) struct Mapping {
    pub(crate) spec: MappingSpec,
    pub(crate) sqs: Arc<Sqs>,
    pub(crate) function: Arc<Function>,
    pub(crate) log: LogSink,
}

impl Mapping {
    /// Polls until the signal, with as many batches at once as the function has processes. A batch under
    /// way is finished first.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        let mapping = Arc::new(self);
        let mut pollers = JoinSet::new();
        for _ in 0..mapping.function.processes() {
            let (mapping, shutdown) = (mapping.clone(), shutdown.clone());
            pollers.spawn(async move { mapping.poll(shutdown).await });
        }
        pollers.join_all().await;
    }

    async fn poll(&self, shutdown: Shutdown) {
        loop {
            let first = tokio::select! {
                // In this order: once the stack stops, no message is fetched any more.
                biased;
                () = shutdown.clone().requested() => return,
                first = self.first_messages() => first,
            };
            match first {
                Ok(messages) => {
                    let messages = self.fill(messages, &shutdown).await;
                    for batch in batches(messages, &crate::arn("sqs", &self.spec.queue)) {
                        self.handle(batch).await;
                    }
                }
                Err(error) => {
                    self.remark(format!("cannot receive from `{}`: {error}", self.spec.queue));
                    tokio::select! {
                        () = shutdown.clone().requested() => return,
                        () = sleep(PAUSE) => {}
                    }
                }
            }
        }
    }

    /// Polls once a process is free, because a received message ages.
    async fn first_messages(&self) -> Result<Vec<Message>, SqsError> {
        self.function.free().await;
        let wanted = self.spec.batch_size.min(RECEIVE_MAX);
        self.sqs.receive(&self.spec.queue, wanted, POLL).await
    }

    /// Waits for the batch to fill until its window ends; not at all when nothing was received.
    async fn fill(&self, mut messages: Vec<Message>, shutdown: &Shutdown) -> Vec<Message> {
        let window_end = Instant::now() + self.spec.batch_window;
        while !messages.is_empty() && messages.len() < self.spec.batch_size {
            let wait = window_end.saturating_duration_since(Instant::now());
            let wanted = (self.spec.batch_size - messages.len()).min(RECEIVE_MAX);
            if wait.is_zero() {
                break;
            }
            let more = tokio::select! {
                () = shutdown.clone().requested() => break,
                more = self.sqs.receive(&self.spec.queue, wanted, wait) => more,
            };
            match more {
                Ok(more) => messages.extend(more),
                // What was received already must still be handled.
                Err(_) => break,
            }
        }
        messages
    }

    /// One invocation, and what follows from its response.
    async fn handle(&self, batch: Batch) {
        // The supervisor tells of a failed process, and the function itself of a failed handler.
        let Ok(response) = self.function.invoke(batch.event).await else {
            return;
        };
        let ids: Vec<_> = batch.messages.iter().map(|message| message.message_id.as_str()).collect();
        let except = match outcome(&response, &ids) {
            Outcome::Handled { except } => except,
            Outcome::NothingHandled(wrong) => {
                self.remark(format!("the whole batch from `{}` counts as failed: {wrong}", self.spec.queue));
                return;
            }
        };
        for message in batch.messages {
            if except.contains(&message.message_id) {
                continue;
            }
            if let Err(error) = self.sqs.delete(&self.spec.queue, &message.receipt_handle) {
                self.remark(format!("cannot delete {}: {error}", message.message_id));
            }
        }
    }

    fn remark(&self, text: String) {
        (self.log)(LogLine { function: self.spec.function.clone(), process: 0, text });
    }
}
