//! What the tests share: a stack around the echo function, an HTTP client, and waiting on conditions.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use local::{FunctionSpec, LogLine, Ports, RouteSpec, Stack, StackConfig};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("local-test-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("the temporary folder is writable");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A binary of this crate's examples.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let target = test.parent().and_then(Path::parent).expect("tests are in target/debug/deps");
    let path = target.join("examples").join(name);
    assert!(path.exists(), "{} is missing; `cargo test -p local` builds it, with `--test` it does not", path.display());
    path
}

/// The lines that a stack's functions wrote.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<LogLine>>>);

impl Lines {
    pub(crate) fn all(&self) -> Vec<String> {
        let lines = self.0.lock().expect("no test panics while it holds the lines");
        lines.iter().map(|line| format!("{} {}", line.process, line.text)).collect()
    }

    pub(crate) fn count(&self, part: &str) -> usize {
        self.all().iter().filter(|line| line.contains(part)).count()
    }

    pub(crate) async fn wait_for(&self, part: &str) {
        until(&format!("a line with {part:?}"), || self.count(part) > 0).await;
    }
}

/// One echo function behind `/hooks/{source}`, with ports that are free.
pub(crate) fn config(folder: &Folder) -> (StackConfig, Lines) {
    let lines = Lines::default();
    let sink = lines.clone();
    let function = FunctionSpec {
        name: "echo".into(),
        binary: example("echo_fn"),
        arguments: Vec::new(),
        env: Vec::new(),
        processes: 1,
        timeout: Duration::from_secs(10),
        overrun: Duration::ZERO,
    };
    let config = StackConfig {
        state_dir: folder.path().join("state"),
        ports: Ports::default(),
        queues: Vec::new(),
        tables: Vec::new(),
        parameters: Vec::new(),
        buckets: Vec::new(),
        functions: vec![function],
        routes: vec![RouteSpec { path: "/hooks/{source}".into(), function: "echo".into() }],
        mappings: Vec::new(),
        log: Arc::new(move |line| {
            if let Ok(mut lines) = sink.0.lock() {
                lines.push(line);
            }
        }),
        interference: None,
    };
    (config, lines)
}

/// A stack that must start.
pub(crate) async fn start(config: StackConfig) -> Stack {
    Stack::start(config).await.unwrap_or_else(|error| panic!("{error}"))
}

/// What came back.
pub(crate) struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{:?}", self.body);
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

/// Sends a request; the whole exchange must be quick.
pub(crate) async fn send(request: Request<Full<Bytes>>) -> Reply {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let exchange = async {
        let response = client.request(request).await.expect("the stack answers");
        let (head, body) = response.into_parts();
        let body = Body::new(body).collect().await.expect("the answer ends").to_bytes();
        Reply { status: head.status.as_u16(), headers: head.headers, body }
    };
    tokio::time::timeout(PATIENCE, exchange).await.expect("the answer comes in time")
}

/// Posts a text to the echo function.
pub(crate) async fn post(stack: &Stack, body: &str) -> Reply {
    let request = Request::post(format!("{}/hooks/test", stack.gateway_url()))
        .header("content-type", "text/plain")
        .body(Full::from(body.to_owned()));
    send(request.expect("the request is well formed")).await
}

/// Calls an operation of SQS or DynamoDB as an SDK does, without a signature.
pub(crate) async fn call(url: &str, target: &str, input: Value) -> Value {
    let request = Request::post(url)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", target)
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=local/20200101/us-east-1/x/aws4_request, \
             SignedHeaders=host, Signature=0",
        )
        .header("x-amz-date", "20200101T000000Z")
        .body(Full::from(input.to_string()));
    let reply = send(request.expect("the request is well formed")).await;
    if reply.body.is_empty() { Value::Null } else { reply.json() }
}

/// Waits until a condition holds.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// Sends SIGKILL.
pub(crate) fn kill(id: u32) {
    let id = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw);
    let id = id.expect("a process id is positive");
    rustix::process::kill_process(id, rustix::process::Signal::KILL).expect("the process runs");
}

/// Whether a process still runs; one that nobody waited for yet counts as ended.
pub(crate) fn runs(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}
