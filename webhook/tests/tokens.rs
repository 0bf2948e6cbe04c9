//! JSON Web Tokens that are no good, each for one reason (RFC 8725 names most of them).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use webhook::document::Document;
use webhook::jwt::{Algorithm, Claim, Is, Jwt};
use webhook::provider::{self, Provider};
use webhook::scheme::Encoding;
use webhook::secret::Secrets;
use webhook::sign::{sign, test_document, test_secret};
use webhook::{Field, Rejection, Request, Scheme, verify_with};

const NOW_S: u64 = 1_760_000_000;
const URL: &str = "https://hooks.example.com/hooks/a";
const HEADER: &[Field] = &[Field::Header("authorization")];
const CLAIMS: &[Claim] = &[
    Claim { name: "iss", is: Is::OneOf(&["issuer", "other-issuer"]) },
    Claim { name: "sub", is: Is::Url },
    Claim { name: "body", is: Is::BodyHash { encoding: Encoding::Base64Url, unless_empty: false } },
];
const SECRET: Scheme = Scheme::jwt(
    HEADER,
    "Bearer ",
    &Jwt { algorithms: &[Algorithm::Hs256, Algorithm::Hs512], claims: CLAIMS, leeway_s: 10, age_s: Some(300) },
);
const PUBLIC: Scheme = Scheme::jwt(
    HEADER,
    "Bearer ",
    &Jwt {
        algorithms: &[Algorithm::Rs256],
        claims: &[
            Claim { name: "email", is: Is::Secret },
            Claim { name: "email_verified", is: Is::True },
            Claim { name: "aud", is: Is::Url },
        ],
        leeway_s: 10,
        age_s: None,
    },
)
.in_document(Document::JwkSet("https://keys.example.com/jwks"));
const BODY: &[u8] = b"{}";

fn good_claims() -> Value {
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(BODY));
    json!({ "iss": "issuer", "sub": URL, "body": hash, "iat": NOW_S, "nbf": NOW_S, "exp": NOW_S + 60 })
}

fn token(header: &Value, claims: &Value, key: &[u8]) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let mac = Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(&message).finalize().into_bytes();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac))
}

fn outcome(scheme: &Scheme, authorization: &str, secret: &str) -> Result<usize, Rejection> {
    let headers = [("Authorization".to_owned(), authorization.to_owned())];
    let request = Request { method: "POST", url: URL, headers: &headers, body: BODY };
    let secrets = Secrets::parse(secret, &scheme.key).unwrap();
    let set = test_document(&Provider { scheme: PUBLIC, ..*provider::by_name("github").unwrap() });
    let documents = |_: &str| set.as_deref().map(str::as_bytes);
    verify_with(scheme, &secrets, &documents, &request, NOW_S * 1000).map(|delivery| delivery.secret())
}

/// What becomes of a token by the right key with these claims changed; null removes one.
#[track_caller]
fn check_claims(changes: Value, expected: Result<usize, Rejection>) {
    let mut claims = good_claims();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let token = token(&json!({ "alg": "HS256" }), &claims, b"key");
    assert_eq!(outcome(&SECRET, &format!("Bearer {token}"), "key"), expected, "{changes}");
}

#[track_caller]
fn check_mismatch(authorization: &str, signatures: usize) {
    let expected = Rejection::Mismatch { field: "header:authorization".to_owned(), signatures, secrets: 1 };
    assert_eq!(outcome(&SECRET, authorization, "key"), Err(expected), "{authorization}");
}

#[test]
fn a_good_token_is_let_in_by_either_secret() {
    let good = token(&json!({ "alg": "HS256", "typ": "JWT", "kid": "any" }), &good_claims(), b"key");
    assert_eq!(outcome(&SECRET, &format!("Bearer {good}"), "key\nold"), Ok(0));
    assert_eq!(outcome(&SECRET, &format!("Bearer {good}"), "new\nkey"), Ok(1));
}

