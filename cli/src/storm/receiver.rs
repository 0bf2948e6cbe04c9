//! What the receiver of outside effects answers, and its own count of what it got: nobody else's word is needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use local::{Received, Reply};

use super::chance::random;
use super::scene::Scene;

/// Of so many calls, one is answered with a failure that may pass, under chaos.
const FAILURE_ONE_IN: u32 = 12;

/// What a receiver was called for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Calls {
    /// How often it was called for an event and attempt.
    pub attempts: HashMap<(u32, u32), u32>,
    /// How often it took an event, that is answered 200.
    pub taken: HashMap<u32, u32>,
    /// What it was called with that names no event of the storm, or no attempt.
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
        let (Some(number), Some(attempt)) = (self.scene.roster.number(key), received.attempt) else {
            calls.strange.push(key.to_owned());
            return Reply { status: 404, retry_after_s: None, after: Duration::ZERO, body: Bytes::new() };
        };
        let times = calls.attempts.entry((number, attempt)).or_default();
        *times += 1;
        let reply = reply(&self.scene, number, attempt);
        if reply.status == 200 {
            *calls.taken.entry(number).or_default() += 1;
        }
        reply
    }

    /// What was counted so far.
    pub fn calls(&self) -> Calls {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
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
        let scene = Scene::new(plan, Vec::new());
        scene.roster.enlist("a#good", 0);
        scene.roster.enlist("a#poison", 1);
        Arc::new(scene)
    }

    fn received(key: Option<&str>, attempt: Option<u32>) -> Received {
        let key = key.map(str::to_owned);
        Received { path: "/".to_owned(), key, attempt, headers: http::HeaderMap::new(), body: bytes::Bytes::new() }
    }

    #[test]
    fn calls_are_counted_by_event_and_attempt_and_strangers_apart() {
        let counter = Counter::new(scene(false));
        let call = |key, attempt| counter.reply(&received(key, attempt)).status;
        let answers = [call(Some("a#good"), Some(1)), call(Some("a#good"), Some(1)), call(Some("a#poison"), Some(2))];
        assert_eq!(answers, [200, 200, 400]);
        assert_eq!([call(Some("b#1"), Some(1)), call(Some("a#good"), None), call(None, Some(1))], [404, 404, 404]);
        let calls = counter.calls();
        assert_eq!(calls.attempts, HashMap::from([((0, 1), 2), ((1, 2), 1)]));
        assert_eq!(calls.taken, HashMap::from([(0, 2)]));
        assert_eq!(calls.strange, ["b#1", "a#good", "no Idempotency-Key"]);
    }

    #[test]
    fn under_chaos_some_attempts_fail_and_the_same_ones_each_time() {
        let statuses = |chaos| (1..200).map(|attempt| reply(&scene(chaos), 0, attempt).status).collect::<Vec<_>>();
        assert!([429, 500].iter().all(|status| statuses(true).contains(status)));
        assert_eq!(statuses(true), statuses(true));
        assert!(statuses(false).iter().all(|status| *status == 200));
    }
}
