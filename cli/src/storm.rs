//! `tidegate storm`: many deliveries, duplicates and poison among them, under faults, and an audit of all of it.

pub mod audit;
pub mod calls;
pub mod chance;
pub mod chaos;
pub mod ground;
pub mod log;
pub mod plan;
pub mod provider;
pub mod queue;
pub mod receiver;
pub mod report;
pub mod roster;
pub mod rows;
pub mod scene;
pub mod settle;
pub mod share;
pub mod violation;
pub mod weather;
pub mod witness;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::dead::print;
use crate::{CliError, bundle, functions, up};
use audit::{Evidence, Subject};
use ground::{Ground, WORKERS};
use plan::{Order, Targets};
use provider::Provider;
use report::Report;
use scene::Scene;
use share::Share;
use webhook::destination::Destination;
use witness::Seen;

/// Prove on this machine that nothing is lost and nothing takes effect twice
///
/// Starts a stack of its own in a temporary folder, on free ports, and posts signed deliveries to it. What was
/// accepted is held against the table, the queue, the dead-letter queue and the receiver of outside effects: each
/// event is done, or dead with a letter if it had to die, and no effect was committed twice.
///
/// With --chaos, calls to SQS and DynamoDB are lost, refused, late or never answered, workers and doors are killed,
/// and workers are frozen until their leases are over. The same seed has the same deliveries and the same faults;
/// what comes of them depends on the machine's own timing too.
///
/// Exits with 0 when the audit is clean, and with 1 otherwise; the stack's state and log are kept then.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How many events there are
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,
    /// How many events begin in a second; as many as it goes without it
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: Option<u32>,
    /// How many deliveries are under way at once
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    at_once: u16,
    /// The sources to play, such as github,stripe; all of sources.toml that can be played here without it
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    sources: Vec<String>,
    /// How many of the events are posted again, at once or later, as 30% or 0.3
    #[arg(long, value_name = "P", default_value = "0%")]
    duplicates: Share,
    /// How many of the events must end as a dead letter
    #[arg(long, value_name = "P", default_value = "0%")]
    poison: Share,
    /// How many of the events have a destination that takes a second or two
    #[arg(long, value_name = "P", default_value = "0%")]
    slow: Share,
    /// Lose, refuse and delay calls, kill doors and workers, freeze workers past their leases
    #[arg(long)]
    chaos: bool,
    /// From which everything random is drawn; random without it, and always printed
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many workers run at once
    #[arg(long, value_name = "N", default_value_t = WORKERS, value_parser = clap::value_parser!(u8).range(1..=32))]
    workers: u8,
    /// FIFO queues, in which the events of a source come one after the other
    #[arg(long)]
    fifo: bool,
    /// After how many seconds what is not settled counts as stuck; by default 300 and one for every 20 events
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    time_limit: Option<u32>,
    /// A file for the report, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// A folder with ingest-fn and worker-fn binaries to run in place of the functions that this command holds
    #[arg(long, value_name = "DIR")]
    functions: Option<PathBuf>,
}

/// How many doors the bundle has on this machine.
const DOORS: usize = 4;

/// Runs the storm.
///
/// # Errors
/// When the stack does not start or stops answering, or somebody interrupts. A violation is no error of the storm:
/// it is printed, and the exit status says so.
pub async fn run(options: &Options) -> Result<ExitCode, CliError> {
    let scene = Arc::new(scene(options)?);
    if let Some(path) = &options.report {
        // A place that cannot be written must not be found out after the storm.
        std::fs::File::options().append(true).create(true).open(path).map_err(|error| unwritable(path, &error))?;
    }
    eprintln!("seed {}, plan {}", scene.plan.seed, scene.plan.digest());
    eprintln!("Starting the stack ...");
    let programs = functions::programs(options.functions.as_deref(), &bundle::read_sources()?)?;
    let ground = Ground::start(&scene, &programs, usize::from(options.workers), options.fifo).await?;
    let told = tokio::select! {
        told = play(options, &scene, &ground) => told,
        interrupted = up::until_interrupted() => interrupted.and(Err(CliError::failed("interrupted"))),
    };
    let log = ground.log.clone();
    let folder = ground.stop().await;
    let report = told?;
    print::text(&report.text())?;
    if let Some(path) = &options.report {
        std::fs::write(path, format!("{:#}\n", report.json())).map_err(|error| unwritable(path, &error))?;
    }
    if report.audit.violations.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    print::text(&format!("kept: {} and the functions' log {}\n", folder.keep().display(), log.display()))?;
    Ok(ExitCode::FAILURE)
}

