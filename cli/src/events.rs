//! `tidegate events`: the files of `events/`, which are documentation, `sam local invoke` samples and test input.
//!
//! They are made from the sample payloads with the test secrets at one fixed time, so that making them again
//! changes nothing. The door holds signatures against `requestContext.timeEpoch`, so they stay valid for ever.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use webhook::identity::Identity;
use webhook::provider;
use webhook::secret::Secrets;
use webhook::sign::test_secret;
use webhook::sources::Source;
use webhook::{Request, verify};

use crate::dead::print;
use crate::delivery::{Delivery, Draft, Tamper};
use crate::{CliError, functions, sample};

/// Write the sample events of events/ again, over those that are there: signed with the test secrets
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The folder to write to; events/ of the checkout without it
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// When all samples were signed and received: 2026-11-21T12:00:00Z.
pub const RECEIVED_AT_MS: u64 = 1_795_262_400_000;
const DOMAIN: &str = "hooks.example.com";

/// Writes the files.
///
/// # Errors
/// When a file cannot be written.
pub fn run(options: &Options) -> Result<ExitCode, CliError> {
    let dir = options.dir.clone().unwrap_or_else(|| functions::checkout().join("events"));
    let files = files()?;
    for (name, value) in &files {
        write(&dir, name, value)?;
    }
    print::text(&format!("{} files in {}\n", files.len(), dir.canonicalize().unwrap_or(dir).display()))?;
    Ok(ExitCode::SUCCESS)
}

fn write(dir: &Path, name: &str, value: &Value) -> Result<(), CliError> {
    let path = dir.join(name);
    let fail = |error| CliError::failed(format!("{} cannot be written: {error}", path.display()));
    fs::create_dir_all(dir).map_err(fail)?;
    fs::write(&path, format!("{value:#}\n")).map_err(fail)
}

/// The providers that have events: one or two of each way to sign. All of them would say nothing more.
const SHOWN: [&str; 7] = ["github", "shopify", "slack", "standard-webhooks", "stripe", "svix", "twilio"];

fn sources() -> Vec<Source> {
    SHOWN.iter().filter_map(|name| provider::by_name(name)).map(sample::source).collect()
}

/// Every file by its name, `expected.json` last: what each is answered.
///
/// # Errors
/// When a sample cannot be signed.
pub fn files() -> Result<Vec<(String, Value)>, CliError> {
    let sources = &sources();
    let mut files = Vec::new();
    let mut expected = Map::new();
    let mut add = |name: String, event: Value, answer: Value| {
        expected.insert(name.clone(), answer);
        files.push((name, event));
    };
    for source in sources {
        let delivery = signed(source, "sample", None, None)?;
        add(format!("ingest-{}.json", source.name), gateway_event(source, &delivery, false), json!({"status": 200}));
        let encoded = gateway_event(source, &delivery, true);
        add(format!("ingest-{}-base64.json", source.name), encoded, json!({"status": 200}));
    }
    let github = source(sources, "github")?;
    let slack = source(sources, "slack")?;
    let tampered = signed(github, "sample", None, Some(Tamper::Body))?;
    add("ingest-refused-body.json".into(), gateway_event(github, &tampered, true), json!({"status": 403}));
    let unsigned = signed(github, "sample", None, Some(Tamper::Unsigned))?;
    add("ingest-refused-unsigned.json".into(), gateway_event(github, &unsigned, false), json!({"status": 401}));
    let stale = signed(slack, "sample", None, Some(Tamper::Stale))?;
    add("ingest-refused-stale.json".into(), gateway_event(slack, &stale, false), json!({"status": 403}));
    let challenge = signed(slack, "sample", Some(r#"{"type":"url_verification","challenge":"3eZbrw1a"}"#), None)?;
    let answer = json!({"status": 200, "body": "3eZbrw1a"});
    add("ingest-handshake-slack.json".into(), gateway_event(slack, &challenge, false), answer);

    let good: Vec<String> = sources.iter().map(|s| envelope(s, "sample", None)).collect::<Result<_, _>>()?;
    let bodies: Vec<&str> = good.iter().map(String::as_str).collect();
    add("worker-good.json".into(), sqs_event(&bodies), json!({"failures": [], "done": bodies.len(), "dead": {}}));
    let small = bodies.iter().copied().min_by_key(|body| body.len()).expect("OK because github is one of the sources");
    let thrice = [small; 3];
    add("worker-duplicate.json".into(), sqs_event(&thrice), json!({"failures": [], "done": 1, "dead": {}}));
    let poison = envelope(github, "poison", Some("{\"signed\": \"but cut off"))?;
    let dead = json!({"contract_violated": 1});
    add("worker-poison.json".into(), sqs_event(&[&poison]), json!({"failures": [], "done": 0, "dead": dead}));
    let mut mixed = bodies.clone();
    mixed.extend(["this is no envelope", &poison, small]);
    let dead = json!({"contract_violated": 1, "envelope_unreadable": 1});
    add("worker-mixed.json".into(), sqs_event(&mixed), json!({"failures": [], "done": bodies.len(), "dead": dead}));
    files.push(("expected.json".to_owned(), Value::Object(expected)));
    Ok(files)
}

fn source<'s>(sources: &'s [Source], name: &str) -> Result<&'s Source, CliError> {
    let found = webhook::sources::by_name(sources, name);
    found.ok_or_else(|| CliError::failed(format!("the samples need the source {name:?} in sources.toml")))
}

