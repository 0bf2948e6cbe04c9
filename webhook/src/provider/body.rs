//! Providers that sign the body and nothing but the body, in hex, and give their events an id.
//!
//! Nothing in a header is signed: where the id lies in one, whoever captured a delivery can send it again under
//! another id, for which a source has `identity = "id+body"`. Ids in the body come first where both are known.

use super::{Batch, Confirmed, FIVE_MINUTES_S, Provider, ROW};
use crate::field::Field::{Form, Header, Json};
use crate::scheme::{Encoding, Scheme, Unit};

/// docs.attio.com "Webhooks"; `@trigger.dev/core`, `webhooks`.
pub(super) const ATTIO: Provider = Provider {
    name: "attio",
    scheme: Scheme::hmac(&[Header("attio-signature")], "", Encoding::Hex),
    id: &[Header("idempotency-key")],
    event_type: &[Json("/events/0/event_type")],
    headers: &["idempotency-key"],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// support.atlassian.com "Event payloads". Bitbucket Data Center sends `X-Request-Id`.
pub(super) const BITBUCKET: Provider = Provider {
    name: "bitbucket",
    scheme: Scheme::hmac(&[Header("x-hub-signature")], "sha256=", Encoding::Hex),
    id: &[Header("x-request-uuid"), Header("x-request-id")],
    event_type: &[Header("x-event-key")],
    headers: &["x-attempt-number", "x-event-key", "x-hook-uuid", "x-request-uuid"],
    ..ROW
};

/// circleci.com/docs "Outbound webhooks".
pub(super) const CIRCLECI: Provider = Provider {
    name: "circleci",
    scheme: Scheme::hmac(&[Header("circleci-signature")], "v1=", Encoding::Hex).list(','),
    id: &[Json("/id")],
    event_type: &[Json("/type")],
    ..ROW
};

/// `coinbase-commerce-node`, `lib/Webhook.js`. What is repeated has another outer id and the same event in it.
pub(super) const COINBASE_COMMERCE: Provider = Provider {
    name: "coinbase-commerce",
    scheme: Scheme::hmac(&[Header("x-cc-webhook-signature")], "", Encoding::Hex),
    id: &[Json("/event/id")],
    event_type: &[Json("/event/type")],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// docs.easypost.com "Webhooks"; `@easypost/api`, `webhookService.validateWebhook`, and `easypost` for Python. What is
/// signed is the body as it is sent, whose weights are fractions: `136.0`. The SDK for Node writes whole ones so before
/// it verifies (`easypost-node`, issue 467), for those who hand it JSON that JavaScript has written again; the one for
/// Python does not. Both verify with the secret in a normal form of Unicode.
pub(super) const EASYPOST: Provider = Provider {
    name: "easypost",
    secret_is: "the webhook's secret, which you have chosen",
    scheme: Scheme::hmac(&[Header("x-hmac-signature")], "hmac-sha256-hex=", Encoding::Hex).keyed(&[], Encoding::Ascii),
    id: &[Json("/id")],
    event_type: &[Json("/description")],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `n8n-nodes-base`, `FormstackTriggerHelpers`. A form knows one kind of event, so there is no type.
pub(super) const FORMSTACK: Provider = Provider {
    name: "formstack",
    scheme: Scheme::hmac(&[Header("x-fs-signature")], "sha256=", Encoding::Hex),
    id: &[Json("/UniqueID")],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// Gitea `services/webhook/deliver.go`, and the same in Forgejo and Gogs. With the content type of a form they sign
/// the JSON in it, `payload`, and not the form.
pub(super) const GITEA: Provider = Provider {
    name: "gitea",
    scheme: Scheme::hmac(
        &[Header("x-gitea-signature"), Header("x-forgejo-signature"), Header("x-gogs-signature")],
        "",
        Encoding::Hex,
    )
    .wrapped_in(Form("payload")),
    id: &[Header("x-gitea-delivery"), Header("x-forgejo-delivery"), Header("x-gogs-delivery")],
    event_type: &[Header("x-gitea-event"), Header("x-forgejo-event"), Header("x-gogs-event")],
    headers: &["x-gitea-delivery", "x-gitea-event", "x-gitea-event-type"],
    ..ROW
};

/// docs.github.com/webhooks "Validating webhook deliveries"; `@octokit/webhooks-methods`.
pub(super) const GITHUB: Provider = Provider {
    name: "github",
    scheme: Scheme::hmac(&[Header("x-hub-signature-256")], "sha256=", Encoding::Hex),
    id: &[Header("x-github-delivery")],
    event_type: &[Header("x-github-event")],
    headers: &["x-github-delivery", "x-github-event", "x-github-hook-id", "x-github-hook-installation-target-id"],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `gocardless-nodejs`, `webhooks`. One webhook carries up to 250 events, each with an id of its own.
pub(super) const GOCARDLESS: Provider = Provider {
    name: "gocardless",
    scheme: Scheme::hmac(&[Header("webhook-signature")], "", Encoding::Hex),
    id: &[Json("/meta/webhook_id")],
    batch: Some(Batch { items: "/events", id: &[Json("/id")], event_type: &[Json("/action")] }),
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// developer.atlassian.com "Webhooks", for Jira Cloud. The header is named like GitHub's for SHA-1.
pub(super) const JIRA: Provider = Provider {
    name: "jira",
    scheme: Scheme::hmac(&[Header("x-hub-signature")], "sha256=", Encoding::Hex),
    id: &[Header("x-atlassian-webhook-identifier")],
    event_type: &[Json("/webhookEvent")],
    headers: &["x-atlassian-webhook-flow", "x-atlassian-webhook-identifier", "x-atlassian-webhook-retry"],
    ..ROW
};

/// `@linear/sdk`, `LinearWebhookClient`. The time is read where it is signed, in the body; the `Linear-Timestamp`
/// header is not, and the SDK has stopped to read it.
pub(super) const LINEAR: Provider = Provider {
    name: "linear",
    scheme: Scheme::hmac(&[Header("linear-signature")], "", Encoding::Hex).at(
        &[Json("/webhookTimestamp")],
        Unit::Milliseconds,
        60,
    ),
    id: &[Header("linear-delivery")],
    event_type: &[Json("/type")],
    headers: &["linear-delivery", "linear-event"],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `mailersend`, `MailerSendUtils`.
pub(super) const MAILERSEND: Provider = Provider {
    name: "mailersend",
    scheme: Scheme::hmac(&[Header("signature")], "", Encoding::Hex),
    id: &[Json("/data/id")],
    event_type: &[Json("/type")],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `@notionhq/client`, `webhooks`. The secret is the verification token, which Notion first posts without a
/// signature, so it is refused here: have it sent to where you can read it, and put it into the source's secret.
pub(super) const NOTION: Provider = Provider {
    name: "notion",
    secret_is: "the verification_token of its first request",
    scheme: Scheme::hmac(&[Header("x-notion-signature")], "sha256=", Encoding::Hex),
    id: &[Json("/id")],
    event_type: &[Json("/type")],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// developer.pagerduty.com "Verifying webhook signatures". `X-Webhook-Id` is the subscription's, not the event's.
pub(super) const PAGERDUTY: Provider = Provider {
    name: "pagerduty",
    scheme: Scheme::hmac(&[Header("x-pagerduty-signature")], "v1=", Encoding::Hex).list(','),
    id: &[Json("/event/id")],
    event_type: &[Json("/event/event_type")],
    ..ROW
};

/// `@team-plain/typescript-sdk`, `verifyPlainWebhook`. The time of the attempt is signed with the rest of the body.
pub(super) const PLAIN: Provider = Provider {
    name: "plain",
    scheme: Scheme::hmac(&[Header("plain-request-signature")], "", Encoding::Hex).at(
        &[Json("/webhookMetadata/webhookDeliveryAttemptTimestamp")],
        Unit::Rfc3339,
        FIVE_MINUTES_S,
    ),
    id: &[Json("/id")],
    event_type: &[Json("/type")],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `razorpay`, `validateWebhookSignature`.
pub(super) const RAZORPAY: Provider = Provider {
    name: "razorpay",
    scheme: Scheme::hmac(&[Header("x-razorpay-signature")], "", Encoding::Hex),
    id: &[Header("x-razorpay-event-id")],
    event_type: &[Json("/event")],
    headers: &["x-razorpay-event-id"],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// docs.sentry.io "Webhooks" of the integration platform. It waits one second for an answer, and the time that
/// it sends in a header is not signed.
pub(super) const SENTRY: Provider = Provider {
    name: "sentry",
    scheme: Scheme::hmac(&[Header("sentry-hook-signature")], "", Encoding::Hex),
    id: &[Header("request-id")],
    event_type: &[Header("sentry-hook-resource")],
    headers: &["request-id", "sentry-hook-resource", "sentry-hook-timestamp"],
    ..ROW
};
