//! Requests through the gateway, a real process, and back.

use crate::support::{Folder, Reply, config, example, post, send, start};
use axum::http::Request;
use http_body_util::Full;
use local::Stack;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn echo_stack() -> (Stack, Folder) {
    let folder = Folder::new();
    let (config, _) = config(&folder);
    (start(config).await, folder)
}

#[tokio::test]
async fn a_text_arrives_as_an_event_with_query_and_cookies() {
    let (stack, _folder) = echo_stack().await;
    let request = Request::post(format!("{}/hooks/git%20hub?a=1&b=%2F&a=2", stack.gateway_url()))
        .header("content-type", "application/json")
        .header("cookie", "theme=dark; lang=en")
        .header("x-signature", "sha256=abc")
        .body(Full::from(r#"{"n": 1}"#))
        .unwrap();
    let event = send(request).await.json();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "ANY /hooks/{source}");
    assert_eq!(event["rawPath"], "/hooks/git hub");
    assert_eq!(event["rawQueryString"], "a=1&b=%2F&a=2");
    assert_eq!(event["queryStringParameters"], json!({ "a": "1,2", "b": "/" }));
    assert_eq!(event["pathParameters"], json!({ "source": "git hub" }));
    assert_eq!(event["cookies"], json!(["theme=dark", "lang=en"]));
    assert_eq!(event["headers"]["x-signature"], "sha256=abc");
    assert_eq!(event["requestContext"]["http"]["method"], "POST");
    assert_eq!(event["body"], r#"{"n": 1}"#);
    assert_eq!(event["isBase64Encoded"], false);
    stack.stop().await;
}

#[tokio::test]
async fn a_function_on_lambda_http_sees_the_request_and_is_seen() {
    let folder = Folder::new();
    let (mut config, _) = config(&folder);
    config.functions[0].binary = example("http_fn");
    let stack = start(config).await;
    let request = Request::post(format!("{}/hooks/stripe?a=%2F&a=2", stack.gateway_url()))
        .header("x-signature", "sha256=abc")
        .header("cookie", "theme=dark; lang=en")
        .body(Full::from(&b"\x00\xff"[..]))
        .unwrap();
    let reply = send(request).await;
    let seen: Value = serde_json::from_slice(&reply.body).unwrap();
    let expected = json!({
        "method": "POST",
        "path": "/hooks/stripe",
        "query": "a=%2F&a=2",
        "source": "stripe",
        "signature": "sha256=abc",
        "cookie": "theme=dark; lang=en",
        "body": [0, 255],
    });
    assert_eq!((reply.status, seen), (202, expected));
    assert_eq!(reply.headers["content-type"], "application/json");
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    stack.stop().await;
}

#[tokio::test]
async fn bytes_arrive_as_base64() {
    let (stack, _folder) = echo_stack().await;
    let request = Request::put(format!("{}/hooks/x", stack.gateway_url())).body(Full::from(&b"\x00\xff"[..])).unwrap();
    let event = send(request).await.json();
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("AP8="), &json!(true)));
    assert_eq!(event["requestContext"]["http"]["method"], "PUT");
    stack.stop().await;
}

#[tokio::test]
async fn a_described_reply_becomes_the_http_reply() {
    let (stack, _folder) = echo_stack().await;
    let reply = post(&stack, "reply").await;
    assert_eq!((reply.status, &reply.body[..]), (418, &b"\x00\xff"[..]));
    assert_eq!(reply.headers["x-tea"], "pot");
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    stack.stop().await;
}

#[tokio::test]
async fn the_function_gets_lambdas_environment_and_nothing_of_ours() {
    let folder = Folder::new();
    let (mut config, _) = config(&folder);
    config.functions[0].env =
        vec![("SELF".into(), "{gateway_url}/hooks/{source}".into()), ("AWS_REGION".into(), "eu-central-1".into())];
    let stack = start(config).await;
    let environment = post(&stack, "environment").await.json();
    let mut names: Vec<_> = environment.as_object().unwrap().keys().cloned().collect();
    // `lambda_runtime` itself sets this one for each invocation.
    names.retain(|name| name != "_X_AMZN_TRACE_ID");
    let expected = [
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ENDPOINT_URL_EVENTBRIDGE",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL_SQS",
        "AWS_ENDPOINT_URL_SSM",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "SELF",
        "TZ",
    ];
    assert_eq!(names, expected);
    assert_eq!(environment["SELF"], format!("{}/hooks/{{source}}", stack.gateway_url()));
    assert_eq!(environment["AWS_REGION"], "eu-central-1");
    assert_eq!(environment["AWS_ENDPOINT_URL_SQS"], stack.sqs_url());
    stack.stop().await;
}

