//! Requests that ask whether we are there. They are answered at once and never queued.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::field::Field;
use crate::mac;
use crate::request::Request;
use crate::scheme::{Challenge, Hash, Kind};
use crate::secret::Secrets;

/// One kind of handshake of a provider.
#[derive(Debug, Clone, Copy)]
pub struct Handshake {
    /// The method that it comes by.
    pub method: &'static str,
    /// How it is known.
    pub when: When,
    /// Whether it is signed like a delivery. One that is not can do nothing but be answered.
    pub signed: bool,
    /// The status of the answer.
    pub status: u16,
    /// Headers of the answer, beside its content type.
    pub headers: &'static [(&'static str, Value)],
    /// The body of the answer.
    pub body: Body,
}

/// How a handshake is known.
#[derive(Debug, Clone, Copy)]
pub enum When {
    /// By a value that stands somewhere.
    Is(Field, &'static str),
    /// By anything that stands there.
    Has(Field),
    /// By its method.
    Any,
}

/// The body of an answer.
#[derive(Debug, Clone, Copy)]
pub enum Body {
    /// None.
    Empty,
    /// A value as plain text.
    Text(Value),
    /// A JSON object of values.
    Json(&'static [(&'static str, Value)]),
}

/// A value in an answer.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    /// These words.
    Literal(&'static str),
    /// This number; in JSON, it is no string.
    Number(i64),
    /// What the request says there.
    Echo(Field),
    /// The HMAC-SHA256 of what the request says there, in hex, by the secret that signed the request.
    HmacHex(Field),
    /// The same in base64, behind this prefix.
    HmacBase64(&'static str, Field),
    /// A challenge that anybody may have signed, by the kind of signature and in hex, behind the name of the secret.
    Signed(Field, Challenge, Kind),
}

/// What a handshake is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// No challenge is longer; what is longer is not sent back.
const ECHO_BYTES_MAX: usize = 4096;

impl Handshake {
    /// One that is signed like a delivery.
    pub const fn signed(when: When, body: Body) -> Self {
        Handshake { method: "POST", when, signed: true, status: 200, headers: &[], body }
    }

    /// One that carries no signature.
    pub const fn unsigned(method: &'static str, when: When, body: Body) -> Self {
        Handshake { method, when, signed: false, status: 200, headers: &[], body }
    }

    /// Whether a request is this handshake, its signature aside.
    pub fn is(&self, request: &Request<'_>) -> bool {
        self.method == request.method
            && match self.when {
                When::Is(field, value) => field.of(request).as_deref() == Some(value),
                When::Has(field) => field.of(request).is_some(),
                When::Any => true,
            }
    }

    /// What it is answered; `None` when it lacks what the answer needs. `secret` is the one that signed it, by its
    /// number: during a rotation the provider wants to hear the same.
    pub fn answer(&self, request: &Request<'_>, secrets: &Secrets, secret: usize) -> Option<Answer> {
        let value = |value: &Value| value.of(request, secrets, secret);
        let (content_type, body) = match self.body {
            Body::Empty => (None, String::new()),
            Body::Text(text) => (Some("text/plain"), value(&text)?),
            Body::Json(pairs) => {
                let json = |of: &Value| match of {
                    Value::Number(number) => Some((*number).into()),
                    text => Some(value(text)?.into()),
                };
                let pair = |(name, of): &(&str, Value)| Some(((*name).to_owned(), json(of)?));
                let object: serde_json::Map<String, serde_json::Value> =
                    pairs.iter().map(pair).collect::<Option<_>>()?;
                (Some("application/json"), serde_json::Value::Object(object).to_string())
            }
        };
        // Text of somebody's choice must not be taken for a page.
        let fixed = content_type.map(|of| ("content-type", of.to_owned()));
        let sniff = content_type.map(|_| ("x-content-type-options", "nosniff".to_owned()));
        let more = self.headers.iter().map(|(name, of)| Some((*name, value(of)?))).collect::<Option<Vec<_>>>()?;
        Some(Answer { status: self.status, headers: fixed.into_iter().chain(sniff).chain(more).collect(), body })
    }
}

impl Value {
    fn of(&self, request: &Request<'_>, secrets: &Secrets, secret: usize) -> Option<String> {
        let echo = |field: Field| {
            let printable = |text: &str| text.len() <= ECHO_BYTES_MAX && !text.contains(|c: char| c.is_control());
            field.of(request).filter(|text| printable(text))
        };
        let tag = |field| {
            let text = echo(field)?.into_owned().into_bytes();
            mac::tag(Kind::Hmac(Hash::Sha256), secrets.keys().nth(secret)?, &[text.into()])
        };
        match *self {
            Value::Signed(field, challenge, kind) => {
                let text = echo(field).filter(|text| challenge.is(text.as_bytes()))?.into_owned().into_bytes();
                let tag = mac::tag(kind, secrets.keys().nth(secret)?, &[text.into()])?;
                Some(secrets.under_name(secret, &hex::encode(tag)))
            }
            Value::Literal(text) => Some(text.to_owned()),
            Value::Number(number) => Some(number.to_string()),
            Value::Echo(field) => Some(echo(field)?.into_owned()),
            Value::HmacHex(field) => Some(hex::encode(tag(field)?)),
            Value::HmacBase64(prefix, field) => Some(format!("{prefix}{}", STANDARD.encode(tag(field)?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::{Encoding, Key};

    const ZOOM: Handshake = Handshake::signed(
        When::Is(Field::Json("/event"), "endpoint.url_validation"),
        Body::Json(&[
            ("plainToken", Value::Echo(Field::Json("/payload/plainToken"))),
            ("encryptedToken", Value::HmacHex(Field::Json("/payload/plainToken"))),
        ]),
    );
    const META: Handshake = Handshake::unsigned(
        "GET",
        When::Has(Field::Query("hub.challenge")),
        Body::Text(Value::Echo(Field::Query("hub.challenge"))),
    );

    fn secrets() -> Secrets {
        Secrets::parse("first\nsecond", &Key { strip: &[], decode: Encoding::Utf8, named: None }).unwrap()
    }

    fn get(url: &str) -> Request<'_> {
        Request { method: "GET", url, headers: &[], body: b"" }
    }

    #[test]
    fn a_challenge_is_sent_back_as_text_that_no_browser_takes_for_a_page() {
        let request = get("/?hub.mode=subscribe&hub.challenge=11%3Cb%3E");
        assert!(META.is(&request) && !META.is(&get("/?hub.mode=subscribe")) && !ZOOM.is(&request));
        let answer = META.answer(&request, &secrets(), 0).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "11<b>"));
        let headers = [("content-type", "text/plain"), ("x-content-type-options", "nosniff")];
        assert_eq!(answer.headers, headers.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn a_challenge_too_long_or_with_control_characters_is_not_sent_back() {
        let long = format!("/?hub.challenge={}", "x".repeat(5_000));
        for url in [&long, "/?hub.challenge=a%0Ab"] {
            assert_eq!(META.answer(&get(url), &secrets(), 0), None);
        }
    }

    #[test]
    fn a_number_is_no_string_in_json() {
        let answer = |body| Handshake::signed(When::Any, body).answer(&get("/"), &secrets(), 0).unwrap().body;
        assert_eq!(answer(Body::Json(&[("type", Value::Number(1))])), r#"{"type":1}"#);
        assert_eq!(answer(Body::Json(&[("type", Value::Literal("1"))])), r#"{"type":"1"}"#);
        assert_eq!(answer(Body::Text(Value::Number(1))), "1");
    }

    #[test]
    fn a_token_is_signed_with_the_secret_that_signed_the_request() {
        let body = br#"{"event":"endpoint.url_validation","payload":{"plainToken":"q\"t"}}"#;
        let request = Request { method: "POST", url: "/", headers: &[], body };
        assert!(ZOOM.is(&request));
        // printf 'q"t' | openssl dgst -sha256 -hmac first
        let expected = r#"{"encryptedToken":"34d6fc085cb76f980c7fc093ed0c1b3a6970c9eaabfbd9866b78cc6705d2ae17","plainToken":"q\"t"}"#;
        assert_eq!(ZOOM.answer(&request, &secrets(), 0).unwrap().body, expected);
        assert_ne!(ZOOM.answer(&request, &secrets(), 1).unwrap().body, expected, "while a secret is rotated");
    }
}
