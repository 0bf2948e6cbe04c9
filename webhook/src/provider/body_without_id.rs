//! Providers that sign the body and nothing but the body, in hex, and give their events no id.
//!
//! A delivery is known by its body. A retry is the same event where the body is, and two events whose bodies are
//! equal are one for as long as the source's window; each row says what in a body tells its events apart.

use super::{Batch, Confirmed, Provider, ROW};
use crate::field::Field::{Header, Json, Query};
use crate::handshake::{Body, Handshake, Value, When};
use crate::identity::Mode;
use crate::scheme::{Encoding, Scheme};

/// What these rows have in common.
const BY_BODY: Provider = Provider { identity: Mode::Body, ..ROW };

/// airtable.com/developers "Webhooks API". A ping names the webhook and the time, and nothing of what happened.
pub(super) const AIRTABLE: Provider = Provider {
    name: "airtable",
    scheme: Scheme::hmac(&[Header("x-airtable-content-mac")], "hmac-sha256=", Encoding::Hex)
        .keyed(&[], Encoding::Base64),
    ..BY_BODY
};

/// developers.asana.com "Webhooks". A body has any number of events, each with its time; a heartbeat has none.
/// The secret comes in the handshake, which is only sent back: Asana repeats it in its answer to the request that
/// established the webhook, and from there it goes into the source's secret, which until then is any word.
pub(super) const ASANA: Provider = Provider {
    name: "asana",
    secret_is: "the X-Hook-Secret of its first request",
    scheme: Scheme::hmac(&[Header("x-hook-signature")], "", Encoding::Hex),
    batch: Some(Batch { items: "/events", id: &[], event_type: &[Json("/action")] }),
    handshakes: &[Handshake {
        headers: &[("x-hook-secret", Value::Echo(Header("x-hook-secret")))],
        ..Handshake::unsigned("POST", When::Has(Header("x-hook-secret")), Body::Empty)
    }],
    ..BY_BODY
};

/// `n8n-nodes-base`, `CalTriggerHelpers`. A body has the time at which it was made.
pub(super) const CAL_COM: Provider = Provider {
    name: "cal-com",
    scheme: Scheme::hmac(&[Header("x-cal-signature-256")], "", Encoding::Hex),
    event_type: &[Json("/triggerEvent")],
    confirmed: Confirmed::ThirdParty,
    ..BY_BODY
};

/// `n8n-nodes-base`, `ClickUpTrigger`. An event of a task has the ids of its history; one of a space, a folder or
/// a goal only says which, again and again in the same words, so each delivery counts.
pub(super) const CLICKUP: Provider = Provider {
    name: "clickup",
    scheme: Scheme::hmac(&[Header("x-signature")], "", Encoding::Hex),
    event_type: &[Json("/event")],
    identity: Mode::Delivery,
    confirmed: Confirmed::ThirdParty,
    ..BY_BODY
};

/// dropbox.com/developers "Webhooks", as `hapi-dropbox-webhooks` does it. A notification says whose files have changed and nothing of
/// what did, again and again in the same words, so each delivery counts.
pub(super) const DROPBOX: Provider = Provider {
    name: "dropbox",
    secret_is: "the app secret",
    scheme: Scheme::hmac(&[Header("x-dropbox-signature")], "", Encoding::Hex),
    identity: Mode::Delivery,
    handshakes: &[Handshake::unsigned(
        "GET",
        When::Has(Query("challenge")),
        Body::Text(Value::Echo(Query("challenge"))),
    )],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// docs.lemonsqueezy.com "Signing requests", as third parties read it. A body has the time of the last change.
pub(super) const LEMON_SQUEEZY: Provider = Provider {
    name: "lemon-squeezy",
    scheme: Scheme::hmac(&[Header("x-signature")], "", Encoding::Hex),
    event_type: &[Json("/meta/event_name")],
    headers: &["x-event-name"],
    confirmed: Confirmed::ThirdParty,
    ..BY_BODY
};

/// developers.facebook.com "Graph API webhooks", for WhatsApp, Messenger and Instagram, too; `whatsapp`, `utils`.
/// A body has up to 1000 changes, each with its time, and is signed with its non-ASCII letters escaped as sent.
/// Anybody can have the challenge sent back; the verify token is not looked at.
pub(super) const META: Provider = Provider {
    name: "meta",
    secret_is: "the app secret",
    scheme: Scheme::hmac(&[Header("x-hub-signature-256")], "sha256=", Encoding::Hex),
    event_type: &[Json("/object")],
    batch: Some(Batch { items: "/entry", id: &[], event_type: &[] }),
    handshakes: &[Handshake::unsigned(
        "GET",
        When::Is(Query("hub.mode"), "subscribe"),
        Body::Text(Value::Echo(Query("hub.challenge"))),
    )],
    confirmed: Confirmed::Sdk,
    ..BY_BODY
};

/// `@onfido/api`, `WebhookEventVerifier`. The id in a body is the object's, which has many events.
pub(super) const ONFIDO: Provider = Provider {
    name: "onfido",
    scheme: Scheme::hmac(&[Header("x-sha2-signature")], "", Encoding::Hex),
    event_type: &[Json("/payload/action")],
    confirmed: Confirmed::Sdk,
    ..BY_BODY
};

/// `pusher`, `lib/webhook.js`. A body has any number of events and the time in milliseconds. `X-Pusher-Key` says
/// which of an app's tokens signed; here all live secrets are tried.
pub(super) const PUSHER: Provider = Provider {
    name: "pusher",
    scheme: Scheme::hmac(&[Header("x-pusher-signature")], "", Encoding::Hex),
    batch: Some(Batch { items: "/events", id: &[], event_type: &[Json("/name")] }),
    headers: &["x-pusher-key"],
    confirmed: Confirmed::Sdk,
    ..BY_BODY
};
