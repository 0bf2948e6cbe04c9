//! A request written as text, so that a fuzzer can change it and a reader can read it:
//!
//! ```text
//! github POST https://hooks.example.com/hooks/github 1760000000000
//! x-hub-signature-256: sha256=00ff
//!
//! the body
//! ```
//!
//! Every input is a request. A provider that is not known is one by chance, and a header whose name is a number is
//! that one of those that the provider's row speaks of, so that what was learnt of one row serves for all.

use webhook::Request;
use webhook::provider::{self, Provider};
use webhook::scheme::TimestampPlace;
use webhook::{Field, handshake::When};

/// A request that owns what it is made of.
pub struct Posted {
    pub provider: &'static Provider,
    pub method: String,
    pub url: String,
    pub now_ms: u64,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Posted {
    /// Reads any input.
    pub fn read(input: &[u8]) -> Posted {
        let (first, mut rest) = line(input);
        let mut words = first.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (provider, method, url, now_ms) = (row(&word()), word(), word(), word().parse().unwrap_or(0));
        let names = header_names(provider);
        let mut headers = Vec::new();
        while !rest.is_empty() {
            let (header, left) = line(rest);
            rest = left;
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(':').unwrap_or((&header, ""));
            let named = name.parse::<usize>().ok().map(|number| names[number % names.len()].to_owned());
            headers.push((named.unwrap_or_else(|| name.to_owned()), value.to_owned()));
        }
        Posted { provider, method, url, now_ms, headers, body: rest.to_vec() }
    }

    /// The request.
    pub fn request(&self) -> Request<'_> {
        Request { method: &self.method, url: &self.url, headers: &self.headers, body: &self.body }
    }
}

/// The row of this name, or one by chance.
pub fn row(name: &str) -> &'static Provider {
    let sum = name.bytes().fold(0, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    provider::by_name(name).unwrap_or(provider::ALL[sum % provider::ALL.len()])
}

/// The headers that a provider's row speaks of.
pub fn header_names(provider: &Provider) -> Vec<&'static str> {
    let scheme = &provider.scheme;
    let time = match scheme.timestamp.map(|rule| rule.place) {
        Some(TimestampPlace::Fields(fields)) => fields,
        _ => &[],
    };
    let asked = provider.handshakes.iter().filter_map(|handshake| match handshake.when {
        When::Is(field, _) | When::Has(field) => Some(field),
        When::Any => None,
    });
    let fields = scheme.signature.fields.iter().chain(time).chain(provider.id).chain(provider.event_type).copied();
    let headers = fields.chain(asked).filter_map(|field| match field {
        Field::Header(name) => Some(name),
        _ => None,
    });
    headers.chain(signed_parts(provider, "header:")).chain(["content-type"]).collect()
}

/// The names of what a scheme signs of one sort, such as `header:` or `json:`; of several, the first.
pub fn signed_parts(provider: &Provider, sort: &'static str) -> impl Iterator<Item = &'static str> {
    let parts = provider.scheme.signed.split('{').skip(1);
    parts.filter_map(move |part| part.strip_prefix(sort)?.split(['}', '|']).next())
}

/// The first line as text, and what follows it.
fn line(input: &[u8]) -> (String, &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let text = String::from_utf8_lossy(&input[..end]).into_owned();
    (text, input.get(end + 1..).unwrap_or_default())
}
