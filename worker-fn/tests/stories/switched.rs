//! Stories of a row that workers settle in both ways, as while a new version of them is being deployed.

use webhook::ledger::{SKEW_MS, Status};
use webhook::protocol::{End, Way};

use crate::story::{LEASE, S, Story};

fn switches_to(story: &Story, way: Way) {
    story.rules(|rules| rules.way = way);
}

pub(crate) fn a_live_claim_keeps_a_single_write_away(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().acts();
    switches_to(story, Way::AtOnce);
    let until = End::Busy(Story::unix_ms(LEASE + SKEW_MS));
    let mut b = story.receives("B", "m2");
    b.acts().commits().ends(until);
    let mut c = story.receives("C", "m2");
    c.rejects().reads().ends(until);
    let mut d = story.receives("D", "m2");
    d.fails().reads().ends(until);
    story.letters_are(&[]);
    a.completes().ends(End::Done);
    story.is_left(Status::Done, &a);
}

pub(crate) fn a_single_write_over_an_ended_lease_refuses_its_late_completion(story: &Story) {
    let mut a = story.receives("A", "m1");
    a.claims().acts();
    switches_to(story, Way::AtOnce);
    story.at(40 * S);
    let mut b = story.receives("B", "m1");
    b.acts().learns(2).commits().ends(End::Done);
    a.completes().ends(End::LeaseLost);
    story.is_left(Status::Done, &b);
}

pub(crate) fn what_waits_after_single_writes_is_claimed_as_the_next_attempt(story: &Story) {
    switches_to(story, Way::AtOnce);
    let mut a = story.receives("A", "m1");
    a.fails().reads().releases().ends(End::Backoff(1));
    switches_to(story, Way::Claimed);
    let mut b = story.receives("B", "m1");
    b.learns(2).claims().acts().completes().ends(End::Done);
    story.is_left(Status::Done, &b);
}

pub(crate) fn what_one_write_has_done_is_not_claimed(story: &Story) {
    switches_to(story, Way::AtOnce);
    let mut a = story.receives("A", "m1");
    a.acts().commits().ends(End::Done);
    switches_to(story, Way::Claimed);
    let mut b = story.receives("B", "m2");
    b.claims().ends(End::Duplicate { same_body: true });
    story.is_left(Status::Done, &a);
}
