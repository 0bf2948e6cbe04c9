//! Where events take effect, as `sources.toml` says it: one destination, or a list of them.

use super::reader::{Reader, Value, find};
use crate::destination::{Address, Destination, Endpoint, URL_EXPECTED, is_url};

/// The longest name of an endpoint, which stands in the keys of rows.
const NAME_BYTES_MAX: usize = 64;

impl Reader<'_> {
    /// The destinations of a source: at least one, and each with a name of its own, because each has a row of its own.
    pub(super) fn destinations(&mut self, value: &Value<'_>) -> Option<Vec<Destination>> {
        let items = value.get_ref().as_array().map_or(std::slice::from_ref(value), |list| &list[..]);
        if items.is_empty() {
            return self.wrong(value.span(), "destination: expected at least one, such as [\"table\"]");
        }
        let mut destinations: Vec<Destination> = Vec::new();
        let mut sound = true;
        for item in items {
            match self.destination(item) {
                Some(destination) if destinations.iter().any(|other| other.name() == destination.name()) => {
                    let message = format!(
                        "destination: two are called {:?}, expected names of their own: {{ name = \"NAME\", url = \"...\" }}",
                        destination.name()
                    );
                    self.mistake(item.span(), message);
                    sound = false;
                }
                Some(destination) => destinations.push(destination),
                None => sound = false,
            }
        }
        sound.then_some(destinations)
    }

    fn destination(&mut self, value: &Value<'_>) -> Option<Destination> {
        if value.get_ref().as_table().is_some() {
            return self.named(value);
        }
        match self.string(value, "destination")? {
            "table" => Some(Destination::Table),
            "handler" => Some(Destination::Handler),
            text => match address(text) {
                Some(address) => Some(Destination::Https(Endpoint::new(address))),
                // A URL may hold a password, so it is not repeated.
                None => self.wrong(
                    value.span(),
                    format!("destination: expected \"table\", \"handler\", \"env:NAME\" with a NAME of A-Z, 0-9 and _, or {URL_EXPECTED}"),
                ),
            },
        }
    }

    /// An endpoint that has a name: `{ name = "crm", url = "env:CRM_URL" }`.
    fn named(&mut self, value: &Value<'_>) -> Option<Destination> {
        let table = self.table(value, "destination")?;
        self.known_keys(table, "key of destination", &["name", "url"]);
        let (Some(name), Some(url)) = (find(table, "name"), find(table, "url")) else {
            return self.wrong(value.span(), "destination: expected { name = \"NAME\", url = \"env:NAME\" }");
        };
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let label = self.string(name, "name")?;
        if label.is_empty() || label.len() > NAME_BYTES_MAX || !label.bytes().all(fits) {
            return self
                .wrong(name.span(), format!("name {label:?}, expected 1 to {NAME_BYTES_MAX} of a-z, 0-9 and -"));
        }
        match self.string(url, "url").map(address)? {
            Some(address) => Some(Destination::Https(Endpoint::named(label, address))),
            None => self.wrong(
                url.span(),
                format!("url: expected \"env:NAME\" with a NAME of A-Z, 0-9 and _, or {URL_EXPECTED}"),
            ),
        }
    }
}

fn address(text: &str) -> Option<Address> {
    if is_url(text) {
        return Some(Address::Url(text.to_owned()));
    }
    variable(text).map(|name| Address::Env(name.to_owned()))
}

/// The name of an environment variable in `env:NAME`.
pub(super) fn variable(text: &str) -> Option<&str> {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.strip_prefix("env:").filter(|name| !name.is_empty() && name.bytes().all(fits))
}
