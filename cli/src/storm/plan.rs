//! The plan of a storm: a function of its seed and its options, so that the same storm can be had again.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::chance::random;
use super::share::Share;

/// What a plan is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// From which everything random is drawn.
    pub seed: u64,
    /// How many events there are.
    pub count: u32,
    /// How many of them are posted more than once.
    pub duplicates: Share,
    /// How many of them must end as a dead letter.
    pub poison: Share,
    /// How many of them take effect slowly.
    pub slow: Share,
    /// How many workers and doors may be killed or frozen; without it, none is.
    pub chaos: Option<Targets>,
    /// The sources, in turn: whether their events can be poison.
    pub sources: Vec<bool>,
}

/// The processes that chaos aims at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Targets {
    /// How many workers run.
    pub workers: usize,
    /// How many doors run.
    pub doors: usize,
}

/// Everything that happens, but for what the machine itself makes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// From which everything random is drawn.
    pub seed: u64,
    /// The events by their number.
    pub events: Vec<Event>,
    /// What is done to the processes, in the order of time.
    pub acts: Vec<Timed>,
    /// Whether calls are interfered with.
    pub chaos: bool,
}

/// One event that a provider tells of.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its source, by its place in the order.
    pub source: usize,
    /// After how many milliseconds the same signed bytes are posted again; 0 is at once.
    pub copies_after_ms: Vec<u16>,
    /// Whether it must end as a dead letter.
    pub poison: bool,
    /// How many milliseconds its destination takes the first time, where it is slow.
    pub slow_ms: Option<u16>,
}

/// Something that is done to a process once so many events were accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timed {
    /// How many events were accepted by then.
    pub accepted: u32,
    /// What is done.
    pub act: Act,
}

/// What is done to a process, by its place among those of its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// A worker ends without a word.
    KillWorker(usize),
    /// A door ends without a word.
    KillDoor(usize),
    /// A worker stands still until its lease is long over, and then goes on.
    FreezeWorker(usize),
}

/// The most copies of one delivery, beside the first.
const COPIES_MAX: u32 = 3;
/// How late a copy comes at most: signatures are good for five minutes.
const COPY_AFTER_MS_MAX: u16 = 8_000;
/// How long a slow destination takes: less than the worker is patient.
const SLOW_MS: std::ops::Range<u16> = 1_000..2_000;

impl Order {
    /// Draws the plan.
    pub fn plan(&self) -> Plan {
        let random = &mut random(self.seed, "plan", &[]);
        let events = (0..self.count).map(|_| self.event(random)).collect();
        let mut acts = self.chaos.map(|targets| self.acts(targets, random)).unwrap_or_default();
        acts.sort_by_key(|timed| (timed.accepted, timed.act));
        Plan { seed: self.seed, events, acts, chaos: self.chaos.is_some() }
    }

    fn event(&self, random: &mut fastrand::Rng) -> Event {
        let source = random.usize(..self.sources.len());
        let copies = if self.duplicates.draws(random) { random.u32(1..=COPIES_MAX) } else { 0 };
        let copies_after_ms =
            (0..copies).map(|_| if random.bool() { 0 } else { random.u16(..=COPY_AFTER_MS_MAX) }).collect();
        Event {
            source,
            copies_after_ms,
            poison: self.poison.draws(random) && self.sources[source],
            slow_ms: self.slow.draws(random).then(|| random.u16(SLOW_MS)),
        }
    }

    /// A worker dies every 1,500 events or so, a door every 4,000, and a worker is frozen every 2,000: often enough
    /// to meet every step of the protocol in a long storm, and at least once each in a short one.
    fn acts(&self, targets: Targets, random: &mut fastrand::Rng) -> Vec<Timed> {
        let mut acts = Vec::new();
        let mut add = |every: u32, act: &dyn Fn(&mut fastrand::Rng) -> Act| {
            for _ in 0..(self.count / every).clamp(1, 50) {
                // Not in the last tenth, so that the storm is over when everything was accepted.
                let accepted = random.u32(..=self.count - self.count / 10);
                acts.push(Timed { accepted, act: act(random) });
            }
        };
        add(1_500, &|random| Act::KillWorker(random.usize(..targets.workers)));
        add(4_000, &|random| Act::KillDoor(random.usize(..targets.doors)));
        add(2_000, &|random| Act::FreezeWorker(random.usize(..targets.workers)));
        acts
    }
}

impl Plan {
    /// The id of an event, as its provider would choose one.
    pub fn event_id(&self, number: u32) -> String {
        format!("storm-{:016x}-{number:07}", self.seed)
    }

    /// When an event's first delivery and its copies are posted, after its turn has come.
    pub fn posts(&self, number: u32) -> impl Iterator<Item = Duration> {
        let copies = &self.events[number as usize].copies_after_ms;
        std::iter::once(Duration::ZERO).chain(copies.iter().map(|ms| Duration::from_millis(u64::from(*ms))))
    }

    /// A word for the plan: two runs with the same one were asked for the same.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{} {} {:?}\n", self.seed, self.chaos, self.acts));
        for event in &self.events {
            hash.update(format!("{event:?}\n"));
        }
        hash.finalize()[..6].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(seed: u64) -> Order {
        let share = |text: &str| text.parse().unwrap();
        Order {
            seed,
            count: 10_000,
            duplicates: share("30%"),
            poison: share("10%"),
            slow: share("1%"),
            chaos: Some(Targets { workers: 3, doors: 4 }),
            sources: vec![true, false, true],
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_plan_and_another_seed_another() {
        assert_eq!(order(7).plan(), order(7).plan());
        assert_eq!(order(7).plan().digest(), order(7).plan().digest());
        assert_ne!(order(7).plan().digest(), order(8).plan().digest());
        let gentler = Order { poison: "9%".parse().unwrap(), ..order(7) };
        assert_ne!(gentler.plan().digest(), order(7).plan().digest());
    }

    #[test]
    fn a_plan_has_about_as_much_of_everything_as_was_asked_for() {
        let plan = order(7).plan();
        let count = |is: &dyn Fn(&Event) -> bool| plan.events.iter().filter(|event| is(event)).count();
        assert!((2_800..3_200).contains(&count(&|event| !event.copies_after_ms.is_empty())));
        assert!((550..800).contains(&count(&|event| event.poison)), "a tenth of two thirds");
        assert_eq!(count(&|event| event.poison && event.source == 1), 0, "which cannot be poison");
        assert!((60..150).contains(&count(&|event| event.slow_ms.is_some())));
        let acts = |is: &dyn Fn(Act) -> bool| plan.acts.iter().filter(|timed| is(timed.act)).count();
        assert_eq!(acts(&|act| matches!(act, Act::KillWorker(..3))), 6);
        assert_eq!(acts(&|act| matches!(act, Act::KillDoor(..4))), 2);
        assert_eq!(acts(&|act| matches!(act, Act::FreezeWorker(..3))), 5);
        assert!(plan.acts.is_sorted_by_key(|timed| timed.accepted) && plan.acts[12].accepted <= 9_000);
    }

    #[test]
    fn without_chaos_nothing_is_done_to_a_process_and_a_small_storm_has_each_act_once() {
        assert_eq!(Order { chaos: None, ..order(7) }.plan().acts, []);
        let small = Order { count: 1, ..order(7) }.plan();
        assert_eq!((small.acts.len(), small.events.len()), (3, 1));
    }
}
