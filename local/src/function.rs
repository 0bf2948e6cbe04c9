//! A function: a queue of invocations in front of its processes.

use crate::config::FunctionSpec;
use crate::invocation::{EVENT_BYTES_MAX, InvokeError, Job};
use crate::process::Launch;
use crate::runtime_api::RuntimeApi;
use crate::stage::Stage;
use crate::supervisor::Supervisor;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

/// How many invocations may wait before more are refused, as Lambda refuses past its concurrency.
const WAITING_MAX: usize = 1000;

/// The process ids of a function by process number, for those that run.
pub(crate) type ProcessIds = Arc<Mutex<BTreeMap<usize, u32>>>;

/// A function whose processes are kept alive by supervisors.
#[derive(Debug)]
pub(crate) struct Function {
    jobs: mpsc::Sender<Job>,
    idle: watch::Receiver<usize>,
    ids: ProcessIds,
    processes: usize,
}

impl Function {
    /// Starts the processes and returns when each has asked for its first invocation, or with the
    /// reason why one did not.
    pub(crate) async fn start(
        launch: Launch,
        spec: &FunctionSpec,
        runtime_api: &RuntimeApi,
        stage: &mut Stage,
    ) -> Result<Self, String> {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let (idle, idle_receiver) = watch::channel(0);
        let ids = ProcessIds::default();
        let launch = Arc::new(launch);
        let jobs = Arc::new(tokio::sync::Mutex::new(receiver));
        let mut started = Vec::new();
        for process in 1..=spec.processes {
            let (ready, is_ready) = oneshot::channel();
            let supervisor = Supervisor {
                launch: launch.clone(),
                process,
                timeout: spec.timeout,
                overrun: spec.overrun,
                jobs: jobs.clone(),
                unseen: None,
                idle: idle.clone(),
                ids: ids.clone(),
                runtime_api: runtime_api.clone(),
                ready: Some(ready),
                starts: 0,
                shutdown: stage.signal(),
            };
            stage.spawn(supervisor.run());
            started.push(is_ready);
        }
        for is_ready in started {
            is_ready.await.unwrap_or_else(|_| Err("the stack was stopped".into()))?;
        }
        Ok(Self { jobs: sender, idle: idle_receiver, ids, processes: spec.processes })
    }

    /// Hands an event to the next free process and returns the function's response. Invocations wait
    /// first come, first served; one whose caller has given up meanwhile is not started.
    pub(crate) async fn invoke(&self, payload: Bytes) -> Result<Bytes, InvokeError> {
        if payload.len() > EVENT_BYTES_MAX {
            return Err(InvokeError::EventTooLarge { bytes: payload.len() });
        }
        let (reply, response) = oneshot::channel();
        let job = Job { request_id: Uuid::new_v4().to_string(), payload, reply };
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => InvokeError::Throttled,
            mpsc::error::TrySendError::Closed(_) => InvokeError::Stopping,
        })?;
        response.await.unwrap_or(Err(InvokeError::Stopping))
    }

    /// Waits until a process is free: whoever has messages that age may then fetch some.
    pub(crate) async fn free(&self) {
        // An error means that the supervisors are gone; the invocation that follows says so.
        let _ = self.idle.clone().wait_for(|idle| *idle > 0).await;
    }

    /// How many invocations can run at once.
    pub(crate) fn processes(&self) -> usize {
        self.processes
    }

    /// The ids of the processes that run now.
    pub(crate) fn process_ids(&self) -> Vec<u32> {
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.values().copied().collect()
    }
}

#[cfg(test)]
impl Function {
    /// A function without processes; its invocations wait in the receiver.
    pub(crate) fn that_never_answers() -> (Self, mpsc::Receiver<Job>) {
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        let (_, idle) = watch::channel(0);
        (Self { jobs, idle, ids: ProcessIds::default(), processes: 1 }, waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::Function;
    use crate::invocation::{EVENT_BYTES_MAX, InvokeError};
    use bytes::Bytes;
    use futures_util::FutureExt;

    #[test]
    fn an_event_that_is_too_large_is_refused() {
        let (function, _waiting) = Function::that_never_answers();
        let event = Bytes::from(vec![b' '; EVENT_BYTES_MAX + 1]);
        let error = InvokeError::EventTooLarge { bytes: EVENT_BYTES_MAX + 1 };
        assert_eq!(function.invoke(event).now_or_never(), Some(Err(error)));
    }

    #[test]
    fn a_full_queue_throttles() {
        let (function, _waiting) = Function::that_never_answers();
        for _ in 0..1000 {
            assert_eq!(function.invoke(Bytes::new()).now_or_never(), None);
        }
        let refused = function.invoke(Bytes::new()).now_or_never();
        assert_eq!(refused, Some(Err(InvokeError::Throttled)));
    }

    #[test]
    fn a_stopped_function_says_so() {
        let (function, waiting) = Function::that_never_answers();
        drop(waiting);
        let refused = function.invoke(Bytes::new()).now_or_never();
        assert_eq!(refused, Some(Err(InvokeError::Stopping)));
    }
}
