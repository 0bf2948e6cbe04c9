//! Putting an event on an event bus of EventBridge: one call with one entry, because each event settles on its own.
//!
//! `aws-sdk-eventbridge` would be one more SDK for one operation, as that of SSM would be.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shell::Settings;
use shell::aws::Patience;
use shell::aws::json::{CallError, JsonService};
use webhook::destination::{BUS_EXPECTED, Bus, BusPlace, Destination, is_bus};
use webhook::sources::Source;

use super::{Post, PostError, TOO_LATE};

/// A call is made once: it may have been taken although there is no answer, and the ledger counts attempts.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(2),
    attempt: Duration::from_secs(8),
    operation: Duration::from_secs(8),
    attempts: 1,
};
/// The largest entry, in bytes: 1 MB since 2026-01-29, 256 KB before (AWS Compute Blog, "More room to build: serverless
/// services now support payloads up to 1 MB"). Where a region has less, EventBridge itself refuses.
const ENTRY_BYTES_MAX: usize = 1024 * 1024;
/// What a time counts for in it (EventBridge, "Calculating PutEvents event entry size").
const TIME_BYTES: usize = 14;
/// EventBridge takes an event with a longer type and then drops it without a word.
const DETAIL_TYPE_CHARS_MAX: usize = 128;
/// What an event without a type goes by.
const NO_TYPE: &str = "webhook";

/// The buses of the sources that have one.
pub(super) struct Buses {
    /// By source and destination: its name, or why that is not known.
    places: HashMap<(String, String), Result<String, String>>,
    /// Made where there is a bus.
    service: Option<JsonService>,
}

/// One event as PutEvents takes it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    event_bus_name: &'a str,
    source: String,
    detail_type: String,
    detail: &'a str,
    /// Unix time in seconds.
    time: u64,
    resources: [&'a str; 1],
}

impl<'a> Entry<'a> {
    fn of(bus: &'a str, post: &Post<'a>) -> Self {
        let kind = post.event_type.filter(|kind| !kind.trim().is_empty()).unwrap_or(NO_TYPE);
        Entry {
            event_bus_name: bus,
            // Never one that begins with `aws.`, which EventBridge keeps for AWS.
            source: format!("tidegate.{}", post.source),
            detail_type: kind.chars().take(DETAIL_TYPE_CHARS_MAX).collect(),
            detail: post.body,
            time: post.received_at_ms / 1000,
            resources: [post.key],
        }
    }

