//! Messages that were kept go into the queue again, as the door would send them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use aws_sdk_sqs::types::MessageAttributeValue;
use futures_util::StreamExt as _;
use futures_util::stream;
use indicatif::ProgressBar;
use tokio::time::{Instant, sleep_until};
use webhook::kept;
use webhook::letter::REDRIVEN;

use super::stored::{self, Stored};
use crate::CliError;
use crate::dead::place::Opened;
use crate::dead::print::causes;
use crate::dead::send_back::{addressed, taken};

/// How many messages are on their way at once.
const AT_ONCE: usize = 10;
/// How many may fail in a row before the rest is left: the queue is likely to refuse all of them.
const FAILED_IN_A_ROW_MAX: usize = 10;

/// The events of a replay, by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// In the queue again, by what they had ended as.
    pub replayed: BTreeMap<String, usize>,
    /// Not in the queue.
    pub failed: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} replayed", self.replayed.values().sum::<usize>())?;
        self.replayed.iter().try_for_each(|(became, count)| writeln!(f, "  {count} {became}"))?;
        writeln!(f, "{} failed", self.failed)
    }
}

/// Sends the messages of these events, no faster than the rate allows; with `fresh_ms` as events of their own.
///
/// # Errors
/// When so many fail in a row that the rest would, too.
pub async fn all(place: &Opened, chosen: &[Stored], fresh_ms: Option<u64>, rate: u32) -> Result<Tally, CliError> {
    let progress = ProgressBar::new(chosen.len() as u64);
    let began = Instant::now();
    let sends = chosen.iter().zip(0_u32..).map(|(stored, number)| async move {
        sleep_until(began + Duration::from_secs(1) / rate * number).await;
        (stored, one(place, stored, fresh_ms).await)
    });
    let mut sent = stream::iter(sends).buffer_unordered(AT_ONCE);
    let (mut tally, mut failed_in_a_row) = (Tally::default(), 0);
    while let Some((stored, result)) = sent.next().await {
        progress.inc(1);
        match result {
            Ok(()) => {
                failed_in_a_row = 0;
                *tally.replayed.entry(stored.became()).or_default() += 1;
            }
            Err(error) => {
                failed_in_a_row += 1;
                tally.failed += 1;
                progress.suspend(|| eprintln!("{}: {error}", stored.name()));
            }
        }
        if failed_in_a_row >= FAILED_IN_A_ROW_MAX {
            progress.finish_and_clear();
            let done = tally.replayed.values().sum::<usize>();
            let message = format!("{done} replayed, then {failed_in_a_row} in a row failed, the rest is left");
            return Err(CliError::failed(message));
        }
    }
    progress.finish_and_clear();
    Ok(tally)
}

async fn one(place: &Opened, stored: &Stored, fresh_ms: Option<u64>) -> Result<(), CliError> {
    let mut message = stored::message(&place.account, stored).await?;
    if let Some(now_ms) = fresh_ms {
        message = kept::fresh(&message, now_ms).ok_or_else(|| CliError::failed("its message is no envelope"))?;
    }
    // The worker then says in a dead row what became of its event, even where that is no longer wanted.
    let again = MessageAttributeValue::builder().data_type("String").string_value("1").build();
    let again = again.map_err(|error| CliError::failed(error.to_string()))?;
    let call = place.account.sqs().send_message().queue_url(&place.queue_url).message_body(message);
    let call = call.message_attributes(REDRIVEN, again);
    // Another id each time that it is asked for, and the same for what the SDK sends twice.
    let id = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
    let call = addressed(call, &place.queue_url, taken(&stored.source), &id);
    call.send().await.map(drop).map_err(|error| CliError::failed(causes(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_says_what_events_had_ended_as() {
        let replayed = BTreeMap::from([("table: dead".to_owned(), 2), ("https: done, table: dead".to_owned(), 1)]);
        let tally = Tally { replayed, failed: 1 };
        assert_eq!(tally.to_string(), "3 replayed\n  1 https: done, table: dead\n  2 table: dead\n1 failed\n");
    }
}
