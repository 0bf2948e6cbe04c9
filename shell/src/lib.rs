//! What the shells around the rules share: settings, the clock, log lines, the way to AWS, and the way to anywhere else.
//!
//! Nothing here knows what a webhook is. Everything here runs at INIT or costs next to nothing per request.

pub mod aws;
pub mod clock;
#[cfg(feature = "https")]
pub mod https;
pub mod log;
pub mod metrics;
pub mod settings;

pub use settings::{Lookup, Settings};
