//! Verification: from raw bytes to a [`Verified`] delivery, or to a [`Rejection`] that says why not.

use std::borrow::Cow;

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

use crate::batch::{self, NotSplit};
use crate::document::{Document, Documents};
use crate::field::Field;
use crate::jwt;
use crate::mac;
use crate::public_key;
pub use crate::rejection::Rejection;
use crate::rejection::any_of;
use crate::request::Request;
use crate::scheme::{Kind, Scheme, Signature, Timestamp, TimestampPlace, Unit};
use crate::secret::Secrets;
use crate::template::{self, Absent};
use crate::urls::urls;
use crate::wrapping::Wrapped;

/// A delivery whose signature was verified. [`verify`] is the only place that makes one, so whatever
/// takes a `Verified` cannot be handed a request that nobody checked.
#[derive(Debug)]
pub struct Verified<'r> {
    request: Request<'r>,
    secret: usize,
    signed: SignedBody,
    signs_url: bool,
    wrapped: Wrapped<'r>,
}

/// How a signature covers the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SignedBody {
    /// Its bytes, in the signed string or by a hash that is in it.
    Bytes,
    /// Its parameters, where it is a form.
    Form,
    /// The parameters of its query and of a form.
    Parameters,
    /// What is signed of each item of a batch, as the hash of all of that.
    Items([u8; 32]),
}

impl<'r> Verified<'r> {
    /// The request that was verified.
    pub fn request(&self) -> &Request<'r> {
        &self.request
    }

    /// The request with the event as its body, where the provider wraps it in a field of a form.
    pub fn event(&self) -> Request<'_> {
        self.wrapped.event(&self.request)
    }

    /// SHA-256, in hex, of what the signature covers of the event: the body's bytes, or for schemes that sign a
    /// form's parameters, those, or what is signed of each item; and in front of it the URL from its query on, where
    /// the scheme signs the URL.
    ///
    /// The same parameters can be written in many ways under one signature, so whoever needs to know whether
    /// two deliveries say the same must compare this. The URL and what follows it run together here as they do in
    /// what is signed: bytes that are moved from one to the other make no other event.
    pub fn signed_sha256(&self) -> String {
        let mut hash = Sha256::new();
        // Parameters of a query that are signed sorted are written in many ways, too.
        if self.signs_url && self.signed != SignedBody::Parameters {
            hash.update(self.request.url.find('?').map_or("", |query| &self.request.url[query..]));
        }
        match self.signed {
            SignedBody::Bytes => hash.update(self.event().body),
            SignedBody::Form => hash.update(template::form_sorted(self.request.body)),
            SignedBody::Parameters => {
                hash.update(template::parameters_sorted(self.request.query(), self.request.body));
            }
            SignedBody::Items(items) => hash.update(items),
        }
        hex::encode(hash.finalize())
    }

    /// The query string, where the signature covers it and there is one.
    pub fn signed_query(&self) -> Option<&'r str> {
        Some(self.request.query()).filter(|query| self.signs_url && !query.is_empty())
    }

    /// The events of a batch, those of the array at the JSON pointer, each as a delivery of its own.
    ///
    /// # Errors
    /// [`NotSplit`] where the delivery goes on as a whole.
    pub fn split(&self, items: &str) -> Result<Vec<Self>, NotSplit> {
        let items = batch::events(self.request.body, items)?;
        let delivery = |item: &'r RawValue| Verified {
            request: Request { body: item.get().as_bytes(), ..self.request },
            signed: SignedBody::Bytes,
            wrapped: Wrapped::NONE,
            ..*self
        };
        Ok(items.into_iter().map(delivery).collect())
    }

    /// Which of the secrets matched, counted from 0: tells when an old one is no longer used.
    pub fn secret(&self) -> usize {
        self.secret
    }
}

/// Verifies a request's signature over its raw bytes, for schemes whose keys are the secrets.
///
/// # Errors
/// [`Rejection`], for every request that is not let in.
pub fn verify<'r>(
    scheme: &Scheme,
    secrets: &Secrets,
    request: &Request<'r>,
    now_ms: u64,
) -> Result<Verified<'r>, Rejection> {
    verify_with(scheme, secrets, &|_| None, request, now_ms)
}

