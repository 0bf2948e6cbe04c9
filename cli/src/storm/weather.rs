//! How the functions' calls fare: drawn from the seed, the event and how often it asked before, never from the time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use local::{Call, CallFate, Interference, Service};

use super::calls::{self, Asked, Operation};
use super::chance::random;
use super::plan::Plan;
use super::scene::{self, Scene};

/// The kinds of faults, as reports name them.
pub const FAULTS: [&str; 5] = ["never arrived", "refused", "arrived late", "answered late", "answer lost"];

/// The longest time that a fault takes.
pub const DELAY_MAX: Duration = Duration::from_millis(4_000);

/// How many calls of a hundred fare ill, by the kinds of [`FAULTS`].
const PERCENT: [u32; 5] = [2, 3, 2, 2, 3];
/// One delay of so many is longer than the functions wait for an answer.
const LONG_ONE_IN: u32 = 80;

/// How many kinds of calls there are.
const OPERATIONS: usize = Operation::Other as usize + 1;

/// The refusals of both services, as AWS words them.
const DYNAMODB_REFUSALS: [(u16, &str); 4] = [
    (400, "ThrottlingException"),
    (400, "ProvisionedThroughputExceededException"),
    (500, "InternalServerError"),
    (503, "ServiceUnavailable"),
];
const SQS_REFUSALS: [(u16, &str); 3] =
    [(400, "RequestThrottled"), (500, "InternalFailure"), (503, "ServiceUnavailable")];

/// The weather of a storm.
pub struct Weather {
    scene: Arc<Scene>,
    /// How often each event's calls of each kind were seen. Calls about no event share the last place.
    seen: Mutex<Vec<[u32; OPERATIONS]>>,
    met: [AtomicU64; FAULTS.len()],
}

/// How a call fares that an event makes for the `nth` time, counted from 0.
pub fn fate(seed: u64, service: Service, operation: Operation, event: Option<u32>, nth: u32) -> CallFate {
    let random = &mut random(seed, operation.name(), &[event.unwrap_or(u32::MAX), nth]);
    let drawn = random.u32(..100);
    let kind = PERCENT.iter().scan(0, |sum, percent| {
        *sum += percent;
        Some(*sum)
    });
    match kind.take_while(|sum| *sum <= drawn).count() {
        0 => CallFate::Drop,
        1 => {
            let refusals = match service {
                Service::Sqs => &SQS_REFUSALS[..],
                Service::DynamoDb => &DYNAMODB_REFUSALS[..],
            };
            let (status, code) = refusals[random.usize(..refusals.len())];
            CallFate::Refuse { status, code }
        }
        2 => CallFate::DelayCall(delay(random)),
        3 => CallFate::DelayAnswer(delay(random)),
        4 => CallFate::LoseAnswer,
        _ => CallFate::Pass,
    }
}

fn delay(random: &mut fastrand::Rng) -> Duration {
    let long = random.u32(..LONG_ONE_IN) == 0;
    Duration::from_millis(if long { random.u64(3_100..4_000) } else { random.u64(2..40) })
}

/// The place of a fate in [`FAULTS`].
fn fault(fate: CallFate) -> Option<usize> {
    match fate {
        CallFate::Pass => None,
        CallFate::Drop => Some(0),
        CallFate::Refuse { .. } => Some(1),
        CallFate::DelayCall(_) => Some(2),
        CallFate::DelayAnswer(_) => Some(3),
        CallFate::LoseAnswer => Some(4),
    }
}

/// How many faults of each kind the seed has for the first message and the first write of every event: what two
/// runs have in common before their own timing makes a difference.
pub fn planned(plan: &Plan) -> [u64; FAULTS.len()] {
    let mut counts = [0; FAULTS.len()];
    let firsts = [(Service::Sqs, Operation::Enqueue), (Service::DynamoDb, Operation::Write)];
    for number in (0..plan.events.len()).filter_map(|number| u32::try_from(number).ok()).filter(|_| plan.chaos) {
        for (service, operation) in firsts {
            if let Some(kind) = fault(fate(plan.seed, service, operation, Some(number), 0)) {
                counts[kind] += 1;
            }
        }
    }
    counts
}

