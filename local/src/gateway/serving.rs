//! The gateway's connections: each is a task of its own, and none is held for ever by a client that sends nothing.

use super::{Gateway, answer};
use crate::stage::Shutdown;
use axum::body::Body;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// The most of a request's head that is read at all; what API Gateway takes of it is less.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// As many headers as such a head has room for, more or less.
const HEADERS_MAX: usize = 1024;

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For a request's head, and between two requests.
    pub(crate) head: Duration,
    /// For the body behind it; no process is held meanwhile.
    pub(crate) body: Duration,
}

/// Serves until the signal, and then until the requests under way are answered. Whoever does not wait for that leaves
/// them to end by themselves: their functions are about to be stopped, which is an answer too.
pub(super) async fn serve(gateway: Arc<Gateway>, mut listener: TcpListener, shutdown: Shutdown) {
    let (open, mut closed) = mpsc::channel::<Infallible>(1);
    let mut stopping = pin!(shutdown.clone().requested());
    loop {
        tokio::select! {
            // Axum's `accept` waits out the errors that a listener recovers from.
            (stream, peer) = Listener::accept(&mut listener) => {
                let (open, connection) = (open.clone(), connection(gateway.clone(), stream, peer, shutdown.clone()));
                tokio::spawn(async move {
                    connection.await;
                    drop(open);
                });
            }
            () = &mut stopping => break,
        }
    }
    drop((listener, open));
    // It is told when the last connection drops its end.
    let _ = closed.recv().await;
}

/// Serves one connection. It ends with an error when its client went away or took too long, which nobody else notices.
async fn connection(gateway: Arc<Gateway>, stream: TcpStream, peer: SocketAddr, shutdown: Shutdown) {
    // A socket that refuses the option still works.
    let _ = stream.set_nodelay(true);
    let patience = gateway.patience.head;
    let service = service_fn(move |request: axum::http::Request<_>| {
        let gateway = gateway.clone();
        async move { Ok::<_, Infallible>(answer(&gateway, peer, request.map(Body::new)).await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience)
            .max_header_size(HEAD_BYTES_MAX)
            .max_headers(HEADERS_MAX)
            .serve_connection(TokioIo::new(stream), service)
    );
    tokio::select! {
        _ = connection.as_mut() => return,
        () = shutdown.requested() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

#[cfg(test)]
mod tests {
    use super::{Gateway, Patience, serve};
    use crate::config::RouteSpec;
    use crate::function::Function;
    use crate::invocation::Job;
    use crate::stage::Stage;
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::mpsc::Receiver;
    use tokio::time::timeout;

    const HOUR: Duration = Duration::from_secs(3_600);
    const SHORT: Duration = Duration::from_millis(50);
    /// Requests that never end, each in another place.
    const HEADS: [&str; 3] = ["", "POST /x HT", "POST /x HTTP/1.1\r\nhost: x\r\nx-slow: "];
    const BODIES: [&str; 4] = [
        "POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n",
        "POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nhal",
        "POST /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n4\r\nha",
        "POST /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ];

    /// A gateway that is served while the others are held.
    async fn served(patience: Patience) -> (SocketAddr, Stage, Receiver<Job>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (function, jobs) = Function::that_never_answers();
        let mut gateway = Gateway::new(address);
        gateway.patience = patience;
        gateway.route(&RouteSpec { path: "/{any}".into(), function: "f".into() }, Arc::new(function));
        let mut stage = Stage::new();
        let signal = stage.signal();
        stage.spawn(serve(Arc::new(gateway), listener, signal));
        (address, stage, jobs)
    }

    async fn begun(address: SocketAddr, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// What comes before the gateway closes the connection.
    async fn answered(mut stream: TcpStream) -> String {
        let mut answer = Vec::new();
        let read = timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
        read.expect("the gateway closes the connection").unwrap();
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn a_connection_whose_head_never_ends_is_closed() {
        let (address, _stage, _jobs) = served(Patience { head: SHORT, body: HOUR }).await;
        for head in HEADS {
            assert_eq!(answered(begun(address, head).await).await, "", "{head:?}");
        }
    }

    #[tokio::test]
    async fn a_connection_whose_body_never_ends_is_answered_408_and_closed() {
        let (address, _stage, _jobs) = served(Patience { head: HOUR, body: SHORT }).await;
        for body in BODIES {
            let answer = answered(begun(address, body).await).await;
            assert!(answer.starts_with("HTTP/1.1 408 "), "{body:?}: {answer}");
        }
    }

    #[tokio::test]
    async fn whoever_sends_nothing_is_in_nobodys_way() {
        let (address, _stage, _jobs) = served(Patience { head: HOUR, body: HOUR }).await;
        let mut held = Vec::new();
        for request in HEADS.iter().chain(&BODIES).cycle().take(140) {
            held.push(begun(address, request).await);
        }
        let other = begun(address, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        let answer = answered(other).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    }
}
