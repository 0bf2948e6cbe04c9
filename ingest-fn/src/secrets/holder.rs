//! What one source's secrets are made of: the texts of its places, in their order, one secret a line.

use std::collections::BTreeMap;
use std::sync::Arc;

use shell::Lookup;
use webhook::scheme::Key;
use webhook::secret::{SecretError, Secrets};
use webhook::sources::{SecretPlace, Source};
use zeroize::Zeroizing;

use super::NoSecret;

/// A source and the places of its secrets.
pub(super) struct Holder {
    /// The source's name.
    pub(super) source: String,
    key: Key,
    places: Vec<Place>,
}

enum Place {
    /// What a variable held at start.
    Text(Zeroizing<String>),
    /// A variable that is not set.
    Unset(String),
    /// A parameter by its full name.
    Parameter(String),
}

/// What the store said of parameters, by name.
type Said = BTreeMap<String, Option<Zeroizing<String>>>;

impl Holder {
    pub(super) fn of(source: &Source, lookup: Lookup<'_>, stage: &str) -> Self {
        let place = |place: &SecretPlace| match place {
            SecretPlace::Env(name) => match lookup(name).filter(|text| !text.is_empty()) {
                Some(text) => Place::Text(Zeroizing::new(text)),
                None => Place::Unset(name.clone()),
            },
            SecretPlace::Ssm(_) => Place::Parameter(place.parameter(stage).unwrap_or_default()),
        };
        let places = source.secrets.iter().map(place).collect();
        Holder { source: source.name.clone(), key: source.provider.scheme.key, places }
    }

    /// The parameters that it needs.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.places.iter().filter_map(|place| match place {
            Place::Parameter(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The places that hold nothing, and why.
    pub(super) fn missing(&self, said: &Said) -> Vec<String> {
        let missing = |place: &Place| match place {
            Place::Text(_) => None,
            Place::Unset(name) => Some(format!("{name} is not set")),
            Place::Parameter(name) => match said.get(name) {
                Some(Some(_)) => None,
                Some(None) => Some(format!("the parameter {name} does not exist")),
                None => Some(format!("the parameter {name} could not be fetched")),
            },
        };
        self.places.iter().filter_map(missing).collect()
    }

    /// The secrets, as far as they are known.
    pub(super) fn secrets(&self, said: &Said) -> Result<Arc<Secrets>, NoSecret> {
        let texts = self.places.iter().filter_map(|place| match place {
            Place::Text(text) => Some(text.as_str()),
            Place::Unset(_) => None,
            Place::Parameter(name) => said.get(name)?.as_ref().map(|text| text.as_str()),
        });
        let texts: Vec<&str> = texts.collect();
        let secrets = Secrets::parse(&Zeroizing::new(texts.join("\n")), &self.key);
        secrets.map(Arc::new).map_err(|error| {
            let missing = self.missing(said);
            let why =
                if error == SecretError::Empty && !missing.is_empty() { missing.join(", ") } else { error.to_string() };
            NoSecret(why)
        })
    }
}
