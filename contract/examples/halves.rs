//! Contracts inferred from half of the real payloads of each type of event, and the other half held against them.
//!
//! `payloads/run` fetches the payloads and calls this with the file that holds them. It prints a table, and fails when a
//! payload breaks the contract that was inferred from it, or when something panics.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::collections::BTreeMap;
use std::process::ExitCode;

use contract::infer::Samples;
use contract::{Contract, Drift, Violated};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// What the package has of one type of event.
#[derive(Deserialize)]
struct Kind {
    name: String,
    examples: Vec<Box<RawValue>>,
}

/// How the payloads of one half ended.
#[derive(Default)]
struct Tally {
    pass: usize,
    drift: usize,
    violated: usize,
    /// How many payloads each rule broke.
    rules: BTreeMap<String, usize>,
    places: BTreeMap<String, usize>,
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(file), None) = (args.next(), args.next()) else {
        eprintln!("usage: halves FILE, the index.json of @octokit/webhooks-examples");
        return ExitCode::from(2);
    };
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{file}: {error}");
            return ExitCode::from(2);
        }
    };
    let kinds: Vec<Kind> = match serde_json::from_str(&text) {
        Ok(kinds) => kinds,
        Err(error) => {
            eprintln!("{file}: {error}");
            return ExitCode::from(2);
        }
    };
    println!("{:<32}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}", "type", "samples", "wrong", "others", "pass", "drift", "dead");
    let mut wrong = 0;
    let mut all = Tally::default();
    let (mut samples, mut others) = (0, 0);
    for Kind { name, examples } in &kinds {
        // Every other one, so that the actions of an event are in both halves.
        let half = |odd: usize| examples.iter().skip(odd).step_by(2).map(|raw| &**raw).collect::<Vec<_>>();
        let (from, to) = (half(0), half(1));
        let contract = match inferred(&from) {
            Ok(contract) => contract,
            Err(error) => {
                println!("{name:<32} {error}");
                wrong += 1;
                continue;
            }
        };
        let own = judge(&contract, &from, &mut Tally::default());
        let mut tally = Tally::default();
        judge(&contract, &to, &mut tally);
        wrong += own;
        samples += from.len();
        others += to.len();
        let Tally { pass, drift, violated, .. } = &tally;
        println!("{name:<32}{:>8}{own:>8}{:>8}{pass:>8}{drift:>8}{violated:>8}", from.len(), to.len());
        all.add(tally);
    }
    println!("{:<32}{samples:>8}{wrong:>8}{others:>8}{:>8}{:>8}{:>8}", "all", all.pass, all.drift, all.violated);
    for (title, counts) in [("rules that the other half broke", all.rules), ("where it had more", all.places)] {
        let mut counts: Vec<(usize, String)> = counts.into_iter().map(|(what, count)| (count, what)).collect();
        counts.sort_by(|a, b| b.cmp(a));
        println!("\n{title}, and in how many payloads:");
        counts.iter().take(20).for_each(|(count, what)| println!("{count:>6}  {what}"));
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn inferred(payloads: &[&RawValue]) -> Result<Contract, String> {
    let mut samples = Samples::default();
    for payload in payloads {
        let payload: Value = contract::read::read(payload.get()).map_err(|error| error.to_string())?;
        samples.add(&payload).map_err(|error| error.to_string())?;
    }
    Contract::compile(&samples.to_contract().to_string()).map_err(|error| error.to_string())
}

/// Counts what becomes of payloads, and returns how many of them do not pass without drift.
fn judge(contract: &Contract, payloads: &[&RawValue], tally: &mut Tally) -> usize {
    let mut wrong = 0;
    for payload in payloads {
        match contract.check(payload) {
            Ok(drift) if drift.is_empty() => tally.pass += 1,
            Ok(drift) => {
                wrong += 1;
                tally.drift += 1;
                for Drift { place, seen } in drift {
                    *tally.places.entry(format!("{place} ({seen})")).or_default() += 1;
                }
            }
            Err(violated) => {
                wrong += 1;
                tally.violated += 1;
                let (Violated::Rules(told) | Violated::Unreadable(told)) = violated;
                for rule in told.split("; ") {
                    *tally.rules.entry(rule.to_owned()).or_default() += 1;
                }
            }
        }
    }
    wrong
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.pass += other.pass;
        self.drift += other.drift;
        self.violated += other.violated;
        for (all, some) in [(&mut self.rules, other.rules), (&mut self.places, other.places)] {
            some.into_iter().for_each(|(what, count)| *all.entry(what).or_default() += count);
        }
    }
}
