//! The command line: what there is, and the exit status of it.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tidegate::{
    CliError, contract, cost, dead, demo, events, explain, functions, map, providers, replay, send, storm, up,
};

/// Receive webhooks into your own AWS account: verified, durable before the 2xx, acted on once.
#[derive(Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Up(up::Options),
    Demo(demo::Options),
    Send(send::Options),
    Events(events::Options),
    Dead(dead::Options),
    Replay(replay::Options),
    Storm(storm::Options),
    Providers(providers::Options),
    Explain(explain::Options),
    Cost(cost::Options),
    Contract(contract::Options),
    Map(map::Options),
}

fn main() -> ExitCode {
    // The process beside that runs jq programs is this executable, too.
    if std::env::args().nth(1).as_deref() == Some(jq::ARGUMENT) {
        return jq::child::serve();
    }
    // So is each process of a function on this machine.
    if let Some(ended) = std::env::args().nth(1).and_then(|name| functions::serve(&name)) {
        return ended;
    }
    command()
}

#[tokio::main]
async fn command() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Up(options) => up::run(&options).await,
        Command::Demo(options) => demo::run(&options).await,
        Command::Send(options) => send::run(&options).await,
        Command::Events(options) => events::run(&options),
        Command::Dead(options) => dead::run(&options).await,
        Command::Replay(options) => replay::run(&options).await,
        Command::Storm(options) => storm::run(&options).await,
        Command::Providers(options) => providers::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Cost(options) => cost::run(&options),
        Command::Contract(options) => contract::run(&options),
        Command::Map(options) => map::run(&options).await,
    };
    match ended {
        Ok(code) => code,
        Err(error) => complain(&error),
    }
}

fn complain(error: &CliError) -> ExitCode {
    eprintln!("tidegate: {error}");
    if matches!(error, CliError::Start(_)) {
        eprintln!(
            "--state, --port, --sqs-port, --dynamodb-port, --ssm-port and --s3-port choose others; port 0 takes any free one"
        );
    }
    ExitCode::from(error.exit_code())
}
