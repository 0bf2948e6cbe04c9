//! Samples of the providers that sign with an RSA key.

use super::{JSON, Sample};

pub(super) const ROWS: &[Sample] = &[
    Sample {
        provider: "aws-sns",
        content_type: "text/plain; charset=UTF-8",
        headers: &[("x-amz-sns-message-type", "Notification")],
        body: include_str!("../../../events/payloads/aws-sns.json"),
    },
    Sample {
        provider: "aws-sns-sha256",
        content_type: "text/plain; charset=UTF-8",
        headers: &[("x-amz-sns-message-type", "Notification")],
        body: include_str!("../../../events/payloads/aws-sns-sha256.json"),
    },
    Sample {
        provider: "paypal",
        content_type: JSON,
        headers: &[
            ("paypal-auth-algo", "SHA256withRSA"),
            ("paypal-transmission-id", "69cd13f0-d67a-11e5-baa3-778b53f4ae55"),
        ],
        body: include_str!("../../../events/payloads/paypal.json"),
    },
    Sample {
        provider: "wise",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/wise.json"),
    },
];
