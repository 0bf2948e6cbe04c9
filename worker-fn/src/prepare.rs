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
    /// In how many places it has what its contract does not know.
    pub(crate) drift: usize,
    /// The entity that it is the newest event of, or else has no effect on.
    pub(crate) entity: Option<Entity>,
}

/// Prepares an event for its destinations.
pub(crate) async fn prepare(world: &World, envelope: &Envelope<'_>, source: &Source) -> Result<Prepared, NoEffect> {
    let body = world.bodies.of(envelope).await?;
    let payload = payload::read(envelope, &body, source.provider.scheme.wrapped);
    let payload = payload.map_err(|error| NoEffect::never(Reason::ContractViolated, error))?;
    // A large one lies in memory once from here on.
    drop(body);
    #[cfg(feature = "jq")]
    if let Some(filter) = &source.programs.filter
        && !crate::programs::is_wanted(&world.jq, filter, &payload).await?
    {
        return Ok(Prepared::Filtered);
    }
    #[cfg(feature = "contract")]
    let drift = crate::contract::hold(source, envelope, &payload)?;
    #[cfg(not(feature = "contract"))]
    let drift = 0;
    let wanted = shaped(world, source, payload).await?;
    Ok(Prepared::Wanted(Wanted { drift, ..wanted }))
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
    Ok(Wanted { payload, drift: 0, entity })
}

/// Without programs a payload stays what it is.
#[cfg(not(feature = "jq"))]
async fn shaped(_: &World, _: &Source, payload: Box<RawValue>) -> Result<Wanted, NoEffect> {
    Ok(Wanted { payload, drift: 0, entity: None })
}
