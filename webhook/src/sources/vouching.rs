//! Whether a place in a body, or in an item of a batch, is where the signature lies, or the secret itself: that goes no
//! further than the door, while ids and types are logged and stored, and a hash of a group is queued.

use crate::field::Field;
use crate::scheme::Scheme;

/// Any index of an array.
const ANY: &str = "*";

/// Whether the place, a pointer into an item of the array at `items`, holds what vouches for a request of this scheme.
pub(super) fn holds_signature(scheme: &Scheme, items: &str, place: &str) -> bool {
    is_signature(scheme, &in_item(items, place))
}

/// The same of a pointer into the whole body.
pub(super) fn is_signature(scheme: &Scheme, place: &str) -> bool {
    scheme.signature.fields.iter().any(|field| match field {
        Field::Json(pointer) => {
            is_same(place, &scheme.each.map_or_else(|| (*pointer).to_owned(), |items| in_item(items, pointer)))
        }
        _ => false,
    })
}

/// A place in any item of the array at `items`, as one in the whole body.
fn in_item(items: &str, place: &str) -> String {
    format!("{items}/{ANY}{place}")
}

/// Whether two pointers can be the same place, step by step.
fn is_same(a: &str, b: &str) -> bool {
    let index = |step: &str| step.parse::<usize>().ok();
    let same = |(a, b): (&str, &str)| match (index(a), index(b)) {
        (Some(a), Some(b)) => a == b,
        (a_index, b_index) => a == b || (a == ANY && b_index.is_some()) || (b == ANY && a_index.is_some()),
    };
    a.split('/').count() == b.split('/').count() && a.split('/').zip(b.split('/')).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider;
    use crate::scheme::Encoding;
    use crate::sources::parse;

    #[test]
    fn the_place_of_a_signature_is_known_from_within_an_item() {
        const ITEMS: Scheme = Scheme::hmac(&[Field::Json("/state")], "", Encoding::Utf8).each("/value");
        const WHOLE: Scheme = Scheme::hmac(&[Field::Json("/a/01/state")], "", Encoding::Utf8);
        let checked = |scheme: &Scheme, items, place| holds_signature(scheme, items, place);
        assert!(checked(&ITEMS, "/value", "/state") && !checked(&ITEMS, "/value", "/states"));
        assert!(!checked(&ITEMS, "/other", "/state") && !checked(&ITEMS, "/value", "/a/state"));
        assert!(checked(&WHOLE, "/a", "/state") && !checked(&WHOLE, "", "/state") && !checked(&WHOLE, "/a", ""));
        assert!(is_same("/a/1", "/a/01") && !is_same("/a/1", "/a/2") && !is_same("/a/*", "/a/b"));
    }

    #[test]
    fn no_row_takes_ids_or_types_of_events_from_there() {
        for row in provider::ALL {
            let Some(batch) = row.batch else { continue };
            for field in batch.id.iter().chain(batch.event_type) {
                let fields = if let Field::All(fields) = field { fields } else { std::slice::from_ref(field) };
                let holds =
                    |field: &Field| matches!(field, Field::Json(at) if holds_signature(&row.scheme, batch.items, at));
                assert!(!fields.iter().any(holds), "{}: {field}", row.name);
            }
        }
    }

    #[test]
    fn a_source_that_does_is_told_so_with_its_line() {
        let wrong = |who: &str, split: &str, told: &str| {
            let text = format!("[a]\n{who}\nsecrets = [\"env:A\"]\nidentity = \"delivery\"\nsplit = {split}\n");
            let mistakes = parse(&text).unwrap_err();
            assert_eq!(mistakes.iter().map(ToString::to_string).collect::<Vec<_>>(), [format!("line 5: {told}")]);
        };
        let told = |key: &str, place: &str| format!("{key}: {place} holds the signature, which goes no further");
        wrong(
            "provider = \"microsoft-graph\"",
            "{ items = \"/value\", id = [\"json:/id\", \"json:/clientState\"] }",
            &told("split.id", "json:/clientState"),
        );
        wrong(
            "provider = \"adyen\"",
            "{ items = \"/notificationItems\", type = \"json:/NotificationRequestItem/additionalData/hmacSignature\" }",
            &told("split.type", "json:/NotificationRequestItem/additionalData/hmacSignature"),
        );
        wrong(
            "scheme = { kind = \"token\", signature = \"json:/all/0/state\" }",
            "{ items = \"/all\", id = \"json:/state\" }",
            &told("split.id", "json:/state"),
        );
    }
}
