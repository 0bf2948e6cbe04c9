//! Wires the door to Lambda's Runtime API: what the executable does, and the command line when it stands for it.

use std::process::ExitCode;
use std::time::Duration;

use crate::bodies::Bodies;
use crate::documents::Documents;
use crate::door::Door;
use crate::parameters::Parameters;
use crate::queue::{self, Queue};
use crate::rates::Rates;
use crate::secrets::{SecretCache, Store};
use aws_sdk_sqs::Client;
use lambda_http::lambda_runtime;
use lambda_http::{Error, LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::value::RawValue;
use shell::log::{self, Level};
use shell::{Settings, clock, metrics, settings};
use webhook::sources::{SecretPlace, Source, is_stage};

/// How long the first connection may take before the function starts without it: whoever caused a cold start waits.
const WARM_UP: Duration = Duration::from_millis(500);
/// How long the secrets of SSM may take at start: without them there is nothing to verify with.
const SECRETS: Duration = Duration::from_millis(1_000);

/// Serves invocations until the Runtime API is gone.
#[tokio::main(flavor = "current_thread")]
pub async fn serve() -> ExitCode {
    log::hide_panic_messages();
    log::exit_code(run().await)
}

async fn run() -> Result<(), Error> {
    let settings = Settings::new(&settings::environment);
    metrics::begin(settings.optional("TIDEGATE_STACK"));
    let client = Client::new(&shell::aws::config(&settings, "SQS", queue::PATIENCE));
    let queue = Queue::new(client, settings.required("TIDEGATE_QUEUE_URL"));
    let public_url = settings.optional("TIDEGATE_PUBLIC_URL");
    let documents_url = settings.optional("TIDEGATE_DOCUMENTS_URL");
    let bodies = settings.optional("TIDEGATE_BUCKET").map(|bucket| Bodies::new(&settings, bucket));
    let sources = webhook::sources::from_json(crate::SOURCES)?;
    let stage = stage(&sources, settings.optional("TIDEGATE_STAGE"), &settings);
    let refresh = settings.number("TIDEGATE_SECRETS_REFRESH_S", 30..=3600, 300);
    let names_a_parameter = |source: &Source| source.secrets.iter().any(|place| matches!(place, SecretPlace::Ssm(_)));
    let store = sources.iter().any(names_a_parameter).then(|| Store {
        parameters: Parameters::new(&settings),
        refresh: Duration::from_secs(refresh.into()),
        clock: Box::new(clock::now_ms),
    });
    settings.finish()?;
    let secrets = SecretCache::new(&sources, &settings::environment, &stage, store);
    let (warm, ()) = tokio::join!(queue.warm_up(WARM_UP), secrets.fill(SECRETS));
    if let Err(error) = warm {
        log::line(&Told { level: Level::Warn, outcome: "queue_not_warm", detail: error.to_string() });
    }
    if let Some(url) = &documents_url {
        let detail = format!("TIDEGATE_DOCUMENTS_URL: all public keys are fetched from {url}");
        log::line(&Told { level: Level::Warn, outcome: "keys_from_elsewhere", detail });
    }
    let documents = Documents::new(documents_url);
    let rates = Rates::new(&sources);
    let door = &Door { sources, secrets, rates, public_url, documents, queue, bodies };
    let serve =
        |event: LambdaEvent<Box<RawValue>>| async move { Ok::<_, Error>(door.answer(event.payload.get()).await) };
    lambda_runtime::run(service_fn(serve)).await
}

/// The stage, which has to be known where a parameter lies elsewhere in each.
fn stage(sources: &[Source], stage: Option<String>, settings: &Settings<'_>) -> String {
    let stage = stage.unwrap_or_default();
    let needs_it = |source: &&Source| source.secrets.iter().any(SecretPlace::needs_stage);
    if let Some(source) = sources.iter().find(needs_it).filter(|_| !is_stage(&stage)) {
        settings.mistake(format!(
            "TIDEGATE_STAGE is {}, expected 1 to 64 letters, digits, '.', '-' and '_': {{stage}} stands in a parameter of {}",
            if stage.is_empty() { "not set" } else { "no name of a stage" },
            source.name
        ));
    }
    stage
}

#[derive(Serialize)]
struct Told {
    level: Level,
    outcome: &'static str,
    detail: String,
}
