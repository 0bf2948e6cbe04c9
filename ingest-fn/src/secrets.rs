//! The live secrets of all sources, kept in memory and renewed while deliveries are answered.
//!
//! In Lambda nothing runs between requests, so requests renew them: the first one after the interval does it while it
//! is answered with the secrets that are here, and one whose signature fits none of them asks once more. Whatever
//! comes, a process asks the store at most once in [`AGAIN_MS`], and never twice at the same time.
//!
//! A store that does not answer takes no secret away; one that answers without a parameter does: that is how the old
//! secret of a rotation goes. Variables of the environment never change.

mod holder;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shell::Lookup;
use webhook::secret::Secrets;
use webhook::sources::Source;
use zeroize::Zeroizing;

use crate::parameters::{Parameters, is_about_one};
use holder::Holder;

/// How long the store is left alone after an attempt, well or not: a flood of unsigned requests must not become a
/// flood at the store.
pub const AGAIN_MS: u64 = 10_000;
/// The most that an answer waits for secrets that are renewed beside it. They take 20 to 100 ms as a rule.
const BESIDE_MAX: Duration = Duration::from_millis(500);

/// Where parameters come from, and when.
pub struct Store {
    /// SSM.
    pub parameters: Parameters,
    /// After how long what was fetched is fetched again.
    pub refresh: Duration,
    /// The time, Unix time in milliseconds.
    pub clock: Box<dyn Fn() -> u64 + Send + Sync>,
}

/// Each source's live secrets.
pub struct SecretCache {
    holders: Vec<Holder>,
    /// The parameters of all sources, each once.
    names: Vec<String>,
    /// Absent where no source names a parameter.
    store: Option<Store>,
    state: Mutex<State>,
    /// Held by whoever asks the store.
    flight: tokio::sync::Mutex<()>,
}

/// Why a source has no secret at all: what is wrong with each place, never what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoSecret(String);

struct State {
    /// By source, in the order of the holders.
    live: Vec<Result<Arc<Secrets>, NoSecret>>,
    /// What the store said last of each parameter: its value, or that there is none.
    said: BTreeMap<String, Option<Zeroizing<String>>>,
    /// When all of it was fetched last.
    fetched_ms: Option<u64>,
    /// When the store was asked last.
    tried_ms: Option<u64>,
}

impl SecretCache {
    /// The secrets of these sources, of which those in variables are live at once. `stage` fills the names of
    /// parameters; they are fetched by [`SecretCache::fill`].
    pub fn new(sources: &[Source], lookup: Lookup<'_>, stage: &str, store: Option<Store>) -> Self {
        let holders: Vec<Holder> = sources.iter().map(|source| Holder::of(source, lookup, stage)).collect();
        let names: BTreeSet<&str> = holders.iter().flat_map(Holder::parameters).collect();
        let said = BTreeMap::new();
        let live = holders.iter().map(|holder| holder.secrets(&said)).collect();
        SecretCache {
            names: names.into_iter().map(str::to_owned).collect(),
            holders,
            store,
            state: Mutex::new(State { live, said, fetched_ms: None, tried_ms: None }),
            flight: tokio::sync::Mutex::new(()),
        }
    }

    /// Fetches every parameter for the first time and tells of each source that has a place without a secret. What a
    /// store that does not answer keeps back is asked for again by the requests.
    pub async fn fill(&self, budget: Duration) {
        if let Some(store) = self.store() {
            let _flight = self.flight.lock().await;
            self.fetch(store, budget).await;
        }
        let mut state = self.lock();
        if state.fetched_ms.is_none() {
            // Nothing is known yet, so the first request asks again, and only then it is waited.
            state.tried_ms = None;
        }
        for (holder, live) in self.holders.iter().zip(&state.live) {
            told::problems(holder, &state.said, live);
        }
    }

    /// The secrets of a source that are live now.
    ///
    /// # Errors
    /// [`NoSecret`] where there is none.
    pub fn of(&self, source: usize) -> Result<Arc<Secrets>, NoSecret> {
        self.lock().live[source].clone()
    }

