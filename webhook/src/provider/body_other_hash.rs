//! Providers that sign the body and nothing but the body, with another hash than SHA-256. HMAC-SHA1 is still sound,
//! unlike bare SHA-1. Nothing in a header is signed, see [`super::body`]; equal bodies without an id are one event,
//! see [`super::body_without_id`].

use super::{Confirmed, Provider, ROW};
use crate::field::Field::{Header, Json, Query};
use crate::handshake::{Body, Handshake, Value, When};
use crate::identity::Mode;
use crate::scheme::{Encoding, Hash, Kind, Scheme};

const SHA1: Kind = Kind::Hmac(Hash::Sha1);
const SHA512: Kind = Kind::Hmac(Hash::Sha512);

/// `n8n-nodes-base`, `HelpScoutTrigger`. The type is in a header that is not signed, and two events may show a
/// conversation in the same state, so each delivery counts.
pub(super) const HELP_SCOUT: Provider = Provider {
    name: "help-scout",
    scheme: Scheme::hmac(&[Header("x-helpscout-signature")], "", Encoding::Base64).by(SHA1),
    event_type: &[Header("x-helpscout-event")],
    identity: Mode::Delivery,
    headers: &["x-helpscout-event"],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// `@trigger.dev/core`, `webhooks`. The header is named like the one of Jira, which signs with SHA-256.
pub(super) const INTERCOM: Provider = Provider {
    name: "intercom",
    scheme: Scheme::hmac(&[Header("x-hub-signature")], "sha1=", Encoding::Hex).by(SHA1),
    id: &[Json("/id")],
    event_type: &[Json("/topic")],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// `n8n-nodes-base`, `OnfleetTriggerHelpers`. A body has the time of its event, and its type as a number, too.
pub(super) const ONFLEET: Provider = Provider {
    name: "onfleet",
    scheme: Scheme::hmac(&[Header("x-onfleet-signature")], "", Encoding::Hex).by(SHA512).keyed(&[], Encoding::Hex),
    event_type: &[Json("/triggerName"), Json("/triggerId")],
    identity: Mode::Body,
    handshakes: &[Handshake::unsigned("GET", When::Has(Query("check")), Body::Text(Value::Echo(Query("check"))))],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// `n8n-nodes-base`, `SurveyMonkeyTrigger`. The secret is the client id, an ampersand and the client secret.
pub(super) const SURVEYMONKEY: Provider = Provider {
    name: "surveymonkey",
    secret_is: "the client id, & and the client secret",
    scheme: Scheme::hmac(&[Header("sm-signature")], "", Encoding::Base64).by(SHA1),
    id: &[Json("/event_id")],
    event_type: &[Json("/event_type")],
    handshakes: &[Handshake::unsigned("HEAD", When::Any, Body::Empty)],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// `n8n-nodes-base`, `TaigaTriggerHelpers`. A body has the time of its event; `action` says what happened to what
/// the type names.
pub(super) const TAIGA: Provider = Provider {
    name: "taiga",
    scheme: Scheme::hmac(&[Header("x-taiga-webhook-signature")], "", Encoding::Hex).by(SHA1),
    event_type: &[Json("/type")],
    identity: Mode::Body,
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// `@trigger.dev/core`, `webhooks`.
pub(super) const VERCEL: Provider = Provider {
    name: "vercel",
    scheme: Scheme::hmac(&[Header("x-vercel-signature")], "", Encoding::Hex).by(SHA1),
    id: &[Json("/id")],
    event_type: &[Json("/type")],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};

/// `n8n-nodes-base`, `CiscoWebexTrigger`. The ids in a body are the webhook's and the resource's; `event` says what
/// happened to what the type names. A resource may be changed to a former state and back, so each delivery counts.
pub(super) const WEBEX: Provider = Provider {
    name: "webex",
    scheme: Scheme::hmac(&[Header("x-spark-signature")], "", Encoding::Hex).by(SHA1),
    event_type: &[Json("/resource")],
    identity: Mode::Delivery,
    confirmed: Confirmed::ThirdParty,
    ..ROW
};
