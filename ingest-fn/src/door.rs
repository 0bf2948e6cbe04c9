//! The door: who is let in, and what each request is answered.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use shell::clock;
use webhook::answer::Outcome;
use webhook::diagnose;
use webhook::envelope::BODY_BYTES_MAX;
use webhook::handshake::{self, Handshake};
use webhook::identity::Identity;
use webhook::provider::Provider;
use webhook::secret::Secrets;
use webhook::sources::Source;
use webhook::{Rejection, Request, Verified, verify, verify_with};

use crate::bodies::{self, Bodies};
use crate::documents::Documents;
use crate::gateway::{Answer, Event};
use crate::packing::{Deliverable, Sealing};
use crate::queue::{Message, Queue};
use crate::rates::Rates;
use crate::report::Report;
use crate::secrets::SecretCache;

/// How long a request may take altogether, from API Gateway's receipt on. Slack and others give up after 3 s.
const BUDGET: Duration = Duration::from_millis(2_500);
/// The most of it that a cold start can have used up before we run. Clocks that lie apart, and sample events of
/// long ago, leave the rest.
const START_MAX: Duration = Duration::from_millis(1_500);
/// The most of it that goes into secrets which are fetched because none fits.
const SECRETS_MAX: Duration = Duration::from_millis(700);
/// When a provider may come back after a 503, in seconds.
const RETRY_AFTER_S: u64 = 5;

/// All that a request at the door meets.
pub struct Door {
    /// The sources.
    pub sources: Vec<Source>,
    /// Their live secrets, in the same order.
    pub secrets: SecretCache,
    /// How many more deliveries of each are let in, in the same order.
    pub rates: Rates,
    /// Protocol and host as providers call them, where that is not API Gateway's own domain.
    pub public_url: Option<String>,
    /// What providers have published of their keys.
    pub documents: Documents,
    /// Where verified deliveries go.
    pub queue: Queue,
    /// Where bodies go for which a message has no room; without it they are refused.
    pub bodies: Option<Bodies>,
}

/// A request that was answered 2xx.
enum Admitted {
    /// Durable in the queue; which of the secrets had signed it, as how many events it went on, and what somebody should
    /// know of it.
    Accepted { identity: Identity, secret: usize, events: usize, note: Option<String>, answer: Answer },
    /// A question whether we are there, with what the provider wants to hear.
    Handshake(Answer),
}

/// A request that was not let in, or could not be made durable.
struct Refused {
    outcome: Outcome,
    status: u16,
    /// For the log only.
    detail: String,
    identity: Option<Identity>,
    /// When it may come back, where that helps.
    retry_after_s: u64,
}

impl Refused {
    fn new(outcome: Outcome, detail: impl ToString) -> Self {
        Refused {
            outcome,
            status: outcome.status(),
            detail: detail.to_string(),
            identity: None,
            retry_after_s: RETRY_AFTER_S,
        }
    }
}

impl Door {
    /// Answers one event of API Gateway, whatever it is. Never fails, and is done within 2.5 s.
    pub async fn answer(&self, event: &str) -> Answer {
        let started_ms = clock::now_ms();
        let ms = || clock::now_ms().saturating_sub(started_ms);
        let Ok(mut event) = serde_json::from_str::<Event>(event) else {
            let detail = "not a readable event of an HTTP API, payload format 2.0";
            Report::new(Outcome::Malformed, "", "", ms()).detail(detail).write();
            return refusal(Outcome::Malformed.status(), RETRY_AFTER_S);
        };
        let url = event.url(self.public_url.as_deref());
        let headers = event.take_headers();
        let body = event.take_body();
        let request =
            Request { method: event.method(), url: &url, headers: &headers, body: body.as_deref().unwrap_or_default() };
        let admit = async {
            match &body {
                Ok(_) => self.admit(&event, &request, started_ms).await,
                Err(error) => Err(Refused::new(Outcome::Malformed, error)),
            }
        };
        self.secrets.refresh_when_overdue().await;
        // What goes on beside a request ends with it: a frozen process would go on with it later.
        let (admitted, ()) = tokio::join!(admit, self.secrets.refresh_when_due());

        let known = self.sources.iter().find(|source| source.name == event.source()).map(|source| &*source.name);
        let report = |outcome| Report::new(outcome, event.source(), event.request_id(), ms()).known(known);
        match admitted {
            Ok(Admitted::Accepted { identity, secret, events, note, answer }) => {
                let mut report = report(Outcome::Accepted).event(&identity).secret(secret).events(events);
                if let Some(note) = &note {
                    report = report.warn(note);
                }
                report.write();
                answer
            }
            Ok(Admitted::Handshake(answer)) => {
                report(Outcome::Handshake).write();
                answer
            }
            Err(Refused { outcome, status, detail, identity, retry_after_s }) => {
                let mut report = report(outcome).detail(&detail);
                if let Some(identity) = &identity {
                    report = report.event(identity);
                }
                if matches!(outcome.status(), 401 | 403) {
                    report = report.request(&request);
                }
                report.write();
                refusal(status, retry_after_s)
            }
        }
    }

