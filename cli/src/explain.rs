//! `tidegate explain`: what the door makes of a captured request, and why.

use std::path::PathBuf;
use std::process::ExitCode;

use shell::clock;
use webhook::answer::Outcome;
use webhook::destination::Destination;
use webhook::identity::Identity;
use webhook::ledger::Key;
use webhook::provider::Provider;
use webhook::secret::Secrets;
use webhook::sources::Source;
use webhook::{Request, diagnose, verify};

use crate::delivery::hook_url;
use crate::{CliError, bundle, send, table};

/// Say what becomes of a captured request at the door, and why
///
/// The file holds the request as it travels: a line such as `POST /hooks/github HTTP/1.1`, headers, an empty line, and
/// the body to the byte. The secrets are those of the source: its variables of sources.toml where they are set, or else
/// the test secret. Nothing is sent. Exits with 0 when the request is let in, and with 1 when it is refused.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The source of sources.toml that it was posted to
    source: String,
    /// The file with the request
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// The URL that the provider was told to call, for providers that sign it; https, the Host header and the path
    /// without it
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// When it was received, in seconds since 1970; now without it
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,
}

/// A request as it travels.
#[derive(Debug, PartialEq, Eq)]
struct Captured {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Reads the file and prints what becomes of the request.
///
/// # Errors
/// When the source is unknown, its secrets cannot be keys, or the file is no request.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub fn run(options: &Options) -> Result<ExitCode, CliError> {
    let sources = bundle::read_sources()?;
    let source = send::find(&sources, &options.source)?;
    let path = options.request.display();
    let bytes =
        std::fs::read(&options.request).map_err(|error| CliError::Usage(format!("{path} cannot be read: {error}")))?;
    let captured = capture(&bytes).map_err(|wrong| CliError::Usage(format!("{path}: {wrong}")))?;
    let url = options.url.clone().unwrap_or_else(|| url_of(&captured, source));
    let Captured { method, headers, body, .. } = &captured;
    let request = Request { method, url: &url, headers, body };
    let now_ms = options.at.map_or_else(clock::now_ms, |seconds| seconds.saturating_mul(1_000));
    let (facts, code) = judge(source, &sources, &request, now_ms)?;
    let rows: Vec<Vec<String>> = facts.into_iter().map(|(name, fact)| vec![name.to_owned(), fact]).collect();
    print!("{}", table::layout(&["", &format!("{} bytes to {}", body.len(), source.name)], &rows));
    Ok(code)
}

