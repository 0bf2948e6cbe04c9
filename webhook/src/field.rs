//! Where a value lies in a request: the vocabulary for ids, types, timestamps and signatures.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::Request;
use crate::header_list;
use crate::jwt;
use crate::multipart;

/// Where one value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A header, its name in lower case.
    Header(&'static str),
    /// Headers that a header lists, with their values, joined as they are signed: see `header_list`. Its name in
    /// lower case, then those that it has to list, too: `x-signed-headers,x-time`.
    Headers(&'static str),
    /// A parameter of the query string, percent-decoded.
    Query(&'static str),
    /// A JSON pointer (RFC 6901) into the body. Strings and whole numbers are values, anything else is not.
    Json(&'static str),
    /// A field of a form body, percent-decoded.
    Form(&'static str),
    /// A field of a multipart form (RFC 7578), no file.
    Multipart(&'static str),
    /// A claim of the JSON Web Token in a header: the header's name in lower case, and the claim's.
    Claim(&'static str, &'static str),
    /// Several together, joined by `+`; a value only where each of them has one. For ids that no one field is.
    All(&'static [Field]),
}

impl Field {
    /// Reads a place as `sources.toml` and logs name it, the mirror of `Display`; `None` where it names none.
    pub fn parse(place: &'static str) -> Option<Self> {
        let (kind, name) = place.split_once(':')?;
        match kind {
            "header" => Some(Field::Header(name)),
            "headers" => Some(Field::Headers(name)),
            "query" => Some(Field::Query(name)),
            "json" => Some(Field::Json(name)),
            "form" => Some(Field::Form(name)),
            "multipart" => Some(Field::Multipart(name)),
            "claim" => name.split_once('/').map(|(header, name)| Field::Claim(header, name)),
            _ => None,
        }
    }

    /// The same of places that may be several together, joined by `+`. What it makes of several lives as long as the
    /// process, so this is for what is read once.
    pub fn parse_joined(places: &'static str) -> Option<Self> {
        match &pieces(places)[..] {
            [one] => Field::parse(one),
            several => {
                let fields: Option<Vec<Field>> = several.iter().map(|piece| Field::parse(piece)).collect();
                fields.map(|fields| Field::All(fields.leak()))
            }
        }
    }

    /// The value in this request, or `None` where it is absent or blank.
    ///
    /// Only a verified request may be asked for JSON or form fields, or claims, that matter.
    pub fn of<'r>(self, request: &Request<'r>) -> Option<Cow<'r, str>> {
        let value = match self {
            Field::Header(name) => request.header(name).map(Cow::Borrowed),
            Field::Headers(names) => header_list::listed(names, request).map(Cow::Owned),
            Field::Query(name) => parameter(request.query().as_bytes(), name),
            Field::Form(name) if request.is_form() => parameter(request.body, name),
            Field::Form(_) => None,
            Field::Multipart(name) => {
                multipart::field(request.header("content-type")?, request.body, name).map(Cow::Borrowed)
            }
            Field::Json(pointer) => json_value(request.body, pointer).map(Cow::Owned),
            Field::All(fields) => {
                let values: Option<Vec<_>> = fields.iter().map(|field| field.of(request)).collect();
                values.map(|values| Cow::Owned(values.join("+")))
            }
            Field::Claim(header, name) => jwt::text_claim(request.header(header)?, name).map(Cow::Owned),
        };
        value.filter(|v| !v.is_empty())
    }

    /// The value at the first of several places that has one.
    pub fn first_of<'r>(fields: &[Field], request: &Request<'r>) -> Option<Cow<'r, str>> {
        fields.iter().find_map(|field| field.of(request))
    }
}

impl fmt::Display for Field {
    /// As `sources.toml` and logs name it: `header:x-github-event`, `json:/id`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::Header(name) => write!(f, "header:{name}"),
            Field::Headers(names) => write!(f, "headers:{names}"),
            Field::Query(name) => write!(f, "query:{name}"),
            Field::Json(pointer) => write!(f, "json:{pointer}"),
            Field::Form(name) => write!(f, "form:{name}"),
            Field::Multipart(name) => write!(f, "multipart:{name}"),
            Field::Claim(header, name) => write!(f, "claim:{header}/{name}"),
            Field::All(fields) => {
                let names: Vec<String> = fields.iter().map(Field::to_string).collect();
                f.write_str(&names.join("+"))
            }
        }
    }
}

/// The places of a text that joins them by `+`; one that holds a `+` of its own is one place.
pub(crate) fn pieces(places: &str) -> Vec<&str> {
    const KINDS: [&str; 6] = ["header:", "query:", "json:", "form:", "multipart:", "claim:"];
    let joins = |(at, _): &(usize, &str)| KINDS.iter().any(|kind| places[at + 1..].starts_with(kind));
    let ends = places.match_indices('+').filter(joins).map(|(at, _)| at).chain([places.len()]);
    let mut from = 0;
    let piece = |end| {
        let piece = &places[from..end];
        from = end + 1;
        piece
    };
    ends.map(piece).collect()
}

fn parameter<'r>(encoded: &'r [u8], name: &str) -> Option<Cow<'r, str>> {
    form_urlencoded::parse(encoded).find(|(n, _)| n == name).map(|(_, value)| value)
}

/// The string or whole number at a JSON pointer, read without building the document.
///
/// `None` when the whole body is not JSON, even if the pointer's value came before the mistake:
/// an unreadable body has no id.
fn json_value(body: &[u8], pointer: &str) -> Option<String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let found = At { path: pointer.strip_prefix('/') }.deserialize(&mut json).ok()?;
    json.end().ok()?;
    found
}

