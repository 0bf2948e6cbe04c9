//! The table: one row, conditional writes over it, and what no write may ever do.

use webhook::ledger::{Attempt, Over, Row, Status};

use crate::guards::Missing;
use crate::time::{self, Left};

/// Who writes: the receive of a message that an attempt was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Token {
    pub(crate) message: usize,
    pub(crate) receive: u32,
}

/// The row, with what is left of its lease and its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Cell {
    pub(crate) status: Status,
    pub(crate) owner: Token,
    pub(crate) own_body: bool,
    pub(crate) attempts: u32,
    pub(crate) lease: Option<Left>,
    pub(crate) window: Option<Left>,
    /// Whether its event was dead before.
    pub(crate) was_dead: bool,
}

/// One write on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Write {
    pub(crate) cell: Cell,
    pub(crate) over: Over,
    /// Whether the effect commits with it.
    pub(crate) has_effect: bool,
    /// When the attempt's lease ends, whatever is written.
    pub(crate) deadline: Left,
    /// By how much the writer's clock is ahead.
    pub(crate) ahead: i8,
}

/// What the table says to a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    Taken,
    /// By the row that stood in the way, or by there being none.
    Refused(Option<Cell>),
}

/// What must never happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Wrong {
    CommittedTwice,
    StartedWithoutLease,
    SettledWithoutLease,
    DoneOverwritten,
    CameBackByItself,
    NumberTakenTwice,
    NeedlessLetter,
    Misled,
}

/// The table, with its own account of what was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Table {
    pub(crate) row: Option<Cell>,
    /// Effects that were committed since the row was last absent.
    pub(crate) commits: u8,
}

impl Cell {
    pub(crate) fn is_expired(&self) -> bool {
        self.window.is_some_and(Left::is_over)
    }

    /// The row as the rules know it.
    pub(crate) fn row(&self) -> Row {
        Row {
            status: self.status,
            owner: self.owner.name(),
            message_id: message_id(self.owner.message).to_owned(),
            body_sha256: body_sha256(self.own_body.then_some(self.owner.message)).to_owned(),
            attempts: self.attempts,
            lease_until_ms: self.lease.map(Left::lease_ms),
            expires_at: self.window.map(|window| window.ms() / 1000),
        }
    }

    /// The same without what no rule can ask for any more. An owner that is gone was somebody, never to be met again.
    pub(crate) fn forget(mut self, owner_is_gone: bool) -> Cell {
        match self.status {
            Status::Done => self.attempts = self.attempts.min(2),
            Status::Dead | Status::Filtered => self.attempts = 0,
            Status::Claimed | Status::Waiting if owner_is_gone => self.owner.message = 0,
            Status::Claimed | Status::Waiting => {}
        }
        if owner_is_gone {
            self.owner.receive = 0;
        }
        self
    }

    /// A tick later.
    pub(crate) fn older(self) -> Cell {
        Cell { lease: self.lease.map(Left::less), window: self.window.map(Left::less), ..self }
    }
}

impl Token {
    pub(crate) fn name(self) -> String {
        format!("{}{}", message_id(self.message), self.receive)
    }
}

impl Write {
    /// Hands the attempt of this write on, in the terms of the rules.
    pub(crate) fn with_attempt<T>(&self, then: impl FnOnce(Attempt<'_>) -> T) -> T {
        let Cell { owner, own_body, attempts, .. } = self.cell;
        then(Attempt {
            owner: &owner.name(),
            message_id: message_id(owner.message),
            body_sha256: body_sha256(own_body.then_some(owner.message)),
            number: attempts,
            lease_until_ms: self.deadline.lease_ms(),
            now_ms: time::now_ms(self.ahead),
        })
    }

    /// A tick later.
    pub(crate) fn older(self) -> Write {
        Write { cell: self.cell.older(), deadline: self.deadline.less(), ..self }
    }
}

impl Table {
    pub(crate) fn is_done(&self) -> bool {
        self.row.is_some_and(|row| row.status == Status::Done && !row.is_expired())
    }

    pub(crate) fn is_claimed_by(&self, token: Token) -> bool {
        self.row.is_some_and(|row| row.status == Status::Claimed && row.owner == token)
    }

    pub(crate) fn is_done_by(&self, token: Token) -> bool {
        self.is_done() && self.row.is_some_and(|row| row.owner == token)
    }

    /// One conditional write.
    pub(crate) fn write(&mut self, write: &Write, missing: Missing) -> Result<Answer, Wrong> {
        let seen = self.row.map(|row| missing.seen(row.row()));
        let clauses = |attempt: Attempt<'_>| {
            attempt.clauses(write.over).iter().any(|clause| missing.holds(*clause, seen.as_ref()))
        };
        if !write.with_attempt(clauses) {
            return Ok(Answer::Refused(self.row));
        }
        self.check(write)?;
        let was_dead = self.row.is_some_and(|row| !row.is_expired() && (row.was_dead || row.status == Status::Dead));
        self.row = Some(Cell { was_dead, ..write.cell });
        Ok(Answer::Taken)
    }

    /// What a write that goes through has to be, whatever its condition said.
    fn check(&mut self, write: &Write) -> Result<(), Wrong> {
        let (new, old) = (write.cell, self.row.filter(|row| !row.is_expired()));
        if old.is_none() {
            self.commits = 0;
        }
        self.commits += u8::from(write.has_effect);
        if self.commits > 1 {
            return Err(Wrong::CommittedTwice);
        }
        if write.over == Over::Mine && !self.is_claimed_by(new.owner) {
            return Err(Wrong::SettledWithoutLease);
        }
        let Some(old) = old else { return Ok(()) };
        match old.status {
            Status::Done => Err(Wrong::DoneOverwritten),
            Status::Dead if old.owner.message == new.owner.message => Err(Wrong::CameBackByItself),
            Status::Claimed | Status::Waiting if new.status == Status::Claimed && new.attempts <= old.attempts => {
                Err(Wrong::NumberTakenTwice)
            }
            _ => Ok(()),
        }
    }
}

fn message_id(message: usize) -> &'static str {
    ["a", "b", "c"][message]
}

/// The hash of the body that all deliveries share, or of a delivery's own.
fn body_sha256(own: Option<usize>) -> &'static str {
    own.map_or("shared", message_id)
}
