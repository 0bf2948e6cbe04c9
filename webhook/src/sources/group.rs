//! Message groups: which events wait for each other in a FIFO queue, and share a standard one fairly with others.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use sha2::{Digest, Sha256};

use super::Source;
use super::custom::{fields, texts};
#[cfg(feature = "toml")]
use super::kept::{SECRET_HEADERS, covers};
#[cfg(feature = "toml")]
use super::reader::{Reader, Value};
#[cfg(feature = "toml")]
use super::vouching::{holds_signature, is_signature};
use crate::field::Field;
#[cfg(feature = "toml")]
use crate::provider::{Batch, Provider};
#[cfg(feature = "toml")]
use crate::redact::Pointer;
use crate::verify::Verified;

/// So much of a hash tells the values of one source apart.
const HASH_CHARS: usize = 32;

impl Source {
    /// The message group of a verified delivery, or of an event of its batch: the source's name, and where its `group`
    /// has a value a hash of that behind it. At most 97 characters of those that SQS takes.
    pub fn message_group(&self, delivery: &Verified<'_>) -> String {
        match Field::first_of(self.group, &delivery.event()) {
            Some(value) => {
                let hash = hex::encode(Sha256::digest(value.as_bytes()));
                format!("{}/{}", self.name, &hash[..HASH_CHARS])
            }
            None => self.name.clone(),
        }
    }
}

pub(super) fn serialize<S: Serializer>(group: &&'static [Field], to: S) -> Result<S::Ok, S::Error> {
    texts(group).serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static [Field], D::Error> {
    fields(Vec::deserialize(from)?).ok_or_else(|| D::Error::custom("a group in unknown words"))
}

#[cfg(feature = "toml")]
impl Reader<'_> {
    /// Reads `group`: the first of these places that has a value. Its hash is queued, so it is nothing that lets a
    /// request in, and nothing that is not to be kept.
    pub(super) fn group(
        &mut self,
        value: &Value<'_>,
        provider: Option<&Provider>,
        split: Option<Batch>,
        redact: &[Pointer],
    ) -> Option<&'static [Field]> {
        let group = fields(self.id_places(value, "group")?)?;
        let scheme = &provider?.scheme;
        let parts = group
            .iter()
            .flat_map(|field| if let Field::All(parts) = field { parts } else { std::slice::from_ref(field) });
        // A batch that goes on as a whole has its items below.
        let below = |pointer: &Pointer, field| split.is_some_and(|batch| covers(&pointer.in_each(batch.items), field));
        for field in parts {
            let is_held = scheme.signature.fields.contains(field)
                || match (field, split) {
                    (Field::Header(name), _) => SECRET_HEADERS.contains(name),
                    (Field::Json(pointer), Some(batch)) => holds_signature(scheme, batch.items, pointer),
                    (Field::Json(pointer), None) => is_signature(scheme, pointer),
                    _ => false,
                };
            if is_held {
                self.mistake(
                    value.span(),
                    format!("group: {field} holds a signature or secret, which goes no further"),
                );
            } else if redact.iter().any(|pointer| covers(pointer, *field) || below(pointer, *field)) {
                self.mistake(value.span(), format!("group: {field} is redacted, and a hash of it would be queued"));
            }
        }
        Some(group)
    }
}

