//! What protects the invariants. Each guard can be taken away from outside, without a switch in the product: the
//! table overlooks a clause, the worker is told another row or time, or it takes two steps in the wrong order.

use webhook::ledger::{Attempt, Clause, Row, SKEW_MS, Status};
use webhook::protocol::{End, Step};

/// One thing that protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Complete and release go over the own claim, not over any.
    Owner,
    /// The lease is looked at when the claim's answer comes.
    LeaseCheck,
    /// A lease counts as ended only when it has for every clock.
    SkewMargin,
    /// Of two attempts that take the same number one is refused.
    ExactCount,
    /// No write goes over a row that is done.
    NeverOverDone,
    /// A row that I wrote myself means that my write landed.
    OwnerIsMe,
    /// A dead row is not taken again by the message that died.
    DeadByThisMessage,
    /// An expired row counts as absent.
    ExpiredIsAbsent,
    /// A letter is durable before its row says that the event is dead.
    LetterBeforeMark,
    /// A letter is durable before its message is acknowledged.
    LetterBeforeReply,
    /// The row is read before a letter is written for an event that may be done.
    ReadBeforeLetter,
    /// What did not settle is reported as failed, so that it is not deleted.
    FailuresAreReported,
}

/// The guard that is missing, if any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Missing(pub(crate) Option<Guard>);

impl Missing {
    pub(crate) fn is(self, guard: Guard) -> bool {
        self.0 == Some(guard)
    }

    /// The row as table and worker take it to be.
    pub(crate) fn seen(self, mut row: Row) -> Row {
        match self.0 {
            Some(Guard::ExpiredIsAbsent) => row.expires_at = None,
            Some(Guard::SkewMargin) => row.lease_until_ms = row.lease_until_ms.map(|until| until - SKEW_MS),
            Some(Guard::DeadByThisMessage) => row.message_id = "another".to_owned(),
            _ => {}
        }
        row
    }

    /// The row as the worker is told it.
    pub(crate) fn told(self, row: Row) -> Row {
        let owner = if self.is(Guard::OwnerIsMe) { "another".to_owned() } else { row.owner.clone() };
        Row { owner, ..self.seen(row) }
    }

    /// The row as the worker reads it.
    pub(crate) fn read(self, row: Row) -> Option<Row> {
        Some(self.told(row)).filter(|_| !self.is(Guard::ReadBeforeLetter))
    }

    /// Whether a clause holds for the table.
    pub(crate) fn holds(self, clause: Clause<'_>, row: Option<&Row>) -> bool {
        let is = |status| row.is_some_and(|row| row.status == status);
        match (self.0, clause) {
            (Some(Guard::NeverOverDone), _) if is(Status::Done) => true,
            (Some(Guard::Owner), Clause::ClaimedBy(_)) => is(Status::Claimed),
            (Some(Guard::ExactCount), Clause::Waiting(_)) => Clause::Waiting(None).holds(row),
            (Some(Guard::ExactCount), Clause::LeaseEnded(ms, _)) => Clause::LeaseEnded(ms, None).holds(row),
            _ => clause.holds(row),
        }
    }

    /// The attempt when a step of it has led to something.
    pub(crate) fn attempt(self, mut attempt: Attempt<'_>) -> Attempt<'_> {
        if self.is(Guard::LeaseCheck) {
            attempt.lease_until_ms = u64::MAX;
        }
        attempt
    }

    /// What is done at a step.
    pub(crate) fn step(self, step: Step) -> Step {
        match (self.0, step) {
            (Some(Guard::LetterBeforeMark), Step::SendLetter(reason)) => Step::MarkDead(reason),
            (Some(Guard::LetterBeforeMark), Step::MarkDead(reason)) => Step::SendLetter(reason),
            (_, step) => step,
        }
    }

    /// Whether the message of a worker at this step is let go.
    pub(crate) fn lets_go_early(self, step: Step) -> bool {
        self.is(Guard::LetterBeforeReply) && matches!(step, Step::SendLetter(_))
    }

    pub(crate) fn acknowledges(self, end: End) -> bool {
        end.acknowledges() || self.is(Guard::FailuresAreReported)
    }
}
