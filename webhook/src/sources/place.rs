//! Places of a request as somebody writes them: `header:x-id`, `json:/id`.

use super::words::nearest;
use crate::field::pieces;

const KINDS: [&str; 4] = ["header", "query", "json", "form"];
const EXPECTED: &str = "expected \"header:NAME\", \"query:NAME\", \"json:/POINTER\" or \"form:NAME\"";

/// Checks places that an id is read of, one or several together, joined by `+`.
///
/// # Errors
/// What is wrong with one of them.
pub(super) fn joined(text: &str) -> Result<String, String> {
    let checked: Result<Vec<String>, String> = pieces(text).into_iter().map(place).collect();
    checked.map(|places| places.join("+"))
}

/// Checks a place. The names of headers become lower case, as ours are.
///
/// # Errors
/// What is wrong with it.
pub(super) fn place(text: &str) -> Result<String, String> {
    if pieces(text).len() > 1 {
        return Err(format!("{text:?} is several places, expected one: ids alone are joined by '+'"));
    }
    let Some((kind, name)) = text.split_once(':') else {
        return Err(format!("{text:?} is no place, {EXPECTED}"));
    };
    match kind {
        "header" if is_header(name) => Ok(text.to_ascii_lowercase()),
        "header" => Err(format!("{text:?}, expected the name of a header after the colon")),
        "headers" if name.split(',').all(is_header) => Ok(text.to_ascii_lowercase()),
        "headers" => Err(format!(
            "{text:?}, expected the header that lists others, and those it has to list: headers:x-signed,x-time"
        )),
        "query" | "form" if name.is_empty() => {
            Err(format!("{text:?}, expected the name of a parameter after the colon"))
        }
        "query" | "form" => Ok(text.to_owned()),
        "json" if is_pointer(name) => Ok(text.to_owned()),
        "json" => Err(format!("{text:?}, expected a JSON pointer after the colon, such as json:/id (RFC 6901)")),
        _ => match nearest(kind, KINDS) {
            Some(near) => Err(format!("{text:?} is no place, did you mean \"{near}:{name}\"?")),
            None => Err(format!("{text:?} is no place, {EXPECTED}")),
        },
    }
}

/// Checks the bare name of a header, which becomes lower case.
///
/// # Errors
/// What is wrong with it.
pub(super) fn header(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some(("header", name)) => Err(format!("{text:?}, expected the bare name of a header: {name:?}")),
        _ if is_header(text) => Ok(text.to_ascii_lowercase()),
        _ => Err(format!("{text:?}, expected the name of a header")),
    }
}

/// Whether a place lies in the body.
pub(super) fn is_in_body(place: &str) -> bool {
    place.starts_with("json:") || place.starts_with("form:")
}

/// A field name of HTTP: a token (RFC 9110, 5.6.2).
fn is_header(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// A pointer into a document, where `~` is written `~0` and `/` is `~1`.
pub(super) fn is_pointer(text: &str) -> bool {
    text.starts_with('/') && text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Field;

    #[test]
    fn a_place_that_is_let_through_is_one_that_requests_have() {
        for good in ["header:X-Acme-Signature", "query:sig", "json:/a/0/b~1c", "form:Body"] {
            let field = Field::parse(place(good).unwrap().leak()).expect(good);
            assert_eq!(field.to_string(), place(good).unwrap());
        }
        assert_eq!(place("header:X-Id"), Ok("header:x-id".to_owned()));
        assert_eq!(place("query:Sig"), Ok("query:Sig".to_owned()));
    }

    #[test]
    fn a_place_that_is_none_is_told_with_what_it_may_be() {
        let wrong = |text: &str, told: &str| assert_eq!(place(text).unwrap_err(), told);
        wrong("x-id", &format!("\"x-id\" is no place, {EXPECTED}"));
        wrong("heder:x-id", "\"heder:x-id\" is no place, did you mean \"header:x-id\"?");
        wrong("zz:x", &format!("\"zz:x\" is no place, {EXPECTED}"));
        wrong("header:x id", "\"header:x id\", expected the name of a header after the colon");
        wrong("json:id", "\"json:id\", expected a JSON pointer after the colon, such as json:/id (RFC 6901)");
        wrong("json:/a~b", "\"json:/a~b\", expected a JSON pointer after the colon, such as json:/id (RFC 6901)");
        wrong("form:", "\"form:\", expected the name of a parameter after the colon");
        assert_eq!(joined("json:/a+header:X-Id"), Ok("json:/a+header:x-id".to_owned()));
        assert!(joined("json:/a+header:x id").is_err() && place("json:/a+header:x-id").is_err());
        assert_eq!(header("X-Topic"), Ok("x-topic".to_owned()));
        assert_eq!(
            header("header:x-topic").unwrap_err(),
            "\"header:x-topic\", expected the bare name of a header: \"x-topic\""
        );
        assert_eq!(header("").unwrap_err(), "\"\", expected the name of a header");
    }
}
