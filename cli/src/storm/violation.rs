//! What a storm must never find, and a list of it that stays short.

use std::collections::BTreeMap;

/// What is not as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// Accepted, and there is neither a row nor a letter.
    Lost,
    /// Accepted, and neither done nor dead.
    Stuck,
    /// Its row was marked done more than once, which in the table is its effect.
    Twice,
    /// The receiver got the same attempt of the same event more than once.
    AttemptTwice,
    /// The receiver got an event more than once, and nothing had gone wrong.
    CalledAgain,
    /// Done, and the receiver never took it.
    NotTaken,
    /// Done, and no answer of the table said so.
    Unwitnessed,
    /// Poison, and done.
    PoisonDone,
    /// Dead, and not poison.
    GoodDead,
    /// Dead, and of something else than its poison.
    WrongReason,
    /// Dead, and there is no letter.
    NoLetter,
    /// Done, and there is a letter.
    DoneAndLetter,
    /// A row, a letter or a call for what was never posted.
    Stranger,
    /// The door refused a delivery for good.
    Refused,
    /// The door never accepted it, however often it was posted.
    NotAccepted,
    /// Messages that are still in the queue.
    LeftInQueue,
    /// The storm was not over in its time.
    OutOfTime,
}

impl Violation {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Violation::Lost => "lost",
            Violation::Stuck => "stuck",
            Violation::Twice => "took effect twice",
            Violation::AttemptTwice => "attempt sent twice",
            Violation::CalledAgain => "receiver called again without a reason",
            Violation::NotTaken => "done, but never taken by the receiver",
            Violation::Unwitnessed => "done, but never seen to be committed",
            Violation::PoisonDone => "poison, but done",
            Violation::GoodDead => "dead, but not poison",
            Violation::WrongReason => "dead for another reason",
            Violation::NoLetter => "dead without a letter",
            Violation::DoneAndLetter => "done, but a letter too",
            Violation::Stranger => "never posted",
            Violation::Refused => "refused by the door",
            Violation::NotAccepted => "never accepted by the door",
            Violation::LeftInQueue => "left in the queue",
            Violation::OutOfTime => "out of time",
        }
    }
}

/// How many of each kind are shown.
const SHOWN_MAX: usize = 10;

/// All that was found, of each kind the number and the first few.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations(BTreeMap<Violation, (u64, Vec<String>)>);

impl Violations {
    /// Adds one, told by the key of its event.
    pub fn add(&mut self, violation: Violation, told: String) {
        let (count, first) = self.0.entry(violation).or_default();
        *count += 1;
        if first.len() < SHOWN_MAX {
            first.push(told);
        }
    }

    /// How many there are of a kind.
    pub fn count(&self, violation: Violation) -> u64 {
        self.0.get(&violation).map_or(0, |(count, _)| *count)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each kind with its number and the first few, the worst first.
    pub fn all(&self) -> impl Iterator<Item = (Violation, u64, &[String])> {
        self.0.iter().map(|(violation, (count, first))| (*violation, *count, first.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_ten_are_shown() {
        let mut violations = Violations::default();
        (0..25).for_each(|number| violations.add(Violation::Stuck, format!("a#{number}")));
        violations.add(Violation::Lost, "b".to_owned());
        let all: Vec<_> = violations.all().map(|(kind, count, first)| (kind, count, first.len())).collect();
        assert_eq!(all, [(Violation::Lost, 1, 1), (Violation::Stuck, 25, 10)]);
    }
}
