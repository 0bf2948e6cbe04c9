//! Bad weather between functions and AWS, as the real SDKs see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Folder, config, post, start, until};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use local::{Call, CallFate, Interference, QueueSpec, Stack, StackConfig, TableSpec};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::timeout;

/// So late that no test lives to see it.
const NEVER: Duration = Duration::from_secs(3600);
/// A while that a client waits for.
const SOON: Duration = Duration::from_millis(50);

/// Gives each call the next fate of a script, and lets those after its end pass.
#[derive(Default)]
struct Script {
    fates: Mutex<VecDeque<CallFate>>,
    calls: Mutex<Vec<String>>,
    answers: Mutex<Vec<(String, u16)>>,
}

impl Script {
    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    fn answers(&self) -> Vec<(String, u16)> {
        self.answers.lock().unwrap().clone()
    }

    /// The statuses that the service answered.
    fn statuses(&self) -> Vec<u16> {
        self.answers().into_iter().map(|(_, status)| status).collect()
    }
}

impl Interference for Script {
    fn fate(&self, call: &Call) -> CallFate {
        let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
        assert!(body.is_object());
        self.calls.lock().unwrap().push(format!("{:?} {}", call.service, call.operation));
        self.fates.lock().unwrap().pop_front().unwrap_or(CallFate::Pass)
    }

    fn answered(&self, call: &Call, status: u16, body: &[u8]) {
        assert!(serde_json::from_slice::<serde_json::Value>(body).unwrap().is_object());
        self.answers.lock().unwrap().push((call.operation.clone(), status));
    }
}

/// A stack in bad weather, and its services as a function has them.
struct World {
    folder: Folder,
    stack: Stack,
    script: Arc<Script>,
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    queue_url: String,
}

/// A table, a queue, and the echo function, which tells its environment.
fn shape(folder: &Folder, interference: Option<Arc<dyn Interference>>) -> StackConfig {
    let (mut config, _) = config(folder);
    config.tables = vec![TableSpec { name: "table".into(), ttl_attribute: "expires_at".into() }];
    config.queues = vec![QueueSpec { name: "hooks".into(), visibility_timeout_s: 30, dead_letter: None }];
    config.functions[0].env =
        vec![("QUEUE_URL".into(), "{queue_url:hooks}".into()), ("BOTH".into(), "{sqs_url} {dynamodb_url}".into())];
    config.interference = interference;
    config
}

/// A stack whose calls have these fates, and clients that try so often.
async fn world(fates: &[CallFate], attempts: u32) -> World {
    let folder = Folder::new();
    let script = Arc::new(Script { fates: Mutex::new(fates.iter().copied().collect()), ..Script::default() });
    let stack = start(shape(&folder, Some(script.clone()))).await;
    let environment = post(&stack, "environment").await.json();
    let variable = |name: &str| environment[name].as_str().unwrap().to_owned();
    let credentials = Credentials::new("id", "secret", None, None, "test");
    let retries = RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(Duration::from_millis(1));
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(2)).build();
    let http = aws_smithy_http_client::Builder::new().build_http();
    let dynamodb = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials.clone())
        .http_client(http.clone())
        .retry_config(retries.clone())
        .timeout_config(timeouts)
        .endpoint_url(variable("AWS_ENDPOINT_URL_DYNAMODB"))
        .build();
    let sqs = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .http_client(http)
        .retry_config(retries)
        .endpoint_url(variable("AWS_ENDPOINT_URL_SQS"))
        .build();
    World {
        folder,
        stack,
        script,
        dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb),
        sqs: aws_sdk_sqs::Client::from_conf(sqs),
        queue_url: variable("QUEUE_URL"),
    }
}

/// Puts a row that must not be there yet, and returns the code of the error: `ok`, `silence` when there was
/// no answer, or the service's.
async fn put(client: &aws_sdk_dynamodb::Client) -> String {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let request = client.put_item().table_name("table").item("pk", text("a")).item("sk", text("b"));
    match request.condition_expression("attribute_not_exists(pk)").send().await {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.code().unwrap_or("silence").to_owned(),
    }
}

