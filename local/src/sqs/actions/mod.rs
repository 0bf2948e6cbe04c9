//! The actions of the API: from a request's JSON to the answer's.

mod batches;
mod messages;
mod move_tasks;
mod parameters;
mod queues;

use std::future::Future;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Sqs;
use super::error::SqsError;
use super::protocol::Request;
use parameters::Parameters;

/// Runs the action of a request. A long poll ends when `closing` does.
pub(super) async fn run(
    sqs: &Arc<Sqs>,
    request: &Request,
    closing: impl Future<Output = ()>,
) -> Result<Value, SqsError> {
    let asked = Parameters::parse(&request.body)?;
    let base = request.base_url.as_str();
    match request.action.as_str() {
        "SendMessage" => messages::send(sqs, asked),
        "ReceiveMessage" => tokio::select! {
            received = messages::receive(sqs, asked) => received,
            () = closing => Ok(json!({})),
        },
        "DeleteMessage" => messages::delete(sqs, asked),
        "ChangeMessageVisibility" => messages::change_visibility(sqs, asked),
        "SendMessageBatch" => batches::send(sqs, asked),
        "DeleteMessageBatch" => batches::delete(sqs, asked),
        "ChangeMessageVisibilityBatch" => batches::change_visibility(sqs, asked),
        "CreateQueue" => queues::create(sqs, asked, base),
        "DeleteQueue" => queues::delete(sqs, asked),
        "GetQueueUrl" => queues::url(sqs, asked, base),
        "ListQueues" => queues::list(sqs, asked, base),
        "ListDeadLetterSourceQueues" => queues::dead_letter_sources(sqs, asked, base),
        "GetQueueAttributes" => queues::attributes(sqs, asked),
        "SetQueueAttributes" => queues::set_attributes(sqs, asked),
        "TagQueue" => queues::tag(sqs, asked),
        "UntagQueue" => queues::untag(sqs, asked),
        "ListQueueTags" => queues::tags(sqs, asked),
        "PurgeQueue" => queues::purge(sqs, asked),
        "StartMessageMoveTask" => move_tasks::start(sqs, asked),
        "ListMessageMoveTasks" => move_tasks::list(sqs, asked),
        "CancelMessageMoveTask" => move_tasks::cancel(sqs, asked),
        "AddPermission" | "RemovePermission" => {
            let message = "local queues have no access control, so permissions can be neither added nor removed";
            Err(SqsError::UnsupportedOperation(message.to_owned()))
        }
        other => Err(SqsError::InvalidAction(format!("{other:?} is not an action of Amazon SQS"))),
    }
}
