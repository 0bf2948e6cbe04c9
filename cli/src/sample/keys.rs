//! Samples of the providers that sign with a private key.

use super::{JSON, Sample};

pub(super) const ROWS: &[Sample] = &[
    Sample {
        provider: "discord",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/discord.json"),
    },
    Sample {
        provider: "discord-interactions",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/discord-interactions.json"),
    },
    Sample {
        provider: "sendgrid",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/sendgrid.json"),
    },
    Sample {
        provider: "telnyx",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/telnyx.json"),
    },
];