#[test]
fn a_token_without_a_signature_of_a_named_algorithm_is_none() {
    for alg in [json!("none"), json!("None"), json!("hs256"), json!("HS384"), json!("RS256"), json!(""), json!(7)] {
        check_mismatch(&format!("Bearer {}", token(&json!({ "alg": alg }), &good_claims(), b"key")), 0);
    }
    check_mismatch(&format!("Bearer {}", token(&json!({}), &good_claims(), b"key")), 0);
    // Signed by SHA-256 under the name of SHA-512: read, and wrong.
    check_mismatch(&format!("Bearer {}", token(&json!({ "alg": "HS512" }), &good_claims(), b"key")), 1);
    check_mismatch(
        &format!("Bearer {}", token(&json!({ "alg": "HS256", "crit": ["b64"] }), &good_claims(), b"key")),
        0,
    );
    let good = token(&json!({ "alg": "HS256" }), &good_claims(), b"key");
    let message = good.rsplit_once('.').unwrap().0;
    check_mismatch(&format!("Bearer {message}."), 1);
    check_mismatch(&format!("Bearer {message}"), 0);
    check_mismatch(&format!("Bearer {good}."), 0);
    check_mismatch(&format!("Bearer {good}.x"), 0);
    check_mismatch(&format!("Bearer {}", &good[..good.len() - 1]), 1);
    check_mismatch(&format!("Bearer {}", &good[..good.len() - 2]), 0);
    check_mismatch(&format!("Basic {good}"), 0);
    check_mismatch(&good, 0);
    check_mismatch("Bearer ..", 0);
    check_mismatch(&format!("Bearer {}", ".".repeat(10_000)), 0);
}

#[test]
fn another_key_has_not_signed_it() {
    let foreign = token(&json!({ "alg": "HS256" }), &good_claims(), b"foreign");
    check_mismatch(&format!("Bearer {foreign}"), 1);
}

#[test]
fn claims_must_say_what_the_row_says() {
    let claim = |name| Err(Rejection::Claim(name));
    check_claims(json!({ "iss": "other-issuer" }), Ok(0));
    for iss in [json!("Issuer"), json!(["issuer"]), json!(null), json!(1)] {
        check_claims(json!({ "iss": iss }), claim("iss"));
    }
    check_claims(json!({ "sub": "https://hooks.example.com/hooks/b" }), claim("sub"));
    check_claims(json!({ "sub": "https://hooks.example.com:443/hooks/a" }), Ok(0));
    check_claims(json!({ "sub": null }), claim("sub"));
    let other = URL_SAFE_NO_PAD.encode(Sha256::digest(b"{ }"));
    for body in [json!(other), json!(null), json!(""), json!("n!t")] {
        check_claims(json!({ "body": body }), claim("body"));
    }
    // The same bytes in the other spellings of base64url.
    check_claims(json!({ "body": format!("{}=", URL_SAFE_NO_PAD.encode(Sha256::digest(BODY))) }), Ok(0));
    check_claims(json!({ "body": STANDARD.encode([0xfb; 32]) }), claim("body"));
}

#[test]
fn times_are_held_against_now_either_way() {
    let stale = |skew_s, tolerance_s| Err(Rejection::Stale { skew_s, tolerance_s });
    check_claims(json!({ "exp": NOW_S - 9 }), Ok(0));
    check_claims(json!({ "exp": NOW_S - 10 }), stale(10, 10));
    check_claims(json!({ "exp": NOW_S - 9_000 }), stale(9_000, 10));
    check_claims(json!({ "nbf": NOW_S + 10 }), Ok(0));
    check_claims(json!({ "nbf": NOW_S + 11 }), stale(-11, 10));
    check_claims(json!({ "iat": NOW_S + 11 }), stale(-11, 10));
    check_claims(json!({ "exp": (NOW_S + 1) as f64 + 0.5 }), Ok(0));
    // Without an end of its own, a token is as good as it is young.
    check_claims(json!({ "exp": null, "iat": NOW_S - 300 }), Ok(0));
    check_claims(json!({ "exp": null, "iat": NOW_S - 301 }), stale(301, 300));
    check_claims(json!({ "exp": null, "iat": null }), Err(Rejection::Claim("iat")));
    check_claims(json!({ "iat": null, "nbf": null }), Ok(0));
    for (name, value) in [("exp", json!("soon")), ("nbf", json!(-1)), ("iat", json!(1e300)), ("exp", json!([]))] {
        check_claims(json!({ name: value }), Err(Rejection::Claim(name)));
    }
}

#[test]
fn a_public_key_is_never_the_secret_of_an_hmac() {
    let provider = Provider { scheme: PUBLIC, ..*provider::by_name("github").unwrap() };
    let (secret, set) = (test_secret(&provider), test_document(&provider).unwrap());
    let claims = json!({ "email": secret, "email_verified": true, "aud": URL, "exp": NOW_S + 60 });
    let mismatch = Rejection::Mismatch { field: "header:authorization".to_owned(), signatures: 0, secrets: 1 };
    for key in [set.as_bytes(), secret.as_bytes(), b""] {
        let forged = token(&json!({ "alg": "HS256" }), &claims, key);
        assert_eq!(outcome(&PUBLIC, &format!("Bearer {forged}"), &secret), Err(mismatch.clone()));
    }
}

