//! What an event becomes before anything is done with it: its payload is read and held against its contract. That happens
//! once, however many destinations there are, and changes nothing outside.

use serde_json::value::RawValue;
use webhook::envelope::Envelope;
use webhook::letter::Reason;
use webhook::payload;
use webhook::sources::Source;

use crate::act::NoEffect;
use crate::bodies::Bodies;

/// What there is to be done with an event.
pub(crate) enum Prepared {
    /// This payload goes to each destination. In so many places it has what its contract does not know.
    Wanted { payload: Box<RawValue>, drift: usize },
    /// Its source does not want it.
    Filtered,
}

/// Prepares an event for its destinations.
pub(crate) async fn prepare(envelope: &Envelope<'_>, source: &Source, bodies: &Bodies) -> Result<Prepared, NoEffect> {
    let body = bodies.of(envelope).await?;
    let payload = payload::read(envelope, &body, source.provider.scheme.wrapped);
    let payload = payload.map_err(|error| NoEffect::never(Reason::ContractViolated, error))?;
    // A large one lies in memory once from here on.
    drop(body);
    #[cfg(feature = "contract")]
    let drift = crate::contract::hold(source, envelope, &payload)?;
    #[cfg(not(feature = "contract"))]
    let drift = 0;
    Ok(Prepared::Wanted { payload, drift })
}
