//! What the services themselves answered: the proof that an effect was committed once does not rest on the table.

use std::sync::{Mutex, PoisonError};

use webhook::ledger::Status;

use super::calls::Operation;

/// What took effect of one event, counted from answers 200 of SQS and DynamoDB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// How often its row was marked done. In the table, that very write is the effect.
    pub done: u8,
    /// How often its row was marked dead.
    pub dead: u8,
    /// How many letters of it became durable.
    pub letters: u8,
}

impl Seen {
    /// Whether its message may be gone.
    pub fn is_settled(self) -> bool {
        self.done > 0 || self.dead > 0 || self.letters > 0
    }
}

/// All that took effect, by the number of the event.
#[derive(Debug)]
pub struct Witness(Mutex<Vec<Seen>>);

impl Witness {
    /// A witness for so many events.
    pub fn new(count: usize) -> Self {
        Witness(Mutex::new(vec![Seen::default(); count]))
    }

    /// Takes note of a call that was answered with 200.
    pub fn took_effect(&self, number: u32, operation: Operation, status: Option<Status>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = &mut all[number as usize];
        let count = match (operation, status) {
            (Operation::Write, Some(Status::Done)) => &mut seen.done,
            (Operation::Write, Some(Status::Dead)) => &mut seen.dead,
            (Operation::Letter, _) => &mut seen.letters,
            _ => return,
        };
        *count = count.saturating_add(1);
    }

    /// What took effect of each event so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
