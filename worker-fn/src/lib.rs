//! Lambda 2, the worker: SQS -> effect once -> table, or the dead-letter queue with a reason.
//!
//! [`event`] reads the SQS event and writes the partial batch reply, [`batch`] runs its records within the
//! time that is left, [`record`] settles one of them, [`handle`] is where your own code goes. [`ledger`] is
//! the only file that speaks to DynamoDB, [`queue`] the only one that speaks to SQS, [`report`] tells the log.

pub mod batch;
pub mod event;
pub mod handle;
pub mod ledger;
pub mod queue;
pub mod record;
pub mod report;

/// The sources of `sources.toml`, as the build embedded them.
pub const SOURCES: &str = include_str!(concat!(env!("OUT_DIR"), "/sources.json"));
