//! Log lines: one JSON object a decision, on standard output, where CloudWatch reads them.
//!
//! No subscriber and no formatting layers: a line is one `write`. What may stand in it is decided by the
//! types that are passed here, and none of them has a place for a body, a secret or a signature.

use std::process::ExitCode;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::Serialize;

use crate::clock;

/// How much a line wants to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// All is as it should be.
    Info,
    /// Somebody else's mistake, or one that will be tried again.
    Warn,
    /// Somebody has to look.
    Error,
}

/// Writes one line, with its time.
pub fn line(fields: &impl Serialize) {
    let Ok(fields) = serde_json::to_string(fields) else { return };
    write(&stamped(&fields, clock::now_ms()));
}

/// Puts the time in front of a JSON object, under the name and in the form by which Lambda's own filter of levels knows a
/// line (Lambda developer guide, "Using structured JSON format with Lambda functions").
fn stamped(fields: &str, now_ms: u64) -> String {
    let now = DateTime::from_millis(i64::try_from(now_ms).unwrap_or(i64::MAX)).fmt(Format::DateTime);
    match (now, fields.strip_prefix('{')) {
        (Ok(now), Some(rest)) if rest.starts_with('"') => format!("{{\"timestamp\":\"{now}\",{rest}\n"),
        _ => format!("{fields}\n"),
    }
}

/// A log that cannot be written must not fail the delivery that it speaks of, and `print!` panics then.
#[cfg(not(debug_assertions))]
fn write(line: &str) {
    use std::io::Write as _;
    drop(std::io::stdout().write_all(line.as_bytes()));
}

/// The test harness keeps a test's output to itself when it comes by `print!`, and only then.
#[cfg(debug_assertions)]
#[expect(clippy::print_stdout, reason = "standard output is where the log goes")]
fn write(line: &str) {
    print!("{line}");
}

/// Cuts what a sender chose to a length that a log line can bear.
pub fn brief(text: &str) -> &str {
    const BYTES_MAX: usize = 256;
    &text[..text.floor_char_boundary(BYTES_MAX)]
}

/// The exit status of a function's `main`; an error is told as a line like any other.
pub fn exit_code(ended: Result<(), impl std::fmt::Display>) -> ExitCode {
    #[derive(Serialize)]
    struct Stopped {
        level: Level,
        outcome: &'static str,
        detail: String,
    }
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            line(&Stopped { level: Level::Error, outcome: "stopped", detail: error.to_string() });
            ExitCode::FAILURE
        }
    }
}

/// Makes panics say where they happened and not what they said, which may be a payload's value.
pub fn hide_panic_messages() {
    #[derive(Serialize)]
    struct Panic {
        level: Level,
        outcome: &'static str,
        at: String,
    }
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map_or_else(String::new, ToString::to_string);
        line(&Panic { level: Level::Error, outcome: "panicked", at });
    }));
}

#[cfg(test)]
mod tests {
    use super::stamped;

    #[test]
    fn a_line_begins_with_its_time() {
        let line = stamped(r#"{"level":"INFO"}"#, 1_795_262_400_007);
        assert_eq!(line, "{\"timestamp\":\"2026-11-21T12:00:00.007Z\",\"level\":\"INFO\"}\n");
        assert_eq!(stamped("{}", 0), "{}\n", "there is nothing to stand behind it");
    }
}
