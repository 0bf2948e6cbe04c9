//! The row of an entity: which of its events was applied last. It is written in the transaction that marks the event
//! done, so an older event finds it and has no effect.
//!
//! It is kept for as long as the mark of that event. An older one that comes even later than that is beyond the window
//! in which anything is promised.

use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure};
use webhook::entity::{Entity, Order};

use super::render::{Item, expires_at, key_item, number, text};
use super::{LedgerError, Write};

/// The attribute that holds the newest event's order.
const ORDER: &str = "entity_order";

/// The row that says of an event that it is its entity's newest.
pub(super) fn item(entity: &Entity, write: &Write<'_>) -> Item {
    let order = match &entity.order {
        Order::Number(number) => AttributeValue::N(number.clone()),
        Order::Text(text) => AttributeValue::S(text.clone()),
    };
    let mut item = key_item(&entity.key(&write.envelope.source));
    item.insert(ORDER.to_owned(), order);
    item.insert("entity_event".to_owned(), text(&write.key.pk));
    item.insert("settled_at_ms".to_owned(), number(write.attempt.now_ms));
    item.insert("expires_at".to_owned(), number(expires_at(write)));
    item
}

/// What it means that this row stood in an event's way.
pub(super) fn refused(entity: &Entity, row: Option<&Item>) -> LedgerError {
    let before = match row.and_then(|row| row.get(ORDER)) {
        Some(AttributeValue::N(_)) => "a number",
        Some(AttributeValue::S(_)) => "a string",
        _ => return LedgerError::NotNewest,
    };
    let now = entity.order.kind();
    if now == before { LedgerError::NotNewest } else { LedgerError::OtherOrder { now, before } }
}

/// Writes an entity's row over one that is not newer. DynamoDB compares nothing with a value of another kind, so such a
/// row is in the way.
pub(super) fn put(table: &str, item: Item, now_ms: u64) -> Result<Put, LedgerError> {
    const NOT_NEWER: &str = "attribute_not_exists(pk) OR expires_at <= :now_s OR entity_order <= :order";
    let values = [(":now_s", Some(number(now_ms / 1000))), (":order", item.get(ORDER).cloned())];
    let values = values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Put::builder()
        .table_name(table)
        .set_expression_attribute_values(Some(values.collect()))
        .set_item(Some(item))
        .condition_expression(NOT_NEWER)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .map_err(|error| LedgerError::Invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_another_kind_is_not_a_newer_one() {
        let entity = |order| Entity { name: "e".to_owned(), order };
        let row = |value| Item::from([(ORDER.to_owned(), value)]);
        let number = AttributeValue::N("7".to_owned());
        let other = LedgerError::OtherOrder { now: "a string", before: "a number" };
        assert_eq!(refused(&entity(Order::Text("6".to_owned())), Some(&row(number.clone()))), other);
        assert_eq!(refused(&entity(Order::Number("6".to_owned())), Some(&row(number))), LedgerError::NotNewest);
    }
}
