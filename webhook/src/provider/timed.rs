//! Providers that sign a time with the body.

use super::{Batch, Confirmed, FIVE_MINUTES_S, Provider, ROW};
use crate::answer::{EMPTY_200, Reply};
use crate::field::Field::{Form, Header, Json};
use crate::handshake::{Body, Handshake, Value, When};
use crate::identity::Mode;
use crate::scheme::{Encoding, Scheme, Unit};

/// developer.box.com "Signature Verification"; `box-node-sdk`, `WebhooksManager.validateMessage`. There are two
/// keys, each with a header of its own, so that one can be replaced while the other is live. The delivery id changes
/// with every retry, the id in the body does not.
pub(super) const BOX: Provider = Provider {
    name: "box",
    scheme: Scheme::hmac(&[Header("box-signature-primary"), Header("box-signature-secondary")], "", Encoding::Base64)
        .over("{body}{timestamp}")
        .at(&[Header("box-delivery-timestamp")], Unit::Rfc3339, 600),
    id: &[Json("/id")],
    event_type: &[Json("/trigger")],
    headers: &["box-delivery-id", "box-delivery-timestamp"],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// developer.calendly.com "Webhook Signatures", which tolerates three minutes. An invitee's URI is in the events of
/// their booking and of its cancellation alike, so that it is the identity of neither.
pub(super) const CALENDLY: Provider = Provider {
    name: "calendly",
    scheme: Scheme::hmac(&[Header("calendly-webhook-signature")], "v1=", Encoding::Hex)
        .list(',')
        .over("{timestamp}.{body}")
        .at_item("t=", Unit::Seconds, 180),
    event_type: &[Json("/event")],
    identity: Mode::Body,
    ..ROW
};

/// courier.com "Outbound Webhooks", which shows the time in milliseconds; the dot between time and body by
/// `hookdeck/webhook-skills`. A message's id is in all the events of its life.
pub(super) const COURIER: Provider = Provider {
    name: "courier",
    scheme: Scheme::hmac(&[Header("courier-signature")], "signature=", Encoding::Hex)
        .list(',')
        .over("{timestamp}.{body}")
        .at_item("t=", Unit::Milliseconds, FIVE_MINUTES_S),
    event_type: &[Json("/type")],
    identity: Mode::Body,
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// Reporting webhooks, as `n8n-nodes-base` verifies them. The signature's version is signed and not in its header.
pub(super) const CUSTOMER_IO: Provider = Provider {
    name: "customer-io",
    scheme: Scheme::hmac(&[Header("x-cio-signature")], "", Encoding::Hex).over("v0:{timestamp}:{body}").at(
        &[Header("x-cio-timestamp")],
        Unit::Seconds,
        FIVE_MINUTES_S,
    ),
    id: &[Json("/event_id")],
    event_type: &[Json("/metric")],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// `@elevenlabs/elevenlabs-js`, `WebhooksClient.constructEvent`, which tolerates half an hour. A conversation's id is
/// in its transcript's event and in its audio's.
pub(super) const ELEVENLABS: Provider = Provider {
    name: "elevenlabs",
    scheme: Scheme::hmac(&[Header("elevenlabs-signature")], "v0=", Encoding::Hex)
        .list(',')
        .over("{timestamp}.{body}")
        .at_item("t=", Unit::Seconds, 1800),
    event_type: &[Json("/type")],
    identity: Mode::Body,
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `inngest` for Python, `net.validate_request_sig`, and for Node, `RequestSignature`. It calls functions: a function that
/// is registered with the URL of a source (`docs/SDK_SPEC.md` of `inngest/inngest`, 4.3.2) has its runs here, and each is
/// done once its event is in the queue. An answer that names no SDK would be an attempt that failed. The body is sent in
/// the canonical form of RFC 8785 and signed as it is sent (`pkg/execution/driver`, `MarshalV1`); the SDKs write it so
/// again, for those who have no more than JSON that was read.
pub(super) const INNGEST: Provider = Provider {
    name: "inngest",
    secret_is: "the signing key of the environment",
    scheme: Scheme::hmac(&[Header("x-inngest-signature")], "s=", Encoding::Hex)
        .keyed(&["signkey-*-"], Encoding::Utf8)
        .list('&')
        .over("{body}{timestamp}")
        .at_item("t=", Unit::Seconds, FIVE_MINUTES_S),
    id: &[Json("/ctx/run_id")],
    event_type: &[Json("/event/name")],
    accepted: Reply {
        content_type: Some("application/json"),
        body: "null",
        headers: &[("x-inngest-req-version", "1"), ("x-inngest-sdk", concat!("tidegate:v", env!("CARGO_PKG_VERSION")))],
        ..EMPTY_200
    },
    batch: Some(Batch { items: "/events", id: &[Json("/id")], event_type: &[Json("/name")] }),
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `langfuse/langfuse`, `packages/shared/src/encryption/signature.ts`. The key is the whole of the secret, its
/// `lf-whsec_` included.
pub(super) const LANGFUSE: Provider = Provider {
    name: "langfuse",
    scheme: Scheme::hmac(&[Header("x-langfuse-signature")], "v1=", Encoding::Hex)
        .list(',')
        .over("{timestamp}.{body}")
        .at_item("t=", Unit::Seconds, FIVE_MINUTES_S),
    id: &[Json("/id")],
    event_type: &[Json("/type")],
    ..ROW
};

/// docs.metronome.com "Set up webhooks"; `@trigger.dev/core`, `webhooks/index.js`. The signed date is that of the
/// header of Metronome's own, or where a proxy has left only that, of `Date`.
pub(super) const METRONOME: Provider =
    Provider {
        name: "metronome",
        scheme: Scheme::hmac(&[Header("metronome-webhook-signature")], "", Encoding::Hex)
            .over("{timestamp}\n{body}")
            .at(&[Header("x-metronome-date"), Header("date")], Unit::HttpDate, FIVE_MINUTES_S),
        id: &[Json("/id")],
        event_type: &[Json("/type")],
        confirmed: Confirmed::ThirdParty,
        ..ROW
    };

/// `@mux/mux-node`, `src/resources/webhooks`. Its SDK lets timestamps of the future in; we do not.
pub(super) const MUX: Provider = Provider {
    name: "mux",
    scheme: Scheme::hmac(&[Header("mux-signature")], "v1=", Encoding::Hex)
        .list(',')
        .over("{timestamp}.{body}")
        .at_item("t=", Unit::Seconds, FIVE_MINUTES_S),
    id: &[Json("/id")],
    event_type: &[Json("/type")],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// developer.paddle.com "Verify webhook signatures"; `@paddle/paddle-node-sdk`. Its SDKs tolerate 5 s, which a cold
/// start can miss; five minutes are what others take.
pub(super) const PADDLE: Provider = Provider {
    name: "paddle",
    scheme: Scheme::hmac(&[Header("paddle-signature")], "h1=", Encoding::Hex)
        .list(';')
        .over("{timestamp}:{body}")
        .at_item("ts=", Unit::Seconds, FIVE_MINUTES_S),
    id: &[Json("/event_id")],
    event_type: &[Json("/event_type")],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// docs.retellai.com "Secure the webhook"; `retell-sdk`, `verify`. The key is the API key that has the webhook badge.
/// A call's id is in all of its events.
pub(super) const RETELL: Provider = Provider {
    name: "retell",
    scheme: Scheme::hmac(&[Header("x-retell-signature")], "d=", Encoding::Hex)
        .list(',')
        .over("{body}{timestamp}")
        .at_item("v=", Unit::Milliseconds, FIVE_MINUTES_S),
    event_type: &[Json("/event")],
    identity: Mode::Body,
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// sanity.io "GROQ-powered webhooks"; `@sanity/webhook`, which looks at no time. The idempotency key is a header that
/// is not signed; a body is the projection that the operator wrote, so that no id need be in it.
pub(super) const SANITY: Provider = Provider {
    name: "sanity",
    scheme: Scheme::hmac(&[Header("sanity-webhook-signature")], "v1=", Encoding::Base64Url)
        .list(',')
        .over("{timestamp}.{body}")
        .at_item("t=", Unit::Milliseconds, FIVE_MINUTES_S),
    id: &[Header("idempotency-key")],
    event_type: &[Json("/_type")],
    headers: &[
        "sanity-dataset",
        "sanity-document-id",
        "sanity-operation",
        "sanity-project-id",
        "sanity-transaction-id",
        "sanity-transaction-time",
        "sanity-webhook-id",
    ],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// api.slack.com "Verifying requests from Slack"; `slack_sdk.signature`.
pub(super) const SLACK: Provider = Provider {
    name: "slack",
    secret_is: "the app's signing secret",
    scheme: Scheme::hmac(&[Header("x-slack-signature")], "v0=", Encoding::Hex).over("v0:{timestamp}:{body}").at(
        &[Header("x-slack-request-timestamp")],
        Unit::Seconds,
        FIVE_MINUTES_S,
    ),
    id: &[Json("/event_id"), Form("trigger_id")],
    event_type: &[Json("/event/type"), Json("/type"), Form("command")],
    handshakes: &[
        Handshake::signed(When::Is(Json("/type"), "url_verification"), Body::Text(Value::Echo(Json("/challenge")))),
        Handshake::unsigned("POST", When::Is(Form("ssl_check"), "1"), Body::Empty),
    ],
    headers: &["x-slack-retry-num", "x-slack-retry-reason"],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `stripe-node`, `src/Webhooks.ts`. Its SDK lets timestamps of the future in; we do not.
pub(super) const STRIPE: Provider = Provider {
    name: "stripe",
    scheme: Scheme::hmac(&[Header("stripe-signature")], "v1=", Encoding::Hex)
        .list(',')
        .over("{timestamp}.{body}")
        .at_item("t=", Unit::Seconds, FIVE_MINUTES_S),
    id: &[Json("/id")],
    event_type: &[Json("/type")],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `tailscale/tailscale`, `docs/webhooks/example.go`. A body is an array of events of any types, none with an id.
pub(super) const TAILSCALE: Provider = Provider {
    name: "tailscale",
    scheme: Scheme::hmac(&[Header("tailscale-webhook-signature")], "v1=", Encoding::Hex)
        .list(',')
        .over("{timestamp}.{body}")
        .at_item("t=", Unit::Seconds, FIVE_MINUTES_S),
    identity: Mode::Body,
    batch: Some(Batch { items: "", id: &[], event_type: &[Json("/type")] }),
    ..ROW
};

/// dev.twitch.tv "Getting Events Using Webhook Callbacks"; the formula as `@twurple/eventsub-http` has it. A message
/// that a subscription is revoked has the type of the subscription: only the header with the message's type tells.
pub(super) const TWITCH: Provider = Provider {
    name: "twitch",
    scheme: Scheme::hmac(&[Header("twitch-eventsub-message-signature")], "sha256=", Encoding::Hex)
        .over("{header:twitch-eventsub-message-id}{timestamp}{body}")
        .at(&[Header("twitch-eventsub-message-timestamp")], Unit::Rfc3339, 600),
    id: &[Header("twitch-eventsub-message-id")],
    event_type: &[Header("twitch-eventsub-subscription-type")],
    handshakes: &[Handshake::signed(
        When::Is(Header("twitch-eventsub-message-type"), "webhook_callback_verification"),
        Body::Text(Value::Echo(Json("/challenge"))),
    )],
    headers: &[
        "twitch-eventsub-message-retry",
        "twitch-eventsub-message-type",
        "twitch-eventsub-subscription-type",
        "twitch-eventsub-subscription-version",
    ],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// developers.webflow.com "Working with webhooks"; `webflow-api`, `webhooks.verifySignature`. The id in a payload is
/// that of the item or the form, which is in all the events about it.
pub(super) const WEBFLOW: Provider = Provider {
    name: "webflow",
    scheme: Scheme::hmac(&[Header("x-webflow-signature")], "", Encoding::Hex).over("{timestamp}:{body}").at(
        &[Header("x-webflow-timestamp")],
        Unit::Milliseconds,
        FIVE_MINUTES_S,
    ),
    event_type: &[Json("/triggerType")],
    identity: Mode::Body,
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// workos.com "Sync data using webhooks"; `@workos-inc/node`, `Webhooks.verifyHeader`, which tolerates three minutes
/// and verifies the JSON that it has written again; the bytes that were sent are the same.
pub(super) const WORKOS: Provider = Provider {
    name: "workos",
    scheme: Scheme::hmac(&[Header("workos-signature")], "v1=", Encoding::Hex)
        .list(',')
        .over("{timestamp}.{body}")
        .at_item("t=", Unit::Milliseconds, 180),
    id: &[Json("/id")],
    event_type: &[Json("/event")],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// developer.zendesk.com "Verifying webhooks". The id of the invocation stays the same over its attempts, and is a
/// header that is not signed: what the body of a trigger's webhook holds is up to the operator.
pub(super) const ZENDESK: Provider = Provider {
    name: "zendesk",
    scheme: Scheme::hmac(&[Header("x-zendesk-webhook-signature")], "", Encoding::Base64)
        .at(&[Header("x-zendesk-webhook-signature-timestamp")], Unit::Rfc3339, FIVE_MINUTES_S)
        .over("{timestamp}{body}"),
    id: &[Header("x-zendesk-webhook-invocation-id")],
    event_type: &[Json("/type")],
    headers: &["x-zendesk-account-id", "x-zendesk-webhook-id"],
    ..ROW
};

/// developers.zoom.us "Using webhooks"; `@zoom/rivet`, which verifies the JSON that it has written again. Zoom asks
/// for a signed token when the endpoint is saved and every 72 hours from then on.
pub(super) const ZOOM: Provider = Provider {
    name: "zoom",
    secret_is: "the secret token",
    scheme: Scheme::hmac(&[Header("x-zm-signature")], "v0=", Encoding::Hex).over("v0:{timestamp}:{body}").at(
        &[Header("x-zm-request-timestamp")],
        Unit::Seconds,
        FIVE_MINUTES_S,
    ),
    event_type: &[Json("/event")],
    identity: Mode::Body,
    handshakes: &[Handshake::signed(
        When::Is(Json("/event"), "endpoint.url_validation"),
        Body::Json(&[
            ("plainToken", Value::Echo(Json("/payload/plainToken"))),
            ("encryptedToken", Value::HmacHex(Json("/payload/plainToken"))),
        ]),
    )],
    headers: &["x-zm-trackingid"],
    confirmed: Confirmed::Sdk,
    ..ROW
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;
    use crate::secret::Secrets;

    #[track_caller]
    fn check(provider: &Provider, headers: &[(&str, &str)], body: &str, expected: Option<&str>) {
        let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = Request { method: "POST", url: "/", headers: &headers, body: body.as_bytes() };
        let secrets = Secrets::parse("tidegate-test-secret", &provider.scheme.key).unwrap();
        let handshake = provider.handshakes.iter().find(|handshake| handshake.is(&request));
        let answer = handshake.and_then(|handshake| handshake.answer(&request, &secrets, 0));
        assert_eq!(answer.map(|answer| answer.body).as_deref(), expected);
    }

    #[test]
    fn zoom_gets_its_token_signed_as_its_sdk_signs_it() {
        let body = r#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#;
        // What AwsLambdaReceiver of @zoom/rivet 0.4.0 answers.
        let token = r#"{"encryptedToken":"342406be265fc3b20f95ff2554ef68e28c686633a7a65bcfbfebca14848b237f","plainToken":"qgg8vlvZRS6UYooatFL8Aw"}"#;
        check(&ZOOM, &[], body, Some(token));
        check(&ZOOM, &[], r#"{"event":"meeting.started","payload":{"plainToken":"x"}}"#, None);
    }

    #[test]
    fn twitch_gets_its_challenge_back_when_the_header_asks() {
        let kind = "twitch-eventsub-message-type";
        let body = r#"{"challenge":"pogchamp-kappa-360noscope-vohiyo"}"#;
        let challenge = Some("pogchamp-kappa-360noscope-vohiyo");
        check(&TWITCH, &[(kind, "webhook_callback_verification")], body, challenge);
        check(&TWITCH, &[(kind, "notification")], body, None);
    }
}
