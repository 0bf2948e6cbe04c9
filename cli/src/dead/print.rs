//! What every command says on standard output, and letters as text that does nothing to a terminal.

use std::error::Error;
use std::io::{ErrorKind, Write as _};

use aws_sdk_sqs::primitives::{DateTime, DateTimeFormat};

use crate::CliError;

/// Writes to standard output. A reader that has seen enough, such as `head`, is no failure, where `print!` panics.
///
/// # Errors
/// When it cannot be written for another reason.
pub fn out(bytes: &[u8]) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::failed(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a text to standard output as [`out`] does.
///
/// # Errors
/// When it cannot be written for another reason than that nobody reads on.
pub fn text(text: &str) -> Result<(), CliError> {
    out(text.as_bytes())
}

/// A word for a cell of a table: `-` where there is none, on one line and cut to a width.
pub fn cell(word: Option<&str>, chars_max: usize) -> String {
    let word = plain(word.unwrap_or("-"));
    if word.chars().count() <= chars_max {
        return word;
    }
    word.chars().take(chars_max.saturating_sub(3)).chain("...".chars()).collect()
}

/// A text without characters that a terminal would act on: a sender chose much of what stands in a letter.
pub fn plain(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// A time as RFC 3339.
pub fn time(ms: u64) -> String {
    let time = i64::try_from(ms).ok().and_then(|ms| DateTime::from_millis(ms).fmt(DateTimeFormat::DateTime).ok());
    time.unwrap_or_else(|| ms.to_string())
}

/// An error with its causes, in one line.
pub fn causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    let mut words: Vec<String> = causes.map(ToString::to_string).collect();
    words.dedup();
    plain(&words.join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_plain_line_of_bounded_width() {
        assert_eq!(cell(None, 9), "-");
        assert_eq!(cell(Some("\u{1b}[2Jred\nrow"), 20), "\u{fffd}[2Jred\u{fffd}row");
        assert_eq!(cell(Some("ééééé"), 5), "ééééé");
        assert_eq!(cell(Some("éééééé"), 5), "éé...");
    }

    #[test]
    fn a_time_is_written_as_rfc_3339_whatever_a_letter_says() {
        assert_eq!(time(1_763_762_400_500), "2025-11-21T22:00:00.5Z");
        assert_eq!(time(u64::MAX), u64::MAX.to_string());
    }
}
