//! `tidegate contract`: make a first contract from payloads, and hold payloads against the contracts of a source.
//!
//! [`payloads`] reads them one by one from files, folders and standard input; [`infer`] and [`check`] are what is done
//! with them, and [`by_type`] parts them by the type that they name.

use std::process::ExitCode;

use crate::CliError;

pub mod by_type;
pub mod check;
pub mod infer;
pub mod payloads;

/// Make a first contract from payloads, and say what contracts would make of others
///
/// Nothing is sent, and no value of a payload is printed or written into a contract.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Infer(infer::Options),
    Check(check::Options),
}

/// Runs one of the two.
///
/// # Errors
/// When the command line asks for what there is not, or a file cannot be read or written.
pub fn run(options: &Options) -> Result<ExitCode, CliError> {
    match &options.command {
        Command::Infer(options) => infer::run(options),
        Command::Check(options) => check::run(options),
    }
}
