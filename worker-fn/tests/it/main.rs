//! The worker against real SQS and DynamoDB endpoints.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod batch;
mod claimed;
#[cfg(feature = "contract")]
mod contract;
#[cfg(feature = "https")]
mod endpoints;
#[cfg(feature = "eventbridge")]
mod eventbridge;
mod events;
mod hostile;
#[cfg(feature = "https")]
mod several;
mod transaction;
mod world;
