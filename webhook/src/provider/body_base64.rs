//! Providers that sign the body and nothing but the body, in base64. Nothing in a header is signed, see
//! [`super::body`]; equal bodies without an id are one event, see [`super::body_without_id`].

use super::{Batch, Confirmed, Provider, ROW};
use crate::field::Field::{Form, Header, Json};
use crate::handshake::{Body, Handshake, When};
use crate::identity::Mode;
use crate::scheme::{Encoding, Scheme};

/// developers.acuityscheduling.com "Webhooks, Verifying webhook requests"; `n8n-nodes-base`,
/// `AcuitySchedulingTriggerHelpers.js`. The secret is the API key. A form that says no more than which appointment has
/// changed, again and again in the same words, so each delivery counts.
pub(super) const ACUITY: Provider = Provider {
    name: "acuity",
    scheme: Scheme::hmac(&[Header("x-acuity-signature")], "", Encoding::Base64),
    event_type: &[Form("action")],
    identity: Mode::Delivery,
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// `@adyen/api-library`, `hmacValidator`, for platforms, banking and management; payments sign otherwise. The id in
/// a body is the object's, and a transfer has many events.
pub(super) const ADYEN_PLATFORM: Provider = Provider {
    name: "adyen-platform",
    scheme: Scheme::hmac(&[Header("hmacsignature")], "", Encoding::Base64).keyed(&[], Encoding::Hex),
    event_type: &[Json("/type")],
    identity: Mode::Body,
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// developers.docusign.com "HMAC security in Connect"; one header for each of an account's keys. Choose JSON: an
/// event in XML can be verified and not read. An event has the time at which it was generated.
pub(super) const DOCUSIGN: Provider = Provider {
    name: "docusign",
    scheme: Scheme::hmac(
        &[
            Header("x-docusign-signature-1"),
            Header("x-docusign-signature-2"),
            Header("x-docusign-signature-3"),
            Header("x-docusign-signature-4"),
            Header("x-docusign-signature-5"),
            Header("x-docusign-signature-6"),
            Header("x-docusign-signature-7"),
            Header("x-docusign-signature-8"),
            Header("x-docusign-signature-9"),
            Header("x-docusign-signature-10"),
        ],
        "",
        Encoding::Base64,
    ),
    event_type: &[Json("/event")],
    identity: Mode::Body,
    ..ROW
};

/// `@hookdeck/sdk`, `verifyWebhookSignature`. During a rotation the second header is signed with the old secret.
pub(super) const HOOKDECK: Provider = Provider {
    name: "hookdeck",
    scheme: Scheme::hmac(&[Header("x-hookdeck-signature"), Header("x-hookdeck-signature-2")], "", Encoding::Base64),
    id: &[Header("x-hookdeck-eventid")],
    headers: &["x-hookdeck-attempt-count", "x-hookdeck-eventid", "x-hookdeck-source-name", "x-hookdeck-verified"],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `@line/bot-sdk`, `validateSignature`. A body has any number of events, each with an id of its own; one that is
/// delivered again says so in the body, so the worker sees it twice and its handler must compare those ids.
pub(super) const LINE: Provider = Provider {
    name: "line",
    secret_is: "the channel secret",
    scheme: Scheme::hmac(&[Header("x-line-signature")], "", Encoding::Base64),
    identity: Mode::Body,
    batch: Some(Batch { items: "/events", id: &[Json("/webhookEventId")], event_type: &[Json("/type")] }),
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `n8n-nodes-base`, `MauticTriggerHelpers`. The type of an event is a key of the body, and the body has its time.
pub(super) const MAUTIC: Provider = Provider {
    name: "mautic",
    scheme: Scheme::hmac(&[Header("webhook-signature")], "", Encoding::Base64),
    identity: Mode::Body,
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// shopify.dev "Deliver webhooks through HTTPS"; `@shopify/shopify-api`.
/// The webhook id is stable over retries; the event id repeats over subscriptions.
pub(super) const SHOPIFY: Provider = Provider {
    name: "shopify",
    secret_is: "the app's client secret",
    scheme: Scheme::hmac(&[Header("x-shopify-hmac-sha256")], "", Encoding::Base64),
    id: &[Header("x-shopify-webhook-id")],
    event_type: &[Header("x-shopify-topic")],
    headers: &[
        "x-shopify-api-version",
        "x-shopify-event-id",
        "x-shopify-shop-domain",
        "x-shopify-topic",
        "x-shopify-triggered-at",
        "x-shopify-webhook-id",
    ],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `n8n-nodes-base`, `TypeformTriggerHelpers`. A prefix as GitHub's, and base64 behind it.
pub(super) const TYPEFORM: Provider = Provider {
    name: "typeform",
    scheme: Scheme::hmac(&[Header("typeform-signature")], "sha256=", Encoding::Base64),
    id: &[Json("/event_id")],
    event_type: &[Json("/event_type")],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// WooCommerce `includes/class-wc-webhook.php`. Saving a webhook sends a form without a signature that wants a 200.
/// The delivery's id is made of the webhook and the second, so two deliveries of one second share it; there are no
/// retries whose body could differ.
pub(super) const WOOCOMMERCE: Provider = Provider {
    name: "woocommerce",
    scheme: Scheme::hmac(&[Header("x-wc-webhook-signature")], "", Encoding::Base64),
    id: &[Header("x-wc-webhook-delivery-id")],
    event_type: &[Header("x-wc-webhook-topic")],
    identity: Mode::IdAndBody,
    handshakes: &[Handshake::unsigned("POST", When::Has(Form("webhook_id")), Body::Empty)],
    headers: &[
        "x-wc-webhook-delivery-id",
        "x-wc-webhook-event",
        "x-wc-webhook-id",
        "x-wc-webhook-resource",
        "x-wc-webhook-source",
        "x-wc-webhook-topic",
    ],
    ..ROW
};

/// developer.xero.com "Webhooks". A body has any number of events and some random letters. The intent to receive
/// is a few bodies without events, some of them under a wrong signature, for which it wants a 401.
pub(super) const XERO: Provider = Provider {
    name: "xero",
    secret_is: "the webhook's key",
    scheme: Scheme::hmac(&[Header("x-xero-signature")], "", Encoding::Base64),
    identity: Mode::Body,
    rejected: 401,
    batch: Some(Batch { items: "/events", id: &[], event_type: &[Json("/eventType")] }),
    ..ROW
};
