//! What an event becomes before anything is done with it: its payload is read and held against its contract. That happens
//! once, however many destinations there are, and touches nothing outside.

use serde_json::value::RawValue;
use webhook::envelope::Envelope;
use webhook::letter::Reason;
use webhook::payload;
use webhook::sources::Source;

use crate::act::NoEffect;

/// What there is to be done with an event.
pub(crate) enum Prepared {
    /// This payload goes to each destination. In so many places it has what its contract does not know.
    Wanted { payload: Box<RawValue>, drift: usize },
    /// Its source does not want it.
    Filtered,
}

/// Prepares an event for its destinations.
pub(crate) fn prepare(envelope: &Envelope<'_>, source: &Source) -> Result<Prepared, NoEffect> {
    let body = envelope.raw_body().map_err(|error| NoEffect::never(Reason::EnvelopeUnreadable, error))?;
    let payload = payload::read(envelope, &body, source.provider.scheme.wrapped);
    let payload = payload.map_err(|error| NoEffect::never(Reason::ContractViolated, error))?;
    #[cfg(feature = "contract")]
    let drift = crate::contract::hold(source, envelope, &payload)?;
    #[cfg(not(feature = "contract"))]
    let drift = 0;
    Ok(Prepared::Wanted { payload, drift })
}
