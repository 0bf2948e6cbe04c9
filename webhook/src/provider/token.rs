//! Providers that send a secret along in a header. It says who sends, and covers nothing of the event.

use super::{Batch, Confirmed, Provider, ROW};
use crate::field::Field::{self, All, Header, Json, Query};
use crate::handshake::{Body, Handshake, Value, When};
use crate::identity::Mode;
use crate::scheme::{Encoding, Kind, Scheme};

const fn token(fields: &'static [Field]) -> Scheme {
    Scheme::hmac(fields, "", Encoding::Utf8).by(Kind::Token)
}

/// Basic authentication (RFC 7617); the secret is written `user:password`.
const BASIC: Scheme = Scheme::hmac(&[Header("authorization")], "Basic ", Encoding::Base64).by(Kind::Token);

/// learn.microsoft.com "Authenticate event delivery to event handlers", with a secret of one's own: in the parameter
/// `token` of the endpoint's URL, or in `Authorization` as a delivery property. What comes is an array, even of one
/// event, so the body is the identity. An event's id is unique within its topic or, of CloudEvents, its source. CloudEvents are asked for leave by OPTIONS, Event Grid's own schema by a first
/// event, which has to carry the secret.
pub(super) const AZURE_EVENT_GRID: Provider = Provider {
    name: "azure-event-grid",
    secret_is: "a word of your own",
    scheme: token(&[Header("authorization"), Query("token")]),
    id: &[
        All(&[Json("/0/topic"), Json("/0/id")]),
        All(&[Json("/0/source"), Json("/0/id")]),
        All(&[Json("/source"), Json("/id")]),
    ],
    event_type: &[Json("/0/eventType"), Json("/0/type"), Json("/type")],
    identity: Mode::Body,
    batch: Some(Batch {
        items: "",
        id: &[All(&[Json("/topic"), Json("/id")]), All(&[Json("/source"), Json("/id")])],
        event_type: &[Json("/eventType"), Json("/type")],
    }),
    handshakes: &[
        Handshake::signed(
            When::Is(Header("aeg-event-type"), "SubscriptionValidation"),
            Body::Json(&[("validationResponse", Value::Echo(Json("/0/data/validationCode")))]),
        ),
        Handshake {
            headers: &[
                ("webhook-allowed-origin", Value::Echo(Header("webhook-request-origin"))),
                ("webhook-allowed-rate", Value::Literal("*")),
            ],
            ..Handshake::unsigned("OPTIONS", When::Has(Header("webhook-request-origin")), Body::Empty)
        },
    ],
    headers: &["aeg-delivery-count", "aeg-event-type", "aeg-subscription-name"],
    ..ROW
};

/// dev.bandwidth.com "Messaging webhooks", which sends a list of one; calls are sent bare. The states of one message
/// share its id, so the body is the identity.
pub(super) const BANDWIDTH: Provider = Provider {
    name: "bandwidth",
    secret_is: "user:password",
    scheme: BASIC,
    id: &[Json("/0/message/id"), Json("/callId")],
    event_type: &[Json("/0/type"), Json("/eventType")],
    identity: Mode::Body,
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// chargebee.com "Events and webhooks, Basic authentication".
pub(super) const CHARGEBEE: Provider = Provider {
    name: "chargebee",
    secret_is: "user:password",
    scheme: BASIC,
    id: &[Json("/id")],
    event_type: &[Json("/event_type")],
    ..ROW
};

/// docs.gitlab.com "Webhooks, Delivery headers". The idempotency key stays the same over retries; the event's UUID
/// is shared by the events that one action sets off.
pub(super) const GITLAB: Provider = Provider {
    name: "gitlab",
    secret_is: "the secret token that you chose",
    scheme: token(&[Header("x-gitlab-token")]),
    id: &[Header("idempotency-key")],
    event_type: &[Header("x-gitlab-event"), Json("/object_kind")],
    headers: &[
        "idempotency-key",
        "x-gitlab-event",
        "x-gitlab-event-uuid",
        "x-gitlab-instance",
        "x-gitlab-webhook-uuid",
    ],
    ..ROW
};

/// developer.okta.com "Event hooks", with a value of one's own in `Authorization`. A batch, so the type is that of
/// the notification; those of its events lie in `/data/events`.
pub(super) const OKTA: Provider = Provider {
    name: "okta",
    secret_is: "the value of Authorization that you chose",
    scheme: token(&[Header("authorization")]),
    id: &[Json("/eventId")],
    event_type: &[Json("/eventType")],
    batch: Some(Batch { items: "/data/events", id: &[Json("/uuid")], event_type: &[Json("/eventType")] }),
    handshakes: &[Handshake::unsigned(
        "GET",
        When::Has(Header("x-okta-verification-challenge")),
        Body::Json(&[("verification", Value::Echo(Header("x-okta-verification-challenge")))]),
    )],
    ..ROW
};

/// postmarkapp.com "Webhooks, Protecting your webhook". A message's id is that of all its records, so the body is
/// the identity.
pub(super) const POSTMARK: Provider = Provider {
    name: "postmark",
    secret_is: "user:password",
    scheme: BASIC,
    id: &[Json("/MessageID")],
    event_type: &[Json("/RecordType")],
    identity: Mode::Body,
    ..ROW
};

/// core.telegram.org "setWebhook", `secret_token`; `grammy`, `webhookCallback`. An update's kind is the name of its
/// second member, so it has no type here.
pub(super) const TELEGRAM: Provider = Provider {
    name: "telegram",
    secret_is: "the secret_token of setWebhook",
    scheme: token(&[Header("x-telegram-bot-api-secret-token")]),
    id: &[Json("/update_id")],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};
