//! `tidegate send`: one signed delivery, or the same one many times at once.

use std::path::PathBuf;
use std::process::ExitCode;

use futures_util::StreamExt as _;
use futures_util::stream;
use shell::clock;
use webhook::sources::Source;

use crate::dead::print;
use crate::delivery::{Draft, Tamper, random_id};
use crate::post::Poster;
use crate::{CliError, bundle, split};

/// Sign one delivery as its provider would, and post it
///
/// Exits with 0 when every answer is 2xx, and with 1 otherwise. The signing secret is the one of the source:
/// its variable of sources.toml where that is set, or else the test secret of the local stack. A parameter of SSM is
/// not looked up: `--secret` says what it holds, where that is not the test secret.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// A source of sources.toml; a name that is none lists them
    source: String,
    /// A file with the body, sent to the byte; without it the provider's sample, or a made-up one for a scheme of your own
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    /// Where to: the gateway, or the whole URL of a hook
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8400")]
    to: String,
    /// What to do to the delivery so that it must be refused
    #[arg(long, value_enum)]
    tamper: Option<Tamper>,
    /// The secret to sign with, such as the new one while a secret is rotated
    #[arg(long, value_name = "SECRET")]
    secret: Option<String>,
    /// The event's id, for providers that have it in a header or for the sample; random without it
    #[arg(long)]
    id: Option<String>,
    /// The content type; API Gateway passes some on as text and all others as base64
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// How many times the very same delivery is sent, all at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    times: u32,
}

/// Signs, posts and prints the answers.
///
/// # Errors
/// When the source is unknown, the file cannot be read or nobody answers.
pub async fn run(options: &Options) -> Result<ExitCode, CliError> {
    let sources = bundle::read_sources()?;
    let source = find(&sources, &options.source)?;
    let read = |path: &PathBuf| {
        std::fs::read(path).map_err(|error| CliError::Usage(format!("{} cannot be read: {error}", path.display())))
    };
    let draft = Draft {
        source,
        base_url: &options.to,
        event_id: options.id.clone().unwrap_or_else(random_id),
        body: options.event.as_ref().map(read).transpose()?,
        content_type: options.content_type.as_deref(),
        tamper: options.tamper,
        now_ms: clock::now_ms(),
    };
    let delivery = match &options.secret {
        Some(secret) => draft.sign_with(secret)?,
        None => draft.sign()?,
    };
    let poster = Poster::new()?;
    const AT_ONCE: usize = 100;
    let posts = stream::iter(0..options.times).map(|_| poster.post(&delivery)).buffer_unordered(AT_ONCE);
    let answers: Vec<_> = posts.collect().await;
    let (mut accepted, mut refused) = (0, 0);
    let mut unanswered = None;
    for answer in answers {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                unanswered = Some(error);
                continue;
            }
        };
        accepted += u32::from((200..300).contains(&answer.status));
        refused += u32::from(answer.status == 403);
        let retry = answer.retry_after.map_or_else(String::new, |after| format!(", retry after {after} s"));
        print::text(&format!("{} in {} ms{retry} {}\n", answer.status, answer.took.as_millis(), answer.body))?;
    }
    if options.times > 1 {
        eprintln!("{accepted} of {} accepted", options.times);
    }
    let test_secret = options.secret.is_none() && bundle::secrets_set(source).next().is_none();
    if refused > 0 && options.tamper.is_none() && test_secret {
        eprintln!("signed with the test secret: is a secret of your own set where the stack runs, and not here?");
    }
    if let Some(error) = unanswered {
        return Err(error);
    }
    if accepted > 0 {
        delivery.key.iter().for_each(|key| eprintln!("event {}", key.pk));
        split::lines(&delivery.parts).iter().for_each(|line| eprintln!("event {line}"));
    }
    Ok(if accepted == options.times { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The source of this name.
///
/// # Errors
/// When there is none, with the names that there are.
pub fn find<'s>(sources: &'s [Source], name: &str) -> Result<&'s Source, CliError> {
    webhook::sources::by_name(sources, name).ok_or_else(|| {
        let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
        CliError::Usage(format!("no source {name:?} in sources.toml, there are: {}", names.join(", ")))
    })
}
