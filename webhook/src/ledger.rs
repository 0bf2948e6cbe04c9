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
}

impl Status {
    /// The name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Status::Claimed => "claimed",
            Status::Done => "done",
            Status::Dead => "dead",
            Status::Waiting => "waiting",
        }
    }

    /// Reads the name in the table.
    pub fn from_name(name: &str) -> Option<Self> {
        [Status::Claimed, Status::Done, Status::Dead, Status::Waiting].into_iter().find(|s| s.name() == name)
    }
}

/// The key of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Unix time in milliseconds.
    pub now_ms: u64,
}

/// How far the clocks of two workers may lie apart, in milliseconds.
pub const SKEW_MS: u64 = 5_000;

/// One of the reasons why a row may be taken; a write goes through when any holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open<'a> {
    /// There is no row.
    Absent,
    /// Its time was up at this second: DynamoDB removes expired rows late, so they count as absent.
    ExpiredBy(u64),
    /// It waits for its next receive.
    Waiting,
    /// It died, but not by this message: somebody redrove or resent the event.
    DeadByOtherThan(&'a str),
    /// Its lease ended before this millisecond.
    LeaseEndedBefore(u64),
}

impl<'a> Attempt<'a> {
    /// The condition of a write over an open row: any of these.
    pub fn open(&self) -> [Open<'a>; 5] {
        [
            Open::Absent,
            Open::ExpiredBy(self.now_ms / 1000),
            Open::Waiting,
            Open::DeadByOtherThan(self.message_id),
            Open::LeaseEndedBefore(self.now_ms.saturating_sub(SKEW_MS)),
        ]
    }
}

impl Open<'_> {
    /// Whether this reason holds for a row, exactly as the table's own evaluation has it.
    pub fn holds(self, row: Option<&Row>) -> bool {
        let Some(row) = row else { return self == Open::Absent };
        match self {
            Open::Absent => false,
            Open::ExpiredBy(now_s) => row.expires_at.is_some_and(|at| at <= now_s),
            Open::Waiting => row.status == Status::Waiting,
            Open::DeadByOtherThan(message_id) => row.status == Status::Dead && row.message_id != message_id,
            Open::LeaseEndedBefore(ms) => {
                row.status == Status::Claimed && row.lease_until_ms.is_some_and(|until| until < ms)
            }
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
    /// It is open after all: a race was lost and the row has changed since. Try again.
    TryAgain,
}

/// Decides what the row that refused a write means for the attempt that was refused.
pub fn judge(old: &Row, attempt: &Attempt<'_>) -> Verdict {
    if old.owner == attempt.owner {
        return Verdict::Landed;
    }
    if attempt.open().iter().any(|reason| reason.holds(Some(old))) {
        return Verdict::TryAgain;
    }
    match old.status {
        Status::Done => Verdict::Duplicate { same_body: old.body_sha256 == attempt.body_sha256 },
        Status::Dead => Verdict::LetterSent,
        Status::Claimed => Verdict::Busy { until_ms: old.lease_until_ms.unwrap_or(u64::MAX).saturating_add(SKEW_MS) },
        Status::Waiting => Verdict::TryAgain,
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
            lease_until_ms: None,
            expires_at: Some(NOW_MS / 1000 + 60),
        }
    }

    #[track_caller]
    fn check(row: &Row, expected: Verdict) {
        let attempt = Attempt { owner: "me", message_id: "m2", body_sha256: "aa", now_ms: NOW_MS };
        assert_eq!(judge(row, &attempt), expected, "{row:?}");
    }

    #[test]
    fn done_is_final_within_the_window_and_open_after_it() {
        check(&row(Status::Done), Verdict::Duplicate { same_body: true });
        check(&Row { body_sha256: "bb".into(), ..row(Status::Done) }, Verdict::Duplicate { same_body: false });
        check(&Row { expires_at: Some(NOW_MS / 1000), ..row(Status::Done) }, Verdict::TryAgain);
        check(&Row { expires_at: None, ..row(Status::Done) }, Verdict::Duplicate { same_body: true });
    }

    #[test]
    fn dead_is_final_for_its_own_message_and_open_for_others() {
        check(&row(Status::Dead), Verdict::TryAgain);
        check(&Row { message_id: "m2".into(), ..row(Status::Dead) }, Verdict::LetterSent);
    }

    #[test]
    fn a_live_lease_is_waited_for_and_an_ended_one_may_be_taken_after_the_skew() {
        let until = |ms| Row { lease_until_ms: Some(ms), ..row(Status::Claimed) };
        check(&until(NOW_MS + 10), Verdict::Busy { until_ms: NOW_MS + 10 + SKEW_MS });
        check(&until(NOW_MS - SKEW_MS), Verdict::Busy { until_ms: NOW_MS });
        check(&until(NOW_MS - SKEW_MS - 1), Verdict::TryAgain);
        check(&row(Status::Claimed), Verdict::Busy { until_ms: u64::MAX });
    }

    #[test]
    fn a_row_that_i_wrote_myself_means_that_my_write_landed() {
        for status in [Status::Done, Status::Claimed, Status::Dead, Status::Waiting] {
            check(&Row { owner: "me".into(), ..row(status) }, Verdict::Landed);
        }
    }

    #[test]
    fn an_absent_row_is_open_for_no_other_reason() {
        let attempt = Attempt { owner: "me", message_id: "m", body_sha256: "", now_ms: NOW_MS };
        let reasons: Vec<_> = attempt.open().into_iter().filter(|reason| reason.holds(None)).collect();
        assert_eq!(reasons, [Open::Absent]);
    }

    #[test]
    fn status_names_can_be_read_back() {
        for status in [Status::Done, Status::Claimed, Status::Dead, Status::Waiting] {
            assert_eq!(Status::from_name(status.name()), Some(status));
        }
        assert_eq!(Status::from_name("Done"), None);
    }
}
