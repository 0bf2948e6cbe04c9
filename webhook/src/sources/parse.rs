//! Reading `sources.toml`: every mistake at once, each with its line and what would be right.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{SecretPlace, Source, contract, place};
use crate::destination::{Address, Destination, URL_EXPECTED, is_url};
use crate::identity::Mode;
use crate::provider;

/// One mistake in `sources.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

const WINDOW_DAYS: u32 = 35;
/// A message may wait 14 days in the queue and its letter 14 more; a duplicate may come after all of them.
const WINDOW_DAYS_MIN: u32 = 28;
const WINDOW_DAYS_MAX: u32 = 3650;
const KEYS: [&str; 7] = ["provider", "secrets", "identity", "strict_ids", "contract", "destination", "window_days"];

/// Reads the sources, sorted by name.
///
/// # Errors
/// Every mistake of the file, in the order of its lines.
pub fn parse(text: &str) -> Result<Vec<Source>, Vec<Mistake>> {
    let mut reader = Reader { text, mistakes: Vec::new() };
    let (file, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        reader.mistake(error.span().unwrap_or(0..0), error.message());
    }
    if !reader.mistakes.is_empty() {
        // What a parser guesses behind a syntax error would only be noise.
        return Err(reader.mistakes);
    }
    let mut sources: Vec<Source> = Vec::new();
    for (name, value) in file.get_ref() {
        sources.extend(reader.source(name, value));
    }
    if sources.is_empty() && reader.mistakes.is_empty() {
        reader.mistake(0..0, "no source at all, expected at least one table such as [github]");
    }
    if reader.mistakes.is_empty() {
        sources.sort_by(|a, b| a.name.cmp(&b.name));
        return Ok(sources);
    }
    reader.mistakes.sort_by_key(|mistake| mistake.line);
    Err(reader.mistakes)
}

struct Reader<'t> {
    text: &'t str,
    mistakes: Vec<Mistake>,
}

