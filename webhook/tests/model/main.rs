//! The worker's protocol, explored to the end: every order of two workers, every crash, every lost answer.
//!
//! Events are settled in one write or by claims, in small worlds that have each what may happen: duplicates, redrives,
//! expired rows, clocks that lie apart, writes that land when nobody waits for them. The invariants are those of
//! ARCHITECTURE.md. Each guard is then taken away, and the model must find the counterexample: a model that cannot
//! fail proves nothing.

mod bounds;
mod guards;
mod queue;
mod table;
mod time;
mod worker;
mod world;

use bounds::{
    Bounds, CLAIMED_REDRIVE, CLAIMED_WINDOW, CONFLICT, LATE, LATE_LEASE, LATE_RACE, LEASE, RACE, REDRIVE, SKEWED,
    SWITCHED, WINDOW,
};
use guards::{Guard, Missing};
use stateright::{Checker, HasDiscoveries, Model, Property};
use table::Wrong;
use world::{Action, Setting, World};

// What must always be.
const SETTLED_BEFORE_DELETED: &str = "I1 a message is deleted only if its event is done or a copy of it is a letter";
const ONE_COMMIT: &str = "I2 an effect in the table is never committed twice";
const STARTS_UNDER_LEASE: &str = "I2 an effect outside is started only under a live lease";
const ENDS: &str = "I3 every message leaves the queue, and its event is done or a letter";
const LOST_LEASE_SETTLES_NOTHING: &str = "I4 a settle by a worker that lost its lease takes no effect";
const DONE_IS_FINAL: &str = "I6 done is final within the window";
const DEAD_STAYS_DEAD: &str = "a dead event does not come back by the message that died";
const NO_NEEDLESS_LETTER: &str = "a message that comes when its event is done makes no letter";
const COUNTED_EXACTLY: &str = "no two claims of one event have the same number";
const TOLD_TRULY: &str = "what a worker says of a commit is true";

// What must be possible.
const REDRIVEN_CAN_BE_DONE: &str = "I5 a redriven event can be done";
const RESENT_CAN_BE_DONE: &str = "I5 a dead event that is sent again can be done";
const TRIED_AGAIN_CAN_BE_DONE: &str = "an event can be done by an attempt that was not its first";

impl Model for Setting {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::begin(self.bounds)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.actions(*self, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        Some(world.after(action, *self)).filter(|next| next != world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always(SETTLED_BEFORE_DELETED, |_, world: &World| !world.queue.has_lost()),
            // Nothing goes round in circles: receives only grow, and between two of them a course comes to its end.
            Property::always(
                ENDS,
                |setting: &Setting, world: &World| {
                    if world.is_at_rest() { world.is_settled() } else { world.goes_on(*setting) }
                },
            ),
            Property::always(ONE_COMMIT, |_, world: &World| world.wrong != Some(Wrong::CommittedTwice)),
            Property::always(STARTS_UNDER_LEASE, |_, world: &World| world.wrong != Some(Wrong::StartedWithoutLease)),
            Property::always(LOST_LEASE_SETTLES_NOTHING, |_, world: &World| {
                world.wrong != Some(Wrong::SettledWithoutLease)
            }),
            Property::always(DONE_IS_FINAL, |_, world: &World| world.wrong != Some(Wrong::DoneOverwritten)),
            Property::always(DEAD_STAYS_DEAD, |_, world: &World| world.wrong != Some(Wrong::CameBackByItself)),
            Property::always(NO_NEEDLESS_LETTER, |_, world: &World| world.wrong != Some(Wrong::NeedlessLetter)),
            Property::always(COUNTED_EXACTLY, |_, world: &World| world.wrong != Some(Wrong::NumberTakenTwice)),
            Property::always(TOLD_TRULY, |_, world: &World| world.wrong != Some(Wrong::Misled)),
        ];
        if self.bounds.may_be_tried_again() {
            properties.push(Property::sometimes(TRIED_AGAIN_CAN_BE_DONE, |_, world: &World| world.is_done_later()));
        }
        if self.bounds.redrives > 0 {
            properties.push(Property::sometimes(REDRIVEN_CAN_BE_DONE, |_, world: &World| {
                world.revived_by().is_some_and(|message| message.redriven)
            }));
        }
        if self.bounds.deliveries > 1 {
            properties.push(Property::sometimes(RESENT_CAN_BE_DONE, |_, world: &World| {
                world.revived_by().is_some_and(|message| !message.redriven)
            }));
        }
        properties
    }
}

