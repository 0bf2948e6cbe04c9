//! Stories of events whose effect lies outside the table: claim, act, complete, under a lease.

use webhook::ledger::{SKEW_MS, Status};
use webhook::letter::Reason;
use webhook::protocol::End;

use crate::story::{LEASE, S, Story};

/// The first moment at which a lease that began with the story may be taken over.
const ENDED: u64 = LEASE + SKEW_MS + 1;

pub(crate) fn a_claim_is_made_before_the_effect_and_completed_after_it(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims();
    story.is_left(Status::Claimed, &a);
    assert_eq!(story.row().unwrap().lease_until_ms, Some(Story::unix_ms(LEASE)));
    a.acts();
    story.is_left(Status::Claimed, &a);
    a.completes().ends(End::Done);
    story.is_left(Status::Done, &a);
    story.outside_saw(&[1]);
}

pub(crate) fn a_live_lease_is_waited_for(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims();
    story.at(10 * S);
    let mut b = story.receives("B", "m2");
    b.claims().ends(End::Busy(Story::unix_ms(LEASE + SKEW_MS)));
    a.acts().completes().ends(End::Done);
    story.at(ENDED);
    let mut c = story.receives("C", "m2");
    c.claims().ends(End::Duplicate { same_body: true });
    story.outside_saw(&[1]);
}

pub(crate) fn a_clock_that_is_ahead_takes_no_live_lease(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims();
    story.at(LEASE + SKEW_MS);
    let mut b = story.receives("B, whose clock is ahead", "m2");
    b.claims().ends(End::Busy(Story::unix_ms(LEASE + SKEW_MS)));
    story.at(LEASE);
    a.acts().completes().ends(End::Done);
    story.outside_saw(&[1]);
}

pub(crate) fn a_late_completion_is_refused(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().acts();
    story.at(40 * S);
    let mut b = story.receives("B", "m1");
    b.learns(2).claims().acts().completes().ends(End::Done);
    a.completes().ends(End::LeaseLost);
    story.is_left(Status::Done, &b);
    story.outside_saw(&[1, 2]);
}

pub(crate) fn a_late_completion_is_refused_while_the_other_still_acts(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().acts();
    story.at(40 * S);
    let mut b = story.receives("B", "m1");
    b.learns(2).claims();
    a.completes().ends(End::LeaseLost);
    story.is_left(Status::Claimed, &b);
    b.acts().completes().ends(End::Done);
    story.is_left(Status::Done, &b);
}

pub(crate) fn a_late_completion_that_nobody_overtook_is_taken(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().acts();
    story.at(40 * S);
    a.completes().ends(End::Done);
    let mut b = story.receives("B", "m1");
    b.claims().ends(End::Duplicate { same_body: true });
    story.outside_saw(&[1]);
}

pub(crate) fn a_lease_that_ended_before_its_claim_was_answered_starts_no_effect(story: &Story) {
    let mut a = story.receives("A", "m1");
    story.at(LEASE);
    a.claims().ends(End::LeaseLost);
    story.outside_saw(&[]);
    story.at(ENDED);
    let mut b = story.receives("B", "m1");
    b.learns(2).claims().acts().completes().ends(End::Done);
}

pub(crate) fn a_claim_whose_answer_was_lost_is_known_by_its_owner(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.asks_twice().claims().acts().completes().ends(End::Done);
    story.is_left(Status::Done, &a);
    story.outside_saw(&[1]);
}

pub(crate) fn a_claim_without_an_answer_keeps_others_away_until_its_lease_ends(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.hears_nothing().claims().ends(End::Backoff(1));
    story.at(10 * S);
    let mut b = story.receives("B", "m1");
    b.claims().ends(End::Busy(Story::unix_ms(LEASE + SKEW_MS)));
    story.at(ENDED);
    let mut c = story.receives("C", "m1");
    c.learns(2).claims().acts().completes().ends(End::Done);
    story.outside_saw(&[2]);
}

pub(crate) fn a_completion_whose_answer_was_lost_is_known_by_its_owner(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().acts().asks_twice().completes().ends(End::Done);
    story.is_left(Status::Done, &a);
}

pub(crate) fn a_completion_without_an_answer_makes_its_message_a_duplicate(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().acts();
    for _ in 0..4 {
        a.hears_nothing().completes();
    }
    a.ends(End::Backoff(1));
    story.at(ENDED);
    let mut b = story.receives("B", "m1");
    b.claims().ends(End::Duplicate { same_body: true });
    story.is_left(Status::Done, &a);
    story.outside_saw(&[1]);
}

pub(crate) fn a_completion_that_reached_nobody_is_tried_again_while_the_lease_lives(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().acts().reaches_nobody().completes().completes().ends(End::Done);
    story.is_left(Status::Done, &a);
    story.outside_saw(&[1]);
}

