//! The contracts of this build: a payload held against the one that its source names for its type, and what of its drift
//! is told to the log.
//!
//! A schema is compiled when the first payload needs it, once per process: a worker that starts pays for none.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use contract::told::{News, Told};
use contract::{BrokenContract, Contract, Drift, Kind};
use serde::Serialize;
use serde_json::value::RawValue;
use shell::log::{Level, brief, line};
use webhook::envelope::Envelope;
use webhook::letter::Reason;
use webhook::sources::Source;

use crate::CONTRACTS;
use crate::act::NoEffect;

/// A place of a payload that its contract does not know, told once in the life of a process.
#[derive(Serialize)]
struct Line<'a> {
    level: Level,
    outcome: &'static str,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<&'a str>,
    contract: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
}

/// The contract at a path of `sources.toml`, compiled at its first use.
///
/// # Errors
/// [`BrokenContract`], the same at every use: only another build can mend it.
pub fn at(path: &str) -> Result<&'static Contract, BrokenContract> {
    static COMPILED: [OnceLock<Result<Contract, BrokenContract>>; CONTRACTS.len()] =
        [const { OnceLock::new() }; CONTRACTS.len()];
    let found = CONTRACTS.iter().zip(&COMPILED).find(|((name, _), _)| *name == path);
    let ((_, schema), compiled) = found.ok_or_else(|| BrokenContract::Unknown(path.to_owned()))?;
    compiled.get_or_init(|| Contract::compile(schema)).as_ref().map_err(Clone::clone)
}

/// Holds a payload against the contract of its source and type, where there is one. What the contract does not know of
/// one that passes is counted, and told where it was not before.
pub(crate) fn hold(source: &Source, envelope: &Envelope<'_>, payload: &RawValue) -> Result<usize, NoEffect> {
    let Some(path) = source.contract.of(envelope.event_type.as_deref()) else { return Ok(0) };
    // A contract that cannot be compiled is the build's mistake: the event waits for another one.
    let contract = at(path).map_err(|broken| NoEffect::not_now(format!("{path}: {broken}"), None))?;
    let drift = contract.check(payload).map_err(|violated| NoEffect::never(Reason::ContractViolated, violated))?;
    tell(source, envelope, path, &drift);
    Ok(drift.len())
}

fn tell(source: &Source, envelope: &Envelope<'_>, path: &str, drift: &BTreeSet<Drift>) {
    static TOLD: Mutex<Told> = Mutex::new(Told::new());
    // Whoever panicked while he held it left a set of places, whole as always.
    let News { places, is_last } = TOLD.lock().unwrap_or_else(PoisonError::into_inner).news(&source.name, path, drift);
    let event_type = envelope.event_type.as_deref().map(brief);
    let told = Line {
        level: Level::Warn,
        outcome: "drift",
        source: &source.name,
        event_type,
        contract: path,
        place: None,
        seen: None,
        detail: None,
    };
    for Drift { place, seen } in &places {
        line(&Line { place: Some(brief(place)), seen: Some(*seen), ..told });
    }
    if is_last {
        line(&Line { detail: Some("so many places were told that this process tells no more of them"), ..told });
    }
}
