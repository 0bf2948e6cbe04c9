//! The ledger in DynamoDB: the rules of [`webhook::ledger`] rendered as expressions, and nothing decided here.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use webhook::envelope::Envelope;
use webhook::ledger::{Attempt, Key, Open, Row, Status};
use webhook::letter::Reason;

type Item = HashMap<String, AttributeValue>;

/// The table that holds the ledger.
pub struct Ledger {
    client: Client,
    table: String,
}

/// One write that settles an event.
pub struct Write<'a> {
    /// The event's row.
    pub key: &'a Key,
    /// The event.
    pub envelope: &'a Envelope<'a>,
    /// Who writes, for which message, and when.
    pub attempt: Attempt<'a>,
    /// How often the message was received.
    pub receives: u32,
    /// For how many days the event is known.
    pub window_days: u32,
    /// What it is settled as.
    pub settlement: Settlement<'a>,
}

/// What a write settles its event as.
#[derive(Clone, Copy)]
pub enum Settlement<'a> {
    /// Done, with what the handler made of it, JSON as text.
    Done(&'a str),
    /// Dead, and its letter is durable.
    Dead(Reason, &'a str),
}

/// Why the table did not take a write, or did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The row that stood in the way. Only it decides what that means.
    #[error("the row is {}", .0.status.name())]
    NotOpen(Box<Row>),
    /// The item can never be written.
    #[error("DynamoDB refused the item: {0}")]
    Invalid(String),
    /// It may work another time.
    #[error("DynamoDB: {0}")]
    Unavailable(String),
}

impl Ledger {
    /// A ledger in this table.
    pub fn new(client: Client, table: String) -> Self {
        Ledger { client, table }
    }

    /// Settles an event in ONE conditional write over an open row: mark and effect commit together or not at all.
    ///
    /// # Errors
    /// [`LedgerError::NotOpen`] with the row as it stands; otherwise whether the write can ever work.
    pub async fn settle(&self, write: &Write<'_>) -> Result<(), LedgerError> {
        let condition = Condition::over_open(&write.attempt);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(write)))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values(Some(condition.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(describe(error)),
        }
    }

    /// Reads an event's row, consistently.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`] when the table does not answer.
    pub async fn read(&self, key: &Key) -> Result<Option<Row>, LedgerError> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true).set_key(Some(key_item(key)));
        match get.send().await {
            Ok(output) => output.item.map(|item| row(&item)).transpose(),
            Err(error) => Err(LedgerError::Unavailable(unavailable(&error))),
        }
    }
}

/// A condition expression with its names and values.
struct Condition {
    expression: String,
    names: HashMap<String, String>,
    values: Item,
}

impl Condition {
    /// "Any of the reasons for which the row may be taken", as DynamoDB writes it.
    fn over_open(attempt: &Attempt<'_>) -> Self {
        let name = |short: &str, long: &str| (short.to_owned(), long.to_owned());
        let mut condition = Condition {
            expression: String::new(),
            names: HashMap::from([name("#status", "status")]),
            values: HashMap::new(),
        };
        let clauses = attempt.open().map(|reason| match reason {
            Open::Absent => "attribute_not_exists(pk)",
            Open::ExpiredBy(second) => {
                condition.values.insert(":now_s".to_owned(), number(second));
                "expires_at <= :now_s"
            }
            Open::Waiting => {
                condition.values.insert(":waiting".to_owned(), text(Status::Waiting.name()));
                "#status = :waiting"
            }
            Open::DeadByOtherThan(message_id) => {
                condition.values.insert(":dead".to_owned(), text(Status::Dead.name()));
                condition.values.insert(":message_id".to_owned(), text(message_id));
                "(#status = :dead AND message_id <> :message_id)"
            }
            Open::LeaseEndedBefore(ms) => {
                condition.values.insert(":claimed".to_owned(), text(Status::Claimed.name()));
                condition.values.insert(":lease_ended_ms".to_owned(), number(ms));
                "(#status = :claimed AND lease_until_ms < :lease_ended_ms)"
            }
        });
        condition.expression = clauses.join(" OR ");
        condition
    }
}

fn item(write: &Write<'_>) -> Item {
    const DAY_S: u64 = 24 * 60 * 60;
    let Write { key, envelope, attempt, receives, window_days, settlement } = write;
    let mut item = key_item(key);
    let mut set = |name: &str, value| drop(item.insert(name.to_owned(), value));
    set("source", text(&envelope.source));
    set("provider", text(&envelope.provider));
    set("owner", text(attempt.owner));
    set("message_id", text(attempt.message_id));
    set("body_sha256", text(attempt.body_sha256));
    set("attempts", number(u64::from(*receives)));
    set("received_at_ms", number(envelope.received_at_ms));
    set("settled_at_ms", number(attempt.now_ms));
    set("expires_at", number(attempt.now_ms / 1000 + u64::from(*window_days) * DAY_S));
    if let Some(id) = &envelope.event_id {
        set("event_id", text(id));
    }
    if let Some(kind) = &envelope.event_type {
        set("event_type", text(kind));
    }
    match settlement {
        Settlement::Done(result) => {
            set("status", text(Status::Done.name()));
            set("result", text(result));
        }
        Settlement::Dead(reason, detail) => {
            set("status", text(Status::Dead.name()));
            set("reason", text(reason.name()));
            set("detail", text(detail));
        }
    }
    item
}

fn key_item(key: &Key) -> Item {
    HashMap::from([("pk".to_owned(), text(&key.pk)), ("sk".to_owned(), text(&key.sk))])
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Reads a row. One without a status that this code knows was not written by it and decides nothing.
fn row(item: &Item) -> Result<Row, LedgerError> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str);
    let number = |name: &str| item.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok());
    let unknown = || LedgerError::Unavailable(format!("a row with the unknown status {:?}", text("status")));
    Ok(Row {
        status: Status::from_name(text("status")).ok_or_else(unknown)?,
        owner: text("owner").to_owned(),
        message_id: text("message_id").to_owned(),
        body_sha256: text("body_sha256").to_owned(),
        lease_until_ms: number("lease_until_ms"),
        expires_at: number("expires_at"),
    })
}

fn describe(error: SdkError<PutItemError>) -> LedgerError {
    let unavailable = unavailable(&error);
    match error.into_service_error() {
        PutItemError::ConditionalCheckFailedException(refused) => match refused.item.as_ref().map(row) {
            Some(Ok(row)) => LedgerError::NotOpen(Box::new(row)),
            Some(Err(error)) => error,
            None => LedgerError::Unavailable("the condition failed and no row was returned".to_owned()),
        },
        other if other.code() == Some("ValidationException") => LedgerError::Invalid("ValidationException".to_owned()),
        PutItemError::ItemCollectionSizeLimitExceededException(_) => {
            LedgerError::Invalid("ItemCollectionSizeLimitExceededException".to_owned())
        }
        _ => LedgerError::Unavailable(unavailable),
    }
}

fn unavailable<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::ServiceError(service) => service.err().code().unwrap_or("an error without a code").to_owned(),
        _ => "it cannot be reached".to_owned(),
    }
}
