//! The rules against the providers' own signatures: `vectors/*.json`, made by `vectors/make`.

#[path = "vectors/reader.rs"]
mod reader;

use std::path::Path;

use reader::{Case, Expected, check_all, equal, files};
use webhook::identity::Identity;
use webhook::provider::{self, Provider};
use webhook::scheme::Kind;
use webhook::secret::Secrets;
use webhook::sign::{self, sign, test_secret};
use webhook::template;
use webhook::{Field, Request, verify_with};

#[test]
fn every_provider_has_vectors_and_every_file_a_provider() {
    let files = files();
    for (file, vectors) in &files {
        assert_eq!(*file, format!("{}.json", vectors.provider), "a file is named after its provider");
        assert!(!vectors.made_by.is_empty(), "{file}: made_by names the SDK and its version");
        for wanted in [Expected::Verified, Expected::Missing, Expected::Mismatch] {
            assert!(vectors.cases.iter().any(|case| case.expect == wanted), "{file}: no case expects {wanted:?}");
        }
    }
    let with_vectors: Vec<&str> = files.iter().map(|(_, vectors)| vectors.provider.as_str()).collect();
    let providers: Vec<&str> = provider::ALL.iter().map(|provider| provider.name).collect();
    assert_eq!(with_vectors, providers, "a provider is one row in provider.rs and one file in tests/vectors");
}

#[test]
fn every_case_ends_as_its_file_says() {
    check_all(|provider, case| {
        let (headers, body) = (case.headers(), case.body());
        let request = case.request(&headers, &body);
        let documents = |url: &str| case.document(url);
        match verify_with(&provider.scheme, &case.secrets(provider), &documents, &request, case.now_ms) {
            Err(rejection) => equal(&format!("\"{rejection}\""), Expected::from(&rejection), case.expect),
            Ok(delivery) => {
                equal("the outcome", Expected::Verified, case.expect)?;
                equal("the secret that matched", Some(delivery.secret()), case.secret)?;
                let known = Identity::of(provider, provider.identity, &delivery, "");
                if let Some(identity) = &case.identity {
                    equal("the identity", known.identity.as_str(), identity)?;
                }
                equal("the type", known.event_type, case.event_type.clone())
            }
        }
    });
}

#[test]
fn what_we_sign_like_a_provider_verifies() {
    check_all(|provider, case| {
        if case.expect != Expected::Verified {
            return Ok(());
        }
        let private_key = match provider.scheme.kind {
            Kind::Ed25519 | Kind::EcdsaP256 | Kind::Rsa(_) => true,
            Kind::Jwt(rules) => rules.has_public_keys(),
            Kind::Hmac(_) | Kind::Hash(_) | Kind::Token => false,
        };
        let secrets = match private_key && provider.scheme.document.is_none() {
            // The private keys of these are their provider's; we have another.
            true => Secrets::parse(&test_secret(provider), &provider.scheme.key).map_err(|error| error.to_string())?,
            false => case.secrets(provider),
        };
        let (headers, body) = (case.headers(), case.body());
        let written = sign::body(&provider.scheme, &secrets, &case.request(&headers, &body), case.now_ms);
        let body = written.map_err(|absent| format!("{absent:?}"))?.unwrap_or(body);
        let headers = signed_by_us(provider, case, &secrets, &body)?;
        let request = case.request(&headers, &body);
        let ours = sign::test_document(provider);
        let documents = |_: &str| ours.as_deref().map(str::as_bytes);
        let verified = verify_with(&provider.scheme, &secrets, &documents, &request, case.now_ms);
        let secret = verified.map(|delivery| delivery.secret()).map_err(|rejection| rejection.to_string());
        equal("the secret that matched", secret, Ok(0))
    });
}

#[test]
fn no_byte_of_a_verified_body_can_change() {
    check_all(|provider, case| {
        let (headers, body) = (case.headers(), case.body());
        if case.expect != Expected::Verified || body.is_empty() || !provider.scheme.covers_body() {
            return Ok(());
        }
        let documents = |url: &str| case.document(url);
        let genuine = case.request(&headers, &body);
        let verified = verify_with(&provider.scheme, &case.secrets(provider), &documents, &genuine, case.now_ms);
        let event =
            verified.map(|delivery| delivery.event().body.to_vec()).map_err(|rejection| rejection.to_string())?;
        let last = body.len() - 1;
        for position in [0, last / 3, last / 2, last] {
            let mut altered = body.clone();
            altered[position] ^= 1;
            let request = case.request(&headers, &altered);
            if template::signs_form(provider.scheme.signed) && reads_the_same(&request, &body) {
                continue;
            }
            let verified = verify_with(&provider.scheme, &case.secrets(provider), &documents, &request, case.now_ms);
            if provider.scheme.wrapped.is_some()
                && verified.as_ref().is_ok_and(|delivery| delivery.event().body == event)
            {
                // Beside what is wrapped, nothing is signed and nothing is read.
                continue;
            }
            equal(&format!("a change of byte {position}"), verified.is_ok(), false)?;
        }
        Ok(())
    });
}

