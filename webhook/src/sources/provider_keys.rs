//! What a source says beside its own scheme: where ids and types lie, what is carried on, and what is answered.

use std::ops::Range;

use super::custom::Written;
use super::place::header;
use super::reader::{Reader, Table, Value, find};
use crate::field::pieces;
use crate::identity::Mode;

const ACCEPTED: [u16; 3] = [200, 202, 204];
const REJECTED: [u16; 2] = [403, 401];

impl Reader<'_> {
    /// Reads a provider that the source describes itself; its name is the source's. `scheme` is where that key stands,
    /// and its value.
    pub(super) fn custom(
        &mut self,
        name: &str,
        identity: Mode,
        table: &Table<'_>,
        (span, value): (Range<usize>, &Value<'_>),
    ) -> Option<Written> {
        let scheme = self.scheme(span, value);
        let id = find(table, "id").map_or(Some(Vec::new()), |value| self.id_places(value, "id"));
        let event_type = find(table, "type").map_or(Some(Vec::new()), |value| self.places(value, "type"));
        let headers = find(table, "headers").map_or(Some(Vec::new()), |v| self.one_or_many(v, "headers", header));
        let accepted = find(table, "accepted").map_or(Some(200), |value| self.status(value, "accepted", &ACCEPTED));
        let rejected = find(table, "rejected").map_or(Some(403), |value| self.status(value, "rejected", &REJECTED));
        let (scheme, id, event_type, headers) = (scheme?, id?, event_type?, headers?);

        // What vouches for a request goes no further than the door: ids and types are logged, headers are queued.
        let carried: Vec<String> = headers.iter().map(|header| format!("header:{header}")).collect();
        for (key, places) in [("id", &id), ("type", &event_type), ("headers", &carried)] {
            let mut each = places.iter().flat_map(|places| pieces(places));
            let held = each.find(|place| scheme.signature.iter().any(|held| held == place));
            if let (Some(place), Some(value)) = (held, find(table, key)) {
                self.mistake(value.span(), format!("{key}: {place} holds the signature, which goes no further"));
            }
        }
        let (accepted, rejected) = (accepted?, rejected?);
        Some(Written { name: name.to_owned(), identity, scheme, id, event_type, headers, accepted, rejected })
    }

    fn status(&mut self, value: &Value<'_>, key: &str, known: &[u16]) -> Option<u16> {
        let status = value.get_ref().as_integer().and_then(|i| u16::from_str_radix(i.as_str(), i.radix()).ok());
        let status = status.filter(|status| known.contains(status));
        status.or_else(|| {
            let known: Vec<String> = known.iter().map(u16::to_string).collect();
            self.wrong(value.span(), format!("{key}: expected {}", known.join(" or ")))
        })
    }
}