/// How many rows the table has, seen past the weather.
async fn rows(stack: &Stack) -> u64 {
    let input = serde_json::json!({ "TableName": "table" });
    let output = crate::support::call(&stack.dynamodb_url(), "DynamoDB_20120810.Scan", input).await;
    output["Count"].as_u64().unwrap()
}

/// One write in such weather: what the client saw, what the service answered, and the rows afterwards.
async fn check(fates: &[CallFate], attempts: u32, seen: &str, statuses: &[u16], rows_after: u64) {
    let world = world(fates, attempts).await;
    assert_eq!(put(&world.dynamodb).await, seen, "{fates:?}");
    assert!(world.script.fates.lock().unwrap().is_empty(), "not all were needed: {fates:?}");
    assert_eq!(world.script.statuses(), statuses, "{fates:?}");
    assert_eq!(rows(&world.stack).await, rows_after, "{fates:?}");
    world.stack.stop().await;
}

#[tokio::test]
async fn functions_are_led_through_the_weather_and_others_past_it() {
    let world = world(&[], 1).await;
    let environment = post(&world.stack, "environment").await.json();
    let (sqs, dynamodb) = (&environment["AWS_ENDPOINT_URL_SQS"], &environment["AWS_ENDPOINT_URL_DYNAMODB"]);
    assert_ne!(*sqs, world.stack.sqs_url());
    assert_ne!(*dynamodb, world.stack.dynamodb_url());
    let (sqs, dynamodb) = (sqs.as_str().unwrap(), dynamodb.as_str().unwrap());
    assert_eq!(environment["BOTH"], format!("{sqs} {dynamodb}"));
    assert_eq!(world.queue_url, format!("{sqs}/000000000000/hooks"));
    assert!(world.stack.queue_url("hooks").starts_with(&world.stack.sqs_url()));
    // The queue's URL is made of the host by which SQS was reached.
    let found = world.sqs.get_queue_url().queue_name("hooks").send().await.unwrap();
    assert_eq!(found.queue_url(), Some(world.queue_url.as_str()));
    world.sqs.send_message().queue_url(&world.queue_url).message_body("a").send().await.unwrap();
    assert_eq!(put(&world.dynamodb).await, "ok");
    // This scan goes past the weather, so it is not among the calls.
    assert_eq!(rows(&world.stack).await, 1);
    assert_eq!(world.script.calls(), ["Sqs GetQueueUrl", "Sqs SendMessage", "DynamoDb PutItem"]);
    let answers = ["GetQueueUrl", "SendMessage", "PutItem"].map(|operation| (operation.to_owned(), 200));
    assert_eq!(world.script.answers(), answers);
    world.stack.stop().await;
}

#[tokio::test]
async fn without_interference_functions_reach_the_services_themselves() {
    let folder = Folder::new();
    let stack = start(shape(&folder, None)).await;
    let environment = post(&stack, "environment").await.json();
    assert_eq!(environment["AWS_ENDPOINT_URL_SQS"], stack.sqs_url());
    assert_eq!(environment["AWS_ENDPOINT_URL_DYNAMODB"], stack.dynamodb_url());
    assert_eq!(environment["QUEUE_URL"], stack.queue_url("hooks"));
    stack.stop().await;
}

#[tokio::test]
async fn a_dropped_call_has_no_effect_and_no_answer() {
    check(&[CallFate::Drop], 1, "silence", &[], 0).await;
}

#[tokio::test]
async fn a_dropped_call_is_tried_again() {
    check(&[CallFate::Drop, CallFate::Drop], 3, "ok", &[200], 1).await;
}

