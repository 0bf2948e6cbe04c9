//! The AWS JSON 1.1 protocol: a POST whose `X-Amz-Target` header names the action, JSON in, JSON out.

use super::{Parameter, Ssm, SsmError};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;
use uuid::Uuid;

/// Serves until `shutdown`, then lets requests end.
pub(super) async fn serve(
    ssm: Arc<Ssm>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new().fallback(answer).with_state(ssm);
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn answer(State(ssm): State<Arc<Ssm>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let headers =
        [("content-type", "application/x-amz-json-1.1".to_owned()), ("x-amzn-requestid", Uuid::new_v4().to_string())];
    match act(&ssm, target, &body) {
        Ok(json) => (headers, json.to_string()).into_response(),
        Err(error) => {
            let body = json!({ "__type": kind(&error), "message": error.to_string() });
            (StatusCode::BAD_REQUEST, headers, body.to_string()).into_response()
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetParameters {
    names: Vec<String>,
    #[serde(default)]
    with_decryption: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetParameter {
    name: String,
    #[serde(default)]
    with_decryption: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutParameter {
    name: String,
    value: String,
    r#type: Option<String>,
    #[serde(default)]
    overwrite: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteParameter {
    name: String,
}

fn act(ssm: &Ssm, target: &str, body: &[u8]) -> Result<Value, SsmError> {
    match target.strip_prefix("AmazonSSM.") {
        Some("GetParameters") => {
            let input: GetParameters = read(body)?;
            let (mut found, mut unknown) = (Vec::new(), Vec::new());
            for (name, parameter) in ssm.find(input.names)? {
                match parameter {
                    Some(parameter) => found.push(shown(&name, &parameter, input.with_decryption)),
                    None => unknown.push(name),
                }
            }
            Ok(json!({ "Parameters": found, "InvalidParameters": unknown }))
        }
        Some("GetParameter") => {
            let input: GetParameter = read(body)?;
            let parameter = ssm.find_one(&input.name)?;
            Ok(json!({ "Parameter": shown(&input.name, &parameter, input.with_decryption) }))
        }
        Some("PutParameter") => {
            let input: PutParameter = read(body)?;
            let version = ssm.set(&input.name, input.r#type.as_deref(), &input.value, input.overwrite)?;
            Ok(json!({ "Version": version, "Tier": "Standard" }))
        }
        Some("DeleteParameter") => {
            let input: DeleteParameter = read(body)?;
            ssm.delete(&input.name)?;
            Ok(json!({}))
        }
        _ => Err(SsmError::UnknownOperationException(
            "this is a local SSM endpoint; it knows GetParameter, GetParameters, PutParameter and DeleteParameter, in the AWS \
             JSON 1.1 protocol with a header such as X-Amz-Target: AmazonSSM.GetParameters"
                .to_owned(),
        )),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, SsmError> {
    serde_json::from_slice(body).map_err(|error| SsmError::SerializationException(error.to_string()))
}

fn shown(name: &str, parameter: &Parameter, with_decryption: bool) -> Value {
    let sealed = parameter.kind == "SecureString" && !with_decryption;
    // What stands for the ciphertext that SSM would answer.
    let value = if sealed { STANDARD.encode(&parameter.value) } else { parameter.value.clone() };
    json!({
        "Name": name,
        "Type": parameter.kind,
        "Value": value,
        "Version": parameter.version,
        "LastModifiedDate": parameter.modified_ms as f64 / 1_000.0,
        "ARN": crate::arn("ssm", &format!("parameter{}{name}", if name.starts_with('/') { "" } else { "/" })),
        "DataType": "text",
    })
}

fn kind(error: &SsmError) -> &'static str {
    match error {
        SsmError::ValidationException(_) => "ValidationException",
        SsmError::ParameterAlreadyExists(_) => "ParameterAlreadyExists",
        SsmError::ParameterNotFound(_) => "ParameterNotFound",
        SsmError::SerializationException(_) => "SerializationException",
        SsmError::UnknownOperationException(_) => "UnknownOperationException",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ssm: &Ssm, action: &str, input: Value, expected: Value) {
        let answer = act(ssm, &format!("AmazonSSM.{action}"), input.to_string().as_bytes());
        let answer = answer.unwrap_or_else(|error| json!(kind(&error)));
        let Some(expected) = expected.as_object() else { return assert_eq!(answer, expected, "{action} {input}") };
        for (name, expected) in expected {
            assert_eq!(&answer[name], expected, "{name} of {action} {input}");
        }
    }

    #[test]
    fn a_parameter_is_put_overwritten_found_and_deleted() {
        let ssm = Ssm::default();
        let put = |value: &str| json!({"Name": "/a/b", "Value": value, "Type": "SecureString"});
        check(&ssm, "PutParameter", put("one"), json!({"Version": 1, "Tier": "Standard"}));
        check(&ssm, "PutParameter", put("two"), json!("ParameterAlreadyExists"));
        let over = json!({"Name": "/a/b", "Value": "one\ntwo", "Overwrite": true});
        check(&ssm, "PutParameter", over, json!({"Version": 2}));
        let get = json!({"Names": ["/a/b", "/none"], "WithDecryption": true});
        let found = ssm.find(vec!["/a/b".into()]).unwrap();
        let shown = shown("/a/b", found[0].1.as_ref().unwrap(), true);
        assert_eq!((&shown["Value"], &shown["Type"]), (&json!("one\ntwo"), &json!("SecureString")));
        assert_eq!(shown["ARN"], "arn:aws:ssm:us-east-1:000000000000:parameter/a/b");
        let one = json!({"Name": "/a/b", "WithDecryption": true});
        check(&ssm, "GetParameter", one, json!({"Parameter": shown}));
        check(&ssm, "GetParameter", json!({"Name": "/none"}), json!("ParameterNotFound"));
        check(&ssm, "GetParameters", get, json!({"Parameters": [shown], "InvalidParameters": ["/none"]}));
        check(&ssm, "DeleteParameter", json!({"Name": "/a/b"}), json!({}));
        check(&ssm, "DeleteParameter", json!({"Name": "/a/b"}), json!("ParameterNotFound"));
        assert_eq!(ssm.fetches(), 2);
    }

    #[test]
    fn a_sealed_parameter_is_shown_only_with_decryption() {
        let ssm = Ssm::default();
        ssm.put("/a", "hush");
        let answer = act(&ssm, "AmazonSSM.GetParameters", br#"{"Names":["/a"]}"#).unwrap();
        assert!(!answer.to_string().contains("hush"), "{answer}");
        let answer = act(&ssm, "AmazonSSM.GetParameter", br#"{"Name":"/a"}"#).unwrap();
        assert!(!answer.to_string().contains("hush"), "{answer}");
    }

    #[test]
    fn what_ssm_refuses_is_refused() {
        let ssm = Ssm::default();
        let names: Vec<String> = (0..11).map(|n| format!("/{n}")).collect();
        check(&ssm, "GetParameters", json!({"Names": names}), json!("ValidationException"));
        check(&ssm, "GetParameters", json!({"Names": []}), json!("ValidationException"));
        check(&ssm, "GetParameters", json!({"Names": 7}), json!("SerializationException"));
        check(&ssm, "DescribeParameters", json!({}), json!("UnknownOperationException"));
        for (name, value, kind) in
            [("a/b", "x", "String"), ("/a b", "x", "String"), ("/a", "", "String"), ("/a", "x", "Text")]
        {
            let input = json!({"Name": name, "Value": value, "Type": kind});
            check(&ssm, "PutParameter", input, json!("ValidationException"));
        }
        check(&ssm, "PutParameter", json!({"Name": "/a", "Value": "x"}), json!("ValidationException"));
        let long = json!({"Name": "/a", "Value": "x".repeat(4097), "Type": "String"});
        check(&ssm, "PutParameter", long, json!("ValidationException"));
    }
}
