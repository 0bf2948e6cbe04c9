//! Reading `sources.toml`: every mistake at once, each with its line and what would be right.

use toml::Spanned;
use toml::de::DeTable;

use super::custom::Written;
use super::destinations::variable;
use super::reader::{Mistake, Reader, Table, Value, entry, find};
use super::words::nearest;
use super::{SecretPlace, Source, secret_place};
use crate::destination::Destination;
use crate::identity::Mode;
use crate::provider::{self, Provider};

const WINDOW_DAYS: u32 = 35;
/// A message may wait 14 days in the queue and its letter 14 more; a duplicate may come after all of them.
const WINDOW_DAYS_MIN: u32 = 28;
const WINDOW_DAYS_MAX: u32 = 3650;
/// What a source may say.
const KEYS: [&str; 25] = [
    "provider",
    "secrets",
    "identity",
    "strict_ids",
    "contract",
    "filter",
    "map",
    "map_file",
    "entity",
    "order_by",
    "destination",
    "window_days",
    "keep_body_days",
    "rate_per_s",
    "burst",
    "split",
    "group",
    "confirm",
    "scheme",
    "id",
    "type",
    "headers",
    "redact",
    "accepted",
    "rejected",
];
/// What a source may say beside a scheme of its own only.
const PROVIDER_KEYS: [&str; 4] = ["id", "type", "accepted", "rejected"];
/// The words for what makes two deliveries the same event.
const MODES: [(&str, Mode); 4] =
    [("id", Mode::Id), ("body", Mode::Body), ("id+body", Mode::IdAndBody), ("delivery", Mode::Delivery)];

/// What identifies events that have no id. Two genuine ones with equal bodies must not become one unasked.
const WITHOUT_ID: &str =
    "identity = \"body\" (equal bodies are one event) or identity = \"delivery\" (each delivery counts)";

/// Reads the sources, sorted by name.
///
/// # Errors
/// Every mistake of the file, in the order of its lines.
pub fn parse(text: &str) -> Result<Vec<Source>, Vec<Mistake>> {
    let mut reader = Reader::new(text);
    let (file, errors) = DeTable::parse_recoverable(text);
    let mut twice = None;
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let duplicate = error.message() == "duplicate key";
        let table = header_before(text, span.end);
        if duplicate && twice == Some(table) {
            // The keys of a table that is there twice are no news.
            continue;
        }
        twice = (duplicate && table <= span.start && !text[table..span.start].contains('\n')).then_some(table);
        let key = text.get(span.clone()).filter(|_| duplicate).map_or(String::new(), |key| format!(" {key}"));
        reader.mistake(span, format!("{}{key}", error.message()));
    }
    if reader.count() > 0 {
        // What a parser guesses behind a syntax error would only be noise.
        return Err(reader.mistakes());
    }
    let mut sources: Vec<Source> = Vec::new();
    for (name, value) in file.get_ref() {
        sources.extend(reader.source(name, value));
    }
    if sources.is_empty() && reader.count() == 0 {
        reader.mistake(0..0, "no source at all, expected at least one table such as [github]");
    }
    if reader.count() > 0 {
        return Err(reader.mistakes());
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}

