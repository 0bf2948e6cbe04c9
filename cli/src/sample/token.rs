//! Samples of the providers that send a secret along in a header.

use super::{JSON, Sample};

pub(super) const ROWS: &[Sample] = &[
    Sample {
        provider: "azure-event-grid",
        content_type: "application/json; charset=utf-8",
        headers: &[("aeg-delivery-count", "0"), ("aeg-event-type", "Notification")],
        body: include_str!("../../../events/payloads/azure-event-grid.json"),
    },
    Sample {
        provider: "bandwidth",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/bandwidth.json"),
    },
    Sample {
        provider: "chargebee",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/chargebee.json"),
    },
    Sample {
        provider: "gitlab",
        content_type: JSON,
        headers: &[
            ("x-gitlab-event", "Push Hook"),
            ("x-gitlab-event-uuid", "13792a34-cac6-4fda-95a8-c58e00a3954e"),
            ("x-gitlab-instance", "https://gitlab.example.com"),
        ],
        body: include_str!("../../../events/payloads/gitlab.json"),
    },
    Sample {
        provider: "okta",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/okta.json"),
    },
    Sample {
        provider: "postmark",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/postmark.json"),
    },
    Sample {
        provider: "telegram",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/telegram.json"),
    },
];
