//! jq programs, run on payloads that anybody may have sent, by a process that may die of them.
//!
//! A jq program can loop, recurse and eat memory, and the library that runs it ([jaq](https://github.com/01mf02/jaq))
//! has no limits of its own. So programs run in a process beside, the same executable started once more: [`child`] is
//! that process, [`Jq`] is who starts it at first need, asks it, and ends it when it overruns. `engine` is what it
//! runs, [`failed`] why there is no answer, `depth` and `words` keep levels bounded and values out of errors, and
//! `wire` is what the two say to each other.

pub mod child;
mod depth;
mod engine;
pub mod failed;
mod host;
mod process;
mod wire;
mod words;

pub use failed::Failed;
pub use host::Jq;

/// The argument with which an executable is to call [`child::serve`] and do nothing else.
pub const ARGUMENT: &str = "jq-programs";
/// The longest program, in bytes.
pub const PROGRAM_BYTES_MAX: usize = 64 * 1024;
/// The longest answer, in bytes.
pub const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The longest payload, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How many lists and objects may lie inside of each other, in a payload and in an answer.
pub const LEVELS_MAX: usize = 512;
/// The memory of the process, in bytes.
pub const MEMORY_BYTES_MAX: u64 = 128 * 1024 * 1024;
