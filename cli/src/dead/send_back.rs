//! One letter goes back to the queue: the one place where a letter is deleted because its copy is durable.

use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;
use aws_sdk_sqs::types::MessageAttributeValue;
use webhook::letter::REDRIVEN;

use super::letter::Letter;
use super::pass::Pass;
use super::print::causes;

/// Sends a copy of a letter's message to the queue and deletes the letter once SQS has the copy.
///
/// # Errors
/// Why the letter is still there, in words.
pub async fn send_back(queue: (&aws_sdk_sqs::Client, &str), pass: &Pass<'_>, letter: &Letter) -> Result<(), String> {
    let (sqs, queue_url) = queue;
    let call = sqs.send_message().queue_url(queue_url).message_body(&letter.body);
    let redriven = MessageAttributeValue::builder().data_type("String").string_value("1").build();
    let call = call.message_attributes(REDRIVEN, redriven.map_err(|error| error.to_string())?);
    let group = letter.group.as_deref().and_then(taken);
    let group = group.or_else(|| letter.envelope().and_then(|envelope| taken(&envelope.source)));
    let call = addressed(call, queue_url, group, &letter.about.message_id);
    call.send().await.map_err(|error| causes(&error))?;
    let deleted = pass.delete(&letter.about.message_id).await;
    deleted.map_err(|error| format!("a copy was sent, but the letter is still there: {error}"))
}

/// A message group, such as the name of a source, where SQS takes it as one.
pub fn taken(group: &str) -> Option<String> {
    let taken = (1..=128).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_graphic());
    taken.then(|| group.to_owned())
}

/// A message on its way to this group of a queue. A FIFO queue would drop one whose like it took five minutes ago, and
/// wants a group in any case: `id` is another one for each message that is to arrive.
pub fn addressed(
    call: SendMessageFluentBuilder,
    queue_url: &str,
    group: Option<String>,
    id: &str,
) -> SendMessageFluentBuilder {
    if !queue_url.ends_with(".fifo") {
        return call.set_message_group_id(group);
    }
    call.message_group_id(group.as_deref().unwrap_or(id)).message_deduplication_id(id)
}

#[cfg(test)]
mod tests {
    use super::taken;

    #[test]
    fn a_message_group_is_what_sqs_takes_as_one() {
        assert_eq!(taken("standard-webhooks").as_deref(), Some("standard-webhooks"));
        for refused in ["", "two words", "\u{e9}t\u{e9}", &"s".repeat(129)] {
            assert_eq!(taken(refused), None, "{refused}");
        }
    }
}
