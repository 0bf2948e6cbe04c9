//! An invocation on its way to a process, and what may become of it.

use bytes::Bytes;
use std::time::Duration;
use tokio::sync::oneshot;

/// The most bytes of an event. The Lambda guide, page "Lambda quotas": 6 MB for synchronous invocations.
pub(crate) const EVENT_BYTES_MAX: usize = 6 * 1024 * 1024;
/// The most bytes of a response: the number that Lambda names in its own refusal.
pub(crate) const RESPONSE_BYTES_MAX: usize = 6_291_556;

/// An event that waits for a process.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) request_id: String,
    pub(crate) payload: Bytes,
    pub(crate) reply: oneshot::Sender<Result<Bytes, InvokeError>>,
}

/// What a function says of its own failure.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionError {
    /// Such as `Runtime.InitError`, or the name of a Rust type.
    #[serde(default)]
    pub(crate) error_type: String,
    #[serde(default)]
    pub(crate) error_message: String,
}

/// Why an invocation has no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvokeError {
    #[error("the event has {bytes} bytes, Lambda takes at most {EVENT_BYTES_MAX}")]
    EventTooLarge { bytes: usize },
    #[error("the response is larger than the {RESPONSE_BYTES_MAX} bytes that Lambda takes")]
    ResponseTooLarge,
    #[error("the handler failed with {}: {}", .0.error_type, .0.error_message)]
    Handler(FunctionError),
    #[error("the handler took longer than the function's timeout of {0:?}")]
    TimedOut(Duration),
    #[error("the process ended during the invocation ({0})")]
    Exited(String),
    #[error("too many invocations wait for the function already")]
    Throttled,
    #[error("the stack is stopping")]
    Stopping,
}
