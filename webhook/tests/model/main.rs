//! The worker's protocol, explored to the end: every order of two workers, every crash, every lost answer.
//!
//! The invariants are those of ARCHITECTURE.md. Each guard is then taken away, and the model must find the
//! counterexample: a model that cannot fail proves nothing.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says how much it explored")]

mod world;

use stateright::{Checker, HasDiscoveries, Model, Property};
use world::{ALL, Action, Bounds, Guards, Place, World};

const SETTLED_BEFORE_DELETED: &str = "I1 a message is deleted only if its event is done or a copy of it is a letter";
const ONE_COMMIT: &str = "I2 an effect is never committed twice";
const ENDS: &str = "I3 every message leaves the queue, and its event is done or a letter";
const REDRIVEN_CAN_BE_DONE: &str = "I5 a redriven letter can be done";
const DONE_IS_FINAL: &str = "I6 done is final";

struct Protocol {
    guards: Guards,
    bounds: Bounds,
}

/// Two deliveries that race; and one that dies and is sent again while its own message may still come back.
const RACE: Bounds = Bounds { deliveries: 2, redrives: 0 };
const REDRIVE: Bounds = Bounds { deliveries: 1, redrives: 1 };

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::begin(self.bounds)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.actions(self.bounds, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        Some(world.after(action, self.guards)).filter(|next| next != world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        // Where nothing is redriven, nothing redriven can be done.
        let mut properties = self.invariants();
        if self.bounds.redrives > 0 {
            let done_after_all = |_: &Protocol, world: &World| world.was_redriven() && world.is_done();
            properties.push(Property::sometimes(REDRIVEN_CAN_BE_DONE, done_after_all));
        }
        properties
    }
}

impl Protocol {
    fn invariants(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(SETTLED_BEFORE_DELETED, |_, world: &World| {
                let mut deleted = world.messages.iter().filter(|message| message.place == Place::Gone);
                deleted.all(|message| message.letter || world.is_done())
            }),
            Property::always(ONE_COMMIT, |_, world: &World| world.commits <= 1),
            Property::always(DONE_IS_FINAL, |_, world: &World| !world.was_done || world.is_done()),
            Property::eventually(ENDS, |_, world: &World| {
                let all_gone = world.messages.iter().all(|message| message.place == Place::Gone);
                all_gone && (world.is_done() || world.messages.iter().any(|message| message.letter))
            }),
        ]
    }
}

fn explore(guards: Guards, bounds: Bounds) -> impl Checker<Protocol> {
    Protocol { guards, bounds }.checker().threads(2).spawn_bfs().join()
}

#[test]
fn the_protocol_holds_its_invariants_in_every_world() {
    for bounds in [RACE, REDRIVE] {
        let checker = explore(ALL, bounds);
        checker.assert_properties();
        println!("{bounds:?}: {} states, to a depth of {}", checker.unique_state_count(), checker.max_depth());
        assert!(checker.unique_state_count() > 10_000, "only {} states", checker.unique_state_count());
    }
}

#[track_caller]
fn check_missed(without: &str, guards: Guards, bounds: Bounds, broken: &'static str) {
    let checker = Protocol { guards, bounds }.checker().threads(2).finish_when(HasDiscoveries::AnyFailures);
    let path = checker.spawn_bfs().join().discovery(broken);
    let found = path.unwrap_or_else(|| panic!("without {without}, {broken:?} still holds"));
    println!("without {without}, {broken:?} breaks after {} steps", found.into_actions().len());
}

#[test]
fn every_guard_is_missed_when_it_is_gone() {
    check_missed("never_over_done", Guards { never_over_done: false, ..ALL }, RACE, ONE_COMMIT);
    check_missed("letter_before_mark", Guards { letter_before_mark: false, ..ALL }, RACE, SETTLED_BEFORE_DELETED);
    check_missed("failures_are_reported", Guards { failures_are_reported: false, ..ALL }, RACE, SETTLED_BEFORE_DELETED);
}
