//! `tidegate dead redrive`: chosen letters go back to the queue, each deleted only once its copy is durable.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use shell::aws::s3::S3;
use tokio::time::{Instant, sleep_until};
use webhook::identity::body_sha256;

use super::body::refresh;
use super::letter::Letter;
use super::pass::Pass;
use super::place::{Opened, Place};
use super::print;
use super::selection::Selection;
use super::send_back::send_back;
use super::tally::Tally;
use crate::CliError;

/// Send chosen letters back to the queue, their messages untouched
///
/// A letter is deleted only after its copy is in the queue: interrupt it, kill it and run it again as you like. A copy
/// that is sent twice is a duplicate to the worker. Letters that come while it runs, such as those of redriven events
/// that died again, are left for another run. Exits with 0, or with 1 when some could not be redriven.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    selection: Selection,
    /// All letters
    #[arg(long, help_heading = "Which letters")]
    all: bool,
    /// Say what would be redriven, and send and delete nothing
    #[arg(long)]
    dry_run: bool,
    /// How many letters a second at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rate: u32,
    #[command(flatten)]
    place: Place,
}

/// How many letters may fail in a row before the rest is left: the queue is likely to refuse all of them.
const FAILED_IN_A_ROW_MAX: usize = 10;
/// How far this machine's clock may be off: AWS takes no requests that are signed further from its own.
const SKEW_MAX_MS: u64 = 5 * 60 * 1_000;

/// Redrives the chosen letters and says what it did.
///
/// # Errors
/// When no letters are chosen on the command line, the dead-letter queue does not answer or somebody interrupts.
pub async fn run(options: &Options) -> Result<ExitCode, CliError> {
    if options.all != options.selection.is_everything() {
        let message =
            "say which letters, by --source, --reason, --type, --id or --since, or say --all and none of them";
        return Err(CliError::Usage(message.to_owned()));
    }
    let Opened { account, queue_url, bodies } = options.place.open()?;
    let mut run = Run {
        options,
        queue: (account.sqs(), &queue_url),
        bodies: &bodies,
        tally: Tally { dry_run: options.dry_run, ..Tally::default() },
        chosen: 0,
        sent_bodies: HashSet::new(),
        slot: Instant::now(),
        failed_in_a_row: 0,
    };
    let ended = Pass::over(&account, async |pass| run.over(pass).await).await;
    if ended.is_ok() || run.chosen > 0 {
        print::out(run.tally.to_string().as_bytes())?;
    }
    ended?;
    Ok(if run.tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A redrive that is under way.
struct Run<'a> {
    options: &'a Options,
    /// The queue that letters go back to: its client and its URL.
    queue: (&'a aws_sdk_sqs::Client, &'a str),
    /// Where large bodies lie.
    bodies: &'a S3,
    tally: Tally,
    chosen: usize,
    /// SHA-256 of the messages that were chosen.
    sent_bodies: HashSet<String>,
    /// When the next letter may be sent.
    slot: Instant,
    failed_in_a_row: usize,
}

impl Run<'_> {
    async fn over(&mut self, pass: &mut Pass<'_>) -> Result<(), CliError> {
        while !self.options.selection.is_full(self.chosen) {
            let mut letters = pass.next().await?;
            if letters.is_empty() {
                break;
            }
            letters.retain(|letter| self.chooses(pass, letter));
            if self.options.dry_run {
                letters.iter().for_each(|letter| self.tally.redrove(&letter.about));
            } else {
                self.redrive(pass, &letters).await?;
            }
        }
        Ok(())
    }

    fn chooses(&mut self, pass: &Pass<'_>, letter: &Letter) -> bool {
        let selection = &self.options.selection;
        if !selection.chooses(&letter.about, pass.began_ms()) || selection.is_full(self.chosen) {
            self.tally.left += 1;
            return false;
        }
        // Where this machine's clock is ahead, an event that died again looks as old as the run. Its message gives
        // it away, so that no run ever turns in circles.
        let may_be_younger = letter.about.sent_at_ms.saturating_add(SKEW_MAX_MS) > pass.began_ms();
        let message = body_sha256(letter.body.as_bytes());
        if pass.is_younger(letter) || (may_be_younger && self.sent_bodies.contains(&message)) {
            self.tally.younger += 1;
            return false;
        }
        self.sent_bodies.insert(message);
        self.chosen += 1;
        true
    }

    /// Sends letters back, no faster than the rate allows; to a FIFO queue one after the other, which is their order there.
    async fn redrive(&mut self, pass: &mut Pass<'_>, letters: &[Letter]) -> Result<(), CliError> {
        let slots: Vec<Instant> = letters.iter().map(|_| self.next_slot()).collect();
        let (queue, bodies, looked_at) = (self.queue, self.bodies, &*pass);
        let calls = letters.iter().zip(slots).map(|(letter, slot)| async move {
            sleep_until(slot).await;
            let sent = match refresh(bodies, letter).await {
                Ok(()) => send_back(queue, looked_at, letter).await,
                Err(why) => Err(why),
            };
            (letter, sent)
        });
        let at_once = if queue.1.ends_with(".fifo") { 1 } else { letters.len().max(1) };
        let mut results = stream::iter(calls).buffer_unordered(at_once);
        let mut deleted = Vec::new();
        while let Some((letter, result)) = results.next().await {
            match result {
                Ok(()) => {
                    self.failed_in_a_row = 0;
                    self.tally.redrove(&letter.about);
                    deleted.push(&letter.about.message_id);
                }
                Err(why) => {
                    self.failed_in_a_row += 1;
                    self.tally.failed += 1;
                    looked_at.progress.suspend(|| eprintln!("{}: {why}", letter.about.message_id));
                }
            }
            looked_at.progress.set_message(format!("{} redriven", self.tally.redriven()));
        }
        drop(results);
        deleted.into_iter().for_each(|message_id| pass.forget(message_id));
        if self.failed_in_a_row >= FAILED_IN_A_ROW_MAX {
            return Err(CliError::failed(format!(
                "{} letters in a row failed, the rest is left",
                self.failed_in_a_row
            )));
        }
        Ok(())
    }

    fn next_slot(&mut self) -> Instant {
        let slot = self.slot.max(Instant::now());
        self.slot = slot + Duration::from_secs(1) / self.options.rate;
        slot
    }
}
