//! The events that a delivery goes on as, where its source splits it: what `send` and `explain` show of them.

use webhook::batch::NotSplit;
use webhook::identity::{Identity, Mode};
use webhook::ledger::Key;
use webhook::sources::Source;
use webhook::verify::Verified;

/// One event of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its row; `None` where only the door knows, because the request's id is in it.
    pub key: Option<Key>,
    /// The provider's id of it.
    pub event_id: Option<String>,
    /// The provider's name for its kind.
    pub event_type: Option<String>,
}

/// What identifies a delivery as a whole: of a batch that is what its row says, and only its events are what the source says.
pub fn whole_mode(source: &Source) -> Mode {
    if source.split.is_some() { source.provider.identity } else { source.identity }
}

/// The events that go on alone; `None` for a source that splits nothing.
///
/// # Errors
/// [`NotSplit`] where this delivery goes on as a whole all the same.
pub fn parts(source: &Source, delivery: &Verified<'_>) -> Option<Result<Vec<Part>, NotSplit>> {
    // No request has this for its id, so what holds it is not known here.
    const REQUEST_ID: &str = "REQUEST-ID";
    let batch = source.split?;
    let whole = Identity::of(source.provider, whole_mode(source), delivery, REQUEST_ID);
    let part = |(index, event): (usize, &Verified<'_>)| {
        let known = Identity::of_item(&batch, source.identity, event, &whole, index);
        let by_request = source.provider.identity == Mode::Delivery && known.identity.starts_with(&whole.identity);
        Part {
            key: source.rows(&known.identity).next().filter(|_| !by_request),
            event_id: known.event_id,
            event_type: known.event_type,
        }
    };
    Some(delivery.split(batch.items).map(|events| events.iter().enumerate().map(part).collect()))
}

/// One line an event, and how many more there are.
pub fn lines(parts: &[Part]) -> Vec<String> {
    const SHOWN_MAX: usize = 20;
    let or = |text: &Option<String>, none: &str| text.as_deref().unwrap_or(none).to_owned();
    let line = |part: &Part| {
        let row = part.key.as_ref().map_or("known to the door alone", |key| &key.pk);
        format!("{row}, id {}, type {}", or(&part.event_id, "none"), or(&part.event_type, "none"))
    };
    let more = parts.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0);
    parts.iter().take(SHOWN_MAX).map(line).chain(more.map(|more| format!("and {more} more"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_events_are_counted_and_not_all_shown() {
        let part = |n: usize| Part {
            key: Some(Key::new("mail", &n.to_string(), "table")),
            event_id: Some(n.to_string()),
            event_type: None,
        };
        let lines = lines(&(0..22).map(part).collect::<Vec<_>>());
        assert_eq!((lines[0].as_str(), lines.len()), ("mail#0, id 0, type none", 21));
        assert_eq!(lines[20], "and 2 more");
        let unknown = Part { key: None, ..part(1) };
        assert_eq!(super::lines(&[unknown]), ["known to the door alone, id 1, type none"]);
    }
}
