//! The private keys that stand for those of providers who sign with one. Everybody knows them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair,
};

use crate::jwt::Algorithm;
use crate::scheme::{Hash, Kind};

/// The seed of the Ed25519 key, and the private scalar of the P-256 key.
const SECRET: [u8; 32] = *b"tidegate-test-secret, not secret";
/// The public point of the P-256 key.
const P256_PUBLIC: [u8; 65] = [
    0x04, 0xf2, 0x9e, 0xc3, 0x09, 0x5d, 0x5f, 0x00, 0xf5, 0x71, 0xdc, 0xdd, 0xa4, 0x0b, 0xd1, 0x34, 0xcb, 0x1d, 0x96,
    0xb6, 0x5f, 0xd6, 0xd8, 0x68, 0xd9, 0x42, 0xb3, 0x6e, 0xb9, 0xcf, 0x3e, 0xc1, 0xb9, 0xbe, 0x1a, 0x01, 0xa6, 0xae,
    0x02, 0xa1, 0x12, 0xf0, 0x09, 0x87, 0x17, 0xdd, 0x94, 0x2d, 0xb4, 0x07, 0xde, 0x3d, 0x76, 0xa8, 0x2a, 0x08, 0x15,
    0xea, 0x1e, 0x38, 0x3e, 0x02, 0x7e, 0xb0, 0x0b,
];

/// The RSA key of 2,048 bits (PKCS #8), made by `openssl req -x509 -newkey rsa:2048`.
const RSA: &[u8] = include_bytes!("test_rsa.pkcs8");
/// A certificate for it.
const RSA_CERTIFICATE: &str = include_str!("test_certificate.pem");
/// The name of the RSA key in its set.
pub(super) const KEY_ID: &str = "tidegate-test-key";

/// Signs with the test key of a kind that has one.
pub(super) fn sign(kind: Kind, message: &[u8]) -> Option<Vec<u8>> {
    match kind {
        Kind::Ed25519 => Some(ed25519()?.sign(message).as_ref().to_vec()),
        Kind::EcdsaP256 => p256(&ECDSA_P256_SHA256_ASN1_SIGNING, message),
        // ring makes no signatures with SHA-1 any more; every scheme that takes them takes a better one, too.
        Kind::Rsa(hashes) => rsa(hashes.iter().find_map(|hash| rsa_encoding(*hash))?, message),
        Kind::Hmac(_) | Kind::Hash(_) | Kind::Jwt(_) | Kind::Token => None,
    }
}

/// Signs as a JSON Web Token is signed.
pub(super) fn sign_token(algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        Algorithm::Rs256 => rsa(&RSA_PKCS1_SHA256, message),
        Algorithm::Es256 => p256(&ECDSA_P256_SHA256_FIXED_SIGNING, message),
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => None,
    }
}

/// The public key of a kind that has one.
pub(super) fn public(kind: Kind) -> Option<Vec<u8>> {
    match kind {
        Kind::Ed25519 => Some(ed25519()?.public_key().as_ref().to_vec()),
        Kind::EcdsaP256 => Some(P256_PUBLIC.to_vec()),
        Kind::Jwt(rules) if rules.algorithms.contains(&Algorithm::Es256) => Some(P256_PUBLIC.to_vec()),
        Kind::Rsa(_) => Some(RsaKeyPair::from_pkcs8(RSA).ok()?.public_key().as_ref().to_vec()),
        Kind::Hmac(_) | Kind::Hash(_) | Kind::Jwt(_) | Kind::Token => None,
    }
}

/// The document that holds the public key of a scheme whose key lies in one.
pub(super) fn document(kind: Kind) -> Option<String> {
    match kind {
        Kind::Rsa(_) => Some(RSA_CERTIFICATE.to_owned()),
        Kind::Jwt(_) => {
            let key = RsaKeyPair::from_pkcs8(RSA).ok()?;
            let components: ring::rsa::PublicKeyComponents<Vec<u8>> = key.public_key().into();
            let (n, e) = (URL_SAFE_NO_PAD.encode(components.n), URL_SAFE_NO_PAD.encode(components.e));
            let key = serde_json::json!({ "kty": "RSA", "kid": KEY_ID, "use": "sig", "alg": "RS256", "n": n, "e": e });
            Some(serde_json::json!({ "keys": [key] }).to_string())
        }
        _ => None,
    }
}

fn p256(algorithm: &'static EcdsaSigningAlgorithm, message: &[u8]) -> Option<Vec<u8>> {
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &SECRET, &P256_PUBLIC, &random).ok()?;
    Some(pair.sign(&random, message).ok()?.as_ref().to_vec())
}

fn rsa(encoding: &'static dyn RsaEncoding, message: &[u8]) -> Option<Vec<u8>> {
    let pair = RsaKeyPair::from_pkcs8(RSA).ok()?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message, &mut signature).ok()?;
    Some(signature)
}

fn rsa_encoding(hash: Hash) -> Option<&'static dyn RsaEncoding> {
    match hash {
        Hash::Sha1 => None,
        Hash::Sha256 => Some(&RSA_PKCS1_SHA256),
        Hash::Sha384 => Some(&RSA_PKCS1_SHA384),
        Hash::Sha512 => Some(&RSA_PKCS1_SHA512),
    }
}

fn ed25519() -> Option<Ed25519KeyPair> {
    Ed25519KeyPair::from_seed_unchecked(&SECRET).ok()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::mac;

    #[test]
    fn what_the_test_keys_sign_their_public_keys_verify() {
        for kind in [Kind::Ed25519, Kind::EcdsaP256, Kind::Rsa(&[Hash::Sha1, Hash::Sha256])] {
            let (key, signature) = (public(kind).unwrap(), sign(kind, b"message").unwrap());
            let matches = |key: &[u8], message: &'static [u8], signature: &[u8]| {
                mac::any_matches(kind, key, &[Cow::Borrowed(message)], &[signature.to_vec()])
            };
            assert!(matches(&key, b"message", &signature), "{kind:?}");
            assert!(!matches(&key, b"massage", &signature), "{kind:?}");
            assert!(!matches(&key, b"message", &signature[1..]), "{kind:?}");
            assert!(!matches(&key[1..], b"message", &signature), "{kind:?}: not a key");
        }
    }
}
