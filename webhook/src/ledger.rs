//! The ledger's rules: when an event's effect may be committed, and what a refused write means.
//!
//! One row stands for one event at one destination. A write over it carries a condition, which is data
//! here and becomes a DynamoDB expression in one file of the worker. When the condition fails, DynamoDB
//! returns the row that stood in the way, and [`judge`] decides on nothing else.

use sha2::{Digest, Sha256};

/// What a row says of its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// A worker holds a lease on it and acts on it.
    Claimed,
    /// Its effect is committed. Final within the window.
    Done,
    /// It is in the dead-letter queue. May be taken again when it is redriven or resent.
    Dead,
    /// It failed in a way that may pass and waits for its next receive.
    Waiting,
    /// It was dead, and came again when its source did not want it any more. Stands over dead rows only: an event that
    /// is filtered has no row.
    Filtered,
}

impl Status {
    /// The name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Status::Claimed => "claimed",
            Status::Done => "done",
            Status::Dead => "dead",
            Status::Waiting => "waiting",
            Status::Filtered => "filtered",
        }
    }

    /// Reads the name in the table.
    pub fn from_name(name: &str) -> Option<Self> {
        const ALL: [Status; 5] = [Status::Claimed, Status::Done, Status::Dead, Status::Waiting, Status::Filtered];
        ALL.into_iter().find(|status| status.name() == name)
    }
}

/// The key of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// `source#identity`, at most 1 KiB.
    pub pk: String,
    /// The destination's stable name.
    pub sk: String,
}

impl Key {
    /// The key of an event at a destination. A longer identity is hashed: DynamoDB takes 2 KiB of partition key.
    pub fn new(source: &str, identity: &str, destination: &str) -> Self {
        const PK_BYTES_MAX: usize = 1024;
        let mut pk = format!("{source}#{identity}");
        if pk.len() > PK_BYTES_MAX {
            pk = format!("{source}#sha256:{}", hex::encode(Sha256::digest(identity.as_bytes())));
        }
        Key { pk, sk: destination.to_owned() }
    }
}

/// What a row holds that decisions depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    /// What it says of its event.
    pub status: Status,
    /// The random token of the attempt that wrote it.
    pub owner: String,
    /// The queue's id of the message that the attempt was made for.
    pub message_id: String,
    /// SHA-256 of the body that the attempt saw, in hex.
    pub body_sha256: String,
    /// Which of the event's attempts wrote it, see [`Attempt::number`].
    pub attempts: u32,
    /// Until when a claim holds, Unix time in milliseconds.
    pub lease_until_ms: Option<u64>,
    /// From when on the row counts as absent, Unix time in seconds; `None` is never.
    pub expires_at: Option<u64>,
}

/// One attempt to settle one message.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// A random token, chosen before the first call of the attempt.
    pub owner: &'a str,
    /// The queue's id of the message.
    pub message_id: &'a str,
    /// SHA-256 of the body, in hex.
    pub body_sha256: &'a str,
    /// Which of the event's attempts it is: 1 where the event is new, or was dead and is taken again.
    pub number: u32,
    /// Until when a claim of it holds: the invocation's deadline, Unix time in milliseconds.
    pub lease_until_ms: u64,
    /// Unix time in milliseconds.
    pub now_ms: u64,
}

/// How far the clocks of two workers may lie apart, in milliseconds.
pub const SKEW_MS: u64 = 5_000;

/// What a write has to find in the place of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Over {
    /// An open row, and just so many attempts that this one is the next: attempts are counted exactly, because
    /// of two that take the same number one is refused.
    Next,
    /// The claim of this very attempt. A worker that lost its lease to another one is refused.
    Mine,
    /// Either of them, whatever the count.
    OpenOrMine,
    /// A row that says dead, by whatever message.
    Dead,
}

