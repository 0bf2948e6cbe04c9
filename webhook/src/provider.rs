//! The providers: one `const` row each, its vectors in `tests/vectors/NAME.json`.
//!
//! A provider that does not fit makes the vocabulary of [`crate::scheme`] grow; there is never a callback.

use crate::answer::{EMPTY_200, Reply};
use crate::field::Field::{self, Form, Header, Json, Query};
use crate::identity::Mode;
use crate::scheme::{BodyHash, Encoding, Hash, Key, Scheme, Signature, Timestamp, TimestampPlace, Unit};

/// All that Tidegate knows of a provider.
#[derive(Debug)]
pub struct Provider {
    /// Its name in `sources.toml`.
    pub name: &'static str,
    /// How its requests are signed.
    pub scheme: Scheme,
    /// Where the event's id lies, the first that is there. Ids that stay the same over retries come first.
    pub id: &'static [Field],
    /// Where the event's type lies, the first that is there.
    pub event_type: &'static [Field],
    /// What makes two deliveries the same event, unless a source says otherwise.
    pub identity: Mode,
    /// What the provider is answered once a delivery is durable.
    pub accepted: Reply,
    /// Requests that are no deliveries and want an answer at once.
    pub handshakes: &'static [Handshake],
    /// The headers that travel on with the event, beside its content type.
    pub headers: &'static [&'static str],
}

/// A request that asks whether we are there. It is answered and never queued.
#[derive(Debug)]
pub struct Handshake {
    /// Where to look, and what stands there in a handshake.
    pub when: (Field, &'static str),
    /// Whether it is signed like a delivery. One that is not is answered with an empty 200 and can do nothing else.
    pub signed: bool,
    /// The value that is sent back as plain text.
    pub echo: Option<Field>,
}

/// Looks a provider up by its name.
pub fn by_name(name: &str) -> Option<&'static Provider> {
    ALL.iter().copied().find(|provider| provider.name == name)
}

/// Every provider, sorted by name.
pub const ALL: &[&Provider] = &[&GITHUB, &SHOPIFY, &SLACK, &STANDARD_WEBHOOKS, &STRIPE, &SVIX, &TWILIO];

const UTF8_KEY: Key = Key { strip: "", decode: Encoding::Utf8 };
const FIVE_MINUTES_S: u32 = 300;

/// docs.github.com/webhooks "Validating webhook deliveries"; `@octokit/webhooks-methods`.
const GITHUB: Provider = Provider {
    name: "github",
    scheme: Scheme {
        hash: Hash::Sha256,
        key: UTF8_KEY,
        signature: Signature {
            field: Header("x-hub-signature-256"),
            split: None,
            prefix: "sha256=",
            encoding: Encoding::Hex,
        },
        signed: "{body}",
        timestamp: None,
        body_hash: None,
    },
    id: &[Header("x-github-delivery")],
    event_type: &[Header("x-github-event")],
    identity: Mode::Id,
    accepted: EMPTY_200,
    handshakes: &[],
    headers: &["x-github-delivery", "x-github-event", "x-github-hook-id", "x-github-hook-installation-target-id"],
};

/// `stripe-node`, `src/Webhooks.ts`. Its SDK lets timestamps of the future in; we do not.
const STRIPE: Provider = Provider {
    name: "stripe",
    scheme: Scheme {
        hash: Hash::Sha256,
        key: UTF8_KEY,
        signature: Signature {
            field: Header("stripe-signature"),
            split: Some(','),
            prefix: "v1=",
            encoding: Encoding::Hex,
        },
        signed: "{timestamp}.{body}",
        timestamp: Some(Timestamp {
            place: TimestampPlace::SignatureItem("t="),
            unit: Unit::Seconds,
            tolerance_s: FIVE_MINUTES_S,
        }),
        body_hash: None,
    },
    id: &[Json("/id")],
    event_type: &[Json("/type")],
    identity: Mode::Id,
    accepted: EMPTY_200,
    handshakes: &[],
    headers: &[],
};

/// api.slack.com "Verifying requests from Slack"; `slack_sdk.signature`.
const SLACK: Provider = Provider {
    name: "slack",
    scheme: Scheme {
        hash: Hash::Sha256,
        key: UTF8_KEY,
        signature: Signature {
            field: Header("x-slack-signature"),
            split: None,
            prefix: "v0=",
            encoding: Encoding::Hex,
        },
        signed: "v0:{timestamp}:{body}",
        timestamp: Some(Timestamp {
            place: TimestampPlace::Field(Header("x-slack-request-timestamp")),
            unit: Unit::Seconds,
            tolerance_s: FIVE_MINUTES_S,
        }),
        body_hash: None,
    },
    id: &[Json("/event_id"), Form("trigger_id")],
    event_type: &[Json("/event/type"), Json("/type"), Form("command")],
    identity: Mode::Id,
    accepted: EMPTY_200,
    handshakes: &[
        Handshake { when: (Json("/type"), "url_verification"), signed: true, echo: Some(Json("/challenge")) },
        Handshake { when: (Form("ssl_check"), "1"), signed: false, echo: None },
    ],
    headers: &["x-slack-retry-num", "x-slack-retry-reason"],
};

