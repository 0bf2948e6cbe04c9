//! A clean account, and each way in which it can be doctored: the audit finds every one.

use super::*;

const REASON: &str = "destination_rejected";

/// A good event in the table, a good one at the receiver, a poison one at the receiver with a copy that died too,
/// and one that was never posted.
fn clean() -> Evidence {
    let subject = |pk: &str, outside, expected, seen| Subject {
        pk: pk.to_owned(),
        sk: (if outside { "https" } else { "table" }).to_owned(),
        first: true,
        outside,
        expected,
        posted: Posted { posts: 3, accepted: 2, failures: 1, refused: None },
        seen,
    };
    let done = Seen { done: 1, dead: 0, letters: 0 };
    let row = |pk: &str, sk: &str, status: &str, reason: Option<&str>| Row {
        pk: pk.to_owned(),
        sk: sk.to_owned(),
        status: status.to_owned(),
        reason: reason.map(str::to_owned),
    };
    let letter =
        || Letter { pk: Some("b#bad".to_owned()), sk: Some("https".to_owned()), reason: Some(REASON.to_owned()) };
    Evidence {
        subjects: vec![
            subject("a#1", false, None, done),
            subject("b#1", true, None, done),
            subject("b#bad", true, Some(REASON), Seen { done: 0, dead: 2, letters: 2 }),
            Subject { posted: Posted::default(), ..subject("", false, None, Seen::default()) },
        ],
        rows: vec![
            row("a#1", "table", "done", None),
            row("b#1", "https", "done", None),
            row("b#bad", "https", "dead", Some(REASON)),
        ],
        letters: vec![letter(), letter()],
        calls: Calls {
            attempts: HashMap::from([((1, 1), 1), ((2, 1), 2)]),
            taken: HashMap::from([(1, 1)]),
            strange: Vec::new(),
        },
        left_in_queue: 0,
        chaos: false,
        out_of_time: false,
    }
}

