//! The ledger in DynamoDB: the rules of [`webhook::ledger`] put to the table, and nothing decided here.

mod entity;
mod keep;
mod render;
mod size;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError as TransactionError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use webhook::entity::Entity;
use webhook::envelope::Envelope;
use webhook::ledger::{Attempt, Key, Over, Row};
use webhook::letter::Reason;

use crate::handle::ExtraWrite;
pub use keep::Kept;
use render::{Condition, item, key_item, row};

/// The table that holds the ledger.
pub struct Ledger {
    client: Client,
    table: String,
}

/// One write over an event's row.
pub struct Write<'a> {
    /// The event's row.
    pub key: &'a Key,
    /// The event.
    pub envelope: &'a Envelope<'a>,
    /// Who writes, for which message, and when.
    pub attempt: Attempt<'a>,
    /// What the write has to find.
    pub over: Over,
    /// For how many days the event is known.
    pub window_days: u32,
    /// What the row says then.
    pub mark: Mark<'a>,
    /// Writes of the handler's that commit with it or not at all.
    pub with: &'a [ExtraWrite],
    /// The entity whose newest event it is to be, or else it is not written.
    pub entity: Option<&'a Entity>,
}

/// What a write makes its row say of the event.
#[derive(Debug, Clone, Copy)]
pub enum Mark<'a> {
    /// This attempt acts on it, until its lease ends.
    Claimed,
    /// It failed, with this detail, and waits for its next attempt.
    Waiting(&'a str),
    /// It is done, with what the handler made of it, JSON as text.
    Done(Option<&'a str>),
    /// It is done, because a newer event was there before.
    Superseded,
    /// It was dead, and its source does not want it any more.
    Filtered,
    /// It is dead, with this detail, and its letter is durable.
    Dead(Reason, &'a str),
}

/// Why the table did not take a write, or did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The row that stood in the way. Only it decides what that means.
    #[error("the row is {}", .0.status.name())]
    NotOpen(Box<Row>),
    /// The condition of a handler's write failed: the one with this index.
    #[error("the condition of the handler's write {0} failed")]
    HandlerRefused(usize),
    /// A newer event of its entity was applied before.
    #[error("a newer event of its entity was applied before")]
    NotNewest,
    /// It cannot be said which is newer, because numbers and strings have no order among them.
    #[error("order_by: {now}, and the last event of this entity has {before}")]
    OtherOrder {
        /// What it has.
        now: &'static str,
        /// What the one before has.
        before: &'static str,
    },
    /// It can never be written.
    #[error("{0}")]
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

    /// Writes the row and whatever goes with it, in ONE conditional write or transaction: all of it or nothing.
    ///
    /// # Errors
    /// [`LedgerError::NotOpen`] with the row as it stands; otherwise whether the write can ever work.
    pub async fn write(&self, write: &Write<'_>) -> Result<(), LedgerError> {
        match (write.with, write.entity) {
            ([], None) => self.put(write).await,
            _ => self.transact(write).await,
        }
    }

    async fn put(&self, write: &Write<'_>) -> Result<(), LedgerError> {
        let condition = Condition::of(&write.attempt.clauses(write.over));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(write)))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values(Some(condition.values).filter(|values| !values.is_empty()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        put.send().await.map(drop).map_err(refused_put)
    }

    /// The SDK makes one client token for this call and all its retries: a transaction whose answer was lost
    /// is not made twice.
    async fn transact(&self, write: &Write<'_>) -> Result<(), LedgerError> {
        let condition = Condition::of(&write.attempt.clauses(write.over));
        let mark = item(write);
        let entity = write.entity.map(|entity| entity::item(entity, write));
        size::check(&mark, entity.as_ref(), write.with).map_err(LedgerError::Invalid)?;
        let mark = Put::builder()
            .table_name(&self.table)
            .set_item(Some(mark))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values(Some(condition.values).filter(|values| !values.is_empty()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| LedgerError::Invalid(error.to_string()))?;
        let mut call =
            self.client.transact_write_items().transact_items(TransactWriteItem::builder().put(mark).build());
        if let Some(item) = entity {
            let put = entity::put(&self.table, item, write.attempt.now_ms);
            call = call.transact_items(TransactWriteItem::builder().put(put?).build());
        }
        for extra in write.with {
            call = call.transact_items(extra.write.clone());
        }
        call.send().await.map(drop).map_err(|error| refused_transaction(error, write.entity))
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

const NO_ROW: &str = "the condition failed and no row was returned";

fn refused_put(error: SdkError<PutItemError>) -> LedgerError {
    let unavailable = unavailable(&error);
    match error.into_service_error() {
        PutItemError::ConditionalCheckFailedException(refused) => match refused.item.as_ref().map(row) {
            Some(row) => row.map_or_else(|error| error, |row| LedgerError::NotOpen(Box::new(row))),
            None => LedgerError::Unavailable(NO_ROW.to_owned()),
        },
        PutItemError::ItemCollectionSizeLimitExceededException(_) => invalid(ROW, "ItemCollectionSizeLimitExceeded"),
        other if other.code() == Some("ValidationException") => invalid(ROW, "ValidationException"),
        _ => LedgerError::Unavailable(unavailable),
    }
}

fn refused_transaction(error: SdkError<TransactionError>, entity: Option<&Entity>) -> LedgerError {
    let unavailable = unavailable(&error);
    match error.into_service_error() {
        TransactionError::TransactionCanceledException(cancelled) => {
            cancelled_for(cancelled.cancellation_reasons.as_deref().unwrap_or_default(), entity)
        }
        other if other.code() == Some("ValidationException") => invalid(ALL, "ValidationException"),
        _ => LedgerError::Unavailable(unavailable),
    }
}

/// Why a transaction was cancelled: each of its writes has a reason, the row's own comes first, the entity's second.
///
/// The row decides before all others, because a handler's writes fail too when they were committed before. What
/// may pass comes next: such a transaction tells nothing about the conditions.
fn cancelled_for(reasons: &[CancellationReason], entity: Option<&Entity>) -> LedgerError {
    const FAILED: &str = "ConditionalCheckFailed";
    let code = |reason: &CancellationReason| reason.code.clone().unwrap_or_default();
    let codes: Vec<String> = reasons.iter().map(code).collect();
    if codes.first().is_some_and(|code| code == FAILED) {
        return match reasons[0].item.as_ref().filter(|item| !item.is_empty()).map(row) {
            Some(row) => row.map_or_else(|error| error, |row| LedgerError::NotOpen(Box::new(row))),
            None => LedgerError::Unavailable(NO_ROW.to_owned()),
        };
    }
    let lasting = ["None", FAILED, "ValidationError", "ItemCollectionSizeLimitExceeded"];
    let other_than = |known: &[&str]| codes.iter().enumerate().find(|(_, code)| !known.contains(&code.as_str()));
    if let Some((place, passing)) = other_than(&lasting) {
        return LedgerError::Unavailable(format!("{passing} at {}", whose(place)));
    }
    if let Some((place, never)) = other_than(&["None", FAILED]) {
        return invalid(&whose(place), never);
    }
    match (codes.iter().position(|code| code == FAILED), entity) {
        (Some(1), Some(entity)) => entity::refused(entity, reasons[1].item.as_ref()),
        (Some(place), Some(_)) => LedgerError::HandlerRefused(place - 2),
        (Some(place), None) => LedgerError::HandlerRefused(place - 1),
        (None, _) => LedgerError::Unavailable("a transaction was cancelled without a reason".to_owned()),
    }
}

/// Whose write stands at this place of a transaction; those of the handler are counted from 0.
fn whose(place: usize) -> String {
    place.checked_sub(1).map_or_else(|| ROW.to_owned(), |index| format!("the handler's write {index}"))
}

const ROW: &str = "the event's row";
const ALL: &str = "the event's row and the handler's writes together";

/// Says that DynamoDB will never take it. Its own words may hold a value of the payload, so they are left out.
fn invalid(what: &str, code: &str) -> LedgerError {
    LedgerError::Invalid(format!("DynamoDB refused {what}: {code}"))
}

fn unavailable<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::ServiceError(service) => service.err().code().unwrap_or("an error without a code").to_owned(),
        _ => "it cannot be reached".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(codes: &[&str], expected: &LedgerError) {
        let reason = |code: &&str| CancellationReason::builder().code(*code).build();
        assert_eq!(&cancelled_for(&codes.iter().map(reason).collect::<Vec<_>>(), None), expected, "{codes:?}");
    }

    #[test]
    fn an_entity_stands_between_the_row_and_the_handlers_writes() {
        let entity = Entity { name: "e".to_owned(), order: webhook::entity::Order::Number("1".to_owned()) };
        let reasons = |codes: [&str; 3]| codes.map(|code| CancellationReason::builder().code(code).build());
        let told = |codes| cancelled_for(&reasons(codes), Some(&entity));
        assert_eq!(told(["None", "ConditionalCheckFailed", "None"]), LedgerError::NotNewest);
        assert_eq!(told(["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]), LedgerError::NotNewest);
        assert_eq!(told(["None", "None", "ConditionalCheckFailed"]), LedgerError::HandlerRefused(0));
        assert!(matches!(told(["None", "ConditionalCheckFailed", "ThrottlingError"]), LedgerError::Unavailable(_)));
    }

    #[test]
    fn each_reason_of_a_cancelled_transaction_is_told_apart() {
        let unavailable = |why: &str| LedgerError::Unavailable(why.to_owned());
        check(&["None", "None", "ConditionalCheckFailed"], &LedgerError::HandlerRefused(1));
        check(&["None", "TransactionConflict"], &unavailable("TransactionConflict at the handler's write 0"));
        check(
            &["None", "ThrottlingError", "ConditionalCheckFailed"],
            &unavailable("ThrottlingError at the handler's write 0"),
        );
        check(
            &["ProvisionedThroughputExceeded", "None"],
            &unavailable("ProvisionedThroughputExceeded at the event's row"),
        );
        check(
            &["None", "ItemCollectionSizeLimitExceeded"],
            &invalid("the handler's write 0", "ItemCollectionSizeLimitExceeded"),
        );
        check(&["ValidationError", "None"], &invalid("the event's row", "ValidationError"));
        check(&["None", "None", "ValidationError"], &invalid("the handler's write 1", "ValidationError"));
        check(&["ConditionalCheckFailed", "None"], &unavailable(NO_ROW));
        check(&[], &unavailable("a transaction was cancelled without a reason"));
    }
}
