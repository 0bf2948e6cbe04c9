//! What the receiver of outside effects answers, and its own count of what it got: nobody else's word is needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use local::{Received, Reply};
use webhook::destination::{Address, Bus, BusPlace, Destination, Endpoint};

use super::chance::random;
use super::scene::Scene;

/// Of so many calls, one is answered with a failure that may pass, under chaos.
const FAILURE_ONE_IN: u32 = 12;

/// What a receiver was called for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Calls {
    /// How often it was called for an effect and attempt.
    pub attempts: HashMap<(u32, u32), u32>,
    /// How often an effect was taken: answered 200 here, or put on a bus.
    pub taken: HashMap<u32, u32>,
    /// What it was called with that names no event of the storm and none of its destinations, or no attempt.
    pub strange: Vec<String>,
}

/// Counts and answers.
pub struct Counter {
    scene: Arc<Scene>,
    calls: Mutex<Calls>,
}

impl Counter {
    /// A counter that was not called yet.
    pub fn new(scene: Arc<Scene>) -> Self {
        Counter { scene, calls: Mutex::default() }
    }

    /// Counts a call and says how it is answered.
    pub fn reply(&self, received: &Received) -> Reply {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let key = received.key.as_deref().unwrap_or("no Idempotency-Key");
        let number = self.scene.roster.number(key);
        let effect = number.and_then(|number| self.effect(number, &|destination| is_at(destination, &received.path)));
        let (Some(number), Some(effect), Some(attempt)) = (number, effect, received.attempt) else {
            calls.strange.push(key.to_owned());
            return Reply { status: 404, retry_after_s: None, after: Duration::ZERO, body: Bytes::new() };
        };
        let times = calls.attempts.entry((effect, attempt)).or_default();
        *times += 1;
        let reply = reply(&self.scene, number, attempt);
        if reply.status == 200 {
            *calls.taken.entry(effect).or_default() += 1;
        }
        reply
    }

    /// Counts what an event bus says that it took, in a line of its log.
    pub fn on_bus(&self, line: &str) {
        let Ok(BusLine { bus, resources: [key] }) = serde_json::from_str(line) else { return };
        let number = self.scene.roster.number(&key);
        let effect = number.and_then(|number| self.effect(number, &|destination| is_on(destination, &bus)));
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        match effect {
            Some(effect) => *calls.taken.entry(effect).or_default() += 1,
            None => calls.strange.push(key),
        }
    }

    /// The effect of an event at the first destination that is the one that was called.
    fn effect(&self, number: u32, is_it: &dyn Fn(&Destination) -> bool) -> Option<u32> {
        let destination = self.scene.source(number).destinations.iter().find(|destination| is_it(destination))?;
        self.scene.effect(number, destination.name())
    }

    /// What was counted so far.
    pub fn calls(&self) -> Calls {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What a bus says of an event that it took.
#[derive(serde::Deserialize)]
struct BusLine {
    bus: String,
    resources: [String; 1],
}

/// Each variable of an endpoint has a path of its own here.
fn is_at(destination: &Destination, path: &str) -> bool {
    let name = path.strip_prefix('/');
    matches!(destination, Destination::Https(Endpoint { address: Address::Env(env), .. }) if Some(env.as_str()) == name)
}

/// Each variable of a bus holds its own name here.
fn is_on(destination: &Destination, bus: &str) -> bool {
    let Destination::EventBridge(Bus { place: BusPlace::Bus(name) | BusPlace::Env(name), .. }) = destination else {
        return false;
    };
    name == bus
}

/// What an attempt is answered: a function of the seed, the event and the attempt.
fn reply(scene: &Scene, number: u32, attempt: u32) -> Reply {
    let event = scene.event(number);
    let random = &mut random(scene.plan.seed, "receiver", &[number, attempt]);
    // While it waits a worker holds a lease, and only who is frozen just then can lose one.
    let busy_ms = if scene.plan.chaos && random.u32(..4) == 0 { random.u64(..200) } else { 0 };
    let after = Duration::from_millis(event.slow_ms.map_or(busy_ms, u64::from));
    let (status, retry_after_s) = if event.poison {
        (400, None)
    } else {
        match random.u32(..if scene.plan.chaos { FAILURE_ONE_IN } else { 1 }) {
            1 if random.bool() => (429, Some(1)),
            1 => (500, None),
            _ => (200, None),
        }
    };
    Reply { status, retry_after_s, after, body: Bytes::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storm::plan::{Event, Plan};

    fn scene(chaos: bool) -> Arc<Scene> {
        let event = |poison| Event { source: 0, copies_after_ms: Vec::new(), poison, slow_ms: None };
        let plan = Plan { seed: 7, events: vec![event(false), event(true)], acts: Vec::new(), chaos };
        let source = "[a]\nprovider = \"github\"\nsecrets = [\"env:S\"]\n\
                      destination = [\"table\", \"env:AT\", \"eventbridge:orders\"]\n";
        let scene = Scene::new(plan, webhook::sources::parse(source).unwrap());
        scene.roster.enlist("a#good", 0);
        scene.roster.enlist("a#poison", 1);
        Arc::new(scene)
    }

    fn received(key: Option<&str>, attempt: Option<u32>) -> Received {
        let key = key.map(str::to_owned);
        Received { path: "/AT".to_owned(), key, attempt, headers: http::HeaderMap::new(), body: bytes::Bytes::new() }
    }

    #[test]
    fn calls_are_counted_by_event_and_attempt_and_strangers_apart() {
        let counter = Counter::new(scene(false));
        let call = |key, attempt| counter.reply(&received(key, attempt)).status;
        let answers = [call(Some("a#good"), Some(1)), call(Some("a#good"), Some(1)), call(Some("a#poison"), Some(2))];
        assert_eq!(answers, [200, 200, 400]);
        assert_eq!([call(Some("b#1"), Some(1)), call(Some("a#good"), None), call(None, Some(1))], [404, 404, 404]);
        let calls = counter.calls();
        assert_eq!(calls.attempts, HashMap::from([((1, 1), 2), ((4, 2), 1)]), "the second of three destinations");
        assert_eq!(calls.taken, HashMap::from([(1, 2)]));
        assert_eq!(calls.strange, ["b#1", "a#good", "no Idempotency-Key"]);
    }

    #[test]
    fn a_call_at_a_path_or_a_bus_of_nobody_is_a_stranger() {
        let counter = Counter::new(scene(false));
        let elsewhere = Received { path: "/ELSE".to_owned(), ..received(Some("a#good"), Some(1)) };
        assert_eq!(counter.reply(&elsewhere).status, 404);
        counter.on_bus(r#"{"outcome":"event_on_bus","bus":"orders","resources":["a#good"]}"#);
        counter.on_bus(r#"{"outcome":"event_on_bus","bus":"others","resources":["a#poison"]}"#);
        let calls = counter.calls();
        assert_eq!(
            (calls.taken, calls.strange),
            (HashMap::from([(2, 1)]), vec!["a#good".to_owned(), "a#poison".to_owned()])
        );
    }

    #[test]
    fn under_chaos_some_attempts_fail_and_the_same_ones_each_time() {
        let statuses = |chaos| (1..200).map(|attempt| reply(&scene(chaos), 0, attempt).status).collect::<Vec<_>>();
        assert!([429, 500].iter().all(|status| statuses(true).contains(status)));
        assert_eq!(statuses(true), statuses(true));
        assert!(statuses(false).iter().all(|status| *status == 200));
    }
}
