//! Why a request is not let in.

use crate::field::Field;
use crate::public_key::CertificateError;
use crate::scheme::{Scheme, Unit};
use crate::secret::Secrets;

/// Why a request is not let in. For the log of the receiver; the sender is told nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Something that a signed request of this scheme always carries is not there.
    #[error("{0} is absent, a signed request carries it")]
    Missing(String),
    /// No signature matches any of the secrets.
    #[error("none of {signatures} signatures in {field} matches any of {secrets} secrets")]
    Mismatch {
        /// Where the signatures lay.
        field: String,
        /// How many of them were of this scheme and readable.
        signatures: usize,
        /// How many secrets were tried.
        secrets: usize,
    },
    /// The body is not the one whose hash was signed.
    #[error("the body's hash differs from the one in {field}")]
    BodyHash {
        /// Where the hash lay.
        field: String,
    },
    /// A token is truly signed, and says something else than it must.
    #[error("the token is signed, its claim {0} is not what it must be")]
    Claim(&'static str),
    /// The request says a version of signatures that is not taken.
    #[error("{field} names no version of signatures that is taken here")]
    Version {
        /// Where it says so.
        field: String,
    },
    /// A part of what is signed holds what stands between the parts, and may be a piece of another.
    #[error("{part} holds {separator:?}, which stands between the parts that are signed: it may be a piece of another")]
    Separator {
        /// The part.
        part: String,
        /// What it holds.
        separator: char,
    },
    /// The provider signs for somebody else, too, and this is none of ours.
    #[error("{field} is none of the secrets")]
    Foreign {
        /// What should have been one.
        field: String,
    },
    /// The request names a URL that nothing is fetched from.
    #[error("{field} names a place that nothing is fetched from")]
    ForeignPlace {
        /// Where the URL stood.
        field: String,
    },
    /// The certificate that the request names is of no use.
    #[error("the certificate at {url} {error}")]
    Certificate {
        /// Its URL.
        url: String,
        /// What is wrong with it.
        error: CertificateError,
    },
    /// The public key lies in a document that is not at hand. Whoever can fetch it tries again with it.
    #[error("the public key at {url} is not at hand")]
    KeyWanted {
        /// Where it lies.
        url: String,
    },
    /// The token is for us by all that it says, and names a key that the document does not have. Whoever can fetch it anew
    /// tries again with it: providers change their keys.
    #[error("the token names a key that is not in the document at {url}")]
    KeyUnknown {
        /// Where the document lies.
        url: String,
    },
    /// The timestamp cannot be read.
    #[error("the timestamp is not written as {unit:?}")]
    TimestampUnreadable {
        /// What was expected.
        unit: Unit,
    },
    /// The signature is right, but it was made too long ago or lies in the future; or it would have been made then, and
    /// its key was not fetched for that.
    #[error(
        "signed {} s {}, the tolerance is {tolerance_s} s either way",
        skew_s.unsigned_abs(),
        if *skew_s < 0 { "in the future" } else { "ago" }
    )]
    Stale {
        /// Now less the time of signing, in seconds; negative when that lies in the future.
        skew_s: i64,
        /// What would have been accepted, in seconds.
        tolerance_s: u32,
    },
}

impl Rejection {
    pub(crate) fn mismatch(scheme: &Scheme, signatures: usize, secrets: &Secrets) -> Self {
        Rejection::Mismatch { field: any_of(scheme.signature.fields), signatures, secrets: secrets.count() }
    }
}

/// Fields in words; of many, the first and the last.
pub(crate) fn any_of(fields: &[Field]) -> String {
    match fields {
        [] => "a signature".to_owned(),
        [one] => one.to_string(),
        [first, .., last] => format!("{first} or {last}"),
    }
}
