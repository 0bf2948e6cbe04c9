//! What the log says of a record. There is no place here for a body or a value of one.

use serde::Serialize;
use shell::log::{Level, brief, line};
use shell::metrics::Metrics;

/// One line of the log.
#[derive(Serialize)]
pub struct Report<'a> {
    /// How much it wants to be seen.
    pub level: Level,
    /// How the record ended.
    pub outcome: &'static str,
    /// SQS's id of the message.
    pub message_id: &'a str,
    /// How often it was received.
    pub receives: u32,
    /// Who the event is, where the message could be read.
    #[serde(flatten)]
    pub event: EventName<'a>,
    /// Where it was to take effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<&'a str>,
    /// Why it died.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// More on that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a str>,
    /// When it comes again, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again_in_s: Option<u32>,
    /// From API Gateway's receipt until now, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u64>,
    /// How long the record took here, in milliseconds.
    pub ms: u64,
    /// What is counted of it.
    #[serde(flatten)]
    pub metrics: Option<Metrics<'a>>,
}

/// Who an event is.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct EventName<'a> {
    /// Its source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
    /// What makes two deliveries the same event; with the source, the key of its row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<&'a str>,
    /// The provider's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<&'a str>,
    /// Its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<&'a str>,
}

impl<'a> EventName<'a> {
    /// The names that an envelope carries.
    pub fn of(envelope: &'a webhook::envelope::Envelope<'_>) -> Self {
        EventName {
            source: Some(brief(&envelope.source)),
            identity: Some(brief(&envelope.identity)),
            event_id: envelope.event_id.as_deref().map(brief),
            event_type: envelope.event_type.as_deref().map(brief),
        }
    }
}

impl Report<'_> {
    /// Writes the line.
    pub fn write(&self) {
        line(self);
    }
}
