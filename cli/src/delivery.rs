//! Signed deliveries, made as a provider makes them, and the ways in which one can be wrong.

use webhook::field::Field;
use webhook::identity::{Identity, Mode};
use webhook::ledger::Key;
use webhook::provider::Provider;
use webhook::scheme::{Kind, Scheme};
use webhook::secret::Secrets;
use webhook::sources::Source;
use webhook::template::Absent;
use webhook::{Request, sign, verify, verify_with};

use crate::sample::{self, Sample, made_up};
use crate::split::{self, Part};
use crate::{CliError, bundle};

/// What is done to a delivery after it was signed, or while it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Tamper {
    /// Change one byte of the body after signing
    Body,
    /// Sign with another secret
    Secret,
    /// Leave the signature out
    Unsigned,
    /// Sign an hour ago, or longer where that is tolerated
    Stale,
    /// Sign an hour ahead, or further where that is tolerated
    Future,
}

/// One delivery, ready to be posted.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The URL that it is posted to.
    pub url: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The raw body.
    pub body: Vec<u8>,
    /// The row that its event will have, where it can be let in and goes on as a whole.
    pub key: Option<Key>,
    /// The events that it goes on as, where its source splits it.
    pub parts: Vec<Part>,
}

/// What a delivery is made of.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// The source that it is for.
    pub source: &'a Source,
    /// Protocol, host and port that it is posted to.
    pub base_url: &'a str,
    /// The event's id, put where the provider puts it.
    pub event_id: String,
    /// The body; the provider's sample where there is none.
    pub body: Option<Vec<u8>>,
    /// The content type; the sample's where there is none.
    pub content_type: Option<&'a str>,
    /// What is wrong with it.
    pub tamper: Option<Tamper>,
    /// When it is signed, Unix time in milliseconds.
    pub now_ms: u64,
}

/// An event id as random as a provider's.
pub fn random_id() -> String {
    format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..))
}

