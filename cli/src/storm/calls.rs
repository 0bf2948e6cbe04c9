//! What a function asks of SQS or DynamoDB, read from the call itself: about which event, and whether it settles it.

use local::{Call, Service};
use serde_json::Value;
use webhook::envelope::Envelope;
use webhook::ledger::{Key, Status};

use crate::bundle;

/// The kinds of calls that a storm tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The door makes a delivery durable.
    Enqueue,
    /// The worker makes a dead letter durable.
    Letter,
    /// The worker delays a message. It names no event.
    Delay,
    /// The worker reads a row.
    Read,
    /// The worker writes a row.
    Write,
    /// Any other: none that decides about an event.
    Other,
}

impl Operation {
    /// The name that chance knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Enqueue => "enqueue",
            Operation::Letter => "letter",
            Operation::Delay => "delay",
            Operation::Read => "read",
            Operation::Write => "write",
            Operation::Other => "other",
        }
    }
}

/// A call, as far as a storm wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its kind.
    pub operation: Operation,
    /// The partition key of the event that it is about.
    pub pk: Option<String>,
    /// The destination that it is about.
    pub sk: Option<String>,
    /// The status that it gives the row.
    pub status: Option<Status>,
    /// What a transaction and its repetitions have in common: DynamoDB answers all of them and carries out one.
    pub token: Option<String>,
}

/// Reads a call.
pub fn read(call: &Call) -> Asked {
    let nothing = |operation| Asked { operation, pk: None, sk: None, status: None, token: None };
    let Ok(body) = serde_json::from_slice::<Value>(&call.body) else { return nothing(Operation::Other) };
    match (call.service, call.operation.as_str()) {
        (Service::Sqs, "SendMessage") => {
            let to_letters = body["QueueUrl"]
                .as_str()
                .is_some_and(|url| url.trim_end_matches(".fifo").ends_with(bundle::DEAD_LETTERS));
            let operation = if to_letters { Operation::Letter } else { Operation::Enqueue };
            let sk = body["MessageAttributes"]["destination"]["StringValue"].as_str().map(str::to_owned);
            Asked {
                operation,
                pk: body["MessageBody"].as_str().and_then(pk_of_envelope),
                sk,
                status: None,
                token: None,
            }
        }
        (Service::Sqs, "ChangeMessageVisibility") => nothing(Operation::Delay),
        (Service::DynamoDb, "GetItem") => {
            let [pk, sk] = ["pk", "sk"].map(|name| text(&body["Key"][name]));
            Asked { operation: Operation::Read, pk, sk, status: None, token: None }
        }
        (Service::DynamoDb, "PutItem" | "UpdateItem") => written(&body),
        (Service::DynamoDb, "TransactWriteItems") => {
            let items = body["TransactItems"].as_array().into_iter().flatten();
            let writes = items.flat_map(|item| [&item["Put"], &item["Update"]]).filter(|write| write.is_object());
            let settling = writes.map(written).find(|write| write.status.is_some());
            let token = body["ClientRequestToken"].as_str().map(str::to_owned);
            settling.map_or_else(|| nothing(Operation::Write), |asked| Asked { token, ..asked })
        }
        _ => nothing(Operation::Other),
    }
}

/// The key of the event that a message of ours is about; none where the message is not ours.
pub fn pk_of_envelope(message: &str) -> Option<String> {
    let envelope = Envelope::open(message).ok()?;
    // The row's partition key is the same at every destination.
    Some(Key::new(&envelope.source, &envelope.identity, "").pk)
}

fn written(write: &Value) -> Asked {
    let (key, status) = match &write["Item"] {
        Value::Object(item) => (&write["Item"], item.get("status").and_then(text)),
        _ => (&write["Key"], assigned_status(write)),
    };
    let [pk, sk] = ["pk", "sk"].map(|name| text(&key[name]));
    let status = status.and_then(|name| Status::from_name(&name));
    Asked { operation: Operation::Write, pk, sk, status, token: None }
}

