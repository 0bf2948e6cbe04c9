//! Log lines: one JSON object a decision, on standard output, where CloudWatch reads them.
//!
//! No subscriber and no formatting layers: a line is one `write`. What may stand in it is decided by the
//! types that are passed here, and none of them has a place for a body, a secret or a signature.

use std::process::ExitCode;

use serde::Serialize;

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

/// Writes one line.
pub fn line(fields: &impl Serialize) {
    let Ok(mut line) = serde_json::to_string(fields) else { return };
    line.push('\n');
    write(&line);
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
