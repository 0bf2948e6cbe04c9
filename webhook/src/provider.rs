//! The providers: one `const` row each, its vectors in `tests/vectors/NAME.json`.
//!
//! The rows lie in families, by what they sign. A provider that does not fit makes the vocabulary of
//! [`crate::scheme`] grow; there is never a callback.

mod body;
mod body_base64;
mod body_other_hash;
mod body_without_id;
mod inside;
mod jwt;
mod keys;
mod rsa;
mod standard;
mod timed;
mod token;
mod url;

use crate::answer::{EMPTY_200, Reply};
use crate::confirmation::Confirmation;
use crate::field::Field;
use crate::handshake::Handshake;
use crate::identity::Mode;
use crate::scheme::{Encoding, Scheme};

/// All that Tidegate knows of a provider.
#[derive(Debug)]
pub struct Provider {
    /// Its name in `sources.toml`.
    pub name: &'static str,
    /// How its requests are signed.
    pub scheme: Scheme,
    /// What an operator puts as the secret, in the provider's own words; empty where it calls it a webhook's secret.
    pub secret_is: &'static str,
    /// Where the event's id lies, the first that is there. Ids that stay the same over retries come first.
    pub id: &'static [Field],
    /// Where the event's type lies, the first that is there.
    pub event_type: &'static [Field],
    /// What makes two deliveries the same event, unless a source says otherwise.
    pub identity: Mode,
    /// What the provider is answered once a delivery is durable.
    pub accepted: Reply,
    /// The HTTP status that a bad or stale signature gets; one that is not there gets 401 from everybody.
    pub rejected: u16,
    /// Where a delivery holds several events, what is known of each, for sources that split them.
    pub batch: Option<Batch>,
    /// Deliveries that want a URL to be visited, for sources that do.
    pub confirmation: Option<Confirmation>,
    /// Requests that are no deliveries and want an answer at once.
    pub handshakes: &'static [Handshake],
    /// The headers that travel on with the event, beside its content type.
    pub headers: &'static [&'static str],
    /// How we know all this.
    pub confirmed: Confirmed,
}

/// The events of a batch. The places are places in the item.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    /// The array that holds them, as a JSON pointer.
    pub items: &'static str,
    /// Where an event's id lies.
    pub id: &'static [Field],
    /// Where an event's type lies.
    pub event_type: &'static [Field],
}

/// How the facts of a row were confirmed, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confirmed {
    /// The provider's own SDK signed or checked the vectors.
    Sdk,
    /// The provider's documentation or own source says so; the vectors were made after it.
    Docs,
    /// A production implementation of somebody else's does it so; the vectors were made after it.
    ThirdParty,
    /// Nobody but whoever described the provider in `sources.toml`: it is no row of ours.
    SourcesToml,
}

impl Provider {
    /// Whether a source describes this provider itself. Its name is then the source's, which may be that of a row.
    pub fn is_custom(&self) -> bool {
        self.confirmed == Confirmed::SourcesToml
    }
}

/// Looks a provider up by its name.
pub fn by_name(name: &str) -> Option<&'static Provider> {
    ALL.iter().copied().find(|provider| provider.name == name)
}

/// Every provider, sorted by name.
pub const ALL: &[&Provider] = &[
    &body_base64::ACUITY,
    &inside::ADYEN,
    &body_base64::ADYEN_PLATFORM,
    &body_without_id::AIRTABLE,
    &standard::ANTHROPIC,
    &body_without_id::ASANA,
    &jwt::ATLASSIAN_CONNECT,
    &body::ATTIO,
    &rsa::AWS_SNS,
    &rsa::AWS_SNS_SHA256,
    &token::AZURE_EVENT_GRID,
    &token::BANDWIDTH,
    &jwt::BIRD,
    &body::BITBUCKET,
    &timed::BOX,
    &inside::BRAINTREE,
    &body_without_id::CAL_COM,
    &timed::CALENDLY,
    &token::CHARGEBEE,
    &body::CIRCLECI,
    &standard::CLERK,
    &body_without_id::CLICKUP,
    &body::COINBASE_COMMERCE,
    &url::CONTENTFUL,
    &timed::COURIER,
    &timed::CUSTOMER_IO,
    &keys::DISCORD,
    &keys::DISCORD_INTERACTIONS,
    &body_base64::DOCUSIGN,
    &body_without_id::DROPBOX,
    &inside::DROPBOX_SIGN,
    &body::EASYPOST,
    &timed::ELEVENLABS,
    &inside::FIGMA,
    &body::FORMSTACK,
    &body::GITEA,
    &body::GITHUB,
    &token::GITLAB,
    &standard::GITLAB_SIGNING_TOKEN,
    &body::GOCARDLESS,
    &jwt::GOOGLE_PUBSUB,
    &body_other_hash::HELP_SCOUT,
    &body_base64::HOOKDECK,
    &url::HUBSPOT,
    &url::HUBSPOT_V1,
    &url::HUBSPOT_V2,
    &timed::INNGEST,
    &body_other_hash::INTERCOM,
    &body::JIRA,
    &timed::LANGFUSE,
    &body_without_id::LEMON_SQUEEZY,
    &body_base64::LINE,
    &body::LINEAR,
    &standard::LIVEBLOCKS,
    &jwt::LIVEKIT,
    &body::MAILERSEND,
    &inside::MAILGUN,
    &url::MANDRILL,
    &body_base64::MAUTIC,
    &url::MERCADO_PAGO,
    &body_without_id::META,
    &timed::METRONOME,
    &inside::MICROSOFT_GRAPH,
    &timed::MUX,
    &jwt::NETLIFY,
    &body::NOTION,
    &token::OKTA,
    &body_without_id::ONFIDO,
    &body_other_hash::ONFLEET,
    &standard::OPENAI,
    &timed::PADDLE,
    &body::PAGERDUTY,
    &rsa::PAYPAL,
    &jwt::PLAID,
    &body::PLAIN,
    &url::PLIVO,
    &standard::POLAR,
    &token::POSTMARK,
    &body_without_id::PUSHER,
    &jwt::QSTASH,
    &body::RAZORPAY,
    &standard::REPLICATE,
    &standard::RESEND,
    &timed::RETELL,
    &timed::SANITY,
    &keys::SENDGRID,
    &body::SENTRY,
    &body_base64::SHOPIFY,
    &timed::SLACK,
    &url::SQUARE,
    &standard::STANDARD_WEBHOOKS,
    &timed::STRIPE,
    &body_other_hash::SURVEYMONKEY,
    &standard::SVIX,
    &body_other_hash::TAIGA,
    &timed::TAILSCALE,
    &token::TELEGRAM,
    &keys::TELNYX,
    &url::TRELLO,
    &url::TWILIO,
    &timed::TWITCH,
    &body_base64::TYPEFORM,
    &body_other_hash::VERCEL,
    &body_other_hash::WEBEX,
    &timed::WEBFLOW,
    &rsa::WISE,
    &body_base64::WOOCOMMERCE,
    &timed::WORKOS,
    &body_base64::XERO,
    &timed::ZENDESK,
    &timed::ZOOM,
];

