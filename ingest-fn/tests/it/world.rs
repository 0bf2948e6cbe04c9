//! A door with the sources of this repository and a real SQS endpoint behind it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ingest_fn::bodies::Bodies;
use ingest_fn::documents::Documents;
use ingest_fn::door::Door;
use ingest_fn::queue::{PATIENCE, Queue};
use ingest_fn::rates::Rates;
use ingest_fn::secrets::SecretCache;
use local::sqs::Sqs;
use serde_json::{Map, Value, json};
use shell::Settings;
use shell::aws::Patience;
use tokio::net::TcpListener;
use webhook::Request;
use webhook::provider::{self, Provider};
use webhook::secret::Secrets;
use webhook::sign::{sign, test_secret};
use webhook::sources::{SecretPlace, Source};

/// When every event of these tests was signed and received, Unix time in milliseconds.
pub(crate) const NOW_MS: u64 = 1_795_262_400_000;
const QUEUE: &str = "door";
const FIFO: &str = "door.fifo";

/// A door and what is behind it.
pub(crate) struct World {
    pub(crate) door: Door,
    sqs: Arc<Sqs>,
    queue: &'static str,
}

/// One source for each provider, by the provider's name.
fn sources() -> Vec<Source> {
    let embedded = webhook::sources::from_json(ingest_fn::SOURCES).unwrap();
    let source = |provider: &&'static Provider| Source {
        name: provider.name.to_owned(),
        provider,
        secrets: vec![SecretPlace::Env(provider.name.to_owned())],
        identity: provider.identity,
        ..embedded[0].clone()
    };
    let described = webhook::sources::parse(DESCRIBED).unwrap();
    // As they come out of a build.
    let described = webhook::sources::from_json(&webhook::sources::to_json(&described)).unwrap();
    provider::ALL.iter().map(source).chain(described).collect()
}

/// A source that describes its provider itself.
const DESCRIBED: &str = r#"
[acme]
secrets = ["env:ACME"]
id = "header:x-acme-id"
type = "json:/type"
headers = ["X-Acme-Id"]
accepted = 202
rejected = 401
[acme.scheme]
signature = "header:x-acme-signature"
split = ","
prefix = "v1="
signed = "{timestamp}.{body}"
timestamp = { item = "t=" }
"#;

/// For a queue that answers as soon as a busy machine lets it.
const PATIENT: Patience = Patience { attempt: Duration::from_secs(30), operation: Duration::from_secs(60), ..PATIENCE };

impl World {
    pub(crate) async fn start() -> World {
        let world = World::without_queue().await;
        world.sqs.create_queue(QUEUE, &BTreeMap::new()).unwrap();
        world
    }

    /// The queue is a FIFO queue, as in a deployment.
    pub(crate) async fn fifo() -> World {
        let world = World::serving(FIFO).await;
        let attributes = [("FifoQueue", "true"), ("ContentBasedDeduplication", "true")];
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        world.sqs.create_queue(FIFO, &attributes).unwrap();
        world
    }

    /// SQS answers, but there is no such queue.
    pub(crate) async fn without_queue() -> World {
        World::serving(QUEUE).await
    }

    async fn serving(queue: &'static str) -> World {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let world = World::asking(&endpoint, PATIENT, queue).await;
        tokio::spawn(world.sqs.clone().serve(listener, std::future::pending()));
        world
    }

    /// What is there is asked as in a deployment.
    pub(crate) async fn with_queue_at(endpoint: &str) -> World {
        World::asking(endpoint, PATIENCE, QUEUE).await
    }