/// Verifies a request's signature over its raw bytes. `documents` holds what was fetched of public keys.
///
/// Each signature of the scheme is compared with the one that each live secret makes, in constant time
/// (`hmac::Mac::verify_slice`). The timestamp is looked at last, so that `Stale` is said only of requests
/// that were truly signed. `now_ms` is Unix time in milliseconds.
///
/// # Errors
/// [`Rejection`], for every request that is not let in. [`Rejection::KeyWanted`] names a document that is to be
/// fetched for another try.
pub fn verify_with<'r>(
    scheme: &Scheme,
    secrets: &Secrets,
    documents: Documents<'_>,
    request: &Request<'r>,
    now_ms: u64,
) -> Result<Verified<'r>, Rejection> {
    let check = Check { scheme, secrets, documents, now_ms };
    let (secret, signed) = match scheme.each {
        None => check.request(request)?,
        Some(pointer) => {
            let items = batch::items(request.body, pointer).filter(|items| !items.is_empty());
            let items = items.ok_or_else(|| Rejection::Missing(format!("a batch at json:{pointer}")))?;
            let item = |item: &&RawValue| check.request(&Request { body: item.get().as_bytes(), ..*request });
            let items: Vec<(usize, SignedBody)> = items.iter().map(item).collect::<Result<_, _>>()?;
            let signed = items.iter().try_fold(Sha256::new(), |hash, (_, signed)| match signed {
                SignedBody::Items(signed) => Some(hash.chain_update(signed)),
                SignedBody::Bytes | SignedBody::Form | SignedBody::Parameters => None,
            });
            (items[0].0, signed.map_or(SignedBody::Bytes, |hash| SignedBody::Items(hash.finalize().into())))
        }
    };
    let wrapped = Wrapped::of(scheme, request);
    Ok(Verified { request: *request, secret, signed, signs_url: scheme.covers_url(), wrapped })
}

/// All that a request is held against.
pub(crate) struct Check<'a, 'd> {
    pub(crate) scheme: &'a Scheme,
    pub(crate) secrets: &'a Secrets,
    pub(crate) documents: Documents<'d>,
    pub(crate) now_ms: u64,
}

impl Check<'_, '_> {
    /// Which of the secrets has signed a request, or an item of it, and how its body is covered.
    fn request(&self, request: &Request<'_>) -> Result<(usize, SignedBody), Rejection> {
        let scheme = self.scheme;
        let Signature { fields, prefix, .. } = scheme.signature;
        let wrapped = Wrapped::of(scheme, request);
        let event = &wrapped.event(request);
        let place = |field: &Field| field.of(request).or_else(|| field.of(event));
        let headers: Vec<Cow<'_, str>> = fields.iter().filter_map(place).collect();
        if headers.is_empty() {
            return Err(missing(fields));
        }
        let items: Vec<&str> = headers.iter().flat_map(|header| items(scheme, header)).collect();
        let urls = urls(scheme, request.url);
        match scheme.kind {
            Kind::Jwt(rules) => {
                let tokens: Vec<&str> = items.iter().filter_map(|item| item.strip_prefix(prefix)).collect();
                Ok((jwt::verify(rules, self, request, &urls, &tokens)?, SignedBody::Bytes))
            }
            _ => self.signatures(event, &urls, &items),
        }
    }

