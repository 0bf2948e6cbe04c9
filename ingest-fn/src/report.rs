//! What the log says of a request at the door. There is no place here for a body, a secret or a signature.

use serde::Serialize;
use shell::log::{Level, brief, line};
use shell::metrics::{Metric, Metrics};
use webhook::answer::Outcome;

/// How many headers of a request that was not let in are named. Providers send some ten.
const HEADERS_MAX: usize = 64;

/// One line of the log.
#[derive(Serialize)]
pub struct Report<'a> {
    level: Level,
    outcome: &'static str,
    source: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header_names: Option<Vec<&'a str>>,
    ms: u64,
    #[serde(flatten)]
    metrics: Option<Metrics<'a>>,
}

impl<'a> Report<'a> {
    /// A line for a request that ended this way.
    pub fn new(outcome: Outcome, source: &'a str, request_id: &'a str, ms: u64) -> Self {
        let level = match outcome {
            Outcome::Accepted | Outcome::Handshake => Level::Info,
            Outcome::SecretUnavailable
            | Outcome::QueueUnavailable
            | Outcome::BodyStoreUnavailable
            | Outcome::NotConfirmed => Level::Error,
            _ => Level::Warn,
        };
        Report {
            level,
            outcome: outcome.name(),
            source: brief(source),
            request_id,
            identity: None,
            event_id: None,
            event_type: None,
            secret: None,
            events: None,
            detail: None,
            body_bytes: None,
            body_sha256: None,
            header_names: None,
            ms,
            metrics: Metrics::of(None, reason(outcome), values(outcome, ms)),
        }
    }

    /// Counts the line for a source of `sources.toml`, and not for whatever somebody called one.
    pub fn known(mut self, source: Option<&'a str>) -> Self {
        if let Some(metrics) = &mut self.metrics {
            metrics.source = source;
        }
        self
    }

    /// Names the event. One that was verified and yet not let in is somebody's to look at.
    pub fn event(mut self, identity: &'a webhook::identity::Identity) -> Self {
        if self.level == Level::Warn {
            self.level = Level::Error;
        }
        self.identity = Some(brief(&identity.identity));
        self.event_id = identity.event_id.as_deref().map(brief);
        self.event_type = identity.event_type.as_deref().map(brief);
        self
    }

    /// Says which of the source's secrets had signed, counted from 0: when the old one of a rotation may go.
    pub fn secret(mut self, index: usize) -> Self {
        self.secret = Some(index);
        self
    }

    /// Says as how many events a batch went on.
    pub fn events(mut self, events: usize) -> Self {
        self.events = Some(events).filter(|events| *events > 1);
        self
    }

    /// Says what somebody should know of it, although it went well.
    pub fn warn(mut self, note: &str) -> Self {
        self.level = Level::Warn;
        self.detail(note)
    }

    /// Says precisely what was wrong.
    pub fn detail(mut self, detail: &str) -> Self {
        self.detail = Some(brief(detail).to_owned());
        self
    }

    /// Describes a request that was not let in: the names of its first headers, and the body's length and hash. Whoever
    /// sends thousands of them makes no line longer.
    pub fn request(mut self, request: &webhook::Request<'a>) -> Self {
        self.body_bytes = Some(request.body.len());
        self.body_sha256 = Some(webhook::identity::body_sha256(request.body));
        self.header_names = Some(request.headers.iter().map(|(name, _)| brief(name)).take(HEADERS_MAX).collect());
        self
    }

    /// Writes the line.
    pub fn write(&self) {
        line(self);
    }
}

/// Why a request was not let in; `None` of those that were.
fn reason(outcome: Outcome) -> Option<&'static str> {
    (outcome.status() != 200).then(|| outcome.name())
}

/// What is counted of a request: `Accepted`, `Handshakes`, `Unverified` (401 and 403), `Refused` (other 4xx) or
/// `Unavailable` (503), and how long one took that is durable now.
fn values(outcome: Outcome, ms: u64) -> Vec<Metric> {
    match outcome.status() {
        200 if outcome == Outcome::Handshake => vec![Metric::count("Handshakes", 1)],
        200 => vec![Metric::count("Accepted", 1), Metric::ms("AckMs", ms)],
        401 | 403 => vec![Metric::count("Unverified", 1)],
        500.. => vec![Metric::count("Unavailable", 1)],
        _ => vec![Metric::count("Refused", 1)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_grows_with_nothing_that_a_stranger_sends() {
        let long = "x".repeat(100_000);
        let headers: Vec<_> =
            (0..10_000).map(|n| (format!("x-{n}-{long}", long = &long[..50]), long.clone())).collect();
        let headers = [vec![(long.clone(), long.clone())], headers].concat();
        let request = webhook::Request { method: "POST", url: &long, headers: &headers, body: long.as_bytes() };
        let report = Report::new(Outcome::SignatureMissing, &long, "r", 1).detail(&long).request(&request);
        let line = serde_json::to_string(&report).unwrap();
        assert!(line.len() < 16 * 1024, "{} bytes", line.len());
        assert!(line.contains("\"x-62-") && !line.contains("\"x-63-"), "{line}");
    }
}
