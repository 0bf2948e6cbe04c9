//! `tidegate dead`: look at the letters of the dead-letter queue, and send chosen ones back to the queue.
//!
//! [`place`] says which queues, [`selection`] which letters. A [`pass`] goes over the queue and sees each [`letter`]
//! once, by the calls of [`queue`]; [`list`], [`show`] and [`redrive`] are what is done on it. A redrive sends letters
//! [back](send_back), their [`body`] refreshed where it lies in S3, and keeps a [`tally`]; [`mod@print`] is how letters are told.

use std::process::ExitCode;

use crate::CliError;

pub mod body;
pub mod letter;
pub mod list;
pub mod pass;
pub mod place;
pub mod print;
pub mod queue;
pub mod redrive;
pub mod selection;
pub mod send_back;
pub mod show;
pub mod tally;

/// Look at dead letters, and send them back to the queue
///
/// Letters are hidden from other consumers while a command looks at them, and visible again when it ends.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(list::Options),
    Show(show::Options),
    Redrive(redrive::Options),
}

/// Runs one of the three.
///
/// # Errors
/// When the command line asks for what there is not, or the queues or the table do not answer.
pub async fn run(options: &Options) -> Result<ExitCode, CliError> {
    match &options.command {
        Command::List(options) => list::run(options).await,
        Command::Show(options) => show::run(options).await,
        Command::Redrive(options) => redrive::run(options).await,
    }
}
