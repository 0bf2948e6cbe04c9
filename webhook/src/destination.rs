//! Where events take effect.

use serde::{Deserialize, Serialize};

use crate::protocol::Way;

/// Where the events of a source take effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Destination {
    /// In the table, in the same write that marks them done.
    Table,
    /// Wherever the handler acts, while it holds a lease on the row.
    Handler,
    /// At an HTTP endpoint, which gets what the handler makes of them.
    Https(Endpoint),
}

/// An HTTP endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The destination's name: `https`, or `https:crm` for one that is named.
    pub name: String,
    /// Where it is.
    pub address: Address,
}

impl Endpoint {
    /// The only endpoint of a source.
    pub fn new(address: Address) -> Self {
        Endpoint { name: "https".to_owned(), address }
    }

    /// One of several endpoints of a source.
    pub fn named(name: &str, address: Address) -> Self {
        Endpoint { name: format!("https:{name}"), address }
    }
}

/// The URL of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Address {
    /// The URL itself.
    Url(String),
    /// The environment variable that holds it: endpoints differ from stage to stage.
    Env(String),
}

impl Destination {
    /// Every name that a destination without one of its own has.
    pub const NAMES: [&'static str; 3] = ["table", "handler", "https"];

    /// The stable name: part of the key of every row, so it never changes.
    pub fn name(&self) -> &str {
        match self {
            Destination::Table => "table",
            Destination::Handler => "handler",
            Destination::Https(endpoint) => &endpoint.name,
        }
    }

    /// How events are settled here.
    pub fn way(&self) -> Way {
        match self {
            Destination::Table => Way::AtOnce,
            Destination::Handler | Destination::Https(_) => Way::Claimed,
        }
    }
}

/// What a URL has to be, for those who wrote another one.
pub const URL_EXPECTED: &str = "a URL such as https://example.com/events; http:// goes to this machine only";

/// Whether events may be posted to a URL: https, or http within this machine; no user name and no password,
/// which would show in logs.
pub fn is_url(text: &str) -> bool {
    let (rest, local_only) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, false),
        (_, Some(rest)) => (rest, true),
        _ => return false,
    };
    let authority = rest.split(['/', '?']).next().unwrap_or("");
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic() && !br##"\"<>^`{|}#"##.contains(&byte));
    printable
        && !host.is_empty()
        && !authority.contains('@')
        && (!local_only || ["127.0.0.1", "localhost"].contains(&host))
}

#[cfg(test)]
mod tests {
    use super::{Address, Destination, Endpoint, is_url};

    #[test]
    fn every_name_is_listed() {
        let https = Destination::Https(Endpoint::new(Address::Env("A".to_owned())));
        let all = [Destination::Table, Destination::Handler, https];
        assert_eq!(all.each_ref().map(Destination::name), Destination::NAMES);
    }

    #[test]
    fn only_https_leaves_this_machine() {
        for good in
            ["https://example.com", "https://example.com:8443/a?b=c", "http://127.0.0.1:9/x", "http://localhost"]
        {
            assert!(is_url(good), "{good}");
        }
        for bad in [
            "",
            "example.com",
            "https://",
            "https:///path",
            "https://:443/",
            "http://example.com",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1@example.com/",
            "https://user:secret@example.com/",
            "https://example.com/a b",
            "https://example.com/\u{e9}",
            "ftp://example.com",
        ] {
            assert!(!is_url(bad), "{bad}");
        }
    }
}
