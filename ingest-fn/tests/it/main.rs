//! The door against real SQS and SSM endpoints.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod answering;
mod batches;
mod bodies;
mod documents;
mod door;
mod events;
mod hostile;
mod kept;
mod keys;
mod limits;
mod rotation;
mod store;
mod world;