/// shopify.dev "Deliver webhooks through HTTPS"; `@shopify/shopify-api`.
/// The webhook id is stable over retries; the event id repeats over subscriptions.
const SHOPIFY: Provider = Provider {
    name: "shopify",
    scheme: Scheme {
        hash: Hash::Sha256,
        key: UTF8_KEY,
        signature: Signature {
            field: Header("x-shopify-hmac-sha256"),
            split: None,
            prefix: "",
            encoding: Encoding::Base64,
        },
        signed: "{body}",
        timestamp: None,
        body_hash: None,
    },
    id: &[Header("x-shopify-webhook-id")],
    event_type: &[Header("x-shopify-topic")],
    identity: Mode::Id,
    accepted: EMPTY_200,
    handshakes: &[],
    headers: &[
        "x-shopify-api-version",
        "x-shopify-event-id",
        "x-shopify-shop-domain",
        "x-shopify-topic",
        "x-shopify-triggered-at",
        "x-shopify-webhook-id",
    ],
};

/// `twilio-node`, `src/webhooks/webhooks.ts`. Callbacks about one message share its sid, so what is signed of
/// the body is the identity. The sid is no part of it: Twilio runs names and values together before it signs
/// them, so a letter can move from one to the other under the same signature. Twilio reads the answer as TwiML
/// and gets an empty one.
const TWILIO: Provider = Provider {
    name: "twilio",
    scheme: Scheme {
        hash: Hash::Sha1,
        key: UTF8_KEY,
        signature: Signature {
            field: Header("x-twilio-signature"),
            split: None,
            prefix: "",
            encoding: Encoding::Base64,
        },
        signed: "{url}{form_sorted}",
        timestamp: None,
        body_hash: Some(BodyHash { field: Query("bodySHA256") }),
    },
    id: &[Form("MessageSid"), Form("CallSid"), Form("SmsSid")],
    event_type: &[Form("MessageStatus"), Form("CallStatus"), Form("SmsStatus")],
    identity: Mode::Body,
    accepted: Reply { status: 200, content_type: Some("text/xml"), body: "<Response/>" },
    handshakes: &[],
    headers: &["i-twilio-idempotency-token"],
};

/// standardwebhooks.com, specification 1.0; the `standardwebhooks` packages.
const STANDARD_WEBHOOKS: Provider = Provider {
    name: "standard-webhooks",
    scheme: Scheme {
        hash: Hash::Sha256,
        key: Key { strip: "whsec_", decode: Encoding::Base64 },
        signature: Signature {
            field: Header("webhook-signature"),
            split: Some(' '),
            prefix: "v1,",
            encoding: Encoding::Base64,
        },
        signed: "{header:webhook-id}.{timestamp}.{body}",
        timestamp: Some(Timestamp {
            place: TimestampPlace::Field(Header("webhook-timestamp")),
            unit: Unit::Seconds,
            tolerance_s: FIVE_MINUTES_S,
        }),
        body_hash: None,
    },
    id: &[Header("webhook-id")],
    event_type: &[Json("/type")],
    identity: Mode::Id,
    accepted: EMPTY_200,
    handshakes: &[],
    headers: &[],
};

/// docs.svix.com "How to verify webhooks manually"; the `svix` packages.
const SVIX: Provider = Provider {
    name: "svix",
    scheme: Scheme {
        signature: Signature { field: Header("svix-signature"), ..STANDARD_WEBHOOKS.scheme.signature },
        signed: "{header:svix-id}.{timestamp}.{body}",
        timestamp: Some(Timestamp {
            place: TimestampPlace::Field(Header("svix-timestamp")),
            unit: Unit::Seconds,
            tolerance_s: FIVE_MINUTES_S,
        }),
        ..STANDARD_WEBHOOKS.scheme
    },
    id: &[Header("svix-id")],
    ..STANDARD_WEBHOOKS
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_their_templates_can_be_rendered() {
        assert!(ALL.is_sorted_by_key(|provider| provider.name));
        for provider in ALL {
            assert_eq!(crate::template::unknown_part(provider.scheme.signed), None, "{}", provider.name);
        }
    }

    #[test]
    fn no_row_carries_a_signature_past_the_door() {
        for provider in ALL {
            let Header(signature) = provider.scheme.signature.field else { continue };
            assert!(!provider.headers.contains(&signature), "{}", provider.name);
        }
    }
}