impl Reader<'_> {
    fn source(&mut self, name: &Spanned<impl AsRef<str>>, value: &Value<'_>) -> Option<Source> {
        let label = name.get_ref().as_ref();
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if label.is_empty() || label.len() > 64 || !label.bytes().all(fits) {
            self.mistake(name.span(), format!("source name {label:?}, expected 1 to 64 of a-z, 0-9 and -"));
        }
        let table = self.table(value, label)?;
        self.known_keys(table, "key", &KEYS);
        let find = |key: &str| find(table, key);

        let identity = find("identity").map(|value| (value, self.one_of(value, "identity", &MODES)));
        let (row, scheme) = (find("provider"), entry(table, "scheme"));
        let provider = match (row, scheme) {
            (Some(value), None) => {
                self.no_provider_keys(table);
                self.provider(value)
            }
            (None, Some((span, value))) => {
                if identity.is_none() && find("id").is_none() {
                    self.mistake(
                        name.span(),
                        format!("{label} has no id, expected id = \"json:/id\" or such, or {WITHOUT_ID}"),
                    );
                }
                let mode = identity.and_then(|(_, mode)| mode).unwrap_or(Mode::Id);
                self.custom(label, mode, table, (span, value)).and_then(Written::keep)
            }
            (Some(_), Some((span, _))) => {
                self.wrong(span, format!("{label} has both a provider and a scheme, expected one of them"))
            }
            (None, None) => {
                let message = format!("{label} has no provider, expected provider = \"NAME\" or a scheme of its own");
                self.wrong(name.span(), message)
            }
        };
        let split = find("split").and_then(|value| self.split(value, provider));
        if let (Some((value, Some(Mode::Id | Mode::IdAndBody))), Some(provider)) = (identity, provider)
            && provider.id.is_empty()
            && find("split").is_none()
        {
            let message = format!("identity: the events of {} have no id, expected {WITHOUT_ID}", provider.name);
            self.mistake(value.span(), message);
        }
        let confirm = find("confirm").and_then(|value| self.boolean(value, "confirm"));
        if let (Some(value), Some(provider)) = (find("confirm"), provider.filter(|row| row.confirmation.is_none())) {
            self.mistake(value.span(), format!("confirm: {} has no subscriptions confirmed", provider.name));
        }
        let secrets = match find("secrets") {
            Some(value) => self.secrets(value),
            None => {
                let message = format!("{label} has no secrets, expected a list such as [\"env:NAME\"]");
                self.wrong(name.span(), message)
            }
        };
        let headers = find("headers").and_then(|value| self.headers(value, provider));
        let redact = find("redact").and_then(|value| self.redact(value, provider, split));
        let group =
            find("group").and_then(|value| self.group(value, provider, split, redact.as_deref().unwrap_or(&[])));
        let destinations = find("destination").and_then(|value| self.destinations(value));
        let contract = find("contract").and_then(|value| self.contracts(value));
        let programs = self.programs(table, destinations.as_deref());
        let strict_ids = find("strict_ids").and_then(|value| self.boolean(value, "strict_ids"));
        let window_days = find("window_days")
            .and_then(|value| self.whole_number(value, "window_days", WINDOW_DAYS_MIN, WINDOW_DAYS_MAX));
        // What outlived its event's row would be replayed as if nothing had ever been done with it.
        let keep_body_days = find("keep_body_days")
            .and_then(|value| self.whole_number(value, "keep_body_days", 0, window_days.unwrap_or(WINDOW_DAYS)));
        let rate = self.rate(table);

        let provider = provider?;
        Some(Source {
            name: label.to_owned(),
            provider,
            secrets: secrets?,
            // What identifies a whole batch says nothing of its events, which are known by their own ids.
            identity: identity.and_then(|(_, mode)| mode).unwrap_or(match split {
                Some(_) => Mode::Id,
                None => provider.identity,
            }),
            split,
            group: group.unwrap_or_default(),
            confirm: confirm.unwrap_or(false),
            strict_ids: strict_ids.unwrap_or(false),
            contract: contract.unwrap_or_default(),
            headers,
            redact: redact.unwrap_or_default(),
            programs,
            destinations: destinations.unwrap_or_else(|| vec![Destination::Table]),
            window_days: window_days.unwrap_or(WINDOW_DAYS),
            rate,
            keep_body_days: keep_body_days.unwrap_or(0),
        })
    }

    /// A row of ours says all of itself.
    fn no_provider_keys(&mut self, table: &Table<'_>) {
        for key in PROVIDER_KEYS {
            if let Some((span, _)) = entry(table, key) {
                self.mistake(span, format!("{key} stands beside a scheme only, a provider's row says its own"));
            }
        }
    }

    fn provider(&mut self, value: &Value<'_>) -> Option<&'static Provider> {
        let name = self.string(value, "provider")?;
        provider::by_name(name).or_else(|| {
            let near = nearest(name, provider::ALL.iter().map(|provider| provider.name));
            let near = near.map_or(".".to_owned(), |near| format!(", did you mean {near:?}?"));
            let message = format!(
                "unknown provider {name:?}{near} docs/providers.md lists them, docs/custom-schemes.md says how to describe another"
            );
            self.wrong(value.span(), message)
        })
    }

    fn secrets(&mut self, value: &Value<'_>) -> Option<Vec<SecretPlace>> {
        let list = value.get_ref().as_array().filter(|list| !list.is_empty());
        let Some(list) = list else {
            return self.wrong(value.span(), "secrets: expected a list such as [\"env:NAME\"], several for a rotation");
        };
        let places: Vec<_> = list.iter().map(|item| self.secret_place(item)).collect();
        places.into_iter().collect()
    }

    fn secret_place(&mut self, value: &Value<'_>) -> Option<SecretPlace> {
        let text = self.string(value, "secrets")?;
        let parameter = || secret_place::parameter(text).map(|name| SecretPlace::Ssm(name.to_owned()));
        // The text itself may be a secret that was pasted here, so it is not repeated.
        variable(text).map(|name| SecretPlace::Env(name.to_owned())).or_else(parameter).or_else(|| {
            let expected = secret_place::PARAMETER_EXPECTED;
            let message = format!(
                "secrets: expected \"env:NAME\" with a NAME of A-Z, 0-9 and _, or {expected}, never the secret itself"
            );
            self.wrong(value.span(), message)
        })
    }
}

/// Where the line begins that opens the table around this place of the file.
fn header_before(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    if before.starts_with('[') && !before.contains("\n[") { 0 } else { before.rfind("\n[").map_or(0, |line| line + 1) }
}

#[cfg(test)]
mod tests;
