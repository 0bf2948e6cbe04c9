//! One step of a worker, as its shell takes it: the call to the table or the queue, and what comes back of it.

use std::collections::BTreeMap;

use webhook::envelope::{BodyEncoding, Envelope, VERSION};
use webhook::ledger::{Attempt, Over, Row};
use webhook::letter::Reason;
use webhook::protocol::{Effect, Happened, Step};
use worker_fn::handle::Refused;
use worker_fn::ledger::{LedgerError, Mark, Write};

use crate::story::{Story, WINDOW_DAYS};
use crate::table::{Raise, key};
use crate::work::Work;

/// How the next call fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It takes effect and is answered.
    Heard,
    /// It takes effect, the answer is lost, and the SDK makes the same call again.
    LostOnce,
    /// It takes effect and the answer is lost for good.
    Lost,
    /// It never arrives.
    Unsent,
}

/// What a call led to.
enum Outcome {
    Succeeded,
    Acted(Effect),
    Superseded,
    NotOpen(Box<Row>),
    Found(Option<Row>),
    Impossible,
    Failed,
}

impl Work<'_> {
    /// Takes the step that its course says, and tells the course what it led to.
    pub(crate) fn steps(&mut self, effect: Effect) -> &mut Self {
        let answer = std::mem::replace(&mut self.answer, Answer::Heard);
        let calls = match answer {
            Answer::Unsent => 0,
            Answer::Heard | Answer::Lost => 1,
            Answer::LostOnce => 2,
        };
        let mut outcome = Outcome::Failed;
        for _ in 0..calls {
            outcome = self.call(effect);
        }
        if answer == Answer::Lost {
            outcome = Outcome::Failed;
        }
        self.course = self.course.after(&outcome.happened(), &self.attempt());
        self
    }

    fn call(&self, effect: Effect) -> Outcome {
        match self.course.step() {
            Step::Claim => self.write(Over::Next, Mark::Claimed, None),
            Step::Act => {
                self.story.add_act(self.course.number());
                Outcome::Acted(effect)
            }
            Step::Commit(over) => self.write(over, Mark::Done(Some(&self.result)), self.raise),
            Step::Supersede(over) => self.write(over, Mark::Superseded, None),
            Step::Read(_) => match self.story.runtime.block_on(self.story.table.read()) {
                Ok(row) => Outcome::Found(row),
                Err(_) => Outcome::Failed,
            },
            Step::SendLetter(reason) => {
                self.story.add_letter(&self.message, reason);
                Outcome::Succeeded
            }
            Step::MarkDead(reason) => self.write(Over::OpenOrMine, Mark::Dead(reason, "why"), None),
            Step::Release(over) => self.write(over, Mark::Waiting("why"), None),
            Step::End(_) => Outcome::Failed,
        }
    }

    fn write(&self, over: Over, mark: Mark<'_>, raise: Option<Raise>) -> Outcome {
        let (key, envelope) = (key(), self.envelope());
        let write = Write {
            key: &key,
            envelope: &envelope,
            attempt: self.attempt(),
            over,
            window_days: WINDOW_DAYS,
            mark,
            with: &[],
            entity: None,
        };
        match self.story.runtime.block_on(self.story.table.write(write, raise)) {
            Ok(()) => Outcome::Succeeded,
            Err(LedgerError::NotOpen(row)) => Outcome::NotOpen(row),
            Err(LedgerError::HandlerRefused(_)) => Outcome::refused(raise),
            Err(LedgerError::NotNewest | LedgerError::OtherOrder { .. }) => panic!("no story has an entity"),
            Err(LedgerError::Invalid(_)) => Outcome::Impossible,
            Err(LedgerError::Unavailable(_)) => Outcome::Failed,
        }
    }

    fn attempt(&self) -> Attempt<'_> {
        Attempt {
            owner: &self.owner,
            message_id: &self.message,
            body_sha256: self.body_sha256,
            number: self.course.number(),
            lease_until_ms: self.lease_until_ms,
            now_ms: self.story.now_ms(),
        }
    }

    fn envelope(&self) -> Envelope<'_> {
        Envelope {
            v: VERSION,
            source: "billing".into(),
            provider: "stripe".into(),
            identity: "evt_1".into(),
            event_id: Some("evt_1".into()),
            event_type: Some("invoice.paid".into()),
            received_at_ms: Story::unix_ms(0),
            request_id: "r".into(),
            content_type: None,
            query: None,
            headers: BTreeMap::new(),
            body: "{}".into(),
            encoding: BodyEncoding::Utf8,
            body_sha256: self.body_sha256.into(),
            body_bytes: None,
            claim: None,
            withheld: None,
        }
    }
}

impl Outcome {
    /// What the handler had said of a refused write of its own.
    fn refused(raise: Option<Raise>) -> Outcome {
        match raise.map(|raise| raise.refused) {
            Some(Refused::Superseded) => Outcome::Superseded,
            Some(Refused::Dead) => Outcome::Acted(Effect::Never(Reason::DestinationRejected)),
            Some(Refused::Retry) | None => Outcome::Acted(Effect::NotNow(Reason::AttemptsExhausted)),
        }
    }

    fn happened(&self) -> Happened<'_> {
        match self {
            Outcome::Succeeded => Happened::Succeeded,
            Outcome::Acted(effect) => Happened::Acted(*effect),
            Outcome::Superseded => Happened::Superseded,
            Outcome::NotOpen(row) => Happened::NotOpen(row),
            Outcome::Found(row) => Happened::Found(row.as_ref()),
            Outcome::Impossible => Happened::Impossible,
            Outcome::Failed => Happened::Failed,
        }
    }
}
