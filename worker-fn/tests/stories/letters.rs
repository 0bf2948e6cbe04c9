//! Stories of dead letters: first the letter, then the mark, and what a crash between any two steps leaves.

use webhook::ledger::Status;
use webhook::letter::Reason;
use webhook::protocol::{End, Way};

use crate::story::{S, Story};

const REJECTED: Reason = Reason::HandlerRejected;

pub(crate) fn a_letter_is_durable_before_its_row_says_so(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.rejects().reads().sends_letter();
    story.letters_are(&[("m1", REJECTED)]);
    assert_eq!(story.row(), None);
    a.marks_dead().ends(End::Dead(REJECTED));
    story.is_left(Status::Dead, &a);
}

pub(crate) fn a_crash_between_letter_and_mark_repeats_the_letter(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.rejects().reads().sends_letter();
    a.crashes();
    story.at(30 * S);
    let mut b = story.receives("B", "m1");
    b.rejects().reads().sends_letter().marks_dead().ends(End::Dead(REJECTED));
    story.is_left(Status::Dead, &b);
    story.letters_are(&[("m1", REJECTED), ("m1", REJECTED)]);
}

pub(crate) fn a_crash_between_mark_and_acknowledgement_is_no_second_letter(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.rejects().reads().sends_letter().marks_dead();
    story.is_left(Status::Dead, &a);
    a.crashes();
    story.at(30 * S);
    let mut b = story.receives("B", "m1");
    b.rejects().reads().ends(End::LetterSent);
    let mut c = story.receives("C, which rejects it no more", "m1");
    c.acts().commits().ends(End::LetterSent);
    story.letters_are(&[("m1", REJECTED)]);
}

pub(crate) fn a_letter_that_was_not_sent_leaves_the_event_open(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.rejects().reads().reaches_nobody().sends_letter().ends(End::Backoff(1));
    assert_eq!(story.row(), None);
    story.letters_are(&[]);
    let mut b = story.receives("B", "m1");
    b.rejects().reads().sends_letter().marks_dead().ends(End::Dead(REJECTED));
    story.letters_are(&[("m1", REJECTED)]);
}

pub(crate) fn a_letter_without_an_answer_is_sent_again(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.rejects().reads().hears_nothing().sends_letter().ends(End::Backoff(1));
    assert_eq!(story.row(), None);
    let mut b = story.receives("B", "m1");
    b.rejects().reads().sends_letter().marks_dead().ends(End::Dead(REJECTED));
    story.letters_are(&[("m1", REJECTED), ("m1", REJECTED)]);
}

pub(crate) fn an_event_that_is_done_gets_no_letter(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.acts().commits().ends(End::Done);
    let mut b = story.receives("B, with a contract that is tighter", "m2");
    b.rejects().reads().ends(End::Duplicate { same_body: true });
    story.is_left(Status::Done, &a);
    story.letters_are(&[]);
}

pub(crate) fn a_dead_mark_never_goes_over_done(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.rejects().reads().sends_letter();
    let mut b = story.receives("B", "m2");
    b.acts().commits().ends(End::Done);
    a.marks_dead().ends(End::Dead(REJECTED));
    story.is_left(Status::Done, &b);
}

pub(crate) fn a_dead_mark_goes_over_its_own_claim_and_over_no_other(story: &Story) {
    story.rules(|rules| rules.way = Way::Claimed);
    let mut a = story.receives("A", "m1");
    a.claims().rejects().reads().sends_letter();
    story.at(40 * S);
    let mut b = story.receives("B", "m2");
    b.learns(2).claims();
    a.marks_dead().ends(End::Dead(REJECTED));
    story.is_left(Status::Claimed, &b);
    b.rejects().reads().sends_letter().marks_dead().ends(End::Dead(REJECTED));
    story.is_left(Status::Dead, &b);
}

pub(crate) fn a_redriven_event_can_be_done_and_its_attempts_begin_anew(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.fails().reads().releases().ends(End::Backoff(1));
    let mut b = story.receives("B", "m1");
    b.rejects().reads().sends_letter().marks_dead().ends(End::Dead(REJECTED));
    story.is_left(Status::Dead, &b);
    assert_eq!(b.number(), 2);
    let mut c = story.receives("C", "m2, redriven");
    c.fails().reads().releases().ends(End::Backoff(1));
    story.is_left(Status::Waiting, &c);
    let mut d = story.receives("D", "m2, redriven");
    d.acts().learns(2).commits().ends(End::Done);
    story.is_left(Status::Done, &d);
}

pub(crate) fn the_last_attempt_that_fails_is_a_letter(story: &Story) {
    story.rules(|rules| rules.attempts_max = 2);
    let mut a = story.receives("A", "m1");
    a.fails().reads().releases().ends(End::Backoff(1));
    let mut b = story.receives("B", "m1");
    b.fails().reads().sends_letter().marks_dead().ends(End::Dead(Reason::AttemptsExhausted));
    story.is_left(Status::Dead, &b);
    story.letters_are(&[("m1", Reason::AttemptsExhausted)]);
}

pub(crate) fn a_message_that_never_lives_to_be_counted_is_given_up(story: &Story) {
    story.rules(|rules| rules.receives_max = 3);
    for worker in ["A", "B"] {
        let mut work = story.receives(worker, "m1");
        work.acts();
        work.crashes();
    }
    let mut c = story.receives("C", "m1");
    c.reads().sends_letter().marks_dead().ends(End::Dead(Reason::AttemptsExhausted));
    story.is_left(Status::Dead, &c);
    story.letters_are(&[("m1", Reason::AttemptsExhausted)]);
}
