//! The event's payload as JSON: what a handler sees and what a table keeps.

use serde_json::value::RawValue;

use crate::envelope::Envelope;
use crate::field::Field;
use crate::redact::Withheld;
use crate::request::{Request, is_form_type};

/// Why a payload cannot be read. Never shows a value of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The body is compressed, which no contract and no handler expects.
    #[error("the body is gzip-compressed (content-encoding), expected it plain: have the sender not compress it")]
    Gzip,
    /// Nothing of the body was kept.
    #[error("redacted: not JSON, so nothing of the body was kept")]
    Withheld,
    /// The body is no text.
    #[error("the body is not UTF-8, from byte {0} on")]
    NotText(usize),
    /// The body is no JSON.
    #[error("the body is not JSON: line {line} column {column}")]
    NotJson {
        /// The line of the mistake, counted from 1.
        line: usize,
        /// The column of the mistake, counted from 1.
        column: usize,
    },
}

/// Reads a raw body as JSON, to the byte as it was sent. A form becomes an object of its fields:
/// `{"To": "+1555", "MediaUrl": ["a", "b"]}`, a list where a name is repeated.
///
/// Of a provider that wraps its events, it is the field that holds them, `wrapped`: nobody signed the others. One that is
/// no JSON stays under its name: `{"bt_payload": "PHhtbD4="}`.
///
/// # Errors
/// [`PayloadError`] says where the body stops being readable.
pub fn read(envelope: &Envelope<'_>, body: &[u8], wrapped: Option<Field>) -> Result<Box<RawValue>, PayloadError> {
    if let Some(Withheld::NotJson) = envelope.withheld {
        return Err(PayloadError::Withheld);
    }
    read_as(envelope.content_type.as_deref(), body, wrapped)
}

/// [`read`], for a body of this content type that has no envelope.
///
/// # Errors
/// As [`read`] has them.
pub fn read_as(content_type: Option<&str>, body: &[u8], wrapped: Option<Field>) -> Result<Box<RawValue>, PayloadError> {
    if let Some(json) = wrapped.and_then(|field| unwrapped(content_type?, body, field)) {
        return Ok(json);
    }
    if content_type.is_some_and(is_form_type) {
        return Ok(form(body));
    }
    serde_json::from_str(text(body)?)
        .map_err(|error| PayloadError::NotJson { line: error.line(), column: error.column() })
}

/// The body as text.
fn text(body: &[u8]) -> Result<&str, PayloadError> {
    // How gzip begins (RFC 1952, section 2.3.1), and no UTF-8 does.
    const GZIP: &[u8] = &[0x1f, 0x8b];
    if body.starts_with(GZIP) {
        return Err(PayloadError::Gzip);
    }
    std::str::from_utf8(body).map_err(|error| PayloadError::NotText(error.valid_up_to()))
}

fn unwrapped(content_type: &str, body: &[u8], field: Field) -> Option<Box<RawValue>> {
    let headers = [("content-type".to_owned(), content_type.to_owned())];
    let text = field.of(&Request { method: "POST", url: "/", headers: &headers, body })?;
    let named = || match field {
        Field::Form(name) | Field::Multipart(name) => {
            serde_json::value::to_raw_value(&serde_json::json!({ name: text })).ok()
        }
        _ => None,
    };
    serde_json::from_str(&text).ok().or_else(named)
}

fn form(body: &[u8]) -> Box<RawValue> {
    use serde_json::{Map, Value};
    let mut fields: Map<String, Value> = Map::new();
    for (name, value) in form_urlencoded::parse(body) {
        let value = Value::String(value.into_owned());
        match fields.get_mut(name.as_ref()) {
            None => drop(fields.insert(name.into_owned(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    // OK because a map of strings and lists of strings is always JSON.
    serde_json::value::to_raw_value(&fields).expect("a form is always JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compressed_body_is_told_from_one_that_is_no_text() {
        assert_eq!(text(b"\x1f\x8b\x08\0"), Err(PayloadError::Gzip));
        assert_eq!(text(b"{\"a\":\"\xff\"}"), Err(PayloadError::NotText(6)));
        assert_eq!(text(b"\x1f"), Ok("\x1f"));
    }
}
