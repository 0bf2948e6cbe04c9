//! Which sources post here: `sources.toml`, read when the bundle is built.
//!
//! Build scripts call [`parse`], so that a mistake fails the build, and embed [`to_json`]; the functions
//! call [`from_json`] at start and need no TOML parser.

use serde::{Deserialize, Serialize};

use crate::contracts::Contracts;
use crate::destination::Destination;
use crate::field::Field;
use crate::identity::Mode;
use crate::ledger::Key;
use crate::provider::{self, Batch, Provider};
use crate::rate::Rate;
use crate::redact::Pointer;

#[cfg(feature = "toml")]
pub mod contract;
#[cfg(feature = "toml")]
mod contracts;
mod custom;
#[cfg(feature = "toml")]
mod destinations;
mod group;
#[cfg(feature = "toml")]
mod kept;
#[cfg(feature = "toml")]
mod parse;
#[cfg(feature = "toml")]
mod place;
pub mod programs;
#[cfg(feature = "toml")]
mod provider_keys;
#[cfg(feature = "toml")]
mod rate;
#[cfg(feature = "toml")]
mod reader;
#[cfg(feature = "toml")]
mod scheme;
mod secret_place;
mod separator;
#[cfg(feature = "toml")]
mod signed;
#[cfg(feature = "toml")]
mod sound;
mod split;
mod vocabulary;
#[cfg(feature = "toml")]
mod vouching;
#[cfg(feature = "toml")]
mod words;

#[cfg(feature = "toml")]
pub use parse::parse;
pub use programs::Programs;
#[cfg(feature = "toml")]
pub use reader::Mistake;
pub use secret_place::{STAGE, SecretPlace, is_stage};

/// One source: a provider that posts to `/hooks/{name}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Source {
    /// Its name in the URL, the queue and the table.
    pub name: String,
    /// The provider that says how it signs: a row of ours, or one that the source describes itself.
    #[serde(with = "provider_by_name")]
    pub provider: &'static Provider,
    /// Where its secrets are. Several are live at once.
    pub secrets: Vec<SecretPlace>,
    /// What makes two of its deliveries the same event; where they are split, two of their events.
    pub identity: Mode,
    /// Where its deliveries hold several events, each of which goes on alone.
    #[serde(with = "split")]
    pub split: Option<Batch>,
    /// Where the value lies whose events keep their order among themselves; without one, all of the source.
    #[serde(with = "group")]
    pub group: &'static [Field],
    /// Whether the URL is visited by which the provider has a subscription confirmed.
    pub confirm: bool,
    /// Whether an event whose id was used before, by an event with another body, becomes a dead letter. Without
    /// it the first one counts and the other is told to the log: some providers change a body when they retry.
    pub strict_ids: bool,
    /// The JSON Schemas that its payloads must meet: paths from the checkout, `contracts/NAME.json`. The worker
    /// has the texts; the door has no use for them.
    pub contract: Contracts,
    /// The names of the headers that travel on with its events, in lower case, where they are not those of the
    /// provider's row.
    pub headers: Option<Vec<String>>,
    /// What is taken out of its events before anything of them is stored.
    pub redact: Vec<Pointer>,
    /// The jq programs that its events run through.
    pub programs: Programs,
    /// Where its events take effect: at least one, each with a row of its own and a name of its own.
    pub destinations: Vec<Destination>,
    /// For how many days after its settlement an event is known, so that a duplicate has no effect.
    pub window_days: u32,
    /// How many of its deliveries each process of the door lets in; without it, all.
    pub rate: Option<Rate>,
    /// For how many days after its receipt an event is kept as it came; 0 keeps none.
    pub keep_body_days: u32,
}

impl Source {
    /// The keys of an event's rows, one for each destination.
    pub fn rows(&self, identity: &str) -> impl Iterator<Item = Key> {
        self.destinations.iter().map(move |destination| Key::new(&self.name, identity, destination.name()))
    }
}

/// Looks a source up by its name.
pub fn by_name<'s>(sources: &'s [Source], name: &str) -> Option<&'s Source> {
    sources.iter().find(|source| source.name == name)
}

/// What a build script embeds.
pub fn to_json(sources: &[Source]) -> String {
    // OK because sources are strings, numbers and lists of them, and a scheme was made from its words.
    serde_json::to_string(sources).expect("sources are always JSON")
}

/// Reads what [`to_json`] wrote.
///
/// # Errors
/// When the text is not what this version of the code wrote.
pub fn from_json(text: &str) -> Result<Vec<Source>, serde_json::Error> {
    serde_json::from_str(text)
}

/// A row of ours travels by its name, a provider of the source's own in words.
mod provider_by_name {
    use std::fmt;

    use super::custom::Written;
    use super::{Provider, provider};
    use serde::de::value::MapAccessDeserializer;
    use serde::de::{Error, MapAccess, Visitor};
    use serde::ser::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(provider: &&'static Provider, to: S) -> Result<S::Ok, S::Error> {
        if !provider.is_custom() {
            return to.serialize_str(provider.name);
        }
        // OK because a custom provider was made from these words.
        Written::of(provider).ok_or_else(|| S::Error::custom("a scheme without words"))?.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static Provider, D::Error> {
        from.deserialize_any(NameOrWords)
    }

    struct NameOrWords;

    impl<'de> Visitor<'de> for NameOrWords {
        type Value = &'static Provider;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the name of a provider, or its description")
        }

        fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
            provider::by_name(name).ok_or_else(|| E::custom(format!("no provider {name:?}")))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            let written = Written::deserialize(MapAccessDeserializer::new(map))?;
            written.keep().ok_or_else(|| A::Error::custom("a scheme in unknown words"))
        }
    }
}
