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
    /// This payload goes to each destination.
    Wanted(Box<RawValue>),
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
    if let Some(path) = &source.contract {
        // A contract that cannot be compiled is the build's mistake: the event waits for another one.
        let broken = |broken| NoEffect::not_now(format!("{path}: {broken}"), None);
        let contract = crate::contract::at(path).map_err(broken)?;
        contract.check(&payload).map_err(|violated| NoEffect::never(Reason::ContractViolated, violated))?;
    }
    Ok(Prepared::Wanted(payload))
}
