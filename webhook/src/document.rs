//! Public keys that lie elsewhere: in a certificate that the request names, or in a provider's JSON Web Key set.
//!
//! The rules fetch nothing. They say which document they want and read it from whoever has it.

use crate::field::Field;
use crate::public_key;
use crate::request::Request;
use crate::verify::Rejection;

/// Where a provider's public keys lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// In an X.509 certificate whose URL the request names.
    Certificate {
        /// Where the URL stands.
        url: Field,
        /// Host and path of the URLs that are taken, all else is refused. `*` stands for letters, digits and `-`.
        places: &'static [&'static str],
    },
    /// In a JSON Web Key set at this URL (RFC 7517).
    JwkSet(&'static str),
}

/// What has been fetched: the document at a URL, or `None` where it is not at hand.
pub type Documents<'a> = &'a dyn Fn(&str) -> Option<&'a [u8]>;

/// No such URL is longer.
const PLACE_BYTES_MAX: usize = 512;

impl Document {
    /// The URL of the document for this request.
    ///
    /// # Errors
    /// [`Rejection`] where the request names none, or one that no key is taken from.
    pub fn url(self, request: &Request<'_>) -> Result<String, Rejection> {
        match self {
            Document::JwkSet(url) => Ok(url.to_owned()),
            Document::Certificate { url: field, places } => {
                let url = field.of(request).ok_or_else(|| Rejection::Missing(field.to_string()))?;
                let place = url.strip_prefix("https://");
                let place = place.filter(|place| place.len() <= PLACE_BYTES_MAX);
                match place.is_some_and(|place| places.iter().any(|pattern| fits(pattern, place))) {
                    true => Ok(url.into_owned()),
                    false => Err(Rejection::ForeignPlace { field: field.to_string() }),
                }
            }
        }
    }

    /// Whether a document is one of this kind, so that it is worth keeping.
    pub fn reads(self, document: &[u8]) -> bool {
        match self {
            Document::Certificate { .. } => public_key::is_certificate(document),
            Document::JwkSet(_) => public_key::jwk_set(document).is_some_and(|keys| !keys.is_empty()),
        }
    }

    /// The document itself.
    pub(crate) fn read<'a>(self, request: &Request<'_>, documents: Documents<'a>) -> Result<&'a [u8], Rejection> {
        let url = self.url(request)?;
        documents(&url).ok_or(Rejection::KeyWanted { url })
    }
}

/// Whether host and path are of this pattern.
fn fits(pattern: &str, text: &str) -> bool {
    rest(pattern, text).is_some_and(str::is_empty)
}

/// What follows host and path of this pattern; `None` where they are of another. What follows a `*` is never a letter, a digit or `-`, so the longest
/// run of them is the only one that can fit.
pub(crate) fn rest<'t>(pattern: &str, text: &'t str) -> Option<&'t str> {
    let mut literals = pattern.split('*');
    let first = literals.next().unwrap_or_default();
    let mut rest = text.strip_prefix(first)?;
    for literal in literals {
        let run = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        match rest[run..].strip_prefix(literal) {
            Some(after) if run > 0 => rest = after,
            _ => return None,
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNS: Document = Document::Certificate {
        url: Field::Json("/SigningCertURL"),
        places: &["sns.*.amazonaws.com/Service-*.pem", "api.example.com/*"],
    };

    fn check(url: &str, expected: bool) {
        let body = serde_json::json!({ "SigningCertURL": url }).to_string();
        let request = Request { method: "POST", url: "/", headers: &[], body: body.as_bytes() };
        let named = SNS.url(&request);
        assert_eq!(named, if expected { Ok(url.to_owned()) } else { Err(foreign()) }, "{url}");
    }

    fn foreign() -> Rejection {
        Rejection::ForeignPlace { field: "json:/SigningCertURL".to_owned() }
    }

    #[test]
    fn keys_are_taken_from_the_named_places_alone() {
        check("https://sns.eu-central-1.amazonaws.com/Service-9c6465fa7f.pem", true);
        check("https://api.example.com/CERT-1", true);
        for url in [
            "http://sns.us-east-1.amazonaws.com/Service-1.pem",
            "https://sns.us-east-1.amazonaws.com.evil.example/Service-1.pem",
            "https://sns.us-east-1.amazonaws.com@evil.example/Service-1.pem",
            "https://evil.example/sns.us-east-1.amazonaws.com/Service-1.pem",
            "https://sns.evil.example/x.amazonaws.com/Service-1.pem",
            "https://sns.a.b.amazonaws.com/Service-1.pem",
            "https://sns.us-east-1.amazonaws.com:444/Service-1.pem",
            "https://sns.us-east-1.amazonaws.com/Service-1.pem?x=1",
            "https://sns.us-east-1.amazonaws.com/../Service-1.pem",
            "https://sns.us-east-1.amazonaws.com/bucket/Service-1.pem",
            "https://sns..amazonaws.com/Service-1.pem",
            "https://SNS.us-east-1.amazonaws.com/Service-1.pem",
            "https://api.example.com/",
            "https://api.example.com/*",
            "https://api.example.com/a/b",
            "https://",
        ] {
            check(url, false);
        }
        check(&format!("https://api.example.com/{}", "a".repeat(100_000)), false);
    }

    #[test]
    fn a_document_that_is_not_at_hand_is_asked_for() {
        let request = Request { method: "POST", url: "/", headers: &[], body: b"{}" };
        let set = Document::JwkSet("https://keys.example.com/");
        let wanted = Rejection::KeyWanted { url: "https://keys.example.com/".to_owned() };
        assert_eq!(set.read(&request, &|_| None), Err(wanted));
        assert_eq!(set.read(&request, &|_| Some(b"{}")), Ok(&b"{}"[..]));
        assert_eq!(SNS.url(&request), Err(Rejection::Missing("json:/SigningCertURL".to_owned())));
    }
}
