//! Why a program has no answer, in words that hold no value of the payload.

use crate::{ANSWER_BYTES_MAX, LEVELS_MAX, MEMORY_BYTES_MAX, PAYLOAD_BYTES_MAX};

/// How much processor time one call may take, in milliseconds.
pub(crate) const PROCESSOR_MS_MAX: u64 = 500;

const MIB: u64 = 1024 * 1024;

/// Why a program has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// It is no program. The payload is not to blame, and only another build can mend it.
    #[error("not a jq program: {0}")]
    Unsound(String),
    /// No answer could be had, and another time it may: the processor was busy, or no process could be started.
    #[error("{0}")]
    NotNow(String),
    /// It ended without an answer.
    #[error("no output, expected one")]
    Nothing,
    /// It answered more than once.
    #[error("more than one output, expected one: [ ] around the program makes a list of them")]
    Many,
    /// It failed, with an error that it did not catch.
    #[error("{0}")]
    Error(String),
    /// The payload is JSON and still not what a program can look at.
    #[error(
        "no program can look at the payload, expected whole characters: a \\u escape is half of one, from byte {0} on"
    )]
    Unreadable(usize),
    /// The payload is too deep.
    #[error("the payload has more than {LEVELS_MAX} levels")]
    PayloadTooDeep,
    /// The payload is too long.
    #[error("the payload has more than {} MiB", PAYLOAD_BYTES_MAX as u64 / MIB)]
    PayloadTooLong,
    /// The answer is too deep.
    #[error("answered with more than {LEVELS_MAX} levels")]
    AnswerTooDeep,
    /// The answer is too long.
    #[error("answered more than {} MiB", ANSWER_BYTES_MAX as u64 / MIB)]
    AnswerTooLong,
    /// The answer is no JSON.
    #[error("answered what is not JSON: nan, infinite, bytes, or an object whose keys are not strings")]
    NotJson,
    /// It took too long.
    #[error("took more than {PROCESSOR_MS_MAX} ms of processor time")]
    TooSlow,
    /// It needed too much memory.
    #[error("needed more than {} MiB of memory", MEMORY_BYTES_MAX / MIB)]
    TooMuchMemory,
    /// It called itself too often.
    #[error("called itself too deep: only a call that is the last thing a function does may go on for ever")]
    TooManyCalls,
    /// It ended its process in another way, twice.
    #[error("its process died of it")]
    Died,
}
