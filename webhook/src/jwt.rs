//! JSON Web Tokens (RFC 7519, RFC 8725): which are taken, and what their claims must say.
//!
//! A row names the algorithms that its provider uses, and the algorithm decides what a key is. A token that names
//! another, `none` among them, is not taken, and a public key is never the secret of an HMAC.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::mac;
use crate::public_key::{self, Jwk};
use crate::query_hash::query_hash;
use crate::request::Request;
use crate::scheme::{Encoding, Hash, Kind};
use crate::verify::{Check, Rejection};

/// What a provider's tokens are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jwt {
    /// The algorithms that are taken. Those with a secret and those with a public key never stand together.
    pub algorithms: &'static [Algorithm],
    /// What the claims must say.
    pub claims: &'static [Claim],
    /// How far the times `exp`, `nbf` and `iat` may be off, in seconds.
    pub leeway_s: u32,
    /// How long ago a token may have been issued (`iat`), in seconds, for those that do not say themselves when they
    /// end (`exp`). `None` where neither is said.
    pub age_s: Option<u32>,
}

/// How a token is signed (RFC 7518, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Es256,
}

/// One claim, and what it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Its name.
    pub name: &'static str,
    /// What it must be.
    pub is: Is,
}

/// What a claim must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// `true`.
    True,
    /// The secret: what an operator sets for the source, where the keys themselves are public.
    Secret,
    /// The URL that was called.
    Url,
    /// The SHA-256 of that URL.
    UrlHash(Encoding),
    /// The SHA-256 of method, path and query, as Atlassian writes them; the host is not among it.
    QueryHash,
    /// The SHA-256 of the body.
    BodyHash {
        /// How it is written.
        encoding: Encoding,
        /// Whether it is left out where there is no body.
        unless_empty: bool,
    },
}

impl Jwt {
    /// Whether its keys are public ones.
    pub fn has_public_keys(&self) -> bool {
        self.algorithms.iter().any(|algorithm| algorithm.hash().is_none())
    }
}

impl Algorithm {
    /// Its name in a token.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Hs256 => "HS256",
            Algorithm::Hs384 => "HS384",
            Algorithm::Hs512 => "HS512",
            Algorithm::Rs256 => "RS256",
            Algorithm::Es256 => "ES256",
        }
    }

    /// The hash of its HMAC; `None` where it is none.
    pub(crate) fn hash(self) -> Option<Hash> {
        match self {
            Algorithm::Hs256 => Some(Hash::Sha256),
            Algorithm::Hs384 => Some(Hash::Sha384),
            Algorithm::Hs512 => Some(Hash::Sha512),
            Algorithm::Rs256 | Algorithm::Es256 => None,
        }
    }
}

/// Verifies the tokens of a request; says which of the secrets fits.
///
/// A token whose signature is right and whose claims are not says more than one that nobody signed, so its rejection
/// is the one that is told.
pub(crate) fn verify(
    rules: &Jwt,
    on: &Check<'_, '_>,
    request: &Request<'_>,
    urls: &[Cow<'_, str>],
    tokens: &[&str],
) -> Result<usize, Rejection> {
    let tokens: Vec<Token<'_>> = tokens.iter().filter_map(|token| Token::read(rules, token)).collect();
    let set = match on.scheme.document {
        Some(document) if !tokens.is_empty() => {
            let json = document.read(request, on.documents)?;
            Some(public_key::jwk_set(json).unwrap_or_default())
        }
        _ => None,
    };
    let mut rejection = None;
    let mut unknown_key = false;
    for token in &tokens {
        for (index, secret) in on.secrets.keys().enumerate() {
            let signed = set.as_deref().map_or_else(|| token.is_signed_by(secret), |set| token.is_signed_by_any(set));
            if signed {
                match token.check(rules, secret, request, urls, on.now_ms) {
                    Ok(()) => return Ok(index),
                    Err(why) => rejection = Some(why),
                }
            } else if set.as_deref().is_some_and(|set| token.names_none_of(set)) {
                // Anybody can name a key, and it may cost a fetch: what is refused by its claims is refused now.
                unknown_key |= token.check(rules, secret, request, urls, on.now_ms).is_ok();
            }
        }
    }
    if let (None, true, Some(document)) = (&rejection, unknown_key, on.scheme.document) {
        return Err(Rejection::KeyUnknown { url: document.url(request)? });
    }
    Err(rejection.unwrap_or_else(|| Rejection::mismatch(on.scheme, tokens.len(), on.secrets)))
}

/// A token that may be one of ours.
struct Token<'t> {
    algorithm: Algorithm,
    kid: Option<String>,
    /// What is signed: header and payload as they came.
    message: &'t str,
    payload: &'t str,
    signature: Vec<u8>,
}

