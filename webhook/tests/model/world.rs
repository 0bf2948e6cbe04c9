//! Two workers, one event, and everything that can go wrong between them, the queue and the table.
//!
//! Every write is decided by the rules that the worker runs: [`Course`] says the step, [`Attempt::open`] the
//! condition, and here a table evaluates it. What the model adds is the world: crashes at every step, answers
//! that are lost after the write took effect, visibility timeouts at any moment, replies that never arrive.

use webhook::identity::Mode;
use webhook::ledger::{Attempt, Row, Status};
use webhook::letter::Reason;
use webhook::protocol::{Course, Effect, End, Goal, Happened, Ids, Step};

/// How much happens in a world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Deliveries of the event that the provider makes.
    pub(crate) deliveries: usize,
    /// Letters that an operator sends again.
    pub(crate) redrives: usize,
}

/// After so many receives the worker gives an event up that fails for the time being.
const ATTEMPTS_MAX: u32 = 2;
/// After so many receives SQS moves a message by itself.
const RECEIVES_MAX: u32 = 2;
const NOW_MS: u64 = 1_000_000;

/// What protects the invariants, each of which can be taken away to see that the model misses it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guards {
    /// The condition of a write does not let it over a row that is done.
    pub(crate) never_over_done: bool,
    /// A letter is durable before its row says that the event is dead.
    pub(crate) letter_before_mark: bool,
    /// What did not settle is reported as failed, so that it is not deleted.
    pub(crate) failures_are_reported: bool,
}

pub(crate) const ALL: Guards = Guards { never_over_done: true, letter_before_mark: true, failures_are_reported: true };

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Visible,
    Hidden,
    Gone,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Message {
    pub(crate) place: Place,
    receives: u32,
    /// Whether a copy of it reached the dead-letter queue.
    pub(crate) letter: bool,
    /// Whether it was a letter that was sent again.
    redriven: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Work {
    message: usize,
    receive: u32,
    course: Course,
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) messages: Vec<Message>,
    pub(crate) row: Option<Row>,
    pub(crate) commits: u8,
    pub(crate) was_done: bool,
    letters: usize,
    workers: [Option<Work>; 2],
}

/// How a call fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It takes effect and is answered.
    Answered,
    /// It takes effect, the answer is lost, and the SDK makes the same call again.
    Repeated,
    /// It takes effect and the answer is lost for good.
    Unanswered,
    /// It takes no effect and fails.
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Receive { worker: usize, message: usize, effect: Effect },
    Step { worker: usize, fate: Fate },
    Crash { worker: usize },
    VisibilityEnds { message: usize },
    Redrive,
}

fn message(redriven: bool) -> Message {
    Message { place: Place::Visible, receives: 0, letter: false, redriven }
}

