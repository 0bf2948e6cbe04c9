//! What the shells around the rules share: settings, the clock, log lines, and the way to AWS.
//!
//! Nothing here knows what a webhook is. Everything here runs at INIT or costs next to nothing per request.

pub mod aws;
pub mod clock;
pub mod log;
pub mod settings;

pub use settings::{Lookup, Settings};
