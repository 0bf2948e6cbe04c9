//! The door against a real SQS endpoint.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod door;
mod events;
mod hostile;
mod world;
