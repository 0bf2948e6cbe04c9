//! A message as a consumer sees it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A received message: it stays in flight until it is deleted or its visibility timeout ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    /// A UUID; kept when the message moves to a dead-letter queue.
    pub message_id: String,
    /// Names this receive of the message; every receive makes a new one.
    pub receipt_handle: String,
    /// The body as it was sent.
    pub body: String,
    /// Lower-case hex MD5 of the body.
    #[serde(rename = "MD5OfBody")]
    pub md5_of_body: String,
    /// What SQS says of the message: `ApproximateReceiveCount`, `SentTimestamp` (ms), `MessageGroupId`, ...
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// What the sender said of the message.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub message_attributes: BTreeMap<String, MessageAttribute>,
    /// Lower-case hex MD5 of `message_attributes`, when there are any.
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    pub md5_of_message_attributes: Option<String>,
}

/// A typed value that travels beside a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageAttribute {
    /// `String`, `Number` or `Binary`, each with an optional label: `String.url`.
    pub data_type: String,
    /// The value of a `String` or a `Number`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// The value of a `Binary`; base64 in JSON.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "base64_bytes")]
    pub binary_value: Option<Vec<u8>>,
}

impl MessageAttribute {
    /// An attribute of the type `String`.
    pub fn string(value: &str) -> Self {
        Self { data_type: "String".to_owned(), string_value: Some(value.to_owned()), binary_value: None }
    }

    pub(super) fn is_binary(&self) -> bool {
        self.data_type == "Binary" || self.data_type.starts_with("Binary.")
    }

    /// The bytes of whichever value the type asks for; empty when it is absent.
    pub(super) fn value(&self) -> &[u8] {
        let value = if self.is_binary() {
            self.binary_value.as_deref()
        } else {
            self.string_value.as_deref().map(str::as_bytes)
        };
        value.unwrap_or_default()
    }
}

/// Optional bytes as base64 text, the way the AWS JSON protocols write a blob.
mod base64_bytes {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| STANDARD.decode(text).map_err(serde::de::Error::custom)).transpose()
    }
}
