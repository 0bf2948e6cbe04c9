//! The vocabulary of signing schemes. A provider is a row of this data; none has code of its own.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use sha1::{Digest as _, Sha1};

use crate::Field;
use crate::document::Document;
use crate::jwt::{Is, Jwt};
use crate::key_prefix;
use crate::public_key;
use crate::separator::Separator;
use crate::template;
use crate::version::Versions;

/// How a provider signs its requests.
#[derive(Debug, Clone, Copy)]
pub struct Scheme {
    /// What a signature is.
    pub kind: Kind,
    /// How the secret that an operator copies becomes key bytes.
    pub key: Key,
    /// Where the signatures lie and how they are written.
    pub signature: Signature,
    /// What is signed: literals and `{parts}`, see [`crate::template`].
    pub signed: &'static str,
    /// Where the time of signing lies, for schemes that sign one.
    pub timestamp: Option<Timestamp>,
    /// A hash of the body that the signed URL carries, for bodies that the template does not cover.
    pub body_hash: Option<BodyHash>,
    /// The array of a batch whose items are signed one by one, as a JSON pointer. Each of them has to be right, and
    /// for each the places in the body are places in the item.
    pub each: Option<&'static str>,
    /// Where the public keys lie, for schemes whose secret is none: there it is a part of what is signed, or of what
    /// a token claims.
    pub document: Option<Document>,
    /// What has to hold the secret itself, where anybody may have the provider sign: the name of the topic.
    pub names: Option<Field>,
    /// The field that holds the event, for those who wrap it in a form. What is signed of the body, and every place in
    /// it but the signature's, is then in the text of this field. A body that is no such form is the event itself.
    pub wrapped: Option<Field>,
    /// What anybody may have signed, because the provider asks so whether the secret is here. No delivery is one.
    pub challenge: Option<Challenge>,
    /// What stands between the parts of what is signed, where it is not escaped in them.
    pub separator: Option<Separator>,
    /// The versions of its signatures, where a request says which it has; the kind is then that of all of them together.
    pub versions: Option<Versions>,
}

