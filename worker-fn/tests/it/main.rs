//! The worker against real SQS and DynamoDB endpoints.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod batch;
mod bodies;
mod claimed;
#[cfg(feature = "contract")]
mod contract;
mod events;
mod hostile;
mod keep;
mod transaction;
mod world;
