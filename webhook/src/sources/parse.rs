//! Reading `sources.toml`: every mistake at once, each with its line and what would be right.

use toml::Spanned;
use toml::de::DeTable;

use super::custom::Written;
use super::reader::{Mistake, Reader, Table, Value, entry, find};
use super::words::nearest;
use super::{SecretPlace, Source, contract, secret_place};
use crate::destination::{Address, Destination, URL_EXPECTED, is_url};
use crate::identity::Mode;
use crate::provider::{self, Provider};

const WINDOW_DAYS: u32 = 35;
/// A message may wait 14 days in the queue and its letter 14 more; a duplicate may come after all of them.
const WINDOW_DAYS_MIN: u32 = 28;
const WINDOW_DAYS_MAX: u32 = 3650;
/// What a source may say.
const KEYS: [&str; 15] = [
    "provider",
    "secrets",
    "identity",
    "strict_ids",
    "contract",
    "destination",
    "window_days",
    "split",
    "confirm",
    "scheme",
    "id",
    "type",
    "headers",
    "accepted",
    "rejected",
];
/// What a source may say beside a scheme of its own only.
const PROVIDER_KEYS: [&str; 5] = ["id", "type", "headers", "accepted", "rejected"];
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
        let destination = find("destination").and_then(|value| self.destination(value));
        let contract = find("contract").and_then(|value| self.contract(value));
        let strict_ids = find("strict_ids").and_then(|value| self.boolean(value, "strict_ids"));
        let window_days = find("window_days")
            .and_then(|value| self.whole_number(value, "window_days", WINDOW_DAYS_MIN, WINDOW_DAYS_MAX));

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
            confirm: confirm.unwrap_or(false),
            strict_ids: strict_ids.unwrap_or(false),
            contract,
            destination: destination.unwrap_or(Destination::Table),
            window_days: window_days.unwrap_or(WINDOW_DAYS),
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
}

/// Where the line begins that opens the table around this place of the file.
fn header_before(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    if before.starts_with('[') && !before.contains("\n[") { 0 } else { before.rfind("\n[").map_or(0, |line| line + 1) }
}

/// The name of an environment variable in `env:NAME`.
fn variable(text: &str) -> Option<&str> {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.strip_prefix("env:").filter(|name| !name.is_empty() && name.bytes().all(fits))
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
                "line 2: unknown provider \"gihub\", did you mean \"github\"? docs/providers.md lists them, docs/custom-schemes.md says how to describe another",
                "line 3: unknown key \"secret\", did you mean \"secrets\"? Known: provider, secrets, identity, strict_ids, contract, destination, window_days, split, confirm, scheme, id, type, headers, accepted, rejected",
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
    fn a_table_that_is_there_twice_is_told_once() {
        let twice =
            "[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\n[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\n";
        check_mistakes(twice, &["line 4: duplicate key a"]);
        let more = format!("{twice}[b]\nsecrets = 1\nsecrets = 2\n");
        check_mistakes(&more, &["line 4: duplicate key a", "line 9: duplicate key secrets"]);
    }

    #[test]
    fn a_provider_without_ids_is_not_asked_for_them() {
        let text =
            |identity: &str| format!("[a]\nprovider = \"discord\"\nsecrets = [\"env:A\"]\nidentity = \"{identity}\"\n");
        for identity in ["id", "id+body"] {
            check_mistakes(
                &text(identity),
                &[
                    "line 4: identity: the events of discord have no id, expected identity = \"body\" (equal bodies are one event) or identity = \"delivery\" (each delivery counts)",
                ],
            );
        }
        assert_eq!(parse(&text("delivery")).unwrap()[0].identity, Mode::Delivery);
    }

    #[test]
    fn sources_survive_the_way_into_a_binary() {
        let sources = parse(
            "[a]\nprovider = \"twilio\"\nsecrets = [\"env:A\", \"ssm:/{stage}/b\"]\nwindow_days = 40\nsplit = {items = \"/a\", id = \"json:/b\"}\ncontract = \"contracts/a.json\"",
        )
        .unwrap();
        let read = super::super::from_json(&super::super::to_json(&sources)).unwrap();
        assert_eq!(format!("{read:?}"), format!("{sources:?}"));
        // What a row knows of its batches travels, too, ids of several fields among it.
        for (row, batch) in provider::ALL.iter().filter_map(|row| Some((row, row.batch?))) {
            let (name, items) = (row.name, batch.items);
            let text = format!("[a]\nprovider = \"{name}\"\nsecrets = [\"env:A\"]\nsplit = \"{items}\"");
            let read = super::super::from_json(&super::super::to_json(&parse(&text).unwrap())).unwrap();
            assert_eq!(format!("{:?}", read[0].split), format!("{:?}", row.batch), "{name}");
        }
    }
}