/// One thing that a write may find; it goes through when any of its clauses holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clause<'a> {
    /// There is no row.
    Absent,
    /// Its time was up at this second: DynamoDB removes expired rows late, so they count as absent.
    ExpiredBy(u64),
    /// It died, but not by this message: somebody redrove or resent the event.
    DeadByOtherThan(&'a str),
    /// It is dead, whoever says so.
    Dead,
    /// It was dead, and not wanted when it came again.
    Filtered,
    /// It waits for its next receive, after this many attempts or any number of them.
    Waiting(Option<u32>),
    /// Its lease ended before this millisecond, in this attempt or any.
    LeaseEnded(u64, Option<u32>),
    /// This attempt claims it.
    ClaimedBy(&'a str),
}

impl<'a> Attempt<'a> {
    /// The condition of a write: any of these.
    pub fn clauses(&self, over: Over) -> Vec<Clause<'a>> {
        let mine = Clause::ClaimedBy(self.owner);
        match over {
            Over::Mine => vec![mine],
            Over::Next if self.number <= 1 => self.fresh().to_vec(),
            Over::Next => self.begun(Some(self.number - 1)).to_vec(),
            Over::Dead => vec![Clause::Dead],
            Over::OpenOrMine => [&self.fresh()[..], &self.begun(None), &[mine]].concat(),
        }
    }

    /// A row whose event begins anew.
    fn fresh(&self) -> [Clause<'a>; 4] {
        let expired = Clause::ExpiredBy(self.now_ms / 1000);
        [Clause::Absent, expired, Clause::DeadByOtherThan(self.message_id), Clause::Filtered]
    }

    /// A row whose event goes on after so many attempts.
    fn begun(&self, attempts: Option<u32>) -> [Clause<'a>; 2] {
        [Clause::Waiting(attempts), Clause::LeaseEnded(self.now_ms.saturating_sub(SKEW_MS), attempts)]
    }

    /// The number that an attempt over this row has, or `None` when the row may not be taken.
    pub fn number_over(&self, row: Option<&Row>) -> Option<u32> {
        let any = |clauses: &[Clause<'_>]| clauses.iter().any(|clause| clause.holds(row));
        if any(&self.fresh()) {
            return Some(1);
        }
        row.filter(|_| any(&self.begun(None))).map(|row| row.attempts.saturating_add(1))
    }
}

impl Clause<'_> {
    /// Whether it holds for a row, exactly as the table's own evaluation has it.
    pub fn holds(self, row: Option<&Row>) -> bool {
        let Some(row) = row else { return self == Clause::Absent };
        let after = |attempts: Option<u32>| attempts.is_none_or(|attempts| row.attempts == attempts);
        match self {
            Clause::Absent => false,
            Clause::ExpiredBy(now_s) => row.expires_at.is_some_and(|at| at <= now_s),
            Clause::DeadByOtherThan(message_id) => row.status == Status::Dead && row.message_id != message_id,
            Clause::Dead => row.status == Status::Dead,
            Clause::Filtered => row.status == Status::Filtered,
            Clause::Waiting(attempts) => row.status == Status::Waiting && after(attempts),
            Clause::LeaseEnded(ms, attempts) => {
                row.status == Status::Claimed && row.lease_until_ms.is_some_and(|until| until < ms) && after(attempts)
            }
            Clause::ClaimedBy(owner) => row.status == Status::Claimed && row.owner == owner,
        }
    }
}

/// What a refused write means for the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The write had landed and its answer was lost: go on as if it had come.
    Landed,
    /// Another delivery's effect is committed: acknowledge.
    Duplicate {
        /// Whether that delivery had the same body. If not, the provider used one id for two events.
        same_body: bool,
    },
    /// This very message is in the dead-letter queue already: acknowledge.
    LetterSent,
    /// Another worker acts on it: look again when its lease has ended.
    Busy {
        /// The end of the lease, Unix time in milliseconds.
        until_ms: u64,
    },
    /// It is open for an attempt of this number: the event was begun before, or a race was lost. Try again.
    Open(u32),
}