const FIVE_MINUTES_S: u32 = 300;

/// What rows have in common that say nothing else.
const ROW: Provider = Provider {
    name: "",
    scheme: Scheme::hmac(&[], "", Encoding::Hex),
    secret_is: "",
    id: &[],
    event_type: &[],
    identity: Mode::Id,
    accepted: EMPTY_200,
    rejected: 403,
    batch: None,
    confirmation: None,
    handshakes: &[],
    headers: &[],
    confirmed: Confirmed::Docs,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_their_templates_can_be_rendered() {
        assert!(ALL.is_sorted_by_key(|provider| provider.name));
        for provider in ALL {
            assert_eq!(crate::template::unknown_part(provider.scheme.signed), None, "{}", provider.name);
            assert!(!provider.scheme.signature.fields.is_empty(), "{}", provider.name);
            // Two genuine events without an id must not be one.
            let without_id = matches!(provider.identity, Mode::Body | Mode::Delivery);
            assert!(!provider.id.is_empty() || without_id, "{}", provider.name);
            // A time that nobody signed proves nothing.
            let signs_time = provider.scheme.signed.contains("{timestamp}");
            let listed = provider.scheme.signed.contains("{headers:") && times_are_listed(provider);
            let in_body = provider.scheme.covers_body() && times_lie_in_body(provider);
            assert!(provider.scheme.timestamp.is_none() || signs_time || in_body || listed, "{}", provider.name);
        }
    }

    fn times_lie_in_body(provider: &Provider) -> bool {
        use crate::scheme::TimestampPlace;
        let place = provider.scheme.timestamp.map(|rule| rule.place);
        matches!(place, Some(TimestampPlace::Fields(fields)) if fields.iter().all(|field| matches!(field, Field::Json(_))))
    }

    fn times_are_listed(provider: &Provider) -> bool {
        use crate::scheme::TimestampPlace;
        let Some(TimestampPlace::Fields([Field::Header(time)])) = provider.scheme.timestamp.map(|rule| rule.place)
        else {
            return false;
        };
        let fields = crate::template::all_fields(provider.scheme.signed);
        fields.iter().any(|field| matches!(field, Field::Headers(names) if names.split(',').any(|name| name == *time)))
    }

    #[test]
    fn no_stranger_has_anything_signed_by_us() {
        use crate::handshake::{Body, Value};
        for provider in ALL {
            let signs = |value: &Value| match value {
                Value::HmacHex(_) | Value::HmacBase64(..) => true,
                // That would be a delivery, if deliveries that look like it were not refused.
                Value::Signed(_, challenge, _) => {
                    provider.scheme.challenge != Some(*challenge) || provider.scheme.signed != "{body}"
                }
                Value::Literal(_) | Value::Number(_) | Value::Echo(_) => false,
            };
            for handshake in provider.handshakes.iter().filter(|handshake| !handshake.signed) {
                let body = match handshake.body {
                    Body::Empty => false,
                    Body::Text(value) => signs(&value),
                    Body::Json(pairs) => pairs.iter().any(|(_, value)| signs(value)),
                };
                assert!(!body && !handshake.headers.iter().any(|(_, value)| signs(value)), "{}", provider.name);
            }
        }
    }

    #[test]
    fn no_row_carries_a_signature_past_the_door() {
        for provider in ALL {
            for field in provider.scheme.signature.fields {
                let Field::Header(signature) = field else { continue };
                assert!(!provider.headers.contains(signature), "{}", provider.name);
            }
        }
    }
}