#[tokio::test]
async fn a_refusal_is_known_by_its_code_and_has_no_effect() {
    for (status, code) in [
        (400, "ThrottlingException"),
        (400, "ProvisionedThroughputExceededException"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailable"),
    ] {
        check(&[CallFate::Refuse { status, code }], 1, code, &[], 0).await;
        check(&[CallFate::Refuse { status, code }], 2, "ok", &[200], 1).await;
    }
    // This one is final on AWS, and so it is here.
    let refused = CallFate::Refuse { status: 400, code: "ValidationException" };
    check(&[refused], 2, "ValidationException", &[], 0).await;
}

#[tokio::test]
async fn a_refusal_is_the_error_that_the_sdk_has_a_type_for() {
    let code = "ProvisionedThroughputExceededException";
    let world = world(&[CallFate::Refuse { status: 400, code }], 1).await;
    let request = world.dynamodb.put_item().table_name("table").item("pk", AttributeValue::S("a".into()));
    let error = request.send().await.unwrap_err().into_service_error();
    assert!(matches!(error, PutItemError::ProvisionedThroughputExceededException(_)), "{error:?}");
    world.stack.stop().await;
}

#[tokio::test]
async fn sqs_refuses_in_its_own_form() {
    for (status, code) in [(400, "RequestThrottled"), (400, "ThrottlingException"), (503, "ServiceUnavailable")] {
        for attempts in [1, 2] {
            let world = world(&[CallFate::Refuse { status, code }], attempts).await;
            let sent = world.sqs.send_message().queue_url(&world.queue_url).message_body("a").send().await;
            match attempts {
                1 => assert_eq!(sent.unwrap_err().code(), Some(code)),
                _ => assert!(sent.is_ok(), "{sent:?}"),
            }
            world.stack.stop().await;
        }
    }
}

#[tokio::test]
async fn late_calls_and_late_answers_are_waited_for() {
    check(&[CallFate::DelayCall(SOON)], 1, "ok", &[200], 1).await;
    check(&[CallFate::DelayAnswer(SOON)], 1, "ok", &[200], 1).await;
}

#[tokio::test]
async fn a_late_call_takes_effect_after_its_client_is_gone() {
    let delay = Duration::from_millis(500);
    let world = world(&[CallFate::DelayCall(delay)], 1).await;
    let client = world.dynamodb.clone();
    let put = tokio::spawn(async move { put(&client).await });
    until("the call", || !world.script.calls().is_empty()).await;
    put.abort();
    until("the answer that nobody sees", || world.script.statuses() == [200]).await;
    assert_eq!(rows(&world.stack).await, 1);
    world.stack.stop().await;
}

#[tokio::test]
async fn an_answer_that_never_comes_hides_a_write_that_took_effect() {
    check(&[CallFate::DelayAnswer(NEVER)], 1, "silence", &[200], 1).await;
}

#[tokio::test]
async fn a_lost_answer_hides_a_write_that_took_effect() {
    check(&[CallFate::LoseAnswer], 1, "silence", &[200], 1).await;
}

#[tokio::test]
async fn after_a_lost_answer_the_next_attempt_meets_the_write_of_the_first() {
    check(&[CallFate::LoseAnswer], 2, "ConditionalCheckFailedException", &[200, 400], 1).await;
}

#[tokio::test]
async fn a_message_whose_answer_is_lost_is_sent_twice() {
    let world = world(&[CallFate::LoseAnswer], 2).await;
    world.sqs.send_message().queue_url(&world.queue_url).message_body("a").send().await.unwrap();
    let receive = world.sqs.receive_message().queue_url(&world.queue_url).max_number_of_messages(10);
    assert_eq!(receive.send().await.unwrap().messages().len(), 2);
    world.stack.stop().await;
}

#[tokio::test]
async fn a_stack_that_stops_lets_late_calls_through_first() {
    let world = world(&[CallFate::DelayCall(NEVER)], 1).await;
    assert_eq!(put(&world.dynamodb).await, "silence");
    assert_eq!(rows(&world.stack).await, 0);
    world.stack.stop().await;
    assert_eq!(world.script.statuses(), [200]);
    let stack = start(shape(&world.folder, None)).await;
    assert_eq!(rows(&stack).await, 1);
    stack.stop().await;
}

#[tokio::test]
async fn a_stack_stops_while_clients_wait_for_late_calls_and_answers() {
    let world = world(&[CallFate::DelayCall(NEVER), CallFate::DelayAnswer(NEVER)], 1).await;
    let [first, second] =
        [world.dynamodb.clone(), world.dynamodb.clone()].map(|client| tokio::spawn(async move { put(&client).await }));
    until("both calls", || world.script.calls().len() == 2).await;
    timeout(Duration::from_secs(20), world.stack.stop()).await.expect("the stack stops");
    assert_eq!([first.await.unwrap(), second.await.unwrap()], ["silence", "silence"]);
}
