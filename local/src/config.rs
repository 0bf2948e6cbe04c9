//! What a stack is made of: plain data, filled by whoever starts one.

use crate::interference::Interference;
use crate::logs::LogSink;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Everything that [`crate::Stack::start`] needs to know.
#[derive(Clone)]
pub struct StackConfig {
    /// Where queues and tables are kept; created if absent, and used by one stack at a time.
    pub state_dir: PathBuf,
    /// Where the endpoints listen.
    pub ports: Ports,
    /// The queues; those that exist already keep their messages.
    pub queues: Vec<QueueSpec>,
    /// The tables; those that exist already keep their items.
    pub tables: Vec<TableSpec>,
    /// The parameters of SSM, names and values: SecureStrings, set anew at each start.
    pub parameters: Vec<(String, String)>,
    /// The buckets of S3; those that exist already keep their objects.
    pub buckets: Vec<String>,
    /// The functions, each run as real processes.
    pub functions: Vec<FunctionSpec>,
    /// Which paths of the gateway reach which function.
    pub routes: Vec<RouteSpec>,
    /// Which queues feed which function.
    pub mappings: Vec<MappingSpec>,
    /// Where the functions' lines go.
    pub log: LogSink,
    /// What meddles with the functions' calls to SQS and DynamoDB; with none, nothing stands between.
    pub interference: Option<Arc<dyn Interference>>,
}

/// Ports on 127.0.0.1; 0 takes any free one. The Runtime API and the event buses always take a free one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ports {
    /// Where webhooks and other requests arrive.
    pub gateway: u16,
    /// The endpoint of the queues.
    pub sqs: u16,
    /// The endpoint of the tables.
    pub dynamodb: u16,
    /// The endpoint of the parameters.
    pub ssm: u16,
    /// The endpoint of the objects.
    pub s3: u16,
}

/// A queue, FIFO where its name ends in `.fifo`. It is deduplicated within each group, by content unless it is a
/// dead-letter queue.
#[derive(Debug, Clone)]
pub struct QueueSpec {
    /// By which the queue is found again at the next start.
    pub name: String,
    /// How long a received message stays hidden, in seconds.
    pub visibility_timeout_s: u32,
    /// Where messages go that were received too often.
    pub dead_letter: Option<DeadLetter>,
}

/// A redrive policy.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// The name of the dead-letter queue, one of [`StackConfig::queues`].
    pub queue: String,
    /// SQS' `maxReceiveCount`.
    pub receives_max: u32,
}

/// A table with the string keys `pk` (hash) and `sk` (range), billed on demand.
#[derive(Debug, Clone)]
pub struct TableSpec {
    /// Three characters or more, as DynamoDB demands.
    pub name: String,
    /// The attribute that holds the second at which an item expires.
    pub ttl_attribute: String,
}

/// A Lambda function: a binary built on `lambda_runtime`.
#[derive(Debug, Clone)]
pub struct FunctionSpec {
    /// The function's name, as routes and mappings refer to it.
    pub name: String,
    /// The executable.
    pub binary: PathBuf,
    /// What it is started with. A function on Lambda gets none.
    pub arguments: Vec<String>,
    /// Variables beyond those that Lambda itself sets. Values may hold the placeholders `{gateway_url}`,
    /// `{sqs_url}`, `{dynamodb_url}`, `{ssm_url}`, `{s3_url}` and `{queue_url:NAME}`, because ports may be unknown before the start;
    /// other braces stay as they are. With an interference, those of SQS and DynamoDB lead through it.
    pub env: Vec<(String, String)>,
    /// How many processes run: the function's concurrency, at least 1.
    pub processes: usize,
    /// How long one invocation may take: its deadline, as the function is told it.
    pub timeout: Duration,
    /// How long past its deadline a process is let live before it is killed. None at all on Lambda, which
    /// freezes a process and may thaw it later; whoever freezes one here gives it the time to thaw.
    pub overrun: Duration,
}

/// A path of the gateway, for any method.
#[derive(Debug, Clone)]
pub struct RouteSpec {
    /// Literal segments and `{name}` segments, as in `/hooks/{source}`.
    pub path: String,
    /// The function that answers.
    pub function: String,
}

/// An SQS event source mapping with `ReportBatchItemFailures`.
#[derive(Debug, Clone)]
pub struct MappingSpec {
    /// The queue that is polled.
    pub queue: String,
    /// The function that receives the batches.
    pub function: String,
    /// The most messages of one invocation.
    pub batch_size: usize,
    /// How long to wait for a batch to fill once it holds a message.
    pub batch_window: Duration,
}
