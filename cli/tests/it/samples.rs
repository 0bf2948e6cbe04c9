//! Samples: the files of `events/`, which nobody edits by hand, and what `tidegate send` signs for every provider.

use std::path::Path;

use tidegate::delivery::{Delivery, Draft, Tamper};
use webhook::identity::Mode;
use webhook::provider::{self, Provider};
use webhook::secret::Secrets;
use webhook::sign::{test_document, test_secret};
use webhook::sources::{self, Source};
use webhook::{Rejection, Request, verify_with};

const NOW_MS: u64 = 1_795_262_400_000;

fn signed(provider: &'static Provider, tamper: Option<Tamper>) -> Result<Delivery, String> {
    let source = tidegate::sample::source(provider);
    let (base_url, event_id) = ("https://hooks.example.com", "4711".to_owned());
    let draft = Draft { source: &source, base_url, event_id, body: None, content_type: None, tamper, now_ms: NOW_MS };
    draft.sign().map_err(|error| error.to_string())
}

fn verified(provider: &Provider, delivery: &Delivery) -> Result<(), Rejection> {
    let secrets = Secrets::parse(&test_secret(provider), &provider.scheme.key).unwrap();
    let Delivery { url, headers, body, .. } = delivery;
    let document = test_document(provider);
    let ours = |_: &str| document.as_deref().map(str::as_bytes);
    let request = Request { method: "POST", url, headers, body };
    verify_with(&provider.scheme, &secrets, &ours, &request, NOW_MS).map(drop)
}

#[test]
fn what_is_sent_for_a_provider_is_let_in_and_what_is_tampered_with_is_not() {
    for provider in provider::ALL {
        let good = signed(provider, None).unwrap_or_else(|error| panic!("{}: {error}", provider.name));
        assert_eq!(verified(provider, &good), Ok(()), "{}", provider.name);
        let known = good.key.is_some();
        assert_eq!(known, provider.identity != Mode::Delivery, "{}: its row is known: {known}", provider.name);
        for tamper in [Tamper::Body, Tamper::Secret, Tamper::Unsigned, Tamper::Stale, Tamper::Future] {
            // What a provider does not sign cannot be tampered with, and the command says so.
            let Ok(bad) = signed(provider, Some(tamper)) else { continue };
            assert!(verified(provider, &bad).is_err(), "{}: {tamper:?}", provider.name);
        }
    }
}

#[test]
fn the_sample_events_are_what_the_command_writes() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let files = tidegate::events::files().unwrap();
    for (name, value) in &files {
        let written = std::fs::read_to_string(dir.join(name)).unwrap_or_default();
        assert!(written == format!("{value:#}\n"), "{name} differs, run `cargo run -- events`");
    }
    let is_json = |entry: &std::fs::DirEntry| entry.path().extension().is_some_and(|extension| extension == "json");
    let there = std::fs::read_dir(&dir).unwrap().filter_map(Result::ok).filter(is_json).count();
    assert_eq!(there, files.len(), "a file in events/ that nothing writes");
}

/// The sources of the examples in docs/custom-schemes.md.
fn documented() -> Vec<Source> {
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/custom-schemes.md")).unwrap();
    let examples: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let sources = sources::parse(&examples.concat()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert_eq!((examples.len(), sources.len()), (3, 3));
    sources
}

#[test]
fn what_is_sent_for_a_documented_scheme_is_let_in_and_what_is_tampered_with_is_not() {
    for source in documented() {
        let signed = |tamper| {
            let (base_url, event_id) = ("https://hooks.example.com", "4711".to_owned());
            let (body, content_type, now_ms) = (None, None, NOW_MS);
            Draft { source: &source, base_url, event_id, body, content_type, tamper, now_ms }.sign()
        };
        let good = signed(None).unwrap_or_else(|error| panic!("{}: {error}", source.name));
        assert_eq!(verified(source.provider, &good), Ok(()), "{}", source.name);
        let key = good.key.unwrap().pk;
        let by_id = source.identity == Mode::Id;
        assert!(key == format!("{}#4711", source.name) || !by_id, "the id is made up where it is read: {key}");
        let mut refused = 0;
        for tamper in [Tamper::Body, Tamper::Secret, Tamper::Unsigned, Tamper::Stale, Tamper::Future] {
            let Ok(bad) = signed(Some(tamper)) else { continue };
            assert!(verified(source.provider, &bad).is_err(), "{}: {tamper:?}", source.name);
            refused += 1;
        }
        assert!(refused >= 3, "{}: {refused}", source.name);
    }
}

#[test]
fn a_source_that_goes_by_the_name_of_a_row_is_not_sent_its_sample() {
    let text = "[stripe]\nsecrets = [\"env:S\"]\nid = \"json:/a/id\"\nscheme = { signature = \"header:x-sig\" }\n";
    let source = sources::parse(text).unwrap().remove(0);
    let (base_url, event_id) = ("https://hooks.example.com", "4711".to_owned());
    let draft =
        Draft { source: &source, base_url, event_id, body: None, content_type: None, tamper: None, now_ms: NOW_MS };
    assert_eq!(draft.sign().unwrap().body, br#"{"a":{"id":"4711"}}"#);
}

#[test]
fn what_cannot_be_signed_from_its_description_is_told() {
    let text = "[acme]\nsecrets = [\"env:S\"]\nid = \"json:/id\"\nscheme = { signature = \"query:sig\" }\n";
    let source = sources::parse(text).unwrap().remove(0);
    let (base_url, event_id) = ("https://hooks.example.com", "4711".to_owned());
    let draft =
        Draft { source: &source, base_url, event_id, body: None, content_type: None, tamper: None, now_ms: NOW_MS };
    let told = draft.sign().unwrap_err().to_string();
    assert!(told.starts_with("acme cannot be signed here, query:sig is absent"), "{told}");
}
