//! Providers that sign a time with the body.

use super::{Confirmed, FIVE_MINUTES_S, Provider, ROW};
use crate::field::Field::{Form, Header, Json};
use crate::handshake::{Body, Handshake, Value, When};
use crate::scheme::{Encoding, Scheme, Unit};

/// api.slack.com "Verifying requests from Slack"; `slack_sdk.signature`.
pub(super) const SLACK: Provider = Provider {
    name: "slack",
    scheme: Scheme::hmac(&[Header("x-slack-signature")], "v0=", Encoding::Hex).over("v0:{timestamp}:{body}").at(
        &[Header("x-slack-request-timestamp")],
        Unit::Seconds,
        FIVE_MINUTES_S,
    ),
    id: &[Json("/event_id"), Form("trigger_id")],
    event_type: &[Json("/event/type"), Json("/type"), Form("command")],
    handshakes: &[
        Handshake::signed(When::Is(Json("/type"), "url_verification"), Body::Text(Value::Echo(Json("/challenge")))),
        Handshake::unsigned("POST", When::Is(Form("ssl_check"), "1"), Body::Empty),
    ],
    headers: &["x-slack-retry-num", "x-slack-retry-reason"],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// `stripe-node`, `src/Webhooks.ts`. Its SDK lets timestamps of the future in; we do not.
pub(super) const STRIPE: Provider = Provider {
    name: "stripe",
    scheme: Scheme::hmac(&[Header("stripe-signature")], "v1=", Encoding::Hex)
        .list(',')
        .over("{timestamp}.{body}")
        .at_item("t=", Unit::Seconds, FIVE_MINUTES_S),
    id: &[Json("/id")],
    event_type: &[Json("/type")],
    confirmed: Confirmed::Sdk,
    ..ROW
};