/// Says it past the test harness, which keeps to itself what a test prints that passes.
fn say(line: &str) {
    use std::io::Write as _;
    // Whoever closed the terminal does not want to know.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Explores a world to the end. Each has one thread: they run beside each other.
#[track_caller]
fn check(world: &str, bounds: Bounds) {
    let checker = Setting { bounds, missing: Missing(None) }.checker().spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    say(&format!("{world}: {states} states, to a depth of {depth}"));
    checker.assert_properties();
    assert!(states > 10_000, "{world}: only {states} states");
}

#[test]
fn deliveries_race() {
    check("two deliveries race", RACE);
}

#[test]
fn events_share_an_id() {
    check("two events share an id", CONFLICT);
}

#[test]
fn a_redrive_races_a_resend() {
    check("a letter is sent back while another delivery comes", REDRIVE);
}

#[test]
fn a_claimed_event_is_redriven() {
    check("the letter of a claim is sent back", CLAIMED_REDRIVE);
}

#[test]
fn workers_outlive_their_lease() {
    check("workers outlive their lease", LEASE);
}

#[test]
fn clocks_lie_apart() {
    check("clocks lie apart and answers come late", SKEWED);
}

#[test]
fn the_way_to_settle_is_switched() {
    check("the way to settle is switched", SWITCHED);
}

#[test]
fn a_write_lands_late() {
    check("a write lands late", LATE);
}

#[test]
fn a_late_write_meets_another_delivery() {
    check("a late write meets another delivery", LATE_RACE);
}

#[test]
fn a_late_write_meets_another_claim() {
    check("a late write meets another delivery's claim", LATE_LEASE);
}

#[test]
fn rows_expire() {
    check("rows expire", WINDOW);
}

#[test]
fn claims_expire() {
    check("claims expire", CLAIMED_WINDOW);
}

/// Takes a guard away and expects this invariant to break, after the fewest steps that there are.
#[track_caller]
fn check_missed(guard: Guard, bounds: Bounds, broken: &'static str) {
    const STEPS_MAX: usize = 12;
    let setting = Setting { bounds, missing: Missing(Some(guard)) };
    let counterexample = (0..=STEPS_MAX).find_map(|steps| {
        let checker = setting.checker().finish_when(HasDiscoveries::AnyOf([broken].into()));
        // A depth is counted in worlds, the first included, and ends before the one named.
        checker.target_max_depth(steps + 2).spawn_bfs().join().discovery(broken)
    });
    let path = counterexample.unwrap_or_else(|| panic!("without {guard:?}, {broken:?} still holds"));
    say(&format!("without {guard:?}, {broken:?} breaks after {} steps", path.into_actions().len()));
}

#[test]
fn every_guard_is_missed_when_it_is_gone() {
    check_missed(Guard::NeverOverDone, RACE, ONE_COMMIT);
    check_missed(Guard::NeverOverDone, LEASE, DONE_IS_FINAL);
    check_missed(Guard::Owner, LEASE, LOST_LEASE_SETTLES_NOTHING);
    check_missed(Guard::LeaseCheck, SKEWED, STARTS_UNDER_LEASE);
    check_missed(Guard::SkewMargin, SKEWED, STARTS_UNDER_LEASE);
    check_missed(Guard::ExactCount, LEASE, COUNTED_EXACTLY);
    check_missed(Guard::OwnerIsMe, RACE, TOLD_TRULY);
    check_missed(Guard::DeadByThisMessage, RACE, DEAD_STAYS_DEAD);
    check_missed(Guard::ExpiredIsAbsent, WINDOW, SETTLED_BEFORE_DELETED);
    check_missed(Guard::LetterBeforeMark, RACE, SETTLED_BEFORE_DELETED);
    check_missed(Guard::LetterBeforeReply, RACE, SETTLED_BEFORE_DELETED);
    check_missed(Guard::ReadBeforeLetter, RACE, NO_NEEDLESS_LETTER);
    check_missed(Guard::FailuresAreReported, RACE, SETTLED_BEFORE_DELETED);
    check_missed(Guard::FailuresAreReported, RACE, ENDS);
}
