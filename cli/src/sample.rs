//! One real sample payload a provider, from `events/payloads`, with the headers that come with it. They lie in the
//! families of `webhook/src/provider.rs`.

mod body;
mod inside;
mod jwt;
mod keys;
pub mod made_up;
mod rsa;
mod standard;
mod timed;
mod token;
mod url;

use webhook::contracts::Contracts;
use webhook::destination::Destination;
use webhook::provider::Provider;
use webhook::sources::{Programs, Source};

/// A sample of what a provider sends.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// The provider's name.
    pub provider: &'static str,
    /// The content type that it sends.
    pub content_type: &'static str,
    /// Headers beside the ones that sign it and the one that holds its id.
    pub headers: &'static [(&'static str, &'static str)],
    /// The payload.
    pub body: &'static str,
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A sample for every provider, by families.
const ALL: [&[Sample]; 10] = [
    FIRST,
    body::ROWS,
    inside::ROWS,
    jwt::ROWS,
    keys::ROWS,
    rsa::ROWS,
    standard::ROWS,
    timed::ROWS,
    token::ROWS,
    url::ROWS,
];

/// Those that have events in `events/`.
const FIRST: &[Sample] = &[
    Sample {
        provider: "github",
        content_type: JSON,
        headers: &[("user-agent", "GitHub-Hookshot/044aadd"), ("x-github-event", "pull_request")],
        body: include_str!("../../events/payloads/github.json"),
    },
    Sample {
        provider: "shopify",
        content_type: JSON,
        headers: &[("x-shopify-topic", "orders/create"), ("x-shopify-shop-domain", "example.myshopify.com")],
        body: include_str!("../../events/payloads/shopify.json"),
    },
    Sample {
        provider: "slack",
        content_type: JSON,
        headers: &[("user-agent", "Slackbot 1.0 (+https://api.slack.com/robots)")],
        body: include_str!("../../events/payloads/slack.json"),
    },
    Sample {
        provider: "standard-webhooks",
        content_type: JSON,
        headers: &[],
        body: include_str!("../../events/payloads/standard-webhooks.json"),
    },
    Sample {
        provider: "stripe",
        content_type: "application/json; charset=utf-8",
        headers: &[("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")],
        body: include_str!("../../events/payloads/stripe.json"),
    },
    Sample {
        provider: "svix",
        content_type: JSON,
        headers: &[("user-agent", "Svix-Webhooks/1.62")],
        body: include_str!("../../events/payloads/svix.json"),
    },
    Sample {
        provider: "twilio",
        content_type: "application/x-www-form-urlencoded; charset=UTF-8",
        headers: &[("user-agent", "TwilioProxy/1.1")],
        body: include_str!("../../events/payloads/twilio.form"),
    },
];

/// The sample of a provider; none of one that a source describes itself, which may go by a row's name.
pub fn of(provider: &Provider) -> Option<&'static Sample> {
    ALL.into_iter().flatten().find(|sample| sample.provider == provider.name).filter(|_| !provider.is_custom())
}

/// A source of a provider, by the provider's name: samples do not change with what an adopter adds.
pub fn source(provider: &'static Provider) -> Source {
    Source {
        name: provider.name.to_owned(),
        provider,
        secrets: Vec::new(),
        identity: provider.identity,
        split: None,
        group: &[],
        confirm: false,
        strict_ids: false,
        contract: Contracts::default(),
        headers: None,
        redact: Vec::new(),
        programs: Programs::default(),
        destinations: vec![Destination::Table],
        window_days: 35,
        rate: None,
        keep_body_days: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use webhook::provider;

    use super::*;

    #[test]
    fn every_provider_has_a_sample_and_every_sample_a_provider() {
        for provider in provider::ALL {
            assert!(!of(provider).unwrap().body.trim().is_empty());
        }
        let samples: BTreeSet<&str> = ALL.into_iter().flatten().map(|sample| sample.provider).collect();
        assert_eq!(samples, provider::ALL.iter().map(|provider| provider.name).collect());
    }
}
