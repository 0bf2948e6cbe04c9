//! The API Gateway HTTP API: requests on loopback become invocations.

mod event;
mod reply;
mod route;
mod serving;

use crate::clock::now_ms;
use crate::config::RouteSpec;
use crate::function::Function;
use crate::invocation::{EVENT_BYTES_MAX, InvokeError};
use crate::stage::Shutdown;
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, StatusCode};
use bytes::{Bytes, BytesMut};
use event::{Arrival, decoded_path};
use http_body_util::BodyExt;
use reply::{internal_server_error, refusal, service_unavailable};
use route::Route;
use serving::Patience;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::timeout;
use uuid::Uuid;

/// The API Gateway guide, page "Quotas for configuring and running an HTTP API": payload size 10 MB.
const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;
/// A larger body is read to its end and dropped, because a client that is refused while it still sends
/// may see a broken connection instead of the 413. Past this it is cut off.
const DISCARD_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The same page: request line and header values take 10,240 bytes together.
const HEAD_BYTES_MAX: usize = 10_240;
/// How long a client may take: for the head of a request, and as long again for its body.
const PATIENCE: Patience = Patience { head: Duration::from_secs(30), body: Duration::from_secs(30) };
/// The same page: the maximum integration timeout is 30 seconds.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// The routes, and the functions behind them.
pub(crate) struct Gateway {
    address: SocketAddr,
    patience: Patience,
    routes: Vec<(Route, Arc<Function>)>,
}

impl Gateway {
    /// A gateway for a listener on this address.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, patience: PATIENCE, routes: Vec::new() }
    }

    /// Adds a route; the first that matches wins.
    pub(crate) fn route(&mut self, spec: &RouteSpec, function: Arc<Function>) {
        self.routes.push((Route::new(&spec.path), function));
    }

    /// Serves until the signal, and then until the requests under way are answered. Whoever takes too long is closed.
    pub(crate) async fn serve(self, listener: TcpListener, shutdown: Shutdown) {
        serving::serve(Arc::new(self), listener, shutdown).await;
    }
}

async fn answer(gateway: &Gateway, peer: SocketAddr, request: Request) -> Response<Body> {
    let request_id = Uuid::new_v4().to_string();
    let mut response = integrate(gateway, peer, request, &request_id).await;
    let id = HeaderValue::try_from(request_id).expect("OK because a UUID is ASCII");
    response.headers_mut().insert("apigw-requestid", id);
    response
}

async fn integrate(gateway: &Gateway, peer: SocketAddr, request: Request, request_id: &str) -> Response<Body> {
    let path = decoded_path(request.uri().path());
    let found = gateway
        .routes
        .iter()
        .find_map(|(route, function)| route.parameters(&path).map(|parameters| (route, function, parameters)));
    let Some((route, function, parameters)) = found else {
        return refusal(StatusCode::NOT_FOUND, "Not Found");
    };
    let (head, body) = request.into_parts();
    if head_bytes(&head) > HEAD_BYTES_MAX {
        return refusal(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large");
    }
    let body = match timeout(gateway.patience.body, read(body)).await {
        Ok(Ok(Some(body))) => body,
        Ok(Ok(None)) => return too_large(),
        Ok(Err(_)) => return refusal(StatusCode::BAD_REQUEST, "Bad Request"),
        Err(_) => return refusal(StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
    };
    let arrival = Arrival { route, parameters, peer, gateway: gateway.address, request_id, now_ms: now_ms() };
    let event = Bytes::from(event::event(&head, &body, arrival).to_string());
    if event.len() > EVENT_BYTES_MAX {
        return too_large();
    }
    match timeout(INTEGRATION_TIMEOUT, function.invoke(event)).await {
        Ok(Ok(response)) => reply::reply(&response),
        Ok(Err(InvokeError::Throttled | InvokeError::Stopping)) => service_unavailable(),
        Ok(Err(_)) => internal_server_error(),
        Err(_) => service_unavailable(),
    }
}

/// What API Gateway counts of a request's head: its line, and the values of its headers.
fn head_bytes(head: &Parts) -> usize {
    let line = format!("{} {} {:?}", head.method, head.uri, head.version);
    line.len() + head.headers.values().map(HeaderValue::len).sum::<usize>()
}

/// The whole body, or `None` when it is too large.
async fn read(mut body: Body) -> Result<Option<Bytes>, axum::Error> {
    let mut kept = BytesMut::new();
    let mut seen = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        seen += data.len();
        if seen > DISCARD_BYTES_MAX {
            break;
        }
        if seen <= BODY_BYTES_MAX {
            kept.extend_from_slice(&data);
        }
    }
    Ok((seen <= BODY_BYTES_MAX).then(|| kept.freeze()))
}

fn too_large() -> Response<Body> {
    refusal(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
}

#[cfg(test)]
mod tests {
    use super::{BODY_BYTES_MAX, Gateway, integrate, read};
    use crate::config::RouteSpec;
    use crate::function::Function;
    use axum::body::{Body, Bytes};
    use axum::extract::Request;
    use futures_util::stream;
    use std::io;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::time::Instant;

    /// The status of a request to a function that never answers, and the time that it took.
    async fn status_of(body: Body) -> (u16, Duration) {
        let address = "127.0.0.1:1".parse().unwrap();
        let (function, _jobs) = Function::that_never_answers();
        let mut gateway = Gateway::new(address);
        let route = RouteSpec { path: "/{any}".into(), function: "f".into() };
        gateway.route(&route, Arc::new(function));
        let request = Request::post("/x").body(body).unwrap();
        let begun = Instant::now();
        let response = integrate(&gateway, address, request, "id").await;
        (response.status().as_u16(), begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_that_does_not_answer_is_given_up_after_thirty_seconds() {
        let (status, time) = status_of(Body::empty()).await;
        assert_eq!((status, time.as_secs()), (503, 30));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up_after_thirty_seconds() {
        let endless = Body::from_stream(stream::pending::<io::Result<Bytes>>());
        let (status, time) = status_of(endless).await;
        assert_eq!((status, time.as_secs()), (408, 30));
    }

    #[tokio::test]
    async fn a_body_of_ten_megabytes_is_the_largest() {
        let length = async |bytes: usize| {
            let body = read(Body::from(vec![0; bytes])).await.unwrap();
            body.map(|body| body.len())
        };
        assert_eq!(length(BODY_BYTES_MAX).await, Some(10_485_760));
        assert_eq!(length(BODY_BYTES_MAX + 1).await, None);
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_a_bad_request() {
        let broken = stream::iter([Ok(Bytes::from("half")), Err(io::Error::other("reset"))]);
        assert_eq!(status_of(Body::from_stream(broken)).await.0, 400);
    }
}
