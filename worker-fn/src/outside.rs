//! Handing what a handler made of an event to somebody outside, once per attempt: an HTTP endpoint, or an event bus.
//!
//! Nothing is repeated here: the ledger decides about another attempt.

#[cfg(feature = "https")]
mod answer;
#[cfg(feature = "eventbridge")]
mod bus;
#[cfg(feature = "https")]
mod endpoint;

use std::time::Duration;

use shell::Settings;
#[cfg(any(feature = "https", feature = "eventbridge"))]
use shell::clock;
use webhook::destination::Destination;
use webhook::sources::Source;

/// The endpoints and buses of the sources that have one.
pub struct Outside {
    #[cfg(feature = "https")]
    endpoints: endpoint::Endpoints,
    #[cfg(feature = "eventbridge")]
    buses: bus::Buses,
}

/// One event on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    /// The source that it is from.
    pub source: &'a str,
    /// Where it goes.
    pub destination: &'a Destination,
    /// The same at each attempt of the event.
    pub key: &'a str,
    /// The number of the attempt.
    pub attempt: u32,
    /// The provider's name for the kind of event, where it has one.
    pub event_type: Option<&'a str>,
    /// When API Gateway received it, Unix time in milliseconds.
    pub received_at_ms: u64,
    /// JSON as text.
    pub body: &'a str,
    /// When there must be an answer, Unix time in milliseconds.
    pub stop_ms: u64,
    /// When the lease ends: nothing is sent from then on. Unix time in milliseconds.
    pub lease_until_ms: u64,
}

#[cfg(any(feature = "https", feature = "eventbridge"))]
impl Post<'_> {
    /// Whether the lease is over. The handler may have taken long, or the sandbox may have slept: another worker may have
    /// the row by now.
    fn is_too_late(&self) -> bool {
        clock::now_ms() >= self.lease_until_ms
    }

    /// How long an answer may be waited for.
    fn patience(&self, most: Duration) -> Duration {
        most.min(Duration::from_millis(self.stop_ms.saturating_sub(clock::now_ms())))
    }
}

/// Why a destination has not taken an event. Says nothing of what it answered but a status or a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// It will not take it.
    #[error("the destination {0}")]
    Rejected(String),
    /// It is more than it takes.
    #[error("{0}")]
    TooLarge(String),
    /// It may take it later. Where it did not answer, it may have taken it all the same.
    #[error("the destination {why}")]
    NotNow {
        /// What it answered, or why there is no answer.
        why: String,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
}

impl PostError {
    fn no_answer(why: impl ToString) -> Self {
        PostError::NotNow { why: why.to_string(), retry_after: None }
    }
}

/// What a destination answers too late for.
#[cfg(any(feature = "https", feature = "eventbridge"))]
const TOO_LATE: &str = "was not asked: the lease is over";

impl Outside {
    /// The destinations outside of these sources; what a variable holds of them is looked up here. A variable that is not
    /// set keeps the events of its source waiting, and those of no other. A client of EventBridge is made where one of the
    /// sources has a bus.
    #[cfg_attr(
        not(any(feature = "https", feature = "eventbridge")),
        expect(unused_variables, reason = "no source has a destination outside then")
    )]
    pub fn of(sources: &[Source], settings: &Settings<'_>) -> Self {
        Outside {
            #[cfg(feature = "https")]
            endpoints: endpoint::Endpoints::of(sources, settings),
            #[cfg(feature = "eventbridge")]
            buses: bus::Buses::of(sources, settings),
        }
    }

    /// Hands an event to its destination.
    ///
    /// # Errors
    /// [`PostError`] when it has not taken the event, or has not said so.
    pub async fn post(&self, post: &Post<'_>) -> Result<(), PostError> {
        match post.destination {
            Destination::Table | Destination::Handler => Ok(()),
            #[cfg(feature = "https")]
            Destination::Https(endpoint) => self.endpoints.post(endpoint, post).await,
            #[cfg(feature = "eventbridge")]
            Destination::EventBridge(bus) => self.buses.put(bus, post).await,
            // No build has such a source: embed-sources.rs sees to that.
            #[cfg(not(all(feature = "https", feature = "eventbridge")))]
            _ => Err(PostError::no_answer("is none that this build knows")),
        }
    }
}
