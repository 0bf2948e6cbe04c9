//! The servers of providers who publish their keys, as this machine has them: they show the keys that `send` signs with.

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
        let document = document(got.path.trim_start_matches('/'));
        let status = if document.is_some() { 200 } else { 404 };
        Reply { status, retry_after_s: None, after: Duration::ZERO, body: document.unwrap_or_default().into() }
    });
    receiver.await.map_err(|error| CliError::failed(format!("no port for the keys of providers: {error}")))
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
