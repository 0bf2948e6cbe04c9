//! `tidegate explain`: what the door makes of a captured request, and why.

mod captured;
mod judge;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use shell::clock;
use webhook::Request;
use webhook::document::Document;
use webhook::secret::Secrets;
use webhook::sign::test_document;
use webhook::sources::{SecretPlace, Source};

use crate::dead::print;
use crate::{CliError, bundle, send, table};
use captured::Captured;
use judge::Case;

/// Say what becomes of a captured request at the door, and why
///
/// The file holds the request as it travels: a line such as `POST /hooks/github HTTP/1.1`, headers, an empty line, and
/// the body to the byte. The secrets are those of the source: its variables of sources.toml where they are set, or else
/// the test secret; a parameter of SSM is not looked up, `--secret` says what it holds. Nothing is sent or fetched.
///
/// Exits with 0 when the request is let in or is a handshake, with 1 when it is refused, and with 2 when it cannot be
/// judged: no such source, a file that is no request, a secret that is none, or a public key that is not at hand.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The source of sources.toml that it was posted to
    source: String,
    /// The file with the request
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// A secret to judge it by, in place of the source's on this machine; several are live at once
    #[arg(long = "secret", value_name = "SECRET")]
    secrets: Vec<String>,
    /// What the provider publishes of its keys, where the door fetches that: a certificate in PEM, or a JSON Web Key set.
    /// Under the test secret it is the test key without it
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
    /// The URL that the provider was told to call, for providers that sign it; https, the Host header and the path
    /// without it
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// When it was received, in seconds since 1970 (`date -d '2026-11-03 12:00 UTC' +%s`); now without it
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,
}

/// Reads the file and prints what becomes of the request.
///
/// # Errors
/// When the source is unknown, its secrets cannot be keys, or the file is no request.
pub fn run(options: &Options) -> Result<ExitCode, CliError> {
    let sources = bundle::read_sources()?;
    let source = send::find(&sources, &options.source)?;
    let captured = captured::read(&read(&options.request)?)
        .map_err(|wrong| CliError::Usage(format!("{}: {wrong}", options.request.display())))?;
    let url = options.url.clone().unwrap_or_else(|| url_of(&captured));
    let (given, told) = secrets(options, source);
    let case = Case {
        source,
        secrets: Secrets::parse(&given, &source.provider.scheme.key)
            .map_err(|error| CliError::Usage(format!("{}: {error}", source.name)))?,
        secrets_told: told,
        document: document(options, source)?,
        document_is_ours: options.document.is_none() && is_test(options, source),
        others: others(&sources, source),
        now_ms: options.at.map_or_else(clock::now_ms, |seconds| seconds.saturating_mul(1_000)),
    };
    let Captured { method, headers, body, .. } = &captured;
    let (facts, code) = case.judge(&Request { method, url: &url, headers, body });
    let rows: Vec<Vec<String>> = facts.into_iter().map(|(name, fact)| vec![name.to_owned(), fact]).collect();
    print::text(&table::layout(&["", &format!("{} bytes to {}", body.len(), source.name)], &rows))?;
    Ok(code)
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(path).map_err(|error| CliError::Usage(format!("{} cannot be read: {error}", path.display())))
}

/// Whether nobody has said a secret of this source.
fn is_test(options: &Options, source: &Source) -> bool {
    options.secrets.is_empty() && bundle::secrets_set(source).next().is_none()
}

/// The secrets, one a line, and where they are from.
fn secrets(options: &Options, source: &Source) -> (String, String) {
    if !options.secrets.is_empty() {
        return (options.secrets.join("\n"), "as --secret says".to_owned());
    }
    let told = match is_test(options, source) {
        false => bundle::secrets_set(source).collect::<Vec<_>>().join(", "),
        true => {
            let place = source.secrets.iter().map(|place| match place {
                SecretPlace::Env(name) => format!("{name} is not set here"),
                SecretPlace::Ssm(name) => format!("--secret says what {name} holds"),
            });
            format!("the test secret; {}", place.collect::<Vec<_>>().join(", "))
        }
    };
    (bundle::source_secrets(source), told)
}

/// The document with the provider's public key, where it has one fetched and it is at hand.
fn document(options: &Options, source: &Source) -> Result<Option<Vec<u8>>, CliError> {
    let Some(path) = &options.document else {
        let ours = is_test(options, source).then(|| test_document(source.provider));
        return Ok(ours.flatten().map(String::into_bytes));
    };
    let kind = source.provider.scheme.document.ok_or_else(|| {
        CliError::Usage(format!("--document: nothing is fetched for {}, its secret is all that it takes", source.name))
    })?;
    let bytes = read(path)?;
    let expected = match kind {
        Document::Certificate { .. } => "an X.509 certificate in PEM",
        Document::JwkSet(_) => "a JSON Web Key set with a key in it",
    };
    match kind.reads(&bytes) {
        true => Ok(Some(bytes)),
        false => Err(CliError::Usage(format!("{}: expected {expected}", path.display()))),
    }
}

/// What is live at other sources, read as this one's provider writes its secrets. All that have the test secret have the
/// same one, which would say nothing of them.
fn others(all: &[Source], source: &Source) -> Vec<(String, Secrets)> {
    let others = all.iter().filter(|other| other.name != source.name && bundle::secrets_set(other).next().is_some());
    let read = |other: &Source| {
        let secrets = Secrets::parse(&bundle::source_secrets(other), &source.provider.scheme.key).ok()?;
        Some((other.name.clone(), secrets))
    };
    others.filter_map(read).collect()
}

fn url_of(captured: &Captured) -> String {
    let host = captured.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
    format!("https://{}{}", host.map_or("no-host", |(_, host)| host), captured.path)
}
