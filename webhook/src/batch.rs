//! Batches: the items of an array in a JSON body, each with the bytes that it came in.

use std::collections::HashMap;

use serde_json::value::RawValue;

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
