//! Public documents that a verification needs, such as certificates and key sets: fetched when they are first named, and
//! kept for a while.
//!
//! Requests that nobody has verified yet name them, so everything is bounded: how large a document is, how long it
//! takes, how many are kept, and how often we ask. Which hosts may be asked is the caller's to say, before it calls.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AGE, CACHE_CONTROL, HeaderMap, USER_AGENT};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use shell::https::{Https, Incoming};
use webhook::destination::{URL_EXPECTED, is_url};

/// The largest document that is taken.
const BYTES_MAX: usize = 64 * 1024;
/// How long a fetch may take.
const TIME_MAX: Duration = Duration::from_secs(2);
/// How many documents are kept.
const DOCUMENTS_MAX: usize = 32;
/// The longest URL that is asked for.
const URL_BYTES_MAX: usize = 2_048;
/// For how long a document is kept whatever its server says, and how long at most.
const KEPT_S: std::ops::RangeInclusive<u64> = 300..=86_400;
/// How long a URL is left alone after a fetch that failed.
const AGAIN_MS: u64 = 5_000;
/// How old a document is at least before it is fetched anew although it is fresh.
const NEWER_MS: u64 = 10_000;
/// For how long a document that cannot be fetched again serves on.
const STALE_MS: u64 = 24 * 60 * 60 * 1_000;
/// How many fetches start within [`WINDOW_MS`], of one provider's URLs: a sender may name a new one in each request.
const FETCHES_MAX: usize = 16;
/// See [`FETCHES_MAX`].
const WINDOW_MS: u64 = 10_000;

/// The documents that were fetched, and the way to more. Costs nothing before the first is asked for.
#[derive(Default)]
pub struct Documents {
    /// Where documents are fetched instead of from their own servers, in development.
    elsewhere: Option<String>,
    https: Https,
    shelf: Mutex<Shelf>,
}

/// Why there is no document. Repeats nothing of what was answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The URL is not one that we ask.
    #[error("the URL is none that is asked, expected {URL_EXPECTED}, of 2,048 bytes at most")]
    Url,
    /// There was no answer.
    #[error("its server cannot be reached")]
    Unreachable,
    /// There was no whole answer in time.
    #[error("its server did not answer within 2 s")]
    Timeout,
    /// The answer was another than 200. Redirects are not followed.
    #[error("its server answered {0}, expected 200")]
    Status(StatusCode),
    /// The answer was too large.
    #[error("it is larger than 64 KiB")]
    TooLarge,
    /// The answer was none of what it should be.
    #[error("its server answered with something else")]
    Unreadable,
    /// Too many documents were asked for in the last seconds.
    #[error("too many documents were asked for, try again in 10 s")]
    Busy,
    /// The system has no certificates to trust.
    #[error("no server can be trusted, the system's certificates cannot be read")]
    NoRoots,
}

#[derive(Default)]
struct Shelf {
    slots: HashMap<String, Arc<Slot>>,
    /// When the fetches of the last seconds were started, by who wanted them.
    started_ms: HashMap<String, Vec<u64>>,
}

/// The place of one document.
#[derive(Default)]
struct Slot {
    state: Mutex<State>,
    /// Held by whoever fetches it.
    flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    document: Option<Bytes>,
    fresh_until_ms: u64,
    /// When the last fetch was started.
    started_ms: u64,
    used_ms: u64,
    /// When the last fetch was started that has not succeeded, and why it has not.
    failed: Option<(u64, DocumentError)>,
}

impl Documents {
    /// Documents that are fetched from this URL, in development: what follows `https://` in theirs is its path there.
    /// From their own servers where it is `None`.
    pub fn new(elsewhere: Option<String>) -> Self {
        Documents { elsewhere, ..Documents::default() }
    }

    /// Visits a URL that a verified request names, once and without a repetition. Only an answer of 2xx is good.
    ///
    /// # Errors
    /// [`DocumentError`] when there was none.
    pub async fn visit(&self, url: &str) -> Result<(), DocumentError> {
        let uri = self.uri(url).ok_or(DocumentError::Url)?;
        let answer = tokio::time::timeout(TIME_MAX, self.ask(uri)).await.map_err(|_| DocumentError::Timeout)??;
        if answer.status().is_success() { Ok(()) } else { Err(DocumentError::Status(answer.status())) }
    }

