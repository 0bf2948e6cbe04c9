//! The command and the whole stack, through real binaries and endpoints.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod actions;
mod bodies;
mod command;
mod contract;
mod cost;
mod crashes;
mod dead;
mod end_to_end;
mod explain;
mod fifo;
mod harness;
mod letters;
mod map;
mod metrics;
mod redacted;
mod redrive;
mod replay;
mod rotation;
mod samples;
mod storm;
mod tidy;