impl World {
    pub(crate) fn begin(bounds: Bounds) -> World {
        World {
            messages: (0..bounds.deliveries).map(|_| message(false)).collect(),
            row: None,
            commits: 0,
            was_done: false,
            letters: 0,
            workers: [None, None],
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.row.as_ref().is_some_and(|row| row.status == Status::Done)
    }

    pub(crate) fn was_redriven(&self) -> bool {
        self.messages.iter().any(|message| message.redriven)
    }

    pub(crate) fn actions(&self, bounds: Bounds, actions: &mut Vec<Action>) {
        for (worker, work) in self.workers.iter().enumerate() {
            match work {
                Some(_) => {
                    let fates = [Fate::Answered, Fate::Repeated, Fate::Unanswered, Fate::Failed];
                    actions.extend(fates.map(|fate| Action::Step { worker, fate }));
                    actions.push(Action::Crash { worker });
                }
                None => {
                    let effects = [
                        Effect::Ready,
                        Effect::Never(Reason::HandlerRejected),
                        Effect::NotNow(Reason::AttemptsExhausted),
                    ];
                    let visible = |message: &usize| self.messages[*message].place == Place::Visible;
                    for message in (0..self.messages.len()).filter(visible) {
                        actions.extend(effects.map(|effect| Action::Receive { worker, message, effect }));
                    }
                }
            }
        }
        let hidden = |message: &usize| self.messages[*message].place == Place::Hidden;
        actions.extend((0..self.messages.len()).filter(hidden).map(|message| Action::VisibilityEnds { message }));
        if self.letters > 0 && self.messages.len() < bounds.deliveries + bounds.redrives {
            actions.push(Action::Redrive);
        }
    }

    pub(crate) fn after(&self, action: Action, guards: Guards) -> World {
        let mut world = self.clone();
        match action {
            Action::Receive { worker, message, effect } => world.receive(worker, message, effect),
            Action::Step { worker, fate } => world.step(worker, fate, guards),
            Action::Crash { worker } => world.workers[worker] = None,
            Action::VisibilityEnds { message } => world.messages[message].place = Place::Visible,
            Action::Redrive => {
                world.letters -= 1;
                world.messages.push(message(true));
            }
        }
        world.was_done |= world.is_done();
        world
    }

    fn receive(&mut self, worker: usize, index: usize, effect: Effect) {
        let message = &mut self.messages[index];
        message.receives += 1;
        if message.receives > RECEIVES_MAX {
            (message.place, message.letter) = (Place::Gone, true);
            self.letters += 1;
            return;
        }
        message.place = Place::Hidden;
        let goal = Goal::after(effect, message.receives, ATTEMPTS_MAX);
        let course = Course::begin(goal, Ids { mode: Mode::Id, strict: false });
        self.workers[worker] = Some(Work { message: index, receive: message.receives, course });
    }

    /// One call of a worker, or the end of its work.
    fn step(&mut self, worker: usize, fate: Fate, guards: Guards) {
        let Some(work) = self.workers[worker].clone() else { return };
        let step = match (work.course.step(), guards.letter_before_mark) {
            (Step::SendLetter(reason), false) => Step::MarkDead(reason),
            (Step::MarkDead(reason), false) => Step::SendLetter(reason),
            (step, _) => step,
        };
        if let Step::End(end) = step {
            self.end(&work, end, fate, guards);
            self.workers[worker] = None;
            return;
        }
        let (owner, message_id) = (format!("m{}r{}", work.message, work.receive), format!("m{}", work.message));
        let attempt = Attempt { owner: &owner, message_id: &message_id, body_sha256: "aa", now_ms: NOW_MS };
        let calls = match fate {
            Fate::Failed => 0,
            Fate::Answered | Fate::Unanswered => 1,
            Fate::Repeated => 2,
        };
        let mut answer = Answer::Failed;
        for _ in 0..calls {
            answer = self.call(step, &attempt, work.message, guards);
        }
        if fate == Fate::Unanswered {
            answer = Answer::Failed;
        }
        let happened = match &answer {
            Answer::Succeeded => Happened::Succeeded,
            Answer::Refused(row) => Happened::NotOpen(row),
            Answer::Found(row) => Happened::Found(row.as_ref()),
            Answer::Failed => Happened::Failed,
        };
        let course = work.course.after(&happened, &attempt);
        self.workers[worker] = Some(Work { course, ..work });
    }

    fn call(&mut self, step: Step, attempt: &Attempt<'_>, message: usize, guards: Guards) -> Answer {
        match step {
            Step::Commit => self.write(Status::Done, attempt, guards),
            Step::MarkDead(_) => self.write(Status::Dead, attempt, guards),
            Step::Read(_) => Answer::Found(self.row.clone()),
            Step::SendLetter(_) => {
                self.messages[message].letter = true;
                // Letters are at-least-once; one is enough to redrive.
                self.letters = (self.letters + 1).min(2);
                Answer::Succeeded
            }
            Step::End(_) => Answer::Failed,
        }
    }

    /// One conditional write, as the table decides it.
    fn write(&mut self, status: Status, attempt: &Attempt<'_>, guards: Guards) -> Answer {
        let row = self.row.as_ref();
        let open = attempt.open().iter().any(|reason| reason.holds(row));
        let over_done = row.is_some_and(|row| row.status == Status::Done) && !guards.never_over_done;
        match (row, open || over_done) {
            (Some(row), false) => Answer::Refused(row.clone()),
            _ => {
                self.commits += u8::from(status == Status::Done);
                self.row = Some(Row {
                    status,
                    owner: attempt.owner.to_owned(),
                    message_id: attempt.message_id.to_owned(),
                    body_sha256: attempt.body_sha256.to_owned(),
                    lease_until_ms: None,
                    expires_at: None,
                });
                Answer::Succeeded
            }
        }
    }

    /// The reply of the function: the message is deleted, or it is not, or the reply is lost.
    fn end(&mut self, work: &Work, end: End, fate: Fate, guards: Guards) {
        let acknowledged = end.acknowledges() || !guards.failures_are_reported;
        if acknowledged && fate != Fate::Failed {
            self.messages[work.message].place = Place::Gone;
        }
    }
}

enum Answer {
    Succeeded,
    Refused(Row),
    Found(Option<Row>),
    Failed,
}