pub(crate) fn a_completion_that_reached_nobody_is_not_tried_again_after_the_lease(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().acts();
    story.at(ENDED);
    a.reaches_nobody().completes().ends(End::Backoff(1));
    story.outside_saw(&[1]);
}

pub(crate) fn a_crash_between_claim_and_effect_leaves_the_effect_to_the_next(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims();
    a.crashes();
    story.at(ENDED);
    let mut b = story.receives("B", "m1");
    b.learns(2).claims().acts().completes().ends(End::Done);
    story.is_left(Status::Done, &b);
    story.outside_saw(&[2]);
}

/// The one window of an effect outside: the destination sees the same key twice, under two numbers.
pub(crate) fn a_crash_between_effect_and_completion_repeats_the_effect_under_another_number(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().acts();
    a.crashes();
    story.at(ENDED);
    let mut b = story.receives("B", "m1");
    b.learns(2).claims().acts().completes().ends(End::Done);
    story.is_left(Status::Done, &b);
    story.outside_saw(&[1, 2]);
}

pub(crate) fn a_number_that_two_have_learned_is_sent_once(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims();
    a.crashes();
    story.at(ENDED);
    let mut b = story.receives("B", "m1");
    b.learns(2);
    story.at(ENDED + 20 * S);
    let mut c = story.receives("C", "m2");
    c.learns(2);
    b.claims().acts();
    b.crashes();
    story.at(2 * ENDED);
    c.learns(3).claims().acts().completes().ends(End::Done);
    story.outside_saw(&[2, 3]);
}

pub(crate) fn a_failure_releases_the_claim_and_counts(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().fails().reads().releases().ends(End::Backoff(1));
    story.is_left(Status::Waiting, &a);
    story.at(S);
    let mut b = story.receives("B", "m1");
    b.learns(2).claims().acts().completes().ends(End::Done);
    story.is_left(Status::Done, &b);
    story.outside_saw(&[1, 2]);
}

pub(crate) fn a_release_whose_answer_was_lost_counts_once(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().fails().reads().asks_twice().releases().ends(End::Backoff(1));
    story.is_left(Status::Waiting, &a);
    let mut b = story.receives("B", "m1");
    b.learns(2).claims();
    story.is_left(Status::Claimed, &b);
}

pub(crate) fn a_late_failure_leaves_the_row_to_its_new_owner(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().fails();
    story.at(ENDED);
    let mut b = story.receives("B", "m1");
    b.learns(2).claims();
    a.reads().ends(End::LeaseLost);
    story.is_left(Status::Claimed, &b);
}

pub(crate) fn a_release_that_was_overtaken_is_refused(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().fails().reads();
    story.at(ENDED);
    let mut b = story.receives("B", "m1");
    b.learns(2).claims();
    a.releases().ends(End::LeaseLost);
    story.is_left(Status::Claimed, &b);
}

pub(crate) fn an_event_whose_attempts_all_crash_is_given_up(story: &Story) {
    story.rules(|rules| rules.attempts_max = 3);
    let mut a = story.receives("A", "m1");
    a.claims();
    a.crashes();
    story.at(ENDED);
    let mut b = story.receives("B", "m1");
    b.learns(2).claims();
    b.crashes();
    story.at(2 * ENDED);
    let mut c = story.receives("C", "m1");
    c.learns(3).claims();
    c.crashes();
    story.at(3 * ENDED);
    let mut d = story.receives("D", "m1");
    d.claims().reads().sends_letter().marks_dead().ends(End::Dead(Reason::AttemptsExhausted));
    story.is_left(Status::Dead, &d);
    story.letters_are(&[("m1", Reason::AttemptsExhausted)]);
    story.outside_saw(&[]);
}

pub(crate) fn a_dead_event_that_is_redriven_begins_anew(story: &Story) {
    story.rules(|rules| rules.attempts_max = 2);
    let mut a = story.receives("A", "m1");
    a.claims().fails().reads().releases().ends(End::Backoff(1));
    let mut b = story.receives("B", "m1");
    b.learns(2).claims().fails().reads().sends_letter().marks_dead();
    b.ends(End::Dead(Reason::AttemptsExhausted));
    let mut c = story.receives("C", "m1");
    c.claims().ends(End::LetterSent);
    let mut d = story.receives("D", "m2, redriven");
    d.claims();
    assert_eq!(d.number(), 1);
    d.fails().reads().releases().ends(End::Backoff(1));
    let mut e = story.receives("E", "m2, redriven");
    e.learns(2).claims().acts().completes().ends(End::Done);
    story.is_left(Status::Done, &e);
    story.letters_are(&[("m1", Reason::AttemptsExhausted)]);
}
