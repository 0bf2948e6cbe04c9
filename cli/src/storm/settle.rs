//! Waiting until a storm has settled: nothing in the queue, and nothing on its way there.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use tokio::time::{Instant, sleep};

use super::provider::Provider;
use super::queue;
use super::scene::Scene;
use super::weather::{DELAY_MAX, Weather};
use crate::CliError;
use crate::account::Account;

const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Waits until the queue is empty and stays so for longer than a call can be late: a message whose sender has
/// given up may still arrive. What is open then will not change any more.
///
/// # Errors
/// When the queue does not answer.
pub async fn settle(account: &Account, queue_url: &str, chaos: bool) -> Result<(), CliError> {
    let quiet = if chaos { DELAY_MAX + Duration::from_secs(1) } else { Duration::from_millis(500) };
    let mut empty_since = Instant::now();
    while empty_since.elapsed() < quiet {
        if queue::depth(account, queue_url).await? > 0 {
            empty_since = Instant::now();
        }
        sleep(LOOK_AGAIN).await;
    }
    Ok(())
}

/// Shows on standard error how far a storm is, where that is a terminal; never returns by itself.
pub async fn show(scene: &Scene, provider: &Provider, weather: &Weather, account: &Account, queue_url: &str) {
    // OK because the template is a literal that the storm's own test runs.
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}").expect("a progress template");
    let bar = ProgressBar::new(scene.plan.events.len() as u64).with_style(style).with_finish(ProgressFinish::AndClear);
    if bar.is_hidden() {
        return std::future::pending().await;
    }
    loop {
        let seen = scene.witness.seen();
        let done = seen.iter().filter(|seen| seen.done > 0).count();
        let dead = seen.iter().filter(|seen| seen.dead > 0).count();
        let accepted = provider.progress().borrow().accepted;
        let faults: u64 = weather.met().iter().sum();
        // A queue that does not answer now is no reason to stop; the audit asks again.
        let in_queue = queue::depth(account, queue_url).await.unwrap_or(0);
        bar.set_position((done + dead) as u64);
        bar.set_message(format!("accepted {accepted}, done {done}, dead {dead}, in queue {in_queue}, faults {faults}"));
        sleep(3 * LOOK_AGAIN).await;
    }
}
