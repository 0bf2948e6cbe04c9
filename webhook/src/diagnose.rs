//! Why a signature may not fit: guesses that were tried and found to be so, for the log of the receiver.
//!
//! A refused request is tried again as it may have been before something on its way changed it, and with the
//! secrets of other sources. What fits then ends the search; it lets nothing in.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::jwt::Is;
use crate::request::Request;
use crate::scheme::{Key, Kind, Scheme};
use crate::secret::Secrets;
use crate::verify::{Rejection, verify};

/// A larger body is not tried again: refusing has to stay cheap.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// How many secrets of other sources are tried at most.
const OTHERS_MAX: usize = 16;

/// Another source, and what is live there.
pub type Other<'a> = (&'a str, &'a Secrets);

/// What explains a rejection, or `None` where nothing that was tried does. Holds names of sources and headers, and no
/// value of the request.
pub fn explain<'a>(
    scheme: &Scheme,
    secrets: &Secrets,
    request: &Request<'_>,
    rejection: &Rejection,
    others: impl Iterator<Item = Other<'a>>,
) -> Option<String> {
    match rejection {
        Rejection::Missing(_) => similar_header(request),
        Rejection::Mismatch { signatures: 0, .. } => Some(unreadable(scheme)),
        Rejection::Mismatch { .. } if request.body.len() <= BODY_BYTES_MAX => {
            let body =
                changed_bodies(request.body).find(|(_, body)| fits(scheme, secrets, &Request { body, ..*request }));
            let found = body.map(|(what, _)| what.to_owned());
            let found = found.or_else(|| other_source(scheme, request, others));
            found.or_else(|| compressed(request)).or_else(|| signed_url(scheme, request))
        }
        Rejection::Mismatch { .. } => compressed(request),
        Rejection::Claim(name) => wrong_claim(scheme, request, name),
        Rejection::Stale { skew_s, .. } if *skew_s < 0 => {
            Some("the sender's clock is ahead, or ours is behind".to_owned())
        }
        Rejection::Stale { .. } => Some("an old request sent again, or a clock that is off".to_owned()),
        _ => None,
    }
}

/// Whether the signature fits, whenever it was made.
fn fits(scheme: &Scheme, secrets: &Secrets, request: &Request<'_>) -> bool {
    matches!(verify(scheme, secrets, request, 0), Ok(_) | Err(Rejection::Stale { .. }))
}

/// What was expected where something stands that cannot be a signature.
fn unreadable(scheme: &Scheme) -> String {
    let prefix = scheme.signature.prefix;
    let after = if prefix.is_empty() { String::new() } else { format!(" after {:?}", prefix.trim_end()) };
    match scheme.kind {
        Kind::Jwt(rules) => {
            let names: Vec<&str> = rules.algorithms.iter().map(|algorithm| algorithm.name()).collect();
            format!("no JSON Web Token by {} is in it{after}", names.join(" or "))
        }
        _ => {
            let written = Key { strip: &[], decode: scheme.signature.encoding, named: None }.words();
            format!("nothing in it is written as {written}{after}")
        }
    }
}

/// A body that is compressed, or was: what was signed may be the one or the other.
fn compressed(request: &Request<'_>) -> Option<String> {
    const GZIP: &[u8] = &[0x1f, 0x8b];
    let said = request.header("content-encoding").is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"));
    match (said, request.body.starts_with(GZIP)) {
        (_, true) => Some("the body is compressed (gzip): what is in it may be what was signed".to_owned()),
        (true, false) => Some(
            "its content-encoding says that the body is compressed, and it is not gzip: if something on its way \
             decompressed it, what was signed is lost"
                .to_owned(),
        ),
        (false, false) => None,
    }
}

/// Names of headers that may hold a signature of another kind.
fn similar_header(request: &Request<'_>) -> Option<String> {
    const WORDS: [&str; 5] = ["signature", "hmac", "token", "authorization", "sig"];
    let like = |name: &&String| WORDS.iter().any(|word| name.to_ascii_lowercase().contains(word));
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| name).filter(like).map(String::as_str).collect();
    (!names.is_empty())
        .then(|| format!("there is {}: is it another provider, or another version of its scheme?", names.join(", ")))
}

/// The body as it may have been, each with what then happened to it on its way.
fn changed_bodies(body: &[u8]) -> impl Iterator<Item = (&'static str, Cow<'_, [u8]>)> {
    let text = std::str::from_utf8(body).ok();
    let trimmed = body.trim_ascii_end();
    let owned = |text: String| Cow::Owned(text.into_bytes());
    [
        STANDARD.decode(trimmed).ok().map(|plain| ("the body came in base64, one time too often", Cow::Owned(plain))),
        Some(("the body was decoded from base64, one time too often", owned(STANDARD.encode(body)))),
        Some(("white space was added at the end of the body", Cow::Borrowed(trimmed))),
        Some(("a line feed was cut off the end of the body", Cow::Owned([body, b"\n"].concat()))),
        text.map(|text| ("line feeds of the body were written as CR LF", owned(text.replace("\r\n", "\n")))),
        text.map(|text| ("CR LF of the body was written as line feeds", owned(text.replace('\n', "\r\n")))),
        text.map(|text| ("the JSON of the body was written anew, with white space", owned(spaced(text, "", "")))),
        text.map(|text| ("the JSON of the body was written anew, without white space", owned(spaced(text, " ", " ")))),
    ]
    .into_iter()
    .flatten()
    .filter(move |(_, changed)| changed.as_ref() != body)
}

