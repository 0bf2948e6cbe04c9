//! Posting an event to an HTTP endpoint.
//!
//! The receiver gets JSON, an `Idempotency-Key` that is the same at each attempt, and `Tidegate-Attempt`, which is
//! not; signed by Standard Webhooks where the source says with what. Nothing is followed.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use shell::https::{Https, is_not_allowed};
use shell::{Settings, clock};
use webhook::destination::{Address, Destination, Endpoint, URL_EXPECTED, is_url};
use webhook::public_address::is_public;
use webhook::secret::Secrets;
use webhook::sources::Source;
use webhook::{identity, outgoing};

use super::answer::verdict;
use super::{Post, PostError, TOO_LATE};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(15);
/// What is read of an answer, in bytes: only so that its connection can be used again.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How long that is waited for.
const ANSWER_TIME_MAX: Duration = Duration::from_millis(500);
/// How much of an event's type goes into a header, in characters.
const TYPE_CHARS_MAX: usize = 256;

/// The endpoints of the sources that have one.
pub(super) struct Endpoints {
    /// By source and destination: where it is, or why that is not known.
    places: HashMap<(String, String), Result<Place, String>>,
    /// Connects to public addresses alone.
    public: Https,
    /// Connects to any.
    anywhere: Https,
}

/// Where an endpoint is, and what posts to it are signed with.
struct Place {
    uri: Uri,
    secrets: Option<Secrets>,
    /// Whether it may be in this network, or on this machine.
    private: bool,
}

impl Place {
    fn of(endpoint: &Endpoint, settings: &Settings<'_>) -> Result<Self, String> {
        let (name, text) = match &endpoint.address {
            Address::Url(url) => ("it", Some(url.clone())),
            Address::Env(name) => (name.as_str(), settings.optional(name)),
        };
        let uri: Uri = match text {
            None => return Err(format!("has no URL: {name} is not set")),
            // The text may hold a password.
            Some(text) if !is_url(&text) => return Err(format!("has no URL: expected {name} to be {URL_EXPECTED}")),
            Some(text) => text.parse().map_err(|error| format!("has no URL: {error}"))?,
        };
        let secrets = endpoint.sign.as_ref().map(|name| {
            let text = settings.optional(name).unwrap_or_default();
            outgoing::secrets(&text).map_err(|error| format!("has nothing to be signed with: {name}: {error}"))
        });
        // What is not https goes to this machine.
        let private = endpoint.allow_private || uri.scheme_str() != Some("https");
        Ok(Place { uri, secrets: secrets.transpose()?, private })
    }
}

impl Endpoints {
    pub(super) fn of(sources: &[Source], settings: &Settings<'_>) -> Self {
        let place = |source: &Source, destination: &Destination| {
            let Destination::Https(endpoint) = destination else { return None };
            Some(((source.name.clone(), endpoint.name.clone()), Place::of(endpoint, settings)))
        };
        let all = sources.iter().flat_map(|source| source.destinations.iter().map(move |one| (source, one)));
        let places = all.filter_map(|(source, one)| place(source, one)).collect();
        Endpoints { places, public: Https::only(is_public), anywhere: Https::default() }
    }

    /// Posts an event to the endpoint of its source.
    pub(super) async fn post(&self, endpoint: &Endpoint, post: &Post<'_>) -> Result<(), PostError> {
        let no_answer = |why: &str| PostError::no_answer(why);
        let place = match self.places.get(&(post.source.to_owned(), endpoint.name.clone())) {
            Some(Ok(place)) => place,
            Some(Err(why)) => return Err(no_answer(why)),
            None => return Err(no_answer("has no URL")),
        };
        let https = if place.private { &self.anywhere } else { &self.public };
        let client = https.client().map_err(PostError::no_answer)?;
        let request = request(place, post).map_err(|_| no_answer("cannot be asked: the request is not valid"))?;
        if post.is_too_late() {
            return Err(no_answer(TOO_LATE));
        }
        let answer = tokio::time::timeout(post.patience(PATIENCE), client.request(request)).await;
        let answer = answer.map_err(|_| no_answer("did not answer in time"))?.map_err(|error| {
            no_answer(match error.is_connect() {
                _ if is_not_allowed(&error) => "has an address that is not public, and allow_private is not set",
                true => "cannot be reached",
                false => "did not answer",
            })
        })?;
        let verdict = verdict(&answer, clock::now_ms());
        // The answer's body does not matter, and no more does an error in it, or how long it takes.
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect();
        drop(tokio::time::timeout(post.patience(ANSWER_TIME_MAX), body).await);
        verdict
    }
}

fn request(place: &Place, post: &Post<'_>) -> Result<Request<Full<Bytes>>, http::Error> {
    let mut request = Request::post(&place.uri)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("tidegate/", env!("CARGO_PKG_VERSION")))
        .header("idempotency-key", idempotency_key(post.key))
        .header("tidegate-attempt", post.attempt)
        .header("tidegate-source", post.source);
    if let Some(event_type) = post.event_type {
        request = request.header("tidegate-event-type", readable(event_type));
    }
    if let Some(secrets) = &place.secrets {
        for (name, value) in outgoing::headers(secrets, post.key, post.body.as_bytes(), clock::now_ms()) {
            request = request.header(name, value);
        }
    }
    request.body(Full::new(Bytes::copy_from_slice(post.body.as_bytes())))
}

/// A text of the provider's as a header can carry it.
fn readable(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    text.chars().take(TYPE_CHARS_MAX).map(plain).collect()
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

    #[test]
    fn a_key_that_no_header_takes_is_hashed() {
        assert_eq!(idempotency_key("github#evt_1"), "github#evt_1");
        for odd in ["a b", "a\u{e9}", "a\nb", ""] {
            let hashed = idempotency_key(odd);
            assert!(odd.is_empty() || hashed.len() == 64, "{odd:?} {hashed:?}");
        }
    }

    #[test]
    fn a_type_becomes_what_a_header_takes() {
        assert_eq!(readable("order.paid v2"), "order.paid v2");
        assert_eq!(readable("a\r\nx-admin: 1\u{e9}"), "a??x-admin: 1?");
        assert_eq!(readable(&"\u{1f980}".repeat(300)).len(), 256);
    }

    #[test]
    fn a_signing_secret_that_is_not_there_or_not_one_keeps_events_waiting_and_is_not_shown() {
        let endpoint = Endpoint {
            sign: Some("SECRET".to_owned()),
            ..Endpoint::new(Address::Url("https://example.com/".to_owned()))
        };
        let why = |secret: Option<&str>| {
            let lookup = |name: &str| secret.filter(|_| name == "SECRET").map(str::to_owned);
            Place::of(&endpoint, &Settings::new(&lookup)).err()
        };
        let told = |why: &str| Some(format!("has nothing to be signed with: SECRET: {why}"));
        assert_eq!(why(None), told("no secret is set, expected one a line"));
        assert_eq!(why(Some("hunter!2")), told("secret 1 is not base64 after whsec_: copy it again from the provider"));
        assert_eq!(why(Some("whsec_AQID")), None);
    }
}