/// What a signature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An HMAC of what is signed, its key the secret.
    Hmac(Hash),
    /// A bare hash of what is signed, `{secret}` among it. An old kind: whoever knows one signature can make
    /// another for a longer body where the secret comes first.
    Hash(Hash),
    /// An Ed25519 signature; the secret is the provider's public key (RFC 8032).
    Ed25519,
    /// An ECDSA signature over P-256 with SHA-256, in ASN.1; the secret is the provider's public key (FIPS 186-4).
    EcdsaP256,
    /// An RSA signature (PKCS #1 v1.5, RFC 8017) by any of these hashes; the secret is the provider's public key.
    Rsa(&'static [Hash]),
    /// A JSON Web Token (RFC 7519) whose claims say what is signed.
    Jwt(&'static Jwt),
    /// The secret itself. It says who sends, and nothing about what.
    Token,
}

impl Scheme {
    /// An HMAC-SHA256 of the body in one header, as most providers sign; its other parts differ by the methods below.
    pub const fn hmac(fields: &'static [Field], prefix: &'static str, encoding: Encoding) -> Self {
        Scheme {
            kind: Kind::Hmac(Hash::Sha256),
            key: Key { strip: &[], decode: Encoding::Utf8, named: None },
            signature: Signature { fields, split: None, prefix, encoding },
            signed: "{body}",
            timestamp: None,
            body_hash: None,
            each: None,
            document: None,
            names: None,
            wrapped: None,
            challenge: None,
            separator: None,
            versions: None,
        }
    }

    /// A JSON Web Token in one header, behind this prefix.
    pub const fn jwt(fields: &'static [Field], prefix: &'static str, rules: &'static Jwt) -> Self {
        Scheme { kind: Kind::Jwt(rules), signed: "", ..Scheme::hmac(fields, prefix, Encoding::Utf8) }
    }

    /// The same with what is signed.
    pub const fn over(self, signed: &'static str) -> Self {
        Scheme { signed, ..self }
    }

    /// The same with a kind of signature.
    pub const fn by(self, kind: Kind) -> Self {
        Scheme { kind, ..self }
    }

    /// The same with the form in which an operator copies the secret.
    pub const fn keyed(self, strip: &'static [&'static str], decode: Encoding) -> Self {
        Scheme { key: Key { strip, decode, ..self.key }, ..self }
    }

    /// The same with secrets that have a name, this behind it, which stands before their signatures, too.
    pub const fn named(self, separator: char) -> Self {
        Scheme { key: Key { named: Some(separator), ..self.key }, ..self }
    }

    /// The same with challenges that are signed for whoever asks.
    pub const fn challenged(self, challenge: Challenge) -> Self {
        Scheme { challenge: Some(challenge), ..self }
    }

    /// The same with several signatures in a header, separated by this.
    pub const fn list(self, separator: char) -> Self {
        Scheme { signature: Signature { split: Some(separator), ..self.signature }, ..self }
    }

    /// The same with a time of signing in a field of its own, and how far it may lie from now, in seconds.
    pub const fn at(self, fields: &'static [Field], unit: Unit, tolerance_s: u32) -> Self {
        Scheme { timestamp: Some(Timestamp { place: TimestampPlace::Fields(fields), unit, tolerance_s }), ..self }
    }

    /// The same with a time of signing among the items of the signature's header.
    pub const fn at_item(self, prefix: &'static str, unit: Unit, tolerance_s: u32) -> Self {
        Scheme {
            timestamp: Some(Timestamp { place: TimestampPlace::SignatureItem(prefix), unit, tolerance_s }),
            ..self
        }
    }

    /// The same for each item of a batch.
    pub const fn each(self, items: &'static str) -> Self {
        Scheme { each: Some(items), ..self }
    }

    /// The same with public keys that lie elsewhere.
    pub const fn in_document(self, document: Document) -> Self {
        Scheme { document: Some(document), ..self }
    }

    /// The same with a field that has to hold the secret.
    pub const fn naming(self, field: Field) -> Self {
        Scheme { names: Some(field), ..self }
    }

    /// The same with what stands between the parts of what is signed, which one of them at most may hold.
    pub const fn separated_by(self, between: char, may_hold: Option<Field>) -> Self {
        Scheme { separator: Some(Separator { between, may_hold }), ..self }
    }

    /// The same with a kind of signature for each version, the newest first.
    pub const fn versioned(self, field: Field, kinds: &'static [(&'static str, Kind)]) -> Self {
        Scheme { versions: Some(Versions { field, kinds }), ..self }
    }

    /// The same with an event that lies in a field of the body.
    pub const fn wrapped_in(self, field: Field) -> Self {
        Scheme { wrapped: Some(field), ..self }
    }

    /// Whether a change of the body makes the signature wrong. A checksum does not: another body with the same one is
    /// easily made.
    pub fn covers_body(&self) -> bool {
        match self.kind {
            Kind::Token => false,
            Kind::Jwt(rules) => rules.claims.iter().any(|claim| matches!(claim.is, Is::BodyHash { .. })),
            _ => self.signed.contains("{body}") || template::signs_form(self.signed),
        }
    }

    /// Whether a change of the URL makes the signature wrong.
    pub fn covers_url(&self) -> bool {
        match self.kind {
            Kind::Token => false,
            Kind::Jwt(rules) => {
                rules.claims.iter().any(|claim| matches!(claim.is, Is::Url | Is::UrlHash(..) | Is::QueryHash))
            }
            _ => ["{url}", "{base}"].iter().any(|part| self.signed.contains(part)),
        }
    }
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// How a secret as shown to an operator becomes the bytes of a key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Prefixes that are no part of the key; the first that is there is removed: `whsec_`, and with a name in it that
    /// may be any `signkey-*-`.
    pub strip: &'static [&'static str],
    /// How the rest is written.
    pub decode: Encoding,
    /// What stands between a secret and its name, where it has one: `public key|private key`. The name is no secret;
    /// signatures are written behind it in the same way, and one under another name is none.
    pub named: Option<char>,
}

impl Key {
    /// The name and the rest of a secret, or of a signature; `None` where there is no name that should be.
    pub(crate) fn split<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        self.named.map_or(Some(("", text)), |separator| text.split_once(separator))
    }

    /// Bytes as an operator copies them; a name is made up.
    pub fn written(&self, bytes: &[u8]) -> String {
        let name = self.named.map_or_else(String::new, |separator| format!("test-key{separator}"));
        let prefix = self.strip.first().map_or_else(String::new, |prefix| key_prefix::written(prefix));
        format!("{prefix}{name}{}", self.decode.encode(bytes))
    }
}

/// Texts that are signed for whoever asks: so many digits of lower-case hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge {
    /// Not fewer.
    pub digits_min: usize,
    /// Not more.
    pub digits_max: usize,
}

impl Challenge {
    /// Whether this is one.
    pub(crate) fn is(&self, text: &[u8]) -> bool {
        (self.digits_min..=self.digits_max).contains(&text.len())
            && text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }
}

/// How bytes are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Encoding {
    Utf8,
    /// For keys only: text in ASCII, for those who sign with the text in a normal form of Unicode (NFKD), which ASCII is in.
    Ascii,
    Hex,
    Base64,
    /// Base64 with `-` and `_`, written without padding.
    Base64Url,
    /// For keys only: a P-256 public key as SubjectPublicKeyInfo (RFC 5480), in base64.
    SpkiP256,
    /// For keys only: an RSA public key as SubjectPublicKeyInfo (RFC 4055), in base64: what stands between the lines
    /// `BEGIN PUBLIC KEY` and `END PUBLIC KEY`, in one line.
    SpkiRsa,
    /// For keys only: a text whose SHA-1 is the key.
    Sha1,
    /// For keys only: a P-256 public key as JSON Web Key (RFC 7517), in one line.
    JwkP256,
}