    /// The size by EventBridge's own formula, in bytes.
    fn size(&self) -> usize {
        let resources: usize = self.resources.iter().map(|resource| resource.len()).sum();
        TIME_BYTES + self.source.len() + self.detail_type.len() + self.detail.len() + resources
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    failed_entry_count: u32,
    entries: Vec<Taken>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Taken {
    event_id: Option<String>,
    error_code: Option<String>,
}

impl Buses {
    pub(super) fn of(sources: &[Source], settings: &Settings<'_>) -> Self {
        let place = |source: &Source, destination: &Destination| {
            let Destination::EventBridge(bus) = destination else { return None };
            let name = match &bus.place {
                BusPlace::Bus(name) => Ok(name.clone()),
                BusPlace::Env(name) => match settings.optional(name) {
                    Some(bus) if is_bus(&bus) => Ok(bus),
                    Some(_) => Err(format!("has no bus: expected {name} to be {BUS_EXPECTED}")),
                    None => Err(format!("has no bus: {name} is not set")),
                },
            };
            Some(((source.name.clone(), bus.name.clone()), name))
        };
        let all = sources.iter().flat_map(|source| source.destinations.iter().map(move |one| (source, one)));
        let places: HashMap<_, _> = all.filter_map(|(source, one)| place(source, one)).collect();
        let service = || JsonService::called(settings, "EVENTBRIDGE", "events", PATIENCE);
        let service = (!places.is_empty()).then(service);
        Buses { places, service }
    }

    /// Puts an event on the bus of its source.
    pub(super) async fn put(&self, bus: &Bus, post: &Post<'_>) -> Result<(), PostError> {
        let name = match (self.places.get(&(post.source.to_owned(), bus.name.clone())), &self.service) {
            (Some(Ok(name)), Some(service)) => (name, service),
            (Some(Err(why)), _) => return Err(PostError::no_answer(why)),
            _ => return Err(PostError::no_answer("has no bus")),
        };
        let (name, service) = name;
        if let Some(wrong) = not_an_object(post.body) {
            return Err(PostError::Rejected(format!(
                "takes a JSON object, the result is {wrong}: map it to an object"
            )));
        }
        let entry = Entry::of(name, post);
        if entry.size() > ENTRY_BYTES_MAX {
            let told = format!("{} bytes, an entry of EventBridge takes {ENTRY_BYTES_MAX}", entry.size());
            return Err(PostError::TooLarge(told));
        }
        // OK because an entry is strings and a number.
        let input = serde_json::to_string(&serde_json::json!({ "Entries": [entry] })).unwrap_or_default();
        if post.is_too_late() {
            return Err(PostError::no_answer(TOO_LATE));
        }
        let call = service.call("AWSEvents.PutEvents", &input);
        match tokio::time::timeout(post.patience(PATIENCE.operation), call).await {
            Ok(Ok(answer)) => verdict(&answer),
            Ok(Err(error)) => Err(of_call(&error)),
            Err(_) => Err(PostError::no_answer(CallError::Timeout)),
        }
    }
}

/// What a JSON text is, where that is no object.
fn not_an_object(json: &str) -> Option<&'static str> {
    match json.trim_start().bytes().next() {
        Some(b'{') => None,
        Some(b'[') => Some("an array"),
        Some(b'"') => Some("a string"),
        Some(b't' | b'f') => Some("a boolean"),
        Some(b'n') => Some("null"),
        _ => Some("a number"),
    }
}

/// What the answer says of the one entry.
fn verdict(answer: &[u8]) -> Result<(), PostError> {
    let answer: Option<Answer> = serde_json::from_slice(answer).ok();
    let Some((failed, Some(taken))) = answer
        .map(|mut answer| (answer.failed_entry_count, answer.entries.pop().filter(|_| answer.entries.is_empty())))
    else {
        return Err(PostError::no_answer("gave an answer that cannot be read"));
    };
    match taken {
        Taken { event_id: Some(_), error_code: None } if failed == 0 => Ok(()),
        Taken { error_code, .. } => Err(refused(error_code.as_deref().unwrap_or_default())),
    }
}

/// What the code of an entry that was refused means. What a role may do, and which buses there are, somebody can mend.
fn refused(code: &str) -> PostError {
    const MAY_PASS: [&str; 6] = [
        "ThrottlingException",
        "InternalFailure",
        "InternalException",
        "ServiceUnavailable",
        "AccessDeniedException",
        "ResourceNotFoundException",
    ];
    let is_code = (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let told = format!("refused: {}", if is_code { code } else { "no code" });
    if MAY_PASS.contains(&code) || !is_code { PostError::no_answer(told) } else { PostError::Rejected(told) }
}

/// What it means that the call itself failed. Only what is wrong with this very event is final.
fn of_call(error: &CallError) -> PostError {
    const FINAL: [&str; 2] = ["ValidationException", "SerializationException"];
    match error {
        CallError::Refused { status, code } if *status == 413 || FINAL.contains(&code.as_str()) => {
            PostError::Rejected(error.to_string())
        }
        _ => PostError::no_answer(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post<'a>(event_type: Option<&'a str>, body: &'a str) -> Post<'a> {
        Post {
            source: "github",
            destination: &Destination::Table,
            key: "github#id-1",
            attempt: 1,
            event_type,
            received_at_ms: 1_795_262_400_999,
            body,
            stop_ms: u64::MAX,
            lease_until_ms: u64::MAX,
        }
    }

    #[test]
    fn an_entry_says_where_it_is_from_and_which_event_it_is() {
        let entry = Entry::of("orders", &post(Some("push"), "{\"n\":1}"));
        let expected = serde_json::json!({
            "EventBusName": "orders", "Source": "tidegate.github", "DetailType": "push", "Detail": "{\"n\":1}",
            "Time": 1_795_262_400, "Resources": ["github#id-1"],
        });
        assert_eq!(serde_json::to_value(&entry).unwrap(), expected);
        assert_eq!(entry.size(), 14 + "tidegate.github".len() + "push".len() + 7 + "github#id-1".len());
        for none in [None, Some(""), Some(" ")] {
            assert_eq!(Entry::of("orders", &post(none, "{}")).detail_type, "webhook");
        }
        let long = "\u{e9}".repeat(129);
        assert_eq!(Entry::of("orders", &post(Some(&long), "{}")).detail_type.chars().count(), 128);
    }

    #[test]
    fn what_is_no_object_is_named_and_not_shown() {
        for (json, expected) in [
            ("{}", None),
            (" {}", None),
            ("[1]", Some("an array")),
            ("\"x\"", Some("a string")),
            ("null", Some("null")),
        ] {
            assert_eq!(not_an_object(json), expected, "{json}");
        }
        assert_eq!((not_an_object("-1"), not_an_object("true")), (Some("a number"), Some("a boolean")));
    }

    #[track_caller]
    fn check(answer: &str, expected: Result<(), &str>, may_pass: bool) {
        let verdict = verdict(answer.as_bytes());
        assert_eq!(verdict.clone().map_err(|error| error.to_string()), expected.map_err(str::to_owned), "{answer}");
        assert_eq!(matches!(verdict, Err(PostError::NotNow { .. })), may_pass, "{answer}");
    }

    #[test]
    fn the_answer_is_read_for_the_entry_and_not_for_the_call() {
        check(r#"{"FailedEntryCount":0,"Entries":[{"EventId":"e"}]}"#, Ok(()), false);
        let failed = |code: &str| {
            format!(r#"{{"FailedEntryCount":1,"Entries":[{{"ErrorCode":"{code}","ErrorMessage":"a value"}}]}}"#)
        };
        for code in ["ThrottlingException", "InternalFailure", "AccessDeniedException", "ResourceNotFoundException"] {
            check(&failed(code), Err(&format!("the destination refused: {code}")), true);
        }
        for code in ["MalformedDetail", "InvalidArgument", "NotAuthorizedForSourceException"] {
            check(&failed(code), Err(&format!("the destination refused: {code}")), false);
        }
        check(&failed("a sentence"), Err("the destination refused: no code"), true);
        check(r#"{"FailedEntryCount":1,"Entries":[{"EventId":"e"}]}"#, Err("the destination refused: no code"), true);
        for unread in ["", "{}", r#"{"FailedEntryCount":0,"Entries":[]}"#] {
            check(unread, Err("the destination gave an answer that cannot be read"), true);
        }
    }

    #[test]
    fn a_call_that_failed_is_final_only_where_this_event_is_to_blame() {
        let refused = |status: u16, code: &str| of_call(&CallError::Refused { status, code: code.to_owned() });
        for (status, code) in [(400, "ValidationException"), (413, "no code")] {
            assert!(matches!(refused(status, code), PostError::Rejected(_)), "{code}");
        }
        for (status, code) in [(400, "AccessDeniedException"), (400, "ThrottlingException"), (500, "InternalFailure")] {
            assert!(matches!(refused(status, code), PostError::NotNow { .. }), "{code}");
        }
        assert!(matches!(of_call(&CallError::Timeout), PostError::NotNow { .. }));
    }
}
