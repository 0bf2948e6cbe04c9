//! Signed calls of S3: an object is put, and an object is fetched.
//!
//! As in `json.rs`, the signer and the HTTP client are those of the SDKs that are here: `aws-sdk-s3` would be larger
//! than all that is. Nothing is made before the first call, so nobody pays for it who has no large bodies.

use std::sync::OnceLock;
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::Patience;
use super::json::{BACKOFF, CallError};
use crate::clock;
use crate::settings::Settings;

/// How much of a refusal is read, in bytes.
const REFUSAL_BYTES_MAX: usize = 16 * 1024;

/// S3, and a client of its own for it.
pub struct S3 {
    connector: OnceLock<Connector>,
    trust: TlsContext,
    credentials: Credentials,
    region: String,
    /// Where it is reached, if that is not where AWS has it: then buckets stand in the path.
    endpoint: Option<String>,
    patience: Patience,
}

/// Why an object is not here. Never shows anything of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// There is none, or no bucket. Where nobody may list the bucket, S3 says only that access is denied.
    #[error("is not there: {0}")]
    Missing(String),
    /// It is larger than so many bytes.
    #[error("is larger than {0} bytes")]
    TooLarge(usize),
    /// S3 did not say.
    #[error("cannot be had, S3 {0}")]
    Call(#[from] CallError),
}

impl S3 {
    /// S3 as the environment says: nothing is opened before the first call.
    pub fn new(settings: &Settings<'_>, patience: Patience) -> Self {
        S3 {
            connector: OnceLock::new(),
            trust: super::trust(settings),
            credentials: super::credentials(settings),
            region: settings.required("AWS_REGION"),
            endpoint: super::endpoint(settings, "S3"),
            patience,
        }
    }

    /// Puts an object and returns once S3 has it, whole: the signature covers its hash. Dropping the future ends the
    /// call; S3 has the object then, or has none.
    ///
    /// # Errors
    /// [`CallError`] when S3 refused or could not be asked.
    pub async fn put(&self, bucket: &str, key: &str, object: Vec<u8>) -> Result<(), CallError> {
        let object = SdkBody::from(object);
        self.call("PUT", bucket, key, &object, 0).await.map(drop).map_err(|error| match error {
            ObjectError::Call(error) => error,
            ObjectError::Missing(code) => CallError::Refused { status: 404, code },
            ObjectError::TooLarge(_) => CallError::Unreachable,
        })
    }

    /// Fetches an object of so many bytes at most.
    ///
    /// # Errors
    /// [`ObjectError`], which tells one that is not there from a call that failed.
    pub async fn get(&self, bucket: &str, key: &str, bytes_max: usize) -> Result<Vec<u8>, ObjectError> {
        self.call("GET", bucket, key, &SdkBody::empty(), bytes_max).await
    }

    async fn call(
        &self,
        method: &str,
        bucket: &str,
        key: &str,
        object: &SdkBody,
        bytes_max: usize,
    ) -> Result<Vec<u8>, ObjectError> {
        let attempts = async {
            let mut attempt = 1;
            loop {
                let answer = self.attempt(method, bucket, key, object, bytes_max);
                let answer = tokio::time::timeout(self.patience.attempt, answer).await;
                match answer.unwrap_or(Err(CallError::Timeout.into())) {
                    Err(ObjectError::Call(error)) if error.may_pass() && attempt < self.patience.attempts => {
                        attempt += 1;
                    }
                    answer => return answer,
                }
                tokio::time::sleep(BACKOFF).await;
            }
        };
        let operation = tokio::time::timeout(self.patience.operation, attempts).await;
        operation.unwrap_or(Err(CallError::Timeout.into()))
    }

    async fn attempt(
        &self,
        method: &str,
        bucket: &str,
        key: &str,
        object: &SdkBody,
        bytes_max: usize,
    ) -> Result<Vec<u8>, ObjectError> {
        let request = self.signed(method, bucket, key, object).ok_or(CallError::Unreachable)?;
        let answer = self.connector().call(request).await;
        let answer = answer.map_err(|e| if e.is_timeout() { CallError::Timeout } else { CallError::Unreachable })?;
        let status = answer.status().as_u16();
        if status == 200 {
            return read(answer, bytes_max).await;
        }
        let code = code(&read(answer, REFUSAL_BYTES_MAX).await.unwrap_or_default());
        match (status, code.as_str()) {
            (404, _) | (403, "AccessDenied") => Err(ObjectError::Missing(code)),
            _ => Err(CallError::Refused { status, code }.into()),
        }
    }

    fn connector(&self) -> &Connector {
        self.connector.get_or_init(|| {
            let limits = HttpConnectorSettings::builder().connect_timeout(self.patience.connect).build();
            Connector::builder()
                .connector_settings(limits)
                .sleep_impl(TokioSleep::new())
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(self.trust.clone())
                .build()
        })
    }