    fn signatures(
        &self,
        request: &Request<'_>,
        urls: &[Cow<'_, str>],
        items: &[&str],
    ) -> Result<(usize, SignedBody), Rejection> {
        let Check { scheme, secrets, now_ms, .. } = *self;
        let Signature { prefix, encoding, .. } = scheme.signature;
        let timestamp = scheme.timestamp.map(|rule| timestamp_text(&rule, scheme, items, request)).transpose()?;
        let signed = signed_body(scheme, request)?;
        let kind = scheme.versions.map_or(Ok(scheme.kind), |versions| versions.kind(request))?;
        if let Some(separator) = scheme.separator {
            separator.check(scheme.signed, request, timestamp.as_deref())?;
        }
        let read = |item: &&'_ str| {
            let (name, text) = scheme.key.split(item.strip_prefix(prefix)?)?;
            Some((name.to_owned(), encoding.decode(text)?))
        };
        let signatures: Vec<(String, Vec<u8>)> = items.iter().filter_map(read).collect();

        // Whoever extends what a bare hash covers has to put its padding there, which is no text.
        let extended = matches!(scheme.kind, Kind::Hash(_)) && std::str::from_utf8(request.body).is_err();
        // What is signed for whoever asks is no delivery.
        let asked = scheme.challenge.is_some_and(|challenge| challenge.is(request.body));
        let signatures = if extended || asked { Vec::new() } else { signatures };
        let public_key = scheme.document.map(|document| self.public_key(document, request)).transpose();
        if matches!(public_key, Err(Rejection::KeyWanted { .. })) {
            // Anybody can ask for that, and it costs a fetch: what is refused without the key is refused now.
            self.check_without_key(request, timestamp.as_deref(), signatures.len())?;
        }
        let public_key = public_key?;
        let signs_secret = scheme.signed.contains("{secret}");
        // A token signs nothing of its item, and the whole body tells deliveries apart.
        let by_item = scheme.each.is_some() && scheme.kind != Kind::Token;
        let mut foreign = None;
        for url in urls {
            let render = |secret| {
                let with_form = matches!(signed, SignedBody::Form | SignedBody::Parameters);
                let context = template::Context { timestamp: timestamp.as_deref(), url, with_form, secret };
                let pieces = template::render(scheme.signed, request, &context);
                pieces.map_err(|Absent(part)| Rejection::Missing(part.to_owned()))
            };
            let pieces = render(&[])?;
            for (secret, secret_text) in secrets.keys().enumerate() {
                let with_secret = if signs_secret { Some(render(secret_text)?) } else { None };
                let (key, pieces) =
                    (public_key.as_deref().unwrap_or(secret_text), with_secret.as_ref().unwrap_or(&pieces));
                let named = signatures.iter().filter(|(name, _)| name == secrets.name(secret));
                let named: Vec<Vec<u8>> = named.map(|(_, bytes)| bytes.clone()).collect();
                if mac::any_matches(kind, key, pieces, &named) {
                    if scheme.names.is_some_and(|field| !says(field, request, secret_text)) {
                        foreign = scheme.names;
                        continue;
                    }
                    check_age(scheme.timestamp, timestamp.as_deref(), now_ms)?;
                    let hashed =
                        || pieces.iter().fold(Sha256::new(), |hash, piece| hash.chain_update(piece)).finalize();
                    return Ok((secret, if by_item { SignedBody::Items(hashed().into()) } else { signed }));
                }
            }
        }
        let other = foreign.map(|field| Rejection::Foreign { field: field.to_string() });
        Err(other.unwrap_or_else(|| Rejection::mismatch(scheme, signatures.len(), secrets)))
    }

    /// Refuses what no key could let in.
    fn check_without_key(
        &self,
        request: &Request<'_>,
        timestamp: Option<&str>,
        signatures: usize,
    ) -> Result<(), Rejection> {
        let Check { scheme, secrets, now_ms, .. } = *self;
        if signatures == 0 {
            return Err(Rejection::mismatch(scheme, 0, secrets));
        }
        let foreign = |field: &Field| !secrets.keys().any(|secret| says(*field, request, secret));
        if let Some(field) = scheme.names.filter(foreign) {
            return Err(Rejection::Foreign { field: field.to_string() });
        }
        check_age(scheme.timestamp, timestamp, now_ms)
    }

    /// The key in the certificate that a request names.
    fn public_key(&self, document: Document, request: &Request<'_>) -> Result<Vec<u8>, Rejection> {
        let pem = document.read(request, self.documents)?;
        let key = public_key::rsa_in_certificate(pem, self.now_ms);
        key.map_err(|error| match document.url(request) {
            Ok(url) => Rejection::Certificate { url, error },
            Err(rejection) => rejection,
        })
    }
}

