//! Wires the worker to Lambda's Runtime API: what the executable does, and the command line when it stands for it.

use std::process::ExitCode;
use std::time::Duration;

use crate::batch::{self, CONCURRENCY};
use crate::bodies::Bodies;
use crate::handle::handle;
use crate::ledger::Ledger;
use crate::limits::Limits;
use crate::outside::Outside;
use crate::queue::Queues;
use crate::record::World;
use futures_util::future::join_all;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use shell::aws::{self, Patience};
use shell::{Settings, log, metrics, settings};
use webhook::ledger::Key;

/// A worker may wait longer than the door: nobody is on the line.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(1),
    attempt: Duration::from_secs(3),
    operation: Duration::from_secs(8),
    attempts: 3,
};
/// With full jitter and a cap of 15 minutes, an event is given up after about an hour and a half.
const ATTEMPTS_MAX: u32 = 20;
/// The queue moves a message by itself after 100 receives (`maxReceiveCount` in template.yaml), and then without a
/// reason: the worker is to be faster.
const RECEIVES_MAX: u32 = 90;

/// Serves invocations until the Runtime API is gone. An executable whose sources have programs begins with
/// `jq::child::serve` when it is asked to.
#[tokio::main(flavor = "current_thread")]
pub async fn serve() -> ExitCode {
    log::hide_panic_messages();
    log::exit_code(run().await)
}

async fn run() -> Result<(), Error> {
    let settings = Settings::new(&settings::environment);
    metrics::begin(settings.optional("TIDEGATE_STACK"));
    let dynamodb = aws_sdk_dynamodb::Client::new(&aws::config(&settings, "DYNAMODB", PATIENCE));
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&settings, "SQS", PATIENCE));
    let ledger = Ledger::new(dynamodb, settings.required("TIDEGATE_TABLE"));
    let (queue, dead_letters) = ("TIDEGATE_QUEUE_URL", "TIDEGATE_DEAD_LETTER_QUEUE_URL");
    let queues = Queues::new(sqs, settings.required(queue), settings.required(dead_letters));
    let limits = Limits {
        attempts: settings.number("TIDEGATE_ATTEMPTS_MAX", 1..=80, ATTEMPTS_MAX),
        receives: settings.number("TIDEGATE_RECEIVES_MAX", 2..=1000, RECEIVES_MAX),
    };
    let sources = webhook::sources::from_json(crate::SOURCES)?;
    let outside = Outside::of(&sources, &settings);
    let bodies = Bodies::new(&settings, PATIENCE);
    settings.finish()?;
    let world = &World {
        sources,
        bodies,
        ledger,
        queues,
        outside,
        #[cfg(feature = "jq")]
        jq: jq::Jq::of_itself(),
        limits,
    };
    warm_up(&world.ledger).await;

    let serve = |event: LambdaEvent<Box<RawValue>>| async move {
        Ok::<_, Error>(batch::answer(world, event.payload.get(), event.context.deadline, &handle).await?)
    };
    lambda_runtime::run(service_fn(serve)).await
}

/// Opens one connection for each record of a batch during INIT, when a function has a whole core. A table
/// that does not answer is no reason not to start: the first batch will say so.
async fn warm_up(ledger: &Ledger) {
    let key = Key { pk: "warm-up".to_owned(), sk: "none".to_owned() };
    let reads = join_all((0..CONCURRENCY).map(|_| ledger.read(&key)));
    drop(tokio::time::timeout(Duration::from_secs(1), reads).await);
}
