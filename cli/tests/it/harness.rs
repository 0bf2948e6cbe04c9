//! A whole stack of real binaries in a folder of its own, its log collected, and the command beside it.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use local::{Ports, StackConfig};
use tempfile::TempDir;
use tidegate::account::Fate;
use tidegate::bundle::Shape;
use tidegate::delivery::{Delivery, Draft};
use tidegate::functions::Programs;
use tidegate::stack::{Running, start_with};
use webhook::ledger::Key;

/// A running stack, and every line that its functions logged.
pub(crate) struct Harness {
    pub(crate) running: Running,
    log: Arc<Mutex<Vec<String>>>,
    pub(crate) state: TempDir,
}

impl Harness {
    pub(crate) async fn start() -> Harness {
        Harness::start_in(tempfile::tempdir().unwrap(), Duration::from_secs(5)).await
    }

    pub(crate) async fn start_in(state: TempDir, worker_timeout: Duration) -> Harness {
        Harness::start_altered(state, worker_timeout, 3, |_| ()).await
    }

    /// Starts a stack of so many workers, and with whatever else is wanted of it.
    pub(crate) async fn start_altered(
        state: TempDir,
        worker_timeout: Duration,
        workers: usize,
        alter: impl FnOnce(&mut StackConfig),
    ) -> Harness {
        let state_dir = state.path().join("state");
        let shape = Shape { state_dir, ports: Ports::default(), workers, worker_timeout, fifo: false };
        Harness::start_shape(state, &shape, alter).await
    }

    /// Starts a stack whose queues are FIFO queues.
    pub(crate) async fn start_fifo(alter: impl FnOnce(&mut StackConfig)) -> Harness {
        let state = tempfile::tempdir().unwrap();
        let (state_dir, worker_timeout) = (state.path().join("state"), Duration::from_secs(5));
        let shape = Shape { state_dir, ports: Ports::default(), workers: 3, worker_timeout, fifo: true };
        Harness::start_shape(state, &shape, alter).await
    }

    async fn start_shape(state: TempDir, shape: &Shape, alter: impl FnOnce(&mut StackConfig)) -> Harness {
        let log = Arc::new(Mutex::new(Vec::new()));
        let sink = log.clone();
        let collect = Arc::new(move |line: local::LogLine| sink.lock().unwrap().push(line.text));
        let alter = |config: &mut StackConfig| {
            // As in a deployment, where CloudWatch reads metrics out of the log.
            for function in &mut config.functions {
                function.env.push(("TIDEGATE_STACK".to_owned(), "it".to_owned()));
            }
            alter(config);
        };
        let running =
            start_with(shape, &Programs::of_command(Path::new(env!("CARGO_BIN_EXE_tidegate"))), alter, collect)
                .await
                .unwrap();
        Harness { running, log, state }
    }

    /// Stops the stack and gives its folder back, to start another on it.
    pub(crate) async fn stop(self) -> TempDir {
        self.running.stack.stop().await;
        self.state
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.state.path()
    }

    /// A signed delivery for this stack.
    pub(crate) fn delivery(&self, source: &str, event_id: &str, body: Option<&[u8]>) -> Delivery {
        let draft = Draft {
            source: webhook::sources::by_name(&self.running.sources, source).unwrap(),
            base_url: &self.running.stack.gateway_url(),
            event_id: event_id.to_owned(),
            body: body.map(<[u8]>::to_vec),
            content_type: None,
            tamper: None,
            now_ms: shell::clock::now_ms(),
        };
        draft.sign().unwrap()
    }

    /// Runs `tidegate send` against this stack.
    pub(crate) async fn send(&self, arguments: &[&str]) -> Output {
        let mut arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        if !arguments.contains(&"--to".to_owned()) {
            arguments.extend(["--to".to_owned(), self.running.stack.gateway_url()]);
        }
        let send = move || tidegate().arg("send").args(arguments).output().unwrap();
        tokio::task::spawn_blocking(send).await.unwrap()
    }

    /// Waits until every event has this status, and fails with the ones that have not.
    pub(crate) async fn wait_until(&self, keys: &[Key], status: &str, seconds: u64) {
        let ends_ms = shell::clock::now_ms() + seconds * 1_000;
        loop {
            let fates = self.running.account.fates(keys).await.unwrap();
            let reached = |key: &&Key| fates.get(*key).is_some_and(|fate: &Fate| fate.status == status);
            let left: Vec<&Key> = keys.iter().filter(|key| !reached(key)).collect();
            if left.is_empty() {
                return;
            }
            let late = shell::clock::now_ms() > ends_ms;
            assert!(!late, "{} of {} not {status}, such as {:?}", left.len(), keys.len(), left[0]);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The command.
pub(crate) fn tidegate() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tidegate"))
}

/// Ends a process at once, as a crash does.
pub(crate) fn signal(name: &str, process: u32) {
    // Its own answer does not matter: a process that ended by itself in the meantime is as good as ended.
    Command::new("kill").args([name, &process.to_string()]).status().unwrap();
}
