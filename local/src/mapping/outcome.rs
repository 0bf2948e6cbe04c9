//! Which messages of a batch a function has handled, by its partial batch response.
//!
//! The Lambda guide, page "Handling errors for an SQS event source in Lambda", section "Success and failure
//! conditions": a complete success is an empty or null list, or an empty or null response; a complete failure
//! is invalid JSON, and an `itemIdentifier` that is empty, null, under a bad key name, or not in the batch.

use serde_json::Value;

/// What may be deleted of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Every message except those with these ids; mostly none.
    Handled { except: Vec<String> },
    /// Nothing; the sentence says what is wrong with the response.
    NothingHandled(&'static str),
}

/// Reads the response to a batch with these message ids.
pub(super) fn outcome(response: &[u8], batch: &[&str]) -> Outcome {
    match failures(response, batch) {
        Ok(except) => Outcome::Handled { except },
        Err(wrong) => Outcome::NothingHandled(wrong),
    }
}

fn failures(response: &[u8], batch: &[&str]) -> Result<Vec<String>, &'static str> {
    if response.is_empty() {
        return Ok(Vec::new());
    }
    let response: Value = serde_json::from_slice(response).map_err(|_| "the response is no JSON")?;
    let items = match response.get("batchItemFailures") {
        // A response of another shape reports nothing, as the empty one does.
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(items) => items.as_array().ok_or("batchItemFailures is no list")?,
    };
    items.iter().map(|item| failure(item, batch)).collect()
}

fn failure(item: &Value, batch: &[&str]) -> Result<String, &'static str> {
    let id = item.get("itemIdentifier").ok_or("an item failure has no itemIdentifier")?;
    match id.as_str() {
        None => Err("an itemIdentifier is no string"),
        Some("") => Err("an itemIdentifier is empty"),
        Some(id) if batch.contains(&id) => Ok(id.to_owned()),
        Some(_) => Err("an itemIdentifier is not in the batch"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, outcome};

    #[track_caller]
    fn handled(response: &str, except: &[&str]) {
        let except = except.iter().map(|id| id.to_string()).collect();
        assert_eq!(outcome(response.as_bytes(), &["a", "b", "c"]), Outcome::Handled { except });
    }

    #[track_caller]
    fn nothing_handled(response: &str, wrong: &'static str) {
        let found = outcome(response.as_bytes(), &["a", "b", "c"]);
        assert_eq!(found, Outcome::NothingHandled(wrong));
    }

    #[test]
    fn an_empty_or_null_list_or_response_is_a_complete_success() {
        handled(r#"{"batchItemFailures": []}"#, &[]);
        handled(r#"{"batchItemFailures": null}"#, &[]);
        handled("{}", &[]);
        handled("null", &[]);
        handled("", &[]);
    }

    #[test]
    fn the_listed_messages_stay() {
        handled(r#"{"batchItemFailures": [{"itemIdentifier": "b"}]}"#, &["b"]);
        handled(r#"{"batchItemFailures": [{"itemIdentifier": "c"}, {"itemIdentifier": "a"}]}"#, &["c", "a"]);
    }

    #[test]
    fn a_report_that_cannot_be_followed_is_a_complete_failure() {
        nothing_handled("oops", "the response is no JSON");
        nothing_handled(r#"{"batchItemFailures": "b"}"#, "batchItemFailures is no list");
        nothing_handled(r#"{"batchItemFailures": [{"itemIdentifier": ""}]}"#, "an itemIdentifier is empty");
        nothing_handled(r#"{"batchItemFailures": [{"itemIdentifier": null}]}"#, "an itemIdentifier is no string");
        nothing_handled(r#"{"batchItemFailures": [{"id": "b"}]}"#, "an item failure has no itemIdentifier");
        nothing_handled(r#"{"batchItemFailures": ["b"]}"#, "an item failure has no itemIdentifier");
        nothing_handled(
            r#"{"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "x"}]}"#,
            "an itemIdentifier is not in the batch",
        );
    }
}
