//! Samples of the providers that sign the URL that they call, but for Twilio's.

use super::{FORM, JSON, Sample};

pub(super) const ROWS: &[Sample] = &[
    Sample {
        provider: "contentful",
        content_type: "application/vnd.contentful.management.v1+json",
        headers: &[
            ("x-contentful-signed-headers", "x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic"),
            ("x-contentful-topic", "ContentManagement.Entry.publish"),
        ],
        body: include_str!("../../../events/payloads/contentful.json"),
    },
    Sample {
        provider: "hubspot",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/hubspot.json"),
    },
    Sample {
        provider: "hubspot-v1",
        content_type: JSON,
        headers: &[("x-hubspot-signature-version", "v1")],
        body: include_str!("../../../events/payloads/hubspot-v1.json"),
    },
    Sample {
        provider: "hubspot-v2",
        content_type: JSON,
        headers: &[("x-hubspot-signature-version", "v2")],
        body: include_str!("../../../events/payloads/hubspot-v2.json"),
    },
    Sample {
        provider: "mandrill",
        content_type: FORM,
        headers: &[],
        body: include_str!("../../../events/payloads/mandrill.form"),
    },
    Sample {
        provider: "mercado-pago",
        content_type: JSON,
        headers: &[("x-request-id", "bb56a2f1-6aae-46ac-982e-9dcd3581d08e")],
        body: include_str!("../../../events/payloads/mercado-pago.json"),
    },
    Sample {
        provider: "plivo",
        content_type: FORM,
        headers: &[("x-plivo-signature-v3-nonce", "05429567804466091622")],
        body: include_str!("../../../events/payloads/plivo.form"),
    },
    Sample {
        provider: "square",
        content_type: JSON,
        headers: &[("square-environment", "Production")],
        body: include_str!("../../../events/payloads/square.json"),
    },
    Sample {
        provider: "trello",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../../events/payloads/trello.json"),
    },
];
