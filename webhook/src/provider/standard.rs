//! Providers that follow Standard Webhooks: id, time and body, in one of two families of headers.

use super::{Confirmed, FIVE_MINUTES_S, Provider, ROW};
use crate::field::Field::{Header, Json};
use crate::scheme::{Encoding, Scheme, Unit};

/// standardwebhooks.com, specification 1.0; the `standardwebhooks` packages.
pub(super) const STANDARD_WEBHOOKS: Provider = Provider {
    name: "standard-webhooks",
    scheme: Scheme::hmac(&[Header("webhook-signature")], "v1,", Encoding::Base64)
        .list(' ')
        .keyed(&["whsec_"], Encoding::Base64)
        .over("{header:webhook-id}.{timestamp}.{body}")
        .at(&[Header("webhook-timestamp")], Unit::Seconds, FIVE_MINUTES_S),
    id: &[Header("webhook-id")],
    event_type: &[Json("/type")],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// docs.svix.com "How to verify webhooks manually"; the `svix` packages.
pub(super) const SVIX: Provider = Provider {
    name: "svix",
    scheme: Scheme::hmac(&[Header("svix-signature")], "v1,", Encoding::Base64)
        .list(' ')
        .keyed(&["whsec_"], Encoding::Base64)
        .over("{header:svix-id}.{timestamp}.{body}")
        .at(&[Header("svix-timestamp")], Unit::Seconds, FIVE_MINUTES_S),
    id: &[Header("svix-id")],
    ..STANDARD_WEBHOOKS
};