/// Whether a field holds a secret.
fn says(field: Field, request: &Request<'_>, secret: &[u8]) -> bool {
    field.of(request).is_some_and(|text| mac::is_secret(text.as_bytes(), secret))
}

fn missing(fields: &[Field]) -> Rejection {
    Rejection::Missing(any_of(fields))
}

/// The items of the signature's header: the header itself where the scheme knows no lists.
fn items<'h>(scheme: &Scheme, header: &'h str) -> impl Iterator<Item = &'h str> {
    let mut parts = scheme.signature.split.map(|separator| header.split(separator));
    let mut whole = if parts.is_none() { Some(header) } else { None };
    std::iter::from_fn(move || parts.as_mut().map_or_else(|| whole.take(), Iterator::next)).map(str::trim)
}

fn timestamp_text<'h>(
    rule: &Timestamp,
    scheme: &Scheme,
    items: &[&'h str],
    request: &Request<'h>,
) -> Result<Cow<'h, str>, Rejection> {
    match rule.place {
        TimestampPlace::Fields(fields) => Field::first_of(fields, request).ok_or_else(|| missing(fields)),
        TimestampPlace::SignatureItem(prefix) => items
            .iter()
            .find_map(|item| item.strip_prefix(prefix))
            .map(Cow::Borrowed)
            .ok_or_else(|| Rejection::Missing(format!("{prefix} in {}", any_of(scheme.signature.fields)))),
    }
}

fn check_age(rule: Option<Timestamp>, text: Option<&str>, now_ms: u64) -> Result<(), Rejection> {
    let (Some(rule), Some(text)) = (rule, text) else { return Ok(()) };
    let number = || text.parse::<i64>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let signed_s = match rule.unit {
        Unit::Seconds => number(),
        Unit::Milliseconds => number().map(|ms| ms / 1000),
        Unit::SecondsOrMilliseconds => number().map(|time| if time < 100_000_000_000 { time } else { time / 1000 }),
        Unit::Rfc3339 => OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp),
        // Its one form that is still written is also one of RFC 2822's.
        Unit::HttpDate => OffsetDateTime::parse(text, &Rfc2822).ok().map(OffsetDateTime::unix_timestamp),
    };
    let signed_s = signed_s.ok_or(Rejection::TimestampUnreadable { unit: rule.unit })?;
    let skew_s = i64::try_from(now_ms / 1000).unwrap_or(i64::MAX).saturating_sub(signed_s);
    if skew_s.unsigned_abs() > u64::from(rule.tolerance_s) {
        return Err(Rejection::Stale { skew_s, tolerance_s: rule.tolerance_s });
    }
    Ok(())
}

/// Says how the signature covers the body, and checks its hash where the signed URL carries one. A body that
/// nothing covers is not let in.
fn signed_body(scheme: &Scheme, request: &Request<'_>) -> Result<SignedBody, Rejection> {
    let is_form = request.is_form() || request.body.is_empty();
    let Some(rule) = scheme.body_hash else {
        return match template::signs_form(scheme.signed) {
            false => Ok(SignedBody::Bytes),
            true if is_form && scheme.signed.contains("{parameters_sorted}") => Ok(SignedBody::Parameters),
            true if is_form => Ok(SignedBody::Form),
            // Its parameters would be signed, and something else would be read.
            true => Err(Rejection::Missing("a form in the body".to_owned())),
        };
    };
    match rule.field.of(request) {
        Some(hash) if hex::decode(hash.as_bytes()).is_ok_and(|h| h == Sha256::digest(request.body)[..]) => {
            Ok(SignedBody::Bytes)
        }
        Some(_) => Err(Rejection::BodyHash { field: rule.field.to_string() }),
        None if is_form => Ok(SignedBody::Form),
        None => Err(missing(&[rule.field])),
    }
}
