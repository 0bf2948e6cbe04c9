//! Providers that sign the URL that they call.

use super::{Batch, Confirmed, FIVE_MINUTES_S, Provider, ROW};
use crate::answer::{EMPTY_200, Reply};
use crate::field::Field::{All, Form, Header, Json, Query};
use crate::handshake::{Body, Handshake, When};
use crate::identity::Mode;
use crate::scheme::{BodyHash, Encoding, Hash, Kind, Scheme, Unit};

/// contentful.com "Request verification"; `@contentful/node-apps-toolkit`, `verifyRequest`. The request lists the headers
/// that are signed, and has to list the list itself and the time: a list that was cut short would sign less. The SDK
/// escapes a query twice before it is signed, so the endpoint's URL has none. Whether the topic is signed is Contentful's
/// to say; an entry's id is that of all its events, so the body is the identity. The SDK lets timestamps of the future
/// in; we do not.
pub(super) const CONTENTFUL: Provider = Provider {
    name: "contentful",
    scheme: Scheme::hmac(&[Header("x-contentful-signature")], "", Encoding::Hex)
        .over("{method}\n{target}\n{headers:x-contentful-signed-headers,x-contentful-timestamp}\n{body}")
        .at(&[Header("x-contentful-timestamp")], Unit::Milliseconds, 30),
    event_type: &[Header("x-contentful-topic")],
    identity: Mode::Body,
    headers: &["x-contentful-topic", "x-contentful-webhook-name"],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// developers.hubspot.com "Validating requests", version 3; `@hubspot/api-client`, `utils/signature.js`.
/// HubSpot's page has some escapes of the URL decoded before it is signed; its SDK signs it as it stands, and so do
/// we. A body is a batch, and a retry counts up `attemptNumber` in it: what was let in and is sent again all the
/// same is another event. Split, its events have ids that stay (`eventId` alone is not unique). The SDK lets timestamps of the future in; we do not.
pub(super) const HUBSPOT: Provider = Provider {
    name: "hubspot",
    secret_is: "the app's client secret",
    scheme: Scheme::hmac(&[Header("x-hubspot-signature-v3")], "", Encoding::Base64)
        .over("{method}{url}{body}{timestamp}")
        .at(&[Header("x-hubspot-request-timestamp")], Unit::Milliseconds, FIVE_MINUTES_S),
    identity: Mode::Body,
    batch: Some(Batch {
        items: "",
        id: &[All(&[Json("/eventId"), Json("/subscriptionId"), Json("/occurredAt")])],
        event_type: &[Json("/subscriptionType")],
    }),
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// The same, version 1: the body alone, hashed behind the secret and not by an HMAC with it.
pub(super) const HUBSPOT_V1: Provider = Provider {
    name: "hubspot-v1",
    scheme: Scheme::hmac(&[Header("x-hubspot-signature")], "", Encoding::Hex)
        .by(Kind::Hash(Hash::Sha256))
        .over("{secret}{body}"),
    ..HUBSPOT
};

/// The same, version 2: with the method and the URL.
pub(super) const HUBSPOT_V2: Provider = Provider {
    name: "hubspot-v2",
    scheme: Scheme::hmac(&[Header("x-hubspot-signature")], "", Encoding::Hex)
        .by(Kind::Hash(Hash::Sha256))
        .over("{secret}{method}{url}{body}"),
    ..HUBSPOT
};

/// plivo.com "Signature validation", version 3; `plivo`, `validateV3Signature`. What is signed of query and form is
/// parameters, sorted and run together, so what is signed is the identity: callbacks about one message or call share its
/// UUID. The nonce is signed behind a dot, and holds none.
pub(super) const PLIVO: Provider = Provider {
    name: "plivo",
    scheme: Scheme::hmac(&[Header("x-plivo-signature-v3")], "", Encoding::Base64)
        .list(',')
        .separated_by('.', None)
        .over("{base}{parameters_sorted}.{header:x-plivo-signature-v3-nonce}"),
    id: &[Form("MessageUUID"), Form("CallUUID")],
    event_type: &[Form("Status"), Form("Event"), Form("CallStatus")],
    identity: Mode::Body,
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// mailchimp.com "Authenticating webhook requests"; `django-anymail`, `webhooks/mandrill.py`. A batch: the only
/// parameter, `mandrill_events`, holds a JSON array.
pub(super) const MANDRILL: Provider = Provider {
    name: "mandrill",
    secret_is: "the webhook's key",
    scheme: Scheme::hmac(&[Header("x-mandrill-signature")], "", Encoding::Base64)
        .by(Kind::Hmac(Hash::Sha1))
        .over("{url}{form_sorted}"),
    identity: Mode::Body,
    handshakes: &[Handshake::unsigned("HEAD", When::Any, Body::Empty)],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// `mercadopago`, `utils/webhook`. The body is not signed, so whoever captured one request can change its id and
/// all else in it: a handler takes `data.id` from it and asks the API about that. The documentation shows the time
/// in milliseconds, the SDK reads seconds; we read both.
pub(super) const MERCADO_PAGO: Provider = Provider {
    name: "mercado-pago",
    scheme: Scheme::hmac(&[Header("x-signature")], "v1=", Encoding::Hex)
        .list(',')
        .over("[id:{query:data.id};][request-id:{header:x-request-id};]ts:{timestamp};")
        .at_item("ts=", Unit::SecondsOrMilliseconds, FIVE_MINUTES_S),
    id: &[Json("/id")],
    event_type: &[Json("/action"), Json("/type")],
    headers: &["x-request-id"],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// developer.squareup.com "Validate event notifications"; `square`, `WebhooksHelper.verifySignature`.
pub(super) const SQUARE: Provider = Provider {
    name: "square",
    secret_is: "the subscription's signature key",
    scheme: Scheme::hmac(&[Header("x-square-hmacsha256-signature")], "", Encoding::Base64).over("{url}{body}"),
    id: &[Json("/event_id")],
    event_type: &[Json("/type")],
    headers: &["square-environment", "square-initial-delivery-timestamp", "square-retry-number", "square-retry-reason"],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// developer.atlassian.com "Trello webhooks", which asks for a 200 to HEAD before it makes a webhook.
pub(super) const TRELLO: Provider = Provider {
    name: "trello",
    secret_is: "the app's secret",
    scheme: Scheme::hmac(&[Header("x-trello-webhook")], "", Encoding::Base64)
        .by(Kind::Hmac(Hash::Sha1))
        .over("{body}{url}"),
    id: &[Json("/action/id")],
    event_type: &[Json("/action/type")],
    handshakes: &[Handshake::unsigned("HEAD", When::Any, Body::Empty)],
    ..ROW
};

/// `twilio-node`, `src/webhooks/webhooks.ts`. Callbacks about one message share its sid, so what is signed of
/// the body is the identity. The sid is no part of it: Twilio runs names and values together before it signs
/// them, so a letter can move from one to the other under the same signature. Twilio reads the answer as TwiML
/// and gets an empty one.
pub(super) const TWILIO: Provider = Provider {
    name: "twilio",
    secret_is: "the auth token",
    scheme: Scheme {
        body_hash: Some(BodyHash { field: Query("bodySHA256") }),
        ..Scheme::hmac(&[Header("x-twilio-signature")], "", Encoding::Base64)
            .by(Kind::Hmac(Hash::Sha1))
            .over("{url}{form_sorted}")
    },
    id: &[Form("MessageSid"), Form("CallSid"), Form("SmsSid")],
    event_type: &[Form("MessageStatus"), Form("CallStatus"), Form("SmsStatus")],
    identity: Mode::Body,
    accepted: Reply { content_type: Some("text/xml"), body: "<Response/>", ..EMPTY_200 },
    headers: &["i-twilio-idempotency-token"],
    confirmed: Confirmed::Sdk,
    ..ROW
};