fn unwritable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::Usage(format!("--report {} cannot be written: {error}", path.display()))
}

/// The scene that the options ask for.
fn scene(options: &Options) -> Result<Scene, CliError> {
    let (sources, left_out) = scene::choose(bundle::read_sources()?, &options.sources)?;
    if !left_out.is_empty() {
        eprintln!(
            "left out, because of where they take effect, or because they have no identity, a split or a scheme of their own: {}",
            left_out.join(", ")
        );
    }
    let order = Order {
        seed: options.seed.unwrap_or_else(|| fastrand::u64(..)),
        count: options.count,
        duplicates: options.duplicates,
        poison: options.poison,
        slow: options.slow,
        chaos: options.chaos.then_some(Targets { workers: usize::from(options.workers), doors: DOORS }),
        sources: sources.iter().map(|source| scene::poison(source).is_some()).collect(),
    };
    Ok(Scene::new(order.plan(), sources))
}

/// Posts everything, does to the processes what the plan says, waits until it has settled, and audits it.
async fn play(options: &Options, scene: &Arc<Scene>, ground: &Ground) -> Result<Report, CliError> {
    let provider = Arc::new(Provider::new(scene.clone(), ground.stack.gateway_url(), options.at_once)?);
    let queue_url = &ground.queue_url;
    let seconds = options.time_limit.unwrap_or(300 + options.count / 20);
    let began = Instant::now();
    let until = began + Duration::from_secs(u64::from(seconds));

    let mut done = chaos::Done::default();
    let mut posted_in = Duration::ZERO;
    let weather_passes = async {
        let progress = provider.progress();
        let posting = async {
            let posted = provider.post_all(options.rate).await;
            posted_in = began.elapsed();
            posted
        };
        let chaos = chaos::run(&ground.stack, &scene.plan.acts, &progress, ground.worker_timeout);
        let (posted, acted) = tokio::join!(posting, chaos);
        done = acted;
        posted?;
        settle::settle(&ground.account, queue_url, scene.plan.chaos).await
    };
    let in_time = tokio::select! {
        in_time = timeout_at(until, weather_passes) => in_time,
        () = settle::show(scene, &provider, &ground.weather, &ground.account, queue_url) => Ok(Ok(())),
    };
    let settled_in = began.elapsed();
    let out_of_time = in_time.is_err();
    in_time.unwrap_or(Ok(()))?;

    let evidence = evidence(scene, &provider, ground, out_of_time).await?;
    let (letters, calls, calls_again) = Report::count(&evidence);
    let posted = provider.posted();
    Ok(Report {
        seed: scene.plan.seed,
        digest: scene.plan.digest(),
        sources: scene.sources.iter().map(|source| source.name.clone()).collect(),
        copies: scene.plan.events.iter().map(|event| event.copies_after_ms.len() as u64).sum(),
        posts: posted.iter().map(|posted| u64::from(posted.posts)).sum(),
        failures: posted.iter().map(|posted| u64::from(posted.failures)).sum(),
        planned: weather::planned(&scene.plan),
        met: ground.weather.met(),
        done,
        logged: [bundle::INGEST, bundle::WORKER].map(|function| (function, ground.outcomes.of(function))).to_vec(),
        letters,
        calls,
        calls_again,
        posted_in,
        settled_in,
        audit: audit::audit(&evidence),
    })
}

/// What the audit looks at, read when everything stands still.
async fn evidence(
    scene: &Scene,
    provider: &Provider,
    ground: &Ground,
    out_of_time: bool,
) -> Result<Evidence, CliError> {
    let keys = scene.roster.keys(scene.plan.events.len());
    let known = (0..).zip(keys.into_iter().zip(provider.posted()));
    let effects = known.flat_map(|(number, (pk, posted))| {
        let expected = scene.expected_reason(number).map(|reason| reason.name());
        scene.source(number).destinations.iter().enumerate().map(move |(place, destination)| Subject {
            pk: pk.clone(),
            sk: destination.name().to_owned(),
            first: place == 0,
            outside: matches!(destination, Destination::Https(_) | Destination::EventBridge(_)),
            expected,
            posted,
            seen: Seen::default(),
        })
    });
    let subjects = effects.zip(scene.witness.seen()).map(|(subject, seen)| Subject { seen, ..subject });
    Ok(Evidence {
        subjects: subjects.collect(),
        rows: rows::all(&ground.account).await?,
        letters: queue::letters(&ground.account).await?,
        calls: ground.counter.calls(),
        left_in_queue: queue::depth(&ground.account, &ground.queue_url).await?,
        chaos: scene.plan.chaos,
        out_of_time,
    })
}
