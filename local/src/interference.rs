//! Bad weather between the functions and AWS: calls that are lost, refused, late or never answered.
//!
//! A stack with an [`Interference`] puts a proxy before SQS and one before DynamoDB, and the functions are told
//! the proxies' addresses. Whoever starts the stack reaches the services past them.

mod proxy;
mod refusal;

pub(crate) use proxy::interfere;

use bytes::Bytes;
use std::time::Duration;

/// The services that the functions call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Amazon SQS.
    Sqs,
    /// Amazon DynamoDB.
    DynamoDb,
}

/// A call of a function to SQS or DynamoDB, on its way through. Each attempt of an SDK is one.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who is called.
    pub service: Service,
    /// `PutItem`, `SendMessage`, ...: the end of `X-Amz-Target`, or empty for a request that has none.
    pub operation: String,
    /// The JSON that the operation takes.
    pub body: Bytes,
}

/// How a call fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFate {
    /// As it would without interference.
    Pass,
    /// It never reaches the service; the connection closes.
    Drop,
    /// It never reaches the service and is answered with this status and error code.
    Refuse {
        /// The HTTP status, such as 400 or 503; one that HTTP does not have becomes 500.
        status: u16,
        /// The code by which an SDK knows the error, such as `ThrottlingException`.
        code: &'static str,
    },
    /// It reaches the service after a while, also when the function has given up or was killed by then.
    /// A stack that stops lets it through at once.
    DelayCall(Duration),
    /// It takes effect and its answer comes after a while.
    DelayAnswer(Duration),
    /// It takes effect and the connection closes without an answer.
    LoseAnswer,
}

/// Decides how the functions' calls fare, and sees what became of them. It is asked by many connections at once.
pub trait Interference: Send + Sync {
    /// How this call fares; asked once per call, when it has arrived whole and before it goes on.
    fn fate(&self, call: &Call) -> CallFate;

    /// What the service itself answered, also when the function never sees it, and always before it does.
    /// Calls that never reach the service have no answer, and neither has one whose service has stopped.
    fn answered(&self, _call: &Call, _status: u16, _body: &[u8]) {}
}
