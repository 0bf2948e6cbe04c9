//! What an event becomes before anything is done with it: its payload is read, filtered, held against its contract and
//! mapped. That happens once, however many destinations there are, and touches nothing outside.

use serde_json::value::RawValue;
use webhook::entity::Entity;
use webhook::envelope::Envelope;
use webhook::letter::Reason;
use webhook::payload;
use webhook::sources::Source;

use crate::act::NoEffect;
use crate::record::World;

/// What there is to be done with an event.
pub(crate) enum Prepared {
    /// It goes to each destination.
    Wanted(Wanted),
    /// Its source does not want it.
    #[cfg_attr(not(feature = "jq"), expect(dead_code, reason = "only a program says so"))]
    Filtered,
}

/// An event that its source wants.
pub(crate) struct Wanted {
    /// What the handler gets of it.
    pub(crate) payload: Box<RawValue>,
    /// The entity that it is the newest event of, or else has no effect on.
    pub(crate) entity: Option<Entity>,
}

/// Prepares an event for its destinations.
pub(crate) async fn prepare(world: &World, envelope: &Envelope<'_>, source: &Source) -> Result<Prepared, NoEffect> {
    let body = envelope.raw_body().map_err(|error| NoEffect::never(Reason::EnvelopeUnreadable, error))?;
    let payload = payload::read(envelope, &body, source.provider.scheme.wrapped);
    let payload = payload.map_err(|error| NoEffect::never(Reason::ContractViolated, error))?;
    #[cfg(feature = "jq")]
    if let Some(filter) = &source.programs.filter
        && !crate::programs::is_wanted(&world.jq, filter, &payload).await?
    {
        return Ok(Prepared::Filtered);
    }
    #[cfg(feature = "contract")]
    if let Some(path) = &source.contract {
        // A contract that cannot be compiled is the build's mistake: the event waits for another one.
        let broken = |broken| NoEffect::not_now(format!("{path}: {broken}"), None);
        let contract = crate::contract::at(path).map_err(broken)?;
        contract.check(&payload).map_err(|violated| NoEffect::never(Reason::ContractViolated, violated))?;
    }
    shaped(world, source, payload).await.map(Prepared::Wanted)
}

/// What a payload becomes, and where it stands among its entity's: that is read of the payload as it was sent.
#[cfg(feature = "jq")]
async fn shaped(world: &World, source: &Source, payload: Box<RawValue>) -> Result<Wanted, NoEffect> {
    let entity = match &source.programs.order {
        Some(order) => Some(crate::programs::entity(&world.jq, order, &payload).await?),
        None => None,
    };
    let payload = match &source.programs.map {
        Some(map) => crate::programs::mapped(&world.jq, map, &payload).await?,
        None => payload,
    };
    Ok(Wanted { payload, entity })
}

/// Without programs a payload stays what it is.
#[cfg(not(feature = "jq"))]
async fn shaped(_: &World, _: &Source, payload: Box<RawValue>) -> Result<Wanted, NoEffect> {
    Ok(Wanted { payload, entity: None })
}
