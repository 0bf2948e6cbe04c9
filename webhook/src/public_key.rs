//! Public keys as providers publish them: SubjectPublicKeyInfo, X.509 certificates, JSON Web Keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, ECDSA_P256_SHA256_FIXED, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use x509_cert::der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use x509_cert::der::{Decode as _, DecodePem as _, Encode as _};
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

/// rsaEncryption (RFC 8017, appendix C).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// Half of a point on P-256.
const P256_COORDINATE_BYTES: usize = 32;
/// What stands before an uncompressed point.
const UNCOMPRESSED: u8 = 4;

/// The RSA public key (PKCS #1) in a SubjectPublicKeyInfo; `None` for a key of another kind and for what is none.
pub(crate) fn rsa_in_spki(der: &[u8]) -> Option<Vec<u8>> {
    let info = SubjectPublicKeyInfoRef::from_der(der).ok()?;
    (info.algorithm.oid == RSA).then(|| info.subject_public_key.as_bytes().map(<[u8]>::to_vec))?
}

/// An RSA public key (PKCS #1) as SubjectPublicKeyInfo.
pub(crate) fn rsa_as_spki(key: &[u8]) -> Vec<u8> {
    let key = BitStringRef::from_bytes(key);
    let algorithm = AlgorithmIdentifierRef { oid: RSA, parameters: Some(AnyRef::NULL) };
    let der = key.and_then(|subject_public_key| SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der());
    // OK because DER has room for keys of 256 MiB.
    der.expect("a key can be written in DER")
}

/// Why a certificate says nothing of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It is none.
    #[error("is no X.509 certificate in PEM")]
    Unreadable,
    /// It is for a key that we do not check with.
    #[error("holds no RSA key")]
    NotRsa,
    /// Its time is over, or has not come.
    #[error("is not valid at this time")]
    NotValidNow,
}

/// The RSA public key (PKCS #1) of an X.509 certificate (RFC 5280) in PEM, the first one where there are several.
///
/// Who signed it is not looked at: it is trusted for where it was fetched from.
pub(crate) fn rsa_in_certificate(pem: &[u8], now_ms: u64) -> Result<Vec<u8>, CertificateError> {
    let certificate = certificate(pem).ok_or(CertificateError::Unreadable)?;
    let certificate = certificate.tbs_certificate();
    let validity = certificate.validity();
    let (from, until) = (validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration());
    if !(from.as_secs()..=until.as_secs()).contains(&(now_ms / 1000)) {
        return Err(CertificateError::NotValidNow);
    }
    let info = certificate.subject_public_key_info().to_der().map_err(|_| CertificateError::Unreadable)?;
    rsa_in_spki(&info).ok_or(CertificateError::NotRsa)
}

/// Whether this is an X.509 certificate in PEM.
pub(crate) fn is_certificate(pem: &[u8]) -> bool {
    certificate(pem).is_some()
}

/// The first certificate in PEM.
fn certificate(pem: &[u8]) -> Option<x509_cert::Certificate> {
    let end = b"-----END CERTIFICATE-----";
    let length = pem.windows(end.len()).position(|window| window == end)?;
    x509_cert::Certificate::from_pem(&pem[..length + end.len()]).ok()
}

/// A JSON Web Key (RFC 7517), the parts that we read.
#[derive(Deserialize)]
pub(crate) struct Jwk {
    kty: String,
    #[serde(default)]
    pub(crate) kid: Option<String>,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
}

/// The keys of a JSON Web Key set; those that we cannot read are left out.
pub(crate) fn jwk_set(json: &[u8]) -> Option<Vec<Jwk>> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<serde_json::Value>,
    }
    let set: Set = serde_json::from_slice(json).ok()?;
    Some(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
}

impl Jwk {
    /// Whether this key has made an RSA signature (PKCS #1 v1.5, SHA-256).
    pub(crate) fn has_signed_rs256(&self, message: &[u8], signature: &[u8]) -> bool {
        let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        let (Some(n), Some(e)) = (decoded(&self.n), decoded(&self.e)) else { return false };
        let key = RsaPublicKeyComponents { n, e };
        self.kty == "RSA" && key.verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }

    /// Whether this key has made an ECDSA signature (P-256, SHA-256, both numbers one after the other).
    pub(crate) fn has_signed_es256(&self, message: &[u8], signature: &[u8]) -> bool {
        self.p256_point().is_some_and(|point| has_signed_es256(&point, message, signature))
    }

    fn p256_point(&self) -> Option<Vec<u8>> {
        let coordinate =
            |text: &str| URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == P256_COORDINATE_BYTES);
        let (x, y) = (coordinate(&self.x)?, coordinate(&self.y)?);
        (self.kty == "EC" && self.crv == "P-256").then(|| [&[UNCOMPRESSED][..], &x, &y].concat())
    }
}

/// Whether the key with this point has made a signature as JSON Web Signatures write it (RFC 7518, section 3.4).
pub(crate) fn has_signed_es256(point: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
}

/// The point of a P-256 key in a JSON Web Key.
pub(crate) fn p256_in_jwk(json: &str) -> Option<Vec<u8>> {
    serde_json::from_str::<Jwk>(json).ok()?.p256_point()
}

/// A point on P-256 as JSON Web Key.
pub(crate) fn p256_as_jwk(point: &[u8]) -> String {
    let coordinates = point.get(1..).unwrap_or_default();
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#)
}