#[cfg(all(test, feature = "toml"))]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use crate::secret::Secrets;
    use crate::sign::{sign, test_secret};
    use crate::sources::{Source, from_json, parse, to_json};
    use crate::{Request, verify};

    fn text(more: &str) -> String {
        format!("[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\n{more}")
    }

    fn source(more: &str) -> Source {
        // As the functions have it.
        from_json(&to_json(&parse(&text(more)).unwrap())).unwrap().remove(0)
    }

    fn groups(source: &Source, body: &str) -> Vec<String> {
        let scheme = &source.provider.scheme;
        let secrets = Secrets::parse(&test_secret(source.provider), &scheme.key).unwrap();
        let mut headers = vec![("x-account".to_owned(), "7".to_owned())];
        let url = "https://h/hooks/a";
        let signature =
            sign(scheme, &secrets, &Request { method: "POST", url, headers: &headers, body: body.as_bytes() }, 0);
        headers.extend(signature.unwrap());
        let request = Request { method: "POST", url, headers: &headers, body: body.as_bytes() };
        let delivery = verify(scheme, &secrets, &request, 0).unwrap();
        match source.split {
            None => vec![source.message_group(&delivery)],
            Some(batch) => delivery.split(batch.items).unwrap().iter().map(|item| source.message_group(item)).collect(),
        }
    }

    #[test]
    fn a_group_is_the_source_and_a_hash_of_what_it_names() {
        // The first half of SHA-256 of "7".
        let seven = "a/7902699be42c8a8e46fbbb4501726517";
        assert_eq!(groups(&source(""), r#"{"id":7}"#), ["a"]);
        assert_eq!(groups(&source("group = \"json:/id\""), r#"{"id":7}"#), [seven]);
        assert_eq!(groups(&source("group = [\"json:/id\", \"header:X-Account\"]"), "{}"), [seven]);
        assert_eq!(groups(&source("group = \"json:/id\""), r#"{"id":{}}"#), ["a"], "without it, the source");
        let joined = groups(&source("group = \"json:/id+header:x-account\""), r#"{"id":"\u00e9"}"#).remove(0);
        assert!(joined.starts_with("a/") && joined.len() == seven.len() && joined != seven, "{joined}");
        let items = source("group = \"json:/id\"\nsplit = \"/v\"");
        assert_eq!(groups(&items, r#"{"v":[{"id":7},{"id":8},{}]}"#)[..1], [seven]);
        assert_eq!(groups(&items, r#"{"v":[{"id":7},{"id":8},{}]}"#)[2], "a");
    }

    #[test]
    fn a_group_is_nothing_that_lets_somebody_in_or_is_not_to_be_kept() {
        let wrong = |more: &str, told: &str| {
            let mistakes = parse(&text(more)).unwrap_err();
            assert_eq!(mistakes[0].to_string(), format!("line 4: group: {told}"));
        };
        let held = "holds a signature or secret, which goes no further";
        wrong("group = \"header:x-hub-signature-256\"", &format!("header:x-hub-signature-256 {held}"));
        wrong("group = \"json:/a+header:Cookie\"", &format!("header:cookie {held}"));
        let own = "[a]\nscheme = { kind = \"token\", signature = \"json:/v/0/state\" }\nsecrets = [\"env:A\"]\nidentity = \"delivery\"\n";
        let told = parse(&format!("{own}split = \"/v\"\ngroup = \"json:/state\"")).unwrap_err();
        assert_eq!(told[0].to_string(), format!("line 6: group: json:/state {held}"), "an item of a batch");
        let graph = "[a]\nprovider = \"microsoft-graph\"\nsecrets = [\"env:A\"]\nidentity = \"delivery\"\n";
        let told = |group: &str| parse(&format!("{graph}group = \"json:{group}\"")).map_err(|told| told[0].to_string());
        let state = "/value/0/clientState";
        assert_eq!(told(state).unwrap_err(), format!("line 5: group: json:{state} {held}"), "an item of the whole");
        assert!(told("/value/0/subscriptionId").is_ok());
        wrong("group = []", "expected at least one place such as \"header:x-id\"");
        wrong(
            "group = \"json:id\"",
            "\"json:id\", expected a JSON pointer after the colon, such as json:/id (RFC 6901)",
        );
        let redacted = "json:/user/id is redacted, and a hash of it would be queued";
        wrong("group = \"json:/user/id\"\nredact = [\"/user\"]", redacted);
        let below = "json:/v/0/id is redacted, and a hash of it would be queued";
        wrong("group = \"json:/v/0/id\"\nsplit = \"/v\"\nredact = [\"/id\"]", below);
    }
}
