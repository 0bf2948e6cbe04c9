//! The cryptography itself, by RustCrypto and ring; which of it is the only thing decided here.

use std::borrow::Cow;

use hmac::{Hmac, KeyInit, Mac};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq as _;

use crate::scheme::{Hash, Kind};

/// Whether any of the signatures is one that this key makes or, for public keys, has made. Secrets are compared in
/// constant time.
pub(crate) fn any_matches(kind: Kind, key: &[u8], pieces: &[Cow<'_, [u8]>], signatures: &[Vec<u8>]) -> bool {
    match kind {
        Kind::Hmac(Hash::Sha1) => any_mac::<Hmac<Sha1>>(key, pieces, signatures),
        Kind::Hmac(Hash::Sha256) => any_mac::<Hmac<Sha256>>(key, pieces, signatures),
        Kind::Hmac(Hash::Sha384) => any_mac::<Hmac<Sha384>>(key, pieces, signatures),
        Kind::Hmac(Hash::Sha512) => any_mac::<Hmac<Sha512>>(key, pieces, signatures),
        Kind::Hash(hash) => any_equal(&digest(hash, pieces), signatures),
        Kind::Ed25519 => any_signed(&ED25519, key, pieces, signatures),
        Kind::EcdsaP256 => any_signed(&ECDSA_P256_SHA256_ASN1, key, pieces, signatures),
        Kind::Rsa(hashes) => hashes.iter().any(|hash| any_signed(rsa(*hash), key, pieces, signatures)),
        // A token says itself what it signs.
        Kind::Jwt(_) => false,
        Kind::Token => signatures.iter().any(|token| is_secret(token, key)),
    }
}

/// Whether this is the secret. Of equal length by hashing, so that not even the length of the secret shows.
pub(crate) fn is_secret(text: &[u8], secret: &[u8]) -> bool {
    Sha256::digest(text)[..].ct_eq(&Sha256::digest(secret)[..]).into()
}

/// The signature that a secret makes; none for kinds that are signed with a private key.
pub(crate) fn tag(kind: Kind, key: &[u8], pieces: &[Cow<'_, [u8]>]) -> Option<Vec<u8>> {
    Some(match kind {
        Kind::Hmac(Hash::Sha1) => absorb::<Hmac<Sha1>>(key, pieces).finalize().into_bytes().to_vec(),
        Kind::Hmac(Hash::Sha256) => absorb::<Hmac<Sha256>>(key, pieces).finalize().into_bytes().to_vec(),
        Kind::Hmac(Hash::Sha384) => absorb::<Hmac<Sha384>>(key, pieces).finalize().into_bytes().to_vec(),
        Kind::Hmac(Hash::Sha512) => absorb::<Hmac<Sha512>>(key, pieces).finalize().into_bytes().to_vec(),
        Kind::Hash(hash) => digest(hash, pieces),
        Kind::Token => key.to_vec(),
        Kind::Ed25519 | Kind::EcdsaP256 | Kind::Rsa(_) | Kind::Jwt(_) => return None,
    })
}

fn any_mac<M: Mac + KeyInit + Clone>(key: &[u8], pieces: &[Cow<'_, [u8]>], signatures: &[Vec<u8>]) -> bool {
    let mac: M = absorb(key, pieces);
    signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
}

fn any_equal(expected: &[u8], signatures: &[Vec<u8>]) -> bool {
    signatures.iter().any(|signature| signature.ct_eq(expected).into())
}

fn any_signed(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    pieces: &[Cow<'_, [u8]>],
    signatures: &[Vec<u8>],
) -> bool {
    let (key, message) = (UnparsedPublicKey::new(algorithm, key), pieces.concat());
    signatures.iter().any(|signature| key.verify(&message, signature).is_ok())
}

fn absorb<M: Mac + KeyInit>(key: &[u8], pieces: &[Cow<'_, [u8]>]) -> M {
    // OK because an HMAC takes keys of any length.
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("an HMAC takes keys of any length");
    pieces.iter().for_each(|piece| mac.update(piece));
    mac
}

fn digest(hash: Hash, pieces: &[Cow<'_, [u8]>]) -> Vec<u8> {
    fn of<D: Digest>(pieces: &[Cow<'_, [u8]>]) -> Vec<u8> {
        pieces.iter().fold(D::new(), |hash, piece| hash.chain_update(piece)).finalize().to_vec()
    }
    match hash {
        Hash::Sha1 => of::<Sha1>(pieces),
        Hash::Sha256 => of::<Sha256>(pieces),
        Hash::Sha384 => of::<Sha384>(pieces),
        Hash::Sha512 => of::<Sha512>(pieces),
    }
}

/// RSA with keys of 2,048 bits and more.
fn rsa(hash: Hash) -> &'static dyn VerificationAlgorithm {
    match hash {
        Hash::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        Hash::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
    }
}
