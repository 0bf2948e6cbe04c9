//! What the internet is told: one status per outcome, and never a reason.

use crate::verify::Rejection;

/// A reply that a provider row fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The content type, where there is a body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: &'static str,
    /// What a provider wants to find beside it, names in lower case.
    pub headers: &'static [(&'static str, &'static str)],
}

/// What most providers want: 200 and nothing else.
pub const EMPTY_200: Reply = Reply { status: 200, content_type: None, body: "", headers: &[] };

/// How a request at the door ended. Its name is what logs and metrics say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Verified and durable in the queue.
    Accepted,
    /// A provider's question whether we are there, answered.
    Handshake,
    /// No such source is configured.
    UnknownSource,
    /// Not a POST.
    Method,
    /// A signed request would carry something that is not there.
    SignatureMissing,
    /// Signed, but not with a live secret over these bytes.
    SignatureInvalid,
    /// Signed, but too long ago or in the future.
    TimestampStale,
    /// Signed, and more than its source is let in with.
    RateLimited,
    /// The transport's encoding of the request cannot be read.
    Malformed,
    /// Larger than a message may be.
    TooLarge,
    /// No usable secret for this source, or a public key that cannot be fetched.
    SecretUnavailable,
    /// The queue did not take the event in time.
    QueueUnavailable,
    /// The bucket did not take a body in time for which a message has no room.
    BodyStoreUnavailable,
    /// The URL that confirms a subscription did not answer as it should.
    NotConfirmed,
}

impl Outcome {
    /// The outcome that a rejection is counted as.
    pub fn of(rejection: &Rejection) -> Self {
        match rejection {
            Rejection::Missing(_) => Outcome::SignatureMissing,
            Rejection::Stale { .. } => Outcome::TimestampStale,
            // A certificate that is of no use is its server's fault, or our clock's: the provider comes again.
            Rejection::KeyWanted { .. } | Rejection::Certificate { .. } => Outcome::SecretUnavailable,
            Rejection::Mismatch { .. }
            | Rejection::BodyHash { .. }
            | Rejection::Claim(_)
            | Rejection::KeyUnknown { .. }
            | Rejection::Version { .. }
            | Rejection::Separator { .. }
            | Rejection::Foreign { .. }
            | Rejection::ForeignPlace { .. }
            | Rejection::TimestampUnreadable { .. } => Outcome::SignatureInvalid,
        }
    }

    /// The name in logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Accepted => "accepted",
            Outcome::Handshake => "handshake",
            Outcome::UnknownSource => "unknown_source",
            Outcome::Method => "method",
            Outcome::SignatureMissing => "signature_missing",
            Outcome::SignatureInvalid => "signature_invalid",
            Outcome::TimestampStale => "timestamp_stale",
            Outcome::RateLimited => "rate_limited",
            Outcome::Malformed => "malformed",
            Outcome::TooLarge => "too_large",
            Outcome::SecretUnavailable => "secret_unavailable",
            Outcome::QueueUnavailable => "queue_unavailable",
            Outcome::BodyStoreUnavailable => "body_store_unavailable",
            Outcome::NotConfirmed => "not_confirmed",
        }
    }

    /// The HTTP status that the sender gets.
    pub fn status(self) -> u16 {
        match self {
            Outcome::Accepted | Outcome::Handshake => 200,
            Outcome::Malformed => 400,
            Outcome::SignatureMissing => 401,
            Outcome::SignatureInvalid | Outcome::TimestampStale => 403,
            Outcome::UnknownSource => 404,
            Outcome::Method => 405,
            Outcome::TooLarge => 413,
            Outcome::RateLimited => 429,
            Outcome::SecretUnavailable
            | Outcome::QueueUnavailable
            | Outcome::BodyStoreUnavailable
            | Outcome::NotConfirmed => 503,
        }
    }
}
