//! A worker with real SQS and DynamoDB endpoints around it, and a way to make messages for it.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use local::{BusEvent, DeadLetter, Ports, QueueSpec, Stack, StackConfig, TableSpec};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use shell::Settings;
use shell::aws::Patience;
use std::time::Duration;
use tempfile::TempDir;
use webhook::destination::Destination;
use webhook::envelope::Envelope;
use webhook::identity::Identity;
use webhook::secret::Secrets;
use webhook::sign::{sign, test_secret};
use webhook::{Request, provider, verify};
use worker_fn::bodies::Bodies;
use worker_fn::event::{Record, SqsEvent};
use worker_fn::ledger::Ledger;
use worker_fn::limits::Limits;
use worker_fn::outside::Outside;
use worker_fn::queue::Queues;
use worker_fn::record::Time;

pub(crate) const TABLE: &str = "ledger";
/// The bucket of large bodies.
pub(crate) const BUCKET: &str = "bodies";
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(1),
    attempt: Duration::from_secs(5),
    operation: Duration::from_secs(5),
    attempts: 1,
};

/// A worker's world, on loopback and in a folder of its own.
pub(crate) struct World {
    pub(crate) worker: worker_fn::record::World,
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    stack: Stack,
    /// The names of the queue and of its dead-letter queue.
    queues: [&'static str; 2],
    state: TempDir,
}

impl World {
    pub(crate) async fn start() -> World {
        World::with_attempts(10).await
    }

    pub(crate) async fn with_attempts(attempts: u32) -> World {
        World::with(attempts, &Destination::Table).await
    }

    /// A world in which the events of every source go to this destination.
    pub(crate) async fn with(attempts: u32, destination: &Destination) -> World {
        World::at(attempts, std::slice::from_ref(destination), &[]).await
    }

    /// A world in which the events of every source go to these destinations, with more variables than those of AWS.
    pub(crate) async fn at(attempts: u32, destinations: &[Destination], variables: &[(&str, &str)]) -> World {
        World::of(["queue", "letters"], attempts, destinations, variables).await
    }

    /// A world whose queues are FIFO queues.
    pub(crate) async fn fifo(destinations: &[Destination]) -> World {
        World::of(["queue.fifo", "letters.fifo"], 10, destinations, &[]).await
    }

    async fn of(
        queues: [&'static str; 2],
        attempts: u32,
        destinations: &[Destination],
        variables: &[(&str, &str)],
    ) -> World {
        let state = tempfile::tempdir().unwrap();
        let queue =
            |name: &str, dead_letter| QueueSpec { name: name.to_owned(), visibility_timeout_s: 30, dead_letter };
        let [queue_name, letters_name] = queues;
        let redrive = DeadLetter { queue: letters_name.to_owned(), receives_max: 1_000 };
        let stack = Stack::start(StackConfig {
            state_dir: state.path().to_owned(),
            ports: Ports::default(),
            queues: vec![queue(queue_name, Some(redrive)), queue(letters_name, None)],
            parameters: Vec::new(),
            buckets: vec![BUCKET.to_owned()],
            tables: vec![TableSpec { name: TABLE.to_owned(), ttl_attribute: "expires_at".to_owned() }],
            functions: Vec::new(),
            routes: Vec::new(),
            mappings: Vec::new(),
            log: Arc::new(|_| {}),
            interference: None,
        })
        .await
        .unwrap();
        let given = |name: &str| variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| *value);
        let lookup = |name: &str| match name {
            _ if given(name).is_some() => given(name).map(str::to_owned),
            "AWS_REGION" => Some("us-east-1".to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
            "AWS_ENDPOINT_URL_SQS" => Some(stack.sqs_url()),
            "AWS_ENDPOINT_URL_DYNAMODB" => Some(stack.dynamodb_url()),
            "AWS_ENDPOINT_URL_S3" => Some(stack.s3_url()),
            "AWS_ENDPOINT_URL_EVENTBRIDGE" => Some(stack.eventbridge_url()),
            _ => None,
        };
        let settings = Settings::new(&lookup);
        let dynamodb = aws_sdk_dynamodb::Client::new(&shell::aws::config(&settings, "DYNAMODB", PATIENCE));
        let sqs = aws_sdk_sqs::Client::new(&shell::aws::config(&settings, "SQS", PATIENCE));
        let bodies = Bodies::new(&settings, PATIENCE);
        let mut sources = webhook::sources::from_json(worker_fn::SOURCES).unwrap();
        sources.iter_mut().for_each(|source| source.destinations = destinations.to_vec());
        let outside = Outside::of(&sources, &settings);
        settings.finish().unwrap();
        let worker = worker_fn::record::World {
            outside,
            sources,
            bodies,
            ledger: Ledger::new(dynamodb.clone(), TABLE.to_owned()),
            queues: Queues::new(sqs.clone(), stack.queue_url(queue_name), stack.queue_url(letters_name)),
            #[cfg(feature = "jq")]
            jq: jq::Jq::of(env!("CARGO_BIN_EXE_worker-fn").into()),
            limits: Limits { attempts, receives: 50 },
        };
        World { worker, dynamodb, sqs, stack, queues, state }
    }

    /// Puts an object into the bucket.
    pub(crate) fn put_object(&self, key: &str, object: &[u8]) {
        let file = self.object(key);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, object).unwrap();
    }

