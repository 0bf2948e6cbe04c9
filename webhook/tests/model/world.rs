//! Two workers, one event, and everything that can go wrong between them, the queue and the table.
//!
//! Each decision is made by the code that the worker runs: [`Course`] says the step, and the table evaluates the
//! clauses of [`webhook::ledger`]. What the model adds is the world: crashes and pauses at every step, answers that
//! are lost or late, visibility timeouts at any moment, replies that never arrive.
//!
//! What makes no difference is left out: two crashes that leave the same behind are one, and so are two orders of
//! things that nobody can tell apart.

use webhook::identity::Mode;
use webhook::ledger::Status;
use webhook::protocol::{Course, Effect, Rules, Way};

use crate::bounds::Bounds;
use crate::guards::Missing;
use crate::queue::{Message, Queue};
use crate::table::{Answer, Cell, Table, Token, Write, Wrong};
use crate::time::{LEASE, Left};
use crate::worker::{Fate, Work, ahead};

/// Everything at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) queue: Queue,
    pub(crate) table: Table,
    pub(crate) workers: [Option<Work>; 2],
    /// A write that is still on the wire while its worker has gone on.
    pub(crate) wire: Option<Write>,
    pub(crate) late_writes: u8,
    /// Whether the event was ever done.
    pub(crate) was_done: bool,
    /// What happened that must never happen. Nothing matters after it.
    pub(crate) wrong: Option<Wrong>,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Receive { worker: usize, message: usize, way: Way },
    Act { worker: usize, effect: Effect },
    Call { worker: usize, fate: Fate },
    AnswerArrives { worker: usize },
    Reply { worker: usize },
    Crash { worker: usize },
    LateWriteLands,
    Redrive,
    Tick,
    RowRemoved,
}

/// A world and what is missing in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) bounds: Bounds,
    pub(crate) missing: Missing,
}

impl World {
    pub(crate) fn begin(bounds: Bounds) -> World {
        World {
            queue: Queue::begin(bounds),
            table: Table { row: None, commits: 0 },
            workers: [None, None],
            wire: None,
            late_writes: bounds.late_writes,
            was_done: false,
            wrong: None,
        }
    }

    /// Whether all that is left to do, people do.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.queue.is_empty() && self.workers == [None, None] && self.wire.is_none()
    }

    /// Whether more can happen than that time passes.
    pub(crate) fn goes_on(&self, setting: Setting) -> bool {
        let mut actions = Vec::new();
        self.actions(setting, &mut actions);
        self.wrong.is_some() || actions.iter().any(|action| *action != Action::Tick)
    }

    /// Whether the event was done, or is a letter.
    pub(crate) fn is_settled(&self) -> bool {
        self.was_done || self.queue.letters > 0
    }

    /// Whether the event is done by an attempt that was not its first.
    pub(crate) fn is_done_later(&self) -> bool {
        self.table.row.is_some_and(|row| row.status == Status::Done && row.attempts > 1)
    }

    /// The message by which an event is done that was dead.
    pub(crate) fn revived_by(&self) -> Option<&Message> {
        let row = self.table.row.filter(|row| row.status == Status::Done && row.was_dead)?;
        self.queue.messages.get(row.owner.message)
    }

    /// All that may happen next.
    pub(crate) fn actions(&self, setting: Setting, actions: &mut Vec<Action>) {
        let bounds = setting.bounds;
        if self.wrong.is_some() {
            return;
        }
        for (worker, work) in self.workers.iter().enumerate() {
            match work {
                Some(work) => {
                    self.actions_of(worker, work, setting, actions);
                    actions.push(Action::Crash { worker });
                }
                None if self.is_first_idle(worker, bounds) => {
                    for message in self.queue.receivable(bounds) {
                        actions.extend(bounds.ways.iter().map(|way| Action::Receive { worker, message, way: *way }));
                    }
                }
                None => {}
            }
        }
        actions.extend(self.wire.map(|_| Action::LateWriteLands));
        actions.extend(self.queue.may_redrive(bounds).then_some(Action::Redrive));
        actions.push(Action::Tick);
        actions.extend(self.table.row.filter(Cell::is_expired).map(|_| Action::RowRemoved));
    }

    /// The world after something happened.
    pub(crate) fn after(mut self, action: Action, setting: Setting) -> World {
        if let Err(wrong) = self.happen(action, setting) {
            self.wrong = Some(wrong);
        }
        if let Some(row) = self.table.row.filter(|_| self.table.is_done()) {
            self.queue.note_done(row.owner.message, setting.bounds);
            self.was_done = true;
        }
        self.forget(setting.bounds);
        self
    }

    fn happen(&mut self, action: Action, setting: Setting) -> Result<(), Wrong> {
        let Setting { bounds, missing } = setting;
        match action {
            Action::Receive { worker, message, way } => self.receive(worker, message, way, bounds),
            Action::Redrive => self.queue.redrive(),
            Action::RowRemoved => self.table.row = None,
            Action::Tick => self.tick(),
            Action::Crash { worker } => self.workers[worker] = None,
            Action::LateWriteLands => {
                if let Some(write) = self.wire.take() {
                    self.table.write(&write, missing)?;
                }
            }
            Action::Act { worker, effect } => self.act(worker, effect, setting)?,
            Action::Call { worker, fate } => self.call(worker, fate, setting)?,
            Action::AnswerArrives { worker } => self.answer_arrives(worker, setting)?,
            Action::Reply { worker } => self.reply(worker, missing),
        }
        Ok(())
    }

    fn tick(&mut self) {
        self.table.row = self.table.row.map(Cell::older);
        self.wire = self.wire.map(Write::older);
        for work in self.workers.iter_mut().flatten() {
            work.deadline = work.deadline.less();
            if let Some(Answer::Refused(Some(row))) = &mut work.answer {
                *row = row.older();
            }
        }
    }

    fn receive(&mut self, worker: usize, message: usize, way: Way, bounds: Bounds) {
        let Some(receive) = self.queue.receive(message, bounds) else { return };
        let rules = Rules {
            way,
            mode: Mode::Id,
            strict_ids: bounds.strict_ids,
            attempts_max: bounds.attempts_max,
            receives_max: bounds.receives_max,
        };
        let deadline = Left::ticks(LEASE + ahead(worker, bounds));
        let (token, course) = (Token { message, receive }, Course::begin(rules, receive));
        let comes_after_done = self.table.is_done() && bounds.window.is_none() && !bounds.strict_ids;
        let mut work = Work { token, way, course, comes_after_done, deadline, answer: None };
        work.forget();
        self.workers[worker] = Some(work);
    }

    /// Forgets what no rule can ask for any more, so that worlds are equal that differ in nothing else.
    fn forget(&mut self, bounds: Bounds) {
        if !bounds.skewed {
            self.workers.sort_by_key(|work| work.map(|work| work.token));
        }
        let tokens = [
            self.workers[0].map(|work| work.token),
            self.workers[1].map(|work| work.token),
            self.wire.map(|write| write.cell.owner),
        ];
        self.table.row = self.table.row.map(|row| row.forget(!tokens.contains(&Some(row.owner))));
    }

    /// Where the clocks are the same, one idle worker stands for the other.
    fn is_first_idle(&self, worker: usize, bounds: Bounds) -> bool {
        bounds.skewed || self.workers[..worker].iter().all(Option::is_some)
    }
}
