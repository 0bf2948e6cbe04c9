//! What the log says of secrets: names of sources, variables and parameters, and how many there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use shell::aws::json::CallError;
use shell::log::{Level, line};
use webhook::answer::Outcome;
use webhook::secret::Secrets;
use zeroize::Zeroizing;

use super::NoSecret;
use super::holder::Holder;

/// Places without a secret, lines that are none, and a source that answers 503 because nothing is left.
pub(super) fn problems(
    holder: &Holder,
    said: &BTreeMap<String, Option<Zeroizing<String>>>,
    live: &Result<Arc<Secrets>, NoSecret>,
) {
    #[derive(Serialize)]
    struct Unusable<'a> {
        level: Level,
        outcome: &'static str,
        source: &'a str,
        detail: String,
    }
    let tell = |level, detail| {
        let outcome = Outcome::SecretUnavailable.name();
        line(&Unusable { level, outcome, source: &holder.source, detail });
    };
    match live {
        Ok(secrets) => {
            holder.missing(said).into_iter().for_each(|detail| tell(Level::Warn, detail));
            secrets.unusable().iter().for_each(|error| tell(Level::Error, error.to_string()));
        }
        Err(error) => tell(Level::Error, error.to_string()),
    }
}

/// A source whose secrets are others than before: the next step of a rotation may come.
pub(super) fn changed(holder: &Holder, live: &Result<Arc<Secrets>, NoSecret>) {
    #[derive(Serialize)]
    struct Changed<'a> {
        level: Level,
        outcome: &'static str,
        source: &'a str,
        secrets: usize,
    }
    let secrets = live.as_ref().map_or(0, |secrets| secrets.count());
    line(&Changed { level: Level::Info, outcome: "secrets_changed", source: &holder.source, secrets });
}

/// Parameters that could not be fetched; what was known of them stays.
pub(super) fn not_fetched(names: &[String], error: &CallError) {
    #[derive(Serialize)]
    struct NotFetched {
        level: Level,
        outcome: &'static str,
        detail: String,
    }
    let detail = format!("SSM {error}, asked for {}", names.join(", "));
    line(&NotFetched { level: Level::Warn, outcome: "secrets_not_fetched", detail });
}
