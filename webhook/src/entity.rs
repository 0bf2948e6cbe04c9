//! What an event is about, and which of the events about that is newer.

use serde_json::Value;

use crate::ledger::Key;

/// The sort key of entities' rows. No destination is called so, and so no event's row is taken for one.
pub const SORT_KEY: &str = "entity";
/// The longest name of an entity and the longest text that puts its events in order, in bytes.
const TEXT_BYTES_MAX: usize = 512;
/// DynamoDB keeps so many digits of a number and refuses one that has more ("Supported data types", Number).
const DIGITS_MAX: usize = 38;
/// The power of ten below which DynamoDB takes numbers; the smallest are about as far on the other side.
const POWER_MAX: f64 = 1e125;

/// An event's entity, and where the event stands among that one's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// The entity's name within its source.
    pub name: String,
    /// The larger the newer.
    pub order: Order,
}

/// What puts the events of an entity in order. Numbers and texts have no order among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// As numbers have it; the number as it was written.
    Number(String),
    /// As the bytes of texts have it: times of RFC 3339, where they are all written alike.
    Text(String),
}

/// Why a value is no name and no order. Never shows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// It is neither a string nor a number.
    #[error("{0}, expected a string or a number")]
    Kind(&'static str),
    /// It is empty or too long.
    #[error("a string of {0} bytes, expected 1 to {TEXT_BYTES_MAX}")]
    Text(usize),
    /// No item of DynamoDB can keep it.
    #[error("a number that is too long or too large for DynamoDB, expected at most {DIGITS_MAX} digits")]
    Number,
}

impl Order {
    /// Reads a JSON value.
    ///
    /// # Errors
    /// [`OrderError`] says what it is instead.
    pub fn read(json: &str) -> Result<Order, OrderError> {
        let number = matches!(json.as_bytes().first(), Some(b'-' | b'0'..=b'9'));
        if number {
            return if is_storable(json) { Ok(Order::Number(json.to_owned())) } else { Err(OrderError::Number) };
        }
        match serde_json::from_str(json) {
            Ok(Value::String(text)) if text.is_empty() || text.len() > TEXT_BYTES_MAX => {
                Err(OrderError::Text(text.len()))
            }
            Ok(Value::String(text)) => Ok(Order::Text(text)),
            Ok(Value::Null) => Err(OrderError::Kind("null")),
            Ok(Value::Bool(_)) => Err(OrderError::Kind("a boolean")),
            Ok(Value::Array(_)) => Err(OrderError::Kind("an array")),
            _ => Err(OrderError::Kind("an object")),
        }
    }

    /// The text of it: names of entities need no kind.
    pub fn into_text(self) -> String {
        match self {
            Order::Number(text) | Order::Text(text) => text,
        }
    }

    /// What it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Order::Number(_) => "a number",
            Order::Text(_) => "a string",
        }
    }
}

impl Entity {
    /// The key of its row. An event's row may have the same partition key and never the same sort key.
    pub fn key(&self, source: &str) -> Key {
        Key::new(source, &format!("entity#{}", self.name), SORT_KEY)
    }
}

/// Whether DynamoDB takes a number as it is written.
fn is_storable(number: &str) -> bool {
    let mantissa = number.split(['e', 'E']).next().unwrap_or(number);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0').trim_end_matches('0').len();
    let size = number.parse::<f64>().map_or(f64::INFINITY, f64::abs);
    digits <= DIGITS_MAX && size < POWER_MAX && (digits == 0 || size > 1.0 / POWER_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::Destination;

    #[test]
    fn numbers_are_kept_as_they_are_or_not_at_all() {
        let zeros = format!("1{}", "0".repeat(100));
        let good =
            ["0", "-1", "0.10", "9223372036854775808", "1700000000.123", "1e120", "0e999", "-0", "1e-120", &zeros];
        for good in good {
            assert_eq!(Order::read(good), Ok(Order::Number(good.to_owned())));
        }
        for bad in ["1e400", "1e126", "1e-200", &"1".repeat(39)] {
            assert_eq!(Order::read(bad), Err(OrderError::Number), "{bad}");
        }
    }

    #[test]
    fn what_is_no_order_is_told_by_its_kind() {
        let long = format!("\"{}\"", "a".repeat(513));
        assert_eq!(Order::read(r#""a\u00e9""#), Ok(Order::Text("a\u{e9}".to_owned())));
        for (json, told) in [
            ("null", "null, expected a string or a number"),
            ("true", "a boolean, expected a string or a number"),
            ("[1]", "an array, expected a string or a number"),
            ("{}", "an object, expected a string or a number"),
            ("\"\"", "a string of 0 bytes, expected 1 to 512"),
            (&long, "a string of 513 bytes, expected 1 to 512"),
        ] {
            assert_eq!(Order::read(json).unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn no_event_has_the_row_of_an_entity() {
        let entity = Entity { name: "7".to_owned(), order: Order::Number("1".to_owned()) };
        let event = Key::new("a", "entity#7", "table");
        assert_eq!((entity.key("a").pk, entity.key("a").sk), (event.pk, SORT_KEY.to_owned()));
        assert!(!Destination::NAMES.contains(&SORT_KEY));
    }
}
