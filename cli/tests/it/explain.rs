//! Captured requests explained, and what `send` says of a batch.

use std::path::PathBuf;
use std::time::Duration;

use local::{Receiver, Reply};
use tempfile::TempDir;
use tidegate::delivery::Draft;
use webhook::provider;
use webhook::sign::test_document;
use webhook::sources;

use crate::harness::tidegate;

const NOW_MS: u64 = 1_795_262_400_000;

/// A folder with a sources.toml of one source.
struct Place {
    folder: TempDir,
    provider: &'static str,
}

impl Place {
    /// The source is called as its provider, and has its secret in SSM.
    fn new(provider: &'static str, more: &str) -> Self {
        let place = Place { folder: tempfile::tempdir().unwrap(), provider };
        let text = format!("[{provider}]\nprovider = {provider:?}\nsecrets = [\"ssm:/{{stage}}/a\"]\n{more}\n");
        std::fs::write(place.file("sources.toml"), text).unwrap();
        place
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes down a delivery of this body as it travels, with more bytes at its end; the provider's sample without one.
    fn capture(&self, body: Option<&str>, more: &[u8]) {
        let text = std::fs::read_to_string(self.file("sources.toml")).unwrap();
        let source = sources::parse(&text).unwrap().remove(0);
        let (base_url, event_id) = ("https://hooks.example.com", "4711".to_owned());
        let body = body.map(|body| body.as_bytes().to_vec());
        let draft =
            Draft { source: &source, base_url, event_id, body, content_type: None, tamper: None, now_ms: NOW_MS };
        let delivery = draft.sign().unwrap();
        let mut head = format!("POST /hooks/{} HTTP/1.1\r\nHost: hooks.example.com\r\n", self.provider);
        delivery.headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        head += &format!("content-length: {}\r\n", delivery.body.len());
        self.write(&[head.as_bytes(), b"\r\n", &delivery.body, more].concat());
    }

    fn write(&self, request: &[u8]) {
        std::fs::write(self.file("request"), request).unwrap();
    }

    /// The exit status, and what is said on either output.
    fn explain(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let (at, file) = ((NOW_MS / 1000).to_string(), self.file("request"));
        let mut command = tidegate();
        command.args(["explain", self.provider, "--at", &at, "--request", file.to_str().unwrap()]).args(arguments);
        let output = command.env("TIDEGATE_SOURCES_FILE", self.file("sources.toml")).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    }

    #[track_caller]
    fn check(&self, arguments: &[&str], status: i32, said: &[&str]) {
        let (code, told) = self.explain(arguments);
        assert_eq!(code, Some(status), "{told}");
        for said in said {
            assert!(told.contains(said), "expected {said:?} in: {told}");
        }
    }
}

#[test]
fn a_captured_request_is_explained() {
    for name in ["github", "stripe", "svix", "twilio"] {
        let place = Place::new(name, "");
        place.capture(None, b"");
        place.check(&[], 0, &["let in", "4711", "--secret says what /{stage}/a holds"]);
        place.check(
            &["--secret", "dGlkZQ==", "--secret", "dG9vbA=="],
            1,
            &["403, signature_invalid", "any of 2 secrets"],
        );
    }
    let place = Place::new("github", "");
    place.capture(None, b"\n");
    place.check(&[], 1, &["403, signature_invalid", "white space was added", "an editor puts a line feed there"]);
}

#[test]
fn what_cannot_be_judged_is_told_with_what_is_missing() {
    let place = Place::new("google-pubsub", "");
    place.capture(None, b"");
    place.check(&[], 0, &["200, let in", "the test key, which `send` signs with"]);
    let secret = ["--secret", "tidegate-test-secret"];
    let missing = "the provider's public key at https://www.googleapis.com/oauth2/v3/certs";
    place.check(&secret, 2, &["not known", missing, "--document FILE"]);
    let document = place.file("keys.json");
    let with = [&secret[..], &["--document", document.to_str().unwrap()]].concat();
    place.check(&with, 2, &["keys.json cannot be read"]);
    std::fs::write(&document, "{}").unwrap();
    place.check(&with, 2, &["keys.json: expected a JSON Web Key set with a key in it"]);
    std::fs::write(&document, test_document(provider::by_name("google-pubsub").unwrap()).unwrap()).unwrap();
    place.check(&with, 0, &["200, let in", "as --document says"]);
    let wrong = ["--secret", "else@example.com", "--document", document.to_str().unwrap()];
    place.check(&wrong, 1, &["put there what the provider has as email"]);
    place.check(&["--secret", " "], 2, &["google-pubsub: no secret is set"]);

    let github = Place::new("github", "");
    github.capture(None, b"");
    github.check(&with[2..], 2, &["--document: nothing is fetched for github"]);
}

#[test]
fn a_request_that_is_no_delivery_is_answered_as_at_the_door() {
    let meta = Place::new("meta", "");
    meta.write(b"GET /hooks/meta?hub.mode=subscribe&hub.challenge=1 HTTP/1.1\n\n");
    meta.check(&[], 0, &["200, a handshake, not queued"]);
    meta.write(b"GET /hooks/meta HTTP/1.1\n\n");
    meta.check(&[], 1, &["405, method", "asks by GET where query:hub.mode is \"subscribe\""]);
    let discord = Place::new("discord", "");
    discord.capture(Some("{\"type\":0}"), b"");
    discord.check(&[], 0, &["204, a handshake, not queued"]);
    let topic = Place::new("aws-sns", "confirm = true");
    topic.capture(Some(include_str!("../../../events/payloads/aws-sns-confirmation.json")), b"");
    topic.check(&[], 0, &["its URL is visited first"]);
}

const BATCH: &str = r#"[{"sg_event_id":"a","event":"open"},{"sg_event_id":"b","event":"click"}]"#;

#[test]
fn the_events_of_a_batch_are_told() {
    let place = Place::new("sendgrid", "split = \"\"");
    place.capture(Some(BATCH), b"");
    place.check(&[], 0, &["events   2", "sendgrid#a, id a, type open", "sendgrid#b, id b, type click"]);
    place.capture(Some("{}"), b"");
    place.check(&[], 0, &["there is no array at json:", "sendgrid#sha256:"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_told_by_its_events() {
    let place = Place::new("sendgrid", "split = \"\"");
    std::fs::write(place.file("batch.json"), BATCH).unwrap();
    let taken =
        |_: &local::Received| Reply { status: 200, retry_after_s: None, after: Duration::ZERO, body: "".into() };
    let receiver = Receiver::start(taken).await.unwrap();
    let mut send = tidegate();
    send.args(["send", "sendgrid", "--to", &receiver.url(), "--event"]).arg(place.file("batch.json"));
    send.env("TIDEGATE_SOURCES_FILE", place.file("sources.toml"));
    let output = tokio::task::spawn_blocking(move || send.output().unwrap()).await.unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("event sendgrid#a, id a, type open\nevent sendgrid#b, id b, type click\n"), "{told}");
}
