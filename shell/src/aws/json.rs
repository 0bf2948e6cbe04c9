//! Signed calls of AWS services by their JSON protocol, for those whose SDKs are not worth their size.
//!
//! `aws-sdk-ssm` adds 1.2 MB to a binary of 5.3 and more than a minute to a clean build, all for one operation.
//! This and all that keeps the answers are 180 KB: the signer and the HTTP client are those of the SDKs that are here.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Patience;
use crate::clock;
use crate::settings::Settings;

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
/// How long to wait before a call is tried again.
pub(super) const BACKOFF: Duration = Duration::from_millis(50);

/// A service, and a client of its own for it. Nothing is opened before the first call.
pub struct JsonService {
    connector: Connector,
    credentials: Credentials,
    region: String,
    endpoint: String,
    /// As it stands in signatures: `ssm`.
    name: String,
    patience: Patience,
}

/// Why a call has no answer. Says how it failed, never what was sent or answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// There was no answer in time.
    #[error("did not answer in time")]
    Timeout,
    /// There was no answer.
    #[error("cannot be reached")]
    Unreachable,
    /// The answer was a refusal, or cannot be read.
    #[error("refused: {code}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The code by which AWS names the error: `AccessDeniedException`.
        code: String,
    },
}

impl CallError {
    /// Whether the same call may fare better in a moment.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            CallError::Timeout => false,
            CallError::Unreachable => true,
            CallError::Refused { status, code } => *status >= 500 || code.starts_with("Throttling"),
        }
    }
}

impl JsonService {
    /// A service by its name in `AWS_ENDPOINT_URL_{service}`, which in lower case is the one in signatures and hosts.
    pub fn new(settings: &Settings<'_>, service: &str, patience: Patience) -> Self {
        JsonService::called(settings, service, &service.to_ascii_lowercase(), patience)
    }

    /// A service whose name in signatures and hosts is another one: EventBridge's is `events`.
    pub fn called(settings: &Settings<'_>, service: &str, name: &str, patience: Patience) -> Self {
        let name = name.to_owned();
        let region = settings.required("AWS_REGION");
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let aws = || format!("https://{name}.{region}.amazonaws.com{suffix}");
        let endpoint = super::endpoint(settings, service).unwrap_or_else(aws);
        let limits = HttpConnectorSettings::builder().connect_timeout(patience.connect).build();
        let connector = Connector::builder()
            .connector_settings(limits)
            .sleep_impl(TokioSleep::new())
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(super::trust(settings))
            .build();
        // The path is `/` and signed, with and without it in the setting.
        let endpoint = format!("{}/", endpoint.trim_end_matches('/'));
        JsonService { connector, credentials: super::credentials(settings), region, endpoint, name, patience }
    }

    /// Calls an operation by its `X-Amz-Target`, such as `AmazonSSM.GetParameters`, with the JSON that it takes, and
    /// returns the JSON that it answers. Dropping the future ends the call.
    ///
    /// # Errors
    /// [`CallError`] when the service refused or could not be asked.
    pub async fn call(&self, target: &str, input: &str) -> Result<Zeroizing<Vec<u8>>, CallError> {
        let attempts = async {
            let mut attempt = 1;
            loop {
                let answer = tokio::time::timeout(self.patience.attempt, self.attempt(target, input)).await;
                match answer.unwrap_or(Err(CallError::Timeout)) {
                    Err(error) if error.may_pass() && attempt < self.patience.attempts => attempt += 1,
                    answer => return answer,
                }
                tokio::time::sleep(BACKOFF).await;
            }
        };
        tokio::time::timeout(self.patience.operation, attempts).await.unwrap_or(Err(CallError::Timeout))
    }

    async fn attempt(&self, target: &str, input: &str) -> Result<Zeroizing<Vec<u8>>, CallError> {
        let request = self.signed(target, input).ok_or(CallError::Unreachable)?;
        let answer = self.connector.call(request).await;
        let answer = answer.map_err(|e| if e.is_timeout() { CallError::Timeout } else { CallError::Unreachable })?;
        let status = answer.status().as_u16();
        let body = read(answer).await?;
        if status == 200 { Ok(body) } else { Err(CallError::Refused { status, code: code(&body) }) }
    }

