//! The HMAC itself, by RustCrypto; the choice of hash is the only thing decided here.

use std::borrow::Cow;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::scheme::Hash;

/// Whether any of the signatures is the one that this key makes. Compared in constant time by `verify_slice`.
pub(crate) fn any_matches(hash: Hash, key: &[u8], pieces: &[Cow<'_, [u8]>], signatures: &[Vec<u8>]) -> bool {
    fn with<M: Mac + KeyInit + Clone>(key: &[u8], pieces: &[Cow<'_, [u8]>], signatures: &[Vec<u8>]) -> bool {
        let mac: M = absorb(key, pieces);
        signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    }
    match hash {
        Hash::Sha1 => with::<Hmac<Sha1>>(key, pieces, signatures),
        Hash::Sha256 => with::<Hmac<Sha256>>(key, pieces, signatures),
        Hash::Sha512 => with::<Hmac<Sha512>>(key, pieces, signatures),
    }
}

/// The tag that this key makes.
pub(crate) fn tag(hash: Hash, key: &[u8], pieces: &[Cow<'_, [u8]>]) -> Vec<u8> {
    match hash {
        Hash::Sha1 => absorb::<Hmac<Sha1>>(key, pieces).finalize().into_bytes().to_vec(),
        Hash::Sha256 => absorb::<Hmac<Sha256>>(key, pieces).finalize().into_bytes().to_vec(),
        Hash::Sha512 => absorb::<Hmac<Sha512>>(key, pieces).finalize().into_bytes().to_vec(),
    }
}

fn absorb<M: Mac + KeyInit>(key: &[u8], pieces: &[Cow<'_, [u8]>]) -> M {
    // OK because an HMAC takes keys of any length.
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("an HMAC takes keys of any length");
    pieces.iter().for_each(|piece| mac.update(piece));
    mac
}
