//! API Gateway's event (HTTP API, payload format 2.0) in, its reply out.
//!
//! `lambda_http`'s own request type is not used: making it panics on a body that is no base64 and on a path
//! that is no URI, and it puts the URL together anew, while some providers sign it to the byte.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// The part of the event that a delivery needs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    #[serde(default)]
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    path_parameters: BTreeMap<String, String>,
    request_context: Context,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    http: Http,
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    domain_name: String,
    #[serde(default)]
    time_epoch: u64,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

impl Event {
    /// The name of the source that is posted to: the route's parameter, or the path behind `/hooks/`.
    pub fn source(&self) -> &str {
        let in_path = || self.raw_path.rsplit_once("/hooks/").map_or("", |(_, name)| name);
        self.path_parameters.get("source").map_or_else(in_path, String::as_str)
    }

    /// The HTTP method.
    pub fn method(&self) -> &str {
        &self.request_context.http.method
    }

    /// API Gateway's id of the request.
    pub fn request_id(&self) -> &str {
        &self.request_context.request_id
    }

    /// When API Gateway received the request, Unix time in milliseconds, or `None` where it does not say.
    ///
    /// This is the time that signatures are held against: it is AWS's own, and neither a cold start nor a
    /// retry makes a delivery older. `sam local start-api` writes seconds here, which count as nothing said.
    pub fn received_at_ms(&self) -> Option<u64> {
        const LEAST_MS: u64 = 1_000_000_000_000;
        Some(self.request_context.time_epoch).filter(|ms| *ms >= LEAST_MS)
    }

    /// The URL that the provider called. `public_url` is its protocol and host, with whatever path a custom
    /// domain's mapping adds; where it is not set, the domain that API Gateway answered for. To be called before
    /// [`Event::take_headers`].
    pub fn url(&self, public_url: Option<&str>) -> String {
        let base = match public_url {
            Some(base) => base.trim_end_matches('/').to_owned(),
            None => {
                // The gateway writes this header itself. It says http only on a local stack.
                let plain = self.headers.get("x-forwarded-proto").is_some_and(|protocol| protocol == "http");
                format!("{}://{}", if plain { "http" } else { "https" }, self.request_context.domain_name)
            }
        };
        let mark = if self.raw_query_string.is_empty() { "" } else { "?" };
        format!("{base}{}{mark}{}", self.raw_path, self.raw_query_string)
    }

    /// Takes the headers out of the event, names and values.
    pub fn take_headers(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.headers).into_iter().collect()
    }

    /// Takes the raw body out of the event, the transport's base64 removed.
    ///
    /// # Errors
    /// When the body is said to be base64 and is not.
    pub fn take_body(&mut self) -> Result<Vec<u8>, base64::DecodeError> {
        let body = self.body.take().unwrap_or_default();
        if self.is_base64_encoded { STANDARD.decode(body) } else { Ok(body.into_bytes()) }
    }
}

/// The reply to API Gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The HTTP status.
    pub status_code: u16,
    /// Headers, names in lower case.
    pub headers: BTreeMap<&'static str, String>,
    /// The body, always text.
    pub body: String,
    is_base64_encoded: bool,
}

impl Answer {
    /// An answer with a body, or with none where it is empty.
    pub fn new(status_code: u16, content_type: Option<&'static str>, body: impl Into<String>) -> Self {
        let headers = content_type.map(|value| ("content-type", value.to_owned())).into_iter().collect();
        Answer { status_code, headers, body: body.into(), is_base64_encoded: false }
    }

    /// The answer with one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }
}
