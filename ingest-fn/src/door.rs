//! The door: who is let in, and what each request is answered.

use std::time::Duration;

use serde::Serialize;
use shell::log::Level;
use shell::{Lookup, clock};
use webhook::answer::Outcome;
use webhook::envelope::{self, Envelope};
use webhook::identity::Identity;
use webhook::provider::Handshake;
use webhook::secret::{SecretError, Secrets};
use webhook::sources::{SecretPlace, Source};
use webhook::{Request, verify};

use crate::gateway::{Answer, Event};
use crate::queue::Queue;
use crate::report::Report;

/// How long a request may take altogether, from API Gateway's receipt on. Slack and others give up after 3 s.
const BUDGET: Duration = Duration::from_millis(2_500);
/// The most of it that a cold start can have used up before we run. Clocks that lie apart, and sample events of
/// long ago, leave the rest.
const START_MAX: Duration = Duration::from_millis(1_500);
/// When a provider may come back after a 503, in seconds.
const RETRY_AFTER_S: &str = "5";

/// All that a request at the door meets.
pub struct Door {
    /// The sources, each with its live secrets or with why it has none.
    pub sources: Vec<(Source, Result<Secrets, SecretError>)>,
    /// Protocol and host as providers call them, where that is not API Gateway's own domain.
    pub public_url: Option<String>,
    /// Where verified deliveries go.
    pub queue: Queue,
}

/// A request that was answered 2xx.
enum Admitted {
    /// Durable in the queue; which of the secrets had signed it.
    Accepted(Identity, usize, Answer),
    /// A question whether we are there, with what the provider wants to hear.
    Handshake(Answer),
}

/// A request that was not let in, or could not be made durable.
struct Refused {
    outcome: Outcome,
    /// For the log only.
    detail: String,
    identity: Option<Identity>,
}

impl Refused {
    fn new(outcome: Outcome, detail: impl ToString) -> Self {
        Refused { outcome, detail: detail.to_string(), identity: None }
    }
}

/// Loads each source's secrets. One that has none is told of and answers 503 until it has.
pub fn load_secrets(sources: Vec<Source>, lookup: Lookup<'_>) -> Vec<(Source, Result<Secrets, SecretError>)> {
    #[derive(Serialize)]
    struct Unusable<'a> {
        level: Level,
        outcome: &'static str,
        source: &'a str,
        detail: String,
    }
    let tell = |source: &Source, level, detail: String| {
        let outcome = Outcome::SecretUnavailable.name();
        shell::log::line(&Unusable { level, outcome, source: &source.name, detail });
    };
    let load = |source: Source| {
        let mut texts = Vec::new();
        for SecretPlace::Env(name) in &source.secrets {
            match lookup(name).filter(|text| !text.is_empty()) {
                Some(text) => texts.push(text),
                None => tell(&source, Level::Warn, format!("{name} is not set")),
            }
        }
        let secrets = Secrets::parse(&texts.join("\n"), &source.provider.scheme.key);
        match &secrets {
            Ok(secrets) => secrets.unusable().iter().for_each(|e| tell(&source, Level::Error, e.to_string())),
            Err(error) => tell(&source, Level::Error, error.to_string()),
        }
        (source, secrets)
    };
    sources.into_iter().map(load).collect()
}

impl Door {
    /// Answers one event of API Gateway, whatever it is. Never fails, and is done within 2.5 s.
    pub async fn answer(&self, event: &str) -> Answer {
        let started_ms = clock::now_ms();
        let ms = || clock::now_ms().saturating_sub(started_ms);
        let Ok(mut event) = serde_json::from_str::<Event>(event) else {
            let detail = "not a readable event of an HTTP API, payload format 2.0";
            Report::new(Outcome::Malformed, "", "", ms()).detail(detail).write();
            return refusal(Outcome::Malformed);
        };
        let url = event.url(self.public_url.as_deref());
        let headers = event.take_headers();
        let body = event.take_body();
        let request =
            Request { method: event.method(), url: &url, headers: &headers, body: body.as_deref().unwrap_or_default() };
        let admitted = match &body {
            Ok(_) => self.admit(&event, &request, started_ms).await,
            Err(error) => Err(Refused::new(Outcome::Malformed, error)),
        };

        let report = |outcome| Report::new(outcome, event.source(), event.request_id(), ms());
        match admitted {
            Ok(Admitted::Accepted(identity, secret, answer)) => {
                report(Outcome::Accepted).event(&identity).secret(secret).write();
                answer
            }
            Ok(Admitted::Handshake(answer)) => {
                report(Outcome::Handshake).write();
                answer
            }
            Err(Refused { outcome, detail, identity }) => {
                let mut report = report(outcome).detail(&detail);
                if let Some(identity) = &identity {
                    report = report.event(identity);
                }
                if matches!(outcome.status(), 401 | 403) {
                    report = report.request(&request);
                }
                report.write();
                refusal(outcome)
            }
        }
    }

