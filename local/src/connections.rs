//! HTTP/1.1 connections whose requests may also stay without an answer, which axum has no word for.

use crate::stage::Shutdown;
use axum::http::{Request, Response};
use axum::serve::Listener;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::pin::pin;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The request gets no answer: its connection closes.
#[derive(Debug, thiserror::Error)]
#[error("the connection closes without an answer")]
pub(crate) struct NoAnswer;

/// What a request is answered.
pub(crate) type Answer = Result<Response<Full<Bytes>>, NoAnswer>;

/// Serves until the signal; connections that are open then are closed.
pub(crate) async fn serve<F, A>(mut listener: TcpListener, answer: F, shutdown: Shutdown)
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let mut connections = JoinSet::new();
    let mut stopping = pin!(shutdown.requested());
    loop {
        tokio::select! {
            // Axum's `accept` waits out the errors that a listener recovers from.
            (stream, _) = Listener::accept(&mut listener) => {
                // Small answers must not wait for the acknowledgement of earlier ones. A socket that refuses
                // the option still works.
                let _ = stream.set_nodelay(true);
                let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer.clone()));
                connections.spawn(async move {
                    // It ends with an error when its client went away, or when it is closed without an answer.
                    let _ = connection.await;
                });
            }
            Some(_) = connections.join_next() => {}
            () = &mut stopping => return,
        }
    }
}
