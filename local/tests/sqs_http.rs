//! The queues as a function has them: through the AWS SDK, and through bare HTTP where an SDK would not go wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry,
};
use local::sqs::Sqs;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longer than any answer takes.
const SOON: Duration = Duration::from_secs(10);

/// Queues, served for one test.
struct Server {
    sqs: Arc<Sqs>,
    address: String,
    client: Client,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

async fn serve() -> Server {
    let sqs = Arc::new(Sqs::in_memory().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(Arc::clone(&sqs).serve(listener, async move { drop(stopped.await) }));
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(format!("http://{address}"))
        .build();
    Server { sqs, address, client: Client::from_conf(config), stop, serving }
}

impl Server {
    async fn queue(&self, name: &str, attributes: &[(QueueAttributeName, &str)]) -> String {
        let mut create = self.client.create_queue().queue_name(name);
        for (attribute, value) in attributes {
            create = create.attributes(attribute.clone(), *value);
        }
        create.send().await.unwrap().queue_url.unwrap()
    }

    /// Sends a bare request and returns the whole answer.
    async fn post(&self, target: &str, body: &str) -> String {
        let mut stream = self.send_only(target, body).await;
        let mut answer = String::new();
        timeout(SOON, stream.read_to_string(&mut answer)).await.expect("an answer").unwrap();
        answer
    }

    async fn send_only(&self, target: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let length = body.len();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {length}\r\n{target}\r\n",
            self.address
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        stream
    }
}

#[tokio::test]
async fn the_sdk_sends_receives_and_deletes() {
    let server = serve().await;
    let url = server.queue("q", &[(QueueAttributeName::VisibilityTimeout, "600")]).await;
    assert_eq!(url, format!("http://{}/000000000000/q", server.address));
    let binary = MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new([0, 255]));
    let sent = server.client.send_message().queue_url(&url).message_body("héllo").message_group_id("tenant");
    let sent = sent.message_attributes("b", binary.build().unwrap()).send().await.unwrap();
    let receive = server.client.receive_message().queue_url(&url).message_attribute_names("b");
    let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
    let message = receive.send().await.unwrap().messages.unwrap().remove(0);
    assert_eq!((message.message_id(), message.body()), (sent.message_id(), Some("héllo")));
    assert_eq!(message.md5_of_message_attributes(), sent.md5_of_message_attributes());
    let attributes = message.message_attributes.unwrap();
    assert_eq!(attributes["b"].binary_value().unwrap().as_ref(), [0, 255]);
    assert_eq!(message.attributes.unwrap()[&MessageSystemAttributeName::MessageGroupId], "tenant");

    let entry = |id: &str, handle: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build().unwrap()
    };
    let delete = server.client.delete_message_batch().queue_url(&url);
    let delete = delete.entries(entry("good", message.receipt_handle.as_deref().unwrap()));
    let deleted = delete.entries(entry("bad", "nonsense")).send().await.unwrap();
    assert_eq!((deleted.successful()[0].id(), deleted.failed()[0].id()), ("good", "bad"));
    assert_eq!(deleted.failed()[0].code(), "ReceiptHandleIsInvalid");
    assert_eq!(server.sqs.counts("q").unwrap().in_flight, 0);
}

