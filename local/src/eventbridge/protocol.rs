//! The AWS JSON 1.1 protocol: a POST whose `X-Amz-Target` header names the action, JSON in, JSON out. A GET is for people.

use super::{ENTRIES_BYTES_MAX, ENTRIES_MAX, Entry, EventBridge};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;
use uuid::Uuid;

/// The largest request: entries that are too large are refused by their size, and not by that of the JSON around them.
const REQUEST_BYTES_MAX: usize = 8 << 20;

/// Serves until `shutdown`, then lets requests end.
pub(super) async fn serve(
    buses: Arc<EventBridge>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new().fallback(answer).layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX)).with_state(buses);
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn answer(State(buses): State<Arc<EventBridge>>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    let id = ("x-amzn-requestid", Uuid::new_v4().to_string());
    if method == Method::GET {
        return ([("content-type", "application/json")], format!("{:#}\n", json!(buses.events()))).into_response();
    }
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let headers = [("content-type", "application/x-amz-json-1.1".to_owned()), id];
    match act(&buses, target, &body) {
        Ok(json) => (headers, json.to_string()).into_response(),
        Err((kind, message)) => {
            (StatusCode::BAD_REQUEST, headers, json!({ "__type": kind, "message": message }).to_string())
                .into_response()
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<Entry>,
}

fn act(buses: &EventBridge, target: &str, body: &[u8]) -> Result<Value, (&'static str, String)> {
    if target != "AWSEvents.PutEvents" {
        let message = "this is a local EventBridge endpoint; it knows PutEvents, in the AWS JSON 1.1 protocol with the \
                       header X-Amz-Target: AWSEvents.PutEvents";
        return Err(("UnknownOperationException", message.to_owned()));
    }
    let input: PutEvents =
        serde_json::from_slice(body).map_err(|error| ("SerializationException", error.to_string()))?;
    if !(1..=ENTRIES_MAX).contains(&input.entries.len()) {
        let message = format!("{} entries; there must be 1 to {ENTRIES_MAX}", input.entries.len());
        return Err(("ValidationException", message));
    }
    if input.entries.iter().map(Entry::size).sum::<usize>() > ENTRIES_BYTES_MAX {
        return Err(("ValidationException", "Total size of the entries in the request is over the limit.".to_owned()));
    }
    let mut failed = 0;
    let put = |entry: Entry| match entry.check() {
        Ok(event) => {
            let id = event.id.clone();
            buses.keep(event);
            json!({ "EventId": id })
        }
        Err((code, message)) => {
            failed += 1;
            json!({ "ErrorCode": code, "ErrorMessage": message })
        }
    };
    let entries: Vec<Value> = input.entries.into_iter().map(put).collect();
    Ok(json!({ "FailedEntryCount": failed, "Entries": entries }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn entry(changes: Value) -> Value {
        let mut entry = json!({"EventBusName": "orders", "Source": "tidegate.a", "DetailType": "t", "Detail": "{\"n\":1}", "Time": 1});
        entry.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        entry
    }

    fn put(buses: &EventBridge, entries: Value) -> Result<Value, &'static str> {
        let body = json!({ "Entries": entries }).to_string();
        act(buses, "AWSEvents.PutEvents", body.as_bytes()).map_err(|(kind, _)| kind)
    }

    #[test]
    fn what_is_put_on_a_bus_is_kept_and_told_without_its_detail() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let lines = told.clone();
        let buses = EventBridge::new(Arc::new(move |line| lines.lock().unwrap().push(line.text)));
        let answer =
            put(&buses, json!([entry(json!({"Detail": "{\"card\":\"4242\"}", "Resources": ["a#1"]}))])).unwrap();
        let events = buses.events();
        assert_eq!((&answer["FailedEntryCount"], &answer["Entries"][0]["EventId"]), (&json!(0), &json!(events[0].id)));
        assert_eq!((&*events[0].event_bus_name, &events[0].detail), ("orders", &json!({"card": "4242"})));
        let told = told.lock().unwrap();
        assert!(told[0].contains("a#1") && !told[0].contains("4242"), "{told:?}");
    }

    #[test]
    fn an_entry_that_eventbridge_refuses_is_refused_and_the_others_are_taken() {
        let buses = EventBridge::new(Arc::new(|_| {}));
        let wrong = [
            (json!({"Source": ""}), "InvalidArgument"),
            (json!({"DetailType": ""}), "InvalidArgument"),
            (json!({"DetailType": "x".repeat(129)}), "InvalidArgument"),
            (json!({"Detail": "[1]"}), "MalformedDetail"),
            (json!({"Detail": "{"}), "MalformedDetail"),
            (json!({"Source": "aws.s3"}), "NotAuthorizedForSourceException"),
        ];
        let entries = wrong.iter().map(|(changes, _)| entry(changes.clone())).chain([entry(json!({}))]).collect();
        let answer = put(&buses, Value::Array(entries)).unwrap();
        assert_eq!(answer["FailedEntryCount"], json!(wrong.len()));
        for (index, (changes, code)) in wrong.iter().enumerate() {
            assert_eq!(answer["Entries"][index]["ErrorCode"], json!(code), "{changes}");
        }
        assert_eq!(buses.events().len(), 1);
    }

    #[test]
    fn a_call_with_too_much_or_nothing_is_refused_as_a_whole() {
        let buses = EventBridge::new(Arc::new(|_| {}));
        assert_eq!(put(&buses, json!([])), Err("ValidationException"));
        assert_eq!(put(&buses, Value::Array(vec![entry(json!({})); 11])), Err("ValidationException"));
        let detail = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
        let rest = "tidegate.at".len() + 14;
        let fits = entry(json!({"Detail": detail(ENTRIES_BYTES_MAX - rest)}));
        assert!(put(&buses, json!([fits])).is_ok());
        let over = entry(json!({"Detail": detail(ENTRIES_BYTES_MAX - rest + 1)}));
        assert_eq!(put(&buses, json!([over])), Err("ValidationException"));
        assert_eq!(put(&buses, json!(7)), Err("SerializationException"));
        assert_eq!(act(&buses, "AWSEvents.PutRule", b"{}").map_err(|(kind, _)| kind), Err("UnknownOperationException"));
    }
}
