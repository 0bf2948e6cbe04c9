//! The provider of a storm: it posts each delivery until it is taken, and keeps the account of what was.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shell::clock;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use webhook::letter::Reason;

use super::scene::Scene;
use crate::CliError;
use crate::delivery::{Delivery, Draft};
use crate::post::Poster;

/// How often one delivery is posted at most before its provider gives up.
const POSTS_MAX: u32 = 40;
/// The pause after the first failure; it doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// What the provider knows of one event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Posted {
    /// How often one of its deliveries was posted, with all repetitions.
    pub posts: u32,
    /// How often one was answered 2xx.
    pub accepted: u16,
    /// How often there was no answer, or one that says to come again.
    pub failures: u32,
    /// The answer that refused it for good.
    pub refused: Option<u16>,
}

/// The provider.
pub struct Provider {
    scene: Arc<Scene>,
    gateway: String,
    poster: Poster,
    /// How many deliveries may be under way at once.
    permits: Semaphore,
    posted: Mutex<Vec<Posted>>,
    progress: watch::Sender<Progress>,
}

/// How far the provider is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many events were accepted.
    pub accepted: u32,
    /// Whether nothing is posted any more.
    pub over: bool,
}

impl Provider {
    /// A provider that posts to this gateway, so many deliveries at once.
    ///
    /// # Errors
    /// When this machine has no certificates to trust.
    pub fn new(scene: Arc<Scene>, gateway: String, at_once: u16) -> Result<Self, CliError> {
        let posted = Mutex::new(vec![Posted::default(); scene.plan.events.len()]);
        let (progress, _) = watch::channel(Progress::default());
        let permits = Semaphore::new(usize::from(at_once));
        Ok(Provider { scene, gateway, poster: Poster::new()?, permits, posted, progress })
    }

    /// How far it is, and how that changes.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// The account so far, by the numbers of the events.
    pub fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Posts everything, copies too, and returns when all of it was answered. With a rate, so many events begin
    /// in a second.
    ///
    /// # Errors
    /// When a delivery cannot be signed.
    pub async fn post_all(self: &Arc<Self>, rate: Option<u32>) -> Result<(), CliError> {
        let began = Instant::now();
        let mut posts = JoinSet::new();
        for number in 0..self.scene.plan.events.len() {
            // OK because a plan has at most a million events.
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            if let Some(rate) = rate {
                sleep_until(began + Duration::from_secs(1) * number / rate).await;
            }
            // One that is not taken back right away would let all deliveries be signed at once.
            drop(self.permits.acquire().await);
            let delivery = Arc::new(self.sign(number)?);
            for after in self.scene.plan.posts(number) {
                let (provider, delivery) = (self.clone(), delivery.clone());
                posts.spawn(async move {
                    sleep(after).await;
                    provider.post(number, &delivery).await;
                });
            }
            while posts.try_join_next().is_some() {}
        }
        while posts.join_next().await.is_some() {}
        self.progress.send_modify(|progress| progress.over = true);
        Ok(())
    }

    /// Signs an event as it is now, and writes down whose key it has before anybody can ask.
    fn sign(&self, number: u32) -> Result<Delivery, CliError> {
        let (source, event_id) = (self.scene.source(number), self.scene.plan.event_id(number));
        let broken = self.scene.expected_reason(number) == Some(Reason::ContractViolated);
        let draft = Draft {
            source,
            base_url: &self.gateway,
            body: broken.then(|| format!("{{\"cut off\": \"{event_id}").into_bytes()),
            event_id,
            content_type: None,
            tamper: None,
            now_ms: clock::now_ms(),
        };
        let delivery = draft.sign()?;
        let name = &source.name;
        let key = delivery.key.as_ref();
        let key = key.ok_or_else(|| CliError::failed(format!("{name}: a delivery of ours does not verify")))?;
        self.scene.roster.enlist(&key.pk, number);
        Ok(delivery)
    }

    /// Posts one delivery until it is taken, refused for good, or was posted too often.
    async fn post(&self, number: u32, delivery: &Delivery) {
        let mut pause = PAUSE;
        for _ in 0..POSTS_MAX {
            let answer = {
                // OK because nobody closes the semaphore.
                let _permit = self.permits.acquire().await;
                self.poster.post(delivery).await
            };
            match answer.map(|answer| answer.status) {
                Ok(200..=299) => {
                    let posted = self.note(number, |posted| posted.accepted = posted.accepted.saturating_add(1));
                    if posted.accepted == 1 {
                        self.progress.send_modify(|progress| progress.accepted += 1);
                    }
                    return;
                }
                Ok(429 | 500..) | Err(_) => {
                    self.note(number, |posted| posted.failures += 1);
                    sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                Ok(status) => {
                    self.note(number, |posted| posted.refused = Some(status));
                    return;
                }
            }
        }
    }

    /// Takes note of an answer, and of the post that it is for.
    fn note(&self, number: u32, change: impl FnOnce(&mut Posted)) -> Posted {
        let mut all = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
        let posted = &mut all[number as usize];
        posted.posts += 1;
        change(posted);
        *posted
    }
}
