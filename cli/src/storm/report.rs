//! What a storm has come to: as a table for people, as JSON for programs.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::audit::{Audit, Evidence};
use super::chaos::Done;
use super::violation::Violation;
use super::weather::FAULTS;
use crate::table;

/// All that is told of a storm.
#[derive(Debug, Clone)]
pub struct Report {
    /// From which everything random was drawn.
    pub seed: u64,
    /// The plan in a word.
    pub digest: String,
    /// The names of the sources that were played.
    pub sources: Vec<String>,
    /// How many deliveries were copies of others.
    pub copies: u64,
    /// How many times something was posted, with all repetitions.
    pub posts: u64,
    /// How many of these had no answer, or one that says to come again.
    pub failures: u64,
    /// How many faults of each kind the seed has for the first calls.
    pub planned: [u64; FAULTS.len()],
    /// How many faults of each kind the functions met.
    pub met: [u64; FAULTS.len()],
    /// What was done to the processes.
    pub done: Done,
    /// How often each outcome stands in the log of each function.
    pub logged: Vec<(&'static str, BTreeMap<String, u64>)>,
    /// How many letters there are, with repeated ones.
    pub letters: u64,
    /// How often the receiver was called.
    pub calls: u64,
    /// How many of these were for an event that it had been called for before.
    pub calls_again: u64,
    /// How long it took until everything was posted and answered, late copies among it.
    pub posted_in: Duration,
    /// How long it took until everything was settled.
    pub settled_in: Duration,
    /// What the audit came to.
    pub audit: Audit,
}

impl Report {
    /// What the evidence says of letters and calls.
    pub fn count(evidence: &Evidence) -> (u64, u64, u64) {
        let calls: u64 = evidence.calls.attempts.values().map(|times| u64::from(*times)).sum();
        let mut events: Vec<u32> = evidence.calls.attempts.keys().map(|(number, _)| *number).collect();
        events.sort_unstable();
        events.dedup();
        (evidence.letters.len() as u64, calls, calls - events.len() as u64)
    }

    /// Accepted events a second, until all were settled.
    fn rate(&self) -> f64 {
        self.audit.accepted as f64 / self.settled_in.as_secs_f64().max(0.001)
    }

    /// The table and the verdict.
    pub fn text(&self) -> String {
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut row = |what: &str, value: String| rows.push(vec![what.to_owned(), value]);
        row("seed", self.seed.to_string());
        row("plan", self.digest.clone());
        row("sources", self.sources.join(", "));
        row("accepted", format!("{} events, {} copies of them", self.audit.accepted, self.copies));
        row("posted", format!("{} times, {} of them not answered 2xx", self.posts, self.failures));
        row("done", format!("{} effects", self.audit.done));
        for (reason, count) in &self.audit.dead {
            row("dead", format!("{count} {reason}"));
        }
        let dead: u64 = self.audit.dead.values().sum();
        let again = self.letters.saturating_sub(dead);
        row("letters", format!("{}, {again} of them repeated, {} without a mark", self.letters, self.audit.unmarked));
        for ((name, planned), met) in FAULTS.iter().zip(self.planned).zip(self.met) {
            row("faults", format!("{met} {name}, {planned} of them for certain by the seed"));
        }
        let Done { workers_killed, doors_killed, workers_frozen, missed } = self.done;
        row("killed", format!("{workers_killed} workers, {doors_killed} doors"));
        row("frozen", format!("{workers_frozen} workers until their leases were over"));
        if missed > 0 {
            row("missed", format!("{missed} kills or freezes found no process"));
        }
        row("receiver", format!("{} calls, {} of them repeated", self.calls, self.calls_again));
        for (function, outcomes) in &self.logged {
            let counts: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
            row(function, counts.join(", "));
        }
        let (posted, settled) = (self.posted_in.as_secs_f64(), self.settled_in.as_secs_f64());
        row("time", format!("posted in {posted:.1} s, settled in {settled:.1} s, {:.0} events a second", self.rate()));
        table::layout(&["storm", ""], &rows) + "\n" + &self.verdict()
    }

    /// One line when all is well, and every kind of violation otherwise.
    fn verdict(&self) -> String {
        let violations = &self.audit.violations;
        let [lost, twice] = [Violation::Lost, Violation::Twice].map(|kind| violations.count(kind));
        if violations.is_empty() {
            return format!("audit clean: {lost} lost, {twice} twice\n");
        }
        let mut text = "AUDIT FAILED\n".to_owned();
        for (violation, count, first) in violations.all() {
            text += &format!("{count} {}\n", violation.name());
            first.iter().for_each(|told| text += &format!("  {told}\n"));
        }
        text
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        let faults = |counts: [u64; FAULTS.len()]| {
            FAULTS.iter().zip(counts).map(|(name, count)| ((*name).to_owned(), json!(count))).collect::<Value>()
        };
        let violations = self
            .audit
            .violations
            .all()
            .map(|(violation, count, first)| json!({"kind": violation.name(), "count": count, "first": first}));
        json!({
            "seed": self.seed,
            "plan": self.digest,
            "sources": self.sources,
            "accepted": self.audit.accepted,
            "copies": self.copies,
            "posts": self.posts,
            "posts_failed": self.failures,
            "done": self.audit.done,
            "dead": self.audit.dead,
            "dead_unmarked": self.audit.unmarked,
            "letters": self.letters,
            "faults_planned": faults(self.planned),
            "faults_met": faults(self.met),
            "workers_killed": self.done.workers_killed,
            "doors_killed": self.done.doors_killed,
            "workers_frozen": self.done.workers_frozen,
            "acts_missed": self.done.missed,
            "logged": self.logged.iter().map(|(function, counts)| ((*function).to_owned(), json!(counts))).collect::<Value>(),
            "receiver_calls": self.calls,
            "receiver_calls_repeated": self.calls_again,
            "posted_in_s": self.posted_in.as_secs_f64(),
            "settled_in_s": self.settled_in.as_secs_f64(),
            "events_per_s": self.rate(),
            "clean": self.audit.violations.is_empty(),
            "violations": violations.collect::<Vec<_>>(),
        })
    }
}
