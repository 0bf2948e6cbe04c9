//! Wires the door to Lambda's Runtime API.

use std::process::ExitCode;
use std::time::Duration;

use aws_sdk_sqs::Client;
use ingest_fn::door::{self, Door};
use ingest_fn::queue::{self, Queue};
use lambda_http::lambda_runtime;
use lambda_http::{Error, LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::value::RawValue;
use shell::log::{self, Level};
use shell::{Settings, settings};

/// How long the first connection may take before the function starts without it: whoever caused a cold start waits.
const WARM_UP: Duration = Duration::from_millis(500);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    log::hide_panic_messages();
    log::exit_code(run().await)
}

async fn run() -> Result<(), Error> {
    let settings = Settings::new(&settings::environment);
    let client = Client::new(&shell::aws::config(&settings, "SQS", queue::PATIENCE));
    let queue = Queue::new(client, settings.required("TIDEGATE_QUEUE_URL"));
    let public_url = settings.optional("TIDEGATE_PUBLIC_URL");
    settings.finish()?;
    let sources = webhook::sources::from_json(ingest_fn::SOURCES)?;
    let sources = door::load_secrets(sources, &settings::environment);
    if let Err(error) = queue.warm_up(WARM_UP).await {
        log::line(&NotWarm { level: Level::Warn, outcome: "queue_not_warm", detail: error.to_string() });
    }
    let door = &Door { sources, public_url, queue };
    let serve =
        |event: LambdaEvent<Box<RawValue>>| async move { Ok::<_, Error>(door.answer(event.payload.get()).await) };
    lambda_runtime::run(service_fn(serve)).await
}

#[derive(Serialize)]
struct NotWarm {
    level: Level,
    outcome: &'static str,
    detail: String,
}
