//! A function for the tests: it answers with its event, or does what the event's body asks for.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment: std::collections::BTreeMap<String, String> = environment().collect();
    if environment.get("ECHO").map(String::as_str) == Some("fail at start") {
        eprintln!("the echo function was told to fail");
        return Err("told to fail".into());
    }
    eprintln!("the echo function starts");
    let environment = &environment;
    run(service_fn(|event: LambdaEvent<Value>| async move { handle(event, environment).await })).await
}

#[expect(clippy::disallowed_methods, reason = "the tests look at the whole environment of a process")]
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars()
}

async fn handle(
    event: LambdaEvent<Value>,
    environment: &std::collections::BTreeMap<String, String>,
) -> Result<Value, Error> {
    let (event, context) = event.into_parts();
    if let Some(records) = event["Records"].as_array() {
        return Ok(batch(records).await);
    }
    match event["body"].as_str().unwrap_or_default() {
        "environment" => Ok(json!(environment)),
        "context" => Ok(json!({
            "requestId": context.request_id,
            "deadline": context.deadline,
            "arn": context.invoked_function_arn,
            "traceId": context.xray_trace_id,
            "pid": std::process::id(),
        })),
        "exit" => std::process::exit(3),
        "fail" => Err("told to fail".into()),
        "panic" => panic!("told to panic"),
        "hang" => {
            eprintln!("hanging");
            tokio::time::sleep(Duration::from_secs(600)).await;
            Ok(Value::Null)
        }
        "work" => {
            eprintln!("working");
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(json!("worked"))
        }
        "large" => Ok(json!("x".repeat(7 * 1024 * 1024))),
        "reply" => Ok(json!({
            "statusCode": 418,
            "headers": { "x-tea": "pot" },
            "cookies": ["a=1", "b=2"],
            "body": "AP8=",
            "isBase64Encoded": true,
        })),
        "invalid" => Ok(json!({ "statusCode": "teapot" })),
        _ => Ok(event),
    }
}

/// Reports the messages whose body is `fail`, and does what the others say.
async fn batch(records: &[Value]) -> Value {
    eprintln!("a batch of {}", records.len());
    let mut failures = Vec::new();
    for record in records {
        let receives = &record["attributes"]["ApproximateReceiveCount"];
        eprintln!("message {} receive {receives}", record["body"]);
        match record["body"].as_str().unwrap_or_default() {
            "fail" => failures.push(json!({ "itemIdentifier": record["messageId"] })),
            "work" => tokio::time::sleep(Duration::from_secs(1)).await,
            "exit once" if receives == "1" => std::process::exit(3),
            _ => {}
        }
    }
    eprintln!("the batch is done");
    json!({ "batchItemFailures": failures })
}
