//! One worker on one message, in the words that stories are told in. Each verb is one step of the worker's course.

use webhook::ledger::Over;
use webhook::letter::Reason;
use webhook::protocol::{Course, Effect, End, Rules, Step};
use worker_fn::handle::Refused;

use crate::call::Answer;
use crate::story::{LEASE, Story};
use crate::table::Raise;

/// A worker that has received a message.
pub(crate) struct Work<'s> {
    pub(crate) story: &'s Story,
    pub(crate) owner: String,
    pub(crate) message: String,
    pub(crate) body_sha256: &'static str,
    pub(crate) lease_until_ms: u64,
    pub(crate) course: Course,
    pub(crate) answer: Answer,
    /// What the handler made of the event.
    pub(crate) result: String,
    /// What the handler writes with it.
    pub(crate) raise: Option<Raise>,
}

impl<'s> Work<'s> {
    pub(crate) fn begin(
        story: &'s Story,
        now_ms: u64,
        rules: Rules,
        owner: String,
        message: &str,
        receives: u32,
        body_sha256: &'static str,
    ) -> Self {
        Work {
            story,
            owner,
            message: message.to_owned(),
            body_sha256,
            lease_until_ms: now_ms + LEASE,
            course: Course::begin(rules, receives),
            answer: Answer::Heard,
            result: "{}".to_owned(),
            raise: None,
        }
    }

    /// The random token of the try, here one that says whose it is.
    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    /// The queue's id of the message.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Which of the event's attempts it is, as far as it knows.
    pub(crate) fn number(&self) -> u32 {
        self.course.number()
    }

    /// The next call takes effect, its answer is lost, and the SDK makes it again.
    pub(crate) fn asks_twice(&mut self) -> &mut Self {
        self.answer = Answer::LostOnce;
        self
    }

    /// The next call takes effect and its answer is lost for good.
    pub(crate) fn hears_nothing(&mut self) -> &mut Self {
        self.answer = Answer::Lost;
        self
    }

    /// The next call never arrives.
    pub(crate) fn reaches_nobody(&mut self) -> &mut Self {
        self.answer = Answer::Unsent;
        self
    }

    /// Nothing is heard of it again; its message comes back when its visibility timeout ends.
    pub(crate) fn crashes(self) {}

    /// Takes the row, with a lease.
    #[track_caller]
    pub(crate) fn claims(&mut self) -> &mut Self {
        assert_eq!(self.course.step(), Step::Claim, "{}", self.owner);
        self.steps(Effect::Ready)
    }

    /// Its handler has an effect.
    #[track_caller]
    pub(crate) fn acts(&mut self) -> &mut Self {
        self.acts_with(Effect::Ready)
    }

    /// Its handler fails in a way that may pass.
    #[track_caller]
    pub(crate) fn fails(&mut self) -> &mut Self {
        self.acts_with(Effect::NotNow(Reason::AttemptsExhausted))
    }

    /// Its handler refuses the event for good.
    #[track_caller]
    pub(crate) fn rejects(&mut self) -> &mut Self {
        self.acts_with(Effect::Never(Reason::HandlerRejected))
    }

    /// Its handler has an effect that leaves a result of so many bytes.
    #[track_caller]
    pub(crate) fn acts_at_length(&mut self, bytes: usize) -> &mut Self {
        self.result = "x".repeat(bytes);
        self.acts()
    }

    /// Its handler has an effect, part of which is a write to the entity.
    #[track_caller]
    pub(crate) fn acts_on_entity(&mut self, version: u64, refused: Refused) -> &mut Self {
        self.raise = Some(Raise { version, refused });
        self.acts()
    }

    #[track_caller]
    fn acts_with(&mut self, effect: Effect) -> &mut Self {
        assert_eq!(self.course.step(), Step::Act, "{}", self.owner);
        self.steps(effect)
    }

    /// Commits mark and effect over an open row.
    #[track_caller]
    pub(crate) fn commits(&mut self) -> &mut Self {
        assert_eq!(self.course.step(), Step::Commit(Over::Next), "{}", self.owner);
        self.steps(Effect::Ready)
    }

    /// Marks its claim done.
    #[track_caller]
    pub(crate) fn completes(&mut self) -> &mut Self {
        assert_eq!(self.course.step(), Step::Commit(Over::Mine), "{}", self.owner);
        self.steps(Effect::Ready)
    }

    /// Marks the row done without its effect, which came too late.
    #[track_caller]
    pub(crate) fn supersedes(&mut self) -> &mut Self {
        assert!(matches!(self.course.step(), Step::Supersede(_)), "{}: {:?}", self.owner, self.course.step());
        self.steps(Effect::Ready)
    }

    /// Reads the row, before it settles without an effect.
    #[track_caller]
    pub(crate) fn reads(&mut self) -> &mut Self {
        assert!(matches!(self.course.step(), Step::Read(_)), "{}: {:?}", self.owner, self.course.step());
        self.steps(Effect::Ready)
    }

    /// Makes its letter durable.
    #[track_caller]
    pub(crate) fn sends_letter(&mut self) -> &mut Self {
        assert!(matches!(self.course.step(), Step::SendLetter(_)), "{}: {:?}", self.owner, self.course.step());
        self.steps(Effect::Ready)
    }

    /// Marks the row dead.
    #[track_caller]
    pub(crate) fn marks_dead(&mut self) -> &mut Self {
        assert!(matches!(self.course.step(), Step::MarkDead(_)), "{}: {:?}", self.owner, self.course.step());
        self.steps(Effect::Ready)
    }

    /// Lets the event wait for its next attempt.
    #[track_caller]
    pub(crate) fn releases(&mut self) -> &mut Self {
        assert!(matches!(self.course.step(), Step::Release(_)), "{}: {:?}", self.owner, self.course.step());
        self.steps(Effect::Ready)
    }

    /// Makes a write that is refused by a row that is open after all, and learns from it which attempt this is.
    #[track_caller]
    pub(crate) fn learns(&mut self, number: u32) -> &mut Self {
        let step = self.course.step();
        self.steps(Effect::Ready);
        assert_eq!((self.course.step(), self.course.number()), (step, number), "{}", self.owner);
        self
    }

    /// Its course is over, like this.
    #[track_caller]
    pub(crate) fn ends(&self, end: End) {
        assert_eq!(self.course.step(), Step::End(end), "{}", self.owner);
    }

    /// Takes whatever steps its course says, with an effect, to the end.
    pub(crate) fn runs(&mut self, raise: Option<Raise>) -> End {
        self.raise = raise;
        loop {
            match self.course.step() {
                Step::End(end) => return end,
                _ => drop(self.steps(Effect::Ready)),
            }
        }
    }
}
