//! Messages on their way to a function, and state that outlives a stack.

use crate::support::{Folder, Lines, call, config, start};
use local::{DeadLetter, MappingSpec, QueueSpec, Stack, StackConfig, TableSpec};
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

fn queue(name: &str, visibility_timeout_s: u32, dead_letter: Option<DeadLetter>) -> QueueSpec {
    QueueSpec { name: name.into(), visibility_timeout_s, dead_letter }
}

/// `hooks` feeds the echo function; after two receives a message goes to `dead`.
fn mapped(folder: &Folder) -> (StackConfig, Lines) {
    let (mut config, lines) = config(folder);
    let dead_letter = DeadLetter { queue: "dead".into(), receives_max: 2 };
    config.queues = vec![queue("hooks", 1, Some(dead_letter)), queue("dead", 30, None)];
    config.mappings = vec![MappingSpec {
        queue: "hooks".into(),
        function: "echo".into(),
        batch_size: 10,
        batch_window: Duration::ZERO,
    }];
    (config, lines)
}

async fn send(stack: &Stack, queue: &str, body: &str) {
    let input = json!({ "QueueUrl": stack.queue_url(queue), "MessageBody": body });
    call(&stack.sqs_url(), "AmazonSQS.SendMessage", input).await;
}

async fn receive(stack: &Stack, queue: &str) -> Option<String> {
    let input = json!({ "QueueUrl": stack.queue_url(queue), "WaitTimeSeconds": 10 });
    let output = call(&stack.sqs_url(), "AmazonSQS.ReceiveMessage", input).await;
    output["Messages"][0]["Body"].as_str().map(str::to_owned)
}

/// How many messages a queue holds, visible and in flight.
async fn depth(stack: &Stack, queue: &str) -> u64 {
    let input = json!({ "QueueUrl": stack.queue_url(queue), "AttributeNames": ["All"] });
    let output = call(&stack.sqs_url(), "AmazonSQS.GetQueueAttributes", input).await;
    let count = |name: &str| output["Attributes"][name].as_str().and_then(|n| n.parse().ok());
    count("ApproximateNumberOfMessages").unwrap_or(0) + count("ApproximateNumberOfMessagesNotVisible").unwrap_or(0)
}

async fn drained(stack: &Stack, queue: &str) {
    for _ in 0..500 {
        if depth(stack, queue).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("`{queue}` still holds {} messages", depth(stack, queue).await);
}

#[tokio::test]
async fn handled_messages_go_and_failed_ones_are_redriven() {
    let folder = Folder::new();
    let (config, lines) = mapped(&folder);
    let stack = start(config).await;
    for body in ["one", "fail", "two"] {
        send(&stack, "hooks", body).await;
    }
    assert_eq!(receive(&stack, "dead").await.as_deref(), Some("fail"));
    drained(&stack, "hooks").await;
    // The failed one came twice, the others once.
    assert_eq!(lines.count("message \"fail\" receive \"1\""), 1);
    assert_eq!(lines.count("message \"fail\" receive \"2\""), 1);
    for body in ["one", "two"] {
        assert_eq!(lines.count(&format!("message \"{body}\"")), 1);
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_batch_of_a_process_that_dies_comes_again() {
    let folder = Folder::new();
    let (mut config, lines) = mapped(&folder);
    config.queues[0].dead_letter = None;
    let stack = start(config).await;
    send(&stack, "hooks", "exit once").await;
    lines.wait_for("it ended (exit status: 3) during an invocation").await;
    lines.wait_for("message \"exit once\" receive \"2\"").await;
    drained(&stack, "hooks").await;
    stack.stop().await;
}

#[tokio::test]
async fn a_window_gathers_messages_into_one_batch() {
    let folder = Folder::new();
    let (mut config, lines) = mapped(&folder);
    config.mappings[0].batch_size = 3;
    config.mappings[0].batch_window = Duration::from_secs(15);
    let stack = start(config).await;
    for body in ["one", "two", "three"] {
        send(&stack, "hooks", body).await;
    }
    // The batch is full long before its window ends.
    lines.wait_for("a batch of 3").await;
    assert_eq!(lines.count("a batch of"), 1);
    stack.stop().await;
}

#[tokio::test]
async fn several_processes_work_on_several_batches_at_once() {
    let folder = Folder::new();
    let (mut config, lines) = mapped(&folder);
    config.functions[0].processes = 3;
    config.mappings[0].batch_size = 1;
    config.queues[0].visibility_timeout_s = 30;
    let stack = start(config).await;
    for _ in 0..3 {
        send(&stack, "hooks", "work").await;
    }
    drained(&stack, "hooks").await;
    let mut lines = lines.all();
    lines.retain(|line| line.contains("batch"));
    lines.truncate(3);
    lines.sort();
    assert_eq!(lines, ["1 a batch of 1", "2 a batch of 1", "3 a batch of 1"], "nobody was done yet");
    stack.stop().await;
}

async fn table(stack: &Stack, operation: &str, input: Value) -> Value {
    let mut input = input;
    input["TableName"] = json!("ledger");
    call(&stack.dynamodb_url(), &format!("DynamoDB_20120810.{operation}"), input).await
}

#[tokio::test]
async fn messages_and_items_survive_a_restart_and_expired_items_go() {
    let folder = Folder::new();
    let (mut config, _) = config(&folder);
    config.queues = vec![queue("hooks", 30, None)];
    config.tables = vec![TableSpec { name: "ledger".into(), ttl_attribute: "expires_at".into() }];
    let stack = start(config.clone()).await;
    send(&stack, "hooks", "kept").await;
    let now_s = UNIX_EPOCH.elapsed().unwrap().as_secs();
    for (pk, expires_at) in [("kept", now_s + 3600), ("expired", now_s - 3600)] {
        let item = json!({
            "pk": { "S": pk }, "sk": { "S": "x" }, "expires_at": { "N": expires_at.to_string() },
        });
        table(&stack, "PutItem", json!({ "Item": item })).await;
    }
    stack.stop().await;

    let stack = start(config).await;
    assert_eq!(receive(&stack, "hooks").await.as_deref(), Some("kept"));
    let mut left = 2;
    for _ in 0..500 {
        let scan = table(&stack, "Scan", json!({})).await;
        left = scan["Count"].as_u64().unwrap();
        if left == 1 {
            assert_eq!(scan["Items"][0]["pk"]["S"], "kept");
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(left, 1);
    stack.stop().await;
}

#[tokio::test]
async fn a_changed_queue_keeps_its_messages() {
    let folder = Folder::new();
    let (mut config, _) = config(&folder);
    config.queues = vec![queue("hooks", 30, None), queue("dead", 30, None)];
    let stack = start(config.clone()).await;
    send(&stack, "hooks", "kept").await;
    stack.stop().await;

    let dead_letter = DeadLetter { queue: "dead".into(), receives_max: 5 };
    config.queues[0] = queue("hooks", 60, Some(dead_letter));
    let stack = start(config).await;
    let input = json!({ "QueueUrl": stack.queue_url("hooks"), "AttributeNames": ["All"] });
    let output = call(&stack.sqs_url(), "AmazonSQS.GetQueueAttributes", input).await;
    assert_eq!(output["Attributes"]["VisibilityTimeout"], "60");
    assert!(output["Attributes"]["RedrivePolicy"].as_str().unwrap().contains("dead"));
    assert_eq!(receive(&stack, "hooks").await.as_deref(), Some("kept"));
    stack.stop().await;
}
