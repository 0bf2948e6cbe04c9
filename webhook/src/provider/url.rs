//! Providers that sign the URL that they call.

use super::{Confirmed, Provider, ROW};
use crate::answer::Reply;
use crate::field::Field::{Form, Header, Query};
use crate::identity::Mode;
use crate::scheme::{BodyHash, Encoding, Hash, Kind, Scheme};

/// `twilio-node`, `src/webhooks/webhooks.ts`. Callbacks about one message share its sid, so what is signed of
/// the body is the identity. The sid is no part of it: Twilio runs names and values together before it signs
/// them, so a letter can move from one to the other under the same signature. Twilio reads the answer as TwiML
/// and gets an empty one.
pub(super) const TWILIO: Provider = Provider {
    name: "twilio",
    scheme: Scheme {
        body_hash: Some(BodyHash { field: Query("bodySHA256") }),
        ..Scheme::hmac(&[Header("x-twilio-signature")], "", Encoding::Base64)
            .by(Kind::Hmac(Hash::Sha1))
            .over("{url}{form_sorted}")
    },
    id: &[Form("MessageSid"), Form("CallSid"), Form("SmsSid")],
    event_type: &[Form("MessageStatus"), Form("CallStatus"), Form("SmsStatus")],
    identity: Mode::Body,
    accepted: Reply { status: 200, content_type: Some("text/xml"), body: "<Response/>" },
    headers: &["i-twilio-idempotency-token"],
    confirmed: Confirmed::Sdk,
    ..ROW
};
