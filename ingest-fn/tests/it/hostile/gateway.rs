//! API Gateway's event, whoever wrote it: what is read of it is what stands there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Event;

/// The input: the event.
pub fn holds(input: &[u8]) {
    let Ok(mut event) = serde_json::from_slice::<Event>(input) else { return };
    // What is skipped of an event need not be sound, and a list of its values would do as well: not looked at here.
    let Ok(whole) = serde_json::from_slice::<Value>(input) else { return };
    let objects = [&whole, &whole["requestContext"], &whole["requestContext"]["http"]];
    if !objects.iter().all(|value| value.is_object()) {
        return;
    }
    let text = |pointer: &str| whole.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    assert_eq!(event.method(), text("/requestContext/http/method"));
    assert_eq!(event.request_id(), text("/requestContext/requestId"));
    assert!(event.received_at_ms().is_none_or(|ms| Some(ms) == whole["requestContext"]["timeEpoch"].as_u64()));
    assert!(event.source() == text("/pathParameters/source") || text("/rawPath").ends_with(event.source()));
    let called = format!("{}?{}", text("/rawPath"), text("/rawQueryString"));
    let called = called.strip_suffix('?').filter(|_| text("/rawQueryString").is_empty()).unwrap_or(&called);
    assert_eq!(event.url(Some("https://a.example/")), format!("https://a.example{called}"));
    assert!(event.url(None).ends_with(called));

    let headers = event.take_headers();
    assert_eq!(headers.len(), whole["headers"].as_object().map_or(0, serde_json::Map::len));
    let body = text("/body");
    match event.take_body() {
        Ok(bytes) if whole["isBase64Encoded"] == true => assert_eq!(STANDARD.encode(bytes), body),
        Ok(bytes) => assert_eq!(bytes, body.as_bytes()),
        Err(_) => assert_eq!(whole["isBase64Encoded"], true, "text is always a body"),
    }
}
