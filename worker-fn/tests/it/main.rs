//! The worker against real SQS and DynamoDB endpoints.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod batch;
mod claimed;
#[cfg(feature = "contract")]
mod contract;
mod events;
mod hostile;
#[cfg(feature = "jq")]
mod order;
#[cfg(feature = "jq")]
mod programs;
mod transaction;
mod world;
