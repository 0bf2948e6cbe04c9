//! Signatures of several versions, of which a request says which one it carries.

use crate::field::Field;
use crate::request::Request;
use crate::scheme::Kind;
use crate::verify::Rejection;

/// The versions of a scheme that differ in their kind. Nobody signs which one it is, so each stands for one kind alone:
/// a signature of an old kind is never taken under the name of the new.
#[derive(Debug, Clone, Copy)]
pub struct Versions {
    /// Where a request says its version.
    pub field: Field,
    /// What it says, and the kind of its signatures; the newest first.
    pub kinds: &'static [(&'static str, Kind)],
}

impl Versions {
    /// The kind of a request's signatures.
    ///
    /// # Errors
    /// [`Rejection`] where it says no version, or one that is not taken.
    pub(crate) fn kind(&self, request: &Request<'_>) -> Result<Kind, Rejection> {
        let version = self.field.of(request).ok_or_else(|| Rejection::Missing(self.field.to_string()))?;
        let known = self.kinds.iter().find(|(name, _)| *name == version);
        known.map(|(_, kind)| *kind).ok_or_else(|| Rejection::Version { field: self.field.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::Hash;

    const VERSIONS: Versions = Versions {
        field: Field::Json("/v"),
        kinds: &[("2", Kind::Rsa(&[Hash::Sha256])), ("1", Kind::Rsa(&[Hash::Sha1]))],
    };

    #[track_caller]
    fn check(body: &str, expected: Result<Hash, Rejection>) {
        let request = Request { method: "POST", url: "/", headers: &[], body: body.as_bytes() };
        let kind = VERSIONS.kind(&request);
        assert_eq!(format!("{kind:?}"), format!("{:?}", expected.map(|hash| Kind::Rsa(Box::leak(Box::new([hash]))))));
    }

    #[test]
    fn a_version_is_of_one_kind_and_an_unknown_one_of_none() {
        check(r#"{"v":"1"}"#, Ok(Hash::Sha1));
        check(r#"{"v":2}"#, Ok(Hash::Sha256));
        check(r#"{"v":"3"}"#, Err(Rejection::Version { field: "json:/v".to_owned() }));
        check("{}", Err(Rejection::Missing("json:/v".to_owned())));
    }
}
