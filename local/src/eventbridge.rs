//! EventBridge on loopback: an event bus that keeps what is put on it, for AWS SDKs and the AWS CLI over HTTP.
//!
//! It knows PutEvents alone, refuses what EventBridge refuses, and keeps the last thousand events in memory. There are no
//! rules and no targets: a GET shows what came. Any bus exists, as far as the answer goes: EventBridge itself takes events
//! for one that does not, and says nothing. It is a development server: **signatures and policies are not looked at**.

mod protocol;

use crate::clock;
use crate::logs::{LogLine, LogSink};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use uuid::Uuid;

/// How many events are kept.
const KEPT_MAX: usize = 1_000;
/// How many entries one call has at most.
const ENTRIES_MAX: usize = 10;
/// The largest sum of entries, in bytes.
const ENTRIES_BYTES_MAX: usize = 1024 * 1024;
/// What a time counts for in it.
const TIME_BYTES: usize = 14;

/// The buses. All of them are one list.
pub struct EventBridge {
    kept: Mutex<VecDeque<BusEvent>>,
    log: LogSink,
}

/// An event that was put on a bus, as its targets would see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BusEvent {
    /// What PutEvents answered for it.
    pub id: String,
    /// The name of the bus.
    pub event_bus_name: String,
    /// Who put it there.
    pub source: String,
    /// What kind it is.
    pub detail_type: String,
    /// When it was, Unix time in seconds.
    pub time: f64,
    /// What it is about.
    pub resources: Vec<String>,
    /// The JSON object that it carries.
    pub detail: Value,
}

/// One entry of PutEvents.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Entry {
    event_bus_name: Option<String>,
    source: String,
    detail_type: String,
    detail: String,
    time: Option<f64>,
    resources: Vec<String>,
}

impl Entry {
    fn size(&self) -> usize {
        let time = self.time.map_or(0, |_| TIME_BYTES);
        let resources: usize = self.resources.iter().map(String::len).sum();
        time + self.source.len() + self.detail_type.len() + self.detail.len() + resources
    }

    /// The code and the words by which EventBridge refuses this entry, or the event that it becomes.
    fn check(self) -> Result<BusEvent, (&'static str, &'static str)> {
        for (text, wrong) in [
            (&self.source, "Parameter Source is not valid. Reason: Source is a required argument."),
            (&self.detail_type, "Parameter DetailType is not valid. Reason: DetailType is a required argument."),
            (&self.detail, "Parameter Detail is not valid. Reason: Detail is a required argument."),
        ] {
            if text.is_empty() {
                return Err(("InvalidArgument", wrong));
            }
        }
        if self.source.starts_with("aws.") {
            return Err(("NotAuthorizedForSourceException", "Not authorized for the source."));
        }
        // EventBridge takes it and drops it without a word, which should be seen here first.
        if self.detail_type.chars().count() > 128 {
            return Err(("InvalidArgument", "DetailType has more than 128 characters: EventBridge would drop it."));
        }
        let detail = serde_json::from_str(&self.detail).ok().filter(Value::is_object);
        let detail = detail.ok_or(("MalformedDetail", "Detail is malformed."))?;
        Ok(BusEvent {
            id: Uuid::new_v4().to_string(),
            event_bus_name: self.event_bus_name.unwrap_or_else(|| "default".to_owned()),
            source: self.source,
            detail_type: self.detail_type,
            time: self.time.unwrap_or_else(|| clock::now_ms() as f64 / 1_000.0),
            resources: self.resources,
            detail,
        })
    }
}

impl EventBridge {
    /// Buses that say of each event in a line that it came, without its detail.
    pub fn new(log: LogSink) -> Self {
        EventBridge { kept: Mutex::default(), log }
    }

    /// The last events, the oldest first.
    pub fn events(&self) -> Vec<BusEvent> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Serves the API on `listener` until `shutdown`; requests that are under way then are answered.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        protocol::serve(self, listener, shutdown).await
    }

    fn keep(&self, event: BusEvent) {
        let named = serde_json::json!({
            "outcome": "event_on_bus", "bus": event.event_bus_name, "source": event.source,
            "detail_type": event.detail_type, "resources": event.resources, "event_id": event.id,
        });
        (self.log)(LogLine { function: "eventbridge".to_owned(), process: 0, text: named.to_string() });
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back(event);
    }
}
