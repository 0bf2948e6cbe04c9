//! The JSON object that a request is, read one parameter at a time.

use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::sqs::error::SqsError;

/// What a request says. Parameters that no action knows are ignored, as SDKs may be newer than this.
pub(super) struct Parameters(Map<String, Value>);

impl Parameters {
    /// Reads the body of a request.
    pub(super) fn parse(body: &[u8]) -> Result<Self, SqsError> {
        serde_json::from_slice(body).map(Self).map_err(|error| SqsError::Serialization(error.to_string()))
    }

    /// Takes a parameter out; none if it is absent or null.
    pub(super) fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, SqsError> {
        let wrong = |error: serde_json::Error| SqsError::Serialization(format!("{name}: {error}"));
        self.0.remove(name).map_or(Ok(None), serde_json::from_value).map_err(wrong)
    }

    /// Takes a parameter out that must be there.
    pub(super) fn need<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<T, SqsError> {
        self.take(name)?.ok_or(SqsError::MissingParameter(name))
    }

    /// Takes a number out that must be in its range.
    pub(super) fn number(&mut self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, SqsError> {
        match self.take(name)? {
            Some(number) if !range.contains(&number) => {
                let right = format!("a whole number from {} to {}", range.start(), range.end());
                Err(SqsError::invalid(name, number, right))
            }
            number => Ok(number),
        }
    }

    /// The queue that the request is about: the last path segment of its URL. The host is not looked at, so that a
    /// URL outlives a change of port.
    pub(super) fn queue_name(&mut self) -> Result<String, SqsError> {
        let url: String = self.need("QueueUrl")?;
        let path = url.trim_end_matches('/');
        Ok(path.rsplit_once('/').map_or(path, |(_, name)| name).to_owned())
    }

    /// Reads all that is left as one value.
    pub(super) fn rest<T: DeserializeOwned>(self) -> Result<T, SqsError> {
        serde_json::from_value(Value::Object(self.0)).map_err(|error| SqsError::Serialization(error.to_string()))
    }
}

impl<'de> serde::Deserialize<'de> for Parameters {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self)
    }
}