type Facts = Vec<(&'static str, String)>;

fn judge(source: &Source, all: &[Source], request: &Request<'_>, now_ms: u64) -> Result<(Facts, ExitCode), CliError> {
    let provider: &Provider = source.provider;
    let secrets = secrets(source)?;
    let set: Vec<&str> = bundle::secrets_set(source).collect();
    let secret = if set.is_empty() { "the test secret".to_owned() } else { set.join(", ") };
    let mut facts = vec![("secrets", secret), ("signed", provider.scheme.signed.to_owned())];
    let asks = provider.handshakes.iter().find(|handshake| !handshake.signed && handshake.is(request));
    if let Some(answer) = asks.and_then(|handshake| handshake.answer(request, &secrets, 0)) {
        facts.push(("answer", format!("{}, a handshake, not queued", answer.status)));
        return Ok((facts, ExitCode::SUCCESS));
    }
    match verify(&provider.scheme, &secrets, request, now_ms) {
        Ok(delivery) => {
            let known = Identity::of(provider, source.identity, &delivery, "REQUEST-ID");
            let row = |to: &Destination| {
                let key = Key::new(&source.name, &known.identity, to.name());
                ("row", format!("{} {}", key.pk, key.sk))
            };
            let rows: Vec<_> = source.destinations.iter().map(row).collect();
            let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
            facts.extend([
                ("answer", format!("{}, let in", provider.accepted.status)),
                ("secret", format!("number {} of {} fits", delivery.secret() + 1, secrets.count())),
                ("event id", or_none(known.event_id)),
                ("event type", or_none(known.event_type)),
            ]);
            facts.extend(rows);
            Ok((facts, ExitCode::SUCCESS))
        }
        Err(rejection) => {
            let outcome = Outcome::of(&rejection);
            let status = if outcome.status() == 403 { provider.rejected } else { outcome.status() };
            facts.extend([("answer", format!("{status}, {}", outcome.name())), ("because", rejection.to_string())]);
            let others: Vec<(&str, Secrets)> = all
                .iter()
                // All others have the same test secret, which would say nothing of them.
                .filter(|other| other.name != source.name && bundle::secrets_set(other).next().is_some())
                .filter_map(|other| Some((other.name.as_str(), secrets_for(other, source).ok()?)))
                .collect();
            let others = others.iter().map(|(name, secrets)| (*name, secrets));
            let hint = diagnose::explain(&provider.scheme, &secrets, request, &rejection, others);
            facts.extend(hint.map(|hint| ("hint", hint)));
            Ok((facts, ExitCode::FAILURE))
        }
    }
}

fn secrets(source: &Source) -> Result<Secrets, CliError> {
    secrets_for(source, source)
}

/// The secrets of one source, read as another's provider writes them.
fn secrets_for(source: &Source, reader: &Source) -> Result<Secrets, CliError> {
    Secrets::parse(&bundle::source_secrets(source), &reader.provider.scheme.key)
        .map_err(|error| CliError::Usage(format!("{}: {error}", source.name)))
}

fn url_of(captured: &Captured, source: &Source) -> String {
    let host = captured.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
    match host {
        Some((_, host)) => format!("https://{host}{}", captured.path),
        None => hook_url("https://no-host", &source.name),
    }
}

/// Reads a request as it travels. Lines of its head may end in CR LF or in a line feed.
fn capture(bytes: &[u8]) -> Result<Captured, String> {
    let mut rest = bytes;
    let mut line = || {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        rest = &rest[end + 1..];
        std::str::from_utf8(line).ok().map(str::to_owned)
    };
    let wrong = "expected a request as it travels: `POST /path HTTP/1.1`, headers, an empty line, the body";
    let first = line().ok_or(wrong)?;
    let mut words = first.split_whitespace();
    let (Some(method), Some(path), Some(version)) = (words.next(), words.next(), words.next()) else {
        return Err(wrong.to_owned());
    };
    if !version.starts_with("HTTP/") || !path.starts_with('/') {
        return Err(wrong.to_owned());
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    loop {
        let line = line().ok_or("the headers do not end in an empty line")?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| format!("header {}: no colon", headers.len() + 1))?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        match headers.iter_mut().find(|(known, _)| *known == name) {
            // As API Gateway joins them.
            Some((_, values)) => *values = format!("{values},{value}"),
            None => headers.push((name, value.to_owned())),
        }
    }
    Ok(Captured { method: method.to_owned(), path: path.to_owned(), headers, body: rest.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_it_travels_and_its_body_to_the_byte() {
        let captured =
            capture(b"POST /hooks/a?b=c HTTP/1.1\r\nHost: a.example\r\nX-Two: 1\r\nx-two: 2\r\n\r\n{\r\n}\n\xff")
                .unwrap();
        assert_eq!((captured.method.as_str(), captured.path.as_str()), ("POST", "/hooks/a?b=c"));
        let headers =
            [("host", "a.example"), ("x-two", "1,2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(captured.headers, headers);
        assert_eq!(captured.body, b"{\r\n}\n\xff");
        assert_eq!(capture(b"GET / HTTP/2\n\n").unwrap().body, b"");
    }

    #[test]
    fn what_is_no_request_is_told() {
        for (text, told) in [
            ("", "expected a request"),
            ("{\"a\": 1}\n", "expected a request"),
            ("POST hooks HTTP/1.1\n\n", "expected a request"),
            ("POST / HTTP/1.1\nhost: a\n", "the headers do not end"),
            ("POST / HTTP/1.1\nnothing\n\n", "header 1: no colon"),
        ] {
            let error = capture(text.as_bytes()).unwrap_err();
            assert!(error.starts_with(told), "{text:?}: {error}");
        }
    }
}
