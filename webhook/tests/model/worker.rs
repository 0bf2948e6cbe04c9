//! What a worker does: it takes the steps of its course, and each call may fare in many ways.

use webhook::ledger::{Attempt, Over, Status};
use webhook::protocol::{Course, Effect, End, Happened, Step, Way};

use crate::bounds::Bounds;
use crate::guards::Missing;
use crate::table::{Answer, Cell, Token, Write, Wrong};
use crate::time::{Left, SKEW, now_ms};
use crate::world::{Action, Setting, World};

/// What a worker is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Work {
    pub(crate) token: Token,
    pub(crate) way: Way,
    pub(crate) course: Course,
    /// Whether the event was done, for good, when the message was received.
    pub(crate) comes_after_done: bool,
    /// When its invocation ends and its lease with it.
    pub(crate) deadline: Left,
    /// An answer that is under way.
    pub(crate) answer: Option<Answer>,
}

/// How a call fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It takes effect and is answered.
    Answered,
    /// It takes effect and the answer is lost: the SDK makes the same call again, or gives up.
    Lost,
    /// It takes effect and its answer comes later.
    Slow,
    /// It stays on the wire: the SDK makes the same call again, or gives up.
    Late,
    /// It takes no effect and fails.
    Failed,
    /// The table will never take it.
    Impossible,
    /// A write of the handler's that commits with it is refused, and then a newer event was there before.
    Superseded,
    /// A write of the handler's is refused, and that has this effect.
    Refused(Effect),
}

impl World {
    /// What may happen to a worker at its step.
    pub(crate) fn actions_of(&self, worker: usize, work: &Work, setting: Setting, actions: &mut Vec<Action>) {
        let Setting { bounds, missing } = setting;
        if work.answer.is_some() {
            actions.push(Action::AnswerArrives { worker });
            return;
        }
        let step = work.course.step();
        let mut call = |fate| actions.push(Action::Call { worker, fate });
        match step {
            Step::End(_) => return actions.push(Action::Reply { worker }),
            Step::Act => {
                return actions.extend(bounds.effects.iter().map(|effect| Action::Act { worker, effect: *effect }));
            }
            Step::Read(_) => call(Fate::Answered),
            _ => [Fate::Answered, Fate::Lost].into_iter().for_each(&mut call),
        }
        if !work.fails_like_a_crash(missing) {
            call(Fate::Failed);
        }
        if bounds.refusals && matches!(step, Step::Claim | Step::Commit(_)) {
            call(Fate::Impossible);
        }
        if bounds.refusals && matches!(step, Step::Commit(_)) {
            call(Fate::Superseded);
            for effect in bounds.effects.iter().filter(|effect| **effect != Effect::Ready) {
                call(Fate::Refused(*effect));
            }
        }
        if matches!(step, Step::Read(_) | Step::SendLetter(_)) {
            return;
        }
        if bounds.slow_answers {
            call(Fate::Slow);
        }
        if self.late_writes > 0 && self.wire.is_none() {
            call(Fate::Late);
        }
    }

    /// The handler ends, and an effect outside has been started at some time until now.
    pub(crate) fn act(&mut self, worker: usize, effect: Effect, setting: Setting) -> Result<(), Wrong> {
        self.check_lease(worker, setting)?;
        self.go_on(worker, &Happened::Acted(effect), setting)
    }

    /// An effect outside may start as long as the worker's own clock says that its lease lives.
    fn check_lease(&self, worker: usize, Setting { bounds, .. }: Setting) -> Result<(), Wrong> {
        let Some(work) = &self.workers[worker] else { return Ok(()) };
        let lives = work.deadline.lease_ms() > now_ms(ahead(worker, bounds));
        let may_start = work.way == Way::Claimed && lives;
        if may_start && !self.table.is_claimed_by(work.token) { Err(Wrong::StartedWithoutLease) } else { Ok(()) }
    }

