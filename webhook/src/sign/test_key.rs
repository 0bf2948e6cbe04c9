//! The private keys that stand for those of providers who sign with one. Everybody knows them.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};

use crate::scheme::Kind;

/// The seed of the Ed25519 key, and the private scalar of the P-256 key.
const SECRET: [u8; 32] = *b"tidegate-test-secret, not secret";
/// The public point of the P-256 key.
const P256_PUBLIC: [u8; 65] = [
    0x04, 0xf2, 0x9e, 0xc3, 0x09, 0x5d, 0x5f, 0x00, 0xf5, 0x71, 0xdc, 0xdd, 0xa4, 0x0b, 0xd1, 0x34, 0xcb, 0x1d, 0x96,
    0xb6, 0x5f, 0xd6, 0xd8, 0x68, 0xd9, 0x42, 0xb3, 0x6e, 0xb9, 0xcf, 0x3e, 0xc1, 0xb9, 0xbe, 0x1a, 0x01, 0xa6, 0xae,
    0x02, 0xa1, 0x12, 0xf0, 0x09, 0x87, 0x17, 0xdd, 0x94, 0x2d, 0xb4, 0x07, 0xde, 0x3d, 0x76, 0xa8, 0x2a, 0x08, 0x15,
    0xea, 0x1e, 0x38, 0x3e, 0x02, 0x7e, 0xb0, 0x0b,
];

/// Signs with the test key of a kind that has one.
pub(super) fn sign(kind: Kind, message: &[u8]) -> Option<Vec<u8>> {
    match kind {
        Kind::Ed25519 => Some(ed25519()?.sign(message).as_ref().to_vec()),
        Kind::EcdsaP256 => {
            let random = SystemRandom::new();
            let (algorithm, public) = (&ECDSA_P256_SHA256_ASN1_SIGNING, &P256_PUBLIC);
            let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &SECRET, public, &random).ok()?;
            Some(pair.sign(&random, message).ok()?.as_ref().to_vec())
        }
        Kind::Hmac(_) | Kind::Hash(_) | Kind::Token => None,
    }
}

/// The public key of a kind that has one.
pub(super) fn public(kind: Kind) -> Option<Vec<u8>> {
    match kind {
        Kind::Ed25519 => Some(ed25519()?.public_key().as_ref().to_vec()),
        Kind::EcdsaP256 => Some(P256_PUBLIC.to_vec()),
        Kind::Hmac(_) | Kind::Hash(_) | Kind::Token => None,
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
        for kind in [Kind::Ed25519, Kind::EcdsaP256] {
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