#[test]
fn every_provider_has_a_sample_payload_whose_id_and_type_can_be_read() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/payloads");
    for provider in provider::ALL {
        let (form, json) = (format!("{}.form", provider.name), format!("{}.json", provider.name));
        let (file, content_type) = match samples.join(&form).exists() {
            true => (form, "application/x-www-form-urlencoded"),
            false => (json, "application/json"),
        };
        let body = std::fs::read(samples.join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut headers = vec![("content-type".to_owned(), content_type.to_owned())];
        let in_headers = provider.id.iter().chain(provider.event_type).filter_map(|field| header_name(*field));
        // What the provider writes into a header is no part of the payload; any value will do.
        headers.extend(
            in_headers.chain(provider.headers.iter().copied()).map(|name| (name.to_owned(), "sample".to_owned())),
        );
        headers.extend(signed_headers(provider));
        let unsigned = Request { method: "POST", url: "https://hooks.example.com/", headers: &headers, body: &body };
        let secrets = Secrets::parse(&test_secret(provider), &provider.scheme.key).expect("a key");
        let written = sign::body(&provider.scheme, &secrets, &unsigned, SAMPLED_MS);
        let body = written.unwrap_or_else(|absent| panic!("{file}: {absent:?}")).unwrap_or(body.clone());
        let unsigned = Request { body: &body, ..unsigned };
        let signed = sign(&provider.scheme, &secrets, &unsigned, SAMPLED_MS).expect("a sample can be signed");
        let kept = headers.iter().filter(|(name, _)| !signed.iter().any(|(ours, _)| ours == name));
        let headers: Vec<_> = kept.chain(&signed).cloned().collect();
        let request = Request { headers: &headers, ..unsigned };
        let ours = sign::test_document(provider);
        let documents = |_: &str| ours.as_deref().map(str::as_bytes);
        let delivery = verify_with(&provider.scheme, &secrets, &documents, &request, SAMPLED_MS);
        let delivery = delivery.unwrap_or_else(|r| panic!("{file}: {r}"));
        let known = Identity::of(provider, provider.identity, &delivery, "");
        assert_eq!(known.event_id.is_some(), !provider.id.is_empty(), "{file}: {known:?}");
        assert_eq!(known.event_type.is_some(), !provider.event_type.is_empty(), "{file}: {known:?}");
    }
}

/// When the samples are signed.
const SAMPLED_MS: u64 = 1_760_000_000_000;

/// Whether a form's parameters are these, too. A scheme that signs parameters cannot tell such bodies apart:
/// every byte that is not UTF-8 decodes to the same replacement character.
fn reads_the_same(request: &Request<'_>, body: &[u8]) -> bool {
    request.is_form() && form_urlencoded::parse(request.body).eq(form_urlencoded::parse(body))
}

/// The case's headers with their signature replaced by ours.
fn signed_by_us(
    provider: &Provider,
    case: &Case,
    secrets: &Secrets,
    body: &[u8],
) -> Result<Vec<(String, String)>, String> {
    let mut headers = case.headers();
    let signed = sign(&provider.scheme, secrets, &case.request(&headers, body), case.now_ms);
    let signed = signed.map_err(|absent| format!("{absent:?}"))?;
    headers.retain(|(name, _)| !signed.iter().any(|(ours, _)| ours.eq_ignore_ascii_case(name)));
    headers.extend(signed);
    Ok(headers)
}

/// The headers that a provider signs, beside those that signing writes; a list of them names what it has to.
fn signed_headers(provider: &Provider) -> Vec<(String, String)> {
    let parts = provider.scheme.signed.split('{').skip(1).filter_map(|part| part.split(['}', '|']).next());
    let header = |part: &str| match part.split_once(':')? {
        ("header", name) => Some((name.to_owned(), "sample".to_owned())),
        ("headers", names) => Some((names.split(',').next()?.to_owned(), names.to_owned())),
        _ => None,
    };
    parts.filter_map(header).collect()
}

fn header_name(field: Field) -> Option<&'static str> {
    match field {
        Field::Header(name) => Some(name),
        _ => None,
    }
}
