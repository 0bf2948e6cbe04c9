//! Providers that sign with a private key, and show the public one.

use super::{Batch, Confirmed, FIVE_MINUTES_S, Provider, ROW};
use crate::answer::{EMPTY_200, Reply};
use crate::field::Field::{Header, Json};
use crate::handshake::{Body, Handshake, Value, When};
use crate::identity::Mode;
use crate::scheme::{Encoding, Kind, Scheme, Unit};

/// docs.discord.com "Webhook Events"; `discord-interactions`, `verifyWebhookEventMiddleware`. Discord sends bad
/// signatures now and then to see them answered 401. Its events have no id.
pub(super) const DISCORD: Provider = Provider {
    name: "discord",
    secret_is: "the application's public key",
    scheme: Scheme::hmac(&[Header("x-signature-ed25519")], "", Encoding::Hex)
        .by(Kind::Ed25519)
        .keyed(&[], Encoding::Hex)
        .over("{timestamp}{body}")
        .at(&[Header("x-signature-timestamp")], Unit::Seconds, FIVE_MINUTES_S),
    event_type: &[Json("/event/type")],
    identity: Mode::Body,
    accepted: Reply { status: 204, ..EMPTY_200 },
    rejected: 401,
    handshakes: &[Handshake { status: 204, ..Handshake::signed(When::Is(Json("/type"), "0"), Body::Empty) }],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// docs.discord.com "Receiving and Responding"; `discord-interactions`, `verifyKeyMiddleware`. 202 says that the
/// interaction is answered at `/interactions/ID/TOKEN/callback`, which Discord wants within 3 s.
/// Its type 1 is a PING, where a webhook event's type 1 is an event.
pub(super) const DISCORD_INTERACTIONS: Provider = Provider {
    name: "discord-interactions",
    id: &[Json("/id")],
    event_type: &[Json("/type")],
    identity: Mode::Id,
    accepted: Reply { status: 202, ..EMPTY_200 },
    handshakes: &[Handshake::signed(When::Is(Json("/type"), "1"), Body::Json(&[("type", Value::Number(1))]))],
    ..DISCORD
};

/// sendgrid.com "Event Webhook security features"; `@sendgrid/eventwebhook`. A batch, its body ending in CRLF, which
/// is signed with the rest. The SDK leaves the age to its caller; we look at it.
pub(super) const SENDGRID: Provider = Provider {
    name: "sendgrid",
    secret_is: "the verification key",
    scheme: Scheme::hmac(&[Header("x-twilio-email-event-webhook-signature")], "", Encoding::Base64)
        .by(Kind::EcdsaP256)
        .keyed(&[], Encoding::SpkiP256)
        .over("{timestamp}{body}")
        .at(&[Header("x-twilio-email-event-webhook-timestamp")], Unit::Seconds, FIVE_MINUTES_S),
    identity: Mode::Body,
    batch: Some(Batch { items: "", id: &[Json("/sg_event_id")], event_type: &[Json("/event")] }),
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// developers.telnyx.com "Webhook fundamentals"; `telnyx`, `lib/webhooks.js`.
pub(super) const TELNYX: Provider = Provider {
    name: "telnyx",
    secret_is: "the account's public key",
    scheme: Scheme::hmac(&[Header("telnyx-signature-ed25519")], "", Encoding::Base64)
        .by(Kind::Ed25519)
        .keyed(&[], Encoding::Base64)
        .over("{timestamp}|{body}")
        .at(&[Header("telnyx-timestamp")], Unit::Seconds, FIVE_MINUTES_S),
    id: &[Json("/data/id")],
    event_type: &[Json("/data/event_type")],
    confirmed: Confirmed::Sdk,
    ..ROW
};
