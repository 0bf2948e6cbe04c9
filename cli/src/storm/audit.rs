//! The audit: what was accepted, held against the table, the letters, the receiver and the witness. Plain data in,
//! every violation out.

use std::collections::{BTreeMap, HashMap};

use super::provider::Posted;
use super::queue::Letter;
use super::receiver::Calls;
use super::rows::Row;
use super::violation::{Violation, Violations};
use super::witness::Seen;

/// One event at one of its destinations, as everybody but the table knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The partition key of its row; empty where it was never posted.
    pub pk: String,
    /// The sort key of its row.
    pub sk: String,
    /// Whether it is the first of its event's destinations: what is asked once about an event is asked of it.
    pub first: bool,
    /// Whether its effect is at the receiver or on a bus.
    pub outside: bool,
    /// Why it must die, where it must.
    pub expected: Option<&'static str>,
    /// What its provider knows.
    pub posted: Posted,
    /// What the services answered.
    pub seen: Seen,
}

/// All that an audit looks at.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The effects of all events, by their place.
    pub subjects: Vec<Subject>,
    /// The whole table.
    pub rows: Vec<Row>,
    /// The whole dead-letter queue.
    pub letters: Vec<Letter>,
    /// All that the receiver got.
    pub calls: Calls,
    /// How many messages the queue still has.
    pub left_in_queue: u64,
    /// Whether calls were interfered with: without it, nothing is a reason to call the receiver again.
    pub chaos: bool,
    /// Whether the storm was cut off at its time limit.
    pub out_of_time: bool,
}

/// What an audit came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// How many events were accepted.
    pub accepted: u64,
    /// How many effects of these are done.
    pub done: u64,
    /// How many effects of these are dead, by reason.
    pub dead: BTreeMap<String, u64>,
    /// How many of the dead have a letter and no row that says so: their worker was cut off in between.
    pub unmarked: u64,
    /// What is not as it must be.
    pub violations: Violations,
}

/// Holds everything against everything.
pub fn audit(evidence: &Evidence) -> Audit {
    let mut audit = Audit::default();
    let mut numbers: HashMap<(&str, &str), usize> = HashMap::new();
    for (number, subject) in evidence.subjects.iter().enumerate().filter(|(_, subject)| !subject.pk.is_empty()) {
        numbers.insert((&subject.pk, &subject.sk), number);
    }
    let mut rows: Vec<Option<&Row>> = vec![None; evidence.subjects.len()];
    for row in &evidence.rows {
        match numbers.get(&(row.pk.as_str(), row.sk.as_str())) {
            Some(number) => rows[*number] = Some(row),
            None => audit.violations.add(Violation::Stranger, format!("row {} {}", row.pk, row.sk)),
        }
    }
    let mut letters: Vec<Vec<&str>> = vec![Vec::new(); evidence.subjects.len()];
    for letter in &evidence.letters {
        let reason = letter.reason.as_deref().unwrap_or("no reason");
        match letter.pk.as_deref().zip(letter.sk.as_deref()).and_then(|key| numbers.get(&key)) {
            Some(number) => letters[*number].push(reason),
            None => audit.violations.add(Violation::Stranger, format!("letter {:?} {reason}", letter.pk)),
        }
    }
    for strange in &evidence.calls.strange {
        audit.violations.add(Violation::Stranger, format!("call {strange}"));
    }
    for ((subject, row), letters) in evidence.subjects.iter().zip(rows).zip(letters) {
        audit.provider(subject);
        audit.fate(subject, row, &letters);
    }
    audit.calls(evidence);
    if evidence.left_in_queue > 0 {
        audit.violations.add(Violation::LeftInQueue, format!("{} messages", evidence.left_in_queue));
    }
    if evidence.out_of_time {
        audit.violations.add(Violation::OutOfTime, "--time-limit sets another".to_owned());
    }
    audit
}

impl Audit {
    /// What the provider was answered.
    fn provider(&mut self, subject: &Subject) {
        if !subject.first {
            return;
        }
        let Posted { posts, accepted, refused, .. } = subject.posted;
        if let Some(status) = refused {
            self.violations.add(Violation::Refused, format!("{} with {status}", subject.pk));
        } else if posts > 0 && accepted == 0 {
            self.violations.add(Violation::NotAccepted, format!("{} in {posts} posts", subject.pk));
        }
    }

    /// What became of one event at one destination.
    fn fate(&mut self, subject: &Subject, row: Option<&Row>, letters: &[&str]) {
        let Subject { pk, seen, expected, .. } = subject;
        if seen.done > 1 {
            self.violations.add(Violation::Twice, format!("{pk} {} times", seen.done));
        }
        if subject.posted.accepted == 0 {
            return;
        }
        self.accepted += u64::from(subject.first);
        let status = row.map_or("absent", |row| row.status.as_str());
        match (status, letters.first()) {
            ("done", letter) => {
                self.done += 1;
                if expected.is_some() {
                    self.violations.add(Violation::PoisonDone, pk.clone());
                } else if let Some(reason) = letter {
                    self.violations.add(Violation::DoneAndLetter, format!("{pk} {reason}"));
                }
                if seen.done == 0 {
                    self.violations.add(Violation::Unwitnessed, pk.clone());
                }
            }
            ("dead", None) => self.violations.add(Violation::NoLetter, pk.clone()),
            ("absent", None) => self.violations.add(Violation::Lost, pk.clone()),
            (_, None) => self.violations.add(Violation::Stuck, format!("{pk} is {status}")),
            (_, Some(letter)) => {
                let marked = row.filter(|row| row.status == "dead").and_then(|row| row.reason.as_deref());
                self.unmarked += u64::from(marked.is_none());
                let reason = marked.unwrap_or(letter);
                *self.dead.entry(reason.to_owned()).or_default() += 1;
                self.death(subject, reason, letters);
            }
        }
    }

    /// Whether a dead event had to die, and of this.
    fn death(&mut self, subject: &Subject, reason: &str, letters: &[&str]) {
        let pk = &subject.pk;
        match subject.expected {
            None => self.violations.add(Violation::GoodDead, format!("{pk} {reason}")),
            Some(expected) if reason != expected || letters.iter().any(|letter| *letter != expected) => {
                let told = format!("{pk} {reason}, letters {letters:?}, expected {expected}");
                self.violations.add(Violation::WrongReason, told);
            }
            Some(_) => {}
        }
    }

    /// What the receiver was called for.
    fn calls(&mut self, evidence: &Evidence) {
        let mut by_effect: HashMap<u32, u32> = HashMap::new();
        for ((number, attempt), times) in &evidence.calls.attempts {
            let subject = &evidence.subjects[*number as usize];
            *by_effect.entry(*number).or_default() += times;
            // An event that died and comes again by another message begins anew.
            if *times > 1 + u32::from(subject.seen.dead) {
                let told = format!("{} attempt {attempt} {times} times", subject.pk);
                self.violations.add(Violation::AttemptTwice, told);
            }
        }
        for (number, subject) in (0..).zip(&evidence.subjects).filter(|(_, subject)| subject.outside) {
            let taken = evidence.calls.taken.get(&number).copied().unwrap_or(0);
            // A bus tells of what it took alone.
            let calls = by_effect.get(&number).copied().unwrap_or(taken);
            if subject.seen.done > 0 && taken == 0 {
                self.violations.add(Violation::NotTaken, subject.pk.clone());
            }
            if !evidence.chaos && subject.expected.is_none() && calls > 1 {
                self.violations.add(Violation::CalledAgain, format!("{} {calls} times", subject.pk));
            }
        }
    }
}

#[cfg(test)]
mod tests;
