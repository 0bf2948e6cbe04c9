//! Deliveries that hold several events: how a source says that each of them is to go on alone.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::custom::{fields, texts};
#[cfg(feature = "toml")]
use super::reader::{Reader, Value, find};
#[cfg(feature = "toml")]
use super::vouching::holds_signature;
#[cfg(feature = "toml")]
use crate::field::pieces;
use crate::provider::Batch;
#[cfg(feature = "toml")]
use crate::provider::Provider;

/// A batch in words.
#[derive(Serialize, Deserialize)]
struct Written {
    items: String,
    id: Vec<String>,
    #[serde(rename = "type")]
    event_type: Vec<String>,
}

impl Written {
    /// Makes the batch for as long as the process lives, as the provider that it belongs to.
    fn keep(self) -> Option<Batch> {
        Some(Batch { items: self.items.leak(), id: fields(self.id)?, event_type: fields(self.event_type)? })
    }
}

pub(super) fn serialize<S: Serializer>(batch: &Option<Batch>, to: S) -> Result<S::Ok, S::Error> {
    let words = |batch: &Batch| Written {
        items: batch.items.to_owned(),
        id: texts(batch.id),
        event_type: texts(batch.event_type),
    };
    batch.as_ref().map(words).serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Batch>, D::Error> {
    let Some(written) = Option::<Written>::deserialize(from)? else { return Ok(None) };
    written.keep().map(Some).ok_or_else(|| D::Error::custom("a batch in unknown words"))
}

#[cfg(feature = "toml")]
impl Reader<'_> {
    /// Reads `split`: the array of the events as a JSON pointer, or a table that also says where an event's id and
    /// type lie in it. Where they are not said, they are what the provider's row knows of them.
    pub(super) fn split(&mut self, value: &Value<'_>, provider: Option<&Provider>) -> Option<Batch> {
        let Some(table) = value.get_ref().as_table() else {
            let items = self.pointer(value, "split")?;
            let known = provider.and_then(|provider| provider.batch).filter(|known| known.items == items);
            return Some(known.unwrap_or(Batch { items: items.leak(), id: &[], event_type: &[] }));
        };
        self.known_keys(table, "key of split", &["items", "id", "type"]);
        let items = match find(table, "items") {
            Some(value) => self.pointer(value, "split.items"),
            None => self.wrong(value.span(), "split has no items, expected a JSON pointer such as items = \"/events\""),
        };
        let around = provider.zip(items.as_deref());
        let mut places =
            |name, key| find(table, name).map_or(Some(Vec::new()), |value| self.in_item(value, key, around));
        let (id, event_type) = (places("id", "split.id"), places("type", "split.type"));
        Written { items: items?, id: id?, event_type: event_type? }.keep()
    }

    /// Places in an item of this provider's batch. What stands outside of it is the same for all of them.
    fn in_item(&mut self, value: &Value<'_>, key: &str, around: Option<(&Provider, &str)>) -> Option<Vec<String>> {
        let places = self.id_places(value, key)?;
        let each = || places.iter().flat_map(|places| pieces(places));
        let vouches = |(provider, items): (&Provider, &str), place: &str| {
            place.strip_prefix("json:").is_some_and(|pointer| holds_signature(&provider.scheme, items, pointer))
        };
        if let Some(place) = each().find(|place| around.is_some_and(|around| vouches(around, place))) {
            self.mistake(value.span(), format!("{key}: {place} holds the signature, which goes no further"));
        }
        let outside = each().find(|place| !place.starts_with("json:")).map(str::to_owned);
        match outside {
            None => Some(places),
            Some(place) => {
                self.wrong(value.span(), format!("{key}: {place:?} is not in the item, expected \"json:/POINTER\""))
            }
        }
    }
}

#[cfg(all(test, feature = "toml"))]
mod tests {
    use crate::identity::Mode;
    use crate::sources::parse;

    #[test]
    fn a_batch_is_split_where_its_events_lie() {
        let text =
            |provider: &str, more: &str| format!("[a]\nprovider = \"{provider}\"\nsecrets = [\"env:A\"]\n{more}");
        let read = |provider: &str, more: &str| {
            let source = parse(&text(provider, more)).unwrap().remove(0);
            let split = source.split.unwrap();
            (source.identity, split.items, split.id.len(), split.event_type.len())
        };
        assert_eq!(read("sendgrid", "split = \"\""), (Mode::Id, "", 1, 1));
        assert_eq!(read("sendgrid", "split = \"/x\""), (Mode::Id, "/x", 0, 0));
        assert_eq!(read("asana", "split = \"/events\"\nidentity = \"body\""), (Mode::Body, "/events", 0, 1));
        let table = "split = { items = \"/v\", id = [\"json:/id\", \"json:/x/0\"], type = \"json:/t\" }";
        assert_eq!(read("github", table), (Mode::Id, "/v", 2, 1));
        let wrong = |more: &str, told: &str| {
            let mistakes = parse(&text("github", more)).unwrap_err();
            assert_eq!(mistakes[0].to_string(), format!("line 4: {told}"));
        };
        wrong(
            "split = \"events\"",
            "split: \"events\", expected a JSON pointer such as \"/items\" (RFC 6901), or \"\" for the whole",
        );
        wrong("split = 1", "split is integer, expected a string");
        wrong("split = {}", "split has no items, expected a JSON pointer such as items = \"/events\"");
        wrong(
            "split = { items = \"\", ids = \"json:/a\" }",
            "unknown key of split \"ids\", did you mean \"id\"? Known: items, id, type",
        );
        wrong(
            "split = { items = \"\", id = \"header:x-id\" }",
            "split.id: \"header:x-id\" is not in the item, expected \"json:/POINTER\"",
        );
        wrong("confirm = true", "confirm: github has no subscriptions confirmed");
    }
}