    /// A request whose signature is not there, not right or too old, with what may explain that. Some providers try us
    /// with wrong ones, and want a status of their own.
    fn unverified(&self, source: &Source, secrets: &Secrets, request: &Request<'_>, rejection: &Rejection) -> Refused {
        let others = self.sources.iter().enumerate().filter(|(_, other)| other.name != source.name);
        let others: Vec<(&str, Arc<Secrets>)> =
            others.filter_map(|(index, other)| Some((other.name.as_str(), self.secrets.of(index).ok()?))).collect();
        let others = others.iter().map(|(name, secrets)| (*name, &**secrets));
        let hint = diagnose::explain(&source.provider.scheme, secrets, request, rejection, others);
        let detail = hint.map_or_else(|| rejection.to_string(), |hint| format!("{rejection}; {hint}"));
        let refused = Refused::new(Outcome::of(rejection), detail);
        let status = if refused.status == 403 { source.provider.rejected } else { refused.status };
        Refused { status, ..refused }
    }

    async fn admit(&self, event: &Event, request: &Request<'_>, started_ms: u64) -> Result<Admitted, Refused> {
        let found = self.sources.iter().position(|source| source.name == event.source());
        let index = found.ok_or_else(|| Refused::new(Outcome::UnknownSource, "not in sources.toml"))?;
        let source = &self.sources[index];
        let provider = source.provider;
        if request.method != "POST" && !provider.handshakes.iter().any(|handshake| handshake.method == request.method) {
            return Err(Refused::new(Outcome::Method, request.method));
        }
        if request.body.len() > BODY_BYTES_MAX {
            let detail = format!("a body of {} bytes, the most is {BODY_BYTES_MAX}", request.body.len());
            return Err(Refused::new(Outcome::TooLarge, detail));
        }
        let received_at_ms = event.received_at_ms().unwrap_or(started_ms);
        let left = || left(received_at_ms, started_ms);
        let newer = async |tried| self.secrets.newer(index, tried, SECRETS_MAX.min(left() / 3)).await;
        let mut secrets = match self.secrets.of(index) {
            Ok(secrets) => secrets,
            Err(error) => newer(None).await.ok_or_else(|| Refused::new(Outcome::SecretUnavailable, error))?,
        };

        if let Some(answer) = handshake(provider, request, &secrets, None) {
            return Ok(Admitted::Handshake(answer));
        }
        if request.method != "POST" {
            return Err(Refused::new(Outcome::Method, request.method));
        }
        let mut verified = self.verify(provider, &secrets, request, received_at_ms, left()).await?;
        // The provider may sign with a secret that was put beside the old one since the last refresh.
        if verified.as_ref().is_err_and(may_be_of_a_newer_secret)
            && let Some(newer) = newer(Some(&secrets)).await
        {
            secrets = newer;
            verified = self.verify(provider, &secrets, request, received_at_ms, left()).await?;
        }
        let delivery = verified.map_err(|rejection| self.unverified(source, &secrets, request, &rejection))?;
        if let Some(answer) = handshake(provider, request, &secrets, Some(delivery.secret())) {
            return Ok(Admitted::Handshake(answer));
        }
        if let Err(wait_ms) = self.rates.take(index, source, received_at_ms) {
            return Err(too_many(wait_ms));
        }
        let mut note = None;
        match self.confirm(source, &delivery, left()).await? {
            Confirmed::Not => {}
            Confirmed::By(answer) => return Ok(Admitted::Handshake(answer)),
            Confirmed::Elsewhere(why) => note = Some(why),
        }

        // A batch as a whole is what its row says, and only its events are what the source says.
        let mode = if source.split.is_some() { provider.identity } else { source.identity };
        let identity = Identity::of(provider, mode, &delivery, event.request_id());
        let bucket = self.bodies.as_ref().map(Bodies::bucket);
        let sealing = Sealing { source, received_at_ms, request_id: event.request_id(), bucket };
        let Deliverable { packed, groups, note: more } = sealing.pack(&delivery, &identity);
        let note = note.or(more);
        let messages = match bodies::store(self.bodies.as_ref(), packed, left() * 4 / 5).await {
            Ok(messages) => messages,
            Err(error) => return Err(Refused { identity: Some(identity), ..Refused::new(error.outcome(), error) }),
        };
        let events = messages.len();
        let messages = messages.into_iter().zip(groups).map(|(body, group)| Message { body, group }).collect();
        match self.queue.send_all(messages, left()).await {
            Ok(()) => {
                let reply = provider.accepted;
                let answer = Answer::new(reply.status, reply.content_type, reply.body);
                let answer = reply.headers.iter().fold(answer, |answer, (name, value)| answer.with(name, *value));
                Ok(Admitted::Accepted { identity, secret: delivery.secret(), events, note, answer })
            }
            Err(error) => Err(Refused { identity: Some(identity), ..Refused::new(Outcome::QueueUnavailable, error) }),
        }
    }