    /// The object's URL; `None` for a key that would have to be encoded: no body of ours has one.
    fn url(&self, bucket: &str, key: &str) -> Option<String> {
        let plain = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
        };
        if !plain(bucket) || !plain(key) || bucket.contains('/') {
            return None;
        }
        let suffix = if self.region.starts_with("cn-") { ".cn" } else { "" };
        Some(match &self.endpoint {
            Some(endpoint) => format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/')),
            // No certificate covers a dot in the name of a bucket.
            None if bucket.contains('.') => format!("https://s3.{}.amazonaws.com{suffix}/{bucket}/{key}", self.region),
            None => format!("https://{bucket}.s3.{}.amazonaws.com{suffix}/{key}", self.region),
        })
    }

    /// The request with its signature; `None` where there is no URL for it.
    fn signed(&self, method: &str, bucket: &str, key: &str, object: &SdkBody) -> Option<HttpRequest> {
        let url = self.url(bucket, key)?;
        let identity = self.credentials.clone().into();
        // What S3 has of its own: the path is signed as it is, and the hash of the body stands in a header.
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(UNIX_EPOCH + Duration::from_millis(clock::now_ms()))
            .settings(settings)
            .build()
            .ok()?;
        let body = SignableBody::Bytes(object.bytes()?);
        let signable = SignableRequest::new(method, &url, std::iter::empty(), body).ok()?;
        let (signature, _) = sign(signable, &params.into()).ok()?.into_parts();
        let mut request = http::Request::builder().method(method).uri(&url).body(object.try_clone()?).ok()?;
        signature.apply_to_request_http1x(&mut request);
        HttpRequest::try_from(request).ok()
    }
}

/// Reads an answer of so many bytes at most.
async fn read(answer: HttpResponse, bytes_max: usize) -> Result<Vec<u8>, ObjectError> {
    let mut stream = ByteStream::new(answer.into_body());
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| CallError::Unreachable)?;
        if body.len() + chunk.len() > bytes_max {
            return Err(ObjectError::TooLarge(bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The code of an error, which is XML. A gateway in between may answer anything at all.
fn code(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map_or("", |(code, _)| code);
    let is_code = (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_code { code.to_owned() } else { "no code".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        connect: Duration::from_secs(1),
        attempt: Duration::from_secs(1),
        operation: Duration::from_secs(1),
        attempts: 1,
    };

    fn s3(region: &'static str, endpoint: Option<&'static str>) -> S3 {
        let lookup = |name: &str| match name {
            "AWS_REGION" => Some(region.to_owned()),
            "AWS_ENDPOINT_URL_S3" => endpoint.map(str::to_owned),
            _ => Some("test".to_owned()).filter(|_| name.starts_with("AWS_ACCESS") || name.starts_with("AWS_SE")),
        };
        S3::new(&Settings::new(&lookup), PATIENCE)
    }

    #[track_caller]
    fn check(region: &'static str, endpoint: Option<&'static str>, bucket: &str, key: &str, expected: Option<&str>) {
        assert_eq!(s3(region, endpoint).url(bucket, key).as_deref(), expected);
    }

    #[test]
    fn a_bucket_stands_in_the_host_on_aws_and_in_the_path_elsewhere() {
        check("eu-west-1", None, "b", "a/k", Some("https://b.s3.eu-west-1.amazonaws.com/a/k"));
        check("cn-north-1", None, "b", "k", Some("https://b.s3.cn-north-1.amazonaws.com.cn/k"));
        check("eu-west-1", None, "b.c", "k", Some("https://s3.eu-west-1.amazonaws.com/b.c/k"));
        check("eu-west-1", Some("http://127.0.0.1:1/"), "b", "a/k", Some("http://127.0.0.1:1/b/a/k"));
        for (bucket, key) in [("", "k"), ("b", ""), ("b/c", "k"), ("b", "k?acl"), ("b", "a b"), ("b", "%41")] {
            check("eu-west-1", None, bucket, key, None);
        }
    }

    #[test]
    fn a_request_is_signed_for_s3_with_the_hash_of_its_body() {
        let request = s3("eu-west-1", None).signed("PUT", "b", "k", &SdkBody::from("hello")).unwrap();
        let header = |name: &str| request.headers().get(name).unwrap().to_owned();
        let authorization = header("authorization");
        assert!(authorization.contains("/eu-west-1/s3/aws4_request"), "{authorization}");
        for signed in ["host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"] {
            let list = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
            assert!(list.split(';').any(|name| name == signed), "{signed} in {list}");
        }
        let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert_eq!(header("x-amz-content-sha256"), sha256);
    }

    #[test]
    fn a_code_is_a_word_or_none() {
        assert_eq!(code(b"<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Key>k</Key></Error>"), "NoSuchKey");
        for none in ["", "<html>", "<Code>", "<Code></Code>", "<Code>two words</Code>"] {
            assert_eq!(code(none.as_bytes()), "no code", "{none}");
        }
    }
}
