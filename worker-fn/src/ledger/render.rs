//! How conditions and rows are written in DynamoDB, and how a row is read.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use webhook::ledger::{Clause, Key, Row, Status};

use super::{LedgerError, Mark, Write};

pub(super) type Item = HashMap<String, AttributeValue>;

/// A condition expression with its names and values.
pub(super) struct Condition {
    pub(super) expression: String,
    pub(super) names: HashMap<String, String>,
    pub(super) values: Item,
}

impl Condition {
    /// "Any of these clauses", as DynamoDB writes it. It refuses names and values that no clause speaks of.
    pub(super) fn of(clauses: &[Clause<'_>]) -> Self {
        let mut condition = Condition { expression: String::new(), names: HashMap::new(), values: HashMap::new() };
        let clauses: Vec<String> = clauses.iter().map(|clause| condition.clause(*clause)).collect();
        condition.expression = clauses.join(" OR ");
        condition
    }

    fn clause(&mut self, clause: Clause<'_>) -> String {
        match clause {
            Clause::Absent => "attribute_not_exists(pk)".to_owned(),
            Clause::ExpiredBy(second) => format!("expires_at <= {}", self.value(":now_s", number(second))),
            Clause::DeadByOtherThan(message_id) => {
                let message_id = self.value(":message_id", text(message_id));
                format!("({} AND message_id <> {message_id})", self.status(Status::Dead))
            }
            Clause::Dead => self.status(Status::Dead),
            Clause::Filtered => self.status(Status::Filtered),
            Clause::Waiting(attempts) => format!("({}{})", self.status(Status::Waiting), self.after(attempts)),
            Clause::LeaseEnded(ms, attempts) => {
                let ended = self.value(":lease_ended_ms", number(ms));
                let after = self.after(attempts);
                format!("({} AND lease_until_ms < {ended}{after})", self.status(Status::Claimed))
            }
            Clause::ClaimedBy(owner) => {
                self.names.insert("#owner".to_owned(), "owner".to_owned());
                let owner = self.value(":owner", text(owner));
                format!("({} AND #owner = {owner})", self.status(Status::Claimed))
            }
        }
    }

    fn status(&mut self, status: Status) -> String {
        self.names.insert("#status".to_owned(), "status".to_owned());
        format!("#status = {}", self.value(&format!(":{}", status.name()), text(status.name())))
    }

    fn after(&mut self, attempts: Option<u32>) -> String {
        let Some(attempts) = attempts else { return String::new() };
        format!(" AND attempts = {}", self.value(":attempts", number(u64::from(attempts))))
    }

    fn value(&mut self, name: &str, value: AttributeValue) -> String {
        self.values.insert(name.to_owned(), value);
        name.to_owned()
    }
}

/// The whole row that a write leaves.
pub(super) fn item(write: &Write<'_>) -> Item {
    let Write { key, envelope, attempt, mark, .. } = write;
    let mut item = key_item(key);
    let mut set = |name: &str, value| drop(item.insert(name.to_owned(), value));
    set("source", text(&envelope.source));
    set("provider", text(&envelope.provider));
    set("owner", text(attempt.owner));
    set("message_id", text(attempt.message_id));
    set("body_sha256", text(attempt.body_sha256));
    set("attempts", number(u64::from(attempt.number)));
    set("received_at_ms", number(envelope.received_at_ms));
    set("expires_at", number(expires_at(write)));
    if let Some(id) = &envelope.event_id {
        set("event_id", text(id));
    }
    if let Some(kind) = &envelope.event_type {
        set("event_type", text(kind));
    }
    let status = match mark {
        Mark::Claimed => {
            set("lease_until_ms", number(attempt.lease_until_ms));
            Status::Claimed
        }
        Mark::Waiting(detail) => {
            set("detail", text(detail));
            Status::Waiting
        }
        Mark::Done(result) => {
            if let Some(result) = result {
                set("result", text(result));
            }
            Status::Done
        }
        Mark::Filtered => Status::Filtered,
        Mark::Superseded => {
            set("superseded", AttributeValue::Bool(true));
            Status::Done
        }
        Mark::Dead(reason, detail) => {
            set("reason", text(reason.name()));
            set("detail", text(detail));
            Status::Dead
        }
    };
    set("status", text(status.name()));
    if matches!(status, Status::Done | Status::Dead | Status::Filtered) {
        set("settled_at_ms", number(attempt.now_ms));
    }
    item
}

/// When what is written now is forgotten, Unix time in seconds.
pub(super) fn expires_at(write: &Write<'_>) -> u64 {
    const DAY_S: u64 = 24 * 60 * 60;
    write.attempt.now_ms / 1000 + u64::from(write.window_days) * DAY_S
}

pub(super) fn key_item(key: &Key) -> Item {
    HashMap::from([("pk".to_owned(), text(&key.pk)), ("sk".to_owned(), text(&key.sk))])
}

/// Reads a row. One without a status that this code knows was not written by it and decides nothing.
pub(super) fn row(item: &Item) -> Result<Row, LedgerError> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str);
    let number = |name: &str| item.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse::<u64>().ok());
    let unknown = || LedgerError::Unavailable(format!("a row with the unknown status {:?}", text("status")));
    Ok(Row {
        status: Status::from_name(text("status")).ok_or_else(unknown)?,
        owner: text("owner").to_owned(),
        message_id: text("message_id").to_owned(),
        body_sha256: text("body_sha256").to_owned(),
        attempts: number("attempts").and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
        lease_until_ms: number("lease_until_ms"),
        expires_at: number("expires_at"),
    })
}

pub(super) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(super) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
