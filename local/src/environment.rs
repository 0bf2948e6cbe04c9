//! What a function finds in its environment: what Lambda sets, then what the configuration sets.

use crate::config::FunctionSpec;
use crate::endpoints::Endpoints;

/// The whole environment of a function, but for `AWS_LAMBDA_RUNTIME_API`, which each process has its own of.
/// The Lambda guide, page "Working with Lambda environment variables", lists what Lambda defines.
pub(crate) fn environment(spec: &FunctionSpec, endpoints: &Endpoints) -> Vec<(String, String)> {
    let name = &spec.name;
    let lambda = [
        ("AWS_LAMBDA_FUNCTION_NAME", name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".into()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".into()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local".into()),
        ("AWS_REGION", crate::REGION.into()),
        ("AWS_DEFAULT_REGION", crate::REGION.into()),
        // The SDKs want some; our endpoints look at none.
        ("AWS_ACCESS_KEY_ID", "local".into()),
        ("AWS_SECRET_ACCESS_KEY", "local".into()),
        // The SDKs follow these by themselves, so a function need not know that it is local.
        ("AWS_ENDPOINT_URL_SQS", endpoints.sqs_url()),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoints.dynamodb_url()),
        ("AWS_ENDPOINT_URL_SSM", endpoints.ssm_url()),
        ("AWS_ENDPOINT_URL_S3", endpoints.s3_url()),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", endpoints.eventbridge_url()),
        ("TZ", ":UTC".into()),
    ];
    let lambda = lambda.into_iter().map(|(name, value)| (name.to_owned(), value));
    let own = spec.env.iter().map(|(name, value)| (name.clone(), endpoints.fill(value)));
    lambda.chain(own).collect()
}
