//! A client for HTTPS to anywhere, made when it is first used.
//!
//! Nothing is followed and nothing is repeated: whoever asks decides about another attempt.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
pub use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

/// A frozen function thaws with connections that were closed meanwhile.
const IDLE_MAX: Duration = Duration::from_secs(10);

/// The client itself: it takes `http://` too, so whoever lets others name a URL looks at it first.
pub type HttpsClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A client that trusts what the system trusts.
#[derive(Default)]
pub struct Https {
    /// Not made at start: the certificates that a system trusts take their time to read.
    client: OnceLock<HttpsClient>,
}

/// The system's certificates cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot be trusted: {0}")]
pub struct NoRoots(#[from] std::io::Error);

impl Https {
    /// The client.
    ///
    /// # Errors
    /// [`NoRoots`] where there is nothing to trust; the next call tries again.
    pub fn client(&self) -> Result<&HttpsClient, NoRoots> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let made = make()?;
        Ok(self.client.get_or_init(|| made))
    }
}

fn make() -> Result<HttpsClient, NoRoots> {
    let https = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
    Ok(Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_MAX).build(https))
}
