//! Providers that sign the body, and nothing but the body.

use super::{Confirmed, Provider, ROW};
use crate::field::Field::Header;
use crate::scheme::{Encoding, Scheme};

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

/// shopify.dev "Deliver webhooks through HTTPS"; `@shopify/shopify-api`.
/// The webhook id is stable over retries; the event id repeats over subscriptions.
pub(super) const SHOPIFY: Provider = Provider {
    name: "shopify",
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
