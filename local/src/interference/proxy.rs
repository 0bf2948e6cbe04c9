//! The proxy before a service: it reads a call whole, asks how it fares, and sees to it.

use super::refusal::refusal;
use super::{Call, CallFate, Interference, Service};
use crate::connections::{self, Answer, NoAnswer};
use crate::endpoints::{Endpoints, address, adopt, listen};
use crate::error::StartError;
use crate::stage::{Shutdown, Stage};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, Request, Response, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Larger than any call that a service takes: DynamoDB reads 16 MB, SQS a batch of 1 MiB in JSON.
const CALL_BYTES_MAX: usize = 32 << 20;

/// Puts a proxy before SQS and one before DynamoDB, and returns the endpoints as the functions see them.
pub(crate) fn interfere(
    interference: &Arc<dyn Interference>,
    endpoints: Endpoints,
    proxies: &mut Stage,
) -> Result<Endpoints, StartError> {
    let mut put_before = |service, name, upstream| {
        let listener = listen(name, 0)?;
        let before = address(name, &listener)?;
        let listener = adopt(name, listener)?;
        proxies.spawn(serve(service, upstream, interference.clone(), listener, proxies.signal()));
        Ok(before)
    };
    Ok(Endpoints {
        sqs: put_before(Service::Sqs, "sqs proxy", endpoints.sqs)?,
        dynamodb: put_before(Service::DynamoDb, "dynamodb proxy", endpoints.dynamodb)?,
        ..endpoints
    })
}

/// Serves until the signal, and then until the calls that are on their way have reached the service.
async fn serve(
    service: Service,
    upstream: SocketAddr,
    interference: Arc<dyn Interference>,
    listener: tokio::net::TcpListener,
    shutdown: Shutdown,
) {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let (alive, mut ended) = mpsc::channel(1);
    let proxy = Arc::new(Proxy { service, upstream, interference, client, shutdown: shutdown.clone(), _alive: alive });
    connections::serve(listener, move |request| proxy.clone().answer(request), shutdown).await;
    // The connections are gone; what still holds the proxy are calls on their way.
    let _ = ended.recv().await;
}

struct Proxy {
    service: Service,
    upstream: SocketAddr,
    interference: Arc<dyn Interference>,
    client: Client<HttpConnector, Full<Bytes>>,
    shutdown: Shutdown,
    /// Its other end learns when the last call is over.
    _alive: mpsc::Sender<Infallible>,
}

impl Proxy {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, CALL_BYTES_MAX).collect().await.map_err(|_| NoAnswer)?.to_bytes();
        let call = Call { service: self.service, operation: operation(&head.headers), body };
        match self.interference.fate(&call) {
            CallFate::Pass => self.pass(head, call, Duration::ZERO).await,
            CallFate::Drop => Err(NoAnswer),
            CallFate::Refuse { status, code } => Ok(refusal(self.service, status, code)),
            CallFate::DelayCall(delay) => self.pass(head, call, delay).await,
            CallFate::DelayAnswer(delay) => {
                let answer = self.pass(head, call, Duration::ZERO).await;
                sleep(delay).await;
                answer
            }
            CallFate::LoseAnswer => {
                // Whether it had an answer or not, the function sees none.
                let _ = self.pass(head, call, Duration::ZERO).await;
                Err(NoAnswer)
            }
        }
    }

    /// Passes a call on in a task of its own, because the connection's ends with its function.
    async fn pass(self: Arc<Self>, head: Parts, call: Call, delay: Duration) -> Answer {
        // It fails when `answered` panics, which that one's owner sees.
        tokio::spawn(self.forward(head, call, delay)).await.unwrap_or(Err(NoAnswer))
    }

    async fn forward(self: Arc<Self>, head: Parts, call: Call, delay: Duration) -> Answer {
        if !delay.is_zero() {
            tokio::select! {
                () = sleep(delay) => {}
                () = self.shutdown.clone().requested() => {}
            }
        }
        let request = self.request(head, call.body.clone())?;
        let (head, body) = self.client.request(request).await.map_err(|_| NoAnswer)?.into_parts();
        // Our own services answer with no more than they hold.
        let body = body.collect().await.map_err(|_| NoAnswer)?.to_bytes();
        self.interference.answered(&call, head.status.as_u16(), &body);
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = head.status;
        *response.headers_mut() = end_to_end(head.headers);
        Ok(response)
    }

    /// The request as the service gets it. `Host` stays the proxy's: SQS makes queue URLs of it.
    fn request(&self, head: Parts, body: Bytes) -> Result<Request<Full<Bytes>>, NoAnswer> {
        let path = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let uri = Uri::builder().scheme("http").authority(self.upstream.to_string()).path_and_query(path);
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = head.method;
        *request.uri_mut() = uri.build().map_err(|_| NoAnswer)?;
        *request.headers_mut() = end_to_end(head.headers);
        Ok(request)
    }
}

/// `PutItem` of `DynamoDB_20120810.PutItem`.
fn operation(headers: &HeaderMap) -> String {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default().to_owned()
}

/// The headers without those that concern one connection only.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in [header::CONNECTION, header::EXPECT, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}
