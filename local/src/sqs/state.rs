//! What the lock guards: the store, the queues in memory, their bells, the move tasks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bell::Bell;
use super::error::SqsError;
use super::message::Message;
use super::move_task::MoveTask;
use super::outgoing::NewMessage;
use super::queue::{Queue, Redrive, Rules, check_name};
use super::receipt::Receipt;
use super::store::receive::DeadLetters;
use super::store::send::Stored;
use super::store::{Store, in_flight, queues, receive, send};

/// Everything that a request reads or changes.
pub(super) struct State {
    pub(super) store: Store,
    pub(super) queues: BTreeMap<String, Entry>,
    pub(super) move_tasks: Vec<MoveTask>,
}

/// A queue in memory.
pub(super) struct Entry {
    pub(super) queue: Arc<Queue>,
    pub(super) bell: Bell,
}

impl State {
    /// Reads the queues of a store.
    pub(super) fn new(store: Store) -> Result<Self, SqsError> {
        let entry = |queue: Queue| (queue.name.clone(), Entry { queue: Arc::new(queue), bell: Bell::default() });
        let queues = queues::all(store.read())?.into_iter().map(entry).collect();
        Ok(Self { store, queues, move_tasks: Vec::new() })
    }

    /// The queue of this name.
    pub(super) fn queue(&self, name: &str) -> Result<Arc<Queue>, SqsError> {
        let entry = self.queues.get(name);
        entry.map(|entry| Arc::clone(&entry.queue)).ok_or_else(|| SqsError::QueueDoesNotExist(name.to_owned()))
    }

    /// Creates a queue that does not exist yet.
    pub(super) fn create(
        &mut self,
        name: &str,
        attributes: BTreeMap<String, String>,
        tags: BTreeMap<String, String>,
        now_ms: i64,
    ) -> Result<(), SqsError> {
        check_name(name)?;
        let rules = Rules::parse(name, &attributes)?;
        self.check_redrive(name, &rules)?;
        let name = name.to_owned();
        let mut queue = Queue { id: 0, name, attributes, tags, created_ms: now_ms, modified_ms: now_ms, rules };
        self.store.write(|transaction| queues::insert(transaction, &mut queue))?;
        self.queues.insert(queue.name.clone(), Entry { queue: Arc::new(queue), bell: Bell::default() });
        Ok(())
    }

    /// Gives a queue other attributes and tags.
    pub(super) fn update(
        &mut self,
        queue: &Queue,
        attributes: BTreeMap<String, String>,
        tags: BTreeMap<String, String>,
        now_ms: i64,
    ) -> Result<(), SqsError> {
        let rules = Rules::parse(&queue.name, &attributes)?;
        // A queue whose dead-letter queue was deleted can still be changed otherwise.
        if rules.redrive != queue.rules.redrive {
            self.check_redrive(&queue.name, &rules)?;
        }
        let queue = Queue { attributes, tags, rules, modified_ms: now_ms, ..queue.clone() };
        self.store.write(|transaction| queues::update(transaction, &queue))?;
        if let Some(entry) = self.queues.get_mut(&queue.name) {
            entry.queue = Arc::new(queue);
            entry.bell.ring_all();
        }
        Ok(())
    }

    /// Deletes a queue with its messages.
    pub(super) fn remove(&mut self, queue: &Queue) -> Result<(), SqsError> {
        self.store.write(|transaction| queues::remove(transaction, queue.id))?;
        if let Some(entry) = self.queues.remove(&queue.name) {
            entry.bell.ring_all();
        }
        Ok(())
    }

    /// Sees that the dead-letter queue which the rules of the queue `name` want is there, and is another of its type.
    fn check_redrive(&self, name: &str, rules: &Rules) -> Result<(), SqsError> {
        let Some(Redrive { dead_letter_queue: dead, .. }) = &rules.redrive else { return Ok(()) };
        match self.queues.get(dead) {
            Some(entry) if dead != name && entry.queue.rules.fifo == rules.fifo => Ok(()),
            _ => {
                let right = "the ARN of another queue of the same type; create the dead-letter queue first";
                Err(SqsError::invalid("deadLetterTargetArn", dead, right))
            }
        }
    }

    /// Sends messages in one transaction, and wakes who waits for them.
    pub(super) fn send(&mut self, queue: &Queue, new: &[NewMessage], now_ms: i64) -> Result<Vec<Stored>, SqsError> {
        // The caller looked the queue up under an earlier lock: it may be deleted by now, or be another.
        if self.queue(&queue.name)?.id != queue.id {
            return Err(SqsError::QueueDoesNotExist(queue.name.clone()));
        }
        let stored = self.store.write(|transaction| {
            new.iter().map(|message| send::send(transaction, queue, message, now_ms)).collect::<Result<Vec<_>, _>>()
        })?;
        self.ring(&queue.name, stored.iter().map(|stored| stored.due_ms), now_ms);
        Ok(stored)
    }

    /// Receives messages; those that were received too often go to the dead-letter queue.
    pub(super) fn receive(
        &mut self,
        queue: &Queue,
        messages_max: usize,
        visibility_ms: i64,
        now_ms: i64,
    ) -> Result<Vec<Message>, SqsError> {
        let redrive = queue.rules.redrive.as_ref();
        // While the dead-letter queue is deleted, its letters stay where they are and are received again.
        let dead = redrive.and_then(|redrive| Some((self.queue(&redrive.dead_letter_queue).ok()?, redrive)));
        let dead_letters =
            dead.as_ref().map(|(queue, redrive)| DeadLetters { queue, receives_max: redrive.receives_max });
        let received = self.store.write(|transaction| {
            receive::receive(transaction, queue, dead_letters, messages_max, visibility_ms, now_ms)
        })?;
        if let Some((dead, _)) = &dead {
            self.ring(&dead.name, std::iter::repeat_n(now_ms, received.dead), now_ms);
        }
        if !received.messages.is_empty() {
            self.ring(&queue.name, [now_ms + visibility_ms], now_ms);
        }
        Ok(received.messages)
    }

    /// Deletes messages in one transaction.
    pub(super) fn delete(&mut self, queue: &Queue, receipts: &[Receipt], now_ms: i64) -> Result<(), SqsError> {
        let freed = self.store.write(|transaction| {
            receipts.iter().map(|receipt| in_flight::delete(transaction, queue, receipt)).collect::<Result<Vec<_>, _>>()
        })?;
        self.ring(&queue.name, freed.into_iter().flatten(), now_ms);
        Ok(())
    }

    /// Changes visibility timeouts in one transaction; each change succeeds or fails on its own.
    pub(super) fn change_visibility(
        &mut self,
        queue: &Queue,
        changes: &[(Receipt, i64)],
        now_ms: i64,
    ) -> Result<Vec<Result<(), SqsError>>, SqsError> {
        let changed: Vec<_> = self.store.write(|transaction| {
            let change = |(receipt, timeout_ms): &(Receipt, i64)| {
                in_flight::change_visibility(transaction, queue, receipt, *timeout_ms, now_ms)
            };
            Ok(changes.iter().map(change).collect())
        })?;
        self.ring(&queue.name, changed.iter().filter_map(|change| change.as_ref().ok().copied()), now_ms);
        Ok(changed.into_iter().map(|change| change.map(drop)).collect())
    }

    /// Says when messages of a queue are due.
    pub(super) fn ring(&mut self, queue: &str, due_ms: impl IntoIterator<Item = i64>, now_ms: i64) {
        if let Some(entry) = self.queues.get_mut(queue) {
            due_ms.into_iter().for_each(|due_ms| entry.bell.ring(due_ms, now_ms));
        }
    }
}
