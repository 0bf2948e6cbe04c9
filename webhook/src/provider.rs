//! The providers: one `const` row each, its vectors in `tests/vectors/NAME.json`.
//!
//! The rows lie in families, by what they sign. A provider that does not fit makes the vocabulary of
//! [`crate::scheme`] grow; there is never a callback.

mod body;
mod standard;
mod timed;
mod url;

use crate::answer::{EMPTY_200, Reply};
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
    /// Where the event's id lies, the first that is there. Ids that stay the same over retries come first.
    pub id: &'static [Field],
    /// Where the event's type lies, the first that is there.
    pub event_type: &'static [Field],
    /// What makes two deliveries the same event, unless a source says otherwise.
    pub identity: Mode,
    /// What the provider is answered once a delivery is durable.
    pub accepted: Reply,
    /// Requests that are no deliveries and want an answer at once.
    pub handshakes: &'static [Handshake],
    /// The headers that travel on with the event, beside its content type.
    pub headers: &'static [&'static str],
    /// How we know all this.
    pub confirmed: Confirmed,
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
}

/// Looks a provider up by its name.
pub fn by_name(name: &str) -> Option<&'static Provider> {
    ALL.iter().copied().find(|provider| provider.name == name)
}

/// Every provider, sorted by name.
pub const ALL: &[&Provider] = &[
    &body::GITHUB,
    &body::SHOPIFY,
    &timed::SLACK,
    &standard::STANDARD_WEBHOOKS,
    &timed::STRIPE,
    &standard::SVIX,
    &url::TWILIO,
];

const FIVE_MINUTES_S: u32 = 300;

/// What rows have in common that say nothing else.
const ROW: Provider = Provider {
    name: "",
    scheme: Scheme::hmac(&[], "", Encoding::Hex),
    id: &[],
    event_type: &[],
    identity: Mode::Id,
    accepted: EMPTY_200,
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
            assert!(!provider.id.is_empty() || provider.identity == Mode::Body, "{}", provider.name);
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
