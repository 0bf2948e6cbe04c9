//! What settling an event asks of DynamoDB and SQS: the worker's own protocol, gone through step by step over a row in
//! memory. A change of the protocol changes the bill by itself.

use webhook::identity::Mode;
use webhook::ledger::{Attempt, Over, Row, Status};
use webhook::letter::Reason;
use webhook::protocol::{Course, Effect, Happened, Rules, Step, Way};

/// What decides how an event is settled, and what that weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Where its effect lies.
    pub way: Way,
    /// Its row with the result, in bytes as DynamoDB counts them.
    pub done_bytes: u64,
    /// Its row without.
    pub bare_bytes: u64,
    /// How many writes of up to a kilobyte the handler returns, which go into the same transaction as the mark.
    pub extra_writes: u64,
}

/// What was asked of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// Write units of DynamoDB.
    pub writes: u64,
    /// Read units of DynamoDB, consistent.
    pub reads: u64,
    /// Whether the message is hidden for longer, because it is to come again.
    pub delayed: bool,
    /// How often the event was acted on.
    pub acted: u64,
}

/// The row of one event, and how large it is.
#[derive(Debug, Clone, Default)]
pub struct Stored(Option<(Row, u64)>);

/// How acting on the event ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acting {
    /// Well.
    Well,
    /// In a way that may pass.
    Fails,
}

const NOW_MS: u64 = 1_000_000;

/// Settles an event, or tries to. `number` tells this receive from the others of the event.
pub fn settle(shape: &Shape, stored: &mut Stored, number: u32, acting: Acting) -> Asked {
    let owner = format!("attempt {number}");
    let Shape { way, done_bytes, bare_bytes, extra_writes } = *shape;
    let rules = Rules { way, mode: Mode::Id, strict_ids: false, attempts_max: 20, receives_max: 90 };
    let mut course = Course::begin(rules, number);
    let mut asked = Asked::default();
    loop {
        let attempt = Attempt {
            owner: &owner,
            message_id: "a message",
            body_sha256: "the same body",
            number: course.number(),
            lease_until_ms: NOW_MS + 30_000,
            now_ms: NOW_MS,
        };
        let write = |over, status, bytes, with| Write { attempt, over, status, bytes, with };
        let refused_by;
        let found;
        let taken = match course.step() {
            Step::End(end) => {
                asked.delayed = !end.acknowledges();
                return asked;
            }
            Step::Act => {
                asked.acted += 1;
                Happened::Acted(match acting {
                    Acting::Well => Effect::Ready,
                    Acting::Fails => Effect::NotNow(Reason::AttemptsExhausted),
                })
            }
            Step::Read(_) => {
                asked.reads += units(stored.bytes(), 4 * 1024);
                found = stored.clone();
                Happened::Found(found.0.as_ref().map(|(row, _)| row))
            }
            // A letter costs as much as any message; so few are written that they are left out.
            Step::SendLetter(_) => Happened::Succeeded,
            step => {
                let write = match step {
                    Step::Claim => write(Over::Next, Status::Claimed, bare_bytes, 0),
                    Step::Commit(over) => write(over, Status::Done, done_bytes, extra_writes),
                    Step::Supersede(over) => write(over, Status::Done, bare_bytes, 0),
                    Step::Release(over) => write(over, Status::Waiting, bare_bytes, 0),
                    _ => write(Over::OpenOrMine, Status::Dead, bare_bytes, 0),
                };
                asked.writes += write.units(stored);
                match write.put(stored) {
                    Ok(()) => Happened::Succeeded,
                    Err(row) => {
                        refused_by = row;
                        Happened::NotOpen(&refused_by)
                    }
                }
            }
        };
        course = course.after(&taken, &attempt);
    }
}

/// One write over a row.
struct Write<'a> {
    attempt: Attempt<'a>,
    over: Over,
    status: Status,
    bytes: u64,
    with: u64,
}