/// Decides what the row that refused a write means for the attempt that was refused.
pub fn judge(old: &Row, attempt: &Attempt<'_>) -> Verdict {
    if old.owner == attempt.owner {
        return Verdict::Landed;
    }
    if let Some(number) = attempt.number_over(Some(old)) {
        return Verdict::Open(number);
    }
    match old.status {
        Status::Done => Verdict::Duplicate { same_body: old.body_sha256 == attempt.body_sha256 },
        Status::Dead => Verdict::LetterSent,
        // A filtered row is open, so it never comes here.
        Status::Claimed | Status::Waiting | Status::Filtered => {
            Verdict::Busy { until_ms: old.lease_until_ms.unwrap_or(u64::MAX).saturating_add(SKEW_MS) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_000_000_000;

    fn row(status: Status) -> Row {
        Row {
            status,
            owner: "them".to_owned(),
            message_id: "m1".to_owned(),
            body_sha256: "aa".to_owned(),
            attempts: 3,
            lease_until_ms: None,
            expires_at: Some(NOW_MS / 1000 + 60),
        }
    }

    fn attempt(number: u32) -> Attempt<'static> {
        let lease_until_ms = NOW_MS + 30_000;
        Attempt { owner: "me", message_id: "m2", body_sha256: "aa", number, lease_until_ms, now_ms: NOW_MS }
    }

    #[track_caller]
    fn check(row: &Row, expected: Verdict) {
        assert_eq!(judge(row, &attempt(1)), expected, "{row:?}");
    }

    #[track_caller]
    fn check_taken(row: Option<&Row>, attempt: &Attempt<'_>, over: Over, expected: bool) {
        let taken = attempt.clauses(over).iter().any(|clause| clause.holds(row));
        assert_eq!(taken, expected, "attempt {} {over:?} {row:?}", attempt.number);
    }

    #[test]
    fn done_is_final_within_the_window_and_open_after_it() {
        check(&row(Status::Done), Verdict::Duplicate { same_body: true });
        check(&Row { body_sha256: "bb".into(), ..row(Status::Done) }, Verdict::Duplicate { same_body: false });
        check(&Row { expires_at: Some(NOW_MS / 1000), ..row(Status::Done) }, Verdict::Open(1));
        check(&Row { expires_at: None, ..row(Status::Done) }, Verdict::Duplicate { same_body: true });
    }

    #[test]
    fn dead_is_final_for_its_own_message_and_begins_anew_for_others() {
        check(&row(Status::Dead), Verdict::Open(1));
        check(&Row { message_id: "m2".into(), ..row(Status::Dead) }, Verdict::LetterSent);
    }

    #[test]
    fn a_live_lease_is_waited_for_and_an_ended_one_may_be_taken_after_the_skew() {
        let until = |ms| Row { lease_until_ms: Some(ms), ..row(Status::Claimed) };
        check(&until(NOW_MS + 10), Verdict::Busy { until_ms: NOW_MS + 10 + SKEW_MS });
        check(&until(NOW_MS - SKEW_MS), Verdict::Busy { until_ms: NOW_MS });
        check(&until(NOW_MS - SKEW_MS - 1), Verdict::Open(4));
        check(&row(Status::Claimed), Verdict::Busy { until_ms: u64::MAX });
    }

    #[test]
    fn a_row_that_i_wrote_myself_means_that_my_write_landed() {
        for status in [Status::Done, Status::Claimed, Status::Dead, Status::Waiting] {
            check(&Row { owner: "me".into(), ..row(status) }, Verdict::Landed);
        }
    }

    #[test]
    fn an_attempt_is_taken_only_as_the_next_one() {
        let waiting = row(Status::Waiting);
        check(&waiting, Verdict::Open(4));
        for (number, expected) in [(1, false), (3, false), (4, true), (5, false)] {
            check_taken(Some(&waiting), &attempt(number), Over::Next, expected);
            let ended = Row { lease_until_ms: Some(1), ..row(Status::Claimed) };
            check_taken(Some(&ended), &attempt(number), Over::Next, expected);
        }
        check_taken(None, &attempt(1), Over::Next, true);
        check_taken(None, &attempt(2), Over::Next, false);
    }

    #[test]
    fn only_its_own_claim_is_mine() {
        let mine = |status| Row { owner: "me".into(), ..row(status) };
        check_taken(Some(&mine(Status::Claimed)), &attempt(1), Over::Mine, true);
        check_taken(Some(&row(Status::Claimed)), &attempt(1), Over::Mine, false);
        for status in [Status::Done, Status::Dead, Status::Waiting] {
            check_taken(Some(&mine(status)), &attempt(1), Over::Mine, false);
        }
        check_taken(None, &attempt(1), Over::Mine, false);
    }

    #[test]
    fn a_dead_mark_goes_over_what_is_open_or_mine_and_over_nothing_else() {
        let over = |row: &Row, expected| check_taken(Some(row), &attempt(1), Over::OpenOrMine, expected);
        over(&row(Status::Waiting), true);
        over(&Row { owner: "me".into(), ..row(Status::Claimed) }, true);
        over(&Row { lease_until_ms: Some(NOW_MS), ..row(Status::Claimed) }, false);
        over(&row(Status::Done), false);
        check_taken(None, &attempt(1), Over::OpenOrMine, true);
    }

    #[test]
    fn status_names_can_be_read_back() {
        for status in [Status::Done, Status::Claimed, Status::Dead, Status::Waiting] {
            assert_eq!(Status::from_name(status.name()), Some(status));
        }
        assert_eq!(Status::from_name("Done"), None);
    }
}