    /// Verifies a request, with the document that holds the provider's public key where there is one.
    async fn verify<'r>(
        &self,
        provider: &Provider,
        secrets: &Secrets,
        request: &Request<'r>,
        now_ms: u64,
        left: Duration,
    ) -> Result<Result<Verified<'r>, Rejection>, Refused> {
        let verified = verify(&provider.scheme, secrets, request, now_ms);
        let Err(Rejection::KeyWanted { url }) = &verified else { return Ok(verified) };
        let whose = provider.name;
        let unavailable =
            |why: &dyn Display| Refused::new(Outcome::SecretUnavailable, format!("the public key at {url}: {why}"));
        let readable = |document: &[u8]| provider.scheme.document.is_some_and(|kind| kind.reads(document));
        // What is left has to do for the queue, too.
        let until = tokio::time::Instant::now() + left / 2;
        let document = tokio::time::timeout_at(until, self.documents.get(whose, url, &readable, now_ms)).await;
        let document = document.map_err(|_| unavailable(&"not fetched in time"))?.map_err(|why| unavailable(&why))?;
        let with = |document: &[u8]| {
            let documents = |wanted: &str| (wanted == url).then_some(document);
            verify_with(&provider.scheme, secrets, &documents, request, now_ms)
        };
        let verified = with(&document);
        if !matches!(verified, Err(Rejection::KeyUnknown { .. })) {
            return Ok(verified);
        }
        // The provider may have changed its keys since.
        let newer = tokio::time::timeout_at(until, self.documents.newer(whose, url, &readable, now_ms)).await;
        let newer = newer.map_err(|_| unavailable(&"not fetched in time"))?.map_err(|why| unavailable(&why))?;
        Ok(with(&newer))
    }

    /// Visits the URL that confirms a subscription, for a source that wants that. Without it, the provider's question
    /// goes on like an event: somebody has to see it.
    async fn confirm(&self, source: &Source, delivery: &Verified<'_>, left: Duration) -> Result<Confirmed, Refused> {
        let Some(confirmation) = source.provider.confirmation.filter(|_| source.confirm) else {
            return Ok(Confirmed::Not);
        };
        let url = match confirmation.url(delivery) {
            Ok(Some(url)) => url,
            Ok(None) => return Ok(Confirmed::Not),
            Err(why) => return Ok(Confirmed::Elsewhere(format!("a subscription is not confirmed: {why}"))),
        };
        // The URL itself is a secret: whoever visits it confirms.
        let failed = |why: &dyn Display| {
            let detail = format!("a subscription is not confirmed: {why}");
            Refused::new(Outcome::NotConfirmed, detail)
        };
        let visited = tokio::time::timeout(left, self.documents.visit(&url)).await;
        visited.map_err(|_| failed(&"the visit took too long"))?.map_err(|why| failed(&why))?;
        Ok(Confirmed::By(Answer::new(200, None, String::new())))
    }
}

