//! From a verified delivery to what makes it durable: one message, or one for each of its events where its source has
//! them go on alone.

use webhook::Verified;
use webhook::envelope::{Envelope, Packed};
use webhook::identity::Identity;
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
    /// Why it goes on as a whole, where its source wants its events to go on alone.
    pub(crate) why_whole: Option<String>,
}

impl Sealing<'_> {
    /// Packs a delivery, or each of its events on its own. `whole` is the identity of the delivery.
    pub(crate) fn pack(&self, delivery: &Verified<'_>, whole: &Identity) -> Deliverable {
        let Some(batch) = self.source.split else {
            return Deliverable { packed: vec![self.seal(delivery, whole)], why_whole: None };
        };
        match delivery.split(batch.items) {
            Err(why) => Deliverable {
                packed: vec![self.seal(delivery, whole)],
                why_whole: Some(format!("not split: {why}")),
            },
            Ok(events) => {
                let events = events.iter().enumerate();
                let seal = |(index, event): (usize, &Verified<'_>)| {
                    self.seal(event, &Identity::of_item(&batch, self.source.identity, event, whole, index))
                };
                Deliverable { packed: events.map(seal).collect(), why_whole: None }
            }
        }
    }

    fn seal(&self, delivery: &Verified<'_>, identity: &Identity) -> Packed {
        let Sealing { source, received_at_ms, request_id, bucket } = *self;
        let envelope = Envelope::seal(&source.name, source.provider, delivery, identity, received_at_ms, request_id);
        envelope.pack(delivery.request().body, bucket)
    }
}
