//! Actions on queues as a whole.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::parameters::Parameters;
use crate::sqs::error::SqsError;
use crate::sqs::queue::{Queue, default_attributes};
use crate::sqs::store::queues::{counts, expire, purge as purge_messages};
use crate::sqs::{Sqs, now_ms};

fn url_of(name: &str, base_url: &str) -> String {
    format!("{base_url}/{}/{name}", crate::ACCOUNT_ID)
}

/// Creating a queue twice is no error while the second request names no other attributes.
pub(super) fn create(sqs: &Sqs, mut asked: Parameters, base_url: &str) -> Result<Value, SqsError> {
    let name: String = asked.need("QueueName")?;
    let mut attributes: BTreeMap<String, String> = asked.take("Attributes")?.unwrap_or_default();
    attributes.retain(|_, value| !value.is_empty());
    let mut state = sqs.lock();
    match state.queue(&name) {
        Ok(queue) => {
            let present = known_attributes(&queue);
            if let Some((attribute, _)) = attributes.iter().find(|(name, value)| present.get(*name) != Some(*value)) {
                return Err(SqsError::QueueNameExists { queue: name, attribute: attribute.clone() });
            }
        }
        // "tags" is the one lower-case name among the parameters of SQS.
        Err(_) => state.create(&name, attributes, asked.take("tags")?.unwrap_or_default(), now_ms())?,
    }
    Ok(json!({ "QueueUrl": url_of(&name, base_url) }))
}

pub(super) fn delete(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let mut state = sqs.lock();
    let queue = state.queue(&asked.queue_name()?)?;
    state.remove(&queue)?;
    Ok(json!({}))
}

pub(super) fn url(sqs: &Sqs, mut asked: Parameters, base_url: &str) -> Result<Value, SqsError> {
    let queue = sqs.lock().queue(&asked.need::<String>("QueueName")?)?;
    Ok(json!({ "QueueUrl": url_of(&queue.name, base_url) }))
}

pub(super) fn list(sqs: &Sqs, mut asked: Parameters, base_url: &str) -> Result<Value, SqsError> {
    let prefix: String = asked.take("QueueNamePrefix")?.unwrap_or_default();
    page(sqs, asked, base_url, "QueueUrls", |queue| queue.name.starts_with(&prefix))
}

pub(super) fn dead_letter_sources(sqs: &Sqs, mut asked: Parameters, base_url: &str) -> Result<Value, SqsError> {
    let dead = sqs.lock().queue(&asked.queue_name()?)?;
    // "queueUrls" is the one lower-case name among the answers of SQS.
    page(sqs, asked, base_url, "queueUrls", |queue| queue.rules.buries_in(&dead.name))
}

/// One page of the queues that are wanted, in the order of their names. The token of a page is its last name.
fn page(
    sqs: &Sqs,
    mut asked: Parameters,
    base_url: &str,
    list_name: &str,
    is_wanted: impl Fn(&Queue) -> bool,
) -> Result<Value, SqsError> {
    let page_max = asked.number("MaxResults", 1..=1_000)?.and_then(|max| usize::try_from(max).ok()).unwrap_or(1_000);
    let last: String = asked.take("NextToken")?.unwrap_or_default();
    let state = sqs.lock();
    let wanted = state.queues.values().filter(|entry| entry.queue.name > last && is_wanted(&entry.queue));
    let mut names: Vec<&str> = wanted.map(|entry| entry.queue.name.as_str()).collect();
    let is_last = names.len() <= page_max;
    names.truncate(page_max);
    let urls: Vec<String> = names.iter().map(|name| url_of(name, base_url)).collect();
    let mut page = json!({ list_name: urls });
    if let (false, Some(name)) = (is_last, names.last()) {
        page["NextToken"] = json!(name);
    }
    Ok(page)
}

/// The attributes that were set, and the defaults of the others.
fn known_attributes(queue: &Queue) -> BTreeMap<String, String> {
    let mut attributes = default_attributes(queue.rules.fifo);
    attributes.extend(queue.attributes.clone());
    attributes
}

pub(super) fn attributes(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let now_ms = now_ms();
    let mut state = sqs.lock();
    let queue = state.queue(&asked.queue_name()?)?;
    state.store.write(|transaction| expire(transaction, &queue, now_ms))?;
    let counts = counts(state.store.read(), queue.id, now_ms)?;
    drop(state);

    let computed = [
        ("ApproximateNumberOfMessages", counts.visible.to_string()),
        ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
        ("CreatedTimestamp", (queue.created_ms / 1_000).to_string()),
        ("LastModifiedTimestamp", (queue.modified_ms / 1_000).to_string()),
        ("QueueArn", queue.arn()),
    ];
    let mut attributes = known_attributes(&queue);
    attributes.extend(computed.map(|(name, value)| (name.to_owned(), value)));
    let names: Vec<String> = asked.take("AttributeNames")?.unwrap_or_default();
    attributes.retain(|attribute, _| names.iter().any(|name| name == "All" || name == attribute));
    Ok(json!({ "Attributes": attributes }))
}

/// Sets the attributes that are named and leaves the others; an empty value takes an attribute away.
pub(super) fn set_attributes(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let mut state = sqs.lock();
    let queue = state.queue(&asked.queue_name()?)?;
    let mut attributes = queue.attributes.clone();
    attributes.extend(asked.need::<BTreeMap<_, _>>("Attributes")?);
    attributes.retain(|_, value| !value.is_empty());
    state.update(&queue, attributes, queue.tags.clone(), now_ms())?;
    Ok(json!({}))
}

pub(super) fn tag(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let added: BTreeMap<String, String> = asked.need("Tags")?;
    change_tags(sqs, asked, |tags| tags.extend(added))
}

pub(super) fn untag(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let removed: Vec<String> = asked.need("TagKeys")?;
    change_tags(sqs, asked, |tags| tags.retain(|key, _| !removed.contains(key)))
}

fn change_tags(
    sqs: &Sqs,
    mut asked: Parameters,
    change: impl FnOnce(&mut BTreeMap<String, String>),
) -> Result<Value, SqsError> {
    let mut state = sqs.lock();
    let queue = state.queue(&asked.queue_name()?)?;
    let mut tags = queue.tags.clone();
    change(&mut tags);
    state.update(&queue, queue.attributes.clone(), tags, queue.modified_ms)?;
    Ok(json!({}))
}

pub(super) fn tags(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let queue = sqs.lock().queue(&asked.queue_name()?)?;
    Ok(json!({ "Tags": queue.tags }))
}

pub(super) fn purge(sqs: &Sqs, mut asked: Parameters) -> Result<Value, SqsError> {
    let mut state = sqs.lock();
    let queue = state.queue(&asked.queue_name()?)?;
    state.store.write(|transaction| purge_messages(transaction, queue.id))?;
    Ok(json!({}))
}
