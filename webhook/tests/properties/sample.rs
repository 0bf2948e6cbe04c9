//! A delivery of any provider, around any content, signed as that provider signs.

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};
use webhook::document::Document;
use webhook::provider::Provider;
use webhook::scheme::{Kind, TimestampPlace};
use webhook::secret::Secrets;
use webhook::sign::{self, sign, test_secret};
use webhook::template;
use webhook::{Field, Rejection, Request, Verified, verify_with};

use super::posted::signed_parts;

/// When the samples are signed, Unix time in milliseconds: a whole second, so that tolerances end where they say.
pub const SIGNED_MS: u64 = 1_760_000_000_000;

/// For how long a token that we sign is good, in seconds.
const TOKEN_S: i64 = 60;

/// A signed delivery.
#[derive(Clone)]
pub struct Sample {
    pub provider: &'static Provider,
    pub url: String,
    /// All headers; those that sign stand at the end.
    pub headers: Vec<(String, String)>,
    /// How many headers were there before it was signed.
    pub unsigned_headers: usize,
    pub body: Vec<u8>,
    /// Whether the content is what the body is, and not a text in it.
    pub body_is_content: bool,
}

impl Sample {
    /// Signs content as a provider would; `None` where that cannot be done without the provider.
    pub fn new(provider: &'static Provider, content: &[u8]) -> Option<Sample> {
        let places = places_in_body(provider);
        let in_form = matches!(provider.scheme.signature.fields, [Field::Form(_)]);
        let body = match (&places[..], provider.scheme.each) {
            _ if in_form => form_around(provider, content),
            ([], _) => content.to_vec(),
            (places, None) => json_with(places, content).to_string().into_bytes(),
            // A batch of two, so that nothing holds for the first item alone.
            (places, Some(items)) => {
                let item = json_with(places, content);
                with(json!({}), items, json!([item, item])).to_string().into_bytes()
            }
        };
        let form = in_form || template::signs_form(provider.scheme.signed);
        let content_type = if form { "application/x-www-form-urlencoded" } else { "application/json" };
        let mut headers = vec![("content-type".to_owned(), content_type.to_owned())];
        headers.extend(signed_parts(provider, "header:").map(|name| (name.to_owned(), "sample".to_owned())));
        // A list of headers names those that it has to.
        headers.extend(signed_parts(provider, "headers:").map(|names| {
            let list = names.split_once(',').map_or(names, |(list, _)| list);
            (list.to_owned(), names.to_owned())
        }));
        let query: Vec<String> = signed_parts(provider, "query:").map(|name| format!("{name}=7")).collect();
        let url = format!("https://hooks.example.com/hooks/{}?{}", provider.name, query.join("&"));
        let unsigned_headers = headers.len();
        let body_is_content = places.is_empty() && !in_form;
        let mut sample = Sample { provider, url, headers, unsigned_headers, body, body_is_content };
        let (scheme, secrets) = (&provider.scheme, secrets(provider));
        if let Some(written) = sign::body(scheme, &secrets, &sample.request(), SIGNED_MS).ok()? {
            sample.body = written;
        }
        let signed = sign(scheme, &secrets, &sample.request(), SIGNED_MS).ok()?;
        sample.headers.extend(signed);
        Some(sample)
    }

    pub fn request(&self) -> Request<'_> {
        Request { method: "POST", url: &self.url, headers: &self.headers, body: &self.body }
    }

    /// What comes of it at its time, with the secret that signed it.
    pub fn verified(&self) -> Result<Verified<'_>, Rejection> {
        self.verified_at(SIGNED_MS)
    }

    pub fn verified_at(&self, now_ms: u64) -> Result<Verified<'_>, Rejection> {
        self.verified_by(&secrets(self.provider), now_ms)
    }

    pub fn verified_by(&self, secrets: &Secrets, now_ms: u64) -> Result<Verified<'_>, Rejection> {
        let document = sign::test_document(self.provider);
        let ours = |_: &str| document.as_deref().map(str::as_bytes);
        verify_with(&self.provider.scheme, secrets, &ours, &self.request(), now_ms)
    }

    /// From which second to which it is let in, counted from its signing; `None` where that is for ever.
    pub fn tolerated_s(&self) -> Option<RangeInclusive<i64>> {
        match self.provider.scheme.kind {
            Kind::Jwt(rules) => {
                let leeway_s = i64::from(rules.leeway_s);
                Some(-leeway_s..=TOKEN_S - 1 + leeway_s)
            }
            _ => self.provider.scheme.timestamp.map(|rule| i64::from(rule.tolerance_s)).map(|s| -s..=s),
        }
    }

    /// The header that holds the signature; `None` where that stands in the body.
    pub fn signature(&mut self) -> Option<&mut (String, String)> {
        let fields = self.provider.scheme.signature.fields;
        let holds =
            |name: &str| fields.iter().any(|field| matches!(field, Field::Header(of) if of.eq_ignore_ascii_case(name)));
        self.headers.iter_mut().skip(self.unsigned_headers).find(|(name, _)| holds(name))
    }

    /// Whether this is let in as what another sample says: the parameters of a form can be written in many ways under
    /// one signature, and are one event.
    pub fn says_what(&self, other: &Sample) -> bool {
        let signed = |sample: &Sample| sample.verified().ok().map(|delivery| delivery.signed_sha256());
        (template::signs_form(self.provider.scheme.signed) || self.provider.scheme.wrapped.is_some())
            && signed(self) == signed(other)
    }
}

/// The secret that samples of this provider are signed with.
pub fn secrets(provider: &Provider) -> Secrets {
    Secrets::parse(&test_secret(provider), &provider.scheme.key).expect("the test secret is a key")
}

/// What a scheme wants to find in a JSON body.
fn places_in_body(provider: &Provider) -> Vec<&'static str> {
    let scheme = &provider.scheme;
    let time = match scheme.timestamp.map(|rule| rule.place) {
        Some(TimestampPlace::Fields(fields)) => fields,
        _ => &[],
    };
    let certificate = match scheme.document {
        Some(Document::Certificate { url, .. }) => Some(url),
        _ => None,
    };
    let version = scheme.versions.map(|versions| versions.field);
    let fields =
        scheme.signature.fields.iter().chain(time).copied().chain(scheme.names).chain(certificate).chain(version);
    let pointers = fields.filter_map(|field| match field {
        Field::Json(pointer) => Some(pointer),
        _ => None,
    });
    pointers.chain(signed_parts(provider, "json:")).collect()
}

/// A form with the content where the provider wraps it.
fn form_around(provider: &Provider, content: &[u8]) -> Vec<u8> {
    let Some(Field::Form(name)) = provider.scheme.wrapped else { return content.to_vec() };
    let content: String = form_urlencoded::byte_serialize(content).collect();
    format!("{name}={content}").into_bytes()
}

/// A JSON body that has these places, and the content as a text.
fn json_with(places: &[&str], content: &[u8]) -> Value {
    let body = json!({"content": String::from_utf8_lossy(content)});
    places.iter().fold(body, |body, place| with(body, place, json!("sample")))
}

/// The JSON with a value at a place, and what is on the way there.
fn with(mut body: Value, place: &str, value: Value) -> Value {
    let mut at = &mut body;
    for step in place.split('/').skip(1) {
        // A number is a place in a list.
        if step == "0" {
            if !at.is_array() {
                *at = json!([null]);
            }
            at = &mut at[0];
        } else {
            if !at.is_object() {
                *at = Value::Object(Map::new());
            }
            at = &mut at[step];
        }
    }
    *at = value;
    body
}