    async fn admit(&self, event: &Event, request: &Request<'_>, started_ms: u64) -> Result<Admitted, Refused> {
        let found = self.sources.iter().find(|(source, _)| source.name == event.source());
        let (source, secrets) = found.ok_or_else(|| Refused::new(Outcome::UnknownSource, "not in sources.toml"))?;
        if request.method != "POST" {
            return Err(Refused::new(Outcome::Method, request.method));
        }
        let too_large = |what, bytes| {
            Refused::new(Outcome::TooLarge, format!("{what} of {bytes} bytes, a message takes {}", envelope::BYTES_MAX))
        };
        if request.body.len() > envelope::BYTES_MAX {
            return Err(too_large("a body", request.body.len()));
        }
        let secrets = secrets.as_ref().map_err(|error| Refused::new(Outcome::SecretUnavailable, error))?;

        let provider = source.provider;
        if provider.handshakes.iter().any(|handshake| unsigned(handshake, source, request)) {
            return Ok(Admitted::Handshake(Answer::new(200, None, "")));
        }
        let received_at_ms = event.received_at_ms().unwrap_or(started_ms);
        let delivery = verify(&provider.scheme, secrets, request, received_at_ms)
            .map_err(|rejection| Refused::new(Outcome::of(&rejection), rejection))?;
        if let Some(echo) = provider.handshakes.iter().find_map(|handshake| signed(handshake, request)) {
            return Ok(Admitted::Handshake(Answer::new(200, Some("text/plain"), echo)));
        }

        let identity = Identity::of(provider, source.identity, &delivery);
        let envelope = Envelope::seal(&source.name, provider, &delivery, &identity, received_at_ms, event.request_id());
        let message = envelope.to_message();
        if message.len() > envelope::BYTES_MAX {
            return Err(Refused { identity: Some(identity), ..too_large("a signed event", message.len()) });
        }
        let waited = Duration::from_millis(started_ms.saturating_sub(received_at_ms)).min(START_MAX);
        let worked = Duration::from_millis(clock::now_ms().saturating_sub(started_ms));
        let left = BUDGET.saturating_sub(waited + worked);
        match self.queue.send(message, &source.name, left).await {
            Ok(()) => {
                let reply = provider.accepted;
                let answer = Answer::new(reply.status, reply.content_type, reply.body);
                Ok(Admitted::Accepted(identity, delivery.secret(), answer))
            }
            Err(error) => Err(Refused { identity: Some(identity), ..Refused::new(Outcome::QueueUnavailable, error) }),
        }
    }
}

/// Whether this is a handshake that the provider does not sign. One that carries a signature is a delivery.
fn unsigned(handshake: &Handshake, source: &Source, request: &Request<'_>) -> bool {
    let (field, value) = handshake.when;
    let carries_signature = source.provider.scheme.signature.field.of(request).is_some();
    !handshake.signed && !carries_signature && field.of(request).as_deref() == Some(value)
}

/// What a verified request wants to hear, if it is a handshake.
fn signed(handshake: &Handshake, request: &Request<'_>) -> Option<String> {
    let (field, value) = handshake.when;
    let asks = handshake.signed && field.of(request).as_deref() == Some(value);
    asks.then(|| handshake.echo.and_then(|echo| echo.of(request)).map_or_else(String::new, |echo| echo.into_owned()))
}

/// A refusal in the words of HTTP: the sender is never told which check failed.
fn refusal(outcome: Outcome) -> Answer {
    let status = outcome.status();
    let (words, header) = match status {
        400 => ("Bad Request", None),
        401 => ("Unauthorized", None),
        403 => ("Forbidden", None),
        404 => ("Not Found", None),
        405 => ("Method Not Allowed", Some(("allow", "POST"))),
        413 => ("Content Too Large", None),
        _ => ("Service Unavailable", Some(("retry-after", RETRY_AFTER_S))),
    };
    let answer = Answer::new(status, Some("application/json"), format!("{{\"message\":\"{words}\"}}"));
    header.map_or(answer.clone(), |(name, value)| answer.with(name, value))
}
