//! Stories of handlers that write, too: their writes commit with the mark in one transaction, or not at all.

use webhook::ledger::Status;
use webhook::letter::Reason;
use webhook::protocol::{End, Way};
use worker_fn::handle::Refused;

use crate::story::{S, Story};
use crate::table::Entity;

/// What another event has left.
const NEWER: Entity = Entity { version: 7, effects: 3 };

pub(crate) fn the_mark_and_a_handlers_write_commit_together(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.acts_on_entity(7, Refused::Superseded);
    story.entity_is(None);
    a.commits().ends(End::Done);
    story.is_left(Status::Done, &a);
    story.entity_is(Some(Entity { version: 7, effects: 1 }));
}

pub(crate) fn a_write_that_comes_after_a_newer_one_is_superseded(story: &Story) {
    story.entity_was(NEWER);
    let mut a = story.receives("A", "m1");
    a.acts_on_entity(5, Refused::Superseded).commits();
    assert_eq!(story.row(), None);
    a.supersedes().ends(End::Superseded);
    story.is_left(Status::Done, &a);
    story.entity_is(Some(NEWER));
    let mut b = story.receives("B", "m2");
    b.acts_on_entity(5, Refused::Superseded).commits().ends(End::Duplicate { same_body: true });
}

pub(crate) fn a_supersession_whose_answer_was_lost_is_known_by_its_owner(story: &Story) {
    story.entity_was(NEWER);
    let mut a = story.receives("A", "m1");
    a.acts_on_entity(5, Refused::Superseded).commits().asks_twice().supersedes().ends(End::Superseded);
    story.is_left(Status::Done, &a);
}

pub(crate) fn a_refused_write_may_mean_to_try_again(story: &Story) {
    story.entity_was(NEWER);
    let mut a = story.receives("A", "m1");
    a.acts_on_entity(5, Refused::Retry).commits().reads().releases().ends(End::Backoff(1));
    story.is_left(Status::Waiting, &a);
    story.entity_is(Some(NEWER));
    let mut b = story.receives("B", "m1");
    b.acts_on_entity(8, Refused::Retry).learns(2).commits().ends(End::Done);
    story.is_left(Status::Done, &b);
    story.entity_is(Some(Entity { version: 8, effects: 4 }));
}

pub(crate) fn a_refused_write_may_mean_that_the_event_is_dead(story: &Story) {
    story.entity_was(NEWER);
    let mut a = story.receives("A", "m1");
    a.acts_on_entity(5, Refused::Dead).commits().reads().sends_letter().marks_dead();
    a.ends(End::Dead(Reason::DestinationRejected));
    story.is_left(Status::Dead, &a);
    story.entity_is(Some(NEWER));
    story.letters_are(&[("m1", Reason::DestinationRejected)]);
}

/// Both conditions fail, and the row's decides.
pub(crate) fn a_duplicates_write_is_not_made(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.acts_on_entity(7, Refused::Dead).commits().ends(End::Done);
    let mut b = story.receives("B", "m2");
    b.acts_on_entity(7, Refused::Dead).commits().ends(End::Duplicate { same_body: true });
    let mut c = story.receives("C", "m2");
    c.acts_on_entity(8, Refused::Dead).commits().ends(End::Duplicate { same_body: true });
    story.entity_is(Some(Entity { version: 7, effects: 1 }));
    story.letters_are(&[]);
}

pub(crate) fn a_transaction_whose_answer_was_lost_is_made_once(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.acts_on_entity(7, Refused::Retry).asks_twice().commits().ends(End::Done);
    story.is_left(Status::Done, &a);
    story.entity_is(Some(Entity { version: 7, effects: 1 }));
}

pub(crate) fn a_late_completion_takes_its_write_with_it(story: &Story) {
    story.rules(|rules| rules.way = Way::Claimed);
    let mut a = story.receives("A", "m1");
    a.claims().acts_on_entity(8, Refused::Retry);
    story.at(40 * S);
    let mut b = story.receives("B", "m1");
    b.learns(2).claims().acts_on_entity(7, Refused::Retry).completes().ends(End::Done);
    a.completes().ends(End::LeaseLost);
    story.is_left(Status::Done, &b);
    story.entity_is(Some(Entity { version: 7, effects: 1 }));
}