    /// The document at this URL, which is asked for if it is not here or was here for too long. Where that fails, the
    /// one that was here serves on, for a day. What is not `readable` counts as not fetched. `whose` has an allowance of
    /// fetches of its own, so that a flood for one provider leaves the others theirs. `now_ms` is Unix time in
    /// milliseconds.
    ///
    /// # Errors
    /// [`DocumentError`] when there is none.
    pub async fn get(
        &self,
        whose: &str,
        url: &str,
        readable: &(dyn Fn(&[u8]) -> bool + Sync),
        now_ms: u64,
    ) -> Result<Bytes, DocumentError> {
        let uri = self.uri(url).ok_or(DocumentError::Url)?;
        let slot = self.slot(url, now_ms);
        if let Some(fresh) = slot.fresh(now_ms) {
            return Ok(fresh);
        }
        // Whoever fetches it now may bring it.
        let _flight = slot.flight.lock().await;
        if let Some(settled) = slot.settled(now_ms) {
            return settled;
        }
        if !self.may_fetch(whose, now_ms) {
            return slot.stale(now_ms).ok_or(DocumentError::Busy);
        }
        let fetched = self.fetch_for(&slot, uri, readable, now_ms).await;
        slot.keep(fetched, now_ms)
    }

    /// The same, fetched anew although it is fresh, because a request names a key that is not in it; but not within
    /// `NEWER_MS` of the last fetch, whose document it then is.
    ///
    /// # Errors
    /// [`DocumentError`] when it cannot be fetched now. The one that was here stays.
    pub async fn newer(
        &self,
        whose: &str,
        url: &str,
        readable: &(dyn Fn(&[u8]) -> bool + Sync),
        now_ms: u64,
    ) -> Result<Bytes, DocumentError> {
        let uri = self.uri(url).ok_or(DocumentError::Url)?;
        let slot = self.slot(url, now_ms);
        let _flight = slot.flight.lock().await;
        if let Some(recent) = slot.recent(now_ms) {
            return recent;
        }
        if !self.may_fetch(whose, now_ms) {
            return Err(DocumentError::Busy);
        }
        let fetched = self.fetch_for(&slot, uri, readable, now_ms).await;
        slot.keep(fetched.clone(), now_ms).and_then(|_| fetched.map(|(document, _)| document))
    }

    /// Fetches a document for its place, whose flight the caller holds.
    async fn fetch_for(
        &self,
        slot: &Slot,
        uri: Uri,
        readable: &(dyn Fn(&[u8]) -> bool + Sync),
        now_ms: u64,
    ) -> Result<(Bytes, u64), DocumentError> {
        // Whoever gives up waiting has asked all the same.
        slot.lock().start(now_ms);
        let fetched = tokio::time::timeout(TIME_MAX, self.fetch(uri)).await;
        let fetched = fetched.unwrap_or(Err(DocumentError::Timeout));
        fetched.and_then(|(document, kept_s)| match readable(&document) {
            true => Ok((document, kept_s)),
            false => Err(DocumentError::Unreadable),
        })
    }

    /// The place of a document, made where there is none. The one that gives way is one that never came, or else the
    /// one that was not used for longest.
    fn slot(&self, url: &str, now_ms: u64) -> Arc<Slot> {
        let mut shelf = self.lock();
        if !shelf.slots.contains_key(url) && shelf.slots.len() >= DOCUMENTS_MAX {
            let worth = |slot: &Slot| {
                let state = slot.lock();
                (state.document.is_some(), state.used_ms)
            };
            let least = shelf.slots.iter().min_by_key(|(_, slot)| worth(slot)).map(|(url, _)| url.clone());
            least.map(|url| shelf.slots.remove(&url));
        }
        let slot = shelf.slots.entry(url.to_owned()).or_default().clone();
        slot.lock().used_ms = now_ms;
        slot
    }

    fn may_fetch(&self, whose: &str, now_ms: u64) -> bool {
        let mut shelf = self.lock();
        let started_ms = shelf.started_ms.entry(whose.to_owned()).or_default();
        started_ms.retain(|ms| now_ms.abs_diff(*ms) < WINDOW_MS);
        let may = started_ms.len() < FETCHES_MAX;
        if may {
            started_ms.push(now_ms);
        }
        may
    }

