//! From an HTTP request to the event of an API Gateway HTTP API, payload format 2.0.
//!
//! The API Gateway guide, page "Create AWS Lambda proxy integrations for HTTP APIs", has the shape.
//! What it leaves open follows what others measured on AWS: the path arrives percent-decoded in spite of
//! the name `rawPath`, cookies leave the headers, and only text types travel as text (see [`is_text`]).

use super::route::Route;
use crate::clock::common_log_format;
use axum::http::header::{CONNECTION, CONTENT_TYPE, COOKIE, HOST, TRANSFER_ENCODING, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, request};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// What a request has beside its head and its body.
pub(crate) struct Arrival<'a> {
    pub(crate) route: &'a Route,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) peer: SocketAddr,
    pub(crate) gateway: SocketAddr,
    pub(crate) request_id: &'a str,
    pub(crate) now_ms: u64,
}

/// The path as routes and events see it.
pub(crate) fn decoded_path(raw: &str) -> String {
    percent_decode_str(raw).decode_utf8_lossy().into_owned()
}

/// The event for a request whose body was read whole.
pub(crate) fn event(head: &request::Parts, body: &[u8], arrival: Arrival<'_>) -> Value {
    let path = decoded_path(head.uri.path());
    let query = head.uri.query().unwrap_or_default();
    let host = text_of(&head.headers, &HOST).unwrap_or_else(|| arrival.gateway.to_string());
    let mut event = json!({
        "version": "2.0",
        "routeKey": arrival.route.key(),
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers(head, body, &arrival, &host),
        "requestContext": {
            "accountId": crate::ACCOUNT_ID,
            "apiId": "local",
            "domainName": host,
            "domainPrefix": "local",
            "http": {
                "method": head.method.as_str(),
                "path": path,
                "protocol": format!("{:?}", head.version),
                "sourceIp": arrival.peer.ip().to_string(),
                "userAgent": text_of(&head.headers, &USER_AGENT).unwrap_or_default(),
            },
            "requestId": arrival.request_id,
            "routeKey": arrival.route.key(),
            "stage": "$default",
            "time": common_log_format(arrival.now_ms),
            "timeEpoch": arrival.now_ms,
        },
        "isBase64Encoded": false,
    });
    // Members that would be empty are absent, as on AWS.
    let cookies = cookies(&head.headers);
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if !query.is_empty() {
        event["queryStringParameters"] = query_parameters(query);
    }
    if !arrival.parameters.is_empty() {
        event["pathParameters"] = json!(arrival.parameters);
    }
    if !body.is_empty() {
        let content_type = text_of(&head.headers, &CONTENT_TYPE).unwrap_or_default();
        match std::str::from_utf8(body) {
            Ok(text) if is_text(&content_type) => event["body"] = json!(text),
            _ => {
                event["body"] = json!(BASE64_STANDARD.encode(body));
                event["isBase64Encoded"] = json!(true);
            }
        }
    }
    event
}

/// Whether bodies of this type travel as text. The guide says only that binary bodies are encoded; that
/// no content type and form posts count as binary was measured on AWS (ministack, pull request 766).
fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || ["application/json", "application/xml", "application/javascript"].contains(&essence.as_str())
}

/// The headers with the values of a repeated one joined, and those that API Gateway adds.
fn headers(head: &request::Parts, body: &[u8], arrival: &Arrival<'_>, host: &str) -> Value {
    // Cookies have a member of their own; the others belong to the client's connection.
    let left_out = [COOKIE, CONNECTION, TRANSFER_ENCODING];
    let mut headers = Map::new();
    for name in head.headers.keys().filter(|name| !left_out.contains(name)) {
        headers.insert(name.to_string(), json!(joined(&head.headers, name)));
    }
    let mut forwarded_for = joined(&head.headers, &HeaderName::from_static("x-forwarded-for"));
    if !forwarded_for.is_empty() {
        forwarded_for.push_str(", ");
    }
    forwarded_for.push_str(&arrival.peer.ip().to_string());
    let trace = arrival.request_id.replace('-', "");
    let trace = format!("Root=1-{:08x}-{:.24}", arrival.now_ms / 1000, trace);
    headers.insert("content-length".into(), json!(body.len().to_string()));
    headers.insert("host".into(), json!(host));
    headers.insert("x-amzn-trace-id".into(), json!(trace));
    headers.insert("x-forwarded-for".into(), json!(forwarded_for));
    headers.insert("x-forwarded-port".into(), json!(arrival.gateway.port().to_string()));
    headers.insert("x-forwarded-proto".into(), json!("http"));
    Value::Object(headers)
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter();
    let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
    values.collect::<Vec<_>>().join(",")
}

fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(COOKIE).iter();
    let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
    let cookies = lines.flat_map(|line| line.split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>());
    cookies.filter(|cookie| !cookie.is_empty()).collect()
}

fn query_parameters(query: &str) -> Value {
    let mut parameters = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match parameters.get_mut(name.as_ref()) {
            Some(Value::String(values)) => {
                values.push(',');
                values.push_str(&value);
            }
            _ => {
                parameters.insert(name.into_owned(), json!(value));
            }
        }
    }
    Value::Object(parameters)
}

#[cfg(test)]
mod tests;