/// Reads the value at `path`, the rest of a JSON pointer without its first slash; `None` is the value itself.
#[derive(Clone, Copy)]
struct At<'p> {
    path: Option<&'p str>,
}

impl<'p> At<'p> {
    fn step(self) -> Option<(Cow<'p, str>, At<'p>)> {
        let path = self.path?;
        let (token, rest) = path.split_once('/').map_or((path, None), |(token, rest)| (token, Some(rest)));
        let token = if token.contains('~') {
            Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
        } else {
            Cow::Borrowed(token)
        };
        Some((token, At { path: rest }))
    }
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let step = self.step();
        let mut found = None;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match &step {
                // The last of duplicate keys wins, as it does in most parsers, the worker's included.
                Some((token, rest)) if key.0 == *token => found = map.next_value_seed(*rest)?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let step = self.step().and_then(|(token, rest)| Some((token.parse::<usize>().ok()?, rest)));
        let mut found = None;
        for index in 0.. {
            match step {
                Some((wanted, rest)) if wanted == index => match seq.next_element_seed(rest)? {
                    Some(value) => found = value,
                    None => break,
                },
                _ if seq.next_element::<IgnoredAny>()?.is_none() => break,
                _ => {}
            }
        }
        Ok(found)
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(self.path.is_none().then(|| value.to_owned()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(self.path.is_none().then(|| value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.path.is_none().then(|| value.to_string()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// An object's key, borrowed where it holds no escape.
struct Key<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E: serde::de::Error>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }
            fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
            fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<Key<'de>, E> {
                Err(E::custom("a key that is not text"))
            }
        }
        deserializer.deserialize_str(KeyVisitor).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_json(body: &str, pointer: &'static str, expected: Option<&str>) {
        assert_eq!(json_value(body.as_bytes(), pointer).as_deref(), expected, "{pointer} of {body}");
    }

    #[test]
    fn a_pointer_finds_strings_and_whole_numbers() {
        check_json(r#"{"id":"evt_1","x":{"id":"no"}}"#, "/id", Some("evt_1"));
        check_json(r#"{"x":[1,{"id":7}]}"#, "/x/1/id", Some("7"));
        check_json(r#"{"n":-3}"#, "/n", Some("-3"));
        check_json(r#"{"n":18446744073709551615}"#, "/n", Some("18446744073709551615"));
        check_json(r#""whole""#, "", Some("whole"));
        check_json(r#"{"a/b":{"c~d":"x"}}"#, "/a~1b/c~0d", Some("x"));
        check_json(r#"{"\u0069d":"escaped key"}"#, "/id", Some("escaped key"));
    }

    #[test]
    fn a_pointer_to_nothing_or_to_another_type_finds_nothing() {
        check_json(r#"{"id":{"deep":1}}"#, "/id", None);
        check_json(r#"{"id":1.5}"#, "/id", None);
        check_json(r#"{"id":null}"#, "/id", None);
        check_json(r#"{"id":"x"}"#, "/id/deeper", None);
        check_json(r#"[1,2]"#, "/7", None);
        check_json(r#"[1,2]"#, "/x", None);
    }

    #[test]
    fn several_fields_are_one_value_or_none() {
        const BOTH: Field = Field::All(&[Field::Json("/a"), Field::Query("b")]);
        let value = |url, body: &'static str| {
            let request = Request { method: "POST", url, headers: &[], body: body.as_bytes() };
            BOTH.of(&request).map(Cow::into_owned)
        };
        assert_eq!(value("/?b=2", r#"{"a":1}"#).as_deref(), Some("1+2"));
        assert_eq!((value("/", r#"{"a":1}"#), value("/?b=2", "{}")), (None, None));
        assert_eq!(BOTH.to_string(), "json:/a+query:b");
    }

    #[test]
    fn several_fields_are_read_as_they_are_written() {
        let several = Field::All(&[Field::Json("/a+b"), Field::Header("x-id"), Field::Query("q")]);
        assert_eq!(several.to_string(), "json:/a+b+header:x-id+query:q");
        assert_eq!(Field::parse_joined("json:/a+b+header:x-id+query:q"), Some(several));
        assert_eq!(Field::parse_joined("json:/a+b"), Some(Field::Json("/a+b")));
        assert_eq!(
            (Field::parse_joined("json:/a+x:b"), Field::parse_joined("x+json:/a")),
            (Some(Field::Json("/a+x:b")), None)
        );
    }

    #[test]
    fn the_last_of_duplicate_keys_wins() {
        check_json(r#"{"id":"a","id":"b"}"#, "/id", Some("b"));
        check_json(r#"{"id":"a","id":null}"#, "/id", None);
    }

    #[test]
    fn a_body_that_is_not_json_to_the_end_has_no_value() {
        check_json(r#"{"id":"a""#, "/id", None);
        check_json(r#"{"id":"a"} trailing"#, "/id", None);
        check_json("", "/id", None);
        check_json("\u{feff}{\"id\":1}", "/id", None);
    }

    #[test]
    fn nesting_ten_thousand_deep_is_walked_without_harm() {
        let deep = format!(r#"{{"x":{}1{},"id":"a"}}"#, "[".repeat(10_000), "]".repeat(10_000));
        check_json(&deep, "/id", Some("a"));
    }

    #[test]
    fn forms_and_queries_are_percent_decoded() {
        let headers = [("content-type".to_owned(), "application/x-www-form-urlencoded; charset=utf-8".to_owned())];
        let request = Request { method: "POST", url: "/?a=%41+b", headers: &headers, body: b"Sid=SM%31&x=" };
        assert_eq!(Field::Query("a").of(&request).as_deref(), Some("A b"));
        assert_eq!(Field::Form("Sid").of(&request).as_deref(), Some("SM1"));
        assert_eq!(Field::Form("x").of(&request), None);
    }
}
