//! Which sources post here: `sources.toml`, read when the bundle is built.
//!
//! Build scripts call [`parse`], so that a mistake fails the build, and embed [`to_json`]; the functions
//! call [`from_json`] at start and need no TOML parser.

use serde::{Deserialize, Serialize};

use crate::destination::Destination;
use crate::identity::Mode;
use crate::provider::{self, Provider};

#[cfg(feature = "toml")]
pub mod contract;
#[cfg(feature = "toml")]
mod parse;
mod place;
#[cfg(feature = "toml")]
pub use parse::{Mistake, parse};
pub use place::{STAGE, SecretPlace, is_stage};

/// One source: a provider that posts to `/hooks/{name}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Source {
    /// Its name in the URL, the queue and the table.
    pub name: String,
    /// The provider whose row says how it signs.
    #[serde(with = "provider_by_name")]
    pub provider: &'static Provider,
    /// Where its secrets are. Several are live at once.
    pub secrets: Vec<SecretPlace>,
    /// What makes two of its deliveries the same event.
    pub identity: Mode,
    /// Whether an event whose id was used before, by an event with another body, becomes a dead letter. Without
    /// it the first one counts and the other is told to the log: some providers change a body when they retry.
    pub strict_ids: bool,
    /// The JSON Schema that its payloads must meet: a path from the checkout, `contracts/NAME.json`. The worker
    /// has the text; the door has no use for it.
    pub contract: Option<String>,
    /// Where its events take effect.
    pub destination: Destination,
    /// For how many days after its settlement an event is known, so that a duplicate has no effect.
    pub window_days: u32,
}

/// Looks a source up by its name.
pub fn by_name<'s>(sources: &'s [Source], name: &str) -> Option<&'s Source> {
    sources.iter().find(|source| source.name == name)
}

/// What a build script embeds.
pub fn to_json(sources: &[Source]) -> String {
    // OK because sources are strings, numbers and lists of them.
    serde_json::to_string(sources).expect("sources are always JSON")
}

/// Reads what [`to_json`] wrote.
///
/// # Errors
/// When the text is not what this version of the code wrote.
pub fn from_json(text: &str) -> Result<Vec<Source>, serde_json::Error> {
    serde_json::from_str(text)
}

mod provider_by_name {
    use super::{Provider, provider};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(provider: &&'static Provider, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(provider.name)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static Provider, D::Error> {
        let name = String::deserialize(from)?;
        provider::by_name(&name).ok_or_else(|| D::Error::custom(format!("no provider {name:?}")))
    }
}
