//! Batches: the items of an array in a JSON body, each with the bytes that it came in.

use std::collections::HashMap;

use serde_json::value::RawValue;

/// The most events that a delivery is split into: so many are sent within the budget of the door. A larger one goes on as
/// a whole, which loses nothing.
pub const EVENTS_MAX: usize = 1_000;

/// Why a delivery goes on as a whole whose source has its events go on alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSplit {
    /// Its body is something else.
    #[error("there is no array at json:{0}")]
    NoArray(String),
    /// It holds no event that could go on.
    #[error("the array at json:{0} is empty")]
    Empty(String),
    /// It holds more events than there is time for.
    #[error("{0} events, {EVENTS_MAX} at most go on alone")]
    TooMany(usize),
}

/// The events of a batch, as many as go on alone.
///
/// # Errors
/// [`NotSplit`] says why they do not.
pub(crate) fn events<'b>(body: &'b [u8], pointer: &str) -> Result<Vec<&'b RawValue>, NotSplit> {
    match items(body, pointer) {
        None => Err(NotSplit::NoArray(pointer.to_owned())),
        Some(items) if items.is_empty() => Err(NotSplit::Empty(pointer.to_owned())),
        Some(items) if items.len() > EVENTS_MAX => Err(NotSplit::TooMany(items.len())),
        Some(items) => Ok(items),
    }
}

/// The items of the array at a JSON pointer (RFC 6901), as they are written; `None` where there is no array.
pub fn items<'b>(body: &'b [u8], pointer: &str) -> Option<Vec<&'b RawValue>> {
    let mut at: &RawValue = serde_json::from_slice(body).ok()?;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        at = match at.get().starts_with('[') {
            true => *array(at)?.get(token.parse::<usize>().ok()?)?,
            // The last of duplicate keys wins, as everywhere.
            false => serde_json::from_str::<HashMap<String, &RawValue>>(at.get()).ok()?.remove(&token)?,
        };
    }
    array(at)
}

fn array(json: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, pointer: &str, expected: Option<&[&str]>) {
        let found = items(body.as_bytes(), pointer);
        let found = found.as_ref().map(|items| items.iter().map(|item| item.get()).collect::<Vec<_>>());
        assert_eq!(found.as_deref(), expected, "{pointer} of {body}");
    }

    #[test]
    fn items_are_found_with_their_bytes() {
        check(r#"[ {"a" : 1.0}, 2 ]"#, "", Some(&[r#"{"a" : 1.0}"#, "2"]));
        check(r#"{"v":[ ]}"#, "/v", Some(&[]));
        check(r#"{"v":[1],"v":[2]}"#, "/v", Some(&["2"]));
        check(r#"{"a/b":[[1,[ 7 ]]]}"#, "/a~1b/0/1", Some(&["7"]));
        check(r#"{"\u0076":[null]}"#, "/v", Some(&["null"]));
    }

    #[test]
    fn what_is_no_array_has_no_items() {
        for (body, pointer) in
            [("{}", ""), ("{}", "/v"), (r#"{"v":{}}"#, "/v"), ("[1]", "/1"), ("[1]", "/x"), ("[1", ""), ("", "")]
        {
            check(body, pointer, None);
        }
    }
}
