//! A service of the user's, for trying: it takes any request over HTTP and answers as it is told.

use crate::connections::{self, Answer, NoAnswer};
use crate::stage::Stage;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;

/// The largest body that is taken; a larger one is answered 413.
const BODY_BYTES_MAX: usize = 8 << 20;
/// A larger body is read to its end and dropped, because a client that is refused while it still sends
/// may see a broken connection instead of the 413. Past this it is cut off.
const DISCARD_BYTES_MAX: usize = 16 << 20;
/// How long a stop may take; open connections are closed at once.
const STOP: Duration = Duration::from_secs(1);

/// What the receiver got.
#[derive(Debug, Clone)]
pub struct Received {
    /// The path, without a query.
    pub path: String,
    /// `Idempotency-Key`, which names the effect.
    pub key: Option<String>,
    /// `Tidegate-Attempt`, counted from 1.
    pub attempt: Option<u32>,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body, at most 8 MiB.
    pub body: Bytes,
}

/// What the receiver answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status, 200 to 999; others become 500.
    pub status: u16,
    /// The value of `Retry-After`, in seconds.
    pub retry_after_s: Option<u32>,
    /// How long it takes to answer.
    pub after: Duration,
    /// The body.
    pub body: Bytes,
}

/// An HTTP endpoint on loopback, on a free port. Dropping it closes it.
pub struct Receiver {
    address: SocketAddr,
    serving: Stage,
}

impl Receiver {
    /// Starts one. `reply` is called once per request, when the request has been read whole and before the
    /// time that the answer takes; it may be called from many connections at once.
    ///
    /// # Errors
    /// The system has no port left on loopback.
    pub async fn start(reply: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let reply = Arc::new(reply);
        let mut serving = Stage::new();
        let shutdown = serving.signal();
        serving.spawn(connections::serve(listener, move |request| answer(reply.clone(), request), shutdown));
        Ok(Self { address, serving })
    }

    /// Where it listens, such as `http://127.0.0.1:40123`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes it; requests that wait for their answer get none.
    pub async fn stop(self) {
        self.serving.stop(STOP).await;
    }
}

async fn answer(reply: Arc<impl Fn(&Received) -> Reply>, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    let Some(body) = read(body).await? else {
        return Ok(status(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let text = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let received = Received {
        path: head.uri.path().to_owned(),
        key: text("idempotency-key").map(str::to_owned),
        attempt: text("tidegate-attempt").and_then(|attempt| attempt.parse().ok()),
        headers: head.headers.clone(),
        body,
    };
    let reply = reply(&received);
    sleep(reply.after).await;
    // A status below 200 is no answer yet, and hyper makes it a 500 too.
    let code = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = code;
    if let Some(seconds) = reply.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// The whole body, or `None` when it is too large.
async fn read(mut body: Incoming) -> Result<Option<Bytes>, NoAnswer> {
    let mut kept = BytesMut::new();
    let mut seen = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| NoAnswer)?.into_data() else {
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

fn status(code: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = code;
    response
}
