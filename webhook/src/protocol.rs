//! The worker's protocol for one message: what to do next, as a function of what happened so far.
//!
//! The worker performs [`Step`]s and reports what [`Happened`]; every decision is here, so that the model
//! checker in `tests/model` explores the very code that runs. A course goes on until it says [`Step::End`].
//!
//! There are two [`Way`]s. Where the whole effect lies in the table, the handler runs first, and effect and mark
//! commit in one write. Where it lies outside, the row is claimed, then the handler acts, then the row is
//! completed; the claim's lease keeps other workers away, and a worker that outlives it is refused.

use crate::identity::Mode;
use crate::ledger::{Attempt, Over, Row, Verdict, judge};
use crate::letter::Reason;

/// How an event is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// Its effect and its mark commit in one write over an open row.
    AtOnce,
    /// Its effect lies outside the table: claim, act, complete.
    Claimed,
}

/// What a source and its worker want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rules {
    /// How an event is settled.
    pub way: Way,
    /// What makes two deliveries the same event.
    pub mode: Mode,
    /// Whether an id that was used with another body makes a dead letter.
    pub strict_ids: bool,
    /// How often an event is attempted before it is given up.
    pub attempts_max: u32,
    /// How often a message is received before it is given up without another attempt. It is more than the attempts:
    /// some receives are none, and it ends what never lives to be counted.
    pub receives_max: u32,
}

/// How acting on an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It is at hand to be committed, or it has happened outside.
    Ready,
    /// With a failure that stays one, for this reason.
    Never(Reason),
    /// With a failure that may pass. The reason counts once the attempts are exhausted.
    NotNow(Reason),
}

/// What an event without an effect is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aim {
    /// Dead, for this reason.
    Bury(Reason),
    /// Waiting for its next attempt, or dead for this reason when that was the last.
    Wait(Reason),
}

/// One call of the worker, or the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Take the row, with a lease.
    Claim,
    /// Act on the event, in the time of the lease where there is one.
    Act,
    /// Mark the row done, in one write with whatever of the effect lies in the table.
    Commit(Over),
    /// Mark the row done without the effect, which came too late to matter.
    Supersede(Over),
    /// Read the row, before a letter is written for an event that may be done.
    Read(Aim),
    /// Make a letter durable. It comes before the mark, so that a crash between the two repeats the letter and
    /// never loses it.
    SendLetter(Reason),
    /// Mark an open row dead, now that its letter is durable.
    MarkDead(Reason),
    /// Mark the row waiting, and with it count the attempt.
    Release(Over),
    /// Nothing more to do.
    End(End),
}

/// How a course ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// Its effect is committed: acknowledge.
    Done,
    /// It is marked done without an effect, because a newer one was there: acknowledge.
    Superseded,
    /// Its source does not want it: acknowledge.
    Filtered,
    /// Another delivery's effect is committed: acknowledge.
    Duplicate {
        /// Whether that delivery had the same body.
        same_body: bool,
    },
    /// Its letter is durable: acknowledge.
    Dead(Reason),
    /// Its letter was durable before: acknowledge.
    LetterSent,
    /// Not settled: it comes again after the backoff that so many tries have.
    Backoff(u32),
    /// Not settled: another worker acts on it until this time, Unix time in milliseconds.
    Busy(u64),
    /// Not settled by this worker: its lease ended, and the row is another's or may be.
    LeaseLost,
}

impl End {
    /// Whether the message may be deleted from the queue.
    pub fn acknowledges(self) -> bool {
        !matches!(self, End::Backoff(_) | End::Busy(_) | End::LeaseLost)
    }
}

