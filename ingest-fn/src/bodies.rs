//! Bodies that no message has room for: each goes into an object first, and then a message says where it lies.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use shell::Settings;
use shell::aws::Patience;
use shell::aws::json::CallError;
use shell::aws::s3::S3;
use webhook::answer::Outcome;
use webhook::envelope::{BYTES_MAX, Large, Packed};

/// How patient a put is, before the door's own budget cuts it off.
const PATIENCE: Patience = Patience {
    connect: Duration::from_millis(500),
    attempt: Duration::from_millis(2_000),
    operation: Duration::from_millis(2_400),
    attempts: 2,
};
/// How many objects of one delivery are under way at once.
const AT_ONCE: usize = 4;

/// The bucket that large bodies go to.
pub struct Bodies {
    s3: S3,
    bucket: String,
}

/// Why a delivery has no messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Neither a message nor a bucket has room for it.
    #[error(
        "a signed event of {0} bytes even compressed, a message takes {BYTES_MAX}, and there is no bucket for larger ones: set TIDEGATE_BUCKET"
    )]
    NoBucket(usize),
    /// S3 did not take it.
    #[error("a body is not stored: S3 {0}")]
    NotStored(#[from] CallError),
}

impl BodyError {
    /// How the request ends.
    pub fn outcome(&self) -> Outcome {
        match self {
            BodyError::NoBucket(_) => Outcome::TooLarge,
            BodyError::NotStored(_) => Outcome::BodyStoreUnavailable,
        }
    }
}

impl Bodies {
    /// A bucket by its name. Nothing is opened before the first large body.
    pub fn new(settings: &Settings<'_>, bucket: String) -> Self {
        Bodies { s3: S3::new(settings, PATIENCE), bucket }
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    async fn put(&self, large: Large) -> Result<String, BodyError> {
        self.s3.put(&self.bucket, &large.key, large.object).await?;
        Ok(large.message)
    }
}

/// Stores what has to be stored, and returns the messages once S3 has all of it. Whoever stops halfway leaves objects
/// that nobody claims: the bucket's lifecycle ends them.
///
/// # Errors
/// [`BodyError`] when there is no bucket, or S3 did not confirm in time that it has each of the objects.
pub async fn store(bodies: Option<&Bodies>, packed: Vec<Packed>, budget: Duration) -> Result<Vec<String>, BodyError> {
    let too_large = |packed: &Packed| match packed {
        Packed::TooLarge(bytes) => Some(*bytes),
        Packed::Large(large) if bodies.is_none() => Some(large.object.len()),
        Packed::Message(_) | Packed::Large(_) => None,
    };
    // Before anything is stored.
    if let Some(bytes) = packed.iter().find_map(too_large) {
        return Err(BodyError::NoBucket(bytes));
    }
    let store = |packed: Packed| async move {
        match (packed, bodies) {
            (Packed::Message(message), _) => Ok(message),
            (Packed::Large(large), Some(bodies)) => bodies.put(large).await,
            (Packed::Large(Large { object, .. }), None) => Err(BodyError::NoBucket(object.len())),
            (Packed::TooLarge(bytes), _) => Err(BodyError::NoBucket(bytes)),
        }
    };
    let stored = stream::iter(packed).map(store).buffered(AT_ONCE).try_collect();
    tokio::time::timeout(budget, stored).await.unwrap_or(Err(CallError::Timeout.into()))
}
