//! An HTTP endpoint that events are posted to.

use serde::{Deserialize, Serialize};

/// An HTTP endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The destination's name: `https`, or `https:crm` for one that is named.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// The environment variable that holds the secrets by which posts are signed, one a line; unsigned without it.
    pub sign: Option<String>,
    /// Whether it may lie in a private network, such as the VPC that the worker is in.
    pub allow_private: bool,
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

impl Endpoint {
    /// The only endpoint of a source.
    pub fn new(address: Address) -> Self {
        Endpoint { name: "https".to_owned(), address, sign: None, allow_private: false }
    }

    /// One of several endpoints of a source.
    pub fn named(name: &str, address: Address) -> Self {
        Endpoint { name: format!("https:{name}"), ..Endpoint::new(address) }
    }
}

/// What a URL has to be, for those who wrote another one.
pub const URL_EXPECTED: &str = "a URL such as https://example.com/events; http:// goes to this machine only";

/// Whether events may be posted to a URL: https, or http within this machine; no user name and no password,
/// which would show in logs.
pub fn is_url(text: &str) -> bool {
    let local_only = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(_), _) => false,
        (_, Some(_)) => true,
        _ => return false,
    };
    let host = host(text);
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic() && !br##"\"<>^`{|}#"##.contains(&byte));
    printable
        && !host.is_empty()
        && !authority(text).contains('@')
        && (!local_only || ["127.0.0.1", "localhost"].contains(&host))
}

/// The host of a URL, without its port; an address of IPv6 stands in brackets.
pub fn host(url: &str) -> &str {
    let authority = authority(url);
    let bracket = authority.starts_with('[').then(|| authority.find(']')).flatten();
    match bracket {
        Some(end) => &authority[..=end],
        None => authority.split_once(':').map_or(authority, |(host, _)| host),
    }
}

fn authority(url: &str) -> &str {
    url.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::{host, is_url};

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

    #[test]
    fn a_host_stands_without_its_port() {
        for (url, expected) in [
            ("https://example.com:8443/a?b=c", "example.com"),
            ("https://[2606:4700::1111]:443/", "[2606:4700::1111]"),
            ("https://[::1]?x", "[::1]"),
            ("https://example.com", "example.com"),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}