/// JSON with this after each comma and each colon, and no other white space outside of strings.
fn spaced(json: &str, comma: &str, colon: &str) -> String {
    let (mut text, mut in_string, mut escaped) = (String::with_capacity(json.len()), false, false);
    for c in json.chars() {
        if !in_string && c.is_ascii_whitespace() {
            continue;
        }
        in_string ^= c == '"' && !escaped;
        escaped = in_string && c == '\\' && !escaped;
        text.push(c);
        match c {
            ',' if !in_string => text.push_str(comma),
            ':' if !in_string => text.push_str(colon),
            _ => {}
        }
    }
    text
}

fn other_source<'a>(scheme: &Scheme, request: &Request<'_>, others: impl Iterator<Item = Other<'a>>) -> Option<String> {
    let mut others = others.take(OTHERS_MAX);
    let (name, _) = others.find(|(_, secrets)| fits(scheme, secrets, request))?;
    Some(format!("it fits the secret of the source {name}: were the two mixed up?"))
}

/// What a claim that is not what it must be says of the source. Nothing where the name is none of the row's: a time.
fn wrong_claim(scheme: &Scheme, request: &Request<'_>, name: &str) -> Option<String> {
    let Kind::Jwt(rules) = scheme.kind else { return None };
    match rules.claims.iter().find(|claim| claim.name == name)?.is {
        Is::Url | Is::UrlHash(_) | Is::QueryHash => signed_url(scheme, request),
        Is::Secret => Some(format!("it is none of the source's secrets: put there what the provider has as {name}")),
        Is::BodyHash { .. } => compressed(request).or_else(|| Some("something changed the body on its way".to_owned())),
        Is::OneOf(_) | Is::True => Some("the token is somebody else's, and only its key is the provider's".to_owned()),
    }
}

