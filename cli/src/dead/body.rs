//! The body of a letter, which may lie in an object beside it.

use shell::aws::s3::S3;
use webhook::envelope::{BODY_BYTES_MAX, Envelope};

use super::letter::Letter;

/// The body that the provider sent: out of the envelope, or out of the object that it claims.
///
/// # Errors
/// Why it cannot be had, in words.
pub async fn fetch(bodies: &S3, envelope: &Envelope<'_>) -> Result<Vec<u8>, String> {
    let Some(claim) = &envelope.claim else {
        return envelope.raw_body().map(|body| body.into_owned()).map_err(|error| error.to_string());
    };
    let object = object(bodies, envelope).await?;
    let body = envelope.claimed_body(object).map(|body| body.into_owned());
    body.map_err(|_| format!("its body s3://{}/{} is another one", claim.bucket, claim.key))
}

/// Writes the object that a letter claims once more, so that it lives as long as that of a new event.
///
/// # Errors
/// Why that failed, in words. An event whose body is gone would only die again.
pub async fn refresh(bodies: &S3, letter: &Letter) -> Result<(), String> {
    let Some(envelope) = letter.envelope() else { return Ok(()) };
    let Some(claim) = &envelope.claim else { return Ok(()) };
    let object = object(bodies, &envelope).await?;
    let named = |why: &dyn std::fmt::Display| format!("its body s3://{}/{} {why}", claim.bucket, claim.key);
    if envelope.claimed_body(object.clone()).is_err() {
        return Err(named(&"is another one"));
    }
    let put = bodies.put(&claim.bucket, &claim.key, object).await;
    put.map_err(|error| named(&format_args!("cannot be written again, S3 {error}")))
}

async fn object(bodies: &S3, envelope: &Envelope<'_>) -> Result<Vec<u8>, String> {
    let Some(claim) = &envelope.claim else { return Err("its body lies in its message".to_owned()) };
    let object = bodies.get(&claim.bucket, &claim.key, BODY_BYTES_MAX).await;
    object.map_err(|error| format!("its body s3://{}/{} {error}", claim.bucket, claim.key))
}
