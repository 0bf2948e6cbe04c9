//! A payload for a provider that a source describes itself: nobody knows what it sends, but its description says where
//! the values lie that Tidegate reads.

use serde_json::{Map, Value};
use webhook::field::Field;
use webhook::identity;
use webhook::provider::Provider;
use webhook::scheme::{Scheme, TimestampPlace};
use webhook::template;

use super::{FORM, JSON};

/// What stands where a type is read.
const TYPE: &str = "sample";

/// A content type and a body with the event's id and type where they are read, and with room for what is signed there.
pub fn payload(provider: &Provider, event_id: &str) -> (&'static str, Vec<u8>) {
    let places = places(provider, event_id);
    let is_form = |(field, _): &(Field, &str)| matches!(field, Field::Form(_));
    if template::signs_form(provider.scheme.signed) || places.iter().any(is_form) {
        let pairs = places.iter().filter_map(|(field, text)| match field {
            Field::Form(name) => Some((*name, *text)),
            _ => None,
        });
        return (FORM, form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes());
    }
    let mut body = Value::Object(Map::new());
    for (field, text) in places {
        if let Field::Json(pointer) = field {
            put(&mut body, pointer, text);
        }
    }
    (JSON, body.to_string().into_bytes())
}

/// Headers that are read or signed, beside those that the signature itself brings.
pub fn headers(provider: &Provider, event_id: &str, body: &[u8]) -> Vec<(String, String)> {
    let hash = provider.scheme.body_hash.map(|rule| (rule.field, identity::body_sha256(body)));
    let hash = hash.as_ref().map(|(field, hash)| (*field, hash.as_str()));
    let mut headers: Vec<(String, String)> = Vec::new();
    for (field, text) in hash.into_iter().chain(places(provider, event_id)) {
        if let Field::Header(name) = field
            && !headers.iter().any(|(known, _)| known == name)
        {
            headers.push((name.to_owned(), text.to_owned()));
        }
    }
    headers
}

/// Every place that is read of a request, but for headers that signing writes, each with what is to stand there.
fn places<'a>(provider: &Provider, event_id: &'a str) -> Vec<(Field, &'a str)> {
    let Scheme { signature, signed, timestamp, .. } = provider.scheme;
    let times = match timestamp.map(|rule| rule.place) {
        Some(TimestampPlace::Fields(fields)) => fields,
        _ => &[],
    };
    // Signing replaces what stands there.
    let in_body = |field: &&Field| !matches!(field, Field::Header(_));
    let written = signature.fields.iter().chain(times).filter(in_body).map(|field| (*field, "0"));
    // Of an id of several fields, each is there.
    let ids = provider.id.first().map_or(&[][..], |field| match field {
        Field::All(fields) => fields,
        one => std::slice::from_ref(one),
    });
    let id = ids.iter().map(|field| (*field, event_id));
    let event_type = provider.event_type.first().map(|field| (*field, TYPE));
    let parts = signed.split('{').skip(1).filter_map(|part| part.split(['|', '}']).next());
    let covered = parts.filter_map(Field::parse).map(|field| match field {
        // A list of headers names those that it has to.
        Field::Headers(names) => (Field::Header(names.split(',').next().unwrap_or_default()), names),
        other => (other, event_id),
    });
    id.chain(event_type).chain(written).chain(covered).collect()
}

/// Puts a text at a JSON pointer, where nothing stands yet.
fn put(body: &mut Value, pointer: &str, text: &str) {
    let mut place = body;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[token];
    }
    if place.is_null() {
        *place = text.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_finds_what_was_put_there() {
        let mut body = Value::Null;
        for (pointer, text) in [("/data/0/id", "7"), ("/a~1b", "x"), ("/data/0/id", "second")] {
            put(&mut body, pointer, text);
        }
        assert_eq!(body.to_string(), r#"{"a/b":"x","data":{"0":{"id":"7"}}}"#);
    }
}