/// Whether a subscription was confirmed.
enum Confirmed {
    /// Nobody asked, or nobody here answers.
    Not,
    /// It was.
    By(Answer),
    /// A signed question for a visit to a place that is not visited: it goes on like an event, with this note.
    Elsewhere(String),
}

/// Whether a secret that is not here yet may let a request in.
fn may_be_of_a_newer_secret(rejection: &Rejection) -> bool {
    matches!(rejection, Rejection::Mismatch { signatures: 1.., .. } | Rejection::Foreign { .. } | Rejection::Claim(_))
}

/// What is left of the budget of a request that was received then, and that we have worked on since.
fn left(received_at_ms: u64, started_ms: u64) -> Duration {
    let waited = Duration::from_millis(started_ms.saturating_sub(received_at_ms)).min(START_MAX);
    let worked = Duration::from_millis(clock::now_ms().saturating_sub(started_ms));
    BUDGET.saturating_sub(waited + worked)
}

/// The answer to a handshake, if this is one. `signed_by` is the number of the secret that signed the request; one
/// that is not verified yet is answered only where the provider does not sign it, and a POST that carries a signature
/// is none of those.
fn handshake(
    provider: &Provider,
    request: &Request<'_>,
    secrets: &Secrets,
    signed_by: Option<usize>,
) -> Option<Answer> {
    let fits = |handshake: &&Handshake| handshake.signed == signed_by.is_some() && handshake.is(request);
    let handshake = provider.handshakes.iter().find(fits)?;
    let carries_signature = || provider.scheme.signature.fields.iter().any(|field| field.of(request).is_some());
    if signed_by.is_none() && request.method == "POST" && carries_signature() {
        return None;
    }
    let handshake::Answer { status, headers, body } = handshake.answer(request, secrets, signed_by.unwrap_or(0))?;
    let answer = Answer::new(status, None, body);
    Some(headers.into_iter().fold(answer, |answer, (name, value)| answer.with(name, value)))
}

/// A delivery that was signed and is one too many; there is room for it in so many milliseconds.
fn too_many(wait_ms: u64) -> Refused {
    let detail = format!("rate_per_s and burst of its source let no more in for {wait_ms} ms");
    Refused { retry_after_s: wait_ms.div_ceil(1_000), ..Refused::new(Outcome::RateLimited, detail) }
}

/// A refusal in the words of HTTP: the sender is never told which check failed.
fn refusal(status: u16, retry_after_s: u64) -> Answer {
    let retry_after = || Some(("retry-after", retry_after_s.to_string()));
    let (words, header) = match status {
        400 => ("Bad Request", None),
        401 => ("Unauthorized", None),
        403 => ("Forbidden", None),
        404 => ("Not Found", None),
        405 => ("Method Not Allowed", Some(("allow", "POST".to_owned()))),
        413 => ("Content Too Large", None),
        429 => ("Too Many Requests", retry_after()),
        _ => ("Service Unavailable", retry_after()),
    };
    let answer = Answer::new(status, Some("application/json"), format!("{{\"message\":\"{words}\"}}"));
    header.map_or(answer.clone(), |(name, value)| answer.with(name, value))
}