/// Where a request's signatures lie.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// The headers (or other places) that may hold them. Every one that is there counts.
    pub fields: &'static [Field],
    /// What separates several signatures and their companions, for headers that are lists.
    pub split: Option<char>,
    /// What an item must begin with to be a signature of this scheme: `v1=`. Other items are ignored,
    /// so that an old scheme beside the new one cannot be used to downgrade it.
    pub prefix: &'static str,
    /// How the signature's bytes are written.
    pub encoding: Encoding,
}

/// Where a request says when it was signed, and how old it may be.
#[derive(Debug, Clone, Copy)]
pub struct Timestamp {
    /// The place of the timestamp.
    pub place: TimestampPlace,
    /// The unit of the number found there.
    pub unit: Unit,
    /// How far the timestamp may lie from now, in the past and in the future, in seconds.
    pub tolerance_s: u32,
}

/// Timestamps stand in a field of their own or inside the signature's.
#[derive(Debug, Clone, Copy)]
pub enum TimestampPlace {
    /// A field of its own, the first of these that is there.
    Fields(&'static [Field]),
    /// The item of the signature's field that begins with this prefix: `t=`.
    SignatureItem(&'static str),
}

/// How a timestamp is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Unix time in seconds.
    Seconds,
    /// Unix time in milliseconds.
    Milliseconds,
    /// Unix time in either of them, where a provider is not of one mind: a number of twelve digits and more is
    /// milliseconds, as seconds it would be the year 5138. We write seconds.
    SecondsOrMilliseconds,
    /// Date and time with an offset (RFC 3339).
    Rfc3339,
    /// Date and time as HTTP writes them: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
    HttpDate,
}

/// A SHA-256 of the body, in lower-case hex, that travels in a signed field.
#[derive(Debug, Clone, Copy)]
pub struct BodyHash {
    /// Where the hash lies.
    pub field: Field,
}

impl Encoding {
    /// Decodes text; `None` where it is not of this encoding. Hex is accepted in either case and base64 with or
    /// without padding: what is compared is the bytes, and both spellings are the same ones.
    pub fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Encoding::Utf8 => Some(text.as_bytes().to_vec()),
            Encoding::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
            Encoding::Hex => hex::decode(text).ok(),
            Encoding::Base64 => LENIENT.decode(text).ok(),
            Encoding::Base64Url => LENIENT_URL.decode(text).ok(),
            Encoding::SpkiP256 => {
                let key = LENIENT.decode(text).ok()?;
                key.strip_prefix(&P256_SPKI[..]).filter(|point| point.len() == P256_POINT_BYTES).map(<[u8]>::to_vec)
            }
            Encoding::SpkiRsa => public_key::rsa_in_spki(&LENIENT.decode(text).ok()?),
            Encoding::JwkP256 => public_key::p256_in_jwk(text),
            Encoding::Sha1 => (!text.is_empty()).then(|| Sha1::digest(text).to_vec()),
        }
    }

    /// Writes bytes as text. UTF-8 is what they are already; for a key it is the text that was copied.
    pub fn encode(self, bytes: &[u8]) -> String {
        match self {
            Encoding::Utf8 | Encoding::Ascii | Encoding::Sha1 => String::from_utf8_lossy(bytes).into_owned(),
            Encoding::Hex => hex::encode(bytes),
            Encoding::Base64 => STANDARD.encode(bytes),
            Encoding::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
            Encoding::SpkiP256 => STANDARD.encode([&P256_SPKI[..], bytes].concat()),
            Encoding::SpkiRsa => STANDARD.encode(public_key::rsa_as_spki(bytes)),
            Encoding::JwkP256 => public_key::p256_as_jwk(bytes),
        }
    }
}

const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const LENIENT: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);
const LENIENT_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);

/// What stands before the point in the SubjectPublicKeyInfo of a P-256 key.
const P256_SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// An uncompressed point.
const P256_POINT_BYTES: usize = 65;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_can_be_decoded_and_other_spellings_are_the_same_bytes() {
        let point = [&[4][..], &[7; 64]].concat();
        for encoding in [Encoding::Hex, Encoding::Base64, Encoding::Base64Url, Encoding::SpkiP256] {
            assert_eq!(encoding.decode(&encoding.encode(&point)).as_ref(), Some(&point), "{encoding:?}");
            assert_eq!(encoding.decode("n!t"), None, "{encoding:?}");
        }
        assert_eq!(Encoding::Hex.decode("FF00"), Encoding::Hex.decode("ff00"));
        assert_eq!(Encoding::Base64.decode("/+8="), Encoding::Base64.decode("/+8"));
        assert_eq!(Encoding::Base64Url.decode("_-8"), Encoding::Base64.decode("/+8="));
        assert_eq!(Encoding::Base64.decode("_-8"), None, "another alphabet is another encoding");
        assert_eq!(Encoding::SpkiP256.decode(&Encoding::Base64.encode(&point)), None, "a bare point");
    }
}