impl Weather {
    /// The weather of a scene; its witness is told what the services answer.
    pub fn new(scene: Arc<Scene>) -> Self {
        let seen = Mutex::new(vec![[0; OPERATIONS]; scene.plan.events.len() + 1]);
        Weather { scene, seen, met: Default::default() }
    }

    /// How many faults of each kind the functions met.
    pub fn met(&self) -> [u64; FAULTS.len()] {
        [0, 1, 2, 3, 4].map(|kind| self.met[kind].load(Ordering::Relaxed))
    }

    fn event(&self, asked: &Asked) -> Option<u32> {
        asked.pk.as_deref().and_then(|pk| self.scene.roster.number(pk))
    }

    /// How long the table takes over a slow event. One that takes effect elsewhere is slow there.
    fn slowness(&self, number: u32) -> Option<Duration> {
        let ms = self.scene.event(number).slow_ms.filter(|_| !scene::is_outside(self.scene.source(number)))?;
        Some(Duration::from_millis(u64::from(ms)))
    }

    /// How often this event asked for this before.
    fn nth(&self, event: Option<u32>, operation: Operation) -> u32 {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let place = event.map_or(self.scene.plan.events.len(), |number| number as usize);
        let count = &mut seen[place][operation as usize];
        let nth = *count;
        *count = count.saturating_add(1);
        nth
    }
}

impl Interference for Weather {
    fn fate(&self, call: &Call) -> CallFate {
        let asked = calls::read(call);
        let event = self.event(&asked);
        // What is about no event, such as warming up, is let alone, but for delays of a message.
        if asked.operation == Operation::Other || (event.is_none() && asked.operation != Operation::Delay) {
            return CallFate::Pass;
        }
        let nth = self.nth(event, asked.operation);
        let plan = &self.scene.plan;
        let fate = if plan.chaos { fate(plan.seed, call.service, asked.operation, event, nth) } else { CallFate::Pass };
        if let Some(kind) = fault(fate) {
            self.met[kind].fetch_add(1, Ordering::Relaxed);
        }
        if fate == CallFate::Pass && nth == 0 && asked.operation == Operation::Write {
            return event.and_then(|number| self.slowness(number)).map_or(fate, CallFate::DelayAnswer);
        }
        fate
    }

    fn answered(&self, call: &Call, status: u16, _body: &[u8]) {
        if status == 200 {
            let asked = calls::read(call);
            let effect = |number| self.scene.effect(number, asked.sk.as_deref()?);
            if let Some(effect) = self.event(&asked).and_then(effect) {
                self.scene.witness.took_effect(effect, &asked);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(seed: u64) -> Vec<CallFate> {
        (0..10_000).map(|event| fate(seed, Service::DynamoDb, Operation::Write, Some(event), 0)).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_faults_in_whatever_order_they_are_asked_for() {
        let backwards: Vec<CallFate> =
            (0..10_000).rev().map(|event| fate(7, Service::DynamoDb, Operation::Write, Some(event), 0)).collect();
        assert!(fates(7).iter().eq(backwards.iter().rev()));
        assert_ne!(fates(7), fates(8));
    }

    #[test]
    fn a_call_that_failed_may_succeed_the_next_time() {
        let fate = |event, nth| fate(7, Service::DynamoDb, Operation::Write, Some(event), nth);
        let mended = (0..100).filter(|event| fate(*event, 0) != CallFate::Pass && fate(*event, 1) == CallFate::Pass);
        assert!(mended.count() > 0);
    }

    #[test]
    fn each_kind_of_fault_is_met_a_few_times_in_a_hundred_and_none_takes_longer_than_the_longest() {
        let fates = fates(7);
        for (kind, percent) in PERCENT.iter().enumerate() {
            let count = fates.iter().filter(|drawn| fault(**drawn) == Some(kind)).count();
            assert!(count.abs_diff(*percent as usize * 100) < 60, "{}: {count}", FAULTS[kind]);
        }
        let delays: Vec<Duration> = fates
            .iter()
            .filter_map(|fate| match fate {
                CallFate::DelayCall(delay) | CallFate::DelayAnswer(delay) => Some(*delay),
                _ => None,
            })
            .collect();
        assert!(delays.iter().all(|delay| *delay < DELAY_MAX));
        assert!(delays.iter().any(|delay| *delay > Duration::from_secs(3)), "beyond an attempt's timeout");
    }
}
