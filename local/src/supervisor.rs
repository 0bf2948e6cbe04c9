//! Keeps one process of a function alive: starts it, has it serve, and starts it again when it failed.

mod serve;

use crate::function::ProcessIds;
use crate::invocation::Job;
use crate::logs::LogLine;
use crate::process::{Launch, Process};
use crate::runtime_api::RuntimeApi;
use crate::stage::Shutdown;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::time::sleep;

/// The task behind one process.
pub(crate) struct Supervisor {
    pub(crate) launch: Arc<Launch>,
    /// Counted from 1.
    pub(crate) process: usize,
    /// Of one invocation.
    pub(crate) timeout: Duration,
    /// What the process is let live beyond that.
    pub(crate) overrun: Duration,
    /// Shared by the function's supervisors; the lock is fair, so invocations go out in order.
    pub(crate) jobs: Arc<Mutex<mpsc::Receiver<Job>>>,
    /// An invocation that was taken for a process which turned out to be gone.
    pub(crate) unseen: Option<Job>,
    /// How many processes of the function are free.
    pub(crate) idle: watch::Sender<usize>,
    pub(crate) ids: ProcessIds,
    pub(crate) runtime_api: RuntimeApi,
    /// Told once whether the first process started.
    pub(crate) ready: Option<oneshot::Sender<Result<(), String>>>,
    /// How many processes were started since one last took an invocation.
    pub(crate) starts: u32,
    pub(crate) shutdown: Shutdown,
}

/// Why a process serves no more.
enum End {
    Stopping,
    Failed(String),
}

/// A process that failed, in words.
struct Failure {
    reason: String,
    last_lines: String,
}

impl Supervisor {
    /// Runs one process after the other until the stack stops. When the very first one fails before it
    /// is ready, the stack does not start, and so it is not started again.
    pub(crate) async fn run(mut self) {
        loop {
            self.starts += 1;
            let Err(failure) = self.one_life().await else {
                return;
            };
            if let Some(ready) = self.ready.take() {
                // Nobody listens when the stack gave up already, for another process.
                let _ = ready.send(Err(failure.reason + &failure.last_lines));
                return;
            }
            // The last lines stand right above this remark.
            self.remark(format!("process {} is started again: {}", self.process, failure.reason));
            tokio::select! {
                () = self.shutdown.clone().requested() => return,
                () = sleep(pause_before_restart(self.starts)) => {}
            }
        }
    }

    /// Starts a process, lets it serve until the stack stops or it fails, and sees to it that it is gone.
    async fn one_life(&mut self) -> Result<(), Failure> {
        let mut session = self.runtime_api.open_session();
        let mut process = Process::start(&self.launch, self.process, &session.url()).map_err(|error| Failure {
            reason: format!("{} cannot be executed: {error}", self.launch.binary.display()),
            last_lines: String::new(),
        })?;
        self.note_id(process.id());
        let end = self.serve(&mut process, &mut session.calls).await;
        self.note_id(None);
        match end {
            End::Stopping => {
                process.end().await;
                Ok(())
            }
            End::Failed(reason) => Err(Failure { reason, last_lines: process.kill().await }),
        }
    }

    fn note_id(&self, id: Option<u32>) {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        match id {
            Some(id) => ids.insert(self.process, id),
            None => ids.remove(&self.process),
        };
    }

    fn remark(&self, text: String) {
        let function = self.launch.function.clone();
        (self.launch.log)(LogLine { function, process: 0, text });
    }
}

/// No pause after a process that took an invocation (it counts no starts), nor after the first bad start;
/// then longer and longer, so that a function which cannot start does not keep the machine busy.
fn pause_before_restart(starts: u32) -> Duration {
    match starts {
        0 | 1 => Duration::ZERO,
        more => Duration::from_millis(250 << (more - 2).min(4)),
    }
}

#[cfg(test)]
mod tests {
    use super::pause_before_restart;

    #[test]
    fn restarts_slow_down_to_four_seconds_only_when_starts_keep_failing() {
        let pauses: Vec<_> = (0..9).map(|n| pause_before_restart(n).as_millis()).collect();
        assert_eq!(pauses, [0, 0, 250, 500, 1000, 2000, 4000, 4000, 4000]);
    }
}