#[test]
fn a_token_by_a_key_of_the_set_is_let_in_for_its_own_audience() {
    let provider = Provider { scheme: PUBLIC, ..*provider::by_name("github").unwrap() };
    let secrets = Secrets::parse(&test_secret(&provider), &PUBLIC.key).unwrap();
    let signed_for = |url: &str| {
        let request = Request { method: "POST", url, headers: &[], body: BODY };
        sign(&PUBLIC, &secrets, &request, NOW_S * 1000).unwrap().remove(0).1
    };
    let (good, foreign) = (signed_for(URL), signed_for("https://hooks.example.com/hooks/b"));
    assert_eq!(outcome(&PUBLIC, &good, &test_secret(&provider)), Ok(0));
    assert_eq!(outcome(&PUBLIC, &good, "somebody-else"), Err(Rejection::Claim("email")));
    assert_eq!(outcome(&PUBLIC, &foreign, &test_secret(&provider)), Err(Rejection::Claim("aud")));
    let last = if good.ends_with('A') { "B" } else { "A" };
    let altered = format!("{}{last}", &good[..good.len() - 1]);
    assert!(outcome(&PUBLIC, &altered, &test_secret(&provider)).is_err(), "a changed signature");
}

#[test]
fn what_must_be_true_is_neither_left_out_nor_a_word() {
    const LEFT_OUT: &[Claim] = &[Claim { name: "email", is: Is::Secret }, Claim { name: "aud", is: Is::Url }];
    const A_WORD: &[Claim] = &[
        Claim { name: "email", is: Is::Secret },
        Claim { name: "email_verified", is: Is::OneOf(&["true"]) },
        Claim { name: "aud", is: Is::Url },
    ];
    const fn rules(claims: &'static [Claim]) -> Jwt {
        Jwt { algorithms: &[Algorithm::Rs256], claims, leeway_s: 10, age_s: None }
    }
    for scheme in [
        Scheme::jwt(HEADER, "Bearer ", &const { rules(LEFT_OUT) }),
        Scheme::jwt(HEADER, "Bearer ", &const { rules(A_WORD) }),
    ] {
        let secrets = Secrets::parse("somebody", &scheme.key).unwrap();
        let request = Request { method: "POST", url: URL, headers: &[], body: BODY };
        let token = sign(&scheme, &secrets, &request, NOW_S * 1000).unwrap().remove(0).1;
        assert_eq!(outcome(&PUBLIC, &token, "somebody"), Err(Rejection::Claim("email_verified")));
    }
}

#[test]
fn the_key_that_a_token_names_is_the_only_one_that_is_tried() {
    let provider = Provider { scheme: PUBLIC, ..*provider::by_name("github").unwrap() };
    let secrets = Secrets::parse(&test_secret(&provider), &PUBLIC.key).unwrap();
    let request = Request { method: "POST", url: URL, headers: &[], body: BODY };
    let headers = sign(&PUBLIC, &secrets, &request, NOW_S * 1000).unwrap();
    let request = Request { headers: &headers, ..request };
    let set = test_document(&provider).unwrap();
    let renamed = set.replace("tidegate-test-key", "another-key");
    let unknown = || Err(Rejection::KeyUnknown { url: "https://keys.example.com/jwks".to_owned() });
    let with = |set: &str, secrets: &Secrets| {
        let documents = |_: &str| Some(set.as_bytes());
        verify_with(&PUBLIC, secrets, &documents, &request, NOW_S * 1000).map(|delivery| delivery.secret())
    };
    assert_eq!(with(&set, &secrets), Ok(0));
    for set in [&renamed, r#"{"keys":[]}"#, "{}", ""] {
        assert_eq!(with(set, &secrets), unknown(), "{set}");
    }
    let foreign = Secrets::parse("somebody-else", &PUBLIC.key).unwrap();
    let mismatch = Rejection::Mismatch { field: "header:authorization".to_owned(), signatures: 1, secrets: 1 };
    assert_eq!(with(&renamed, &foreign), Err(mismatch), "a token for others is not worth a fetch");
    let nothing = verify_with(&PUBLIC, &secrets, &|_| None, &request, NOW_S * 1000);
    assert_eq!(nothing.unwrap_err(), Rejection::KeyWanted { url: "https://keys.example.com/jwks".to_owned() });
}
