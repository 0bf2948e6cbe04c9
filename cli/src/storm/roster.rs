//! Which event a key belongs to: written down before the event is first posted, and asked by all who count.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// The partition keys of a storm's events.
#[derive(Debug, Default)]
pub struct Roster(RwLock<HashMap<String, u32>>);

impl Roster {
    /// Writes down the key of an event.
    pub fn enlist(&self, pk: &str, number: u32) {
        let mut numbers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        numbers.insert(pk.to_owned(), number);
    }

    /// The event of a key, or `None` where nothing like it was ever posted.
    pub fn number(&self, pk: &str) -> Option<u32> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(pk).copied()
    }

    /// The keys by the numbers of their events; empty for those that were never posted.
    pub fn keys(&self, count: usize) -> Vec<String> {
        let mut keys = vec![String::new(); count];
        for (pk, number) in self.0.read().unwrap_or_else(PoisonError::into_inner).iter() {
            keys[*number as usize].clone_from(pk);
        }
        keys
    }
}
