//! Samples of the providers that put the signature or a token into the body.

use super::{FORM, JSON, Sample};

pub(super) const ROWS: &[Sample] = &[
    Sample {
        provider: "adyen",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/adyen.json"),
    },
    Sample {
        provider: "braintree",
        content_type: FORM,
        headers: &[],
        body: include_str!("../../../events/payloads/braintree.form"),
    },
    Sample {
        provider: "dropbox-sign",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/dropbox-sign.json"),
    },
    Sample {
        provider: "figma",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/figma.json"),
    },
    Sample {
        provider: "mailgun",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/mailgun.json"),
    },
    Sample {
        provider: "microsoft-graph",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/microsoft-graph.json"),
    },
];
