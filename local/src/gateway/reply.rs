//! From a function's response to an HTTP reply, as payload format 2.0 of HTTP APIs reads it.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE, TRANSFER_ENCODING};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};

/// One of the gateway's own answers: `{"message":"Not Found"}` and the like.
pub(crate) fn refusal(status: StatusCode, message: &str) -> Response<Body> {
    let body = format!(r#"{{"message":"{message}"}}"#);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// What API Gateway answers when the function failed or its response makes no sense.
pub(crate) fn internal_server_error() -> Response<Body> {
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

/// What API Gateway answers when the function did not take or end the invocation in time.
pub(crate) fn service_unavailable() -> Response<Body> {
    refusal(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
}

/// The reply that a function's response describes.
pub(crate) fn reply(response: &Bytes) -> Response<Body> {
    match serde_json::from_slice(response) {
        Ok(Value::Object(members)) if members.contains_key("statusCode") => {
            described(&members).unwrap_or_else(internal_server_error)
        }
        Ok(value) => inferred(value, response),
        Err(_) => internal_server_error(),
    }
}

/// The guide, "Lambda function response for format 2.0": without a status code the response itself is the
/// body, as JSON, and the status is 200.
fn inferred(value: Value, response: &Bytes) -> Response<Body> {
    let body = match value {
        Value::String(text) => Body::from(text),
        _ => Body::from(response.clone()),
    };
    let mut reply = Response::new(body);
    let json = HeaderValue::from_static("application/json");
    reply.headers_mut().insert(CONTENT_TYPE, json);
    reply
}

/// A response with a status code; `None` when a member is not of its type.
fn described(members: &Map<String, Value>) -> Option<Response<Body>> {
    let status = u16::try_from(members["statusCode"].as_u64()?).ok()?;
    // An interim status is no reply.
    let status = StatusCode::from_u16(status).ok().filter(|status| !status.is_informational())?;
    let mut reply = Response::new(body(members)?);
    *reply.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    reply.headers_mut().insert(CONTENT_TYPE, plain);
    // `multiValueHeaders` is no member of format 2.0; `lambda_http` always sends it, empty.
    for (name, value) in object(members.get("headers"))?.into_iter().flatten() {
        let name = HeaderName::try_from(name).ok()?;
        let value = HeaderValue::try_from(value.as_str()?).ok()?;
        // The gateway frames the reply itself.
        if ![CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(&name) {
            reply.headers_mut().insert(name, value);
        }
    }
    for cookie in array(members.get("cookies"))?.into_iter().flatten() {
        let value = HeaderValue::try_from(cookie.as_str()?).ok()?;
        reply.headers_mut().append(SET_COOKIE, value);
    }
    Some(reply)
}

fn body(members: &Map<String, Value>) -> Option<Body> {
    let encoded = match members.get("isBase64Encoded") {
        None | Some(Value::Null) => false,
        Some(encoded) => encoded.as_bool()?,
    };
    match members.get("body") {
        None | Some(Value::Null) => Some(Body::empty()),
        Some(Value::String(text)) if encoded => BASE64_STANDARD.decode(text).ok().map(Body::from),
        Some(Value::String(text)) => Some(Body::from(text.clone())),
        Some(_) => None,
    }
}

/// The object, nothing when it is absent or null, or a refusal (`None`) when it is something else.
fn object(value: Option<&Value>) -> Option<Option<&Map<String, Value>>> {
    match value {
        None | Some(Value::Null) => Some(None),
        Some(value) => value.as_object().map(Some),
    }
}

/// As [`object`], for an array.
fn array(value: Option<&Value>) -> Option<Option<&Vec<Value>>> {
    match value {
        None | Some(Value::Null) => Some(None),
        Some(value) => value.as_array().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::reply;
    use axum::body::to_bytes;
    use bytes::Bytes;

    /// The reply as text: the status, the sorted headers and the body, each on its line.
    #[track_caller]
    fn check(response: &str, expected: &str) {
        let (head, body) = reply(&Bytes::copy_from_slice(response.as_bytes())).into_parts();
        let headers = head.headers.iter();
        let mut lines: Vec<_> = headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines.insert(0, head.status.as_u16().to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let body = runtime.block_on(to_bytes(body, usize::MAX)).unwrap();
        lines.push(String::from_utf8_lossy(&body).into_owned());
        assert_eq!(lines.join("\n"), expected, "for {response}");
    }

    const INVALID: &str = "500\ncontent-type: application/json\n{\"message\":\"Internal Server Error\"}";

    #[test]
    fn a_described_reply_is_followed() {
        check(
            r#"{"statusCode": 201, "headers": {"X-A": "1", "content-type": "text/css"},
                "multiValueHeaders": {}, "cookies": ["a=1", "b=2"], "body": "hi", "isBase64Encoded": false}"#,
            "201\ncontent-type: text/css\nset-cookie: a=1\nset-cookie: b=2\nx-a: 1\nhi",
        );
        check(r#"{"statusCode": 204}"#, "204\ncontent-type: text/plain; charset=utf-8\n");
        check(
            r#"{"statusCode": 200, "body": "aGk=", "isBase64Encoded": true, "headers": null}"#,
            "200\ncontent-type: text/plain; charset=utf-8\nhi",
        );
    }

    #[test]
    fn the_gateway_frames_the_reply_itself() {
        check(
            r#"{"statusCode": 200, "headers": {"Content-Length": "99", "Transfer-Encoding": "chunked"}}"#,
            "200\ncontent-type: text/plain; charset=utf-8\n",
        );
    }

    #[test]
    fn a_response_without_a_status_is_the_body() {
        check(r#"{"ok": true}"#, "200\ncontent-type: application/json\n{\"ok\": true}");
        check(r#""hello""#, "200\ncontent-type: application/json\nhello");
        check("[1]", "200\ncontent-type: application/json\n[1]");
    }

    #[test]
    fn a_reply_that_makes_no_sense_is_an_internal_error() {
        check("", INVALID);
        check("not json", INVALID);
        check(r#"{"statusCode": "ok"}"#, INVALID);
        check(r#"{"statusCode": 99}"#, INVALID);
        check(r#"{"statusCode": 101}"#, INVALID);
        check(r#"{"statusCode": 200, "body": {"a": 1}}"#, INVALID);
        check(r#"{"statusCode": 200, "headers": {"x": 1}}"#, INVALID);
        check(r#"{"statusCode": 200, "headers": {"bad name": "1"}}"#, INVALID);
        check(r#"{"statusCode": 200, "headers": []}"#, INVALID);
        check(r#"{"statusCode": 200, "body": "%", "isBase64Encoded": true}"#, INVALID);
    }
}