    /// The request with its signature; `None` where the endpoint is no URL.
    fn signed(&self, target: &str, input: &str) -> Option<HttpRequest> {
        let headers = [("content-type", CONTENT_TYPE), ("x-amz-target", target)];
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(&self.name)
            .time(UNIX_EPOCH + Duration::from_millis(clock::now_ms()))
            .settings(SigningSettings::default())
            .build()
            .ok()?;
        let body = SignableBody::Bytes(input.as_bytes());
        let signable = SignableRequest::new("POST", &self.endpoint, headers.into_iter(), body).ok()?;
        let (signature, _) = sign(signable, &params.into()).ok()?.into_parts();
        let mut request = http::Request::post(&self.endpoint);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = request.body(SdkBody::from(input)).ok()?;
        signature.apply_to_request_http1x(&mut request);
        HttpRequest::try_from(request).ok()
    }
}

/// The answer may hold secrets, so it is wiped when it was read. What lies in the buffers of TLS and HTTP is out of reach.
async fn read(answer: HttpResponse) -> Result<Zeroizing<Vec<u8>>, CallError> {
    let body = ByteStream::new(answer.into_body()).collect().await.map_err(|_| CallError::Unreachable)?;
    Ok(Zeroizing::new(body.to_vec()))
}

/// The code of an error, without the namespace before it. A gateway in between may answer anything at all.
fn code(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Error {
        #[serde(rename = "__type")]
        kind: String,
    }
    let kind = serde_json::from_slice::<Error>(body).map_or_else(|_| String::new(), |error| error.kind);
    let code = kind.rsplit('#').next().unwrap_or_default();
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

    fn service(region: &'static str, endpoint: Option<&'static str>) -> JsonService {
        let lookup = |name: &str| match name {
            "AWS_REGION" => Some(region.to_owned()),
            "AWS_ENDPOINT_URL_SSM" => endpoint.map(str::to_owned),
            _ => Some("test".to_owned()).filter(|_| name.starts_with("AWS_ACCESS") || name.starts_with("AWS_SE")),
        };
        JsonService::new(&Settings::new(&lookup), "SSM", PATIENCE)
    }

    #[test]
    fn a_service_is_reached_in_its_region_or_where_the_environment_says() {
        assert_eq!(service("eu-central-1", None).endpoint, "https://ssm.eu-central-1.amazonaws.com/");
        assert_eq!(service("cn-north-1", None).endpoint, "https://ssm.cn-north-1.amazonaws.com.cn/");
        assert_eq!(service("us-east-1", Some("http://127.0.0.1:8403")).endpoint, "http://127.0.0.1:8403/");
        let lookup = |name: &str| {
            Some(name.to_lowercase()).filter(|name| !name.starts_with("aws_endpoint") && name != "aws_ca_bundle")
        };
        let events = JsonService::called(&Settings::new(&lookup), "EVENTBRIDGE", "events", PATIENCE);
        assert_eq!(events.endpoint, "https://events.aws_region.amazonaws.com/");
    }

    #[test]
    fn a_request_is_signed_for_its_service_and_region_with_all_that_says_what_is_asked() {
        let request = service("eu-west-1", None).signed("AmazonSSM.GetParameters", "{}").unwrap();
        let header = |name: &str| request.headers().get(name).unwrap().to_owned();
        let authorization = header("authorization");
        assert!(authorization.contains("/eu-west-1/ssm/aws4_request"), "{authorization}");
        for signed in ["content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"] {
            let list = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
            assert!(list.split(';').any(|name| name == signed), "{signed} in {list}");
        }
        assert_eq!(header("x-amz-target"), "AmazonSSM.GetParameters");
    }

    #[test]
    fn a_code_is_a_word_or_none() {
        assert_eq!(code(br#"{"__type":"com.amazonaws.ssm#InvalidKeyId","message":"m"}"#), "InvalidKeyId");
        assert_eq!(code(br#"{"__type":"AccessDeniedException"}"#), "AccessDeniedException");
        for none in ["", "<html>", r#"{"__type":"two words"}"#, r#"{"__type":""}"#, r#"{"message":"m"}"#] {
            assert_eq!(code(none.as_bytes()), "no code", "{none}");
        }
    }
}
