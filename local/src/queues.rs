//! The queues of a configuration, created in an order in which dead-letter queues come first.

use crate::config::QueueSpec;
use crate::error::StartError;
use crate::sqs::{Sqs, SqsError};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Opens the file of the queues and creates those that are not there yet.
pub(crate) fn open(file: &Path, queues: &[QueueSpec]) -> Result<Sqs, StartError> {
    let sqs =
        Sqs::open(file).map_err(|error| StartError::State { path: file.to_owned(), reason: error.to_string() })?;
    for queue in dead_letters_first(queues) {
        let is_target = |other: &QueueSpec| other.dead_letter.as_ref().is_some_and(|to| to.queue == queue.name);
        create(&sqs, queue, queues.iter().any(is_target))
            .map_err(|error| StartError::Queue { name: queue.name.clone(), reason: error.to_string() })?;
    }
    Ok(sqs)
}

fn create(sqs: &Sqs, queue: &QueueSpec, of_letters: bool) -> Result<(), SqsError> {
    let mut attributes = BTreeMap::new();
    attributes.insert("VisibilityTimeout".to_owned(), queue.visibility_timeout_s.to_string());
    if queue.name.ends_with(".fifo") {
        // Equal letters are two: whoever sends one has to say its id.
        let by_content = if of_letters { "false" } else { "true" };
        let fifo = [
            ("FifoQueue", "true"),
            ("ContentBasedDeduplication", by_content),
            ("DeduplicationScope", "messageGroup"),
            ("FifoThroughputLimit", "perMessageGroupId"),
        ];
        attributes.extend(fifo.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    if let Some(dead_letter) = &queue.dead_letter {
        let policy = json!({
            "deadLetterTargetArn": crate::arn("sqs", &dead_letter.queue),
            "maxReceiveCount": dead_letter.receives_max,
        });
        attributes.insert("RedrivePolicy".to_owned(), policy.to_string());
    }
    sqs.create_queue(&queue.name, &attributes)
}

/// SQS wants the target of a redrive policy to exist. Queues that are each other's targets keep the
/// order in which they were listed, and SQS says what it thinks of them.
fn dead_letters_first(queues: &[QueueSpec]) -> Vec<&QueueSpec> {
    let mut ordered: Vec<&QueueSpec> = Vec::new();
    let mut left: Vec<&QueueSpec> = queues.iter().collect();
    while !left.is_empty() {
        let (ready, waiting): (Vec<_>, Vec<_>) = left.iter().partition(|queue| {
            queue.dead_letter.as_ref().is_none_or(|target| ordered.iter().any(|done| done.name == target.queue))
        });
        if ready.is_empty() {
            ordered.extend(waiting);
            break;
        }
        ordered.extend(ready);
        left = waiting;
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::dead_letters_first;
    use crate::config::{DeadLetter, QueueSpec};

    #[track_caller]
    fn check(queues: &[(&str, Option<&str>)], expected: &[&str]) {
        let specs: Vec<_> = queues
            .iter()
            .map(|(name, target)| QueueSpec {
                name: name.to_string(),
                visibility_timeout_s: 30,
                dead_letter: target.map(|queue| DeadLetter { queue: queue.to_owned(), receives_max: 3 }),
            })
            .collect();
        let names: Vec<_> = dead_letters_first(&specs).iter().map(|queue| queue.name.as_str()).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_target_comes_before_the_queue_that_names_it() {
        check(&[("a", Some("b")), ("b", Some("c")), ("c", None)], &["c", "b", "a"]);
        check(&[("a", None), ("b", None)], &["a", "b"]);
    }

    #[test]
    fn a_circle_ends() {
        check(&[("a", Some("b")), ("b", Some("a")), ("c", None)], &["c", "a", "b"]);
    }
}
