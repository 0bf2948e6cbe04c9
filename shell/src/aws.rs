//! The way to AWS: region, credentials and endpoints from the environment that Lambda sets.
//!
//! Made by hand instead of by `aws-config`, because its default chain costs 1.2 ms and 3 MB of every cold
//! start to look for what a Lambda function always finds in its environment.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::settings::Settings;

pub mod json;
pub mod s3;

/// The roots that sign every AWS endpoint (amazontrust.com/repository). Parsing these five instead of the
/// system's 140 is three quarters of what INIT costs.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// How long calls may take and how often they are tried.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a TCP and TLS connection.
    pub connect: Duration,
    /// For one attempt.
    pub attempt: Duration,
    /// For all attempts together.
    pub operation: Duration,
    /// How many attempts there are at most.
    pub attempts: u32,
}

/// The configuration of one service's client. `service` is its name in `AWS_ENDPOINT_URL_{service}`,
/// which is how a local stack is reached; `AWS_CA_BUNDLE` replaces the roots that are trusted.
pub fn config(settings: &Settings<'_>, service: &str, patience: Patience) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(patience.connect)
        .operation_attempt_timeout(patience.attempt)
        .operation_timeout(patience.operation)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(patience.attempts)
        .with_initial_backoff(Duration::from_millis(50))
        .with_max_backoff(Duration::from_secs(1));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.required("AWS_REGION")))
        .credentials_provider(SharedCredentialsProvider::new(credentials(settings)))
        .sleep_impl(TokioSleep::new())
        .timeout_config(timeouts)
        .retry_config(retries)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_endpoint_url(endpoint(settings, service));
    let https = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(trust(settings));
    config.http_client(https.build_https()).build()
}

fn credentials(settings: &Settings<'_>) -> Credentials {
    Credentials::new(
        settings.required("AWS_ACCESS_KEY_ID"),
        settings.required("AWS_SECRET_ACCESS_KEY"),
        settings.optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    )
}

/// Where a service is reached, if that is not where AWS has it.
fn endpoint(settings: &Settings<'_>, service: &str) -> Option<String> {
    settings.optional(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| settings.optional("AWS_ENDPOINT_URL"))
}

fn trust(settings: &Settings<'_>) -> TlsContext {
    let roots = settings.optional("AWS_CA_BUNDLE").and_then(|path| match std::fs::read_to_string(&path) {
        Ok(pem) if pem.contains("-----BEGIN CERTIFICATE-----") => Some(pem),
        Ok(_) => {
            settings.mistake(format!("AWS_CA_BUNDLE {path} holds no PEM certificate"));
            None
        }
        Err(error) => {
            settings.mistake(format!("AWS_CA_BUNDLE {path} cannot be read: {error}"));
            None
        }
    });
    let trust = TrustStore::empty().with_pem_certificate(roots.as_deref().map_or(AMAZON_ROOTS, str::as_bytes));
    // OK because a TLS context fails only on server names, and none are added here.
    TlsContext::builder().with_trust_store(trust).build().expect("a TLS context without server names")
}
