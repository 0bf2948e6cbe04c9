//! The worker's protocol for one message: what to do next, as a function of what happened so far.
//!
//! The worker performs [`Step`]s and reports what [`Happened`]; every decision is here, so that the model
//! checker in `tests/model` explores the very code that runs. A course is started with a [`Goal`] and goes on
//! until it says [`Step::End`].

use crate::identity::Mode;
use crate::ledger::{Attempt, Row, Verdict, judge};
use crate::letter::Reason;

/// What a message is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Goal {
    /// Done: its effect is at hand and has to be committed.
    Commit,
    /// Dead, for this reason.
    Bury(Reason),
    /// Neither now: it comes again.
    Wait,
}

/// How a handler ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// With an effect to commit.
    Ready,
    /// With a failure that stays one, for this reason.
    Never(Reason),
    /// With a failure that may pass. The reason counts once the attempts are exhausted.
    NotNow(Reason),
}

impl Goal {
    /// What to do after a handler: a failure that may pass is buried only when the receives are used up.
    pub fn after(effect: Effect, receives: u32, attempts_max: u32) -> Self {
        match effect {
            Effect::Ready => Goal::Commit,
            Effect::Never(reason) => Goal::Bury(reason),
            Effect::NotNow(reason) if receives >= attempts_max => Goal::Bury(reason),
            Effect::NotNow(_) => Goal::Wait,
        }
    }
}

/// One call of the worker, or the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Commit effect and mark in one write over an open row.
    Commit,
    /// Read the row, before a letter is written for an event that may be done.
    Read(Reason),
    /// Make a letter durable. It comes before the mark, so that a crash between the two repeats the letter and
    /// never loses it.
    SendLetter(Reason),
    /// Mark an open row dead, now that its letter is durable.
    MarkDead(Reason),
    /// Nothing more to do.
    End(End),
}

/// How a course ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// Its effect is committed: acknowledge.
    Done,
    /// Another delivery's effect is committed: acknowledge.
    Duplicate {
        /// Whether that delivery had the same body.
        same_body: bool,
    },
    /// Its letter is durable: acknowledge.
    Dead(Reason),
    /// Its letter was durable before: acknowledge.
    LetterSent,
    /// Not settled: it comes again after a backoff.
    Backoff,
    /// Not settled: another worker acts on it until this time, Unix time in milliseconds.
    Busy(u64),
}

impl End {
    /// Whether the message may be deleted from the queue.
    pub fn acknowledges(self) -> bool {
        !matches!(self, End::Backoff | End::Busy(_))
    }
}

/// What a step led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened<'r> {
    /// The write was taken, or the letter is durable.
    Succeeded,
    /// The write was refused by this row.
    NotOpen(&'r Row),
    /// The row as it was read.
    Found(Option<&'r Row>),
    /// The write can never be taken.
    Impossible,
    /// No answer, or one that says to come again. What was asked may have taken effect all the same.
    Failed,
}

/// What a source wants of its ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ids {
    /// What makes two deliveries the same event.
    pub mode: Mode,
    /// Whether an id that was used with another body makes a dead letter.
    pub strict: bool,
}

/// How often a write is tried over a row that others keep changing.
const RACES_MAX: u8 = 3;

/// The course of one message: the step it is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Course {
    step: Step,
    races: u8,
    ids: Ids,
    /// Whether there is a row to read and to mark: not for a message that is no envelope.
    has_row: bool,
}

impl Course {
    /// The course of an event that has a row in the ledger.
    pub fn begin(goal: Goal, ids: Ids) -> Self {
        let step = match goal {
            Goal::Commit => Step::Commit,
            Goal::Bury(reason) => Step::Read(reason),
            Goal::Wait => Step::End(End::Backoff),
        };
        Course { step, races: 0, ids, has_row: true }
    }

    /// The course of a message whose event cannot be told, so that the ledger has no row for it.
    pub fn without_row(goal: Goal) -> Self {
        let step = match goal {
            Goal::Bury(reason) => Step::SendLetter(reason),
            Goal::Commit | Goal::Wait => Step::End(End::Backoff),
        };
        Course { step, races: 0, ids: Ids { mode: Mode::Id, strict: false }, has_row: false }
    }

    /// What to do now.
    pub fn step(&self) -> Step {
        self.step
    }

    /// The course after its step led to this. `attempt` is the one that the step was made with.
    pub fn after(mut self, happened: &Happened<'_>, attempt: &Attempt<'_>) -> Self {
        self.step = match (self.step, happened) {
            (Step::End(end), _) => Step::End(end),

            (Step::Commit, Happened::Succeeded) => Step::End(End::Done),
            (Step::Commit, Happened::NotOpen(row)) => self.refused(judge(row, attempt)),
            (Step::Commit, Happened::Impossible) => Step::Read(Reason::DestinationRejected),

            (Step::Read(reason), Happened::Found(None)) => Step::SendLetter(reason),
            (Step::Read(reason), Happened::Found(Some(row))) => match judge(row, attempt) {
                Verdict::TryAgain | Verdict::Landed => Step::SendLetter(reason),
                Verdict::Duplicate { same_body } => self.duplicate(same_body),
                Verdict::LetterSent => Step::End(End::LetterSent),
                Verdict::Busy { until_ms } => Step::End(End::Busy(until_ms)),
            },

            (Step::SendLetter(Reason::IdConflict), Happened::Succeeded) => Step::End(End::Dead(Reason::IdConflict)),
            (Step::SendLetter(reason), Happened::Succeeded) if self.has_row => Step::MarkDead(reason),
            (Step::SendLetter(reason), Happened::Succeeded) => Step::End(End::Dead(reason)),

            // The letter is durable: whatever the row says now, the message may go.
            (Step::MarkDead(reason), _) => Step::End(End::Dead(reason)),

            (Step::Commit | Step::Read(_) | Step::SendLetter(_), _) => Step::End(End::Backoff),
        };
        self
    }

    fn refused(&mut self, verdict: Verdict) -> Step {
        self.races += 1;
        match verdict {
            Verdict::Landed => Step::End(End::Done),
            Verdict::TryAgain if self.races < RACES_MAX => Step::Commit,
            Verdict::TryAgain => Step::End(End::Backoff),
            Verdict::Duplicate { same_body } => self.duplicate(same_body),
            Verdict::LetterSent => Step::End(End::LetterSent),
            Verdict::Busy { until_ms } => Step::End(End::Busy(until_ms)),
        }
    }

    /// A body's hash in the identity leaves no room for two bodies under one.
    fn duplicate(&self, same_body: bool) -> Step {
        let same_body = same_body || self.ids.mode != Mode::Id;
        if self.ids.strict && !same_body {
            return Step::SendLetter(Reason::IdConflict);
        }
        Step::End(End::Duplicate { same_body })
    }
}
