//! What the sources and the code of today would make of a message that was kept, as the worker would: filter, contract,
//! map. Nothing is sent and nothing is written.

use std::collections::BTreeMap;

use contract::Contract;
use jq::Jq;
use serde_json::value::RawValue;
use shell::aws::s3::S3;
use webhook::destination::Destination;
use webhook::envelope::Envelope;
use webhook::payload;
use webhook::sources::{self, Source};

use crate::dead::body;
use crate::{functions, map};

/// The sources of today, and their contracts as far as they were needed.
pub struct Today<'s> {
    sources: &'s [Source],
    jq: Jq,
    contracts: BTreeMap<String, Result<Contract, String>>,
}

impl<'s> Today<'s> {
    /// Nothing is read or started before the first message that needs it.
    pub fn new(sources: &'s [Source]) -> Self {
        Today { sources, jq: Jq::of_itself(), contracts: BTreeMap::new() }
    }

    /// Says where the event of a message would go, or why it would die, and shows no value of it. A body that lies in an
    /// object is fetched.
    pub async fn makes_of(&mut self, bodies: &S3, message: &str) -> String {
        self.judge(bodies, message).await.unwrap_or_else(|why| why)
    }

    async fn judge(&mut self, bodies: &S3, message: &str) -> Result<String, String> {
        let envelope = Envelope::open(message).map_err(|error| error.to_string())?;
        let source = sources::by_name(self.sources, &envelope.source)
            .ok_or_else(|| "sources.toml does not know the source any more".to_owned())?;
        let body = body::fetch(bodies, &envelope).await?;
        let payload = payload::read(&envelope, &body, source.provider.scheme.wrapped);
        let payload = payload.map_err(|error| format!("dead, contract_violated: {error}"))?;
        let programs = map::own(source).map_err(|error| error.to_string())?;
        let mapped = map::judge(&self.jq, &programs, &payload).await;
        if mapped.as_ref().is_ok_and(map::is_filtered) {
            return Ok("filtered: its source does not want it".to_owned());
        }
        let contract = source.contract.of(envelope.event_type.as_deref());
        let drift = contract.map_or(Ok(0), |path| self.held(path, &payload))?;
        mapped.map_err(|(reason, why)| format!("dead, {reason}: {why}"))?;
        let names: Vec<&str> = source.destinations.iter().map(Destination::name).collect();
        let drift = if drift > 0 { format!(", drift {drift}") } else { String::new() };
        Ok(format!("acted on, for {}{drift}", names.join(", ")))
    }

    /// In how many places a payload has what its contract does not know.
    fn held(&mut self, path: &str, payload: &RawValue) -> Result<usize, String> {
        let read = || {
            let text = std::fs::read_to_string(functions::checkout().join(path)).map_err(|error| error.to_string())?;
            Contract::compile(&text).map_err(|error| error.to_string())
        };
        let contract = self.contracts.entry(path.to_owned()).or_insert_with(read);
        let contract = contract.as_ref().map_err(|error| format!("{path}: {error}"))?;
        let drift = contract.check(payload).map_err(|violated| format!("dead, contract_violated: {violated}"))?;
        Ok(drift.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use serde_json::json;

    #[track_caller]
    fn check(source: &str, body: &str, expected: &str) {
        let text = "[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\ndestination = [\"table\", \"env:B\"]
[b]\nprovider = \"github\"\nsecrets = [\"env:A\"]\ncontract = \"contracts/standard-webhooks.json\"";
        let message = json!({
            "v": 1, "source": source, "provider": "github", "identity": "i", "received_at_ms": 1, "request_id": "r",
            "body": body, "encoding": "utf8", "body_sha256": webhook::identity::body_sha256(body.as_bytes()),
        });
        let sources = sources::parse(text).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let told = runtime.block_on(async {
            // Nobody is asked there: the bodies lie in their messages.
            let bodies = Account::bodies_at("http://127.0.0.1:1");
            Today::new(&sources).makes_of(&bodies, &message.to_string()).await
        });
        assert!(told.starts_with(expected), "{told}");
        assert!(!told.contains("hush"), "{told}");
    }

    #[test]
    fn it_is_told_where_an_event_would_go_or_why_it_would_die() {
        check("a", "{}", "acted on, for table, https");
        check("a", "{\"hush\":", "dead, contract_violated: the body is not JSON: line 1 column 8");
        check("b", "{\"hush\":1}", "dead, contract_violated: the payload breaks its contract");
        check(
            "b",
            r#"{"type":"a","timestamp":"2026-11-03T10:15:42Z","data":{},"hush":1}"#,
            "acted on, for table, drift 1",
        );
        check("gone", "{}", "sources.toml does not know the source any more");
    }
}
