//! `tidegate up`: the bundle on this machine, until Ctrl-C.

use std::process::ExitCode;
use std::sync::Arc;

use webhook::sources::Source;

use crate::dead::print;
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
pub async fn run(options: &Options) -> Result<ExitCode, CliError> {
    let log = Arc::new(|line: local::LogLine| {
        // A log that nobody reads must not stop the stack.
        drop(print::text(&format!("{} {} {}\n", line.function, line.process, line.text)));
    });
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
    let secrets = secrets(&running.sources).join("\n          ");
    let gateway = running.stack.gateway_url();
    let sqs = running.stack.sqs_url();
    let dynamodb = running.stack.dynamodb_url();
    let ssm = running.stack.ssm_url();
    let s3 = running.stack.s3_url();
    let eventbridge = running.stack.eventbridge_url();
    let endpoint = running.endpoint.url();
    format!(
        "The stack is up.\n\
         webhooks  {gateway}/hooks/NAME, with NAME one of {}\n\
         SQS       {sqs} (queues {}, {})\n\
         DynamoDB  {dynamodb} (table {})\n\
         SSM       {ssm} (parameters of sources.toml, whose {{stage}} is {} here)\n\
         S3        {s3} (bucket {}, for bodies that no message has room for)\n\
         secrets   {secrets}\n\
         events    {eventbridge} takes what is put on event buses; a GET shows it\n\
         endpoint  {endpoint} takes what sources with destination = \"env:NAME\" post, unless NAME is set\n\
         try it    cargo run -- send github --to {gateway}\n",
        names.join(", "),
        running.queues[0],
        running.queues[1],
        bundle::TABLE,
        bundle::STAGE,
        bundle::BUCKET,
    )
}

/// Each test secret with the sources that have it, and the variables that others are from.
fn secrets(sources: &[Source]) -> Vec<String> {
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for source in sources {
        let set: Vec<&str> = bundle::secrets_set(source).collect();
        let secret = match set.is_empty() {
            // Everybody knows it.
            true => bundle::source_secrets(source),
            false => format!("from {}", set.join(", ")),
        };
        match told.iter_mut().find(|(known, _)| *known == secret) {
            Some((_, names)) => names.push(&source.name),
            None => told.push((secret, vec![&source.name])),
        }
    }
    told.into_iter().map(|(secret, names)| format!("{secret} for {}", names.join(", "))).collect()
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

#[cfg(test)]
mod tests {
    #[test]
    fn each_source_is_shown_with_its_own_test_secret() {
        let source = |name: &str| format!("[{name}]\nprovider = \"{name}\"\nsecrets = [\"env:TIDEGATE_UNSET\"]\n");
        let sources = ["github", "svix", "stripe"].map(source).concat();
        let told = super::secrets(&webhook::sources::parse(&sources).unwrap());
        let expected = ["tidegate-test-secret for github, stripe", "whsec_dGlkZWdhdGUtdGVzdC1zZWNyZXQ= for svix"];
        assert_eq!(told, expected);
    }
}
