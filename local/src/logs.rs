//! What the functions write, line by line, and the last lines of a process that failed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

/// Longer lines are cut into several, so that a function without line breaks cannot fill the memory.
const LINE_BYTES_MAX: u64 = 64 * 1024;
/// How many lines are kept to explain a failure.
const TAIL_LINES: usize = 20;

/// Where lines go; called from several tasks at once, so it should be quick.
pub type LogSink = Arc<dyn Fn(LogLine) + Send + Sync>;

/// One line of a function, or of the plane about a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The function.
    pub function: String,
    /// Which of the function's processes, counted from 1; 0 when the line is the plane's own remark.
    pub process: usize,
    /// The line, without its line break; bytes that are not UTF-8 are replaced.
    pub text: String,
}

/// The last lines of one process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == TAIL_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// `; its last lines were:` and the lines, or nothing when there were none.
    pub(crate) fn quote(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return String::new();
        }
        let quoted = lines.iter().fold(String::new(), |all, line| all + "\n  " + line);
        format!("; its last lines were:{quoted}")
    }
}

/// Passes lines on from one pipe of a process until the pipe closes.
pub(crate) async fn pump(pipe: impl AsyncRead + Unpin, function: String, process: usize, sink: LogSink, tail: Tail) {
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await;
        // A pipe that breaks has nothing more to say, as one that ends.
        if !matches!(read, Ok(1..)) {
            return;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']).to_owned();
        tail.push(text.clone());
        sink(LogLine { function: function.clone(), process, text });
    }
}

#[cfg(test)]
mod tests {
    use super::{LogLine, LogSink, Tail, pump};
    use std::sync::{Arc, Mutex};

    async fn lines_of(bytes: &[u8]) -> (Vec<String>, Tail) {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink: LogSink = {
            let lines = lines.clone();
            Arc::new(move |line: LogLine| lines.lock().unwrap().push(line.text))
        };
        let tail = Tail::default();
        pump(bytes, "f".into(), 1, sink, tail.clone()).await;
        let lines = lines.lock().unwrap().clone();
        (lines, tail)
    }

    #[tokio::test]
    async fn lines_arrive_without_their_breaks_and_with_bad_bytes_replaced() {
        let (lines, _) = lines_of(b"one\r\ntwo \xff\nlast").await;
        assert_eq!(lines, ["one", "two \u{fffd}", "last"]);
    }

    #[tokio::test]
    async fn an_endless_line_is_cut() {
        let (lines, _) = lines_of(&vec![b'x'; 70 * 1024]).await;
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [64 * 1024, 6 * 1024]);
    }

    #[tokio::test]
    async fn the_tail_keeps_the_last_twenty_lines() {
        let text: String = (1..=25).map(|n| format!("line {n}\n")).collect();
        let (_, tail) = lines_of(text.as_bytes()).await;
        let quote = tail.quote();
        assert!(quote.starts_with("; its last lines were:\n  line 6\n"), "{quote}");
        assert!(quote.ends_with("\n  line 25"), "{quote}");
        assert_eq!(Tail::default().quote(), "");
    }
}
