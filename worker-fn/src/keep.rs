//! Keeping what came, before anything is done with it: so a row never says that an event is done whose message was to be
//! kept and is not.

use shell::clock;
use shell::log::{Level, line};
use webhook::envelope::Envelope;
use webhook::sources::Source;

use crate::act::NoEffect;
use crate::event::Record;
use crate::ledger::{Kept, Ledger};
use crate::prepare::Prepared;

/// A message that its source wants to be kept and that is too large for it.
#[derive(serde::Serialize)]
struct NotKept<'a> {
    level: Level,
    outcome: &'static str,
    message_id: &'a str,
    source: &'a str,
    detail: String,
}

/// Keeps the message of an event that its source wants, dead or not. An event whose message could not be kept has to come
/// again.
pub(crate) async fn keep(
    ledger: &Ledger,
    record: &Record,
    envelope: &Envelope<'_>,
    source: &Source,
    prepared: Result<Prepared, NoEffect>,
) -> Result<Prepared, NoEffect> {
    if source.keep_body_days == 0 || matches!(prepared, Ok(Prepared::Filtered)) {
        return prepared;
    }
    let message = record.body.as_deref().unwrap_or("");
    match ledger.keep(envelope, message, source.keep_body_days, clock::now_ms()).await {
        Ok(Kept::There) => {}
        Ok(Kept::TooLarge) => line(&NotKept {
            level: Level::Warn,
            outcome: "not_kept",
            message_id: record.message_id.as_deref().unwrap_or(""),
            source: &source.name,
            detail: format!(
                "a message of {} bytes, compressed it may have {}",
                message.len(),
                webhook::kept::BYTES_MAX
            ),
        }),
        Err(error) => return Err(NoEffect::not_now(format!("its message was not kept: {error}"), None)),
    }
    prepared
}
