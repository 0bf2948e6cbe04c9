//! `tidegate up`: the bundle on this machine, until Ctrl-C.

use std::process::ExitCode;
use std::sync::Arc;

use crate::stack::{self, Running, StackOptions};
use crate::{CliError, bundle};

/// Run the bundle on this machine until Ctrl-C: gateway, queue, table and both functions
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    stack: StackOptions,
}

/// Starts the stack, shows the functions' log and stops it at Ctrl-C.
///
/// # Errors
/// When the stack does not start.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub async fn run(options: &Options) -> Result<ExitCode, CliError> {
    let log = Arc::new(|line: local::LogLine| println!("{} {} {}", line.function, line.process, line.text));
    let running = stack::start(&options.stack, log).await?;
    eprint!("{}", addresses(&running));
    eprintln!("Ctrl-C stops it. What the functions log follows, on standard output.");
    until_interrupted().await?;
    eprintln!("Stopping ...");
    running.stack.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Where the stack can be reached, and how to try it.
pub fn addresses(running: &Running) -> String {
    let names: Vec<&str> = running.sources.iter().map(|source| source.name.as_str()).collect();
    let set: Vec<&str> = running.sources.iter().flat_map(bundle::secrets_set).collect();
    let secrets = match set.is_empty() {
        true => "the test secret tidegate-test-secret for every source".to_owned(),
        false => format!("from {}; the others are the test secret tidegate-test-secret", set.join(", ")),
    };
    let gateway = running.stack.gateway_url();
    let sqs = running.stack.sqs_url();
    let dynamodb = running.stack.dynamodb_url();
    let ssm = running.stack.ssm_url();
    let eventbridge = running.stack.eventbridge_url();
    let endpoint = running.endpoint.url();
    format!(
        "The stack is up.\n\
         webhooks  {gateway}/hooks/NAME, with NAME one of {}\n\
         SQS       {sqs} (queues {}, {})\n\
         DynamoDB  {dynamodb} (table {})\n\
         SSM       {ssm} (parameters of sources.toml, whose {{stage}} is {} here)\n\
         secrets   {secrets}\n\
         events    {eventbridge} takes what is put on event buses; a GET shows it\n\
         endpoint  {endpoint} takes what sources with destination = \"env:NAME\" post, unless NAME is set\n\
         try it    cargo run -- send github --to {gateway}\n",
        names.join(", "),
        bundle::QUEUE,
        bundle::DEAD_LETTERS,
        bundle::TABLE,
        bundle::STAGE,
    )
}

/// Returns at Ctrl-C, or when the process is asked to end.
///
/// # Errors
/// When signals cannot be waited for.
pub async fn until_interrupted() -> Result<(), CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let fail = |error| CliError::failed(format!("signals cannot be waited for: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(fail)?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(fail),
        _ = terminate.recv() => Ok(()),
    }
}