/// Where the URL is signed, a wrong one is the likeliest reason. Its query may hold anything and is left out.
fn signed_url(scheme: &Scheme, request: &Request<'_>) -> Option<String> {
    let url = request.url.split('?').next().unwrap_or_default();
    scheme.covers_url().then(|| {
        format!(
            "the URL is signed, and was taken to be {url}: TIDEGATE_PUBLIC_URL (parameter PublicUrl) sets another, and \
             --url does for `tidegate explain`"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider;
    use crate::sign::sign;

    const NOW_MS: u64 = 1_795_262_400_000;

    /// What is said of a request whose body was changed after GitHub signed it.
    fn said(signed: &str, came: &str, secret: &str) -> Option<String> {
        let scheme = &provider::by_name("github").unwrap().scheme;
        let secrets = |text| Secrets::parse(text, &scheme.key).unwrap();
        let request = Request { method: "POST", url: "https://a.example/", headers: &[], body: signed.as_bytes() };
        let headers = sign(scheme, &secrets(secret), &request, NOW_MS).unwrap();
        let request = Request { headers: &headers, body: came.as_bytes(), ..request };
        let (ours, theirs) = (secrets("ours"), secrets("theirs"));
        let rejection = verify(scheme, &ours, &request, NOW_MS).unwrap_err();
        explain(scheme, &ours, &request, &rejection, [("shop", &theirs)].into_iter())
    }

    #[track_caller]
    fn check(signed: &str, came: &str, expected: &str) {
        assert_eq!(said(signed, came, "ours").as_deref(), Some(expected), "{came:?}");
    }

    #[test]
    fn a_body_that_was_changed_on_its_way_is_told() {
        let json = r#"{"a":"x: y, \" z","b":[1,2]}"#;
        check(json, &STANDARD.encode(json), "the body came in base64, one time too often");
        check(&STANDARD.encode(json), json, "the body was decoded from base64, one time too often");
        check(json, &format!("{json}\r\n"), "white space was added at the end of the body");
        check(&format!("{json}\n"), json, "a line feed was cut off the end of the body");
        check("{\n}", "{\r\n}", "line feeds of the body were written as CR LF");
        check("{\r\n}", "{\n}", "CR LF of the body was written as line feeds");
        let pretty = "{\n  \"a\": \"x: y, \\\" z\",\n  \"b\": [1, 2]\n}";
        check(json, pretty, "the JSON of the body was written anew, with white space");
        let python = r#"{"a": "x: y, \" z", "b": [1, 2]}"#;
        check(python, json, "the JSON of the body was written anew, without white space");
    }

    #[test]
    fn the_secret_of_another_source_is_told_and_a_strange_one_is_not_guessed() {
        let told = said("{}", "{}", "theirs").unwrap();
        assert_eq!(told, "it fits the secret of the source shop: were the two mixed up?");
        assert_eq!(said("{}", "{}", "nobody's"), None);
        assert_eq!(said("{}", "{\"more\":1}", "ours"), None);
        let large = "x".repeat(BODY_BYTES_MAX);
        assert_eq!(said(&large, &format!("{large}\n"), "ours"), None, "too large to be tried again");
    }

    #[test]
    fn another_header_or_spelling_is_told() {
        let github = provider::by_name("github").unwrap();
        let secrets = Secrets::parse("ours", &github.scheme.key).unwrap();
        let told = |name: &str, value: &str| {
            let headers = [(name.to_owned(), value.to_owned())];
            let request = Request { method: "POST", url: "https://a.example/", headers: &headers, body: b"{}" };
            let rejection = verify(&github.scheme, &secrets, &request, NOW_MS).unwrap_err();
            explain(&github.scheme, &secrets, &request, &rejection, [].into_iter())
        };
        let old = told("X-Hub-Signature", "sha1=00").unwrap();
        assert_eq!(old, "there is X-Hub-Signature: is it another provider, or another version of its scheme?");
        assert_eq!(
            told("x-hub-signature-256", "hush").as_deref(),
            Some("nothing in it is written as hex after \"sha256=\"")
        );
        assert_eq!(told("user-agent", "curl"), None);
    }

    #[test]
    fn a_compressed_body_and_a_clock_are_told() {
        let stripe = provider::by_name("stripe").unwrap();
        let secrets = Secrets::parse("ours", &stripe.scheme.key).unwrap();
        let told = |encoding: &str, body: &[u8], now_ms: u64| {
            let signed = Request { method: "POST", url: "https://a.example/", headers: &[], body: b"{}" };
            let mut headers = sign(&stripe.scheme, &secrets, &signed, NOW_MS).unwrap();
            headers.push(("content-encoding".to_owned(), encoding.to_owned()));
            let request = Request { headers: &headers, body, ..signed };
            let rejection = verify(&stripe.scheme, &secrets, &request, now_ms).unwrap_err();
            explain(&stripe.scheme, &secrets, &request, &rejection, [].into_iter()).unwrap_or_default()
        };
        assert!(told("gzip", b"\x1f\x8b\x08", NOW_MS).starts_with("the body is compressed (gzip): "));
        assert!(
            told("gzip", b"{\"a\":1}", NOW_MS).starts_with("its content-encoding says that the body is compressed")
        );
        assert_eq!(told("identity", b"{\"a\":1}", NOW_MS), "");
        assert_eq!(told("", b"{}", NOW_MS - 400_000), "the sender's clock is ahead, or ours is behind");
        assert_eq!(told("", b"{}", NOW_MS + 400_000), "an old request sent again, or a clock that is off");
    }

    #[test]
    fn a_signed_url_is_told_without_its_query() {
        let twilio = provider::by_name("twilio").unwrap();
        let secrets = Secrets::parse("ours", &twilio.scheme.key).unwrap();
        let headers = [("x-twilio-signature".to_owned(), "AAAA".to_owned())];
        let request = Request { method: "POST", url: "https://a.example/h?card=1", headers: &headers, body: b"" };
        let rejection = verify(&twilio.scheme, &secrets, &request, NOW_MS).unwrap_err();
        let told = explain(&twilio.scheme, &secrets, &request, &rejection, [].into_iter()).unwrap();
        assert_eq!(
            told,
            "the URL is signed, and was taken to be https://a.example/h: TIDEGATE_PUBLIC_URL (parameter PublicUrl) \
             sets another, and --url does for `tidegate explain`"
        );
    }

    #[test]
    fn a_claim_is_blamed_for_what_it_says() {
        use crate::sign::{test_document, test_secret};
        use crate::verify::verify_with;
        let pubsub = provider::by_name("google-pubsub").unwrap();
        let document = test_document(pubsub);
        let ours = |_: &str| document.as_deref().map(str::as_bytes);
        let secrets = |text: &str| Secrets::parse(text, &pubsub.scheme.key).unwrap();
        let request = Request { method: "POST", url: "https://a.example/h", headers: &[], body: b"{}" };
        let headers = sign(&pubsub.scheme, &secrets(&test_secret(pubsub)), &request, NOW_MS).unwrap();
        let told = |secret: &str, url: &str| {
            let request = Request { headers: &headers, url, ..request };
            let secrets = secrets(secret);
            let rejection = verify_with(&pubsub.scheme, &secrets, &ours, &request, NOW_MS).unwrap_err();
            explain(&pubsub.scheme, &secrets, &request, &rejection, [].into_iter()).unwrap()
        };
        let email = told("somebody@else.example", "https://a.example/h");
        assert_eq!(email, "it is none of the source's secrets: put there what the provider has as email");
        assert!(
            told(&test_secret(pubsub), "https://b.example/h").starts_with("the URL is signed, and was taken to be")
        );
    }
}
