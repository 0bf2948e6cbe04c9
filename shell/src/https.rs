//! A client for HTTPS to anywhere, made when it is first used.
//!
//! Nothing is followed and nothing is repeated: whoever asks decides about another attempt.

mod guarded;

use std::error::Error;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
pub use guarded::Guarded;
use guarded::NotAllowed;
use http_body_util::Full;
pub use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

/// A frozen function thaws with connections that were closed meanwhile.
const IDLE_MAX: Duration = Duration::from_secs(10);

/// The client itself: it takes `http://` too, so whoever lets others name a URL looks at it first.
pub type HttpsClient = Client<HttpsConnector<Guarded>, Full<Bytes>>;

/// A client that trusts what the system trusts, for the addresses that it may connect to.
pub struct Https {
    /// Not made at start: the certificates that a system trusts take their time to read.
    client: OnceLock<HttpsClient>,
    allowed: fn(IpAddr) -> bool,
}

/// The system's certificates cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot be trusted: {0}")]
pub struct NoRoots(#[from] std::io::Error);

impl Default for Https {
    fn default() -> Self {
        Https::only(|_| true)
    }
}

impl Https {
    /// A client that connects to such addresses alone, whatever a name leads to.
    pub fn only(allowed: fn(IpAddr) -> bool) -> Self {
        Https { client: OnceLock::new(), allowed }
    }

    /// The client.
    ///
    /// # Errors
    /// [`NoRoots`] where there is nothing to trust; the next call tries again.
    pub fn client(&self) -> Result<&HttpsClient, NoRoots> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let made = make(self.allowed)?;
        Ok(self.client.get_or_init(|| made))
    }
}

/// Whether a client did not connect because the address is none that it may connect to.
pub fn is_not_allowed(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source()).any(|error| error.is::<NotAllowed>())
}

fn make(allowed: fn(IpAddr) -> bool) -> Result<HttpsClient, NoRoots> {
    let https = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1();
    let https = https.wrap_connector(Guarded::new(allowed));
    Ok(Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_MAX).build(https))
}