fn signed(source: &Source, id: &str, body: Option<&str>, tamper: Option<Tamper>) -> Result<Delivery, CliError> {
    let draft = Draft {
        source,
        base_url: &format!("https://{DOMAIN}"),
        event_id: format!("{}-{id}-1", source.name),
        body: body.map(|body| body.as_bytes().to_vec()),
        content_type: None,
        tamper,
        now_ms: RECEIVED_AT_MS,
    };
    draft.sign_with(&test_secret(source.provider))
}

/// The event of an HTTP API, payload format 2.0.
fn gateway_event(source: &Source, delivery: &Delivery, base64: bool) -> Value {
    let path = format!("/hooks/{}", source.name);
    let headers: Map<String, Value> =
        delivery.headers.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
    let body = if base64 { STANDARD.encode(&delivery.body) } else { String::from_utf8_lossy(&delivery.body).into() };
    json!({
        "version": "2.0",
        "routeKey": "ANY /hooks/{source}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "pathParameters": {"source": source.name},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": DOMAIN,
            "domainPrefix": "hooks",
            "http": {
                "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "sample",
            },
            "requestId": format!("sample-{}", source.name),
            "routeKey": "ANY /hooks/{source}",
            "stage": "$default",
            "time": "21/Nov/2026:12:00:00 +0000",
            "timeEpoch": RECEIVED_AT_MS,
        },
        "body": body,
        "isBase64Encoded": base64,
    })
}

/// The message that the door makes of a delivery.
fn envelope(source: &Source, id: &str, body: Option<&str>) -> Result<String, CliError> {
    let delivery = signed(source, id, body, None)?;
    let scheme = &source.provider.scheme;
    let secrets = Secrets::parse(&test_secret(source.provider), &scheme.key)
        .map_err(|error| CliError::failed(error.to_string()))?;
    let request = Request { method: "POST", url: &delivery.url, headers: &delivery.headers, body: &delivery.body };
    let verified = verify(scheme, &secrets, &request, RECEIVED_AT_MS)
        .map_err(|rejection| CliError::failed(format!("{}: {rejection}", source.name)))?;
    let identity = Identity::of(source.provider, source.identity, &verified, "");
    let request_id = format!("sample-{}", source.name);
    Ok(source.seal(&verified, &identity, (RECEIVED_AT_MS, &request_id), true).envelope.to_message())
}

/// The event that an SQS event source mapping sends.
fn sqs_event(bodies: &[&str]) -> Value {
    let record = |(index, body): (usize, &&str)| {
        json!({
            "messageId": format!("00000000-0000-4000-8000-{index:012}"),
            "receiptHandle": format!("sample-receipt-{index}"),
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": RECEIVED_AT_MS.to_string(),
                "SenderId": "AIDAEXAMPLE",
                "ApproximateFirstReceiveTimestamp": RECEIVED_AT_MS.to_string(),
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:tidegate",
            "awsRegion": "us-east-1",
        })
    };
    json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
}
