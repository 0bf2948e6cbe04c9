//! The jq programs of a source, run on a payload: whether it is wanted, what it becomes, and which of its entity's events
//! it is.

use jq::{Failed, Jq};
use serde_json::value::RawValue;
use webhook::entity::{Entity, Order};
use webhook::letter::Reason;
use webhook::sources::programs::{self, Program};

use crate::PROGRAM_FILES;
use crate::act::NoEffect;

const _: () = assert!(
    jq::PROGRAM_BYTES_MAX == programs::PROGRAM_BYTES_MAX,
    "the build lets a program through that the engine does not take, or the other way round"
);

/// The text of a program.
///
/// # Errors
/// When the build did not embed its file.
pub fn text(program: &Program) -> Result<&str, String> {
    match program {
        Program::Text(text) => Ok(text),
        Program::File(path) => {
            let found = PROGRAM_FILES.iter().find(|(name, _)| name == path).map(|(_, text)| *text);
            found.ok_or_else(|| format!("{path} is not in this build, expected a path that sources.toml names"))
        }
    }
}

/// Whether an event is wanted. `false`, `null` and no output say that it is not.
pub(crate) async fn is_wanted(jq: &Jq, filter: &Program, payload: &RawValue) -> Result<bool, NoEffect> {
    match run(jq, filter, payload).await {
        Ok(output) => Ok(!matches!(output.get(), "false" | "null")),
        Err(Failed::Nothing) => Ok(false),
        Err(failed) => Err(no_effect("filter", Reason::FilterFailed, failed)),
    }
}

/// What an event becomes.
pub(crate) async fn mapped(jq: &Jq, map: &Program, payload: &RawValue) -> Result<Box<RawValue>, NoEffect> {
    run(jq, map, payload).await.map_err(|failed| no_effect("map", Reason::MapFailed, failed))
}

/// Which entity an event is about, and where it stands among that one's events.
pub(crate) async fn entity(jq: &Jq, order: &programs::Order, payload: &RawValue) -> Result<Entity, NoEffect> {
    let name = scalar(jq, "entity", &order.entity, payload).await?;
    let by = scalar(jq, "order_by", &order.by, payload).await?;
    Ok(Entity { name: name.into_text(), order: by })
}

/// A name or an order.
async fn scalar(jq: &Jq, key: &str, program: &Program, payload: &RawValue) -> Result<Order, NoEffect> {
    let output = run(jq, program, payload).await.map_err(|failed| no_effect(key, Reason::MapFailed, failed))?;
    Order::read(output.get()).map_err(|wrong| NoEffect::never(Reason::MapFailed, format!("{key}: {wrong}")))
}

async fn run(jq: &Jq, program: &Program, payload: &RawValue) -> Result<Box<RawValue>, Failed> {
    jq.run(text(program).map_err(Failed::Unsound)?, payload).await
}

/// What a failure of a program means for its event. A program that is none is the build's mistake, and no answer may
/// be one another time: such events wait.
fn no_effect(key: &str, reason: Reason, failed: Failed) -> NoEffect {
    match failed {
        Failed::Unsound(_) | Failed::NotNow(_) => NoEffect::not_now(format!("{key}: {failed}"), None),
        failed => NoEffect::never(reason, format!("{key}: {failed}")),
    }
}