impl<'t> Token<'t> {
    /// Reads all but the claims, which nobody vouches for yet.
    fn read(rules: &Jwt, text: &'t str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Header {
            alg: String,
            kid: Option<String>,
            // What a token says must be understood, and we do not (RFC 7515, section 4.1.11).
            crit: Option<Value>,
        }
        let (message, signature) = text.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let algorithm = *rules.algorithms.iter().find(|algorithm| algorithm.name() == header.alg)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let good = header.crit.is_none() && !payload.contains('.');
        good.then_some(Token { algorithm, kid: header.kid, message, payload, signature })
    }

    fn is_signed_by(&self, key: &[u8]) -> bool {
        match self.algorithm.hash() {
            Some(hash) => {
                let pieces = [Cow::Borrowed(self.message.as_bytes())];
                mac::any_matches(Kind::Hmac(hash), key, &pieces, std::slice::from_ref(&self.signature))
            }
            None if self.algorithm == Algorithm::Es256 => {
                public_key::has_signed_es256(key, self.message.as_bytes(), &self.signature)
            }
            None => false,
        }
    }

    /// Only the key that the token names is tried, where it names one.
    fn is_signed_by_any(&self, set: &[Jwk]) -> bool {
        let named = set.iter().filter(|key| self.kid.is_none() || key.kid == self.kid);
        let (message, signature) = (self.message.as_bytes(), &self.signature);
        named.into_iter().any(|key| match self.algorithm {
            Algorithm::Rs256 => key.has_signed_rs256(message, signature),
            Algorithm::Es256 => key.has_signed_es256(message, signature),
            // The secret of an HMAC lies in no document that everybody can read.
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => false,
        })
    }

    /// Whether the token names a key, and it is none of these.
    fn names_none_of(&self, set: &[Jwk]) -> bool {
        self.kid.is_some() && !set.iter().any(|key| key.kid == self.kid)
    }

    /// Checks the claims of a token, its times last. They count only where it is truly signed.
    fn check(
        &self,
        rules: &Jwt,
        secret: &[u8],
        request: &Request<'_>,
        urls: &[Cow<'_, str>],
        now_ms: u64,
    ) -> Result<(), Rejection> {
        let claims = claims(self.payload).ok_or(Rejection::Claim("its payload"))?;
        for Claim { name, is } in rules.claims {
            if !is.what(claims.get(*name), secret, request, urls) {
                return Err(Rejection::Claim(name));
            }
        }
        check_times(rules, &claims, now_ms)
    }
}

/// The claims of a token's payload, as they stand there.
fn claims(payload: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// A text claim of a token that stands in a verified request, behind whatever word comes before it.
pub(crate) fn text_claim(token: &str, name: &str) -> Option<String> {
    let payload = token.rsplit(' ').next()?.split('.').nth(1)?;
    claims(payload)?.remove(name).and_then(|value| match value {
        Value::String(text) => Some(text),
        _ => None,
    })
}

impl Is {
    fn what(self, claim: Option<&Value>, secret: &[u8], request: &Request<'_>, urls: &[Cow<'_, str>]) -> bool {
        let text = claim.and_then(Value::as_str);
        let hash_of = |encoding: Encoding, bytes: &[u8]| {
            text.and_then(|text| encoding.decode(text)).is_some_and(|hash| hash == Sha256::digest(bytes)[..])
        };
        match self {
            Is::OneOf(texts) => text.is_some_and(|text| texts.contains(&text)),
            Is::True => claim == Some(&Value::Bool(true)),
            Is::Secret => text.is_some_and(|text| mac::is_secret(text.as_bytes(), secret)),
            Is::Url => text.is_some_and(|text| urls.iter().any(|url| url == text)),
            Is::UrlHash(encoding) => urls.iter().any(|url| hash_of(encoding, url.as_bytes())),
            Is::QueryHash => text.is_some_and(|text| text.eq_ignore_ascii_case(&query_hash(request))),
            Is::BodyHash { unless_empty: true, .. } if claim.is_none() => request.body.is_empty(),
            Is::BodyHash { encoding, .. } => hash_of(encoding, request.body),
        }
    }
}

/// Holds the times of a token against now. A time that is there has to be readable.
fn check_times(rules: &Jwt, claims: &Map<String, Value>, now_ms: u64) -> Result<(), Rejection> {
    let now_s = i64::try_from(now_ms / 1000).unwrap_or(i64::MAX);
    let time = |name: &'static str| match claims.get(name) {
        None => Ok(None),
        Some(value) => seconds(value).map(Some).ok_or(Rejection::Claim(name)),
    };
    let stale = |skew_s, tolerance_s| Err(Rejection::Stale { skew_s, tolerance_s });
    let leeway_s = i64::from(rules.leeway_s);
    let (expires, begins, issued) = (time("exp")?, time("nbf")?, time("iat")?);
    for begins in [begins, issued].into_iter().flatten() {
        if begins > now_s.saturating_add(leeway_s) {
            return stale(now_s.saturating_sub(begins), rules.leeway_s);
        }
    }
    match (expires, rules.age_s, issued) {
        (Some(expires), ..) if expires <= now_s.saturating_sub(leeway_s) => {
            stale(now_s.saturating_sub(expires), rules.leeway_s)
        }
        (Some(_), ..) | (None, None, _) => Ok(()),
        (None, Some(age_s), Some(issued)) if now_s.saturating_sub(issued) > i64::from(age_s) => {
            stale(now_s.saturating_sub(issued), age_s)
        }
        (None, Some(_), Some(_)) => Ok(()),
        (None, Some(_), None) => Err(Rejection::Claim("iat")),
    }
}

/// A NumericDate (RFC 7519, section 2): seconds, perhaps with a fraction.
fn seconds(value: &Value) -> Option<i64> {
    const YEAR_10000_S: f64 = 253_402_300_800.0;
    value.as_f64().filter(|seconds| (0.0..YEAR_10000_S).contains(seconds)).map(|seconds| seconds as i64)
}