/// What a step led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened<'r> {
    /// The write was taken, or the letter is durable.
    Succeeded,
    /// The handler acted, or a write of its own was refused and it had said what that means.
    Acted(Effect),
    /// A write of the handler's was refused and it had said: then a newer event was there before.
    Superseded,
    /// The write was refused by this row.
    NotOpen(&'r Row),
    /// The row as it was read.
    Found(Option<&'r Row>),
    /// The write can never be taken.
    Impossible,
    /// No answer, or one that says to come again. What was asked may have taken effect all the same.
    Failed,
}

/// How often a write is tried over a row that others keep changing, or that does not answer.
const RACES_MAX: u8 = 4;

/// The course of one message: the step it is at, and what is known by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Course {
    step: Step,
    rules: Rules,
    /// How many tries it has behind it with this one, for as long as the table has not said so.
    tries: u32,
    /// Which attempt it is, once the table has said so.
    number: Option<u32>,
    /// Whether the row was claimed.
    claimed: bool,
    /// Whether the event was acted on.
    acted: bool,
    races: u8,
}

impl Course {
    /// The course of an event that has a row in the ledger, received for the so-manieth time.
    pub fn begin(rules: Rules, receives: u32) -> Self {
        let step = match rules.way {
            _ if receives >= rules.receives_max => Step::Read(Aim::Bury(Reason::AttemptsExhausted)),
            Way::AtOnce => Step::Act,
            Way::Claimed => Step::Claim,
        };
        Course { step, rules, tries: receives, number: None, claimed: false, acted: false, races: 0 }
    }

    /// The same where receives say more than was tried: a backoff takes it for so many tries until the table has told
    /// which attempt it is.
    pub fn tried(self, tries: u32) -> Self {
        Course { tries, ..self }
    }

    /// What becomes of a message whose event cannot be told, so that there is no row for it: a letter for this
    /// reason, or nothing yet. Receives are all there is to count.
    pub fn without_row(effect: Effect, receives: u32, receives_max: u32) -> Option<Reason> {
        match effect {
            Effect::Never(reason) => Some(reason),
            Effect::NotNow(reason) if receives >= receives_max => Some(reason),
            Effect::NotNow(_) | Effect::Ready => None,
        }
    }

    /// What to do now.
    pub fn step(&self) -> Step {
        self.step
    }

    /// Which of the event's attempts this is, as far as is known; or how many there were, when it is given up without
    /// another.
    pub fn number(&self) -> u32 {
        self.number.unwrap_or(1)
    }

    /// The course after its step led to this. `attempt` is the one that the step was made with, at the time of now.
    pub fn after(mut self, happened: &Happened<'_>, attempt: &Attempt<'_>) -> Self {
        self.acted |= self.step == Step::Act;
        self.step = match (self.step, happened) {
            (Step::End(end), _) => Step::End(end),

            (Step::Claim, Happened::Succeeded) => self.claim_holds(attempt),
            (Step::Claim | Step::Commit(_) | Step::Supersede(_), Happened::NotOpen(row)) => self.refused(row, attempt),
            (Step::Claim | Step::Commit(_), Happened::Impossible) => Step::Read(Aim::Bury(Reason::DestinationRejected)),

            (Step::Act, Happened::Acted(Effect::Ready)) => Step::Commit(self.over()),
            (Step::Act | Step::Commit(_), Happened::Acted(Effect::Never(reason))) => Step::Read(Aim::Bury(*reason)),
            (Step::Act | Step::Commit(_), Happened::Acted(Effect::NotNow(reason))) => Step::Read(Aim::Wait(*reason)),

            (Step::Commit(_), Happened::Succeeded) => Step::End(End::Done),
            (Step::Commit(over), Happened::Superseded) => Step::Supersede(over),
            (Step::Supersede(_), Happened::Succeeded) => Step::End(End::Superseded),

            (Step::Read(aim), Happened::Found(row)) => self.found(aim, *row, attempt),

            (Step::SendLetter(Reason::IdConflict), Happened::Succeeded) => Step::End(End::Dead(Reason::IdConflict)),
            (Step::SendLetter(reason), Happened::Succeeded) => Step::MarkDead(reason),
            // The letter is durable: whatever the row says now, the message may go.
            (Step::MarkDead(reason), _) => Step::End(End::Dead(reason)),

            // The effect has happened outside: to mark it is better than to repeat it.
            (Step::Commit(Over::Mine), Happened::Failed) if self.may_insist(attempt) => Step::Commit(Over::Mine),

            (Step::Release(_), Happened::NotOpen(row)) if self.claimed && row.owner != attempt.owner => {
                Step::End(End::LeaseLost)
            }

            _ => Step::End(End::Backoff(self.number.unwrap_or(self.tries))),
        };
        self
    }

