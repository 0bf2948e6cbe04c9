//! Providers that sign with a JSON Web Token, which says who it is for and, with most, what the body is.

use super::{Confirmed, FIVE_MINUTES_S, Provider, ROW};
use crate::document::Document;
use crate::field::Field::{Header, Json};
use crate::identity::Mode;
use crate::jwt::{Algorithm, Claim, Is, Jwt};
use crate::scheme::{Encoding, Scheme};

/// The hash of the body, which no token of these may lack.
const fn body_hash(name: &'static str, encoding: Encoding) -> Claim {
    Claim { name, is: Is::BodyHash { encoding, unless_empty: false } }
}

/// developer.atlassian.com "Understanding JWT for Connect apps"; `atlassian-jwt`, `decodeSymmetric` and
/// `createQueryStringHash`. The secret is the `sharedSecret` of one installation, and the app's base URL ends before the
/// path. The token covers method, path and query, and neither the host nor the body: whoever captured one can send other
/// bodies under it until it ends, so a handler asks the API about what it is told. Two events of a second have the same
/// token, so the body is the identity. What is signed with a key of Atlassian's own, as an installation is, is not taken.
pub(super) const ATLASSIAN_CONNECT: Provider = Provider {
    name: "atlassian-connect",
    scheme: Scheme::jwt(
        &[Header("authorization")],
        "JWT ",
        &Jwt {
            algorithms: &[Algorithm::Hs256],
            claims: &[Claim { name: "qsh", is: Is::QueryHash }],
            leeway_s: 10,
            age_s: Some(FIVE_MINUTES_S),
        },
    ),
    event_type: &[Json("/webhookEvent"), Json("/event")],
    identity: Mode::Body,
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `messagebird`, `lib/webhook-signature-jwt.js`. A request without a body has no hash of one. What it posts has no
/// id that all kinds share, and a token's own (`jti`) is that of an attempt.
pub(super) const BIRD: Provider = Provider {
    name: "bird",
    scheme: Scheme::jwt(
        &[Header("messagebird-signature-jwt")],
        "",
        &Jwt {
            algorithms: &[Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512],
            claims: &[
                Claim { name: "iss", is: Is::OneOf(&["MessageBird"]) },
                Claim { name: "url_hash", is: Is::UrlHash(Encoding::Hex) },
                Claim { name: "payload_hash", is: Is::BodyHash { encoding: Encoding::Hex, unless_empty: true } },
            ],
            leeway_s: 5,
            age_s: Some(FIVE_MINUTES_S),
        },
    ),
    event_type: &[Json("/type")],
    identity: Mode::Body,
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// cloud.google.com "Authentication for push subscriptions"; `google-auth-library`,
/// `OAuth2Client.verifySignedJwtWithCertsAsync`. The secret is the email of the subscription's service account, and
/// the audience is left at its default, the endpoint's URL. The token covers nothing of the message: who captured one
/// can send others under it, ids and all, for the hour that it lasts.
pub(super) const GOOGLE_PUBSUB: Provider = Provider {
    name: "google-pubsub",
    secret_is: "the email of the subscription's service account",
    scheme: Scheme::jwt(
        &[Header("authorization")],
        "Bearer ",
        &Jwt {
            algorithms: &[Algorithm::Rs256],
            claims: &[
                Claim { name: "iss", is: Is::OneOf(&["https://accounts.google.com", "accounts.google.com"]) },
                Claim { name: "aud", is: Is::Url },
                Claim { name: "email", is: Is::Secret },
                Claim { name: "email_verified", is: Is::True },
            ],
            leeway_s: FIVE_MINUTES_S,
            age_s: Some(FIVE_MINUTES_S),
        },
    )
    .in_document(Document::JwkSet("https://www.googleapis.com/oauth2/v3/certs")),
    id: &[Json("/message/messageId")],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `livekit-server-sdk`, `WebhookReceiver`. The secret is the API secret, which signs the tokens of participants too:
/// it is the hash of the body that tells a webhook's from theirs.
pub(super) const LIVEKIT: Provider = Provider {
    name: "livekit",
    secret_is: "the API secret",
    scheme: Scheme::jwt(
        &[Header("authorization")],
        "",
        &Jwt {
            algorithms: &[Algorithm::Hs256],
            claims: &[body_hash("sha256", Encoding::Base64)],
            leeway_s: 10,
            age_s: Some(FIVE_MINUTES_S),
        },
    ),
    id: &[Json("/id")],
    event_type: &[Json("/event")],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `n8n-nodes-base`, `NetlifyTriggerHelpers.js`. The token says no time. A deploy's id is that of all its states, so
/// the body is the identity.
pub(super) const NETLIFY: Provider = Provider {
    name: "netlify",
    scheme: Scheme::jwt(
        &[Header("x-webhook-signature")],
        "",
        &Jwt {
            algorithms: &[Algorithm::Hs256],
            claims: &[Claim { name: "iss", is: Is::OneOf(&["netlify"]) }, body_hash("sha256", Encoding::Hex)],
            leeway_s: 0,
            age_s: None,
        },
    ),
    id: &[Json("/id")],
    event_type: &[Header("x-netlify-event"), Json("/state")],
    identity: Mode::Body,
    headers: &["x-netlify-event"],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// plaid.com "Verify webhooks". The secrets are Plaid's public keys, which an operator gets from
/// `/webhook_verification_key/get` by the `kid` of a token: the member `key` of the answer, one a line. Plaid changes
/// them now and then, and keeps the old one in use for a while. Its webhooks have no id, and genuine ones repeat word
/// for word, so each delivery counts.
pub(super) const PLAID: Provider = Provider {
    name: "plaid",
    secret_is: "Plaid's public keys",
    scheme: Scheme::jwt(
        &[Header("plaid-verification")],
        "",
        &Jwt {
            algorithms: &[Algorithm::Es256],
            claims: &[body_hash("request_body_sha256", Encoding::Hex)],
            leeway_s: FIVE_MINUTES_S,
            age_s: Some(FIVE_MINUTES_S),
        },
    )
    .keyed(&[], Encoding::JwkP256),
    event_type: &[Json("/webhook_code"), Json("/webhook_type")],
    identity: Mode::Delivery,
    ..ROW
};

/// `@upstash/qstash`, `Receiver.verify`. The message's id is the same over retries, and no part of what is signed;
/// the token's own (`jti`) is that of an attempt. The SDK tolerates nothing, we as much as clocks differ.
pub(super) const QSTASH: Provider = Provider {
    name: "qstash",
    secret_is: "the current and the next signing key",
    scheme: Scheme::jwt(
        &[Header("upstash-signature")],
        "",
        &Jwt {
            algorithms: &[Algorithm::Hs256],
            claims: &[
                Claim { name: "iss", is: Is::OneOf(&["Upstash"]) },
                Claim { name: "sub", is: Is::Url },
                body_hash("body", Encoding::Base64Url),
            ],
            leeway_s: 5,
            age_s: Some(FIVE_MINUTES_S),
        },
    ),
    id: &[Header("upstash-message-id")],
    headers: &["upstash-message-id", "upstash-retried", "upstash-schedule-id"],
    confirmed: Confirmed::Sdk,
    ..ROW
};
