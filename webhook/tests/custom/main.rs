//! Sources that describe their provider themselves: what can be said, and what is told of what cannot.

#![cfg(feature = "toml")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod mistakes;
mod rows;
