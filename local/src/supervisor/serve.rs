//! The life of a process: it asks for an invocation, waits for one, works, and asks again.

use super::{End, Supervisor};
use crate::clock::now_ms;
use crate::invocation::{FunctionError, InvokeError, Job};
use crate::process::Process;
use crate::runtime_api::{Call, Invocation, Reported};
use bytes::Bytes;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

/// How long a process may take before it asks for its first invocation. The Lambda guide, page
/// "Understanding the Lambda execution environment lifecycle": the init phase is limited to 10 seconds.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

impl Supervisor {
    /// Serves a process until its end.
    pub(super) async fn serve(&mut self, process: &mut Process, calls: &mut mpsc::Receiver<Call>) -> End {
        let mut deadline = Instant::now() + INIT_TIMEOUT;
        loop {
            let next = match self.next(process, calls, deadline).await {
                Ok(next) => next,
                Err(end) => return end,
            };
            if let Some(ready) = self.ready.take() {
                // As in `run`.
                let _ = ready.send(Ok(()));
            }
            let job = match self.job(process).await {
                Ok(job) => job,
                Err(end) => return end,
            };
            deadline = Instant::now() + self.timeout + self.overrun;
            if let Err(end) = self.invoke(job, next, process, calls, deadline).await {
                return end;
            }
        }
    }

    /// Waits until the process asks for an invocation.
    async fn next(
        &self,
        process: &mut Process,
        calls: &mut mpsc::Receiver<Call>,
        deadline: Instant,
    ) -> Result<oneshot::Sender<Invocation>, End> {
        let reason = tokio::select! {
            called = next_call(calls) => match called {
                Ok(next) => return Ok(next),
                Err(error) => format!("its start failed with {}: {}", error.error_type, error.error_message),
            },
            status = process.exited() => format!("it ended ({status}) without asking for an invocation"),
            () = sleep_until(deadline) => "it did not ask for an invocation in time".into(),
            () = self.shutdown.clone().requested() => return Err(End::Stopping),
        };
        Err(End::Failed(reason))
    }

    /// Waits for an invocation, as one of the function's free processes.
    async fn job(&mut self, process: &mut Process) -> Result<Job, End> {
        if let Some(job) = self.unseen.take() {
            return Ok(job);
        }
        let _idle = Idle::new(self.idle.clone());
        let waited_for = async {
            let mut jobs = self.jobs.lock().await;
            loop {
                match jobs.recv().await {
                    // Its caller has given up, as if it had been throttled.
                    Some(job) if job.reply.is_closed() => {}
                    Some(job) => return job,
                    // The function was dropped: the stack is about to stop, and says so by its signal.
                    None => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            // In this order: a process that is gone must not be given an invocation.
            biased;
            () = self.shutdown.clone().requested() => Err(End::Stopping),
            status = process.exited() => {
                Err(End::Failed(format!("it ended ({status}) while it waited for an invocation")))
            }
            job = waited_for => Ok(job),
        }
    }

    /// One invocation. An error is the end of the process.
    async fn invoke(
        &mut self,
        job: Job,
        next: oneshot::Sender<Invocation>,
        process: &mut Process,
        calls: &mut mpsc::Receiver<Call>,
        deadline: Instant,
    ) -> Result<(), End> {
        let invocation = self.invocation(&job);
        if next.send(invocation).is_err() {
            self.unseen = Some(job);
            return Err(End::Failed("it hung up while it waited for an invocation".into()));
        }
        self.starts = 0;
        let (result, end) = tokio::select! {
            // In this order: a process may answer and end at once, and its answer counts.
            biased;
            result = result_call(calls, &job.request_id) => (result, None),
            status = process.exited() => {
                let reason = format!("it ended ({status}) during an invocation");
                (Err(InvokeError::Exited(status)), Some(End::Failed(reason)))
            }
            () = sleep_until(deadline) => {
                let reason = format!("it was killed at its timeout of {:?}", self.timeout);
                (Err(InvokeError::TimedOut(self.timeout)), Some(End::Failed(reason)))
            }
            () = self.shutdown.clone().requested() => (Err(InvokeError::Stopping), Some(End::Stopping)),
        };
        // Nobody may be waiting any more, as when the gateway's own time was up.
        let _ = job.reply.send(result);
        end.map_or(Ok(()), Err)
    }

    fn invocation(&self, job: &Job) -> Invocation {
        let now_ms = now_ms();
        let (root, parent) = (Uuid::new_v4().simple().to_string(), Uuid::new_v4().simple().to_string());
        Invocation {
            request_id: job.request_id.clone(),
            deadline_ms: now_ms + self.timeout.as_millis() as u64,
            function_arn: crate::arn("lambda", &format!("function:{}", self.launch.function)),
            trace_id: format!("Root=1-{:08x}-{root:.24};Parent={parent:.16};Sampled=0", now_ms / 1000),
            payload: job.payload.clone(),
        }
    }
}

/// Counts a process as free for as long as it lives.
struct Idle(watch::Sender<usize>);

impl Idle {
    fn new(idle: watch::Sender<usize>) -> Self {
        idle.send_modify(|count| *count += 1);
        Self(idle)
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// Waits until the process asks for an invocation, or reports that it cannot start.
async fn next_call(calls: &mut mpsc::Receiver<Call>) -> Result<oneshot::Sender<Invocation>, FunctionError> {
    loop {
        match calls.recv().await {
            Some(Call::Next(next)) => return Ok(next),
            Some(Call::InitError(error)) => return Err(error),
            Some(Call::Result { known, .. }) => {
                let _ = known.send(false);
            }
            None => std::future::pending().await,
        }
    }
}

/// Waits until the process reports the result of this invocation.
async fn result_call(calls: &mut mpsc::Receiver<Call>, current: &str) -> Result<Bytes, InvokeError> {
    loop {
        match calls.recv().await {
            Some(Call::Result { request_id, result, known }) => {
                let _ = known.send(request_id == current);
                if request_id == current {
                    return match result {
                        Reported::Response(bytes) => Ok(bytes),
                        Reported::Error(error) => Err(InvokeError::Handler(error)),
                        Reported::ResponseTooLarge => Err(InvokeError::ResponseTooLarge),
                    };
                }
            }
            // One invocation at a time: a second poll is refused by dropping it.
            Some(Call::Next(_) | Call::InitError(_)) => {}
            None => std::future::pending().await,
        }
    }
}
