//! What the functions say of themselves: kept in a file, and counted by outcome.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use local::LogSink;
use serde::Deserialize;

use crate::{CliError, stack};

/// How often each outcome stands in the log, by function and outcome.
#[derive(Debug, Clone, Default)]
pub struct Outcomes(Arc<Mutex<BTreeMap<(String, String), u64>>>);

/// The part of a line that is counted.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    outcome: std::borrow::Cow<'a, str>,
}

impl Outcomes {
    /// A log that writes each line to a file and counts it here; those of event buses are shown to `on_bus`.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn log_to(&self, path: &Path, on_bus: impl Fn(&str) + Send + Sync + 'static) -> Result<LogSink, CliError> {
        let (file, outcomes) = (stack::log_to_file(path)?, self.0.clone());
        Ok(Arc::new(move |line: local::LogLine| {
            if line.function == "eventbridge" {
                on_bus(&line.text);
            }
            if let Ok(Line { outcome }) = serde_json::from_str(&line.text) {
                let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                *outcomes.entry((line.function.clone(), outcome.into_owned())).or_default() += 1;
            }
            file(line);
        }))
    }

    /// How often a function told of each outcome.
    pub fn of(&self, function: &str) -> BTreeMap<String, u64> {
        let outcomes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_it = outcomes.iter().filter(|((name, _), _)| name == function);
        of_it.map(|((_, outcome), count)| (outcome.clone(), *count)).collect()
    }
}
