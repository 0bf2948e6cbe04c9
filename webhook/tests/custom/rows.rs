//! Every row of ours, written in the words of `sources.toml` and read again: so the words are complete.

use serde_json::Value;
use webhook::answer::{EMPTY_200, Reply};
use webhook::contracts::Contracts;
use webhook::destination::Destination;
use webhook::identity::Mode;
use webhook::provider::{self, Confirmed, Provider};
use webhook::scheme::Kind;
use webhook::sources::{self, Programs, SecretPlace, Source};
use webhook::template;

/// A row as a source can describe it: handshakes, the events of a batch, URLs to visit and the body of an answer have
/// no words there.
fn as_custom(row: &'static Provider) -> Provider {
    let accepted = Reply { status: row.accepted.status, ..EMPTY_200 };
    let confirmed = Confirmed::SourcesToml;
    Provider { accepted, secret_is: "", batch: None, confirmation: None, handshakes: &[], confirmed, ..*row }
}

fn source(provider: &'static Provider) -> Source {
    Source {
        name: provider.name.to_owned(),
        provider,
        secrets: vec![SecretPlace::Env("S".to_owned())],
        identity: provider.identity,
        split: None,
        group: &[],
        confirm: false,
        strict_ids: false,
        contract: Contracts::default(),
        headers: None,
        redact: Vec::new(),
        programs: Programs::default(),
        destinations: vec![Destination::Table],
        window_days: 35,
        rate: None,
        keep_body_days: 0,
    }
}

/// JSON as TOML writes it on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::Object(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key} = {}", inline(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        plain => plain.to_string(),
    }
}

/// Whether no byte of a body can change, as the file sees it: a checksum is no hash, and items can be mixed anew.
fn covers_body(row: &Provider) -> bool {
    let part = row.scheme.signed.contains("{body}") || template::signs_form(row.scheme.signed);
    (part || row.scheme.body_hash.is_some()) && row.scheme.each.is_none()
}

/// Tokens, keys that are fetched and events that are wrapped have no words.
fn has_words(row: &Provider) -> bool {
    let rule = row.scheme;
    !matches!(rule.kind, Kind::Jwt(_)) && rule.document.is_none() && rule.names.is_none() && rule.wrapped.is_none()
}

/// A row's table in `sources.toml`.
fn as_toml(row: &Provider, words: &Value) -> String {
    let mut words = words.clone();
    let scheme = words["scheme"].as_object_mut().unwrap();
    if row.scheme.kind == Kind::Token {
        scheme.remove("signed");
    } else if !covers_body(row) {
        scheme.insert("covers_body".to_owned(), false.into());
    }
    if let (false, Some(hash)) = (matches!(row.scheme.kind, Kind::Rsa(_)), scheme.get("hash").map(|all| all[0].clone()))
    {
        scheme.insert("hash".to_owned(), hash);
    }
    let identity = match row.identity {
        Mode::Id => "id",
        Mode::Body => "body",
        Mode::IdAndBody => "id+body",
        Mode::Delivery => "delivery",
    };
    let mut text = format!("[{}]\nsecrets = [\"env:S\"]\nidentity = \"{identity}\"\n", row.name);
    for key in ["scheme", "id", "type", "headers", "accepted", "rejected"] {
        if words[key] != Value::Array(Vec::new()) {
            text += &format!("{key} = {}\n", inline(&words[key]));
        }
    }
    text
}

#[test]
fn every_row_of_ours_can_be_said_in_sources_toml() {
    let (said, unsaid): (Vec<&Provider>, Vec<&Provider>) = provider::ALL.iter().partition(|row| has_words(row));
    assert!(said.len() > 80, "{} rows cannot be said", unsaid.len());
    for row in said {
        let custom: &'static Provider = Box::leak(Box::new(as_custom(row)));
        let words: Value = serde_json::from_str(&sources::to_json(&[source(custom)])).unwrap();
        let text = as_toml(custom, &words[0]["provider"]);
        let read = sources::parse(&text).unwrap_or_else(|mistakes| panic!("{text}{mistakes:?}"));
        assert_eq!(format!("{read:?}"), format!("{:?}", [source(custom)]), "{text}");
        let travelled = sources::from_json(&sources::to_json(&read)).unwrap();
        assert_eq!(format!("{travelled:?}"), format!("{read:?}"), "{text}");
    }
}

#[test]
fn a_row_of_ours_travels_by_its_name_and_a_provider_of_ones_own_never() {
    let text = "[stripe]\nsecrets = [\"env:S\"]\nid = \"json:/id\"\nscheme = { signature = \"header:x-sig\" }\n";
    let own = sources::parse(text).unwrap();
    let [read] = &sources::from_json(&sources::to_json(&own)).unwrap()[..] else { panic!("one source") };
    assert!(read.provider.is_custom() && read.provider.scheme.signed == "{body}", "{read:?}");
    let row = sources::parse("[stripe]\nsecrets = [\"env:S\"]\nprovider = \"stripe\"\n").unwrap();
    let words: Value = serde_json::from_str(&sources::to_json(&row)).unwrap();
    assert_eq!(words[0]["provider"], "stripe");
}
