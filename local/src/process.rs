//! One process of a function: started from an empty environment, ended with TERM and then KILL.

use crate::leftovers::{Record, signal};
use crate::logs::{LogSink, Tail, pump};
use rustix::process::Signal;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long a process may take to follow TERM.
const TERM_GRACE: Duration = Duration::from_secs(1);
/// How long to wait for the last lines of a process that ended; a grandchild may hold the pipe for ever.
const PIPE_GRACE: Duration = Duration::from_millis(200);

/// How to start the processes of one function.
pub(crate) struct Launch {
    /// The function's name.
    pub(crate) function: String,
    /// The executable.
    pub(crate) binary: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
    /// The whole environment, but for the Runtime API's address.
    pub(crate) env: Vec<(String, String)>,
    /// Where running processes are recorded.
    pub(crate) records: PathBuf,
    /// Where the lines go.
    pub(crate) log: LogSink,
}

/// A running process; dropping it kills it.
pub(crate) struct Process {
    child: Child,
    pipes: JoinSet<()>,
    tail: Tail,
    _record: Option<Record>,
}

impl Process {
    /// Starts process `number` of a function. Its environment holds nothing of ours, so a developer's
    /// AWS credentials never reach a function.
    pub(crate) fn start(launch: &Launch, number: usize, runtime_api: &str) -> io::Result<Self> {
        let mut child = Command::new(&launch.binary)
            .args(&launch.arguments)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
            .envs(launch.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C in a terminal goes to the whole foreground group; a group of its own lets a
            // process finish its invocation while the stack stops in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let record = child.id().map(|id| Record::write(&launch.records, id));
        let tail = Tail::default();
        let mut pipes = JoinSet::new();
        let (function, log) = (&launch.function, &launch.log);
        if let Some(pipe) = child.stdout.take() {
            pipes.spawn(pump(pipe, function.clone(), number, log.clone(), tail.clone()));
        }
        if let Some(pipe) = child.stderr.take() {
            pipes.spawn(pump(pipe, function.clone(), number, log.clone(), tail.clone()));
        }
        Ok(Self { child, pipes, tail, _record: record })
    }

    /// The process id, while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for the end of the process. May be dropped and called again.
    pub(crate) async fn exited(&mut self) -> String {
        match self.child.wait().await {
            // `exit status: 1` or `signal: 9 (SIGKILL)`.
            Ok(status) => status.to_string(),
            Err(error) => format!("it could not be waited for: {error}"),
        }
    }

    /// Ends the process politely: TERM, a moment, KILL.
    pub(crate) async fn end(mut self) {
        let termed = self.id().is_some_and(|id| signal(id, Signal::TERM));
        if !termed || timeout(TERM_GRACE, self.child.wait()).await.is_err() {
            // It fails only for a process that has ended, which is what is wanted.
            let _ = self.child.kill().await;
        }
        self.last_lines().await;
    }

    /// Kills the process if it still runs, and returns the quotation of its last lines.
    pub(crate) async fn kill(mut self) -> String {
        // As in `end`.
        let _ = self.child.kill().await;
        self.last_lines().await
    }

    async fn last_lines(&mut self) -> String {
        let pipes = &mut self.pipes;
        let closed = timeout(PIPE_GRACE, async { while pipes.join_next().await.is_some() {} });
        // A pipe that stays open may still bring lines, but nobody waits for them.
        let _ = closed.await;
        self.tail.quote()
    }
}