impl Write<'_> {
    /// Whether it is taken depends on the condition that the worker sends.
    fn is_taken(&self, stored: &Stored) -> bool {
        let row = stored.0.as_ref().map(|(row, _)| row);
        self.attempt.clauses(self.over).iter().any(|clause| clause.holds(row))
    }

    /// The write units that it consumes (DynamoDB developer guide, "DynamoDB read and write operations"): of the larger
    /// of the item before and after it; where it is refused, of the item that stood in the way; in a transaction, twice.
    fn units(&self, stored: &Stored) -> u64 {
        let bytes = if self.is_taken(stored) { stored.bytes().max(self.bytes) } else { stored.bytes() };
        let mark = units(bytes, 1024);
        if self.with > 0 { 2 * (mark + self.with) } else { mark }
    }

    fn put(&self, stored: &mut Stored) -> Result<(), Row> {
        if let Some((row, _)) = stored.0.as_ref().filter(|_| !self.is_taken(stored)) {
            return Err(row.clone());
        }
        let row = Row {
            status: self.status,
            owner: self.attempt.owner.to_owned(),
            message_id: self.attempt.message_id.to_owned(),
            body_sha256: self.attempt.body_sha256.to_owned(),
            attempts: self.attempt.number,
            lease_until_ms: Some(self.attempt.lease_until_ms),
            expires_at: None,
        };
        stored.0 = Some((row, self.bytes));
        Ok(())
    }
}

impl Stored {
    /// How large the row is; one that is not there counts as the smallest.
    fn bytes(&self) -> u64 {
        self.0.as_ref().map_or(1, |(_, bytes)| *bytes)
    }
}

fn units(bytes: u64, each: u64) -> u64 {
    bytes.div_ceil(each).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(way: Way) -> Shape {
        Shape { way, done_bytes: 2_600, bare_bytes: 600, extra_writes: 0 }
    }

    #[test]
    fn an_effect_in_the_table_is_one_write_and_its_duplicate_one_that_is_refused() {
        let mut stored = Stored::default();
        // 2,600 bytes are three begun KB, and so are those that stand in the way.
        let once = Asked { writes: 3, reads: 0, delayed: false, acted: 1 };
        assert_eq!(settle(&shape(Way::AtOnce), &mut stored, 1, Acting::Well), once);
        assert_eq!(settle(&shape(Way::AtOnce), &mut stored, 2, Acting::Well), once);
    }

    #[test]
    fn an_effect_outside_is_claimed_and_completed_and_its_duplicate_is_not_acted_on() {
        let mut stored = Stored::default();
        let once = settle(&shape(Way::Claimed), &mut stored, 1, Acting::Well);
        assert_eq!(once, Asked { writes: 1 + 3, reads: 0, delayed: false, acted: 1 });
        let again = settle(&shape(Way::Claimed), &mut stored, 2, Acting::Well);
        assert_eq!(again, Asked { writes: 3, reads: 0, delayed: false, acted: 0 });
    }

    #[test]
    fn an_attempt_that_fails_reads_the_row_and_marks_it_and_the_next_one_learns_its_number() {
        for (way, writes, next_writes) in [(Way::AtOnce, 1, 1 + 3), (Way::Claimed, 1 + 1, 1 + 1 + 3)] {
            let mut stored = Stored::default();
            let failed = settle(&shape(way), &mut stored, 1, Acting::Fails);
            assert_eq!(failed, Asked { writes, reads: 1, delayed: true, acted: 1 }, "{way:?}");
            let next = settle(&shape(way), &mut stored, 2, Acting::Well);
            assert_eq!(next, Asked { writes: next_writes, reads: 0, delayed: false, acted: 1 }, "{way:?}");
        }
    }

    #[test]
    fn what_a_transaction_writes_costs_twice_as_much() {
        let shape = Shape { extra_writes: 2, ..shape(Way::AtOnce) };
        assert_eq!(settle(&shape, &mut Stored::default(), 1, Acting::Well).writes, 2 * (3 + 2));
    }
}
