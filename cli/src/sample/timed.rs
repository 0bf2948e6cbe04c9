//! Samples of the providers that sign a time with the body.

use super::{JSON, Sample};

pub(super) const ROWS: &[Sample] = &[
    Sample {
        provider: "box",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/box.json"),
    },
    Sample {
        provider: "calendly",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/calendly.json"),
    },
    Sample {
        provider: "courier",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/courier.json"),
    },
    Sample {
        provider: "customer-io",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/customer-io.json"),
    },
    Sample {
        provider: "elevenlabs",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/elevenlabs.json"),
    },
    Sample {
        provider: "inngest",
        content_type: JSON,
        headers: &[("user-agent", "Inngest"), ("x-run-id", "01JBS8Q5M2T4V6X8Z0B1D3F5H7")],
        body: include_str!("../../../events/payloads/inngest.json"),
    },
    Sample {
        provider: "langfuse",
        content_type: JSON,
        headers: &[("user-agent", "Langfuse/1.0")],
        body: include_str!("../../../events/payloads/langfuse.json"),
    },
    Sample {
        provider: "metronome",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/metronome.json"),
    },
    Sample {
        provider: "mux",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/mux.json"),
    },
    Sample {
        provider: "paddle",
        content_type: JSON,
        headers: &[("user-agent", "Paddle")],
        body: include_str!("../../../events/payloads/paddle.json"),
    },
    Sample {
        provider: "retell",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/retell.json"),
    },
    Sample {
        provider: "sanity",
        content_type: "application/json; charset=utf-8",
        headers: &[("sanity-dataset", "production"), ("sanity-operation", "create")],
        body: include_str!("../../../events/payloads/sanity.json"),
    },
    Sample {
        provider: "tailscale",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/tailscale.json"),
    },
    Sample {
        provider: "twitch",
        content_type: JSON,
        headers: &[
            ("twitch-eventsub-message-type", "notification"),
            ("twitch-eventsub-subscription-type", "channel.follow"),
            ("twitch-eventsub-subscription-version", "2"),
        ],
        body: include_str!("../../../events/payloads/twitch.json"),
    },
    Sample {
        provider: "webflow",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/webflow.json"),
    },
    Sample {
        provider: "workos",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/workos.json"),
    },
    Sample {
        provider: "zendesk",
        content_type: "application/json; charset=utf-8",
        headers: &[("x-zendesk-account-id", "22129848")],
        body: include_str!("../../../events/payloads/zendesk.json"),
    },
    Sample {
        provider: "zoom",
        content_type: "application/json; charset=utf-8",
        headers: &[("user-agent", "Zoom Marketplace/1.0a")],
        body: include_str!("../../../events/payloads/zoom.json"),
    },
];
