//! `tidegate dead list`: letters with their reasons, and what became of their events since.

use std::collections::{HashMap, HashSet};
use std::process::ExitCode;

use serde_json::json;
use webhook::ledger::Key;
use webhook::sources::Source;

use super::letter::About;
use super::pass::Pass;
use super::place::Place;
use super::print::{self, cell};
use super::selection::Selection;
use crate::account::{Account, Fate};
use crate::{CliError, bundle, table};

/// List letters with their reasons, and what became of their events since
///
/// BECAME is what the ledger says of the event by now: dead, done (it was sent again and had its effect), or - where
/// it knows of none.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    selection: Selection,
    /// One JSON object a letter and line, nothing cut
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Lists letters, in the order in which they died.
///
/// # Errors
/// When the queue or the table does not answer.
pub async fn run(options: &Options) -> Result<ExitCode, CliError> {
    let account = options.place.open()?.account;
    let mut letters = Pass::over(&account, async |pass| chosen(pass, &options.selection).await).await?;
    letters.sort_by(|a, b| (a.died_at_ms, &a.message_id).cmp(&(b.died_at_ms, &b.message_id)));
    let sources = known_sources();
    let fates = fates(&account, &letters, &sources).await?;
    let became = |letter: &About| letter.became(&fates, &sources);
    if options.json {
        let lines = letters.iter().map(|letter| as_json(letter, became(letter)).to_string() + "\n");
        print::out(lines.collect::<String>().as_bytes())?;
    } else {
        let rows: Vec<Vec<String>> = letters.iter().map(|letter| as_row(letter, became(letter))).collect();
        let head = ["message id", "died", "reason", "source", "type", "event", "attempts", "became", "detail"];
        print::out(table::layout(&head, &rows).as_bytes())?;
        eprintln!("letters: {}", letters.len());
    }
    Ok(ExitCode::SUCCESS)
}

async fn chosen(pass: &mut Pass<'_>, selection: &Selection) -> Result<Vec<About>, CliError> {
    let mut chosen = Vec::new();
    while !selection.is_full(chosen.len()) {
        let letters = pass.next().await?;
        if letters.is_empty() {
            break;
        }
        let began_ms = pass.began_ms();
        chosen
            .extend(letters.into_iter().map(|letter| letter.about).filter(|about| selection.chooses(about, began_ms)));
    }
    chosen.truncate(selection.limit.map_or(usize::MAX, |limit| limit as usize));
    Ok(chosen)
}

/// The sources of this checkout. Letters can be looked at without one, and with one that has a mistake in it.
pub fn known_sources() -> Vec<Source> {
    bundle::read_sources().unwrap_or_default()
}

/// What the ledger says of the letters' events.
///
/// # Errors
/// When the table does not answer.
pub async fn fates(account: &Account, letters: &[About], sources: &[Source]) -> Result<HashMap<Key, Fate>, CliError> {
    // An event may have several letters, and DynamoDB refuses to read a key twice at once.
    let mut known = HashSet::new();
    let mut keys: Vec<Key> = letters.iter().flat_map(|letter| letter.keys(sources)).collect();
    keys.retain(|key| known.insert(key.clone()));
    account.fates(&keys).await
}

fn as_row(letter: &About, became: Option<String>) -> Vec<String> {
    vec![
        cell(Some(&letter.message_id), 40),
        print::time(letter.died_at_ms),
        cell(letter.reason.as_deref(), 40),
        cell(letter.source.as_deref(), 30),
        cell(letter.event_type.as_deref(), 40),
        cell(letter.event(), 40),
        letter.attempts.map_or("-".to_owned(), |attempts| attempts.to_string()),
        cell(became.as_deref(), 20),
        cell(letter.detail.as_deref(), 80),
    ]
}

fn as_json(letter: &About, became: Option<String>) -> serde_json::Value {
    json!({
        "message_id": letter.message_id,
        "died_at_ms": letter.died_at_ms,
        "reason": letter.reason,
        "detail": letter.detail,
        "source": letter.source,
        "event_type": letter.event_type,
        "event_id": letter.event_id,
        "identity": letter.identity,
        "destination": letter.destination,
        "attempts": letter.attempts,
        "became": became,
    })
}
