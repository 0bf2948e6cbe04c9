//! Posting deliveries over HTTP, as a provider would.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::CliError;
use crate::delivery::Delivery;

/// How long an answer is waited for; most providers wait less.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client that keeps its connections.
#[derive(Clone)]
pub struct Poster(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// What a delivery was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The body, as text.
    pub body: String,
    /// The `Retry-After` header.
    pub retry_after: Option<String>,
    /// From the first byte sent to the last received.
    pub took: Duration,
}

impl Poster {
    /// A new client, for http and https.
    ///
    /// # Errors
    /// When this machine has no certificates to trust.
    pub fn new() -> Result<Self, CliError> {
        let https = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| CliError::failed(format!("no certificates to trust: {error}")))?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Poster(Client::builder(TokioExecutor::new()).build(https)))
    }

    /// Posts one delivery and reads the answer.
    ///
    /// # Errors
    /// When there is no answer.
    #[expect(clippy::disallowed_methods, reason = "this is where the time to an acknowledgement is measured")]
    pub async fn post(&self, delivery: &Delivery) -> Result<Answered, CliError> {
        let fail = |error: &dyn std::fmt::Display| CliError::failed(format!("{}: {error}", delivery.url));
        let mut request = http::Request::post(&delivery.url);
        for (name, value) in &delivery.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| fail(&error))?;
            request = request.header(name, HeaderValue::from_str(value).map_err(|error| fail(&error))?);
        }
        let body = Full::new(Bytes::from(delivery.body.clone()));
        let request = request.body(body).map_err(|error| fail(&error))?;
        let started = std::time::Instant::now();
        let answer = tokio::time::timeout(TIMEOUT, self.0.request(request)).await;
        let response = answer
            .map_err(|_| fail(&format!("no answer within {} s", TIMEOUT.as_secs())))?
            .map_err(|error| fail(&format!("{error}, is the stack up?")))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(http::header::RETRY_AFTER).and_then(|v| v.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        let body = response.into_body().collect().await.map_err(|error| fail(&error))?.to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Answered { status, body, retry_after, took: started.elapsed() })
    }
}
