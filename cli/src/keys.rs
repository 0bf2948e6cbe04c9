//! The servers of providers that the door asks, as this machine has them: they show the keys that `send` signs with, and
//! confirm subscriptions.

use std::time::Duration;

use local::{Received, Receiver, Reply};
use webhook::document::Document;
use webhook::provider;
use webhook::sign::test_document;

use crate::CliError;

/// Starts one for all of them. What follows `https://` in a document's URL is its path here.
///
/// # Errors
/// When there is no port left.
pub(crate) async fn start() -> Result<Receiver, CliError> {
    let receiver = Receiver::start(|got: &Received| {
        let (status, body) = answer(got.path.trim_start_matches('/'));
        Reply { status, retry_after_s: None, after: Duration::ZERO, body: body.into() }
    });
    receiver.await.map_err(|error| CliError::failed(format!("no port for the keys of providers: {error}")))
}

/// What there is at a place: a document, or a confirmation, which nothing but its status says.
fn answer(place: &str) -> (u16, String) {
    match document(place) {
        Some(document) => (200, document),
        None if confirms(place) => (200, String::new()),
        None => (404, String::new()),
    }
}

/// Whether subscriptions are confirmed at a place. The door has looked at the rest of the URL.
fn confirms(place: &str) -> bool {
    let is_here = |pattern: &&str| {
        let path = pattern.split('?').next().unwrap_or_default();
        path.split_once('*').is_some_and(|(begin, end)| place.starts_with(begin) && place.ends_with(end))
    };
    let confirmations = provider::ALL.iter().filter_map(|provider| provider.confirmation);
    confirmations.flat_map(|confirmation| confirmation.places).any(is_here)
}

/// The document at a place. Every certificate is the same one.
fn document(place: &str) -> Option<String> {
    let is_here = |document: Document| match document {
        Document::JwkSet(url) => url.strip_prefix("https://") == Some(place),
        Document::Certificate { .. } => place.ends_with(".pem") || place.contains("/certs/"),
    };
    let of = provider::ALL.iter().find(|provider| provider.scheme.document.is_some_and(is_here));
    of.and_then(|provider| test_document(provider))
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn documents_are_shown_and_subscriptions_confirmed_where_the_door_asks() {
        assert!(answer("sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem").1.contains("CERTIFICATE"));
        assert!(answer("www.googleapis.com/oauth2/v3/certs").1.contains("keys"));
        assert_eq!(answer("sns.eu-central-1.amazonaws.com/"), (200, String::new()));
        assert_eq!(answer("sns.evil.example/"), (404, String::new()));
    }
}
