//! Our stack on this machine, started: its addresses, and clients that look into it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use local::{LogSink, Ports, Received, Receiver, Reply, Stack, StackConfig};
use webhook::sources::Source;

use crate::account::Account;
use crate::bundle::{self, Outside, Shape};
use crate::{CliError, functions, keys};

/// Where a local stack keeps its state and listens.
#[derive(Debug, Clone, clap::Args)]
pub struct StackOptions {
    /// Where queues and table are kept; they survive a restart
    #[arg(long, value_name = "DIR", default_value = ".tidegate")]
    pub state: PathBuf,
    /// The port that webhooks are posted to; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 8400)]
    pub port: u16,
    /// The port of the SQS endpoint; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = bundle::SQS_PORT)]
    pub sqs_port: u16,
    /// The port of the DynamoDB endpoint; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = bundle::DYNAMODB_PORT)]
    pub dynamodb_port: u16,
    /// The port of the SSM endpoint; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = bundle::SSM_PORT)]
    pub ssm_port: u16,
    /// The port of the S3 endpoint; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = bundle::S3_PORT)]
    pub s3_port: u16,
    /// How many workers run at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub workers: u8,
    /// FIFO queues, as the deployment has with FifoQueue=true; queues of the other kind are left as they are
    #[arg(long)]
    pub fifo: bool,
    /// A folder with ingest-fn and worker-fn binaries to run in place of the functions that this command holds
    #[arg(long, value_name = "DIR")]
    pub functions: Option<PathBuf>,
}

impl StackOptions {
    /// The shape of the stack that these options ask for.
    pub fn shape(&self) -> Shape {
        Shape {
            state_dir: self.state.clone(),
            ports: Ports {
                gateway: self.port,
                sqs: self.sqs_port,
                dynamodb: self.dynamodb_port,
                ssm: self.ssm_port,
                s3: self.s3_port,
            },
            workers: usize::from(self.workers),
            worker_timeout: Duration::from_secs(5),
            fifo: self.fifo,
        }
    }
}

/// A stack that runs.
pub struct Running {
    /// The stack itself.
    pub stack: Stack,
    /// The names of the queue and of its dead-letter queue.
    pub queues: [&'static str; 2],
    /// The sources that may post to it.
    pub sources: Vec<Source>,
    /// What became of deliveries, read from its table and queues.
    pub account: Account,
    /// Stands for the endpoints that events are posted to.
    pub endpoint: Endpoint,
    /// Stands for the servers of providers who publish their keys; open for as long as it is held.
    _keys: Receiver,
}

/// An endpoint that takes everything, and counts.
pub struct Endpoint {
    receiver: Receiver,
    keys: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    async fn start() -> Result<Self, CliError> {
        let keys = Arc::new(Mutex::new(Vec::new()));
        let kept = keys.clone();
        let take = move |got: &Received| {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(got.key.clone().unwrap_or_default());
            Reply { status: 204, retry_after_s: None, after: Duration::ZERO, body: Bytes::new() }
        };
        let receiver = Receiver::start(take).await;
        let receiver = receiver.map_err(|error| CliError::failed(format!("no port for an endpoint: {error}")))?;
        Ok(Endpoint { receiver, keys })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.receiver.url()
    }

    /// The idempotency key of each post, in the order in which they came.
    pub fn keys(&self) -> Vec<String> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often something was posted to it.
    pub fn posts(&self) -> usize {
        self.keys().len()
    }
}

/// Finds the functions, or builds them where needed, and starts the stack.
///
/// # Errors
/// When the functions do not build or the stack does not start.
pub async fn start(options: &StackOptions, log: LogSink) -> Result<Running, CliError> {
    let sources = bundle::read_sources()?;
    let programs = functions::programs(options.functions.as_deref(), &sources)?;
    launch(&options.shape(), &programs, sources, |_| (), log).await
}

/// Starts the stack with functions that are there already, and with whatever else a test wants of it.
///
/// # Errors
/// When it does not start.
pub async fn start_with(
    shape: &Shape,
    programs: &functions::Programs,
    alter: impl FnOnce(&mut StackConfig),
    log: LogSink,
) -> Result<Running, CliError> {
    launch(shape, programs, bundle::read_sources()?, alter, log).await
}

async fn launch(
    shape: &Shape,
    programs: &functions::Programs,
    sources: Vec<Source>,
    alter: impl FnOnce(&mut StackConfig),
    log: LogSink,
) -> Result<Running, CliError> {
    let endpoint = Endpoint::start().await?;
    let keys = keys::start().await?;
    let outside = Outside { endpoint: endpoint.url(), keys: keys.url() };
    let mut config = bundle::config(shape, programs, &sources, &outside, log);
    alter(&mut config);
    let stack = Stack::start(config).await?;
    let queues = bundle::queues(shape.fifo);
    let letters = stack.queue_url(queues[1]);
    let account = Account::at(&stack.sqs_url(), &stack.dynamodb_url(), letters, bundle::TABLE)?;
    Ok(Running { stack, queues, sources, account, endpoint, _keys: keys })
}

/// A log that writes each line to a file.
///
/// # Errors
/// When the file cannot be opened.
pub fn log_to_file(path: &std::path::Path) -> Result<LogSink, CliError> {
    use std::io::Write as _;
    let fail = |error| CliError::failed(format!("{} cannot be written: {error}", path.display()));
    path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(fail)?;
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(fail)?;
    Ok(Arc::new(move |line| {
        // A log that cannot be written must not stop the stack.
        drop(writeln!(&file, "{} {} {}", line.function, line.process, line.text));
    }))
}
