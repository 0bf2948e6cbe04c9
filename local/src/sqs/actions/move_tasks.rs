//! Actions on move tasks, by which dead letters go back.

use std::sync::Arc;

use serde_json::{Value, json};

use super::parameters::Parameters;
use crate::sqs::error::SqsError;
use crate::sqs::move_task::{self, MoveTask, Status};
use crate::sqs::queue::name_in_arn;
use crate::sqs::{Sqs, now_ms};

pub(super) fn start(sqs: &Arc<Sqs>, mut asked: Parameters) -> Result<Value, SqsError> {
    let source: String = asked.need("SourceArn")?;
    let destination: Option<String> = asked.take("DestinationArn")?;
    let destination = destination.as_deref().map(name).transpose()?;
    let per_second = asked.number("MaxNumberOfMessagesPerSecond", 1..=500)?;
    let handle = move_task::start(sqs, name(&source)?, destination, per_second, now_ms())?;
    Ok(json!({ "TaskHandle": handle }))
}

fn name(arn: &str) -> Result<&str, SqsError> {
    let right = || format!("that of an SQS queue: {}", crate::arn("sqs", "NAME"));
    name_in_arn(arn).ok_or_else(|| SqsError::invalid("the ARN", arn, right()))
}

/// Lists the tasks of a dead-letter queue, the newest first.
pub(super) fn list(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let source: String = asked.need("SourceArn")?;
    let tasks_max = asked.number("MaxResults", 1..=10)?.and_then(|max| usize::try_from(max).ok()).unwrap_or(1);
    let state = sqs.lock();
    let source = move_task::queue_of_task(&state, name(&source)?)?;
    let tasks = state.move_tasks.iter().rev().filter(|task| task.source == source.name);
    Ok(json!({ "Results": tasks.take(tasks_max).map(|task| shown(task, &source.arn())).collect::<Vec<_>>() }))
}

fn shown(task: &MoveTask, source_arn: &str) -> Value {
    let mut shown = json!({
        "Status": task.status.as_str(),
        "SourceArn": source_arn,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "StartedTimestamp": task.started_ms,
    });
    let optional = [
        // The handle is shown while it is of use.
        ("TaskHandle", (task.status == Status::Running).then(|| json!(task.handle))),
        ("DestinationArn", task.destination.as_ref().map(|queue| json!(queue.arn()))),
        ("MaxNumberOfMessagesPerSecond", task.per_second.map(|rate| json!(rate))),
        ("FailureReason", task.failure.as_ref().map(|reason| json!(reason))),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            shown[name] = value;
        }
    }
    shown
}

pub(super) fn cancel(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let moved = move_task::cancel(&mut sqs.lock(), &asked.need::<String>("TaskHandle")?)?;
    Ok(json!({ "ApproximateNumberOfMessagesMoved": moved }))
}
