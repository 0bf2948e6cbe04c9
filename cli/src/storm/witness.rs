//! What the services themselves answered: the proof that an effect was committed once does not rest on the table.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use webhook::ledger::Status;

use super::calls::{Asked, Operation};

/// What became of one effect of an event, counted from answers 200 of SQS and DynamoDB.
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

/// All that took effect, by the place of the effect among those of all events.
#[derive(Debug)]
pub struct Witness(Mutex<Known>);

#[derive(Debug)]
struct Known {
    seen: Vec<Seen>,
    /// The tokens of transactions that were carried out.
    tokens: HashSet<String>,
}

impl Witness {
    /// A witness for so many effects.
    pub fn new(count: usize) -> Self {
        Witness(Mutex::new(Known { seen: vec![Seen::default(); count], tokens: HashSet::new() }))
    }

    /// Takes note of a call that was answered with 200. A transaction that is repeated under its token is answered as
    /// the first one was, and nothing is done again.
    pub fn took_effect(&self, effect: u32, asked: &Asked) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.token.as_ref().is_some_and(|token| !known.tokens.insert(token.clone())) {
            return;
        }
        let seen = &mut known.seen[effect as usize];
        let count = match (asked.operation, asked.status) {
            (Operation::Write, Some(Status::Done)) => &mut seen.done,
            (Operation::Write, Some(Status::Dead)) => &mut seen.dead,
            (Operation::Letter, _) => &mut seen.letters,
            _ => return,
        };
        *count = count.saturating_add(1);
    }

    /// What became of each effect so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).seen.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_that_is_repeated_under_its_token_took_effect_once_and_under_another_twice() {
        let witness = Witness::new(1);
        let done = |token: Option<&str>| Asked {
            operation: Operation::Write,
            pk: None,
            sk: None,
            status: Some(Status::Done),
            token: token.map(str::to_owned),
        };
        witness.took_effect(0, &done(Some("a")));
        witness.took_effect(0, &done(Some("a")));
        assert_eq!(witness.seen()[0].done, 1);
        witness.took_effect(0, &done(Some("b")));
        witness.took_effect(0, &done(None));
        assert_eq!(witness.seen()[0].done, 3);
    }
}