impl Draft<'_> {
    /// Signs the draft with the secret that the source has on this machine.
    ///
    /// # Errors
    /// When that is no secret of its provider.
    pub fn sign(&self) -> Result<Delivery, CliError> {
        self.sign_with(&bundle::source_secrets(self.source))
    }

    /// Signs the draft with a secret.
    ///
    /// # Errors
    /// When that is no secret of its provider.
    pub fn sign_with(&self, secret: &str) -> Result<Delivery, CliError> {
        const HOUR_MS: u64 = 3_600_000;
        let provider = self.source.provider;
        let url = hook_url(self.base_url, &self.source.name);
        let (mut headers, body) = match sample::of(provider) {
            Some(sample) => self.as_sampled(sample),
            None => self.as_described(),
        };

        self.check_tamper()?;
        let key = provider.scheme.key;
        let other = key.written(b"somebody else's");
        let secret = if self.tamper == Some(Tamper::Secret) { &other } else { secret };
        let secrets = Secrets::parse(secret, &provider.scheme.key)
            .map_err(|error| CliError::Usage(format!("{}: {error}", self.source.name)))?;
        let tolerance_s = provider.scheme.timestamp.map_or(0, |rule| rule.tolerance_s);
        let far_off_ms = HOUR_MS.max(2_000 * u64::from(tolerance_s));
        let signed_ms = match self.tamper {
            Some(Tamper::Stale) => self.now_ms - far_off_ms,
            Some(Tamper::Future) => self.now_ms + far_off_ms,
            _ => self.now_ms,
        };
        let without =
            |absent: Absent| CliError::failed(format!("{} cannot be signed without {}", provider.name, absent.0));
        let request = Request { method: "POST", url: &url, headers: &headers, body: &body };
        let in_body = sign::body(&provider.scheme, &secrets, &request, signed_ms).map_err(without)?;
        let body = in_body.unwrap_or(body);
        let request = Request { method: "POST", url: &url, headers: &headers, body: &body };
        let signature = sign::sign(&provider.scheme, &secrets, &request, signed_ms).map_err(without)?;
        if self.tamper != Some(Tamper::Unsigned) {
            headers.extend(signature);
        }
        if provider.is_custom() && self.tamper.is_none() {
            self.check_own(&secrets, &Request { method: "POST", url: &url, headers: &headers, body: &body })?;
        }
        let (key, parts) = self.becomes(&secrets, &url, &headers, &body);
        let mut delivery = Delivery { key, parts, url, headers, body };
        if self.tamper == Some(Tamper::Body) {
            match delivery.body.last_mut() {
                Some(byte) => *byte ^= 1,
                None => delivery.body.push(b'!'),
            }
        }
        Ok(delivery)
    }

    /// Headers and body as the provider's sample has them.
    fn as_sampled(&self, sample: &Sample) -> (Vec<(String, String)>, Vec<u8>) {
        let provider = self.source.provider;
        let content_type = self.content_type.unwrap_or(sample.content_type);
        let mut headers = vec![("content-type".to_owned(), content_type.to_owned())];
        headers.extend(sample.headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        if let Some(Field::Header(name)) = provider.id.first() {
            headers.push(((*name).to_owned(), self.event_id.clone()));
        }
        let body = self.body.clone().unwrap_or_else(|| sample_body(sample, provider, &self.event_id));
        (headers, body)
    }

    /// Headers and body of a provider that the source describes itself, made up from where it says that values lie.
    fn as_described(&self) -> (Vec<(String, String)>, Vec<u8>) {
        let provider = self.source.provider;
        let (content_type, made_up) = made_up::payload(provider, &self.event_id);
        let body = self.body.clone().unwrap_or(made_up);
        let mut headers = vec![("content-type".to_owned(), self.content_type.unwrap_or(content_type).to_owned())];
        headers.extend(made_up::headers(provider, &self.event_id, &body));
        (headers, body)
    }

    /// Not every scheme that can be verified can be signed from its description alone.
    fn check_own(&self, secrets: &Secrets, request: &Request<'_>) -> Result<(), CliError> {
        let Provider { name, scheme, .. } = self.source.provider;
        verify(scheme, secrets, request, self.now_ms).map(drop).map_err(|rejection| {
            CliError::Usage(format!(
                "{name} cannot be signed here, {rejection}. A request of the provider's own can be read with `tidegate explain {name} --request FILE`"
            ))
        })
    }

    /// Not every delivery can be wrong in every way.
    fn check_tamper(&self) -> Result<(), CliError> {
        let Provider { name, scheme, .. } = self.source.provider;
        let wrong = match self.tamper {
            Some(Tamper::Stale | Tamper::Future)
                if scheme.timestamp.is_none() && !matches!(scheme.kind, Kind::Jwt(_)) =>
            {
                "signs no time, so no delivery of it is stale"
            }
            Some(Tamper::Body) if !scheme.covers_body() => {
                "does not sign the body as a whole, so a change may not be seen; try --tamper secret"
            }
            Some(Tamper::Secret) if has_public_key(scheme) => {
                "signs with a private key, of which there is only one for tests; try --tamper body"
            }
            Some(Tamper::Unsigned)
                if !scheme.signature.fields.iter().any(|field| matches!(field, Field::Header(_))) =>
            {
                "has its signature in the body, which cannot go without; try --tamper secret"
            }
            _ => return Ok(()),
        };
        Err(CliError::Usage(format!("{name} {wrong}")))
    }

    /// The rows that the door and the worker will find, by the same rules: its own, or those of its events.
    fn becomes(
        &self,
        secrets: &Secrets,
        url: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> (Option<Key>, Vec<Part>) {
        let request = Request { method: "POST", url, headers, body };
        let provider = self.source.provider;
        let document = sign::test_document(provider);
        let ours = |_: &str| document.as_deref().map(str::as_bytes);
        let Ok(delivery) = verify_with(&provider.scheme, secrets, &ours, &request, self.now_ms) else {
            return (None, Vec::new());
        };
        if let Some(Ok(parts)) = split::parts(self.source, &delivery) {
            return (None, parts);
        }
        let mode = split::whole_mode(self.source);
        // Where each delivery counts, only the door knows its row: the request's id is in it.
        let identity = (mode != Mode::Delivery).then(|| Identity::of(provider, mode, &delivery, ""));
        (identity.and_then(|known| self.source.rows(&known.identity).next()), Vec::new())
    }
}

/// Whether the secret is the public key itself, and nothing that a signature covers.
fn has_public_key(scheme: &Scheme) -> bool {
    let public = match scheme.kind {
        Kind::Ed25519 | Kind::EcdsaP256 | Kind::Rsa(_) => true,
        Kind::Jwt(rules) => rules.has_public_keys(),
        Kind::Hmac(_) | Kind::Hash(_) | Kind::Token => false,
    };
    public && scheme.document.is_none()
}

/// Where a source posts to. A URL that names a hook already is taken as it is.
pub fn hook_url(base_url: &str, source: &str) -> String {
    if !base_url.contains("://") {
        return hook_url(&format!("http://{base_url}"), source);
    }
    if base_url.contains("/hooks/") {
        return base_url.to_owned();
    }
    format!("{}/hooks/{source}", base_url.trim_end_matches('/'))
}

/// The sample payload with an id of its own, wherever the provider writes it in the body.
fn sample_body(sample: &Sample, provider: &Provider, event_id: &str) -> Vec<u8> {
    let body = sample.body.trim_end();
    let headers = [("content-type".to_owned(), sample.content_type.to_owned())];
    let request = Request { method: "POST", url: "/", headers: &headers, body: body.as_bytes() };
    match Field::first_of(provider.id, &request) {
        Some(sample_id) => body.replace(&*sample_id, event_id).into_bytes(),
        None => body.as_bytes().to_vec(),
    }
}
