//! One letter goes back to the queue: the one place where a letter is deleted because its copy is durable.

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
    let call = call.set_message_group_id(letter.envelope().and_then(|envelope| group(&envelope.source)));
    call.send().await.map_err(|error| causes(&error))?;
    let deleted = pass.delete(&letter.about.message_id).await;
    deleted.map_err(|error| format!("a copy was sent, but the letter is still there: {error}"))
}

/// The message group of a source, as the door chooses it. A name that SQS does not take as one gets none.
pub fn group(source: &str) -> Option<String> {
    let taken = (1..=128).contains(&source.len()) && source.bytes().all(|byte| byte.is_ascii_graphic());
    taken.then(|| source.to_owned())
}

#[cfg(test)]
mod tests {
    use super::group;

    #[test]
    fn a_message_group_is_the_source_where_sqs_takes_its_name() {
        assert_eq!(group("standard-webhooks").as_deref(), Some("standard-webhooks"));
        for refused in ["", "two words", "\u{e9}t\u{e9}", &"s".repeat(129)] {
            assert_eq!(group(refused), None, "{refused}");
        }
    }
}
