//! The data contract: payloads held against JSON Schemas, and schemas made from payloads.
//!
//! [`read`] makes values of a payload within bounds, [`check`] holds them against a compiled schema and words what it
//! breaks, [`drift`] finds what a payload has beyond its contract and [`told`] remembers what was told of that, [`infer`]
//! makes a first contract from samples. Nothing here does IO, and nothing here ever says a value of a payload: the
//! worker and the command line share it, so that what `tidegate contract check` says is what the worker does.

pub mod check;
pub mod drift;
pub mod infer;
mod kind;
mod known;
mod name;
pub mod read;
pub mod told;

pub use check::{BrokenContract, Contract, Violated};
pub use drift::Drift;
pub use kind::Kind;
