//! The AWS JSON 1.0 protocol: a POST whose `X-Amz-Target` header names the action, JSON in, JSON out.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::sleep;
use uuid::Uuid;

use super::error::SqsError;
use super::{Sqs, actions};

/// JSON may write one byte of a message as six ("\u00e9" is two), and a batch holds 1 MiB.
const REQUEST_BYTES_MAX: usize = 8 << 20;

/// A client that neither reads nor closes must not keep the server from ending.
const GOODBYE: Duration = Duration::from_secs(2);

/// What a request needs.
#[derive(Clone)]
struct Server {
    sqs: Arc<Sqs>,
    /// Becomes true at shutdown.
    closing: watch::Receiver<bool>,
}

/// Serves until `shutdown`, then lets requests end.
pub(super) async fn serve(
    sqs: Arc<Sqs>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (close, closing) = watch::channel(false);
    let router = Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Server { sqs, closing: closing.clone() });
    // Small answers must not wait for the acknowledgement of earlier ones. A socket that refuses the option still works.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        shutdown.await;
        close.send_replace(true);
    });
    tokio::select! {
        done = serving => done,
        () = async { closed(closing).await; sleep(GOODBYE).await } => Ok(()),
    }
}

async fn closed(mut closing: watch::Receiver<bool>) {
    // An error means that the sender is gone, and with it the server.
    drop(closing.wait_for(|closing| *closing).await);
}

async fn answer(State(server): State<Server>, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    let answered = match request(&headers, body) {
        Ok(request) => actions::run(&server.sqs, &request, closed(server.closing)).await,
        Err(error) => Err(error),
    };
    let headers =
        [("content-type", "application/x-amz-json-1.0".to_owned()), ("x-amzn-requestid", Uuid::new_v4().to_string())];
    match answered {
        Ok(json) => (headers, json.to_string()).into_response(),
        Err(error) => (headers, refusal(&error)).into_response(),
    }
}

/// A request as the actions need it.
pub(super) struct Request {
    /// `SendMessage`, ...
    pub(super) action: String,
    /// The base of the queue URLs that the client will understand: the host it reached us by.
    pub(super) base_url: String,
    /// The JSON that the action takes.
    pub(super) body: Bytes,
}

fn request(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Request, SqsError> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let action = text("x-amz-target").and_then(|target| target.strip_prefix("AmazonSQS.")).ok_or_else(|| {
        let message = "this is a local Amazon SQS endpoint; it takes the AWS JSON 1.0 protocol, with a header such as \
            X-Amz-Target: AmazonSQS.SendMessage (SDKs of 2024 and later, AWS CLI 2)";
        SqsError::InvalidAction(message.to_owned())
    })?;
    let body = body.map_err(|error| SqsError::InvalidAction(format!("the request body cannot be read: {error}")))?;
    let host = text("host").unwrap_or("127.0.0.1");
    Ok(Request { action: action.to_owned(), base_url: format!("http://{host}"), body })
}

fn refusal(error: &SqsError) -> impl IntoResponse {
    let (status, party) = match error.is_senders_fault() {
        true => (StatusCode::BAD_REQUEST, "Sender"),
        false => (StatusCode::INTERNAL_SERVER_ERROR, "Receiver"),
    };
    let body = json!({ "__type": format!("com.amazonaws.sqs#{}", error.kind()), "message": error.to_string() });
    let code = format!("{};{party}", error.query_code());
    (status, [("x-amzn-query-error", code)], body.to_string())
}
