//! Posting what a handler made of an event to an HTTP endpoint, once per attempt.
//!
//! The receiver gets JSON, an `Idempotency-Key` that is the same at each attempt, and `Tidegate-Attempt`, which is
//! not. Nothing is followed, nothing is repeated here: the ledger decides about another attempt.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use shell::clock;
use shell::https::Https;
use shell::settings::Lookup;
use webhook::destination::{Address, Destination, URL_EXPECTED, is_url};
use webhook::identity;
use webhook::sources::Source;

/// What is read of an answer, in bytes: only so that its connection can be used again.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How long that is waited for.
const ANSWER_TIME_MAX: Duration = Duration::from_millis(500);

/// The endpoints of the sources that have one.
pub struct Outside {
    /// By source and destination: the URL, or why there is none.
    urls: HashMap<(String, String), Result<Uri, String>>,
    https: Https,
}

/// One event on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    /// The source that it is from, and the name of the destination.
    pub to: (&'a str, &'a str),
    /// The same at each attempt of the event.
    pub key: &'a str,
    /// The number of the attempt.
    pub attempt: u32,
    /// JSON as text.
    pub body: &'a str,
    /// When the lease ends: nothing is sent from then on. Unix time in milliseconds.
    pub lease_until_ms: u64,
}

/// Why an endpoint has not taken an event. Says nothing of what it answered but the status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// It will not take it: any answer but 2xx, 408, 425, 429 and 5xx.
    #[error("the destination answered {0}")]
    Rejected(StatusCode),
    /// It may take it later.
    #[error("the destination answered {status}")]
    NotNow {
        /// Its answer.
        status: StatusCode,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// There was no answer. It may have taken it all the same.
    #[error("the destination {0}")]
    NoAnswer(String),
}

impl Outside {
    /// The endpoints of these sources; those that are named by a variable are looked up here. A variable that is not
    /// set keeps the events of its source waiting, and those of no other.
    pub fn of(sources: &[Source], lookup: Lookup<'_>) -> Self {
        let url = |source: &Source, destination: &Destination| {
            let Destination::Https(endpoint) = destination else { return None };
            let (name, text) = match &endpoint.address {
                Address::Url(url) => ("it", Some(url.clone())),
                Address::Env(name) => (name.as_str(), lookup(name).filter(|url| !url.is_empty())),
            };
            let uri = match text {
                None => Err(format!("has no URL: {name} is not set")),
                // The text may hold a password.
                Some(text) if !is_url(&text) => Err(format!("has no URL: expected {name} to be {URL_EXPECTED}")),
                Some(text) => text.parse().map_err(|error| format!("has no URL: {error}")),
            };
            Some(((source.name.clone(), endpoint.name.clone()), uri))
        };
        let all = sources.iter().flat_map(|source| source.destinations.iter().map(move |one| (source, one)));
        Outside { urls: all.filter_map(|(source, one)| url(source, one)).collect(), https: Https::default() }
    }

    /// Posts an event to the endpoint of its source.
    ///
    /// # Errors
    /// [`PostError`] when it has not taken the event, or has not said so.
    pub async fn post(&self, post: &Post<'_>) -> Result<(), PostError> {
        let no_answer = |why: &dyn std::fmt::Display| PostError::NoAnswer(why.to_string());
        let uri = match self.urls.get(&(post.to.0.to_owned(), post.to.1.to_owned())) {
            Some(Ok(uri)) => uri.clone(),
            Some(Err(why)) => return Err(no_answer(why)),
            None => return Err(no_answer(&"has no URL")),
        };
        let client = self.https.client().map_err(|error| no_answer(&error))?;
        let request = Request::post(uri)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("tidegate/", env!("CARGO_PKG_VERSION")))
            .header("idempotency-key", idempotency_key(post.key))
            .header("tidegate-attempt", post.attempt)
            .body(Full::new(Bytes::copy_from_slice(post.body.as_bytes())));
        let request = request.map_err(|_| no_answer(&"cannot be asked: the request is not valid"))?;
        // The handler may have taken long, or the sandbox may have slept: another worker may have the row by now.
        if clock::now_ms() >= post.lease_until_ms {
            return Err(no_answer(&"was not asked: the lease is over"));
        }
        let answer = client.request(request).await;
        let answer = answer
            .map_err(|error| no_answer(&if error.is_connect() { "cannot be reached" } else { "did not answer" }))?;
        let verdict = verdict(&answer);
        // The answer's body does not matter, and no more does an error in it, or how long it takes.
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect();
        drop(tokio::time::timeout(ANSWER_TIME_MAX, body).await);
        verdict
    }
}

fn verdict<B>(answer: &Response<B>) -> Result<(), PostError> {
    let status = answer.status();
    match status.as_u16() {
        200..=299 => Ok(()),
        408 | 425 | 429 | 500..=599 => {
            let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
            Err(PostError::NotNow { status, retry_after: seconds.map(Duration::from_secs) })
        }
        _ => Err(PostError::Rejected(status)),
    }
}

/// The key as a header can carry it: one that holds other characters is hashed.
fn idempotency_key(key: &str) -> HeaderValue {
    let plain = key.bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::from_str(key).ok().filter(|_| plain);
    // OK because hex is what a header takes.
    value.unwrap_or_else(|| {
        HeaderValue::from_str(&identity::body_sha256(key.as_bytes())).expect("hex is a header's value")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, retry_after: Option<&str>, expected: Result<(), PostError>) {
        let mut answer = Response::builder().status(status);
        if let Some(value) = retry_after {
            answer = answer.header(RETRY_AFTER, value);
        }
        assert_eq!(verdict(&answer.body(()).unwrap()), expected, "{status} {retry_after:?}");
    }

    #[test]
    fn answers_are_told_apart() {
        let not_now = |status: u16, seconds: Option<u64>| {
            let status = StatusCode::from_u16(status).unwrap();
            Err(PostError::NotNow { status, retry_after: seconds.map(Duration::from_secs) })
        };
        let rejected = |status: u16| Err(PostError::Rejected(StatusCode::from_u16(status).unwrap()));
        for status in [200, 201, 204, 299] {
            check(status, None, Ok(()));
        }
        for status in [301, 307, 400, 401, 404, 410, 422] {
            check(status, None, rejected(status));
        }
        for status in [408, 425, 500, 503, 599] {
            check(status, None, not_now(status, None));
        }
        check(429, Some("30"), not_now(429, Some(30)));
        check(503, Some("Wed, 21 Oct 2026 07:28:00 GMT"), not_now(503, None));
        check(503, Some("-1"), not_now(503, None));
    }

    #[test]
    fn a_key_that_no_header_takes_is_hashed() {
        assert_eq!(idempotency_key("github#evt_1"), "github#evt_1");
        for odd in ["a b", "a\u{e9}", "a\nb", ""] {
            let hashed = idempotency_key(odd);
            assert!(odd.is_empty() || hashed.len() == 64, "{odd:?} {hashed:?}");
        }
    }
}
