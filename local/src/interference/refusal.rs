//! A refusal that comes from the proxy, in the form in which the service itself refuses.

use super::Service;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use http_body_util::Full;
use serde_json::json;
use uuid::Uuid;

/// An error of the AWS JSON 1.0 protocol. SDKs read the code from `__type`, and those of SQS from the header
/// that stands for the older query protocol, as our own endpoint sends it.
pub(super) fn refusal(service: Service, status: u16, code: &str) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let namespace = match service {
        Service::Sqs => "com.amazonaws.sqs",
        Service::DynamoDb => "com.amazonaws.dynamodb.v20120810",
    };
    let body = json!({ "__type": format!("{namespace}#{code}"), "message": "refused by the interference" });
    let mut response = Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amzn-requestid", Uuid::new_v4().to_string());
    if service == Service::Sqs {
        let party = if status.is_server_error() { "Receiver" } else { "Sender" };
        response = response.header("x-amzn-query-error", format!("{code};{party}"));
    }
    // A code that no header can hold is no code of AWS; the function sees an error without one.
    response.body(Full::from(body.to_string())).unwrap_or_else(|_| {
        let mut bare = Response::new(Full::default());
        *bare.status_mut() = status;
        bare
    })
}

#[cfg(test)]
mod tests {
    use super::{Service, refusal};
    use http_body_util::BodyExt;

    /// The status, the header of the query protocol, and the type of the error.
    #[track_caller]
    fn check(service: Service, status: u16, code: &str, expected: (u16, Option<&str>, &str)) {
        let (head, body) = refusal(service, status, code).into_parts();
        let query_error = head.headers.get("x-amzn-query-error").map(|value| value.to_str().unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let body = runtime.block_on(body.collect()).unwrap().to_bytes();
        let kind = match body.is_empty() {
            true => String::new(),
            false => serde_json::from_slice::<serde_json::Value>(&body).unwrap()["__type"].to_string(),
        };
        assert_eq!((head.status.as_u16(), query_error, kind.trim_matches('"')), expected);
    }

    #[test]
    fn dynamodb_says_the_type_alone() {
        let expected = (400, None, "com.amazonaws.dynamodb.v20120810#ThrottlingException");
        check(Service::DynamoDb, 400, "ThrottlingException", expected);
    }

    #[test]
    fn sqs_says_the_code_in_a_header_too_and_whose_fault_it_was() {
        let throttled = (400, Some("RequestThrottled;Sender"), "com.amazonaws.sqs#RequestThrottled");
        check(Service::Sqs, 400, "RequestThrottled", throttled);
        let unavailable = (503, Some("ServiceUnavailable;Receiver"), "com.amazonaws.sqs#ServiceUnavailable");
        check(Service::Sqs, 503, "ServiceUnavailable", unavailable);
    }

    #[test]
    fn what_http_cannot_say_is_said_as_well_as_can_be() {
        check(Service::Sqs, 0, "A", (500, Some("A;Receiver"), "com.amazonaws.sqs#A"));
        check(Service::Sqs, 503, "two\nlines", (503, None, ""));
    }
}
