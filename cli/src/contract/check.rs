//! `tidegate contract check`: what the worker would make of payloads.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use contract::{Contract, Drift};
use serde::Serialize;
use serde_json::json;
use webhook::contracts::Contracts;
use webhook::envelope::Envelope;
use webhook::field::Field;
use webhook::letter::Reason;
use webhook::sources::Source;
use webhook::{Request, payload};

use super::payloads::{self, Payload};
use crate::dead::print::{self, plain};
use crate::{CliError, bundle, functions, sample, send};

/// Say what the contracts of a source make of payloads: pass, pass with drift, or dead letter
///
/// Every file is one event as the provider posts it, or where the source splits its deliveries, one item of them.
/// Exits with 0 when all pass, and with 1 when one would be a dead letter.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// A source of sources.toml; a name that is none lists them
    source: String,
    /// Files with a payload each, .jsonl files with one on each line, folders, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The type of the events, where a header says it and not the payload
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// A contract in place of the source's own, before sources.toml names it
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// The content type; without it by the ending of the file, or the one of the provider's sample
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// One JSON object a payload, each on a line
    #[arg(long)]
    json: bool,
}

/// What becomes of a payload.
#[derive(Debug, Serialize)]
struct Judged<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contract: Option<&'a str>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    drift: Vec<Drift>,
}

const PASSES: &str = "passes";
const DRIFTS: &str = "drift";
const FREE: &str = "no_contract";

/// The contracts of a source, each read and compiled when the first payload needs it.
struct Judge<'o> {
    options: &'o Options,
    source: &'o Source,
    contracts: Contracts,
    compiled: BTreeMap<String, Contract>,
}

/// Holds the payloads against their contracts and prints what becomes of each.
///
/// # Errors
/// When the source is unknown, or a file or a contract cannot be read.
pub fn run(options: &Options) -> Result<ExitCode, CliError> {
    let sources = bundle::read_sources()?;
    let source = send::find(&sources, &options.source)?;
    let contracts = match &options.contract {
        Some(file) => Contracts::one(&file.display().to_string()),
        None => source.contract.clone(),
    };
    let mut judge = Judge { options, source, contracts, compiled: BTreeMap::new() };
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    payloads::each(&options.files, &mut |payload| {
        let outcome = judge.judge(&payload, |judged| {
            let line = if options.json { in_json(judged)? } else { in_words(judged) };
            print::out(line.as_bytes()).map(|()| judged.outcome)
        })?;
        *counts.entry(outcome).or_default() += 1;
        Ok(())
    })?;
    let count = |outcome| counts.get(outcome).copied().unwrap_or(0);
    let all: usize = counts.values().sum();
    let dead = count(Reason::ContractViolated.name());
    eprintln!(
        "{all} payloads: {} pass, {} pass with drift, {} have no contract, {dead} would be dead letters",
        count(PASSES),
        count(DRIFTS),
        count(FREE),
    );
    Ok(if dead == 0 && all > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Judge<'_> {
    /// Does with a payload what the worker does, up to the point where its contract has had its say.
    fn judge<T>(
        &mut self,
        payload: &Payload<'_>,
        tell: impl FnOnce(&Judged<'_>) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let &Payload { from: file, bytes, .. } = payload;
        let content_type = self.content_type(payload.ending);
        let message = json!({
            "v": 1, "source": "", "provider": "", "identity": "", "received_at_ms": 0, "request_id": "",
            "content_type": content_type, "body": "", "encoding": "utf8", "body_sha256": "",
        });
        let message = message.to_string();
        let envelope = Envelope::open(&message).map_err(|error| CliError::failed(error.to_string()))?;
        let wrapped = self.source.provider.scheme.wrapped;
        let read = payload::read(&envelope, bytes, wrapped);
        let headers = [("content-type".to_owned(), content_type)];
        let body = read.as_ref().ok().filter(|_| wrapped.is_some()).map_or(bytes, |event| event.get().as_bytes());
        let types = self.source.split.map_or(self.source.provider.event_type, |batch| batch.event_type);
        let request = Request { method: "POST", url: "/", headers: &headers, body };
        let event_type = match &self.options.kind {
            Some(kind) => Some(kind.as_str().into()),
            None => Field::first_of(types, &request),
        };
        let contract = self.contracts.of(event_type.as_deref()).map(str::to_owned);
        let mut judged = Judged {
            file,
            event_type: event_type.as_deref(),
            contract: contract.as_deref(),
            outcome: FREE,
            detail: String::new(),
            drift: Vec::new(),
        };
        let violated = |detail: String| (Reason::ContractViolated.name(), detail, Vec::new());
        let checked = match (&read, &contract) {
            (Err(error), _) => violated(error.to_string()),
            (Ok(_), None) if self.contracts.depend_on_type() && event_type.is_none() => {
                (FREE, "its type is not in the payload, --type says it".to_owned(), Vec::new())
            }
            (Ok(_), None) => (FREE, String::new(), Vec::new()),
            (Ok(event), Some(path)) => match self.compiled(path)?.check(event) {
                Ok(drift) if drift.is_empty() => (PASSES, String::new(), Vec::new()),
                Ok(drift) => (DRIFTS, String::new(), drift.into_iter().collect()),
                Err(error) => violated(error.to_string()),
            },
        };
        (judged.outcome, judged.detail, judged.drift) = checked;
        tell(&judged)
    }

    fn content_type(&self, ending: &str) -> String {
        let sampled = || sample::of(self.source.provider).map_or("application/json", |sample| sample.content_type);
        let by_ending = || match ending {
            "json" | "jsonl" | "ndjson" => "application/json",
            "form" => "application/x-www-form-urlencoded",
            _ => sampled(),
        };
        self.options.content_type.as_deref().unwrap_or_else(by_ending).to_owned()
    }

    /// A contract, of the checkout unless the command line named it.
    fn compiled(&mut self, path: &str) -> Result<&Contract, CliError> {
        if !self.compiled.contains_key(path) {
            let file = match &self.options.contract {
                Some(file) => file.clone(),
                None => functions::checkout().join(path),
            };
            let text = std::fs::read_to_string(file);
            let text = text.map_err(|error| CliError::Usage(format!("{path} cannot be read: {error}")))?;
            let contract = Contract::compile(&text).map_err(|broken| CliError::failed(format!("{path}: {broken}")))?;
            self.compiled.insert(path.to_owned(), contract);
        }
        self.compiled.get(path).ok_or_else(|| CliError::failed(format!("{path} was not compiled")))
    }
}

fn in_json(judged: &Judged<'_>) -> Result<String, CliError> {
    let line = serde_json::to_string(judged).map_err(|error| CliError::failed(error.to_string()))?;
    Ok(line + "\n")
}

/// One line for whoever reads it.
fn in_words(judged: &Judged<'_>) -> String {
    let drift: Vec<String> = judged.drift.iter().map(|Drift { place, seen }| format!("{place} ({seen})")).collect();
    let more = if drift.is_empty() { judged.detail.clone() } else { drift.join(", ") };
    let colon = if more.is_empty() { "" } else { ": " };
    plain(&format!("{}  {}{colon}{more}", judged.file, judged.outcome)) + "\n"
}