#[tokio::test]
async fn the_entries_of_a_batch_fail_one_by_one() {
    let server = serve().await;
    let url = server.queue("q", &[]).await;
    let entry = |id: &str, delay: i32| {
        let entry = SendMessageBatchRequestEntry::builder().id(id).message_body(id).delay_seconds(delay);
        entry.build().unwrap()
    };
    let send = server.client.send_message_batch().queue_url(&url);
    let sent = send.entries(entry("a", 0)).entries(entry("b", 901)).entries(entry("c", 0)).send().await.unwrap();
    assert_eq!(sent.successful().iter().map(|entry| entry.id()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!((sent.failed()[0].id(), sent.failed()[0].code()), ("b", "InvalidParameterValue"));
    assert!(sent.failed()[0].sender_fault());
}

#[tokio::test]
async fn the_sdk_knows_our_errors() {
    let server = serve().await;
    let url = server.queue("q", &[]).await;
    let send = |url: &str, body: &str| server.client.send_message().queue_url(url).message_body(body).send();
    let missing = send(&url.replace("/q", "/nope"), "a").await.unwrap_err().into_service_error();
    assert!(missing.is_queue_does_not_exist(), "{missing:?}");
    assert!(missing.message().unwrap().contains("\"nope\" does not exist"), "{missing:?}");
    let refused = send(&url, "a\u{ffff}").await.unwrap_err().into_service_error();
    assert!(refused.is_invalid_message_contents(), "{refused:?}");
    let delete = server.client.delete_message().queue_url(&url).receipt_handle("nonsense").send();
    assert!(delete.await.unwrap_err().into_service_error().is_receipt_handle_is_invalid());
}

#[tokio::test]
async fn a_move_task_brings_dead_letters_back_at_its_rate_and_can_be_cancelled() {
    let server = serve().await;
    let dead = server.queue("dead", &[]).await;
    let arn = "arn:aws:sqs:us-east-1:000000000000:dead";
    let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":1}}"#);
    let redrive = [(QueueAttributeName::VisibilityTimeout, "0"), (QueueAttributeName::RedrivePolicy, policy.as_str())];
    server.queue("q", &redrive).await;
    for n in 0..30 {
        server.sqs.send("q", &n.to_string()).unwrap();
    }
    while server.sqs.counts("dead").unwrap().visible < 30 {
        server.sqs.receive("q", 10, Duration::ZERO).await.unwrap();
    }

    let start = || server.client.start_message_move_task().source_arn(arn);
    let slow = start().max_number_of_messages_per_second(1).send().await.unwrap();
    assert!(start().send().await.unwrap_err().into_service_error().is_unsupported_operation());
    let cancel = server.client.cancel_message_move_task().task_handle(slow.task_handle.unwrap());
    let moved = cancel.send().await.unwrap().approximate_number_of_messages_moved;
    assert!(moved <= 2, "{moved} messages were moved at once, at one a second");

    start().send().await.unwrap();
    let listed = timeout(SOON, async {
        loop {
            let list = server.client.list_message_move_tasks().source_arn(arn).max_results(2).send().await.unwrap();
            if list.results()[0].status() != Some("RUNNING") {
                return list;
            }
        }
    });
    let listed = listed.await.expect("an end of the task");
    let statuses: Vec<_> = listed.results().iter().filter_map(|task| task.status()).collect();
    assert_eq!(statuses, ["COMPLETED", "CANCELLED"]);
    assert_eq!(server.sqs.counts("dead").unwrap().visible, 0);
    assert_eq!(server.sqs.counts("q").unwrap().visible, 30);
    let again = server.sqs.receive("q", 1, Duration::ZERO).await.unwrap().remove(0);
    assert_eq!(again.attributes["ApproximateReceiveCount"], "1");

    server.client.send_message().queue_url(&dead).message_body("no way back").send().await.unwrap();
    start().send().await.unwrap();
    let failed = timeout(SOON, async {
        loop {
            let list = server.client.list_message_move_tasks().source_arn(arn).send().await.unwrap();
            if list.results()[0].status() == Some("FAILED") {
                return list;
            }
        }
    });
    let failed = failed.await.expect("a failure of the task");
    assert!(failed.results()[0].failure_reason().unwrap().contains("DestinationArn"));
}

#[tokio::test]
async fn long_polls_are_answered_at_shutdown_and_the_server_ends() {
    let server = serve().await;
    let url = server.queue("q", &[]).await;
    let poll = server.client.receive_message().queue_url(&url).wait_time_seconds(20).send();
    let poll = tokio::spawn(poll);
    // The answer to a later request shows that the poll waits.
    server.client.get_queue_url().queue_name("q").send().await.unwrap();
    server.stop.send(()).unwrap();
    timeout(SOON, server.serving).await.expect("an end").unwrap().unwrap();
    if let Ok(answer) = timeout(SOON, poll).await.expect("an answer").unwrap() {
        assert!(answer.messages.is_none());
    }
}

#[tokio::test]
async fn a_client_that_went_away_in_its_long_poll_takes_no_message_along() {
    let server = serve().await;
    server.queue("q", &[("VisibilityTimeout".into(), "600")]).await;
    let poll = r#"{"QueueUrl":"q","WaitTimeSeconds":20}"#;
    let target = "X-Amz-Target: AmazonSQS.ReceiveMessage\r\n";
    let gone = server.send_only(target, poll).await;
    // Each answered request shows that the server has seen what came before it: the poll, and its client's end.
    server.client.get_queue_url().queue_name("q").send().await.unwrap();
    drop(gone);
    server.client.get_queue_url().queue_name("q").send().await.unwrap();
    server.sqs.send("q", "a").unwrap();
    let received = server.sqs.receive("q", 1, SOON).await.unwrap();
    assert_eq!(received[0].attributes["ApproximateReceiveCount"], "1");
}

/// What a bare request is answered.
#[track_caller]
fn check_answer(answer: &str, status: &str, header: &str, body: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    assert!(answer.contains(header), "{answer}");
    assert!(answer.contains(body), "{answer}");
}

#[tokio::test]
async fn requests_that_no_sdk_makes_are_refused_with_a_reason() {
    let server = serve().await;
    let send = "X-Amz-Target: AmazonSQS.SendMessage\r\n";
    let invalid_action = "x-amzn-query-error: InvalidAction;Sender";
    check_answer(&server.post("", "Action=SendMessage").await, "400", invalid_action, "AWS JSON 1.0 protocol");
    let unknown = "X-Amz-Target: AmazonSQS.Frobnicate\r\n";
    check_answer(&server.post(unknown, "{}").await, "400", invalid_action, "is not an action of Amazon SQS");
    let serialization = "x-amzn-query-error: SerializationException;Sender";
    check_answer(&server.post(send, "[1").await, "400", serialization, "com.amazonaws.sqs#SerializationException");
    check_answer(&server.post(send, r#"{"QueueUrl":5}"#).await, "400", serialization, "QueueUrl: invalid type");
    check_answer(&server.post(send, "{}").await, "400", "MissingParameter;Sender", "must contain QueueUrl");
    let nope = server.post(send, r#"{"QueueUrl":"http://elsewhere:1/000000000000/nope","MessageBody":"a"}"#).await;
    check_answer(
        &nope,
        "400",
        "x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender",
        r#""__type":"com.amazonaws.sqs#QueueDoesNotExist""#,
    );
    check_answer(&nope, "400", "content-type: application/x-amz-json-1.0", "\"message\"");
}
