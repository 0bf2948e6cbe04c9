//! The queue and its dead-letter queue: where messages are, and which of them have a letter.
//!
//! There are no visibility timeouts here, because one may end at any moment: every message that is not deleted may
//! be received, again and again, while others still work on it.

use crate::bounds::Bounds;

pub(crate) const MESSAGES_MAX: usize = 3;

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// Nobody has sent it.
    Unsent,
    /// In the queue.
    Sent,
    /// Deleted, and its event was done or a copy of it is a letter.
    Settled,
    /// Deleted, and neither.
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Message {
    pub(crate) place: Place,
    pub(crate) receives: u32,
    /// Whether a copy of it reached the dead-letter queue.
    letter: bool,
    /// Whether its event was done at some time since it was first received.
    done: bool,
    /// Whether it was a letter that was sent back.
    pub(crate) redriven: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Queue {
    pub(crate) messages: [Message; MESSAGES_MAX],
    /// How many letters there are, as far as it matters.
    pub(crate) letters: usize,
}

impl Queue {
    pub(crate) fn begin(bounds: Bounds) -> Queue {
        let unsent = Message { place: Place::Unsent, receives: 0, letter: false, done: false, redriven: false };
        let mut queue = Queue { messages: [unsent; MESSAGES_MAX], letters: 0 };
        for message in &mut queue.messages[..bounds.deliveries] {
            message.place = Place::Sent;
        }
        queue
    }

    /// The messages that may be received. Of those that never were, one stands for all that are like it.
    pub(crate) fn receivable(&self, bounds: Bounds) -> impl Iterator<Item = usize> {
        let is_new = |message: &Message| message.place == Place::Sent && message.receives == 0 && !message.redriven;
        (0..MESSAGES_MAX).filter(move |index| {
            let message = &self.messages[*index];
            let stood_for = is_new(message) && !bounds.strict_ids && self.messages[..*index].iter().any(is_new);
            message.place == Place::Sent && !stood_for
        })
    }

    /// The so-manieth receive of a message, or none when SQS moves it to the dead-letter queue instead.
    pub(crate) fn receive(&mut self, index: usize, bounds: Bounds) -> Option<u32> {
        if self.messages[index].receives >= bounds.queue_receives_max {
            self.add_letter(index, bounds);
            self.delete(index);
            return None;
        }
        self.messages[index].receives += 1;
        Some(self.messages[index].receives)
    }

    /// A copy of a message becomes a letter. Letters are at-least-once, so only those are counted that are sent back.
    pub(crate) fn add_letter(&mut self, index: usize, bounds: Bounds) {
        self.messages[index].letter |= self.messages[index].place == Place::Sent;
        self.letters = (self.letters + 1).min(bounds.redrives + 1);
    }

    /// The event is done by this message; under strict ids another body is another event. A message that was never
    /// received may just as well be sent later.
    pub(crate) fn note_done(&mut self, by: usize, bounds: Bounds) {
        for (index, message) in self.messages.iter_mut().enumerate() {
            message.done |= message.receives > 0 && (index == by || !bounds.strict_ids);
        }
    }

    /// A message is deleted. Nothing of it matters any more.
    pub(crate) fn delete(&mut self, index: usize) {
        let message = &mut self.messages[index];
        if message.place == Place::Sent {
            let place = if message.letter || message.done { Place::Settled } else { Place::Lost };
            *message = Message { place, receives: 0, letter: false, done: false, ..*message };
        }
    }

    /// Whether a letter may be sent back.
    pub(crate) fn may_redrive(&self, bounds: Bounds) -> bool {
        let redriven = self.messages.iter().filter(|message| message.redriven).count();
        self.letters > 0 && redriven < bounds.redrives
    }

    /// A letter is sent back as a message of its own, and deleted then.
    pub(crate) fn redrive(&mut self) {
        if let Some(message) = self.messages.iter_mut().find(|message| message.place == Place::Unsent) {
            (message.place, message.redriven) = (Place::Sent, true);
            self.letters -= 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.iter().all(|message| message.place != Place::Sent)
    }

    pub(crate) fn has_lost(&self) -> bool {
        self.messages.iter().any(|message| message.place == Place::Lost)
    }
}