type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn mistake(&mut self, span: Range<usize>, message: impl Into<String>) {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        self.mistakes.push(Mistake { line, message: message.into() });
    }

    /// Records a mistake in place of a value.
    fn wrong<T>(&mut self, span: Range<usize>, message: impl Into<String>) -> Option<T> {
        self.mistake(span, message);
        None
    }

    fn source(&mut self, name: &Spanned<impl AsRef<str>>, value: &Value<'_>) -> Option<Source> {
        let label = name.get_ref().as_ref();
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if label.is_empty() || label.len() > 64 || !label.bytes().all(fits) {
            self.mistake(name.span(), format!("source name {label:?}, expected 1 to 64 of a-z, 0-9 and -"));
        }
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong(value.span(), format!("{label} is {}, expected a table", value.get_ref().type_str()));
        };
        for (key, _) in table {
            if !KEYS.contains(&key.get_ref().as_ref()) {
                self.mistake(key.span(), unknown("key", key.get_ref(), &KEYS));
            }
        }
        let find = |key: &str| table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value);

        let provider = match find("provider") {
            Some(value) => self.provider(value),
            None => self.wrong(name.span(), format!("{label} has no provider")),
        };
        let secrets = match find("secrets") {
            Some(value) => self.secrets(value),
            None => {
                let message = format!("{label} has no secrets, expected a list such as [\"env:NAME\"]");
                self.wrong(name.span(), message)
            }
        };
        let identity = find("identity").and_then(|value| {
            self.one_of(
                value,
                "identity",
                &[("id", Mode::Id), ("body", Mode::Body), ("id+body", Mode::IdAndBody), ("delivery", Mode::Delivery)],
            )
        });
        let destination = find("destination").and_then(|value| self.destination(value));
        let contract = find("contract").and_then(|value| self.contract(value));
        let strict_ids = find("strict_ids").and_then(|value| self.boolean(value, "strict_ids"));
        let window_days = find("window_days").and_then(|value| self.window_days(value));

        let provider = provider?;
        Some(Source {
            name: label.to_owned(),
            provider,
            secrets: secrets?,
            identity: identity.unwrap_or(provider.identity),
            strict_ids: strict_ids.unwrap_or(false),
            contract,
            destination: destination.unwrap_or(Destination::Table),
            window_days: window_days.unwrap_or(WINDOW_DAYS),
        })
    }

    fn provider(&mut self, value: &Value<'_>) -> Option<&'static provider::Provider> {
        let name = self.string(value, "provider")?;
        provider::by_name(name).or_else(|| {
            let near = provider::ALL.iter().map(|provider| provider.name).max_by(|a, b| closer(name, a, b));
            let near =
                near.filter(|near| strsim::jaro(name, near) > CLOSE).map(|near| format!(", did you mean {near:?}?"));
            let near = near.unwrap_or_else(|| ".".to_owned());
            self.wrong(value.span(), format!("unknown provider {name:?}{near} docs/providers.md lists them"))
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
        let parameter = || place::parameter(text).map(|name| SecretPlace::Ssm(name.to_owned()));
        // The text itself may be a secret that was pasted here, so it is not repeated.
        variable(text).map(|name| SecretPlace::Env(name.to_owned())).or_else(parameter).or_else(|| {
            let expected = place::PARAMETER_EXPECTED;
            let message = format!(
                "secrets: expected \"env:NAME\" with a NAME of A-Z, 0-9 and _, or {expected}, never the secret itself"
            );
            self.wrong(value.span(), message)
        })
    }

    fn destination(&mut self, value: &Value<'_>) -> Option<Destination> {
        match self.string(value, "destination")? {
            "table" => Some(Destination::Table),
            "handler" => Some(Destination::Handler),
            url if is_url(url) => Some(Destination::Https(Address::Url(url.to_owned()))),
            text => match variable(text) {
                Some(name) => Some(Destination::Https(Address::Env(name.to_owned()))),
                // A URL may hold a password, so it is not repeated.
                None => self.wrong(
                    value.span(),
                    format!("destination: expected \"table\", \"handler\", \"env:NAME\" with a NAME of A-Z, 0-9 and _, or {URL_EXPECTED}"),
                ),
            },
        }
    }

    fn contract(&mut self, value: &Value<'_>) -> Option<String> {
        let path = self.string(value, "contract")?;
        if contract::is_path(path) {
            return Some(path.to_owned());
        }
        let message = format!(
            "contract {path:?}, expected \"contracts/NAME.json\": a file of the checkout, in a-z, A-Z, 0-9, '.', '_' and '-'"
        );
        self.wrong(value.span(), message)
    }

    fn window_days(&mut self, value: &Value<'_>) -> Option<u32> {
        let days = value.get_ref().as_integer().and_then(|i| u32::from_str_radix(i.as_str(), i.radix()).ok());
        let days = days.filter(|days| (WINDOW_DAYS_MIN..=WINDOW_DAYS_MAX).contains(days));
        days.or_else(|| {
            self.wrong(
                value.span(),
                format!("window_days: expected a whole number from {WINDOW_DAYS_MIN} to {WINDOW_DAYS_MAX}"),
            )
        })
    }

    fn one_of<T: Copy>(&mut self, value: &Value<'_>, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let word = self.string(value, key)?;
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let found = choices.iter().find(|(name, _)| *name == word).map(|(_, choice)| *choice);
        found.or_else(|| self.wrong(value.span(), unknown(key, word, &names)))
    }

    fn boolean(&mut self, value: &Value<'_>, key: &str) -> Option<bool> {
        let found = value.get_ref().as_bool();
        found.or_else(|| self.wrong(value.span(), format!("{key}: expected true or false")))
    }

    fn string<'v>(&mut self, value: &'v Value<'_>, key: &str) -> Option<&'v str> {
        let found = value.get_ref().as_str();
        found
            .or_else(|| self.wrong(value.span(), format!("{key} is {}, expected a string", value.get_ref().type_str())))
    }
}

/// The name of an environment variable in `env:NAME`.
fn variable(text: &str) -> Option<&str> {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.strip_prefix("env:").filter(|name| !name.is_empty() && name.bytes().all(fits))
}

/// How alike two words have to be for one to be meant by the other.
const CLOSE: f64 = 0.7;

/// Which of two words is closer to this one.
fn closer(word: &str, a: &str, b: &str) -> std::cmp::Ordering {
    strsim::jaro(word, a).total_cmp(&strsim::jaro(word, b))
}

/// Names a word that is not one of the known, the nearest of them and all of them.
fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    let nearest = known.iter().max_by(|a, b| closer(word, a, b));
    let close = nearest.filter(|near| strsim::jaro(word, near) > CLOSE);
    let hint = close.map_or(".".to_owned(), |near| format!(", did you mean {near:?}?"));
    format!("unknown {what} {word:?}{hint} Known: {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_mistakes(text: &str, expected: &[&str]) {
        let mistakes = parse(text).unwrap_err();
        assert_eq!(mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let sources = parse("[a]\nprovider = \"github\"\nsecrets = [\"env:A\", \"ssm:/{stage}/b\"]\n").unwrap();
        let [source] = &sources[..] else { panic!("{sources:?}") };
        assert_eq!((source.name.as_str(), source.provider.name), ("a", "github"));
        assert_eq!(source.secrets, [SecretPlace::Env("A".into()), SecretPlace::Ssm("/{stage}/b".into())]);
        assert_eq!((source.identity, &source.destination, source.window_days), (Mode::Id, &Destination::Table, 35));
        assert_eq!((source.contract.as_deref(), source.strict_ids), (None, false));
    }

    #[test]
    fn a_contract_is_a_file_under_contracts() {
        let text = |contract: &str| {
            format!("[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\ncontract = {contract}\n[b]\nprovider = 7")
        };
        let wrong = |contract: &str, expected: &str| {
            let told = parse(&text(contract)).unwrap_err();
            assert_eq!(told[0].to_string(), format!("line 4: {expected}"));
            assert!(told.len() > 1, "with the other mistakes: {told:?}");
        };
        wrong("7", "contract is integer, expected a string");
        wrong(
            "\"contracts/../a.json\"",
            "contract \"contracts/../a.json\", expected \"contracts/NAME.json\": a file of the checkout, in a-z, A-Z, 0-9, '.', '_' and '-'",
        );
        let good = text("\"contracts/a.json\"");
        let sources = parse(good.split("[b]").next().unwrap()).unwrap();
        assert_eq!(sources[0].contract.as_deref(), Some("contracts/a.json"));
    }

    #[test]
    fn a_destination_is_here_or_at_a_url() {
        let text = |destination: &str| {
            format!("[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\ndestination = \"{destination}\"")
        };
        for (written, destination) in [
            ("table", Destination::Table),
            ("handler", Destination::Handler),
            ("env:ORDERS_URL", Destination::Https(Address::Env("ORDERS_URL".into()))),
            ("https://a.example/x", Destination::Https(Address::Url("https://a.example/x".into()))),
        ] {
            assert_eq!(parse(&text(written)).unwrap()[0].destination, destination);
        }
        for wrong in ["tables", "env:", "env:lower", "http://a.example", "https://me:hunter2@a.example"] {
            let told = parse(&text(wrong)).unwrap_err()[0].to_string();
            assert!(
                told.starts_with("line 4: destination: expected \"table\", ") && !told.contains("hunter2"),
                "{told}"
            );
        }
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        check_mistakes(
            "[Git_Hub]\nprovider = \"gihub\"\nsecret = [\"env:A\"]\n[b]\nprovider = 7\nsecrets = [\"hunter2\"]\nwindow_days = 27\nidentity = \"ids\"",
            &[
                "line 1: source name \"Git_Hub\", expected 1 to 64 of a-z, 0-9 and -",
                "line 1: Git_Hub has no secrets, expected a list such as [\"env:NAME\"]",
                "line 2: unknown provider \"gihub\", did you mean \"github\"? docs/providers.md lists them",
                "line 3: unknown key \"secret\", did you mean \"secrets\"? Known: provider, secrets, identity, strict_ids, contract, destination, window_days",
                "line 5: provider is integer, expected a string",
                "line 6: secrets: expected \"env:NAME\" with a NAME of A-Z, 0-9 and _, or \"ssm:/PATH/NAME\" of letters, digits, '.', '-' and '_', with {stage} for the stage, never the secret itself",
                "line 7: window_days: expected a whole number from 28 to 3650",
                "line 8: unknown identity \"ids\", did you mean \"id\"? Known: id, body, id+body, delivery",
            ],
        );
        check_mistakes("", &["line 1: no source at all, expected at least one table such as [github]"]);
    }

    #[test]
    fn a_file_that_is_no_toml_is_told_with_its_line() {
        let mistakes = parse("[a]\nprovider = \n").unwrap_err();
        assert_eq!(mistakes.iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [2], "{mistakes:?}");
    }

    #[test]
    fn sources_survive_the_way_into_a_binary() {
        let sources = parse(
            "[a]\nprovider = \"twilio\"\nsecrets = [\"env:A\", \"ssm:/{stage}/b\"]\nwindow_days = 40\ncontract = \"contracts/a.json\"",
        )
        .unwrap();
        let read = super::super::from_json(&super::super::to_json(&sources)).unwrap();
        assert_eq!(format!("{read:?}"), format!("{sources:?}"));
    }
}
