//! The method, path and query of a request as Atlassian's tokens cover them (claim `qsh`): developer.atlassian.com
//! "Understanding JWT for Connect apps, Creating a query string hash", and `atlassian-jwt`, `createCanonicalRequest`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::request::Request;

/// The SHA-256 of them, in lower-case hex.
pub(crate) fn query_hash(request: &Request<'_>) -> String {
    hex::encode(Sha256::digest(canonical(request)))
}

/// `METHOD&path&query`; the query decoded, sorted, without the token itself, and encoded again (RFC 3986).
fn canonical(request: &Request<'_>) -> String {
    let path = request.path().replace('&', "%26");
    let path = if path.len() > 1 { path.strip_suffix('/').unwrap_or(&path) } else { &path };
    let mut parameters: BTreeMap<Cow<'_, str>, Vec<Cow<'_, str>>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(request.query().as_bytes()).filter(|(name, _)| name != "jwt") {
        parameters.entry(name).or_default().push(value);
    }
    let parameter = |(name, mut values): (Cow<'_, str>, Vec<Cow<'_, str>>)| {
        values.sort();
        let values: Vec<String> = values.iter().map(|value| encoded(value)).collect();
        format!("{}={}", encoded(&name), values.join(","))
    };
    let query: Vec<String> = parameters.into_iter().map(parameter).collect();
    format!("{}&{path}&{}", request.method.to_ascii_uppercase(), query.join("&"))
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        let request = Request { method: "POST", url, headers: &[], body: b"" };
        assert_eq!(canonical(&request), expected, "{url}");
    }

    #[test]
    fn a_request_is_written_in_one_way_whatever_the_spelling_of_its_query() {
        check("https://a.example/hooks/a", "POST&/hooks/a&");
        check("https://a.example/hooks/a/", "POST&/hooks/a&");
        check("https://a.example", "POST&/&");
        check("https://a.example/a&b?x=1", "POST&/a%26b&x=1");
        check("/a?b=2&B=x&b=1&jwt=t&c", "POST&/a&B=x&b=1,2&c=");
        check("/a?q=a+b%2a%21~%C3%A9&%61=%26", "POST&/a&a=%26&q=a%20b%2A%21~%C3%A9");
    }
}
