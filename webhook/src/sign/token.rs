//! Signing for schemes whose signature is a JSON Web Token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::test_key;
use crate::jwt::{Claim, Is, Jwt};
use crate::mac;
use crate::query_hash::query_hash;
use crate::request::Request;
use crate::scheme::Kind;

/// For how long our tokens are good, in seconds.
const GOOD_FOR_S: u64 = 60;

/// A token that says what it must, issued now.
pub(super) fn sign(rules: &Jwt, secret: &[u8], request: &Request<'_>, now_ms: u64) -> Option<String> {
    let algorithm = *rules.algorithms.first()?;
    let now_s = now_ms / 1000;
    let mut claims: Map<String, Value> = Map::new();
    claims
        .extend([("iat", now_s), ("nbf", now_s), ("exp", now_s + GOOD_FOR_S)].map(|(name, s)| (name.into(), s.into())));
    claims.insert("jti".to_owned(), hex::encode(&Sha256::digest(request.body)[..16]).into());
    for Claim { name, is } in rules.claims {
        claims.extend(value(*is, secret, request).map(|value| ((*name).to_owned(), value)));
    }
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let header = part(json!({ "typ": "JWT", "alg": algorithm.name(), "kid": test_key::KEY_ID }));
    let message = format!("{header}.{}", part(Value::Object(claims)));
    let signature = match algorithm.hash() {
        Some(hash) => mac::tag(Kind::Hmac(hash), secret, &[message.as_bytes().into()])?,
        None => test_key::sign_token(algorithm, message.as_bytes())?,
    };
    Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn value(is: Is, secret: &[u8], request: &Request<'_>) -> Option<Value> {
    Some(match is {
        Is::OneOf(texts) => (*texts.first()?).into(),
        Is::True => true.into(),
        Is::Secret => String::from_utf8_lossy(secret).into(),
        Is::Url => request.url.into(),
        Is::UrlHash(encoding) => encoding.encode(&Sha256::digest(request.url)).into(),
        Is::QueryHash => query_hash(request).into(),
        Is::BodyHash { unless_empty: true, .. } if request.body.is_empty() => return None,
        Is::BodyHash { encoding, .. } => encoding.encode(&Sha256::digest(request.body)).into(),
    })
}
