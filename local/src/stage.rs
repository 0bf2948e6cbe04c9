//! A stage of a stop: a signal, and the tasks that end when they see it.

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Duration, timeout};

/// Tasks that stop together. Dropping a stage gives the signal and aborts them.
pub(crate) struct Stage {
    trigger: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// Waits for the signal of a stage.
#[derive(Debug, Clone)]
pub(crate) struct Shutdown(watch::Receiver<bool>);

impl Stage {
    /// A stage without tasks.
    pub(crate) fn new() -> Self {
        Self { trigger: watch::Sender::new(false), tasks: JoinSet::new() }
    }

    /// The signal, for a task that looks out for it.
    pub(crate) fn signal(&self) -> Shutdown {
        Shutdown(self.trigger.subscribe())
    }

    /// Adds a task.
    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Gives the signal and waits for the tasks, for so long at most; what still runs is aborted.
    pub(crate) async fn stop(mut self, grace: Duration) {
        self.trigger.send_replace(true);
        // Whether time ran out or not, nothing is left to wait for.
        let _ = timeout(grace, async { while self.tasks.join_next().await.is_some() {} }).await;
    }
}

impl Shutdown {
    /// Returns once the signal was given.
    pub(crate) async fn requested(self) {
        let mut trigger = self.0;
        // An error means that the stage was dropped, which is the same signal.
        let _ = trigger.wait_for(|given| *given).await;
    }
}
