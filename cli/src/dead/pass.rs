//! One pass over the dead-letter queue: each letter is seen once, hidden meanwhile, and let go at the end.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::Message;
use indicatif::{ProgressBar, ProgressStyle};
use shell::clock;
use tokio::time::Instant;

use super::letter::Letter;
use super::queue;
use crate::account::{Account, Letters};
use crate::{CliError, up};

/// For how long a letter is hidden at least: so late does it come back when the command is killed.
const HOLD_MIN: Duration = Duration::from_secs(30);
/// For how long at most, which is half of what SQS allows after a receive.
const HOLD_MAX: Duration = Duration::from_secs(6 * 60 * 60);
/// So many letters in a row that are younger than the pass end it: SQS gives older ones first, more or less.
const YOUNGER_MAX: usize = 100;

/// A pass that is under way.
pub struct Pass<'a> {
    account: &'a Account,
    began_ms: u64,
    began: Instant,
    /// Every letter that was seen, and how it is hidden until it was deleted.
    seen: HashMap<String, Option<Hold>>,
    younger_in_a_row: usize,
    /// How far it is; drawn on standard error where that is a terminal.
    pub progress: ProgressBar,
}

struct Hold {
    receipt_handle: String,
    renew: Instant,
}

impl<'a> Pass<'a> {
    /// Does some work on a pass and lets all letters go after it, also when the work failed or was interrupted.
    ///
    /// # Errors
    /// Those of the work, and when the queue does not answer or somebody interrupts.
    pub async fn over<T>(
        account: &'a Account,
        work: impl AsyncFnOnce(&mut Pass<'a>) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let letters = account.letters().await?;
        let mut pass = Pass::new(account, letters.visible);
        let ended = tokio::select! {
            ended = work(&mut pass) => ended,
            interrupted = up::until_interrupted() => {
                interrupted.and(Err(CliError::failed("interrupted; what was not done yet is where it was")))
            }
        };
        pass.progress.finish_and_clear();
        pass.release().await;
        if letters.hidden > 0 {
            eprintln!("About {} letters were hidden by another consumer and not seen; they come back.", letters.hidden);
        }
        ended
    }

    fn new(account: &'a Account, letters: u64) -> Self {
        Pass {
            account,
            began_ms: clock::now_ms(),
            began: Instant::now(),
            seen: HashMap::new(),
            younger_in_a_row: 0,
            progress: progress(letters),
        }
    }

    /// The next letters, at most ten, none of them seen before. Empty at the end of the queue.
    ///
    /// # Errors
    /// When the queue does not answer.
    pub async fn next(&mut self) -> Result<Vec<Letter>, CliError> {
        while self.younger_in_a_row < YOUNGER_MAX {
            self.renew().await;
            let hold = self.hold();
            let messages = queue::receive(self.account, hold).await?;
            if messages.is_empty() {
                self.tell_of_blocked().await;
                break;
            }
            let mut letters = Vec::new();
            for message in messages {
                letters.extend(self.take(message, hold).await);
            }
            if !letters.is_empty() {
                return Ok(letters);
            }
        }
        Ok(Vec::new())
    }

    /// Letters that SQS moved by itself are still in the groups of a FIFO queue, and those that the pass has seen of a group
    /// hide the others from it.
    async fn tell_of_blocked(&self) {
        if self.account.dead_letter_url().ends_with(".fifo")
            && let Ok(Letters { visible: left @ 1.., .. }) = self.account.letters().await
        {
            eprintln!(
                "About {left} letters were not seen: those behind others of their message groups show once these are redriven."
            );
        }
    }

    /// Whether a letter came after the pass had begun, by the clock of this machine.
    pub fn is_younger(&self, letter: &Letter) -> bool {
        letter.about.sent_at_ms > self.began_ms
    }

    /// When the pass began, Unix time in milliseconds.
    pub fn began_ms(&self) -> u64 {
        self.began_ms
    }

    /// Deletes a letter of this pass. [`Pass::forget`] then takes note of it.
    ///
    /// # Errors
    /// Why SQS did not, in words.
    pub async fn delete(&self, message_id: &str) -> Result<(), String> {
        let Some(Some(hold)) = self.seen.get(message_id) else { return Ok(()) };
        queue::delete(self.account, &hold.receipt_handle).await
    }

    /// Takes note that a letter is deleted, so that it is not let go at the end.
    pub fn forget(&mut self, message_id: &str) {
        self.seen.insert(message_id.to_owned(), None);
    }

    /// Letters are hidden for as long as the pass has lasted: a long one renews each of them a few times only, and
    /// a short one that is killed gives them back soon.
    fn hold(&self) -> Duration {
        self.began.elapsed().clamp(HOLD_MIN, HOLD_MAX)
    }

    /// Takes a message that was received; returns its letter when it is seen for the first time.
    async fn take(&mut self, message: Message, hold: Duration) -> Option<Letter> {
        let message_id = message.message_id.clone()?;
        let receipt_handle = message.receipt_handle.clone()?;
        let known = self.seen.get(&message_id).map(Option::is_some);
        let held = Hold { receipt_handle, renew: Instant::now() + hold / 2 };
        self.seen.insert(message_id.clone(), Some(held));
        match known {
            None => {
                let letter = Letter::read(message);
                if self.is_younger(&letter) {
                    self.younger_in_a_row += 1;
                } else {
                    self.younger_in_a_row = 0;
                    self.progress.inc(1);
                }
                Some(letter)
            }
            Some(true) => None,
            // SQS may show a message again that it has deleted ("At-least-once delivery" in its guide).
            Some(false) => {
                if self.delete(&message_id).await.is_ok() {
                    self.forget(&message_id);
                }
                None
            }
        }
    }

    /// Keeps the letters hidden for which half of the time is gone.
    async fn renew(&mut self) {
        let (now, hold) = (Instant::now(), self.hold());
        let due = self.seen.values_mut().flatten().filter(|held| held.renew <= now);
        let handles: Vec<String> = due
            .map(|held| {
                held.renew = now + hold / 2;
                held.receipt_handle.clone()
            })
            .collect();
        queue::hide(self.account, &handles, hold).await;
    }

    async fn release(self) {
        let handles: Vec<String> = self.seen.into_values().flatten().map(|held| held.receipt_handle).collect();
        queue::hide(self.account, &handles, Duration::ZERO).await;
    }
}

fn progress(letters: u64) -> ProgressBar {
    // OK because the template is a literal that every test of this command runs.
    let style = ProgressStyle::with_template("letters {wide_bar} {pos}/{len} {msg}").expect("a progress template");
    ProgressBar::new(letters).with_style(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(receipt_handle: &str) -> Message {
        Message::builder().message_id("m1").receipt_handle(receipt_handle).body("{}").build()
    }

    #[tokio::test]
    async fn a_letter_that_comes_again_is_not_new_and_is_known_by_its_last_handle() {
        let nowhere = "http://127.0.0.1:9";
        let account = Account::at(nowhere, nowhere, nowhere.to_owned(), "none").unwrap();
        let mut pass = Pass::new(&account, 0);
        assert!(pass.take(message("first"), HOLD_MIN).await.is_some());
        assert!(pass.take(message("second"), HOLD_MIN).await.is_none());
        assert_eq!(pass.seen["m1"].as_ref().unwrap().receipt_handle, "second");
        pass.forget("m1");
        assert!(pass.take(message("third"), HOLD_MIN).await.is_none(), "not even when it was deleted");
    }
}
