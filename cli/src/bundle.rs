//! What the bundle is made of when it runs on this machine: the counterpart of `template.yaml`.

use std::path::PathBuf;
use std::time::Duration;

use local::{DeadLetter, FunctionSpec, LogSink, MappingSpec, Ports, QueueSpec, RouteSpec, StackConfig, TableSpec};
use webhook::destination::{Address, Bus, BusPlace, Destination, Endpoint};
use webhook::sign::test_secret;
use webhook::sources::{self, SecretPlace, Source};

use crate::CliError;
use crate::functions::{Program, Programs};

/// The queue of verified deliveries.
pub const QUEUE: &str = "tidegate";
/// The dead-letter queue.
pub const DEAD_LETTERS: &str = "tidegate-dead-letters";
/// The names of both where they are FIFO queues.
const FIFO: [&str; 2] = ["tidegate.fifo", "tidegate-dead-letters.fifo"];
/// The ledger's table.
pub const TABLE: &str = "tidegate";
/// The bucket for bodies that no message has room for.
pub const BUCKET: &str = "tidegate-bodies";
/// The two functions' names.
pub const INGEST: &str = "ingest-fn";
/// See [`INGEST`].
pub const WORKER: &str = "worker-fn";

/// The port of the SQS endpoint, unless another is asked for.
pub const SQS_PORT: u16 = 8401;
/// The port of the DynamoDB endpoint, unless another is asked for.
pub const DYNAMODB_PORT: u16 = 8402;

/// What posts to endpoints are signed with here, where the variable of the secret is not set: the test secret, as
/// Standard Webhooks writes it.
pub const SIGNING_SECRET: &str = "whsec_dGlkZWdhdGUtdGVzdC1zZWNyZXQ=";
/// The event bus here, where the variable of its name is not set.
pub const BUS: &str = "local";

/// The port of the SSM endpoint, unless another is asked for.
pub const SSM_PORT: u16 = 8403;
/// The port of the S3 endpoint, unless another is asked for.
pub const S3_PORT: u16 = 8404;
/// The stage here, as it stands in the names of parameters.
pub const STAGE: &str = "local";

/// What may differ from one local stack to the next.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Where queues and table are kept.
    pub state_dir: PathBuf,
    /// Where the endpoints listen.
    pub ports: Ports,
    /// How many workers run at once.
    pub workers: usize,
    /// How long one invocation of the worker may take. The queue hides messages for six times as long.
    pub worker_timeout: Duration,
    /// Whether the queues are FIFO queues.
    pub fifo: bool,
}

/// The names of the queue and of its dead-letter queue.
pub fn queues(fifo: bool) -> [&'static str; 2] {
    if fifo { FIFO } else { [QUEUE, DEAD_LETTERS] }
}

/// What stands on this machine for servers of others, by their URLs.
#[derive(Debug)]
pub struct Outside {
    /// For the endpoints that events are posted to.
    pub endpoint: String,
    /// For the servers of providers who publish their keys.
    pub keys: String,
}

/// The stack of our two functions. Sources whose endpoint is named by a variable post to the one of this machine, unless
/// the variable is set here.
pub fn config(shape: &Shape, programs: &Programs, sources: &[Source], outside: &Outside, log: LogSink) -> StackConfig {
    const DOORS: usize = 4;
    // As in `template.yaml`: until when the worker gives up, and the queue after it.
    let (given_up, receives_max) = if shape.fifo { ("270", 300) } else { ("90", 100) };
    let [queue_name, letters_name] = queues(shape.fifo);
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let queue_url = set("TIDEGATE_QUEUE_URL", &format!("{{queue_url:{queue_name}}}"));
    let mut ingest_env = vec![queue_url.clone(), set("TIDEGATE_BUCKET", BUCKET), set("TIDEGATE_STAGE", STAGE)];
    ingest_env.extend(secret_variables(sources));
    // Whoever has set a real secret wants the real keys, and never those that everybody knows.
    let is_real = |source: &&Source| secrets_set(source).next().is_some();
    let mut fetched = sources.iter().filter(|source| source.provider.scheme.document.is_some()).peekable();
    if fetched.peek().is_some() && fetched.find(is_real).is_none() {
        ingest_env.push(set("TIDEGATE_DOCUMENTS_URL", &outside.keys));
    }
    let mut worker_env = vec![
        queue_url,
        set("TIDEGATE_DEAD_LETTER_QUEUE_URL", &format!("{{queue_url:{letters_name}}}")),
        set("TIDEGATE_RECEIVES_MAX", given_up),
        set("TIDEGATE_TABLE", TABLE),
    ];
    let url = |name: &str| environment(name).unwrap_or_else(|| outside.endpoint.clone());
    worker_env.extend(endpoint_variables(sources).map(|name| (name.to_owned(), url(name))));
    let or_else = |name: &str, value: &str| set(name, &environment(name).unwrap_or_else(|| value.to_owned()));
    worker_env.extend(signing_variables(sources).map(|name| or_else(name, SIGNING_SECRET)));
    worker_env.extend(bus_variables(sources).map(|name| or_else(name, BUS)));
    let timeout_s = u32::try_from(shape.worker_timeout.as_secs()).unwrap_or(u32::MAX / 6);
    let queue =
        |name: &str, dead_letter| QueueSpec { name: name.to_owned(), visibility_timeout_s: 6 * timeout_s, dead_letter };
    let redrive = DeadLetter { queue: letters_name.to_owned(), receives_max };
    let function = |name: &str, program: &Program, env, processes, timeout| FunctionSpec {
        name: name.to_owned(),
        binary: program.binary.clone(),
        arguments: program.arguments.clone(),
        env,
        processes,
        timeout,
        overrun: Duration::ZERO,
    };
    StackConfig {
        state_dir: shape.state_dir.clone(),
        ports: shape.ports,
        queues: vec![queue(letters_name, None), queue(queue_name, Some(redrive))],
        parameters: parameters(sources),
        buckets: vec![BUCKET.to_owned()],
        tables: vec![TableSpec { name: TABLE.to_owned(), ttl_attribute: "expires_at".to_owned() }],
        functions: vec![
            function(INGEST, &programs.ingest, ingest_env, DOORS, Duration::from_secs(5)),
            function(WORKER, &programs.worker, worker_env, shape.workers, shape.worker_timeout),
        ],
        routes: vec![RouteSpec { path: "/hooks/{source}".to_owned(), function: INGEST.to_owned() }],
        mappings: vec![MappingSpec {
            queue: queue_name.to_owned(),
            function: WORKER.to_owned(),
            batch_size: 10,
            batch_window: Duration::ZERO,
        }],
        log,
        interference: None,
    }
}

