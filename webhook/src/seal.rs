//! How a source seals what is delivered to it: with the headers that it carries, and without what it redacts.

use std::borrow::Cow;

use crate::envelope::{Envelope, Packed};
use crate::identity::Identity;
use crate::redact::{self, Pointer};
use crate::sources::Source;
use crate::verify::Verified;

/// A delivery in its envelope, ready to be packed.
pub struct Sealed<'a> {
    /// The envelope, with the body as it is.
    pub envelope: Envelope<'a>,
    /// What is kept of the raw body.
    body: Cow<'a, [u8]>,
}

impl Sealed<'_> {
    /// Finds the shortest way for it, see [`Envelope::pack`].
    pub fn pack(self, bucket: Option<&str>) -> Packed {
        self.envelope.pack(&self.body, bucket)
    }
}

impl Source {
    /// Puts a verified delivery of this source, or an event of its batch, into an envelope. `whole` says that a source
    /// which splits its deliveries could not split this one.
    pub fn seal<'a>(
        &'a self,
        delivery: &Verified<'a>,
        identity: &'a Identity,
        (received_at_ms, request_id): (u64, &'a str),
        whole: bool,
    ) -> Sealed<'a> {
        let mut envelope = Envelope::seal(&self.name, self.provider, delivery, identity, received_at_ms, request_id);
        let request = delivery.request();
        if let Some(names) = &self.headers {
            let carried = |name: &'a String| Some((Cow::Borrowed(&**name), request.header(name)?.into()));
            envelope.headers = names.iter().filter_map(carried).collect();
        }
        if self.redact.is_empty() {
            return Sealed { envelope, body: Cow::Borrowed(request.body) };
        }
        // An event of a batch lies in no field of a form: it was cut out of the body.
        let wrapped = self.provider.scheme.wrapped.filter(|_| whole || self.split.is_none());
        let redacted = redact::body(request, wrapped, &self.pointers(whole));
        // Nothing of the request's own body goes any further.
        Sealed { envelope: envelope.redacted(&redacted), body: Cow::Owned(redacted.body) }
    }

    /// Pointers count from the event. Those of a batch that goes on as a whole lie where its events should have been, or
    /// it is an event itself.
    fn pointers(&self, whole: bool) -> Cow<'_, [Pointer]> {
        match self.split.filter(|_| whole) {
            None => Cow::Borrowed(&self.redact),
            Some(batch) => {
                let below = self.redact.iter().map(|pointer| pointer.in_each(batch.items));
                Cow::Owned(self.redact.iter().cloned().chain(below).collect())
            }
        }
    }
}
