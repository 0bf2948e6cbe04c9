//! `tidegate replay`: events that were kept as they came go through the worker again.
//!
//! [`selection`] says which, [`stored`] finds them in the table, and [`send`] puts them into the queue; [`today`] says what
//! would become of one.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use shell::clock;
use webhook::envelope::Envelope;

use crate::dead::body;
use crate::dead::place::{Opened, Place};
use crate::dead::print::{self, cell};
use crate::{CliError, bundle, table, up};
use selection::Selection;
use stored::Stored;

pub mod selection;
pub mod send;
pub mod stored;
pub mod today;

/// Put events that were kept (keep_body_days) through the worker again
///
/// Their messages go back to the queue as they were, and the ledger lets nothing happen twice: what is done stays done.
/// With --fresh each of them becomes an event of its own instead, and has its effect AGAIN. They are sent in no order.
/// Exits with 0, or with 1 when some could not be replayed.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    selection: Selection,
    /// All events that are kept
    #[arg(long, help_heading = "Which events")]
    all: bool,
    /// Have their effects AGAIN: under new identities, which end in #replay- and the time
    #[arg(long)]
    fresh: bool,
    /// Do not ask before --fresh
    #[arg(long, requires = "fresh")]
    yes: bool,
    /// Say what would be replayed and whether it can be read today, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the raw body of the one event that is chosen to standard output, and send nothing
    #[arg(long, conflicts_with_all = ["dry_run", "fresh"])]
    print: bool,
    /// How many events a second at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rate: u32,
    #[command(flatten)]
    place: Place,
}

/// Replays the chosen events and says what it did.
///
/// # Errors
/// When no events are chosen on the command line, the table does not answer or somebody interrupts.
pub async fn run(options: &Options) -> Result<ExitCode, CliError> {
    if options.all != options.selection.is_everything() {
        let message =
            "say which events, by --source, --id, --type, --status, --since or --until, or say --all and none of them";
        return Err(CliError::Usage(message.to_owned()));
    }
    let place = options.place.open()?;
    tokio::select! {
        ended = replay(options, &place) => ended,
        interrupted = up::until_interrupted() => {
            interrupted.and(Err(CliError::failed("interrupted; what was sent is in the queue, run it again for the rest")))
        }
    }
}

async fn replay(options: &Options, place: &Opened) -> Result<ExitCode, CliError> {
    // A body is looked at whatever became of its event.
    let found = stored::find(&place.account, &options.selection, options.print).await?;
    if options.print {
        return show(place, &found.chosen).await;
    }
    if options.dry_run {
        return tell(place, &found).await;
    }
    if options.fresh && !found.chosen.is_empty() && !options.yes {
        confirm(found.chosen.len())?;
    }
    let fresh_ms = options.fresh.then(clock::now_ms);
    let tally = send::all(place, &found.chosen, fresh_ms, options.rate).await?;
    print::out(format!("{tally}{} not chosen\n", found.left).as_bytes())?;
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Effects that happen again are asked for twice.
fn confirm(events: usize) -> Result<(), CliError> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let message = format!("--fresh has {events} events take effect AGAIN: say --yes, too");
        return Err(CliError::Usage(message));
    }
    eprint!("{events} events will take effect AGAIN, each under a new identity. Go on? [y/N] ");
    let mut answer = String::new();
    let read = std::io::stderr().flush().and_then(|()| stdin.lock().read_line(&mut answer));
    match read {
        Ok(_) if answer.trim().eq_ignore_ascii_case("y") => Ok(()),
        Ok(_) => Err(CliError::failed("nothing was replayed")),
        Err(error) => Err(CliError::failed(format!("standard input cannot be read: {error}"))),
    }
}

async fn show(place: &Opened, chosen: &[Stored]) -> Result<ExitCode, CliError> {
    let [stored] = chosen else {
        return Err(CliError::failed(format!(
            "--print shows one event, and {} are chosen: say its --id",
            chosen.len()
        )));
    };
    let message = stored::message(&place.account, stored).await?;
    let unreadable = |error: &dyn std::fmt::Display| CliError::failed(format!("{}: {error}", stored.name()));
    let envelope = Envelope::open(&message).map_err(|error| unreadable(&error))?;
    print::out(&body::fetch(&place.bodies, &envelope).await.map_err(|error| unreadable(&error))?)?;
    Ok(ExitCode::SUCCESS)
}

async fn tell(place: &Opened, found: &stored::Found) -> Result<ExitCode, CliError> {
    let sources = bundle::read_sources()?;
    let mut sources = today::Today::new(&sources);
    let mut rows = Vec::new();
    for stored in &found.chosen {
        let today = match stored::message(&place.account, stored).await {
            Ok(message) => sources.makes_of(&place.bodies, &message).await,
            Err(error) => error.to_string(),
        };
        rows.push(vec![
            cell(Some(&stored.source), 24),
            cell(Some(&stored.identity), 44),
            cell(stored.event_type.as_deref(), 32),
            print::time(stored.received_at_ms),
            cell(Some(&stored.became()), 40),
            print::plain(&today),
        ]);
    }
    let head = ["source", "identity", "type", "received", "became", "today"];
    let summary = format!("{} would be replayed\n{} not chosen\n", found.chosen.len(), found.left);
    print::out((table::layout(&head, &rows) + &summary).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
