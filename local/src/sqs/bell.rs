//! How long polls learn that there may be something to receive.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// The bell of one queue. It is used under the lock that guards the queue's messages, so no ring is missed between
/// a look at the messages and the wait.
pub(super) struct Bell {
    notify: Arc<Notify>,
    /// No listener sleeps past this time without looking again.
    alarm_ms: i64,
}

impl Default for Bell {
    fn default() -> Self {
        Self { notify: Arc::default(), alarm_ms: i64::MAX }
    }
}

impl Bell {
    /// Says that a message can be received at `due_ms`.
    ///
    /// One that can be received now wakes one listener, who will have it. One that is due later wakes all who would
    /// oversleep it, because the first of them may leave before then.
    pub(super) fn ring(&mut self, due_ms: i64, now_ms: i64) {
        if due_ms <= now_ms {
            self.notify.notify_one();
        } else if due_ms < self.alarm_ms {
            self.alarm_ms = due_ms;
            self.notify.notify_waiters();
        }
    }

    /// Wakes everybody: the queue is gone, or its rules are others.
    pub(super) fn ring_all(&self) {
        self.notify.notify_waiters();
    }

    /// A listener from now on, who promises to look again at `due_ms` at the latest.
    pub(super) fn listen(&mut self, due_ms: i64) -> Pin<Box<OwnedNotified>> {
        self.alarm_ms = due_ms;
        let mut listener = Box::pin(Arc::clone(&self.notify).notified_owned());
        listener.as_mut().enable();
        listener
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn every_ring_wakes_one_listener_even_before_it_waits() {
        let mut bell = Bell::default();
        let listeners = [bell.listen(i64::MAX), bell.listen(i64::MAX)];
        bell.ring(0, 0);
        bell.ring(0, 0);
        for listener in listeners {
            timeout(Duration::from_secs(5), listener).await.expect("a ring");
        }
    }
}
