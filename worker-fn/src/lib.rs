//! Lambda 2, the worker: SQS -> effect once -> table, or the dead-letter queue with a reason.
//!
//! [`event`] reads the SQS event and writes the partial batch reply, [`batch`] runs its records within the
//! time that is left, [`record`] settles one of them. To act on an event, its payload runs through jq programs
//! (`programs`) and is held against a JSON Schema (`contract`, by the crate of that name), and [`handle`] is where your
//! own code goes. [`ledger`] is the only module that speaks to DynamoDB, [`queue`] the only one that speaks to SQS,
//! [`outside`] the only one that speaks to anybody else, endpoints and event buses, [`report`] tells the log. [`lambda`] wires them.

mod act;
pub mod batch;
pub mod bodies;
#[cfg(feature = "contract")]
pub mod contract;
pub mod event;
pub mod handle;
mod keep;
pub mod lambda;
pub mod ledger;
pub mod limits;
pub mod outside;
mod prepare;
#[cfg(feature = "jq")]
pub mod programs;
pub mod queue;
pub mod record;
pub mod report;

/// The sources of `sources.toml`, as the build embedded them.
pub const SOURCES: &str = include_str!(concat!(env!("OUT_DIR"), "/sources.json"));

/// The contracts that `sources.toml` names, as the build embedded them: path and text.
pub const CONTRACTS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/contracts.rs"));

/// The jq programs that are files, as the build embedded them: path and text.
pub const PROGRAM_FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/programs.rs"));

/// Whether a source has a jq program.
pub const HAS_PROGRAMS: bool = include!(concat!(env!("OUT_DIR"), "/has_programs.rs"));

#[cfg(not(feature = "jq"))]
const _: () = assert!(
    !HAS_PROGRAMS,
    "sources.toml has a jq program, but worker-fn is built without its feature `jq`: turn it on, or take the program out"
);

#[cfg(not(feature = "contract"))]
const _: () = assert!(
    CONTRACTS.is_empty(),
    "sources.toml names a contract, but worker-fn is built without its feature `contract`: turn it on, or take the key out"
);
