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

/// What providers have in common that send either family of headers. The id that is signed and the id that is the
/// identity are looked for in the same order, so that a second id beside the signed one is of no use.
const EITHER: Provider = Provider {
    scheme: Scheme::hmac(&[Header("webhook-signature"), Header("svix-signature")], "v1,", Encoding::Base64)
        .list(' ')
        .keyed(&["whsec_"], Encoding::Base64)
        .over("{header:webhook-id|header:svix-id}.{timestamp}.{body}")
        .at(&[Header("webhook-timestamp"), Header("svix-timestamp")], Unit::Seconds, FIVE_MINUTES_S),
    id: &[Header("webhook-id"), Header("svix-id")],
    ..STANDARD_WEBHOOKS
};

/// The same for those whose documentation shows Svix's headers.
const EITHER_SVIX_FIRST: Provider = Provider {
    scheme: Scheme::hmac(&[Header("svix-signature"), Header("webhook-signature")], "v1,", Encoding::Base64)
        .list(' ')
        .keyed(&["whsec_"], Encoding::Base64)
        .over("{header:svix-id|header:webhook-id}.{timestamp}.{body}")
        .at(&[Header("svix-timestamp"), Header("webhook-timestamp")], Unit::Seconds, FIVE_MINUTES_S),
    id: &[Header("svix-id"), Header("webhook-id")],
    ..STANDARD_WEBHOOKS
};

/// `@anthropic-ai/sdk`, `beta.webhooks.unwrap`. The type of a body is `event`, what happened is in its data.
pub(super) const ANTHROPIC: Provider = Provider { name: "anthropic", event_type: &[Json("/data/type")], ..EITHER };

/// clerk.com "Verify webhooks"; `@clerk/backend/webhooks`, `verifyWebhook`.
pub(super) const CLERK: Provider = Provider { name: "clerk", ..EITHER_SVIX_FIRST };

/// gitlab-org/gitlab!230944 and !231325, which add the signing token to GitLab: `whsec_` and 32 bytes in base64.
pub(super) const GITLAB_SIGNING_TOKEN: Provider = Provider {
    name: "gitlab-signing-token",
    event_type: &[Header("x-gitlab-event")],
    headers: &["x-gitlab-event", "x-gitlab-event-uuid", "x-gitlab-instance", "x-gitlab-webhook-uuid"],
    confirmed: Confirmed::Docs,
    ..STANDARD_WEBHOOKS
};

/// liveblocks.io "Webhooks"; `@liveblocks/node`, `WebhookHandler`.
pub(super) const LIVEBLOCKS: Provider = Provider { name: "liveblocks", ..EITHER };

/// platform.openai.com "Webhooks"; `openai`, `webhooks.verifySignature`.
pub(super) const OPENAI: Provider = Provider { name: "openai", ..EITHER };

/// `@polar-sh/sdk/webhooks`, `validateEvent`. The key is the text of the secret, whatever it looks like.
pub(super) const POLAR: Provider =
    Provider { name: "polar", scheme: EITHER.scheme.keyed(&[], Encoding::Utf8), ..EITHER };

/// replicate.com "Verify webhooks"; `replicate`, `validateWebhook`, which looks at no time and at no version. A body is
/// a prediction, and its status is the nearest that there is to a type.
pub(super) const REPLICATE: Provider = Provider { name: "replicate", event_type: &[Json("/status")], ..EITHER };

/// resend.com "Verify webhooks requests"; `resend`, `webhooks.verify`.
pub(super) const RESEND: Provider = Provider { name: "resend", ..EITHER_SVIX_FIRST };
