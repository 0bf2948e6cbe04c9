//! A connector that looks at the very address that it connects to: what a name led to a moment ago does not matter.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

/// How long a connection may take, TLS not counted.
const CONNECT_MAX: Duration = Duration::from_secs(5);

type Failure = Box<dyn Error + Send + Sync>;
type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send>>;

/// The address of a URL is none that may be connected to.
#[derive(Debug, thiserror::Error)]
#[error("the address is not allowed")]
pub(super) struct NotAllowed;

/// Connects to such addresses alone.
#[derive(Debug, Clone)]
pub struct Guarded {
    http: HttpConnector<Resolver>,
    allowed: fn(IpAddr) -> bool,
}

impl Guarded {
    pub(super) fn new(allowed: fn(IpAddr) -> bool) -> Self {
        Guarded::by(lookup, allowed)
    }

    fn by(lookup: Lookup, allowed: fn(IpAddr) -> bool) -> Self {
        let mut http = HttpConnector::new_with_resolver(Resolver { lookup, allowed });
        // Whether it may be http is decided before.
        http.enforce_http(false);
        http.set_connect_timeout(Some(CONNECT_MAX));
        Guarded { http, allowed }
    }
}

impl Service<Uri> for Guarded {
    type Response = TokioIo<TcpStream>;
    type Error = Failure;
    type Future = Pending<Self::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.http.poll_ready(context).map_err(Failure::from)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // An address that stands in the URL itself asks no resolver.
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        if host.parse().is_ok_and(|address| !(self.allowed)(address)) {
            return Box::pin(std::future::ready(Err(NotAllowed.into())));
        }
        let connecting = self.http.call(uri);
        Box::pin(async { connecting.await.map_err(Failure::from) })
    }
}

/// Finds the addresses of a name. It may take its time.
type Lookup = fn(&str) -> io::Result<Vec<SocketAddr>>;

fn lookup(name: &str) -> io::Result<Vec<SocketAddr>> {
    // The port is the connector's to say.
    (name, 0).to_socket_addrs().map(Iterator::collect)
}

/// Finds the addresses of a name that may be connected to. The connector asks nobody else.
#[derive(Debug, Clone, Copy)]
struct Resolver {
    lookup: Lookup,
    allowed: fn(IpAddr) -> bool,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Failure;
    type Future = Pending<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let Resolver { lookup, allowed } = *self;
        Box::pin(async move {
            let mut found = tokio::task::spawn_blocking(move || lookup(name.as_str())).await??;
            let any = !found.is_empty();
            found.retain(|address| allowed(address.ip()));
            if any && found.is_empty() { Err(NotAllowed.into()) } else { Ok(found.into_iter()) }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn is_not_loopback(address: IpAddr) -> bool {
        !address.to_canonical().is_loopback()
    }

    #[track_caller]
    fn refused(result: Result<TokioIo<TcpStream>, Failure>) -> bool {
        super::super::is_not_allowed(&*result.expect_err("it connected"))
    }

    async fn connect(lookup: Lookup, url: &str) -> Result<TokioIo<TcpStream>, Failure> {
        Guarded::by(lookup, is_not_loopback).call(url.parse().unwrap()).await
    }

    #[tokio::test]
    async fn a_name_that_leads_to_an_address_that_is_not_allowed_is_not_connected_to() {
        let here = |_: &str| Ok(vec!["127.0.0.1:0".parse().unwrap(), "[::ffff:127.0.0.1]:0".parse().unwrap()]);
        assert!(refused(connect(here, "https://example.com/").await));
        assert!(refused(connect(lookup, "https://localhost/").await));
        // Other spellings of 127.0.0.1, which only the system's resolver reads.
        for spelt in ["https://127.1/", "https://2130706433/", "https://0x7f000001/"] {
            assert!(refused(connect(lookup, spelt).await), "{spelt}");
        }
    }

    #[tokio::test]
    async fn an_address_in_the_url_is_looked_at_without_a_resolver() {
        let never = |_: &str| -> io::Result<Vec<SocketAddr>> { unreachable!("an address is no name") };
        for url in ["https://127.0.0.1/", "https://[::1]:8443/", "http://[::ffff:127.0.0.1]/"] {
            assert!(refused(connect(never, url).await), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_is_looked_up_once_and_what_was_looked_at_is_connected_to() {
        static LOOKUPS: AtomicUsize = AtomicUsize::new(0);
        static PORT: AtomicUsize = AtomicUsize::new(0);
        // The second answer would lead elsewhere, as that of a server does which means harm.
        let rebinding = |_: &str| {
            let first = LOOKUPS.fetch_add(1, Ordering::SeqCst) == 0;
            let port = PORT.load(Ordering::SeqCst) as u16;
            let address = if first { [127, 0, 0, 1] } else { [127, 0, 0, 9] };
            Ok(vec![SocketAddr::from(([10, 0, 0, 1], port)), SocketAddr::from((address, port))])
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        PORT.store(usize::from(listener.local_addr().unwrap().port()), Ordering::SeqCst);
        let mut guarded = Guarded::by(rebinding, |address| address.is_loopback());
        let url = format!("http://example.com:{}/", PORT.load(Ordering::SeqCst));
        let connected = guarded.call(url.parse().unwrap()).await.unwrap();
        assert_eq!(connected.inner().peer_addr().unwrap(), listener.local_addr().unwrap());
        assert_eq!(LOOKUPS.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_name_that_leads_nowhere_is_no_matter_of_permission() {
        let nowhere = |_: &str| Ok(Vec::new());
        assert!(!refused(connect(nowhere, "https://example.com/").await));
    }
}