    /// Secrets of a source that are not those which were tried already, or were not there: the ones that another
    /// request has fetched meanwhile, or else those that the store has now, if it may be asked again.
    pub async fn newer(&self, source: usize, tried: Option<&Arc<Secrets>>, budget: Duration) -> Option<Arc<Secrets>> {
        let store = self.store()?;
        self.holders[source].parameters().next()?;
        let newer = || self.of(source).ok().filter(|live| tried.is_none_or(|tried| !Arc::ptr_eq(tried, live)));
        if let Some(newer) = newer() {
            return Some(newer);
        }
        // Whoever asks the store now may bring what is wanted.
        let _flight = tokio::time::timeout(budget, self.flight.lock()).await.ok()?;
        if let Some(newer) = newer() {
            return Some(newer);
        }
        if self.may_ask(store) {
            self.fetch_and_tell(store, budget).await;
        }
        newer()
    }

    /// Fetches everything again if the interval is over. It is meant to run beside a request, which is the slower for
    /// it only where the store is slow, and then not by much.
    pub async fn refresh_when_due(&self) {
        let Some(store) = self.store() else { return };
        if !self.is_older(store, 1) || !self.may_ask(store) {
            return;
        }
        // Somebody else is at it.
        let Ok(_flight) = self.flight.try_lock() else { return };
        if self.may_ask(store) {
            self.fetch_and_tell(store, BESIDE_MAX).await;
        }
    }

    /// The same, awaited before a request is looked at, when the interval has passed twice: a process that was frozen
    /// for an hour must not let in what was signed with a secret that is long gone.
    pub async fn refresh_when_overdue(&self) {
        if self.store().is_some_and(|store| self.is_older(store, 2)) {
            self.refresh_when_due().await;
        }
    }

    fn store(&self) -> Option<&Store> {
        self.store.as_ref().filter(|_| !self.names.is_empty())
    }

    /// Whether so many intervals are over. A clock that was set back counts as one that went on.
    fn is_older(&self, store: &Store, intervals: u32) -> bool {
        let (now_ms, interval) = ((store.clock)(), store.refresh * intervals);
        self.lock().fetched_ms.is_none_or(|ms| u128::from(now_ms.abs_diff(ms)) >= interval.as_millis())
    }

    fn may_ask(&self, store: &Store) -> bool {
        let now_ms = (store.clock)();
        self.lock().tried_ms.is_none_or(|ms| now_ms.abs_diff(ms) >= AGAIN_MS)
    }

    async fn fetch_and_tell(&self, store: &Store, budget: Duration) {
        let changed = self.fetch(store, budget).await;
        let state = self.lock();
        for (holder, live) in changed.into_iter().map(|source| (&self.holders[source], &state.live[source])) {
            told::changed(holder, live);
            told::problems(holder, &state.said, live);
        }
    }

    /// Asks the store for everything; returns the sources whose secrets are others now. Only under `flight`.
    async fn fetch(&self, store: &Store, budget: Duration) -> Vec<usize> {
        // Before it is asked: whoever gives up waiting has asked all the same.
        self.lock().tried_ms = Some((store.clock)());
        let fetched = store.parameters.fetch(&self.names, budget).await;
        fetched.failed.iter().for_each(|(names, error)| told::not_fetched(names, error));
        let settled = fetched.failed.iter().all(|(_, error)| is_about_one(error));
        let mut state = self.lock();
        let state = &mut *state;
        let mut altered = BTreeSet::new();
        for (name, value) in fetched.said {
            if state.said.get(&name) != Some(&value) {
                state.said.insert(name.clone(), value);
                altered.insert(name);
            }
        }
        // A name that is refused will be refused again: it waits for the next interval like the rest.
        if settled {
            state.fetched_ms = Some((store.clock)());
        }
        let is_altered = |holder: &Holder| holder.parameters().any(|name| altered.contains(name));
        let changed: Vec<usize> = (0..self.holders.len()).filter(|source| is_altered(&self.holders[*source])).collect();
        for source in &changed {
            state.live[*source] = self.holders[*source].secrets(&state.said);
        }
        changed
    }

    /// Each change of the state is one assignment, so a panic leaves it whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
