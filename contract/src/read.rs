//! Reading a payload into values, within bounds: what a contract is held against is all that the payload says.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// What the values of one payload may take of memory, in bytes. Two bytes of JSON, `0,`, become a value of 32, and eight
/// of them, `{"a":0},`, a map of 700: without a bound, a body of some mebibytes would end the worker.
const MEMORY_BYTES_MAX: usize = 96 * 1024 * 1024;
/// A value in a list that grows by doubling.
const VALUE_BYTES: usize = 64;
/// The first node of a map, which has room for eleven entries.
const MAP_BYTES: usize = 640;

/// Reads JSON: no name twice in an object, because whoever reads the payload next may take the other one; at most 127
/// levels; and no more than 96 MiB of values.
///
/// # Errors
/// Says where the text stops being that, and nothing of what is there.
pub fn read(text: &str) -> Result<Value, serde_json::Error> {
    let mut left = MEMORY_BYTES_MAX;
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Bounded(&mut left).deserialize(&mut json)?;
    json.end()?;
    Ok(value)
}

/// A value that is read within what is left of the memory.
struct Bounded<'b>(&'b mut usize);

impl Bounded<'_> {
    fn take<E: Error>(&mut self, bytes: usize) -> Result<(), E> {
        match self.0.checked_sub(bytes) {
            Some(left) => *self.0 = left,
            None => return Err(E::custom("its values take more than 96 MiB of memory")),
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(mut self, from: D) -> Result<Value, D::Error> {
        self.take(VALUE_BYTES)?;
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: Error>(mut self, value: &str) -> Result<Value, E> {
        self.take(value.len())?;
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(Bounded(self.0))? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut from: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = from.next_key::<String>()? {
            self.take(name.len() + if fields.is_empty() { MAP_BYTES } else { VALUE_BYTES })?;
            match fields.entry(name) {
                Entry::Vacant(free) => drop(free.insert(from.next_value_seed(Bounded(self.0))?)),
                Entry::Occupied(_) => return Err(A::Error::custom("a name is there twice")),
            }
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(text: &str, told: &str) {
        assert_eq!(read(text).unwrap_err().to_string(), told);
    }

    #[test]
    fn what_is_read_is_what_serde_json_reads() {
        for text in [
            "null",
            " [true, false, -1, 18446744073709551615, 18446744073709551616, 1.5, -0.0, 1e300] ",
            r#"{"a": {"b": [{}, [], "\ud83e\udd80\u0000"]}, "": null, "c": "long"}"#,
        ] {
            assert_eq!(read(text).unwrap(), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_refused_where_it_stands_and_not_repeated() {
        check_refused(r#"{"a": 1, "b": {"s3cret": 1, "s3cret": 1}}"#, "a name is there twice at line 1 column 36");
        check_refused(r#"{"a": 1, "\u0061": 2}"#, "a name is there twice at line 1 column 17");
    }

    #[test]
    fn what_is_no_json_is_refused() {
        check_refused("{} {}", "trailing characters at line 1 column 4");
        check_refused("[1e400]", "number out of range at line 1 column 6");
        check_refused("", "EOF while parsing a value at line 1 column 0");
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        check_refused(&deep, "recursion limit exceeded at line 1 column 128");
    }

    #[test]
    fn values_that_take_much_more_memory_than_text_are_refused() {
        let many = |item: &str| format!("[{}{item}]", format!("{item},").repeat(5 * 1024 * 1024 / (item.len() + 1)));
        for item in ["0", "[]", "{\"a\":0}", "\"\""] {
            let told = read(&many(item)).unwrap_err().to_string();
            assert!(told.starts_with("its values take more than 96 MiB of memory at line 1"), "{item}: {told}");
        }
        assert!(read(&many(&format!("\"{}\"", "a".repeat(100)))).is_ok());
    }
}