    /// One call of a worker.
    pub(crate) fn call(&mut self, worker: usize, fate: Fate, setting: Setting) -> Result<(), Wrong> {
        let Some(work) = self.workers[worker] else { return Ok(()) };
        let Setting { bounds, missing } = setting;
        let step = missing.step(work.course.step());
        let refusal = match fate {
            Fate::Failed => Some(Happened::Failed),
            Fate::Impossible => Some(Happened::Impossible),
            Fate::Superseded => Some(Happened::Superseded),
            Fate::Refused(effect) => Some(Happened::Acted(effect)),
            Fate::Answered | Fate::Lost | Fate::Slow | Fate::Late => None,
        };
        if let Some(happened) = refusal {
            return self.go_on(worker, &happened, setting);
        }
        let (status, over) = match step {
            Step::Claim => (Status::Claimed, Over::Next),
            Step::Commit(over) | Step::Supersede(over) => (Status::Done, over),
            Step::MarkDead(_) => (Status::Dead, Over::OpenOrMine),
            Step::Release(over) => (Status::Waiting, over),
            Step::SendLetter(_) => {
                if work.comes_after_done {
                    return Err(Wrong::NeedlessLetter);
                }
                self.queue.add_letter(work.token.message, bounds);
                let answered = fate == Fate::Answered;
                return if answered { self.go_on(worker, &Happened::Succeeded, setting) } else { Ok(()) };
            }
            Step::Read(_) => {
                let row = self.table.row.and_then(|row| missing.read(row.row()));
                return self.go_on(worker, &Happened::Found(row.as_ref()), setting);
            }
            Step::Act | Step::End(_) => return Ok(()),
        };
        let write = self.write_of(worker, &work, status, over, bounds);
        if fate == Fate::Late {
            (self.wire, self.late_writes) = (Some(write), self.late_writes - 1);
            return Ok(());
        }
        let answer = self.table.write(&write, missing)?;
        match fate {
            Fate::Answered => self.answered(worker, answer, setting),
            Fate::Slow => {
                self.workers[worker] = Some(Work { answer: Some(answer), ..work });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn write_of(&self, worker: usize, work: &Work, status: Status, over: Over, bounds: Bounds) -> Write {
        let cell = Cell {
            status,
            owner: work.token,
            own_body: bounds.strict_ids,
            attempts: work.course.number(),
            lease: (status == Status::Claimed).then_some(work.deadline),
            window: bounds.window.map(Left::ticks),
            was_dead: false,
        };
        // A handler that acts outside may have writes of its own as well, which commit with the mark.
        let has_effect = matches!(work.course.step(), Step::Commit(_));
        Write { cell, over, has_effect, deadline: work.deadline, ahead: ahead(worker, bounds) }
    }

    pub(crate) fn answer_arrives(&mut self, worker: usize, setting: Setting) -> Result<(), Wrong> {
        match self.workers[worker].as_mut().and_then(|work| work.answer.take()) {
            Some(answer) => self.answered(worker, answer, setting),
            None => Ok(()),
        }
    }

    fn answered(&mut self, worker: usize, answer: Answer, setting: Setting) -> Result<(), Wrong> {
        let row = match answer {
            Answer::Taken => return self.go_on(worker, &Happened::Succeeded, setting),
            // Nothing to decide on.
            Answer::Refused(None) => return self.go_on(worker, &Happened::Failed, setting),
            Answer::Refused(Some(row)) => setting.missing.told(row.row()),
        };
        self.go_on(worker, &Happened::NotOpen(&row), setting)
    }

    /// A worker's course goes on.
    fn go_on(&mut self, worker: usize, happened: &Happened<'_>, setting: Setting) -> Result<(), Wrong> {
        let Setting { bounds, missing } = setting;
        let Some(mut work) = self.workers[worker] else { return Ok(()) };
        let claimed_now = work.course.step() == Step::Claim;
        let write = self.write_of(worker, &work, Status::Waiting, Over::Mine, bounds);
        work.course = write.with_attempt(|attempt| work.course.after(happened, &missing.attempt(attempt)));
        let step = work.course.step();
        if missing.lets_go_early(step) {
            self.queue.delete(work.token.message);
        }
        work.forget();
        // A reply that acknowledges nothing changes nothing.
        let is_over = matches!(step, Step::End(end) if !missing.acknowledges(end));
        self.workers[worker] = Some(work).filter(|_| !is_over);
        match step {
            // The effect may start right away, for the course has looked at the lease.
            Step::Act if claimed_now && !self.table.is_claimed_by(work.token) => Err(Wrong::StartedWithoutLease),
            Step::End(end) if self.misleads(end, work.token, bounds) => Err(Wrong::Misled),
            _ => Ok(()),
        }
    }

    /// Whether an end says something of the row that is not so.
    fn misleads(&self, end: End, token: Token, bounds: Bounds) -> bool {
        match end {
            End::Done | End::Superseded => bounds.window.is_none() && !self.table.is_done_by(token),
            End::Duplicate { .. } => !self.was_done || self.table.is_done_by(token),
            End::Busy(_) | End::LeaseLost => self.table.is_done_by(token),
            _ => false,
        }
    }

    /// The reply of the function deletes the message, or not. A reply that is lost is as good as a crash.
    pub(crate) fn reply(&mut self, worker: usize, missing: Missing) {
        let Some(Work { token, course, .. }) = self.workers[worker].take() else { return };
        if let Step::End(end) = course.step()
            && missing.acknowledges(end)
        {
            self.queue.delete(token.message);
        }
    }
}

impl Work {
    /// Whether a call that fails ends the work as a crash does, which is explored anyway.
    fn fails_like_a_crash(&self, missing: Missing) -> bool {
        // A failed call tells nothing that could be held against the attempt.
        let attempt =
            Attempt { owner: "", message_id: "", body_sha256: "", number: 1, lease_until_ms: 0, now_ms: now_ms(0) };
        let after = self.course.after(&Happened::Failed, &attempt);
        matches!(after.step(), Step::End(end) if !missing.acknowledges(end))
    }

    /// A deadline that nothing asks for any more is no part of the world.
    pub(crate) fn forget(&mut self) {
        if self.way == Way::AtOnce || !matches!(self.course.step(), Step::Claim | Step::Act) {
            self.deadline = Left::NOTHING;
        }
    }
}

/// By how many ticks a worker's clock is ahead.
pub(crate) fn ahead(worker: usize, bounds: Bounds) -> i8 {
    if bounds.skewed && worker == 1 { SKEW } else { 0 }
}