    pub(crate) fn remove_object(&self, key: &str) {
        std::fs::remove_file(self.object(key)).unwrap();
    }

    fn object(&self, key: &str) -> PathBuf {
        self.state.path().join("s3").join(BUCKET).join(key)
    }

    /// Takes the table away from the worker.
    pub(crate) fn without_table(&mut self) {
        self.worker.ledger = Ledger::new(self.dynamodb.clone(), "no-table".to_owned());
    }

    /// Takes S3 away from the worker, and returns it.
    pub(crate) fn without_s3(&mut self) -> Bodies {
        // Nobody listens on this port.
        let lookup = |name: &str| match name {
            "AWS_ENDPOINT_URL_S3" => Some("http://127.0.0.1:1".to_owned()),
            _ => Some("us-east-1".to_owned()).filter(|_| name != "AWS_CA_BUNDLE"),
        };
        std::mem::replace(&mut self.worker.bodies, Bodies::new(&Settings::new(&lookup), PATIENCE))
    }

    /// What was put on event buses.
    pub(crate) fn bus_events(&self) -> Vec<BusEvent> {
        self.stack.bus_events()
    }

    /// The next message of the queue, waited for this many seconds.
    pub(crate) async fn receive(&self, seconds: i32) -> Option<Message> {
        let call = self.sqs.receive_message().queue_url(self.url()).wait_time_seconds(seconds);
        call.send().await.unwrap().messages.unwrap_or_default().pop()
    }

    /// An SQS event of a message that was really sent and received.
    pub(crate) async fn received(&self, body: &str) -> SqsEvent {
        self.sqs.send_message().queue_url(self.url()).message_body(body).send().await.unwrap();
        let message = self.receive(5).await.unwrap();
        let (id, handle) = (message.message_id.unwrap(), message.receipt_handle.unwrap());
        from(json!({"Records": [{"messageId": id, "receiptHandle": handle, "body": body}]}))
    }

    /// Sends a message in a group.
    pub(crate) async fn send(&self, group: &str, body: &str) {
        let call = self.sqs.send_message().queue_url(self.url()).message_body(body).message_group_id(group);
        call.send().await.unwrap();
    }

