//! What one transaction may hold (DynamoDB developer guide, "Quotas" and "DynamoDB item sizes and formats"),
//! checked here so that the mistake is told in words.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::render::Item;
use crate::handle::ExtraWrite;

const WRITES_MAX: usize = 100;
const ITEM_BYTES_MAX: usize = 400 * 1024;
const TRANSACTION_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Checks a row, its entity's and the handler's writes against the limits of a transaction.
pub(super) fn check(row: &Item, entity: Option<&Item>, with: &[ExtraWrite]) -> Result<(), String> {
    let room = WRITES_MAX - 1 - usize::from(entity.is_some());
    if with.len() > room {
        return Err(format!("{} writes, a transaction takes {room} beside the row", with.len()));
    }
    let mut total = bytes_of_map(row) + entity.map_or(0, bytes_of_map);
    for (index, extra) in with.iter().enumerate() {
        let bytes = bytes_of(extra).map_err(|wrong| format!("write {index} {wrong}"))?;
        if bytes > ITEM_BYTES_MAX {
            return Err(format!("write {index} has {bytes} bytes, an item takes {ITEM_BYTES_MAX}"));
        }
        total += bytes;
    }
    if total > TRANSACTION_BYTES_MAX {
        return Err(format!("{total} bytes with the row, a transaction takes {TRANSACTION_BYTES_MAX}"));
    }
    Ok(())
}

/// The bytes that a write carries: the item of a put, key and values of the others.
fn bytes_of(extra: &ExtraWrite) -> Result<usize, &'static str> {
    let values = |values: &Option<Item>| values.as_ref().map_or(0, bytes_of_map);
    let write = &extra.write;
    match (&write.put, &write.update, &write.delete, &write.condition_check) {
        (Some(put), None, None, None) => Ok(bytes_of_map(&put.item)),
        (None, Some(update), None, None) => Ok(bytes_of_map(&update.key) + values(&update.expression_attribute_values)),
        (None, None, Some(delete), None) => Ok(bytes_of_map(&delete.key) + values(&delete.expression_attribute_values)),
        (None, None, None, Some(check)) => Ok(bytes_of_map(&check.key) + values(&check.expression_attribute_values)),
        _ => Err("is not exactly one of put, update, delete and condition check"),
    }
}

fn bytes_of_map(map: &HashMap<String, AttributeValue>) -> usize {
    map.iter().map(|(name, value)| name.len() + bytes_of_value(value)).sum()
}

fn bytes_of_value(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => bytes_of_number(number),
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::Ns(numbers) => numbers.iter().map(|number| bytes_of_number(number)).sum(),
        AttributeValue::Bs(blobs) => blobs.iter().map(|blob| blob.as_ref().len()).sum(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + bytes_of_value(value)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.len() + bytes_of_map(map),
        // `true`, `false` and `null` take one byte; a kind that is newer than this code is DynamoDB's to judge.
        _ => 1,
    }
}

/// About one byte for two digits, and one more.
fn bytes_of_number(number: &str) -> usize {
    number.bytes().filter(u8::is_ascii_digit).count().div_ceil(2) + 1
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};

    use super::*;
    use crate::handle::Refused;

    fn put(bytes: usize) -> ExtraWrite {
        let put = Put::builder().table_name("t").item("a", AttributeValue::S("x".repeat(bytes - 1))).build().unwrap();
        ExtraWrite { write: TransactWriteItem::builder().put(put).build(), refused: Refused::Retry }
    }

    #[track_caller]
    fn check_told(with: &[ExtraWrite], expected: Result<(), &str>) {
        let row = HashMap::from([("pk".to_owned(), AttributeValue::S("x".repeat(98)))]);
        assert_eq!(check(&row, None, with), expected.map_err(str::to_owned));
    }

    #[test]
    fn a_transaction_too_large_is_told_before_it_is_sent() {
        let puts = |count: usize, bytes| (0..count).map(|_| put(bytes)).collect::<Vec<_>>();
        check_told(&puts(99, 10), Ok(()));
        check_told(&puts(100, 10), Err("100 writes, a transaction takes 99 beside the row"));
        check_told(&[put(10), put(409_600)], Ok(()));
        check_told(&[put(10), put(409_601)], Err("write 1 has 409601 bytes, an item takes 409600"));
        check_told(&puts(10, 409_600), Ok(()));
        check_told(&puts(11, 400_000), Err("4400100 bytes with the row, a transaction takes 4194304"));
    }

    #[test]
    fn a_write_is_exactly_one_thing() {
        let expected = Err("write 0 is not exactly one of put, update, delete and condition check");
        let delete = Delete::builder().table_name("t").key("a", AttributeValue::Bool(true)).build().unwrap();
        let none = TransactWriteItem::builder().build();
        let two = TransactWriteItem::builder().set_put(put(9).write.put).delete(delete).build();
        for write in [none, two] {
            check_told(&[ExtraWrite { write, refused: Refused::Dead }], expected);
        }
    }

    #[test]
    fn values_are_counted_as_dynamodb_counts_them() {
        let list = AttributeValue::L(vec![AttributeValue::N("-12345.6".to_owned()), AttributeValue::Null(true)]);
        let map = AttributeValue::M(HashMap::from([("key".to_owned(), list)]));
        assert_eq!(bytes_of_value(&map), 3 + 1 + 3 + (3 + (1 + 4) + (1 + 1)));
    }
}
