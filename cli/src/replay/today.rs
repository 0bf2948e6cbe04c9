//! What the sources and the code of today would make of a message that was kept.

use webhook::destination::Destination;
use webhook::envelope::Envelope;
use webhook::payload;
use webhook::sources::{self, Source};

/// Says where its event would go, or why it would die, and shows no value of it.
pub fn of(message: &str, sources: &[Source]) -> String {
    let envelope = match Envelope::open(message) {
        Ok(envelope) => envelope,
        Err(error) => return error.to_string(),
    };
    let Some(source) = sources::by_name(sources, &envelope.source) else {
        return "sources.toml does not know the source any more".to_owned();
    };
    if let Some(claim) = &envelope.claim {
        return format!("its body lies in the bucket {}", claim.bucket);
    }
    let body = match envelope.raw_body() {
        Ok(body) => body,
        Err(error) => return error.to_string(),
    };
    match payload::read(&envelope, &body, source.provider.scheme.wrapped) {
        Err(error) => error.to_string(),
        Ok(_) => {
            let names: Vec<&str> = source.destinations.iter().map(Destination::name).collect();
            format!("readable, for {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(source: &str, body: &str, expected: &str) {
        let text = "[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\ndestination = [\"table\", \"env:B\"]";
        let message = json!({
            "v": 1, "source": source, "provider": "github", "identity": "i", "received_at_ms": 1, "request_id": "r",
            "body": body, "encoding": "utf8", "body_sha256": webhook::identity::body_sha256(body.as_bytes()),
        });
        assert_eq!(of(&message.to_string(), &sources::parse(text).unwrap()), expected);
    }

    #[test]
    fn it_is_told_where_an_event_would_go_or_why_it_would_die() {
        check("a", "{}", "readable, for table, https");
        check("a", "{\"hush\":", "the body is not JSON: line 1 column 8");
        check("gone", "{}", "sources.toml does not know the source any more");
        assert!(!of("{\"hush\"", &[]).contains("hush"));
    }
}
