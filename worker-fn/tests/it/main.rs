//! The worker against real SQS and DynamoDB endpoints.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod batch;
mod bodies;
mod claimed;
#[cfg(feature = "contract")]
mod contract;
#[cfg(feature = "https")]
mod endpoints;
#[cfg(feature = "eventbridge")]
mod eventbridge;
mod events;
mod fifo;
mod hostile;
mod keep;
#[cfg(feature = "jq")]
mod order;
#[cfg(feature = "jq")]
mod programs;
#[cfg(feature = "https")]
mod several;
mod transaction;
#[cfg(all(feature = "contract", feature = "jq"))]
mod unruly;
mod world;
