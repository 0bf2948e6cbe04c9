//! The Lambda Runtime API, version 2018-06-01: HTTP on one side, a channel per process on the other.
//!
//! The Lambda guide, page "Using the Lambda runtime API for custom runtimes", has the paths and headers.
//! Lambda gives each sandbox an API of its own; here one listener serves all, and each process is told
//! apart by the first segment of its path.

use crate::invocation::{FunctionError, RESPONSE_BYTES_MAX};
use crate::stage::Shutdown;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use bytes::Bytes;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// A response that is too large is read all the same, up to this: a process that is refused in the middle
/// of its request sees a broken connection and exits, where on Lambda it sees the 413 and lives on.
const READ_BYTES_MAX: usize = 64 * 1024 * 1024;

/// An event as `/invocation/next` hands it out.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) request_id: String,
    pub(crate) deadline_ms: u64,
    pub(crate) function_arn: String,
    pub(crate) trace_id: String,
    pub(crate) payload: Bytes,
}

/// What a process said through the API.
#[derive(Debug)]
pub(crate) enum Call {
    /// It is ready for an invocation.
    Next(oneshot::Sender<Invocation>),
    /// It ended one; the answer is whether that invocation is the current one.
    Result { request_id: String, result: Reported, known: oneshot::Sender<bool> },
    /// It cannot start.
    InitError(FunctionError),
}

/// How an invocation ended, in the words of the process.
#[derive(Debug)]
pub(crate) enum Reported {
    Response(Bytes),
    Error(FunctionError),
    ResponseTooLarge,
}

type Sessions = Arc<Mutex<HashMap<String, mpsc::Sender<Call>>>>;

/// The listener's address and the processes that it knows.
#[derive(Debug, Clone)]
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    sessions: Sessions,
}

/// The API as one process sees it, from its start to its end.
#[derive(Debug)]
pub(crate) struct Session {
    id: String,
    address: SocketAddr,
    sessions: Sessions,
    /// What the process says.
    pub(crate) calls: mpsc::Receiver<Call>,
}

impl Session {
    /// The value of `AWS_LAMBDA_RUNTIME_API`. Lambda gives `host:port`; `lambda_runtime_api_client`
    /// parses a URL, and one with a path needs its scheme.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/{}", self.address, self.id)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

impl RuntimeApi {
    /// The API at an address, and the future that serves it there until the signal. Processes that still
    /// wait for an invocation then would keep a graceful stop from ending, so it is none.
    pub(crate) fn new(
        listener: TcpListener,
        address: SocketAddr,
        shutdown: Shutdown,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let api = Self { address, sessions: Sessions::default() };
        let router = Router::new()
            .route("/{session}/2018-06-01/runtime/invocation/next", get(next))
            .route("/{session}/2018-06-01/runtime/invocation/{request_id}/response", post(response))
            .route("/{session}/2018-06-01/runtime/invocation/{request_id}/error", post(error))
            .route("/{session}/2018-06-01/runtime/init/error", post(init_error))
            .with_state(api.sessions.clone());
        let serve = async move {
            tokio::select! {
                // It never returns an error, it retries failed accepts.
                _ = axum::serve(listener, router) => {}
                () = shutdown.requested() => {}
            }
        };
        (api, serve)
    }

    /// Opens a session for a process that is about to start.
    pub(crate) fn open_session(&self) -> Session {
        let (sender, calls) = mpsc::channel(4);
        let id = Uuid::new_v4().simple().to_string();
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), sender);
        Session { id, address: self.address, sessions: self.sessions.clone(), calls }
    }
}

/// Passes a call on; false when the process's session is over.
async fn tell(sessions: &Sessions, session: &str, call: Call) -> bool {
    let sender = sessions.lock().unwrap_or_else(PoisonError::into_inner).get(session).cloned();
    match sender {
        Some(sender) => sender.send(call).await.is_ok(),
        None => false,
    }
}

async fn next(State(sessions): State<Sessions>, Path(session): Path<String>) -> Response<Body> {
    let (sender, invocation) = oneshot::channel();
    if !tell(&sessions, &session, Call::Next(sender)).await {
        return refuse(StatusCode::FORBIDDEN, "SessionOver", "this process has been given up");
    }
    let Ok(invocation) = invocation.await else {
        return refuse(StatusCode::FORBIDDEN, "SessionOver", "the stack is stopping");
    };
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", invocation.request_id)
        .header("lambda-runtime-deadline-ms", invocation.deadline_ms)
        .header("lambda-runtime-invoked-function-arn", invocation.function_arn)
        .header("lambda-runtime-trace-id", invocation.trace_id)
        .body(Body::from(invocation.payload))
        .unwrap_or_else(|error| refuse(StatusCode::INTERNAL_SERVER_ERROR, "Runtime.Unknown", &error.to_string()))
}

async fn response(
    State(sessions): State<Sessions>,
    Path((session, request_id)): Path<(String, String)>,
    body: Body,
) -> Response<Body> {
    match to_bytes(body, READ_BYTES_MAX).await {
        Ok(bytes) if bytes.len() <= RESPONSE_BYTES_MAX => {
            settle(&sessions, &session, request_id, Reported::Response(bytes)).await
        }
        _ => {
            settle(&sessions, &session, request_id, Reported::ResponseTooLarge).await;
            let message = format!("Exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX} bytes).");
            refuse(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
        }
    }
}

async fn error(
    State(sessions): State<Sessions>,
    Path((session, request_id)): Path<(String, String)>,
    body: Body,
) -> Response<Body> {
    let error = function_error(body).await;
    settle(&sessions, &session, request_id, Reported::Error(error)).await
}

async fn init_error(State(sessions): State<Sessions>, Path(session): Path<String>, body: Body) -> Response<Body> {
    tell(&sessions, &session, Call::InitError(function_error(body).await)).await;
    accepted()
}

async fn settle(sessions: &Sessions, session: &str, request_id: String, result: Reported) -> Response<Body> {
    let (known, is_known) = oneshot::channel();
    let told = tell(sessions, session, Call::Result { request_id, result, known }).await;
    if told && is_known.await == Ok(true) {
        accepted()
    } else {
        refuse(StatusCode::BAD_REQUEST, "InvalidRequestID", "this invocation is not under way")
    }
}

/// An error report may be anything; what cannot be read is quoted as the message.
async fn function_error(body: Body) -> FunctionError {
    let bytes = to_bytes(body, 256 * 1024).await.unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_else(|_| FunctionError {
        error_type: "Runtime.Unknown".into(),
        error_message: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

fn accepted() -> Response<Body> {
    let body = Body::from(r#"{"status":"OK"}"#);
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

fn refuse(status: StatusCode, error_type: &str, message: &str) -> Response<Body> {
    let body = serde_json::json!({ "errorType": error_type, "errorMessage": message });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response
}
