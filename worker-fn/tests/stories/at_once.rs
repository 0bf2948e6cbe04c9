//! Stories of events whose effect lies in the table: it commits in one write with the mark.

use webhook::ledger::Status;
use webhook::letter::Reason;
use webhook::protocol::End;

use crate::story::{DAY, S, Story, WINDOW_DAYS};
use crate::table::ITEM_BYTES_MAX;

pub(crate) fn a_duplicate_is_acknowledged_and_changes_nothing(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.acts().commits().ends(End::Done);
    story.at(60 * S);
    let mut b = story.receives("B", "m2");
    b.acts().commits().ends(End::Duplicate { same_body: true });
    story.is_left(Status::Done, &a);
}

pub(crate) fn of_two_workers_that_have_acted_one_commits(story: &Story) {
    let mut a = story.receives("A", "m1");
    let mut b = story.receives("B", "m2");
    a.acts();
    b.acts();
    b.commits().ends(End::Done);
    a.commits().ends(End::Duplicate { same_body: true });
    story.is_left(Status::Done, &b);
}

pub(crate) fn a_commit_whose_answer_was_lost_is_known_by_its_owner(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.acts().asks_twice().commits().ends(End::Done);
    story.is_left(Status::Done, &a);
}

pub(crate) fn a_commit_without_an_answer_makes_its_message_a_duplicate(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.acts().hears_nothing().commits().ends(End::Backoff(1));
    story.at(30 * S);
    let mut b = story.receives("B", "m1");
    b.acts().commits().ends(End::Duplicate { same_body: true });
    story.is_left(Status::Done, &a);
}

pub(crate) fn a_commit_that_never_arrived_is_made_at_the_next_receive(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.acts().reaches_nobody().commits().ends(End::Backoff(1));
    assert_eq!(story.row(), None);
    story.at(30 * S);
    let mut b = story.receives("B", "m1");
    b.acts().commits().ends(End::Done);
    story.is_left(Status::Done, &b);
}

pub(crate) fn attempts_are_counted_one_by_one(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.fails().reads().releases().ends(End::Backoff(1));
    story.is_left(Status::Waiting, &a);
    story.at(10 * S);
    let mut b = story.receives("B", "m1");
    b.fails().reads().releases().ends(End::Backoff(2));
    story.is_left(Status::Waiting, &b);
    story.at(30 * S);
    let mut c = story.receives("C", "m1");
    c.acts().learns(3).commits().ends(End::Done);
    story.is_left(Status::Done, &c);
}

pub(crate) fn of_two_failures_with_the_same_number_one_counts(story: &Story) {
    let mut a = story.receives("A", "m1");
    let mut b = story.receives("B", "m2");
    a.fails().reads();
    b.fails().reads();
    a.releases().ends(End::Backoff(1));
    b.releases().ends(End::Backoff(1));
    story.is_left(Status::Waiting, &a);
    let mut c = story.receives("C", "m1");
    let mut d = story.receives("D", "m2");
    c.fails().reads();
    d.fails().reads();
    c.releases().ends(End::Backoff(2));
    d.releases().ends(End::Backoff(2));
    story.is_left(Status::Waiting, &c);
}

pub(crate) fn an_expired_row_counts_as_absent_before_it_is_removed(story: &Story) {
    let window = u64::from(WINDOW_DAYS) * DAY;
    let mut a = story.receives("A", "m1");
    a.acts().commits().ends(End::Done);
    story.at(window - S);
    let mut b = story.receives("B", "m2");
    b.acts().commits().ends(End::Duplicate { same_body: true });
    story.at(window);
    let mut c = story.receives("C", "m2");
    c.acts().commits().ends(End::Done);
    story.is_left(Status::Done, &c);
}

pub(crate) fn another_body_under_the_same_id_is_told(story: &Story) {
    let mut a = story.receives_body("A", "m1", "aa");
    a.acts().commits().ends(End::Done);
    let mut b = story.receives_body("B", "m2", "bb");
    b.acts().commits().ends(End::Duplicate { same_body: false });
    story.is_left(Status::Done, &a);
}

pub(crate) fn with_strict_ids_another_body_is_a_letter_and_the_row_is_left_alone(story: &Story) {
    story.rules(|rules| rules.strict_ids = true);
    let mut a = story.receives_body("A", "m1", "aa");
    a.acts().commits().ends(End::Done);
    let mut b = story.receives_body("B", "m2", "bb");
    b.acts().commits().sends_letter().ends(End::Dead(Reason::IdConflict));
    let mut c = story.receives_body("C", "m3", "aa");
    c.acts().commits().ends(End::Duplicate { same_body: true });
    story.is_left(Status::Done, &a);
    story.letters_are(&[("m2", Reason::IdConflict)]);
}

pub(crate) fn a_result_that_fits_no_item_is_dead(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.acts_at_length(ITEM_BYTES_MAX + 1).commits().reads().sends_letter().marks_dead();
    a.ends(End::Dead(Reason::DestinationRejected));
    story.is_left(Status::Dead, &a);
}
