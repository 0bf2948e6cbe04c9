//! Providers that put the signature or a token into the body, beside what it is to vouch for.

use super::{Batch, Confirmed, Provider, ROW};
use crate::answer::{EMPTY_200, Reply};
use crate::field::Field::{self, Form, Json, Multipart, Query};
use crate::handshake::{Body, Handshake, Value, When};
use crate::identity::Mode;
use crate::scheme::{Challenge, Encoding, Hash, Kind, Scheme, Unit};

/// docs.adyen.com "Verify HMAC signatures", standard webhooks; `@adyen/api-library`, `HmacValidator.validateHMAC`.
/// Each item is signed for itself, and of each only eight fields: all else in it is not authenticated, the reason of a
/// refusal and the details of a card among it. A payment's reference is that of several events, so the body is the
/// identity. The fields are joined by colons and not escaped, so that of them the merchant's reference alone may hold
/// some: a part of it could be moved to the field beside it under the same signature.
pub(super) const ADYEN: Provider = Provider {
    name: "adyen",
    scheme: Scheme::hmac(&[Json("/NotificationRequestItem/additionalData/hmacSignature")], "", Encoding::Base64)
        .keyed(&[], Encoding::Hex)
        .separated_by(':', Some(Json("/NotificationRequestItem/merchantReference")))
        .over(
            "{json:/NotificationRequestItem/pspReference}:[{json:/NotificationRequestItem/originalReference}]:\
             {json:/NotificationRequestItem/merchantAccountCode}:[{json:/NotificationRequestItem/merchantReference}]:\
             {json:/NotificationRequestItem/amount/value}:{json:/NotificationRequestItem/amount/currency}:\
             {json:/NotificationRequestItem/eventCode}:{json:/NotificationRequestItem/success}",
        )
        .each("/notificationItems"),
    event_type: &[Json("/notificationItems/0/NotificationRequestItem/eventCode")],
    identity: Mode::Body,
    accepted: Reply { content_type: Some("text/plain"), body: "[accepted]", ..EMPTY_200 },
    batch: Some(Batch {
        items: "/notificationItems",
        id: &[Field::All(&[
            Json("/NotificationRequestItem/pspReference"),
            Json("/NotificationRequestItem/eventCode"),
            Json("/NotificationRequestItem/success"),
        ])],
        event_type: &[Json("/NotificationRequestItem/eventCode")],
    }),
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// developer.paypal.com/braintree "Webhooks"; `braintree`, `WebhookNotificationGateway`. The event is XML in base64. A
/// secret is written as the public key, `|` and the private key, in one line. The challenge is signed for whoever asks,
/// by the same key: the SDK reads XML, which none is, and here none is let in. The SDK also takes a payload that lost
/// its last line feed.
pub(super) const BRAINTREE: Provider = Provider {
    name: "braintree",
    secret_is: "the public key, | and the private key",
    scheme: Scheme::hmac(&[Form("bt_signature")], "", Encoding::Hex)
        .by(Kind::Hmac(Hash::Sha1))
        .keyed(&[], Encoding::Sha1)
        .named('|')
        .list('&')
        .wrapped_in(Form("bt_payload"))
        .challenged(BRAINTREE_CHALLENGE),
    identity: Mode::Body,
    handshakes: &[Handshake::unsigned(
        "GET",
        When::Has(Query("bt_challenge")),
        Body::Text(Value::Signed(Query("bt_challenge"), BRAINTREE_CHALLENGE, Kind::Hmac(Hash::Sha1))),
    )],
    confirmed: Confirmed::Sdk,
    ..ROW
};

const BRAINTREE_CHALLENGE: Challenge = Challenge { digits_min: 20, digits_max: 32 };

/// developers.hellosign.com "Events and Callbacks"; `@dropbox/sign`, `EventCallbackHelper.isValid`. The event is JSON
/// in a multipart form. What is signed is its time and its type: whoever captured one can put any request beside them,
/// so a handler asks the API about what it is told. Two events of a second share a signature, so the body is
/// the identity. Six retries are said to go on for days, with the first time of them all, so four are tolerated.
pub(super) const DROPBOX_SIGN: Provider = Provider {
    name: "dropbox-sign",
    secret_is: "the API key",
    scheme: Scheme::hmac(&[Json("/event/event_hash")], "", Encoding::Hex)
        .over("{timestamp}{json:/event/event_type}")
        .at(&[Json("/event/event_time")], Unit::Seconds, 4 * 86_400)
        .wrapped_in(Multipart("json")),
    event_type: &[Json("/event/event_type")],
    identity: Mode::Body,
    accepted: Reply { content_type: Some("text/plain"), body: "Hello API Event Received", ..EMPTY_200 },
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// developers.figma.com "Webhooks V2, Security". The passcode says who sends, and covers nothing of the event. A
/// retry counts up `retries` in the body: what was let in and is sent again all the same is another event.
pub(super) const FIGMA: Provider = Provider {
    name: "figma",
    secret_is: "the passcode that you chose",
    scheme: Scheme::hmac(&[Json("/passcode")], "", Encoding::Utf8).by(Kind::Token),
    event_type: &[Json("/event_type")],
    identity: Mode::Body,
    handshakes: &[Handshake::signed(When::Is(Json("/event_type"), "PING"), Body::Empty)],
    ..ROW
};

/// documentation.mailgun.com "Securing Webhooks"; `django-anymail`, `webhooks/mailgun.py`. What is signed is a time
/// and a token, and not the event. The token is the identity, so that whoever captured one request cannot put other
/// events beside its signature; the event's own id is unique within a day only. Retries carry the first attempt's
/// signature for 8 hours, so a day is tolerated. A subaccount's event is signed by the parent account, too, and
/// either key will do.
pub(super) const MAILGUN: Provider = Provider {
    name: "mailgun",
    secret_is: "the HTTP webhook signing key",
    scheme: Scheme::hmac(&[Json("/signature/signature"), Json("/signature/parent-signature")], "", Encoding::Hex)
        .over("{timestamp}{json:/signature/token}")
        .at(&[Json("/signature/timestamp")], Unit::Seconds, 86_400),
    id: &[Json("/signature/token")],
    event_type: &[Json("/event-data/event")],
    ..ROW
};

/// learn.microsoft.com "Receive change notifications through webhooks". A batch; the state of each item says
/// that Graph sends it, and covers nothing. 202 is what Graph wants for what is queued. Notifications with encrypted
/// resource data carry tokens besides (JWT), which are not looked at. A notification may say no more than that a
/// drive has changed, again and again in the same words, so each delivery counts.
pub(super) const MICROSOFT_GRAPH: Provider = Provider {
    name: "microsoft-graph",
    secret_is: "the clientState that you chose",
    scheme: Scheme::hmac(&[Json("/clientState")], "", Encoding::Utf8).by(Kind::Token).each("/value"),
    identity: Mode::Delivery,
    accepted: Reply { status: 202, ..EMPTY_200 },
    batch: Some(Batch { items: "/value", id: &[], event_type: &[Json("/changeType")] }),
    handshakes: &[Handshake::unsigned(
        "POST",
        When::Has(Query("validationToken")),
        Body::Text(Value::Echo(Query("validationToken"))),
    )],
    ..ROW
};
