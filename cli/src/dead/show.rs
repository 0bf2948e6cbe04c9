//! `tidegate dead show`: one letter whole, or the provider's body in it.

use std::process::ExitCode;

use super::body::fetch;
use super::letter::Letter;
use super::list::{fates, known_sources};
use super::pass::Pass;
use super::place::{Opened, Place};
use super::print::{self, plain};
use crate::CliError;
use shell::aws::s3::S3;

/// Show one letter: what the worker wrote on it, the envelope in it, and what became of its event since
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The letter's message id, as `list` shows it
    message_id: String,
    /// Write the provider's raw body to standard output, to the byte, and nothing else
    #[arg(long)]
    body: bool,
    #[command(flatten)]
    place: Place,
}

/// Shows one letter.
///
/// # Errors
/// When there is no such letter, or the queue or the table does not answer.
pub async fn run(options: &Options) -> Result<ExitCode, CliError> {
    let Opened { account, bodies, .. } = options.place.open()?;
    let letter = Pass::over(&account, async |pass| find(pass, &options.message_id).await).await?;
    if options.body {
        print::out(&raw_body(&bodies, &letter).await)?;
        return Ok(ExitCode::SUCCESS);
    }
    let sources = known_sources();
    let fates = fates(&account, std::slice::from_ref(&letter.about), &sources).await?;
    let lines = lines(&letter, letter.about.became(&fates, &sources)).into_iter();
    let text: String = lines.map(|(name, value)| format!("{name:<28} {}\n", plain(&value))).collect();
    print::out(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

async fn find(pass: &mut Pass<'_>, message_id: &str) -> Result<Letter, CliError> {
    loop {
        let letters = pass.next().await?;
        if letters.is_empty() {
            let message =
                format!("no letter {} is in the dead-letter queue, see `tidegate dead list`", plain(message_id));
            return Err(CliError::failed(message));
        }
        if let Some(letter) = letters.into_iter().find(|letter| letter.about.message_id == message_id) {
            return Ok(letter);
        }
    }
}

/// The body that the provider sent. Where the envelope does not give it, the message as it is: it is all there is.
async fn raw_body(bodies: &S3, letter: &Letter) -> Vec<u8> {
    let why = match letter.envelope() {
        Some(envelope) => match fetch(bodies, &envelope).await {
            Ok(body) => return body,
            Err(why) => why,
        },
        None => "it is no envelope".to_owned(),
    };
    eprintln!("This is the message as it is, not the provider's body: {why}.");
    letter.body.clone().into_bytes()
}

/// Names and values, the body left out.
fn lines(letter: &Letter, became: Option<String>) -> Vec<(String, String)> {
    let about = &letter.about;
    let mut lines = vec![("message_id".to_owned(), about.message_id.clone())];
    let mut add = |name: &str, value: String| lines.push((name.to_owned(), value));
    add("sent_at", print::time(about.sent_at_ms));
    add("became", became.unwrap_or_else(|| "-".to_owned()));
    add("bytes", letter.body.len().to_string());
    for (name, value) in &letter.attributes {
        add(&format!("letter.{}", plain(name)), value.clone());
    }
    let Some(envelope) = letter.envelope() else {
        add("envelope", "none that this version can read".to_owned());
        return lines;
    };
    let optional = |value: &Option<std::borrow::Cow<'_, str>>| value.as_deref().unwrap_or("-").to_owned();
    add("envelope.v", envelope.v.to_string());
    add("envelope.source", envelope.source.to_string());
    add("envelope.provider", envelope.provider.to_string());
    add("envelope.identity", envelope.identity.to_string());
    add("envelope.event_id", optional(&envelope.event_id));
    add("envelope.event_type", optional(&envelope.event_type));
    add("envelope.received_at", print::time(envelope.received_at_ms));
    add("envelope.request_id", envelope.request_id.to_string());
    add("envelope.content_type", optional(&envelope.content_type));
    add("envelope.query", optional(&envelope.query));
    for (name, value) in &envelope.headers {
        add(&format!("envelope.header.{}", plain(name)), value.to_string());
    }
    let body = match (&envelope.claim, envelope.body_bytes) {
        (Some(claim), Some(bytes)) => format!("{bytes} bytes, in s3://{}/{}", claim.bucket, claim.key),
        _ => envelope.raw_body().map_or_else(|error| error.to_string(), |body| format!("{} bytes", body.len())),
    };
    add("envelope.body", body);
    add("envelope.body_sha256", envelope.body_sha256.to_string());
    lines
}
