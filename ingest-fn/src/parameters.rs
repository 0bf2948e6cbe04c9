//! Parameters of SSM, ten a call, and what became of each.

use std::time::Duration;

use futures_util::future::join_all;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use shell::Settings;
use shell::aws::Patience;
use shell::aws::json::{CallError, JsonService};
use tokio::time::Instant;
use zeroize::Zeroizing;

/// How many names one GetParameters takes.
const NAMES_MAX: usize = 10;

/// How patient a call is, before the budget of whoever asks cuts it off.
const PATIENCE: Patience = Patience {
    connect: Duration::from_millis(500),
    attempt: Duration::from_millis(800),
    operation: Duration::from_millis(1_000),
    attempts: 2,
};

/// SSM Parameter Store.
pub struct Parameters {
    service: JsonService,
}

/// What became of a fetch.
#[derive(Default)]
pub struct Fetched {
    /// Each name with its value, or with `None` where SSM has no such parameter.
    pub said: Vec<(String, Option<Zeroizing<String>>)>,
    /// Names of which nothing is known now, and why.
    pub failed: Vec<(Vec<String>, CallError)>,
}

impl Parameters {
    /// The store of this region. Opens nothing yet.
    pub fn new(settings: &Settings<'_>) -> Self {
        Parameters { service: JsonService::new(settings, "SSM", PATIENCE) }
    }

    /// Fetches parameters within a budget of time, ten a call and all calls at once.
    pub async fn fetch(&self, names: &[String], budget: Duration) -> Fetched {
        let until = Instant::now() + budget;
        Fetched::all(join_all(names.chunks(NAMES_MAX).map(|names| self.fetch_some(names, until))).await)
    }

    /// Up to ten parameters. SSM refuses a whole call for one name that the role may not read or whose key it may not
    /// use; the others are not to suffer for it, so each is asked for alone then.
    async fn fetch_some(&self, names: &[String], until: Instant) -> Fetched {
        match self.call_until(names, until).await {
            Err(error) if names.len() > 1 && is_about_one(&error) => {
                let alone = names.iter().map(|name| async move {
                    let name = std::slice::from_ref(name);
                    self.call_until(name, until).await.unwrap_or_else(|error| Fetched::failed(name, error))
                });
                Fetched::all(join_all(alone).await)
            }
            answer => answer.unwrap_or_else(|error| Fetched::failed(names, error)),
        }
    }

    /// Each call ends by itself, so that one which does not answer takes nothing from the others.
    async fn call_until(&self, names: &[String], until: Instant) -> Result<Fetched, CallError> {
        tokio::time::timeout_at(until, self.call(names)).await.unwrap_or(Err(CallError::Timeout))
    }

    async fn call(&self, names: &[String]) -> Result<Fetched, CallError> {
        let input = json!({"Names": names, "WithDecryption": true}).to_string();
        match self.service.call("AmazonSSM.GetParameters", &input).await {
            Ok(answer) => read(&answer).ok_or_else(|| refused(200, "an answer that is not GetParameters'")),
            // So SSM says it of a name that it hands on to Secrets Manager.
            Err(CallError::Refused { code, .. }) if code == "ParameterNotFound" && names.len() == 1 => {
                Ok(Fetched { said: vec![(names[0].clone(), None)], failed: Vec::new() })
            }
            Err(error) => Err(error),
        }
    }
}

impl Fetched {
    fn failed(names: &[String], error: CallError) -> Self {
        Fetched { said: Vec::new(), failed: vec![(names.to_vec(), error)] }
    }

    fn all(parts: Vec<Fetched>) -> Self {
        parts.into_iter().fold(Fetched::default(), |mut all, part| {
            all.said.extend(part.said);
            all.failed.extend(part.failed);
            all
        })
    }
}

fn refused(status: u16, code: &str) -> CallError {
    CallError::Refused { status, code: code.to_owned() }
}

/// Whether a refusal may be for one name of several.
pub(crate) fn is_about_one(error: &CallError) -> bool {
    let codes = ["AccessDeniedException", "InvalidKeyId", "ParameterNotFound"];
    matches!(error, CallError::Refused { code, .. } if codes.contains(&code.as_str()))
}

fn read(answer: &[u8]) -> Option<Fetched> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        parameters: Vec<Parameter>,
        #[serde(default)]
        invalid_parameters: Vec<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Parameter {
        name: String,
        #[serde(deserialize_with = "wiped")]
        value: Zeroizing<String>,
    }
    let Answer { parameters, invalid_parameters } = serde_json::from_slice(answer).ok()?;
    let found = parameters.into_iter().map(|parameter| (parameter.name, Some(parameter.value)));
    let said = found.chain(invalid_parameters.into_iter().map(|name| (name, None))).collect();
    Some(Fetched { said, failed: Vec::new() })
}

fn wiped<'de, D: Deserializer<'de>>(from: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(from).map(Zeroizing::new)
}
