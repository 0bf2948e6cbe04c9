//! From a verified delivery to what makes it durable: one message, or one for each of its events where its source has
//! them go on alone.

use webhook::Verified;
use webhook::envelope::Packed;
use webhook::identity::Identity;
use webhook::redact::Withheld;
use webhook::sources::Source;

/// What an envelope says beside the delivery itself.
pub(crate) struct Sealing<'a> {
    pub(crate) source: &'a Source,
    pub(crate) received_at_ms: u64,
    pub(crate) request_id: &'a str,
    /// The bucket for bodies that no message has room for.
    pub(crate) bucket: Option<&'a str>,
}

/// A delivery, ready for the queue.
pub(crate) struct Deliverable {
    pub(crate) packed: Vec<Packed>,
    /// The message group of each of them.
    pub(crate) groups: Vec<String>,
    /// What somebody should know of it: why it goes on as a whole, where its source wants its events to go on alone, and
    /// that nothing of its body is kept.
    pub(crate) note: Option<String>,
}

impl Sealing<'_> {
    /// Packs a delivery, or each of its events on its own. `whole` is the identity of the delivery.
    pub(crate) fn pack(&self, delivery: &Verified<'_>, whole: &Identity) -> Deliverable {
        let sealed = |why: Option<String>| {
            let (packed, withheld) = self.seal(delivery, whole, true);
            let withheld = withheld.map(|Withheld::NotJson| "redacted: not JSON, so nothing of the body is kept");
            let notes: Vec<String> = why.into_iter().chain(withheld.map(str::to_owned)).collect();
            Deliverable {
                packed: vec![packed],
                groups: vec![self.source.message_group(delivery)],
                note: (!notes.is_empty()).then(|| notes.join("; ")),
            }
        };
        let Some(batch) = self.source.split else { return sealed(None) };
        match delivery.split(batch.items) {
            Err(why) => sealed(Some(format!("not split: {why}"))),
            Ok(events) => {
                let groups = events.iter().map(|event| self.source.message_group(event)).collect();
                let events = events.iter().enumerate();
                let seal = |(index, event): (usize, &Verified<'_>)| {
                    self.seal(event, &Identity::of_item(&batch, self.source.identity, event, whole, index), false).0
                };
                Deliverable { packed: events.map(seal).collect(), groups, note: None }
            }
        }
    }

    fn seal(&self, delivery: &Verified<'_>, identity: &Identity, whole: bool) -> (Packed, Option<Withheld>) {
        let Sealing { source, received_at_ms, request_id, bucket } = *self;
        let sealed = source.seal(delivery, identity, (received_at_ms, request_id), whole);
        let withheld = sealed.envelope.withheld;
        (sealed.pack(bucket), withheld)
    }
}
