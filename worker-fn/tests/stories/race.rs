//! Stories of 64 workers that race on one event, each on a thread of its own with a message of its own.

use std::sync::Barrier;

use webhook::ledger::Status;
use webhook::protocol::{End, Way};
use worker_fn::handle::Refused;

use crate::story::{S, Story};
use crate::table::Raise;
use crate::work::Work;

const WORKERS: u64 = 64;

/// Lets them run to their ends all at once; one of them is done. Whoever is told to come again does so after
/// the lease, and finds that nothing is left to do. Returns who was done.
fn race(story: &Story, raise: fn(u64) -> Option<Raise>) -> Work<'_> {
    let start = Barrier::new(usize::try_from(WORKERS).unwrap());
    let run = |n: u64| {
        let mut work = story.receives(&format!("W{n}"), &format!("m{n}"));
        start.wait();
        let end = work.runs(raise(n));
        (work, end)
    };
    let ended: Vec<(Work<'_>, End)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=WORKERS).map(|n| scope.spawn(move || run(n))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (mut done, others): (Vec<_>, Vec<_>) = ended.into_iter().partition(|(_, end)| *end == End::Done);
    assert_eq!(done.len(), 1, "how many were done");
    story.at(100 * S);
    for (work, end) in others {
        let again = match end {
            End::Busy(_) | End::Backoff(_) => story.receives("again", work.message()).runs(raise(WORKERS + 1)),
            end => end,
        };
        assert_eq!(again, End::Duplicate { same_body: true }, "{} after {end:?}", work.owner());
    }
    let (winner, _) = done.remove(0);
    story.is_left(Status::Done, &winner);
    story.letters_are(&[]);
    winner
}

pub(crate) fn of_64_workers_that_write_at_once_one_commits(story: &Story) {
    race(story, |_| None);
}

/// Each would raise the version by its own number, so a second commit could not hide.
pub(crate) fn of_64_workers_with_a_write_of_their_handlers_one_commits(story: &Story) {
    race(story, |n| Some(Raise { version: n, refused: Refused::Retry }));
    assert_eq!(story.entity().unwrap().effects, 1);
}

pub(crate) fn of_64_workers_that_claim_one_acts(story: &Story) {
    story.rules(|rules| rules.way = Way::Claimed);
    race(story, |_| None);
    story.outside_saw(&[1]);
}

pub(crate) fn of_64_workers_that_take_over_an_ended_lease_one_acts(story: &Story) {
    story.rules(|rules| rules.way = Way::Claimed);
    let mut gone = story.receives("A", "m0");
    gone.claims().acts();
    story.at(40 * S);
    race(story, |_| None);
    gone.completes().ends(End::LeaseLost);
    story.outside_saw(&[1, 2]);
}
