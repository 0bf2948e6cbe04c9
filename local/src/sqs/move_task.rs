//! Move tasks: they bring dead letters back to the queues that they came from, or to another.

use std::sync::{Arc, Weak};
use std::time::Duration;

use uuid::Uuid;

use super::error::SqsError;
use super::queue::{Queue, name_in_arn};
use super::state::State;
use super::store::queues::counts;
use super::store::redrive::{buried, unearth};
use super::{Sqs, now_ms};

/// So many messages are moved in one transaction when no rate is given; it takes the lock for about a millisecond.
const STEP_MESSAGES: i64 = 50;

/// The newest tasks of a source are remembered, as SQS lists ten at most.
const REMEMBERED: usize = 10;

/// A task, running or ended. It moves the messages that were visible when it began, and no others: one that fails
/// again meanwhile is not moved in a circle.
pub(super) struct MoveTask {
    pub(super) handle: String,
    /// The name of the dead-letter queue.
    pub(super) source: String,
    /// None: each message goes back to the queue it was buried from.
    pub(super) destination: Option<Arc<Queue>>,
    pub(super) per_second: Option<i64>,
    pub(super) status: Status,
    pub(super) moved: i64,
    pub(super) to_move: i64,
    pub(super) failure: Option<String>,
    pub(super) started_ms: i64,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Running,
    Completed,
    Cancelled,
    Failed,
}

impl Status {
    /// Its name in the API.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
        }
    }
}

impl MoveTask {
    /// With a rate, messages are moved about ten times a second, or one by one.
    fn step_messages(&self) -> i64 {
        self.per_second.map_or(STEP_MESSAGES, |rate| (rate / 10).max(1))
    }

    /// How long to wait after a step.
    fn pause(&self) -> Duration {
        let seconds = |rate| self.step_messages() as f64 / rate as f64;
        self.per_second.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(seconds(rate)))
    }
}

/// The queue that a task is about; for tasks, SQS says of a missing one that it is a missing resource.
pub(super) fn queue_of_task(state: &State, name: &str) -> Result<Arc<Queue>, SqsError> {
    state.queue(name).map_err(|_| SqsError::ResourceNotFound(format!("the queue {name:?}")))
}

/// Starts a task in the background and returns its handle.
pub(super) fn start(
    sqs: &Arc<Sqs>,
    source: &str,
    destination: Option<&str>,
    per_second: Option<i64>,
    now_ms: i64,
) -> Result<String, SqsError> {
    let mut state = sqs.lock();
    let queue = queue_of_task(&state, source)?;
    let destination = destination.map(|name| queue_of_task(&state, name)).transpose()?;
    if !state.queues.values().any(|entry| entry.queue.rules.buries_in(source)) {
        let right = "the ARN of a queue that the RedrivePolicy of another names as its dead-letter queue";
        return Err(SqsError::invalid("SourceArn", queue.arn(), right));
    }
    if let Some(to) = destination.as_ref().filter(|to| to.id == queue.id || to.rules.fifo != queue.rules.fifo) {
        return Err(SqsError::invalid("DestinationArn", to.arn(), "another queue, of the same type as the source"));
    }
    if state.move_tasks.iter().any(|task| task.source == source && task.status == Status::Running) {
        let message = format!("a move task is running for {source:?}; wait for its end or cancel it");
        return Err(SqsError::UnsupportedOperation(message));
    }
    let handle = Uuid::new_v4().to_string();
    let task = MoveTask {
        handle: handle.clone(),
        source: source.to_owned(),
        destination,
        per_second,
        status: Status::Running,
        moved: 0,
        to_move: counts(state.store.read(), queue.id, now_ms)?.visible,
        failure: None,
        started_ms: now_ms,
    };
    remember(&mut state.move_tasks, task);
    drop(state);
    tokio::spawn(run(Arc::downgrade(sqs), handle.clone()));
    Ok(handle)
}

fn remember(tasks: &mut Vec<MoveTask>, task: MoveTask) {
    let is_of_source = |other: &MoveTask| other.source == task.source;
    if tasks.iter().filter(|other| is_of_source(other)).count() == REMEMBERED
        && let Some(oldest) = tasks.iter().position(is_of_source)
    {
        tasks.remove(oldest);
    }
    tasks.push(task);
}

/// Stops a running task, and returns how many messages it had moved.
pub(super) fn cancel(state: &mut State, handle: &str) -> Result<i64, SqsError> {
    let task = state.move_tasks.iter_mut().find(|task| task.handle == handle && task.status == Status::Running);
    let task = task.ok_or_else(|| SqsError::ResourceNotFound("a running move task of this handle".to_owned()))?;
    task.status = Status::Cancelled;
    Ok(task.moved)
}

/// Moves step by step until the task has ended, or the queues have.
async fn run(sqs: Weak<Sqs>, handle: String) {
    while let Some(sqs) = sqs.upgrade() {
        let pause = {
            let mut state = sqs.lock();
            let is_running = |task: &MoveTask| task.handle == handle && task.status == Status::Running;
            let Some(at) = state.move_tasks.iter().position(is_running) else { return };
            let outcome = step(&mut state, at, now_ms());
            let task = &mut state.move_tasks[at];
            match outcome {
                Ok(0) => task.status = Status::Completed,
                Ok(moved) => task.moved += moved,
                Err(error) => {
                    task.status = Status::Failed;
                    task.failure = Some(error.to_string());
                }
            }
            task.pause()
        };
        drop(sqs);
        tokio::time::sleep(pause).await;
    }
}

/// Moves one bunch of messages, and returns how many; 0 when none is left.
fn step(state: &mut State, at: usize, now_ms: i64) -> Result<i64, SqsError> {
    let task = &state.move_tasks[at];
    let source = queue_of_task(state, &task.source)?;
    let mut moves = Vec::new();
    for message in buried(state.store.read(), source.id, task.started_ms, task.step_messages())? {
        let name = match (&task.destination, &message.dead_from) {
            (Some(queue), _) => queue.name.as_str(),
            (None, Some(arn)) => name_in_arn(arn).unwrap_or(arn),
            (None, None) => {
                let message = "a message was sent to the dead-letter queue itself, so it has no queue to go back to; \
                    name a DestinationArn";
                return Err(SqsError::UnsupportedOperation(message.to_owned()));
            }
        };
        moves.push((message.row_id, queue_of_task(state, name)?));
    }
    state.store.write(|transaction| {
        moves.iter().try_for_each(|(row_id, to)| unearth(transaction, *row_id, &source, to, now_ms))
    })?;
    for (_, to) in &moves {
        state.ring(&to.name, [now_ms], now_ms);
    }
    Ok(moves.len() as i64)
}