    async fn asking(endpoint: &str, patience: Patience, queue: &'static str) -> World {
        let lookup = |name: &str| match name {
            "AWS_REGION" => Some("us-east-1".to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
            "AWS_ENDPOINT_URL_SQS" => Some(endpoint.to_owned()),
            _ => None,
        };
        let settings = Settings::new(&lookup);
        let client = aws_sdk_sqs::Client::new(&shell::aws::config(&settings, "SQS", patience));
        settings.finish().unwrap();
        let at = format!("{endpoint}/000000000000/{queue}");
        let sources = sources();
        let secrets = SecretCache::new(&sources, &World::variable, "", None);
        let rates = Rates::new(&sources);
        let door = Door {
            sources,
            secrets,
            rates,
            public_url: None,
            documents: Documents::default(),
            queue: Queue::new(client, at),
            bodies: None,
        };
        World { door, sqs: Arc::new(Sqs::in_memory().unwrap()), queue }
    }

    /// What the environment holds: the test secret of each provider, by its name.
    pub(crate) fn variable(name: &str) -> Option<String> {
        match name {
            "ACME" => Some("acme's secret".to_owned()),
            row => provider::by_name(row).map(test_secret),
        }
    }

    /// Gives the door a bucket at an S3 endpoint.
    pub(crate) fn with_bucket_at(&mut self, endpoint: &str, bucket: &str) {
        let lookup = |name: &str| match name {
            "AWS_REGION" => Some("us-east-1".to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
            "AWS_ENDPOINT_URL_S3" => Some(endpoint.to_owned()),
            _ => None,
        };
        let settings = Settings::new(&lookup);
        self.door.bodies = Some(Bodies::new(&settings, bucket.to_owned()));
        settings.finish().unwrap();
    }

    /// The body of the next message, or `None` when the queue is empty. The message stays hidden after it.
    pub(crate) async fn received(&self) -> Option<String> {
        let messages = self.sqs.receive(self.queue, 1, Duration::ZERO).await.unwrap();
        messages.into_iter().next().map(|message| message.body)
    }

    /// The bodies of what waits in each message group, in the order in which they come.
    pub(crate) async fn received_by_group(&self) -> BTreeMap<String, Vec<String>> {
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        loop {
            let messages = self.sqs.receive(self.queue, 10, Duration::ZERO).await.unwrap();
            if messages.is_empty() {
                return groups;
            }
            for message in messages {
                groups.entry(message.attributes["MessageGroupId"].clone()).or_default().push(message.body);
                self.sqs.delete(self.queue, &message.receipt_handle).unwrap();
            }
        }
    }

    pub(crate) fn with_secret(&mut self, name: &str, text: &str) {
        let secret = |source: &str| if source == name { Some(text.to_owned()) } else { World::variable(source) };
        self.door.secrets = SecretCache::new(&self.door.sources, &secret, "", None);
    }

    pub(crate) fn without_secret(&mut self, name: &str) {
        self.with_secret(name, "");
    }
}

/// An API Gateway event for a source.
pub(crate) fn event(source: &str, headers: &[(String, String)], body: &str, base64: bool) -> Value {
    let headers: Map<String, Value> = headers.iter().map(|(n, v)| (n.clone(), Value::String(v.clone()))).collect();
    json!({
        "version": "2.0",
        "rawPath": format!("/hooks/{source}"),
        "rawQueryString": "",
        "headers": headers,
        "pathParameters": {"source": source},
        "requestContext": {
            "domainName": "hooks.example.com",
            "http": {"method": "POST"},
            "requestId": "r",
            "timeEpoch": NOW_MS,
        },
        "body": body,
        "isBase64Encoded": base64,
    })
}

/// An API Gateway event with a delivery that is signed as the source's provider signs.
pub(crate) fn signed(source: &str, body: &[u8], base64: bool) -> Value {
    signed_with(source, &test_secret(provider::by_name(source).unwrap()), body, base64)
}

/// The same, signed with another secret.
pub(crate) fn signed_with(source: &str, secret: &str, body: &[u8], base64: bool) -> Value {
    let provider = provider::by_name(source).unwrap();
    let secrets = Secrets::parse(secret, &provider.scheme.key).unwrap();
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    if let Some(webhook::Field::Header(name)) = provider.id.first() {
        headers.push(((*name).to_owned(), "id-1".to_owned()));
    }
    let url = format!("https://hooks.example.com/hooks/{source}");
    let request = Request { method: "POST", url: &url, headers: &headers, body };
    let signature = sign(&provider.scheme, &secrets, &request, NOW_MS).unwrap();
    headers.extend(signature);
    let text = if base64 { STANDARD.encode(body) } else { String::from_utf8(body.to_vec()).unwrap() };
    event(source, &headers, &text, base64)
}
