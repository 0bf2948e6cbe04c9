//! The stack that a storm goes over: our bundle in a folder of its own, the weather before it, the receiver beside it.

use std::sync::Arc;
use std::time::Duration;

use local::{Ports, Receiver, Stack};
use tempfile::TempDir;

use super::chaos;
use super::log::Outcomes;
use super::receiver::Counter;
use super::scene::Scene;
use super::weather::Weather;
use crate::CliError;
use crate::account::Account;
use crate::bundle::{self, Outside, Shape};
use crate::functions::Programs;
use crate::keys;

/// Everything that runs.
pub struct Ground {
    /// The stack.
    pub stack: Stack,
    /// The URL of the queue.
    pub queue_url: String,
    /// Clients that look into it, past the weather.
    pub account: Account,
    /// How calls fare.
    pub weather: Arc<Weather>,
    /// What the receiver got.
    pub counter: Arc<Counter>,
    /// What the functions said of themselves.
    pub outcomes: Outcomes,
    /// How long one invocation of a worker may take.
    pub worker_timeout: Duration,
    /// The file that holds the functions' log.
    pub log: std::path::PathBuf,
    /// Where everything is kept.
    pub folder: TempDir,
    receiver: Receiver,
    /// Open for as long as it is held.
    _keys: Receiver,
}

/// How many workers run when nothing else is asked for.
pub const WORKERS: u8 = 3;

impl Ground {
    /// Starts it.
    ///
    /// # Errors
    /// When the folder cannot be made or the stack does not start.
    pub async fn start(scene: &Arc<Scene>, programs: &Programs, workers: usize, fifo: bool) -> Result<Self, CliError> {
        // A lease ends with its invocation, and a message comes back soon after: so a freeze need not be long.
        // Without chaos nobody has to wait for anything, and a slow machine must not look like chaos.
        let (timeout_s, visibility_s) = if scene.plan.chaos { (5, 7) } else { (8, 48) };
        let worker_timeout = Duration::from_secs(timeout_s);
        let folder = tempfile::Builder::new().prefix("tidegate-storm-").tempdir();
        let folder = folder.map_err(|error| CliError::failed(format!("no folder for the state: {error}")))?;
        let log = folder.path().join("functions.log");
        let counter = Arc::new(Counter::new(scene.clone()));
        let answering = counter.clone();
        let receiver = Receiver::start(move |received| answering.reply(received)).await;
        let receiver = receiver.map_err(|error| CliError::failed(format!("the receiver does not start: {error}")))?;
        let listening = counter.clone();
        let on_bus = move |line: &str| listening.on_bus(line);
        let weather = Arc::new(Weather::new(scene.clone()));
        let outcomes = Outcomes::default();
        let state_dir = folder.path().join("state");
        let shape = Shape { state_dir, ports: Ports::default(), workers, worker_timeout, fifo };
        let [queue_name, letters_name] = bundle::queues(fifo);
        let sources = bundle::read_sources()?;
        let keys = keys::start().await?;
        let outside = Outside { endpoint: receiver.url(), keys: keys.url() };
        let mut config = bundle::config(&shape, programs, &sources, &outside, outcomes.log_to(&log, on_bus)?);
        config.interference = Some(weather.clone());
        for queue in config.queues.iter_mut().filter(|queue| queue.name == queue_name) {
            queue.visibility_timeout_s = visibility_s;
        }
        for worker in config.functions.iter_mut().filter(|function| function.name == bundle::WORKER) {
            worker.overrun = chaos::freeze(worker_timeout) + worker_timeout;
            // Also where a variable is set on this machine: a storm posts to nobody else.
            let variables = bundle::endpoint_variables(&sources);
            worker.env.extend(variables.map(|name| (name.to_owned(), format!("{}/{name}", receiver.url()))));
            let variables = bundle::bus_variables(&sources);
            worker.env.extend(variables.map(|name| (name.to_owned(), name.to_owned())));
        }
        let stack = Stack::start(config).await?;
        let letters = stack.queue_url(letters_name);
        let account = Account::at(&stack.sqs_url(), &stack.dynamodb_url(), letters, bundle::TABLE)?;
        let queue_url = stack.queue_url(queue_name);
        Ok(Ground {
            stack,
            queue_url,
            account,
            weather,
            counter,
            outcomes,
            worker_timeout,
            log,
            folder,
            receiver,
            _keys: keys,
        })
    }

    /// Stops everything; gives the folder back, which is removed when it is dropped.
    pub async fn stop(self) -> TempDir {
        self.stack.stop().await;
        self.receiver.stop().await;
        self.folder
    }
}
