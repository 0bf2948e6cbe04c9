//! The command and the whole stack, through real binaries and endpoints.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod command;
mod crashes;
mod dead;
mod end_to_end;
mod harness;
mod letters;
mod map;
mod redrive;
mod rotation;
mod samples;
mod storm;
mod tidy;