/// Doctors the account and checks that just these violations are found, with the words of the first.
#[track_caller]
fn check(doctor: impl FnOnce(&mut Evidence), expected: &[(Violation, &str)]) {
    let mut evidence = clean();
    doctor(&mut evidence);
    let audit = audit(&evidence);
    let found: Vec<_> = audit.violations.all().map(|(violation, _, first)| (violation, first[0].as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_clean_account_has_no_violation_and_adds_up() {
    let audit = audit(&clean());
    assert!(audit.violations.is_empty(), "{:?}", audit.violations);
    assert_eq!((audit.accepted, audit.done, audit.unmarked), (3, 2, 0));
    assert_eq!(audit.dead, BTreeMap::from([(REASON.to_owned(), 1)]));
}

#[test]
fn what_was_accepted_and_is_nowhere_is_lost() {
    check(|evidence| drop(evidence.rows.remove(0)), &[(Violation::Lost, "a#1")]);
    check(
        |evidence| {
            evidence.rows.remove(0);
            evidence.subjects[0].posted.accepted = 0;
        },
        &[(Violation::NotAccepted, "a#1 in 3 posts")],
    );
}

#[test]
fn what_is_claimed_or_waits_is_stuck() {
    check(|evidence| evidence.rows[0].status = "claimed".to_owned(), &[(Violation::Stuck, "a#1 is claimed")]);
    check(|evidence| evidence.rows[1].status = "waiting".to_owned(), &[(Violation::Stuck, "b#1 is waiting")]);
}

#[test]
fn an_effect_that_was_committed_twice_is_found_though_the_table_has_one_row() {
    check(|evidence| evidence.subjects[0].seen.done = 2, &[(Violation::Twice, "a#1 2 times")]);
}

#[test]
fn a_witness_that_saw_nothing_proves_nothing() {
    check(|evidence| evidence.subjects[0].seen.done = 0, &[(Violation::Unwitnessed, "a#1")]);
}

#[test]
fn an_attempt_is_sent_once_and_once_more_for_each_time_that_its_event_died() {
    let again = |chaos| {
        move |evidence: &mut Evidence| {
            evidence.chaos = chaos;
            evidence.calls.attempts.insert((1, 1), 2);
        }
    };
    check(again(true), &[(Violation::AttemptTwice, "b#1 attempt 1 2 times")]);
    let both = [(Violation::AttemptTwice, "b#1 attempt 1 2 times"), (Violation::CalledAgain, "b#1 2 times")];
    check(again(false), &both);
    let of_poison = |evidence: &mut Evidence| *evidence.calls.attempts.entry((2, 1)).or_default() = 4;
    check(of_poison, &[(Violation::AttemptTwice, "b#bad attempt 1 4 times")]);
}

#[test]
fn a_second_attempt_wants_a_reason() {
    let second = |chaos| {
        move |evidence: &mut Evidence| {
            evidence.chaos = chaos;
            evidence.calls.attempts.insert((1, 2), 1);
        }
    };
    check(second(false), &[(Violation::CalledAgain, "b#1 2 times")]);
    check(second(true), &[]);
}

#[test]
fn done_without_the_receiver_is_found() {
    check(|evidence| evidence.calls.taken.clear(), &[(Violation::NotTaken, "b#1")]);
}

#[test]
fn poison_must_die_of_its_reason_and_leave_a_letter() {
    check(
        |evidence| {
            evidence.rows[2].status = "done".to_owned();
            evidence.subjects[2].seen.done = 1;
            evidence.calls.taken.insert(2, 1);
        },
        &[(Violation::PoisonDone, "b#bad")],
    );
    check(|evidence| evidence.letters.clear(), &[(Violation::NoLetter, "b#bad")]);
    let other = |evidence: &mut Evidence| evidence.letters[1].reason = None;
    let told =
        "b#bad destination_rejected, letters [\"destination_rejected\", \"no reason\"], expected destination_rejected";
    check(other, &[(Violation::WrongReason, told)]);
    let other = |evidence: &mut Evidence| evidence.rows[2].reason = Some("attempts_exhausted".to_owned());
    let told = "b#bad attempts_exhausted, letters [\"destination_rejected\", \"destination_rejected\"], expected destination_rejected";
    check(other, &[(Violation::WrongReason, told)]);
}

#[test]
fn a_letter_counts_though_its_mark_was_cut_off() {
    let mut evidence = clean();
    evidence.rows[2] = Row { status: "claimed".to_owned(), reason: None, ..evidence.rows[2].clone() };
    let audit = audit(&evidence);
    assert!(audit.violations.is_empty(), "{:?}", audit.violations);
    assert_eq!((audit.unmarked, audit.dead.values().sum::<u64>()), (1, 1));
}

#[test]
fn a_good_event_has_no_letter() {
    let table = || Some("table".to_owned());
    let letter = || Letter { pk: Some("a#1".to_owned()), sk: table(), reason: Some("attempts_exhausted".to_owned()) };
    check(|evidence| evidence.letters.push(letter()), &[(Violation::DoneAndLetter, "a#1 attempts_exhausted")]);
    check(
        |evidence| {
            evidence.letters.push(letter());
            evidence.rows[0] = Row { status: "dead".to_owned(), ..evidence.rows[0].clone() };
        },
        &[(Violation::GoodDead, "a#1 attempts_exhausted")],
    );
}

#[test]
fn what_was_never_posted_is_nowhere() {
    let row = |pk: &str, sk: &str| Row { pk: pk.to_owned(), sk: sk.to_owned(), ..clean().rows[0].clone() };
    check(|evidence| evidence.rows.push(row("a#2", "table")), &[(Violation::Stranger, "row a#2 table")]);
    check(|evidence| evidence.rows.push(row("a#1", "https")), &[(Violation::Stranger, "row a#1 https")]);
    let letter = Letter { pk: None, sk: None, reason: Some("envelope_unreadable".to_owned()) };
    check(|evidence| evidence.letters.push(letter), &[(Violation::Stranger, "letter None envelope_unreadable")]);
    check(|evidence| evidence.calls.strange.push("b#2".to_owned()), &[(Violation::Stranger, "call b#2")]);
}

#[test]
fn the_door_must_accept_what_is_signed() {
    check(|evidence| evidence.subjects[0].posted.refused = Some(403), &[(Violation::Refused, "a#1 with 403")]);
}

#[test]
fn a_storm_ends_in_time_with_an_empty_queue() {
    check(|evidence| evidence.left_in_queue = 2, &[(Violation::LeftInQueue, "2 messages")]);
    check(|evidence| evidence.out_of_time = true, &[(Violation::OutOfTime, "--time-limit sets another")]);
}

#[test]
fn each_destination_of_an_event_is_held_to_its_own_row() {
    let both = |doctor: &dyn Fn(&mut Evidence)| {
        let mut evidence = clean();
        let again = Subject { sk: "crm".to_owned(), first: false, outside: true, ..evidence.subjects[0].clone() };
        evidence.rows.push(Row { sk: "crm".to_owned(), ..evidence.rows[0].clone() });
        let place = u32::try_from(evidence.subjects.len()).unwrap();
        evidence.subjects.push(again);
        evidence.calls.taken.insert(place, 1);
        doctor(&mut evidence);
        let audit = audit(&evidence);
        let found: Vec<_> = audit.violations.all().map(|(violation, _, first)| (violation, first[0].clone())).collect();
        (audit.accepted, audit.done, found)
    };
    assert_eq!(both(&|_| ()), (3, 3, Vec::new()), "one event more is none, one effect more is one");
    let found = |violation: Violation, told: &str| (violation, told.to_owned());
    let (_, _, lost) = both(&|evidence| drop(evidence.rows.pop()));
    assert_eq!(lost, [found(Violation::Lost, "a#1")]);
    let (_, _, twice) = both(&|evidence| evidence.subjects[4].seen.done = 2);
    assert_eq!(twice, [found(Violation::Twice, "a#1 2 times")]);
    let (_, _, untaken) = both(&|evidence| *evidence.calls.taken.entry(4).or_default() = 0);
    assert_eq!(untaken, [found(Violation::NotTaken, "a#1")]);
    let (_, _, again) = both(&|evidence| *evidence.calls.taken.entry(4).or_default() = 2);
    assert_eq!(again, [found(Violation::CalledAgain, "a#1 2 times")]);
}
