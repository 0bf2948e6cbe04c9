//! What a step led to, with the words for the log and the letter.

use webhook::ledger::Row;
use webhook::letter::Reason;
use webhook::protocol::{Effect, Happened};

use crate::handle::Refused;

/// What a step led to, with the words for it.
pub(super) enum Done {
    Succeeded,
    Acted(Effect),
    Refused(Refused, String),
    NotNewest,
    NoOrder(String),
    NotOpen(Box<Row>),
    Found(Option<Row>),
    Impossible(String),
    Failed(String),
}

impl Done {
    /// In the terms of the protocol.
    pub(super) fn happened(&self) -> Happened<'_> {
        match self {
            Done::Succeeded => Happened::Succeeded,
            Done::Acted(effect) => Happened::Acted(*effect),
            Done::NotNewest | Done::Refused(Refused::Superseded, _) => Happened::Superseded,
            Done::NoOrder(_) => Happened::Acted(Effect::Never(Reason::MapFailed)),
            Done::Refused(Refused::Retry, _) => Happened::Acted(Effect::NotNow(Reason::AttemptsExhausted)),
            Done::Refused(Refused::Dead, _) => Happened::Acted(Effect::Never(Reason::DestinationRejected)),
            Done::NotOpen(row) => Happened::NotOpen(row),
            Done::Found(row) => Happened::Found(row.as_ref()),
            Done::Impossible(_) => Happened::Impossible,
            Done::Failed(_) => Happened::Failed,
        }
    }
}
