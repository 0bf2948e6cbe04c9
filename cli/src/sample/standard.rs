//! Samples of the providers that follow Standard Webhooks.

use super::{JSON, Sample};

pub(super) const ROWS: &[Sample] = &[
    Sample {
        provider: "anthropic",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/anthropic.json"),
    },
    Sample {
        provider: "clerk",
        content_type: JSON,
        headers: &[("user-agent", "Svix-Webhooks/1.62")],
        body: include_str!("../../../events/payloads/clerk.json"),
    },
    Sample {
        provider: "gitlab-signing-token",
        content_type: JSON,
        headers: &[("x-gitlab-event", "Push Hook"), ("x-gitlab-instance", "https://gitlab.example.com")],
        body: include_str!("../../../events/payloads/gitlab-signing-token.json"),
    },
    Sample {
        provider: "liveblocks",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/liveblocks.json"),
    },
    Sample {
        provider: "openai",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/openai.json"),
    },
    Sample {
        provider: "polar",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/polar.json"),
    },
    Sample {
        provider: "replicate",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/replicate.json"),
    },
    Sample {
        provider: "resend",
        content_type: JSON,
        headers: &[("user-agent", "Svix-Webhooks/1.62")],
        body: include_str!("../../../events/payloads/resend.json"),
    },
];
