//! The stage that a story plays on: one event, its row, and a clock that only the story moves.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::{Builder, Runtime};
use webhook::identity::Mode;
use webhook::ledger::{Row, Status};
use webhook::letter::Reason;
use webhook::protocol::{Rules, Way};

use crate::engine::Engine;
use crate::table::{Entity, Table};
use crate::work::Work;

/// A second of the virtual clock, in milliseconds.
pub(crate) const S: u64 = 1_000;
/// A day of the virtual clock, in milliseconds.
pub(crate) const DAY: u64 = 24 * 60 * 60 * S;
/// How long a lease lasts from its message's receive, in milliseconds.
pub(crate) const LEASE: u64 = 30 * S;
/// For how many days the event is known.
pub(crate) const WINDOW_DAYS: u32 = 35;

/// The begin of every story, 2100-01-01: an engine that removes expired rows by its own clock finds none here.
const BEGIN_MS: u64 = 4_102_444_800_000;

/// One event and everything around it.
pub(crate) struct Story {
    pub(crate) table: Table,
    pub(crate) runtime: Runtime,
    state: Mutex<State>,
}

struct State {
    now_ms: u64,
    rules: Rules,
    /// How often each message was received.
    receives: BTreeMap<String, u32>,
    /// The letters, by message, in the order in which they became durable.
    letters: Vec<(String, Reason)>,
    /// The number of each attempt that acted: what the outside has seen, where the effect lies there.
    acted: Vec<u32>,
}

impl Story {
    /// Begins on this engine, with an event that is settled this way.
    pub(crate) fn begin(engine: Engine, way: Way) -> Story {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let table = runtime.block_on(engine.table());
        let rules = Rules { way, mode: Mode::Id, strict_ids: false, attempts_max: 5, receives_max: 10 };
        let state =
            State { now_ms: BEGIN_MS, rules, receives: BTreeMap::new(), letters: Vec::new(), acted: Vec::new() };
        Story { table, runtime, state: Mutex::new(state) }
    }

    /// Leaves nothing behind on an engine that lives on.
    pub(crate) fn end(&self) {
        self.runtime.block_on(self.table.remove());
    }

    /// The clock now shows this many milliseconds since the begin. It may go back: clocks of workers lie apart.
    pub(crate) fn at(&self, ms: u64) {
        self.state().now_ms = BEGIN_MS + ms;
    }

    /// Changes what the source and its workers want, for the courses that begin from now on.
    pub(crate) fn rules(&self, change: impl FnOnce(&mut Rules)) {
        change(&mut self.state().rules);
    }

    /// A worker receives a message of the event, with the body that all its messages have.
    pub(crate) fn receives(&self, worker: &str, message: &str) -> Work<'_> {
        self.receives_body(worker, message, "aa")
    }

    /// A worker receives a message that carries the event's id and a body with this hash.
    pub(crate) fn receives_body(&self, worker: &str, message: &str, body_sha256: &'static str) -> Work<'_> {
        let mut state = self.state();
        let receives = state.receives.entry(message.to_owned()).or_default();
        *receives += 1;
        let owner = format!("{worker} receives {message} for the {receives}. time");
        let receives = *receives;
        Work::begin(self, state.now_ms, state.rules, owner, message, receives, body_sha256)
    }

    /// The event's row.
    pub(crate) fn row(&self) -> Option<Row> {
        self.runtime.block_on(self.table.read()).unwrap()
    }

    /// The row says this of its event, as the worker's write left it.
    #[track_caller]
    pub(crate) fn is_left(&self, status: Status, by: &Work<'_>) {
        let row = self.row().unwrap_or_else(|| panic!("no row, it should be {status:?}, {}", by.owner()));
        assert_eq!((row.status, row.owner.as_str()), (status, by.owner()));
        assert_eq!((row.attempts, row.message_id.as_str()), (by.number(), by.message()));
    }

    /// These letters are durable, each by its message and reason.
    #[track_caller]
    pub(crate) fn letters_are(&self, expected: &[(&str, Reason)]) {
        let letters = &self.state().letters;
        let letters: Vec<(&str, Reason)> = letters.iter().map(|(message, reason)| (&**message, *reason)).collect();
        assert_eq!(letters, expected, "the letters");
    }

    /// The outside has seen attempts with these numbers, in this order.
    #[track_caller]
    pub(crate) fn outside_saw(&self, expected: &[u32]) {
        assert_eq!(self.state().acted, expected, "the attempts that acted outside");
    }

    /// Another event has left the item that handlers write to like this.
    pub(crate) fn entity_was(&self, entity: Entity) {
        self.runtime.block_on(self.table.put_entity(entity));
    }

    /// The item that handlers write to.
    pub(crate) fn entity(&self) -> Option<Entity> {
        self.runtime.block_on(self.table.entity())
    }

    /// The item that handlers write to is like this.
    #[track_caller]
    pub(crate) fn entity_is(&self, expected: Option<Entity>) {
        assert_eq!(self.entity(), expected, "what handlers wrote");
    }

    /// Unix time in milliseconds, as the story has it.
    pub(crate) fn now_ms(&self) -> u64 {
        self.state().now_ms
    }

    /// A moment of the story as Unix time in milliseconds.
    pub(crate) fn unix_ms(ms: u64) -> u64 {
        BEGIN_MS + ms
    }

    pub(crate) fn add_letter(&self, message: &str, reason: Reason) {
        self.state().letters.push((message.to_owned(), reason));
    }

    pub(crate) fn add_act(&self, number: u32) {
        self.state().acted.push(number);
    }

    /// A story whose thread panicked has failed already; the others may still say what they see.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