    /// The next event that Lambda would make of the queue, waited for twelve seconds: records as they come, and their ids.
    pub(crate) async fn batch(&self) -> (SqsEvent, Vec<String>) {
        let mut messages = Vec::new();
        for _ in 0..4 {
            // No longer than the client waits for an answer.
            let call = self.sqs.receive_message().queue_url(self.url()).wait_time_seconds(3).max_number_of_messages(10);
            let call = call.message_system_attribute_names(MessageSystemAttributeName::All);
            messages = call.send().await.unwrap().messages.unwrap_or_default();
            if !messages.is_empty() {
                break;
            }
        }
        let records = messages.iter().map(|message| {
            let attributes = message.attributes.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str()));
            json!({
                "messageId": message.message_id,
                "receiptHandle": message.receipt_handle,
                "body": message.body,
                "attributes": attributes.collect::<BTreeMap<_, _>>(),
            })
        });
        let event = from(json!({"Records": records.collect::<Vec<_>>()}));
        (event, messages.into_iter().map(|message| message.message_id.unwrap()).collect())
    }

    /// Deletes the message of a record that settled, as Lambda would.
    pub(crate) async fn delete(&self, record: &RawValue) {
        let record: Record = serde_json::from_str(record.get()).unwrap();
        let call = self.sqs.delete_message().queue_url(self.url());
        call.receipt_handle(record.receipt_handle.unwrap()).send().await.unwrap();
    }

    fn url(&self) -> String {
        self.stack.queue_url(self.queues[0])
    }

    /// Every letter of the dead-letter queue, with its attributes.
    pub(crate) async fn letters(&self) -> Vec<Message> {
        let mut letters = Vec::new();
        loop {
            let call = self.sqs.receive_message().queue_url(self.stack.queue_url(self.queues[1]));
            let call = call.max_number_of_messages(10).message_attribute_names("All");
            let received = call.send().await.unwrap().messages.unwrap_or_default();
            if received.is_empty() {
                return letters;
            }
            letters.extend(received);
        }
    }

    /// Every row of the table, by its partition key.
    pub(crate) async fn rows(&self) -> BTreeMap<String, Row> {
        let items = self.dynamodb.scan().table_name(TABLE).consistent_read(true).send().await.unwrap();
        items.items().iter().map(|item| (item["pk"].as_s().unwrap().clone(), Row(item.clone()))).collect()
    }

    /// One item of the table.
    pub(crate) async fn item(&self, pk: &str, sk: &str) -> Option<HashMap<String, AttributeValue>> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let call = self.dynamodb.get_item().table_name(TABLE).consistent_read(true);
        call.key("pk", text(pk)).key("sk", text(sk)).send().await.unwrap().item
    }

    /// Every row of the table, those of each destination.
    pub(crate) async fn all_rows(&self) -> Vec<Row> {
        let items = self.dynamodb.scan().table_name(TABLE).consistent_read(true).send().await.unwrap();
        items.items.unwrap_or_default().into_iter().map(Row).collect()
    }

    /// Puts a row as another worker might have left it.
    pub(crate) async fn put_row(&self, pk: &str, attributes: &[(&str, AttributeValue)]) {
        self.put_row_at("table", pk, attributes).await;
    }

    /// Puts a row of a destination.
    pub(crate) async fn put_row_at(&self, sk: &str, pk: &str, attributes: &[(&str, AttributeValue)]) {
        let key = [("pk", AttributeValue::S(pk.to_owned())), ("sk", AttributeValue::S(sk.to_owned()))];
        let item = key.into_iter().chain(attributes.iter().cloned()).map(|(name, value)| (name.to_owned(), value));
        self.dynamodb.put_item().table_name(TABLE).set_item(Some(item.collect())).send().await.unwrap();
    }
}

/// One row of the table.
pub(crate) struct Row(HashMap<String, AttributeValue>);

impl Row {
    #[cfg(feature = "jq")]
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value == &AttributeValue::Bool(true))
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
    }
}

/// The message that the door makes of a GitHub delivery with this id and body.
pub(crate) fn message(id: &str, body: &str) -> String {
    const NOW_MS: u64 = 1_795_262_400_000;
    let github = provider::by_name("github").unwrap();
    let secrets = Secrets::parse(&test_secret(github), &github.scheme.key).unwrap();
    let mut headers = vec![("x-github-delivery".to_owned(), id.to_owned())];
    let url = "https://hooks.example.com/hooks/github";
    let unsigned = Request { method: "POST", url, headers: &headers, body: body.as_bytes() };
    let signature = sign(&github.scheme, &secrets, &unsigned, NOW_MS).unwrap();
    headers.extend(signature);
    let request = Request { method: "POST", url, headers: &headers, body: body.as_bytes() };
    let delivery = verify(&github.scheme, &secrets, &request, NOW_MS).unwrap();
    let identity = Identity::of(github, github.identity, &delivery, "r");
    Envelope::seal("github", github, &delivery, &identity, NOW_MS, "r").to_message()
}

/// An SQS event of these bodies; message ids are `m0`, `m1` and so on.
pub(crate) fn event(bodies: &[&str], receives: u32) -> SqsEvent {
    let record = |(index, body): (usize, &&str)| {
        json!({
            "messageId": format!("m{index}"),
            "receiptHandle": format!("h{index}"),
            "body": body,
            "attributes": {"ApproximateReceiveCount": receives.to_string(), "SentTimestamp": "1795262400000"},
        })
    };
    from(json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()}))
}

/// An SQS event from JSON.
pub(crate) fn from(event: Value) -> SqsEvent {
    serde_json::from_str(&event.to_string()).unwrap()
}

/// A deadline that no test reaches, Unix time in milliseconds.
pub(crate) fn far_off() -> u64 {
    shell::clock::now_ms() + 600_000
}

/// Until that deadline.
pub(crate) fn in_time() -> Time {
    Time { stop_ms: far_off() - 500, deadline_ms: far_off() }
}
