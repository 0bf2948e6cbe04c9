//! The words of `sources.toml` for the vocabulary of [`crate::scheme`].

use crate::scheme::{Encoding, Hash, Kind, Unit};

/// What a signature is. `basic` is another word for a token behind `Basic `, as the parser reads it.
#[cfg(feature = "toml")]
pub(super) const KINDS: [&str; 6] = ["hmac", "hash", "ed25519", "ecdsa-p256", "token", "basic"];

/// The hash functions.
pub(super) const HASHES: [(&str, Hash); 3] = [("sha1", Hash::Sha1), ("sha256", Hash::Sha256), ("sha512", Hash::Sha512)];

/// How bytes are written.
pub(super) const ENCODINGS: [(&str, Encoding); 5] = [
    ("utf8", Encoding::Utf8),
    ("hex", Encoding::Hex),
    ("base64", Encoding::Base64),
    ("base64url", Encoding::Base64Url),
    ("spki-p256", Encoding::SpkiP256),
];

/// How a time is written.
pub(super) const UNITS: [(&str, Unit); 4] = [
    ("s", Unit::Seconds),
    ("ms", Unit::Milliseconds),
    ("s-or-ms", Unit::SecondsOrMilliseconds),
    ("rfc3339", Unit::Rfc3339),
];

/// The words for a kind of signature: its own, and its hash's where that can be chosen.
pub(super) fn words(kind: Kind) -> (&'static str, Option<&'static str>) {
    match kind {
        Kind::Hmac(hash) => ("hmac", word(&HASHES, hash)),
        Kind::Hash(hash) => ("hash", word(&HASHES, hash)),
        Kind::Ed25519 => ("ed25519", None),
        Kind::EcdsaP256 => ("ecdsa-p256", None),
        Kind::Token => ("token", None),
    }
}

/// The kind of signature that these words say.
pub(super) fn kind(word: &str, hash: Option<&str>) -> Option<Kind> {
    let hash = || value(&HASHES, hash?);
    match word {
        "hmac" => Some(Kind::Hmac(hash()?)),
        "hash" => Some(Kind::Hash(hash()?)),
        "ed25519" => Some(Kind::Ed25519),
        "ecdsa-p256" => Some(Kind::EcdsaP256),
        "token" => Some(Kind::Token),
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
