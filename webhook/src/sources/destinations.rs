//! Where events take effect, as `sources.toml` says it: one destination, or a list of them.

use super::reader::{Reader, Table, Value, find};
use crate::destination::{
    Address, BUS_EXPECTED, Bus, BusPlace, Destination, Endpoint, URL_EXPECTED, host, is_bus, is_url,
};
use crate::public_address::is_private_literal;

/// The longest name of an endpoint or a bus, which stands in the keys of rows.
const NAME_BYTES_MAX: usize = 64;

/// What an endpoint or a bus that is more than a place may be.
const TABLE_EXPECTED: &str =
    "{ url = \"env:NAME\" } with a name, sign and allow_private beside it, or { name = \"NAME\", bus = \"BUS\" }";

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
                    let key = if matches!(destination, Destination::EventBridge(_)) { "bus" } else { "url" };
                    let message = format!(
                        "destination: two are called {:?}, expected names of their own: {{ name = \"NAME\", {key} = \"...\" }}",
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
            return self.described(value);
        }
        match self.string(value, "destination")? {
            "table" => Some(Destination::Table),
            "handler" => Some(Destination::Handler),
            text => {
                if let Some(bus) = text.strip_prefix("eventbridge:") {
                    let expected =
                        || format!("destination: expected \"eventbridge:\" before \"env:NAME\" or {BUS_EXPECTED}");
                    let found = bus_place(bus).map(|place| Destination::EventBridge(Bus::new(place)));
                    return found.or_else(|| self.wrong(value.span(), expected()));
                }
                let Some(address) = address(text) else {
                    // A URL may hold a password, so it is not repeated.
                    let message = format!(
                        "destination: expected \"table\", \"handler\", \"eventbridge:BUS\", \"env:NAME\" with a NAME of A-Z, 0-9 and _, or {URL_EXPECTED}"
                    );
                    return self.wrong(value.span(), message);
                };
                self.reachable(value, Endpoint::new(address)).map(Destination::Https)
            }
        }
    }

    /// A destination with more to it than a place: `{ name = "crm", url = "env:CRM_URL", sign = "env:CRM_SECRET" }`.
    fn described(&mut self, value: &Value<'_>) -> Option<Destination> {
        let table = self.table(value, "destination")?;
        let named = match find(table, "name") {
            Some(name) => Some(self.name(name)?),
            None => None,
        };
        match (find(table, "url"), find(table, "bus")) {
            (Some(url), None) => self.endpoint(table, named, url).map(Destination::Https),
            (None, Some(bus)) => {
                self.known_keys(table, "key of a bus", &["name", "bus"]);
                let Some(place) = bus_place(self.string(bus, "bus")?) else {
                    return self.wrong(bus.span(), format!("bus: expected \"env:NAME\" or {BUS_EXPECTED}"));
                };
                Some(Destination::EventBridge(match named {
                    Some(name) => Bus::named(name, place),
                    None => Bus::new(place),
                }))
            }
            _ => self.wrong(value.span(), format!("destination: expected {TABLE_EXPECTED}")),
        }
    }

    fn endpoint(&mut self, table: &Table<'_>, named: Option<&str>, url: &Value<'_>) -> Option<Endpoint> {
        self.known_keys(table, "key of an endpoint", &["name", "url", "sign", "allow_private"]);
        let Some(address) = self.string(url, "url").map(address)? else {
            let message = format!("url: expected \"env:NAME\" with a NAME of A-Z, 0-9 and _, or {URL_EXPECTED}");
            return self.wrong(url.span(), message);
        };
        let mut endpoint = match named {
            Some(name) => Endpoint::named(name, address),
            None => Endpoint::new(address),
        };
        if let Some(value) = find(table, "allow_private") {
            endpoint.allow_private = self.boolean(value, "allow_private")?;
        }
        if let Some(value) = find(table, "sign") {
            let Some(name) = variable(self.string(value, "sign")?) else {
                // The text itself may be a secret that was pasted here, so it is not repeated.
                let message = "sign: expected \"env:NAME\" with a NAME of A-Z, 0-9 and _, never the secret itself: the variable of the worker that holds it";
                return self.wrong(value.span(), message);
            };
            endpoint.sign = Some(name.to_owned());
        }
        self.reachable(url, endpoint)
    }

    /// An endpoint whose URL does not name an address that it will be refused for.
    fn reachable(&mut self, value: &Value<'_>, endpoint: Endpoint) -> Option<Endpoint> {
        match &endpoint.address {
            Address::Url(url)
                if url.starts_with("https:") && !endpoint.allow_private && is_private_literal(host(url)) =>
            {
                let message = "the URL's address is not public, expected { url = \"...\", allow_private = true } where that is meant";
                self.wrong(value.span(), message)
            }
            _ => Some(endpoint),
        }
    }

    fn name<'v>(&mut self, value: &'v Value<'_>) -> Option<&'v str> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let label = self.string(value, "name")?;
        if label.is_empty() || label.len() > NAME_BYTES_MAX || !label.bytes().all(fits) {
            return self
                .wrong(value.span(), format!("name {label:?}, expected 1 to {NAME_BYTES_MAX} of a-z, 0-9 and -"));
        }
        Some(label)
    }
}