/// Reads the `sources.toml` of the checkout, or the file that `TIDEGATE_SOURCES_FILE` names, as the build of the
/// functions does.
///
/// # Errors
/// Every mistake in it.
pub fn read_sources() -> Result<Vec<Source>, CliError> {
    let file = environment("TIDEGATE_SOURCES_FILE").unwrap_or_else(|| "sources.toml".to_owned());
    let path = crate::functions::checkout().join(&file);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| CliError::failed(format!("{} cannot be read: {error}", path.display())))?;
    sources::parse(&text).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(|mistake| format!("{file}, {mistake}")).collect();
        CliError::failed(lines.join("\n"))
    })
}

/// The variables that hold the URLs of endpoints.
pub fn endpoint_variables(sources: &[Source]) -> impl Iterator<Item = &str> {
    sources.iter().flat_map(|source| &source.destinations).filter_map(|destination| match destination {
        Destination::Https(Endpoint { address: Address::Env(name), .. }) => Some(name.as_str()),
        _ => None,
    })
}

/// The variables that hold what posts to endpoints are signed with.
fn signing_variables(sources: &[Source]) -> impl Iterator<Item = &str> {
    sources.iter().flat_map(|source| &source.destinations).filter_map(|destination| match destination {
        Destination::Https(endpoint) => endpoint.sign.as_deref(),
        _ => None,
    })
}

/// The variables that hold the names of event buses.
pub fn bus_variables(sources: &[Source]) -> impl Iterator<Item = &str> {
    sources.iter().flat_map(|source| &source.destinations).filter_map(|destination| match destination {
        Destination::EventBridge(Bus { place: BusPlace::Env(name), .. }) => Some(name.as_str()),
        _ => None,
    })
}

/// Whether what is posted to a source here is posted on to an endpoint of the user's own.
pub fn is_elsewhere(source: &Source) -> bool {
    source.destinations.iter().any(|destination| match destination {
        Destination::Https(Endpoint { address: Address::Url(_), .. }) => true,
        Destination::Https(Endpoint { address: Address::Env(name), .. }) => environment(name).is_some(),
        Destination::Table | Destination::Handler | Destination::EventBridge(_) => false,
    })
}

/// A variable that is set on this machine, and not to nothing.
fn environment(name: &str) -> Option<String> {
    shell::settings::environment(name).filter(|value| !value.is_empty())
}

/// The variables of a source's secrets.
fn variables(source: &Source) -> impl Iterator<Item = &str> {
    source.secrets.iter().filter_map(|place| match place {
        SecretPlace::Env(name) => Some(name.as_str()),
        SecretPlace::Ssm(_) => None,
    })
}

/// The variables of a source that are set on this machine.
pub fn secrets_set(source: &Source) -> impl Iterator<Item = &str> {
    variables(source).filter(|name| environment(name).is_some())
}

/// The secrets of a source on this machine: those in the environment, or else the test secret.
pub fn source_secrets(source: &Source) -> String {
    let set: Vec<String> = variables(source).filter_map(environment).collect();
    if set.is_empty() { test_secret(source.provider) } else { set.join("\n") }
}

/// The first place of each source's secrets, with what this machine holds there.
fn filled(sources: &[Source]) -> impl Iterator<Item = (&SecretPlace, String)> {
    sources.iter().filter_map(|source| Some((source.secrets.first()?, source_secrets(source))))
}

/// The variables that give sources their secrets.
fn secret_variables(sources: &[Source]) -> impl Iterator<Item = (String, String)> {
    filled(sources).filter_map(|(place, secret)| match place {
        SecretPlace::Env(name) => Some((name.clone(), secret)),
        SecretPlace::Ssm(_) => None,
    })
}

/// The parameters that do.
fn parameters(sources: &[Source]) -> Vec<(String, String)> {
    filled(sources).filter_map(|(place, secret)| Some((place.parameter(STAGE)?, secret))).collect()
}