    /// Whether a write that failed is tried once more: while the lease lives, and not for ever.
    fn may_insist(&mut self, attempt: &Attempt<'_>) -> bool {
        self.races += 1;
        self.races < RACES_MAX && attempt.now_ms < attempt.lease_until_ms
    }

    /// What a settling write has to find.
    fn over(&self) -> Over {
        if self.claimed { Over::Mine } else { Over::Next }
    }

    /// The claim is in the table; its answer may have come when the lease was over.
    fn claim_holds(&mut self, attempt: &Attempt<'_>) -> Step {
        self.claimed = true;
        self.number = Some(attempt.number);
        if attempt.now_ms < attempt.lease_until_ms { Step::Act } else { Step::End(End::LeaseLost) }
    }

    /// A row stood in the way of a write: only it decides what that means.
    fn refused(&mut self, row: &Row, attempt: &Attempt<'_>) -> Step {
        self.races += 1;
        match (judge(row, attempt), self.step) {
            (Verdict::Landed, Step::Claim) => self.claim_holds(attempt),
            (Verdict::Landed, Step::Supersede(_)) => Step::End(End::Superseded),
            (Verdict::Landed, _) => Step::End(End::Done),
            _ if self.claimed => Step::End(End::LeaseLost),
            (Verdict::Open(number), step) => {
                self.number = Some(number);
                match step {
                    // Earlier attempts were claimed and never lived to be released.
                    Step::Claim if number > self.rules.attempts_max => Step::Read(Aim::Bury(Reason::AttemptsExhausted)),
                    step if self.races < RACES_MAX => step,
                    _ => Step::End(End::Backoff(number)),
                }
            }
            (verdict, _) => self.settled_elsewhere(verdict),
        }
    }

    /// What is done with an event that has no effect, now that its row is known.
    fn found(&mut self, aim: Aim, row: Option<&Row>, attempt: &Attempt<'_>) -> Step {
        let verdict = row.map_or(Verdict::Open(1), |row| judge(row, attempt));
        match verdict {
            Verdict::Landed => {}
            _ if self.claimed => return Step::End(End::LeaseLost),
            Verdict::Open(number) => self.number = Some(if self.acted { number } else { number.saturating_sub(1) }),
            verdict => return self.settled_elsewhere(verdict),
        }
        match aim {
            Aim::Bury(reason) => Step::SendLetter(reason),
            Aim::Wait(reason) if self.number() >= self.rules.attempts_max => Step::SendLetter(reason),
            Aim::Wait(_) => Step::Release(self.over()),
        }
    }

    fn settled_elsewhere(&self, verdict: Verdict) -> Step {
        match verdict {
            Verdict::Duplicate { same_body } => self.duplicate(same_body),
            Verdict::LetterSent => Step::End(End::LetterSent),
            Verdict::Busy { until_ms } => Step::End(End::Busy(until_ms)),
            Verdict::Landed | Verdict::Open(_) => Step::End(End::Backoff(self.number())),
        }
    }

    /// A body's hash in the identity leaves no room for two bodies under one.
    fn duplicate(&self, same_body: bool) -> Step {
        let same_body = same_body || self.rules.mode != Mode::Id;
        if self.rules.strict_ids && !same_body {
            return Step::SendLetter(Reason::IdConflict);
        }
        Step::End(End::Duplicate { same_body })
    }
}