fn address(text: &str) -> Option<Address> {
    if is_url(text) {
        return Some(Address::Url(text.to_owned()));
    }
    variable(text).map(|name| Address::Env(name.to_owned()))
}

fn bus_place(text: &str) -> Option<BusPlace> {
    if is_bus(text) {
        return Some(BusPlace::Bus(text.to_owned()));
    }
    variable(text).map(|name| BusPlace::Env(name.to_owned()))
}

/// The name of an environment variable in `env:NAME`.
pub(super) fn variable(text: &str) -> Option<&str> {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.strip_prefix("env:").filter(|name| !name.is_empty() && name.bytes().all(fits))
}

#[cfg(test)]
mod tests {
    use super::super::{from_json, parse, to_json};
    use super::*;

    fn text(destination: &str) -> String {
        format!("[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\ndestination = {destination}")
    }

    #[track_caller]
    fn check(destination: &str, expected: &[Destination]) {
        let sources = parse(&text(destination)).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        assert_eq!(sources[0].destinations, expected);
        assert_eq!(from_json(&to_json(&sources)).unwrap()[0].destinations, expected, "on the way into a binary");
    }

    #[track_caller]
    fn check_mistake(destination: &str, expected: &str) {
        let told: Vec<String> = parse(&text(destination)).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(told, [format!("line 4: {expected}")]);
    }

    #[test]
    fn an_endpoint_may_be_named_signed_and_private() {
        let url = |url: &str| Address::Url(url.to_owned());
        let crm = Endpoint { sign: Some("CRM_SECRET".to_owned()), ..Endpoint::new(Address::Env("CRM_URL".to_owned())) };
        check("{ url = \"env:CRM_URL\", sign = \"env:CRM_SECRET\" }", &[Destination::Https(crm.clone())]);
        let named = Endpoint { name: "https:crm".to_owned(), ..crm };
        let inside = Endpoint { allow_private: true, ..Endpoint::new(url("https://10.0.0.1/x")) };
        check(
            "[{ name = \"crm\", url = \"env:CRM_URL\", sign = \"env:CRM_SECRET\" }, { url = \"https://10.0.0.1/x\", allow_private = true }]",
            &[Destination::Https(named), Destination::Https(inside)],
        );
        check("\"http://localhost:9/x\"", &[Destination::Https(Endpoint::new(url("http://localhost:9/x")))]);
    }

    #[test]
    fn a_bus_is_named_here_or_in_a_variable() {
        let env = || BusPlace::Env("BUS".to_owned());
        check("\"eventbridge:orders\"", &[Destination::EventBridge(Bus::new(BusPlace::Bus("orders".to_owned())))]);
        check(
            "[\"eventbridge:env:BUS\", { name = \"audit\", bus = \"env:BUS\" }]",
            &[Destination::EventBridge(Bus::new(env())), Destination::EventBridge(Bus::named("audit", env()))],
        );
    }

    #[test]
    fn what_could_never_work_is_told_with_its_line() {
        let bus = "\"env:NAME\" or the name of an event bus in a-z, A-Z, 0-9, '.', '-', '_' and '/', or its ARN";
        check_mistake("\"eventbridge:two words\"", &format!("destination: expected \"eventbridge:\" before {bus}"));
        check_mistake("{ bus = \"env:lower\" }", &format!("bus: expected {bus}"));
        check_mistake(
            "[\"eventbridge:a\", \"eventbridge:b\"]",
            "destination: two are called \"eventbridge\", expected names of their own: { name = \"NAME\", bus = \"...\" }",
        );
        check_mistake(
            "{ url = \"env:A\", sign = \"whsec_pasted\" }",
            "sign: expected \"env:NAME\" with a NAME of A-Z, 0-9 and _, never the secret itself: the variable of the worker that holds it",
        );
        check_mistake("{ url = \"env:A\", allow_private = 1 }", "allow_private: expected true or false");
        check_mistake(
            "{ url = \"env:A\", signed = \"env:B\" }",
            "unknown key of an endpoint \"signed\", did you mean \"sign\"? Known: name, url, sign, allow_private",
        );
        check_mistake("{ url = \"env:A\", bus = \"b\" }", &format!("destination: expected {TABLE_EXPECTED}"));
        for private in ["\"https://127.0.0.1/x\"", "\"https://[::1]:8443/\"", "{ url = \"https://169.254.169.254/\" }"]
        {
            check_mistake(
                private,
                "the URL's address is not public, expected { url = \"...\", allow_private = true } where that is meant",
            );
        }
    }
}
