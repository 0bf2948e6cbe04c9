//! Why a command failed, in a sentence for whoever ran it, and the exit status that says so.

/// A command that failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The command line asks for what there is not. Exit status 2.
    #[error("{0}")]
    Usage(String),
    /// Something that the command needs did not work. Exit status 1.
    #[error("{0}")]
    Failed(String),
    /// The local stack did not start. Exit status 1.
    #[error(transparent)]
    Start(#[from] local::StartError),
}

impl CliError {
    /// A failure in words.
    pub fn failed(message: impl Into<String>) -> Self {
        CliError::Failed(message.into())
    }

    /// The exit status of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            CliError::Usage(_) => 2,
            CliError::Failed(_) | CliError::Start(_) => 1,
        }
    }
}