/// The status that an update expression sets: `SET #status = :done, ...`.
fn assigned_status(update: &Value) -> Option<String> {
    let expression = update["UpdateExpression"].as_str()?.replace('=', " = ").replace(',', " , ");
    let words: Vec<&str> = expression.split_whitespace().collect();
    let is_status = |name: &str| name == "status" || update["ExpressionAttributeNames"][name] == "status";
    let value = words.windows(3).find(|three| is_status(three[0]) && three[1] == "=").map(|three| three[2])?;
    text(&update["ExpressionAttributeValues"][value])
}

/// A string as DynamoDB writes it, `{"S": "text"}`.
fn text(value: &Value) -> Option<String> {
    value["S"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(service: Service, operation: &str, body: &Value, expected: (Operation, Option<&str>, Option<Status>)) {
        let call = Call { service, operation: operation.to_owned(), body: body.to_string().into() };
        let asked = read(&call);
        assert_eq!((asked.operation, asked.pk.as_deref(), asked.status), expected, "{body}");
    }

    #[test]
    fn a_write_says_whose_row_it_is_and_what_becomes_of_it() {
        let pk = json!({"S": "a#1"});
        let put = json!({"Item": {"pk": pk, "status": {"S": "done"}}});
        let written = |status| (Operation::Write, Some("a#1"), Some(status));
        check(Service::DynamoDb, "PutItem", &put, written(Status::Done));
        let update = json!({
            "Key": {"pk": pk},
            "UpdateExpression": "SET attempts=:n,#s=:new REMOVE lease_until_ms",
            "ConditionExpression": "#s = :old",
            "ExpressionAttributeNames": {"#s": "status"},
            "ExpressionAttributeValues": {":old": {"S": "claimed"}, ":new": {"S": "dead"}, ":n": {"N": "1"}},
        });
        check(Service::DynamoDb, "UpdateItem", &update, written(Status::Dead));
        let there = json!({"Item": {"pk": pk, "sk": {"S": "crm"}, "status": {"S": "done"}}});
        let call = Call { service: Service::DynamoDb, operation: "PutItem".to_owned(), body: there.to_string().into() };
        assert_eq!(read(&call).sk.as_deref(), Some("crm"));
        let other = json!({"Put": {"Item": {"pk": {"S": "order"}}}});
        let transaction = json!({"TransactItems": [other, {"Update": update}]});
        check(Service::DynamoDb, "TransactWriteItems", &transaction, written(Status::Dead));
        check(Service::DynamoDb, "GetItem", &json!({"Key": {"pk": pk}}), (Operation::Read, Some("a#1"), None));
    }

    #[test]
    fn a_message_to_the_dead_letter_queue_is_a_letter() {
        let envelope = json!({
            "v": 1, "source": "a", "provider": "github", "identity": "1", "received_at_ms": 1, "request_id": "r",
            "body": "{}", "encoding": "utf8", "body_sha256": webhook::identity::body_sha256(b"{}"),
        });
        let sent = |queue: &str, body: &str| json!({"QueueUrl": format!("http://h/0/{queue}"), "MessageBody": body});
        let message = envelope.to_string();
        let sqs = Service::Sqs;
        check(sqs, "SendMessage", &sent(bundle::QUEUE, &message), (Operation::Enqueue, Some("a#1"), None));
        check(sqs, "SendMessage", &sent(bundle::DEAD_LETTERS, &message), (Operation::Letter, Some("a#1"), None));
        check(sqs, "SendMessage", &sent(bundle::DEAD_LETTERS, "?"), (Operation::Letter, None, None));
        check(sqs, "ChangeMessageVisibility", &json!({}), (Operation::Delay, None, None));
        check(sqs, "DeleteMessage", &json!({}), (Operation::Other, None, None));
    }
}
