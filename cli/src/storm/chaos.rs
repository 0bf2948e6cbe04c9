//! What is done to the processes: killed without a word, or frozen until their lease is long over.

use std::time::Duration;

use futures_util::future::join_all;
use local::Stack;
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::watch;
use tokio::time::sleep;
use webhook::ledger::SKEW_MS;

use super::plan::{Act, Timed};
use super::provider::Progress;
use crate::bundle::{INGEST, WORKER};

/// How long a process may be missing, because it was killed a moment ago and is being started again.
const MISSING_MAX: u32 = 100;
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// How many workers were killed.
    pub workers_killed: u32,
    /// How many doors were killed.
    pub doors_killed: u32,
    /// How many workers were frozen and let go on.
    pub workers_frozen: u32,
    /// How many of the plan's acts found no process.
    pub missed: u32,
}

/// How long a worker with this timeout is frozen: whatever it holds is a lease that others may take by then.
pub fn freeze(worker_timeout: Duration) -> Duration {
    worker_timeout + Duration::from_millis(SKEW_MS) + Duration::from_secs(2)
}

/// Does what the plan says, each when so many events were accepted, and returns when the last frozen worker goes
/// on. What was not reached when the provider is done happens then.
pub async fn run(
    stack: &Stack,
    acts: &[Timed],
    progress: &watch::Receiver<Progress>,
    worker_timeout: Duration,
) -> Done {
    let acts = acts.iter().map(|timed| {
        let mut progress = progress.clone();
        async move {
            // An error means that the provider is gone, which is as good as being done.
            let _ = progress.wait_for(|progress| progress.over || progress.accepted >= timed.accepted).await;
            perform(stack, timed.act, worker_timeout).await
        }
    });
    let sum = |sum: Done, done: Done| Done {
        workers_killed: sum.workers_killed + done.workers_killed,
        doors_killed: sum.doors_killed + done.doors_killed,
        workers_frozen: sum.workers_frozen + done.workers_frozen,
        missed: sum.missed + done.missed,
    };
    join_all(acts).await.into_iter().fold(Done::default(), sum)
}

async fn perform(stack: &Stack, act: Act, worker_timeout: Duration) -> Done {
    let missed = Done { missed: 1, ..Done::default() };
    let (function, place, what) = match act {
        Act::KillWorker(place) => (WORKER, place, Signal::KILL),
        Act::KillDoor(place) => (INGEST, place, Signal::KILL),
        Act::FreezeWorker(place) => (WORKER, place, Signal::STOP),
    };
    let Some(process) = find(stack, function, place).await else { return missed };
    if !signal(process, what) {
        return missed;
    }
    match act {
        Act::KillWorker(_) => Done { workers_killed: 1, ..Done::default() },
        Act::KillDoor(_) => Done { doors_killed: 1, ..Done::default() },
        Act::FreezeWorker(_) => {
            sleep(freeze(worker_timeout)).await;
            // It may have been killed meanwhile, and its id may be another's by now.
            if stack.process_ids(WORKER).contains(&process) {
                signal(process, Signal::CONT);
            }
            Done { workers_frozen: 1, ..Done::default() }
        }
    }
}

/// A process by its place among those of its function, waited for while it is being started.
async fn find(stack: &Stack, function: &str, place: usize) -> Option<u32> {
    for _ in 0..MISSING_MAX {
        if let Some(process) = stack.process_ids(function).get(place) {
            return Some(*process);
        }
        sleep(LOOK_AGAIN).await;
    }
    None
}

/// Sends a signal; false when there is no such process any more.
fn signal(process: u32, signal: Signal) -> bool {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    process.is_some_and(|process| kill_process(process, signal).is_ok())
}