#[tokio::test]
async fn the_context_has_lambdas_headers() {
    let (stack, _folder) = echo_stack().await;
    let context = post(&stack, "context").await.json();
    assert_eq!(context["arn"], "arn:aws:lambda:us-east-1:000000000000:function:echo");
    assert_eq!(context["requestId"].as_str().unwrap().len(), 36);
    let trace_id = context["traceId"].as_str().unwrap().replace(|c: char| c.is_ascii_hexdigit(), "x");
    let (time, random, parent) = ("x".repeat(8), "x".repeat(24), "x".repeat(16));
    assert_eq!(trace_id, format!("Root=x-{time}-{random};Pxrxnt={parent};Sxmplxx=x"));
    let now_ms = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64;
    let left_ms = context["deadline"].as_u64().unwrap().saturating_sub(now_ms);
    assert!((5_000..=10_000).contains(&left_ms), "{left_ms} ms were left");
    assert_eq!(stack.process_ids("echo"), [context["pid"].as_u64().unwrap() as u32]);
    stack.stop().await;
}

#[track_caller]
fn check(reply: &Reply, status: u16, message: &str) {
    let body = String::from_utf8_lossy(&reply.body);
    let expected = format!(r#"{{"message":"{message}"}}"#);
    assert_eq!((reply.status, body.as_ref()), (status, expected.as_str()));
    assert_eq!(reply.headers["content-type"], "application/json");
}

#[tokio::test]
async fn a_failure_of_the_function_is_an_internal_error_and_the_process_lives_on() {
    let (stack, _folder) = echo_stack().await;
    let ids = stack.process_ids("echo");
    for body in ["fail", "panic", "invalid", "large"] {
        check(&post(&stack, body).await, 500, "Internal Server Error");
    }
    assert_eq!(stack.process_ids("echo"), ids);
    assert_eq!(post(&stack, "hello").await.json()["body"], "hello");
    stack.stop().await;
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let (stack, _folder) = echo_stack().await;
    for path in ["/", "/hooks", "/hooks/a/b", "/hooks/a%2Fb"] {
        let request = Request::get(stack.gateway_url() + path).body(Full::default()).unwrap();
        check(&send(request).await, 404, "Not Found");
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_body_or_an_event_that_is_too_large_is_refused() {
    let (stack, _folder) = echo_stack().await;
    // The second is below the gateway's 10 MB, but base64 makes its event larger than 6 MB.
    for bytes in [10 * 1024 * 1024 + 1, 5 * 1024 * 1024] {
        let request =
            Request::post(format!("{}/hooks/x", stack.gateway_url())).body(Full::from(vec![0; bytes])).unwrap();
        check(&send(request).await, 413, "Request Entity Too Large");
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_head_of_more_than_ten_kilobytes_is_refused() {
    let (stack, _folder) = echo_stack().await;
    let post = async |headers: usize, bytes: usize| {
        let request = Request::post(format!("{}/hooks/x", stack.gateway_url()));
        let request = (0..headers).fold(request, |request, n| request.header(format!("x-{n}"), "v".repeat(bytes)));
        send(request.body(Full::default()).unwrap()).await
    };
    assert_eq!(post(1, 10_000).await.status, 200);
    assert_eq!(post(500, 18).await.status, 200);
    check(&post(1, 10_240).await, 431, "Request Header Fields Too Large");
    check(&post(500, 22).await, 431, "Request Header Fields Too Large");
    // So many and such long ones are not read to their end.
    assert_eq!(post(2_000, 1).await.status, 431);
    stack.stop().await;
}

#[tokio::test]
async fn a_slow_body_does_not_hold_a_process() {
    let (stack, _folder) = echo_stack().await;
    let address = stack.gateway_url().replace("http://", "");
    let mut slow = TcpStream::connect(&address).await.unwrap();
    let head = "POST /hooks/slow HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\n\
                content-length: 4\r\nconnection: close\r\n\r\nsl";
    slow.write_all(head.as_bytes()).await.unwrap();
    // The only process answers others meanwhile.
    assert_eq!(post(&stack, "hello").await.json()["body"], "hello");
    slow.write_all(b"ow").await.unwrap();
    let mut reply = String::new();
    slow.read_to_string(&mut reply).await.unwrap();
    assert!(reply.contains(r#""body":"slow""#), "{reply}");
    stack.stop().await;
}
