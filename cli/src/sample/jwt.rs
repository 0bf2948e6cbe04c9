//! Samples of the providers that sign with a JSON Web Token.

use super::{JSON, Sample};

pub(super) const ROWS: &[Sample] = &[
    Sample {
        provider: "atlassian-connect",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/atlassian-connect.json"),
    },
    Sample {
        provider: "bird",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/bird.json"),
    },
    Sample {
        provider: "google-pubsub",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/google-pubsub.json"),
    },
    Sample {
        provider: "livekit",
        content_type: "application/webhook+json",
        headers: &[],
        body: include_str!("../../../events/payloads/livekit.json"),
    },
    Sample {
        provider: "netlify",
        content_type: JSON,
        headers: &[("x-netlify-event", "deploy_created")],
        body: include_str!("../../../events/payloads/netlify.json"),
    },
    Sample {
        provider: "plaid",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/plaid.json"),
    },
    Sample {
        provider: "qstash",
        content_type: JSON,
        headers: &[("upstash-retried", "0")],
        body: include_str!("../../../events/payloads/qstash.json"),
    },
];
