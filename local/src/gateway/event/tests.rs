//! What a function sees of a request.

use super::{Arrival, decoded_path, event};
use crate::gateway::route::Route;
use axum::http::Request;
use serde_json::{Value, json};

fn event_of(request: axum::http::request::Builder, body: &[u8]) -> Value {
    let (head, ()) = request.body(()).unwrap().into_parts();
    let route = Route::new("/hooks/{source}");
    let parameters = route.parameters(&decoded_path(head.uri.path())).unwrap();
    let arrival = Arrival {
        route: &route,
        parameters,
        peer: "127.0.0.1:50000".parse().unwrap(),
        gateway: "127.0.0.1:8080".parse().unwrap(),
        request_id: "0f5a9a52-7b7e-4f1c-9c43-0123456789ab",
        now_ms: 1_583_348_638_390,
    };
    event(&head, body, arrival)
}

fn post() -> axum::http::request::Builder {
    Request::post("/hooks/stripe")
}

#[test]
fn a_whole_event_has_every_member_of_format_2() {
    let request = Request::post("/hooks/stripe?a=1&b=%20x&a=2&c")
        .header("host", "127.0.0.1:8080")
        .header("user-agent", "Stripe/1.0")
        .header("content-type", "application/json; charset=utf-8")
        .header("connection", "keep-alive")
        .header("transfer-encoding", "chunked")
        .header("X-Twice", "one")
        .header("x-twice", "two")
        .header("cookie", "a=1; b=2")
        .header("cookie", "c=3");
    let expected = json!({
        "version": "2.0",
        "routeKey": "ANY /hooks/{source}",
        "rawPath": "/hooks/stripe",
        "rawQueryString": "a=1&b=%20x&a=2&c",
        "cookies": ["a=1", "b=2", "c=3"],
        "headers": {
            "host": "127.0.0.1:8080",
            "user-agent": "Stripe/1.0",
            "content-length": "8",
            "content-type": "application/json; charset=utf-8",
            "x-twice": "one,two",
            "x-amzn-trace-id": "Root=1-5e5ffb9e-0f5a9a527b7e4f1c9c430123",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": "8080",
            "x-forwarded-proto": "http",
        },
        "queryStringParameters": { "a": "1,2", "b": " x", "c": "" },
        "pathParameters": { "source": "stripe" },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "127.0.0.1:8080",
            "domainPrefix": "local",
            "http": {
                "method": "POST",
                "path": "/hooks/stripe",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "Stripe/1.0",
            },
            "requestId": "0f5a9a52-7b7e-4f1c-9c43-0123456789ab",
            "routeKey": "ANY /hooks/{source}",
            "stage": "$default",
            "time": "04/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1_583_348_638_390_u64,
        },
        "body": "{\"n\": 1}",
        "isBase64Encoded": false,
    });
    assert_eq!(event_of(request, b"{\"n\": 1}"), expected);
}

#[test]
fn empty_members_are_absent() {
    let event = event_of(post(), b"");
    for absent in ["body", "cookies", "queryStringParameters"] {
        assert_eq!(event.get(absent), None, "{absent}");
    }
    assert_eq!(event["rawQueryString"], "");
    assert_eq!(event["isBase64Encoded"], false);
}

#[test]
fn the_path_is_decoded() {
    let event = event_of(Request::get("/hooks/a%20b%C3%A9"), b"");
    assert_eq!(event["rawPath"], "/hooks/a bé");
    assert_eq!(event["pathParameters"]["source"], "a bé");
}

#[test]
fn an_address_is_added_to_those_that_forwarded_before() {
    let event = event_of(post().header("x-forwarded-for", "10.0.0.1"), b"");
    assert_eq!(event["headers"]["x-forwarded-for"], "10.0.0.1, 127.0.0.1");
}

#[track_caller]
fn check_body(content_type: Option<&str>, body: &[u8], expected: &str, base64: bool) {
    let request = match content_type {
        Some(content_type) => post().header("content-type", content_type),
        None => post(),
    };
    let event = event_of(request, body);
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(expected), &json!(base64)));
}

#[test]
fn text_types_travel_as_text() {
    check_body(Some("application/json"), b"{}", "{}", false);
    check_body(Some("Application/JSON ; charset=utf-8"), b"{}", "{}", false);
    check_body(Some("application/xml"), b"<a/>", "<a/>", false);
    check_body(Some("application/javascript"), b"1", "1", false);
    check_body(Some("text/plain"), "é".as_bytes(), "é", false);
}

#[test]
fn everything_else_is_encoded() {
    check_body(None, b"hello", "aGVsbG8=", true);
    check_body(Some("application/x-www-form-urlencoded"), b"a=1", "YT0x", true);
    check_body(Some("application/octet-stream"), b"\0\xff", "AP8=", true);
    check_body(Some("application/cloudevents+json"), b"{}", "e30=", true);
    check_body(Some("application/jsonp"), b"{}", "e30=", true);
}

#[test]
fn a_text_type_with_bytes_that_are_not_utf8_is_encoded() {
    check_body(Some("application/json"), b"\xff", "/w==", true);
}
