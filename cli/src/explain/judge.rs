//! What the door would answer, by the same rules and in the same order, and the words for it.

use std::process::ExitCode;

use webhook::answer::Outcome;
use webhook::handshake::{Handshake, When};
use webhook::identity::Identity;
use webhook::secret::Secrets;
use webhook::sources::Source;
use webhook::{Rejection, Request, Verified, diagnose, verify_with};

use super::captured;
use crate::{providers, split};

/// What is said: a word and what it stands for.
pub(super) type Facts = Vec<(&'static str, String)>;

/// The exit status of a request that cannot be judged.
const NOT_JUDGED: u8 = 2;

/// All that a request is held against.
pub(super) struct Case<'a> {
    /// The source that it was posted to.
    pub(super) source: &'a Source,
    /// What is live there.
    pub(super) secrets: Secrets,
    /// Where that is from.
    pub(super) secrets_told: String,
    /// What the provider has published of its keys.
    pub(super) document: Option<Vec<u8>>,
    /// Whether that is the test key, which only `send` signs with.
    pub(super) document_is_ours: bool,
    /// Other sources, and what is live there.
    pub(super) others: Vec<(String, Secrets)>,
    /// When it was received, Unix time in milliseconds.
    pub(super) now_ms: u64,
}

impl Case<'_> {
    /// What becomes of a request, and the exit status that says so.
    pub(super) fn judge(&self, request: &Request<'_>) -> (Facts, ExitCode) {
        let scheme = &self.source.provider.scheme;
        let mut facts = vec![("secrets", self.secrets_told.clone()), ("signed", providers::signed(scheme))];
        if scheme.covers_url() {
            facts.push(("url", request.url.to_owned()));
        }
        if let (Some(_), Some(_)) = (scheme.document, &self.document) {
            let told = match self.document_is_ours {
                true => "the test key, which `send` signs with; --document FILE gives the provider's",
                false => "as --document says",
            };
            facts.push(("public key", told.to_owned()));
        }
        let (more, code) = self.answer(request);
        facts.extend(more);
        (facts, code)
    }

    fn answer(&self, request: &Request<'_>) -> (Facts, ExitCode) {
        let provider = self.source.provider;
        let carries_signature = || provider.scheme.signature.fields.iter().any(|field| field.of(request).is_some());
        if (request.method != "POST" || !carries_signature())
            && let Some(facts) = self.handshake(request, None)
        {
            return (facts, ExitCode::SUCCESS);
        }
        if request.method != "POST" {
            let facts = vec![("answer", "405, method".to_owned()), ("hint", self.why_no_handshake(request))];
            return (facts, ExitCode::FAILURE);
        }
        let document = |_: &str| self.document.as_deref();
        match verify_with(&provider.scheme, &self.secrets, &document, request, self.now_ms) {
            Ok(delivery) => (self.let_in(request, &delivery), ExitCode::SUCCESS),
            Err(Rejection::KeyWanted { url }) => {
                let missing =
                    format!("the provider's public key at {url}: fetch it, and --document FILE says where it is");
                (vec![("answer", "not known".to_owned()), ("missing", missing)], ExitCode::from(NOT_JUDGED))
            }
            Err(rejection) => (self.refused(request, &rejection), ExitCode::FAILURE),
        }
    }

    /// What a handshake is answered. `signed_by` is the number of the secret that signed the request.
    fn handshake(&self, request: &Request<'_>, signed_by: Option<usize>) -> Option<Facts> {
        let fits = |handshake: &&Handshake| handshake.signed == signed_by.is_some() && handshake.is(request);
        let handshake = self.source.provider.handshakes.iter().find(fits)?;
        let answer = handshake.answer(request, &self.secrets, signed_by.unwrap_or(0))?;
        Some(vec![("answer", format!("{}, a handshake, not queued", answer.status))])
    }

    fn let_in(&self, request: &Request<'_>, delivery: &Verified<'_>) -> Facts {
        let provider = self.source.provider;
        let secret = format!("number {} of {} fits", delivery.secret() + 1, self.secrets.count());
        if let Some(mut facts) = self.handshake(request, Some(delivery.secret())) {
            facts.push(("secret", secret));
            return facts;
        }
        let mut facts = vec![("answer", format!("{}, let in", provider.accepted.status)), ("secret", secret)];
        let asks =
            |confirmation: webhook::confirmation::Confirmation| matches!(confirmation.url(delivery), Ok(Some(_)));
        if provider.confirmation.is_some_and(asks) {
            let what = match self.source.confirm {
                true => "it asks for a confirmation: its URL is visited first, and nothing is queued",
                false => "it asks for a confirmation, and goes on like an event: confirm = true has its URL visited",
            };
            facts.push(("confirm", what.to_owned()));
        }
        let whole = Identity::of(provider, split::whole_mode(self.source), delivery, "REQUEST-ID");
        match split::parts(self.source, delivery) {
            Some(Ok(parts)) => {
                facts.push(("events", parts.len().to_string()));
                facts.extend(split::lines(&parts).into_iter().map(|line| ("event", line)));
                return facts;
            }
            Some(Err(why)) => facts.push(("not split", why.to_string())),
            None => {}
        }
        let rows = self.source.rows(&whole.identity);
        let rows: Vec<_> = rows.map(|key| ("row", format!("{} {}", key.pk, key.sk))).collect();
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
        facts.extend([("event id", or_none(whole.event_id)), ("event type", or_none(whole.event_type))]);
        facts.extend(rows);
        facts
    }

    fn refused(&self, request: &Request<'_>, rejection: &Rejection) -> Facts {
        let provider = self.source.provider;
        let outcome = Outcome::of(rejection);
        let status = if outcome.status() == 403 { provider.rejected } else { outcome.status() };
        let others = self.others.iter().map(|(name, secrets)| (name.as_str(), secrets));
        let hints =
            [captured::slip(request), diagnose::explain(&provider.scheme, &self.secrets, request, rejection, others)];
        let answer = [("answer", format!("{status}, {}", outcome.name())), ("because", rejection.to_string())];
        answer.into_iter().chain(hints.into_iter().flatten().map(|hint| ("hint", hint))).collect()
    }

    /// Why a request that is no POST is not answered either.
    fn why_no_handshake(&self, request: &Request<'_>) -> String {
        let name = self.source.provider.name;
        let when = |handshake: &Handshake| match handshake.when {
            When::Is(field, word) => format!("{field} is {word:?}"),
            When::Has(field) => format!("{field} is there"),
            When::Any => "it likes".to_owned(),
        };
        let known = self.source.provider.handshakes.iter().filter(|handshake| handshake.method == request.method);
        let known: Vec<String> = known.map(when).collect();
        match known.is_empty() {
            true => {
                format!("deliveries come by POST, and {name} asks nothing by {}: it may be a browser's", request.method)
            }
            false => {
                format!("deliveries come by POST, and {name} asks by {} where {}", request.method, known.join(" or "))
            }
        }
    }
}
