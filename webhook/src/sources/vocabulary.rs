//! The words of `sources.toml` for the vocabulary of [`crate::scheme`].

use crate::scheme::{Encoding, Hash, Kind, Unit};

/// What a signature is; JSON Web Tokens have no words yet. `basic` is another word for a token behind `Basic `, as the parser reads it.
#[cfg(feature = "toml")]
pub(super) const KINDS: [&str; 7] = ["hmac", "hash", "ed25519", "ecdsa-p256", "rsa", "token", "basic"];

/// The hash functions.
pub(super) const HASHES: [(&str, Hash); 4] =
    [("sha1", Hash::Sha1), ("sha256", Hash::Sha256), ("sha384", Hash::Sha384), ("sha512", Hash::Sha512)];

/// How bytes are written.
pub(super) const ENCODINGS: [(&str, Encoding); 8] = [
    ("utf8", Encoding::Utf8),
    ("ascii", Encoding::Ascii),
    ("hex", Encoding::Hex),
    ("base64", Encoding::Base64),
    ("base64url", Encoding::Base64Url),
    ("spki-p256", Encoding::SpkiP256),
    ("spki-rsa", Encoding::SpkiRsa),
    ("jwk-p256", Encoding::JwkP256),
];

/// How a time is written.
pub(super) const UNITS: [(&str, Unit); 5] = [
    ("s", Unit::Seconds),
    ("ms", Unit::Milliseconds),
    ("s-or-ms", Unit::SecondsOrMilliseconds),
    ("rfc3339", Unit::Rfc3339),
    ("http-date", Unit::HttpDate),
];

/// The words for a kind of signature: its own, and those of its hashes where they can be chosen. `None` for a kind
/// that has no words.
pub(super) fn words(kind: Kind) -> Option<(&'static str, Vec<&'static str>)> {
    let of = |hashes: &[Hash]| hashes.iter().map(|hash| word(&HASHES, *hash)).collect::<Option<Vec<_>>>();
    Some(match kind {
        Kind::Hmac(hash) => ("hmac", of(&[hash])?),
        Kind::Hash(hash) => ("hash", of(&[hash])?),
        Kind::Ed25519 => ("ed25519", Vec::new()),
        Kind::EcdsaP256 => ("ecdsa-p256", Vec::new()),
        Kind::Rsa(hashes) => ("rsa", of(hashes)?),
        Kind::Token => ("token", Vec::new()),
        Kind::Jwt(_) => return None,
    })
}

/// The kind of signature that these words say.
pub(super) fn kind(word: &str, hashes: &[String]) -> Option<Kind> {
    let hashes: Vec<Hash> = hashes.iter().map(|hash| value(&HASHES, hash)).collect::<Option<_>>()?;
    match (word, &hashes[..]) {
        ("hmac", [hash]) => Some(Kind::Hmac(*hash)),
        ("hash", [hash]) => Some(Kind::Hash(*hash)),
        ("ed25519", []) => Some(Kind::Ed25519),
        ("ecdsa-p256", []) => Some(Kind::EcdsaP256),
        ("rsa", [_, ..]) => Some(Kind::Rsa(hashes.leak())),
        ("token", []) => Some(Kind::Token),
        _ => None,
    }
}

/// The word for a value.
pub(super) fn word<T: PartialEq>(words: &[(&'static str, T)], value: T) -> Option<&'static str> {
    words.iter().find(|(_, meant)| *meant == value).map(|(word, _)| *word)
}

/// The value that a word says.
pub(super) fn value<T: Copy>(words: &[(&str, T)], word: &str) -> Option<T> {
    words.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
}
