//! Signing what is posted on, by Standard Webhooks, so that its receiver can tell that it comes from here and when.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::identity::body_sha256;
use crate::mac;
use crate::scheme::{Encoding, Hash, Key, Kind};
use crate::secret::{SecretError, Secrets};

/// How secrets are written: `whsec_` and base64.
const KEY: Key = Key { strip: &["whsec_"], decode: Encoding::Base64, named: None };

/// Reads the secrets that posts are signed with, one a line. Each makes a signature of its own, so that a receiver may
/// still have the old one while it is rotated.
///
/// # Errors
/// [`SecretError`] where one of the lines is no secret, too: a slip in a rotation would show at the receiver only.
pub fn secrets(text: &str) -> Result<Secrets, SecretError> {
    let secrets = Secrets::parse(text, &KEY)?;
    secrets.unusable().first().map_or(Ok(()), |error| Err(error.clone()))?;
    Ok(secrets)
}

/// The headers that sign a body, at this time.
pub fn headers(secrets: &Secrets, key: &str, body: &[u8], now_ms: u64) -> [(&'static str, String); 3] {
    let (id, timestamp) = (id(key), (now_ms / 1000).to_string());
    let pieces = [Cow::Borrowed(id.as_bytes()), b".".into(), timestamp.as_bytes().into(), b".".into(), body.into()];
    let signature = |secret: &[u8]| {
        let tag = mac::tag(Kind::Hmac(Hash::Sha256), secret, &pieces).unwrap_or_default();
        format!("v1,{}", STANDARD.encode(tag))
    };
    let signatures: Vec<String> = secrets.keys().map(signature).collect();
    [
        ("webhook-id", id.clone().into_owned()),
        ("webhook-signature", signatures.join(" ")),
        ("webhook-timestamp", timestamp.clone()),
    ]
}

/// The event's key as an id that is the same at each attempt. One that a header does not take is hashed, and so is one
/// with a full stop, which stands between the parts that are signed.
fn id(key: &str) -> Cow<'_, str> {
    let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.');
    if plain { Cow::Borrowed(key) } else { Cow::Owned(body_sha256(key.as_bytes())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider;
    use crate::request::Request;
    use crate::verify::verify;

    const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const NEW: &str = "whsec_dGlkZWdhdGUtdGVzdC1zZWNyZXQ=";

    fn signed(secret: &str, key: &str, body: &[u8], now_ms: u64) -> Vec<(String, String)> {
        let headers = headers(&secrets(secret).unwrap(), key, body, now_ms);
        headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    #[test]
    fn it_is_what_the_standard_webhooks_packages_make_of_it() {
        // The vectors of webhook/tests/vectors/standard-webhooks.json, made by `standardwebhooks` from npm.
        for (id, now_ms, body, signature) in [
            (
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330_000,
                "{\"test\": 2432232314}",
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
            (
                "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
                1_760_000_000_000,
                "{\"note\":\"Tid\u{e9} \u{1f30a} in,\r\ntide \u{1f41a} out\"}",
                "v1,Zvfl3QRRnIIfVzhSNSyiJE/HoGF+6JZNAj6mmItqfR4=",
            ),
        ] {
            let headers = signed(OLD, id, body.as_bytes(), now_ms);
            let expected = [id.to_owned(), signature.to_owned(), (now_ms / 1000).to_string()];
            assert_eq!(headers.into_iter().map(|(_, value)| value).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn our_own_rules_let_it_in_by_each_of_the_secrets_and_nothing_that_was_changed() {
        let row = provider::by_name("standard-webhooks").unwrap();
        let (now_ms, body) = (1_795_262_400_999, &b"{\"n\":1}"[..]);
        let url = "https://hooks.example.com/events";
        let verified = |headers: &[(String, String)], secret: &str, body: &[u8]| {
            let secrets = Secrets::parse(secret, &row.scheme.key).unwrap();
            verify(&row.scheme, &secrets, &Request { method: "POST", url, headers, body }, now_ms).is_ok()
        };
        let headers = signed(&format!("{NEW}\n{OLD}"), "github#evt_1", body, now_ms);
        assert_eq!(headers[1].1.split(' ').count(), 2, "one signature a secret");
        assert!(verified(&headers, OLD, body) && verified(&headers, NEW, body));
        assert!(!verified(&headers, "whsec_AQID", body) && !verified(&headers, OLD, b"{\"n\":2}"));
    }

    #[test]
    fn an_id_is_the_key_unless_it_would_be_read_otherwise() {
        assert_eq!(id("github#evt_1"), "github#evt_1");
        for odd in ["", "a b", "a\u{e9}", "a\nb", "a.1"] {
            assert_eq!(id(odd).len(), 64, "{odd:?}");
        }
    }

    #[test]
    fn a_slip_in_a_rotation_is_told_and_not_shown() {
        let error = secrets(&format!("{OLD}\nwhsec_n!t")).unwrap_err().to_string();
        assert_eq!(error, "secret 2 is not base64 after whsec_: copy it again from the provider");
        assert_eq!(secrets("\n").unwrap_err(), SecretError::Empty);
    }
}
