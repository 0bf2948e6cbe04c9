//! Why a stack cannot start, each in one sentence that says what would be right.

use std::io;
use std::path::PathBuf;

/// What stopped [`crate::Stack::start`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Another program holds a port.
    #[error(
        "port {port} for the {endpoint} endpoint is taken on 127.0.0.1; stop the program that holds it, \
         or choose another {endpoint} port (0 takes any free one)"
    )]
    PortTaken {
        /// `gateway`, `sqs`, `dynamodb` or `ssm`.
        endpoint: &'static str,
        /// The port that was asked for.
        port: u16,
    },
    /// A listener failed for another reason than a taken port.
    #[error("cannot listen on port {port} of 127.0.0.1 for the {endpoint} endpoint: {source}")]
    Listen {
        /// `gateway`, `sqs`, `dynamodb`, `ssm`, `runtime`, or one of the proxies.
        endpoint: &'static str,
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// Another stack uses the folder.
    #[error(
        "the state folder {} is in use by another stack; stop that one, or choose another folder",
        path.display()
    )]
    StateLocked {
        /// The folder.
        path: PathBuf,
    },
    /// The folder or a file in it cannot be used.
    #[error(
        "cannot use the state at {}: {reason}; make it readable and writable, or move it away to start \
         with empty queues and tables",
        path.display()
    )]
    State {
        /// The folder or file.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// A function has no binary.
    #[error(
        "the function `{function}` has no executable file at {}; build it first, or correct its path",
        path.display()
    )]
    BinaryMissing {
        /// The function.
        function: String,
        /// Where its binary should be.
        path: PathBuf,
    },
    /// A process ended, failed or stayed silent before it asked for its first invocation.
    #[error("the function `{function}` did not start: {reason}")]
    FunctionInit {
        /// The function.
        function: String,
        /// What happened, with the last lines that the function wrote.
        reason: String,
    },
    /// A name that nothing in the configuration has.
    #[error("{user} refers to the {kind} `{name}`, which is not configured; the {kind}s are: {known}")]
    Unknown {
        /// What refers to it, such as ``the route `/hooks/{source}` ``.
        user: String,
        /// `queue` or `function`.
        kind: &'static str,
        /// The name.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// A name that two queues, tables or functions have.
    #[error("two {kind}s are named `{name}`; each needs a name of its own")]
    Duplicate {
        /// `queue`, `table` or `function`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A number that must be at least 1.
    #[error("{what} is 0; it must be at least 1")]
    Zero {
        /// What was 0.
        what: String,
    },
    /// SQS refused a queue of the configuration.
    #[error("cannot create the queue `{name}`: {reason}")]
    Queue {
        /// The queue.
        name: String,
        /// What SQS said.
        reason: String,
    },
    /// DynamoDB refused a table of the configuration.
    #[error("cannot create the table `{name}`: {reason}")]
    Table {
        /// The table.
        name: String,
        /// What DynamoDB said.
        reason: String,
    },
}