    /// Fetches a document, and says for how many seconds it is good.
    async fn fetch(&self, uri: Uri) -> Result<(Bytes, u64), DocumentError> {
        let answer = self.ask(uri).await?;
        if answer.status() != StatusCode::OK {
            return Err(DocumentError::Status(answer.status()));
        }
        let kept_s = kept_s(answer.headers());
        let body = Limited::new(answer.into_body(), BYTES_MAX).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => DocumentError::TooLarge,
            false => DocumentError::Unreachable,
        })?;
        Ok((body.to_bytes(), kept_s))
    }

    async fn ask(&self, uri: Uri) -> Result<Response<Incoming>, DocumentError> {
        let client = self.https.client().map_err(|_| DocumentError::NoRoots)?;
        let request = Request::get(uri).header(USER_AGENT, concat!("tidegate/", env!("CARGO_PKG_VERSION")));
        let request = request.body(Full::default()).map_err(|_| DocumentError::Url)?;
        client.request(request).await.map_err(|_| DocumentError::Unreachable)
    }

    /// A URL that may be asked at all: HTTPS, or this machine.
    fn uri(&self, url: &str) -> Option<Uri> {
        let elsewhere = self.elsewhere.as_ref().zip(url.strip_prefix("https://"));
        let elsewhere = elsewhere.map(|(base, path)| format!("{}/{path}", base.trim_end_matches('/')));
        let url = elsewhere.as_deref().unwrap_or(url);
        (url.len() <= URL_BYTES_MAX && is_url(url)).then(|| url.parse().ok())?
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn start(&mut self, now_ms: u64) {
        self.started_ms = now_ms;
        self.failed = Some((now_ms, DocumentError::Timeout));
    }

    /// What was here, unless it is too old: a key that its provider has withdrawn must not live as long as we do.
    fn stale(&self, now_ms: u64) -> Option<Bytes> {
        self.document.clone().filter(|_| now_ms < self.fresh_until_ms.saturating_add(STALE_MS))
    }
}

impl Slot {
    fn fresh(&self, now_ms: u64) -> Option<Bytes> {
        let state = self.lock();
        state.document.clone().filter(|_| now_ms < state.fresh_until_ms)
    }

    /// What can be said without a fetch: the document while it is fresh, and for a while after a fetch that failed the
    /// stale one, or why there is none.
    fn settled(&self, now_ms: u64) -> Option<Result<Bytes, DocumentError>> {
        let fresh = self.fresh(now_ms);
        let state = self.lock();
        let failed = || state.failed.as_ref().filter(|(ms, _)| now_ms.abs_diff(*ms) < AGAIN_MS);
        let stale = || failed().map(|(_, error)| state.stale(now_ms).ok_or_else(|| error.clone()));
        fresh.map(Ok).or_else(stale)
    }

    /// What the last fetch brought, or why it brought nothing, where it was started a moment ago.
    fn recent(&self, now_ms: u64) -> Option<Result<Bytes, DocumentError>> {
        let state = self.lock();
        let error = || state.failed.as_ref().map_or(DocumentError::Timeout, |(_, error)| error.clone());
        let brought = || state.document.clone().filter(|_| state.failed.is_none()).ok_or_else(error);
        (now_ms.abs_diff(state.started_ms) < NEWER_MS).then(brought)
    }

    fn stale(&self, now_ms: u64) -> Option<Bytes> {
        self.lock().stale(now_ms)
    }

    fn keep(&self, fetched: Result<(Bytes, u64), DocumentError>, now_ms: u64) -> Result<Bytes, DocumentError> {
        let mut state = self.lock();
        match fetched {
            Ok((document, kept_s)) => {
                state.fresh_until_ms = now_ms.saturating_add(kept_s * 1_000);
                state.failed = None;
                Ok(state.document.insert(document).clone())
            }
            Err(error) => {
                state.failed = Some((now_ms, error.clone()));
                state.stale(now_ms).ok_or(error)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For how long a document is good: what its server says, within [`KEPT_S`]. One that says nothing, or that it is not
/// to be kept at all, gets the least: it is public, and every request may name it.
fn kept_s(headers: &HeaderMap) -> u64 {
    let number = |text: &str| text.trim().trim_matches('"').parse::<u64>().ok();
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut directives =
        directives.flat_map(|value| value.split(',')).filter_map(|directive| directive.split_once('='));
    let max_age = directives.find(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"));
    let max_age = max_age.and_then(|(_, seconds)| number(seconds)).unwrap_or(0);
    // Some of it may be over already where a cache in between answered.
    let age = headers.get(AGE).and_then(|value| number(value.to_str().ok()?)).unwrap_or(0);
    max_age.saturating_sub(age).clamp(*KEPT_S.start(), *KEPT_S.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cache_control: &[&str], age: Option<&str>, expected_s: u64) {
        let mut headers = HeaderMap::new();
        for value in cache_control {
            headers.append(CACHE_CONTROL, value.parse().unwrap());
        }
        age.map(|age| headers.insert(AGE, age.parse().unwrap()));
        assert_eq!(kept_s(&headers), expected_s);
    }

    #[test]
    fn a_document_is_kept_for_as_long_as_its_server_says_within_bounds() {
        check(&["max-age=600"], None, 600);
        check(&["public", "no-transform, MAX-AGE = \"900\", immutable"], None, 900);
        check(&["max-age=21600"], Some("21000"), 600);
        for least in [&[][..], &["no-store"], &["max-age=0"], &["max-age=299"], &["s-maxage=900"], &["max-age=soon"]] {
            check(least, None, 300);
        }
        check(&["max-age=300"], Some("900"), 300);
        check(&["max-age=31536000"], None, 86_400);
        check(&["max-age=99999999999999999999"], None, 300);
    }
}
