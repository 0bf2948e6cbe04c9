//! What of an event is kept, as `sources.toml` says it: the headers that travel on with it, and what is taken out of its
//! body.

use super::place::header;
use super::reader::{Reader, Value};
use crate::field::Field;
use crate::provider::{Batch, Provider};
use crate::redact::{POINTERS_MAX, Pointer};

/// Headers whose values let somebody in somewhere.
pub(super) const SECRET_HEADERS: [&str; 7] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-amz-security-token",
    "x-api-key",
    "x-auth-token",
];

impl Reader<'_> {
    /// The headers that travel on, `None` for those of the provider's row. What lets a request in is none of them.
    pub(super) fn headers(&mut self, value: &Value<'_>, provider: Option<&Provider>) -> Option<Vec<String>> {
        let names = self.one_or_many(value, "headers", header)?;
        let provider = provider?;
        for name in &names {
            let signs = |field: &Field| matches!(field, Field::Header(held) | Field::Claim(held, _) if held == name);
            if provider.scheme.signature.fields.iter().any(signs) && !provider.is_custom() {
                let message = format!("headers: header:{name} holds the signature, which goes no further");
                self.mistake(value.span(), message);
            } else if SECRET_HEADERS.contains(&name.as_str()) {
                self.mistake(value.span(), format!("headers: {name} holds a secret, which goes no further"));
            }
        }
        // A provider that the source describes itself has them already.
        Some(names).filter(|_| !provider.is_custom())
    }

    /// What is taken out of events. Their ids and types stand in keys and logs, so they are no secret.
    pub(super) fn redact(
        &mut self,
        value: &Value<'_>,
        provider: Option<&Provider>,
        split: Option<Batch>,
    ) -> Option<Vec<Pointer>> {
        let read = |text: &str| Pointer::parse(text).map_err(|error| format!("{text:?} is {error}"));
        let pointers = self.one_or_many(value, "redact", read)?;
        if pointers.len() > POINTERS_MAX {
            let message = format!("redact: {} pointers, expected {POINTERS_MAX} at most", pointers.len());
            return self.wrong(value.span(), message);
        }
        let provider = provider?;
        let (id, event_type) = split.map_or((provider.id, provider.event_type), |batch| (batch.id, batch.event_type));
        for (what, places) in [("id", id), ("type", event_type)] {
            let covers = |pointer: &&Pointer| places.iter().any(|place| covers(pointer, *place));
            if let Some(pointer) = pointers.iter().find(covers) {
                let message = format!(
                    "redact: \"{pointer}\" takes away the {what} of its events, which stands in the table and the log, expected another place"
                );
                self.mistake(value.span(), message);
            }
        }
        Some(pointers)
    }
}

/// Whether what is taken out of an event may hold this place, or lie in it.
pub(super) fn covers(pointer: &Pointer, place: Field) -> bool {
    match place {
        Field::Json(place) => pointer.covers(place),
        Field::Form(name) => pointer.covers_field(name),
        Field::All(places) => places.iter().any(|place| covers(pointer, *place)),
        Field::Header(_) | Field::Headers(_) | Field::Query(_) | Field::Multipart(_) | Field::Claim(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::redact::Pointer;
    use crate::sources::parse;

    fn text(provider: &str, more: &str) -> String {
        format!("[a]\nprovider = \"{provider}\"\nsecrets = [\"env:A\"]\n{more}")
    }

    #[track_caller]
    fn wrong(provider: &str, more: &str, told: &str) {
        let mistakes = parse(&text(provider, more)).unwrap_err();
        assert_eq!(mistakes[0].to_string(), format!("line 4: {told}"));
    }

    #[test]
    fn headers_are_the_rows_or_those_that_a_source_names() {
        let read = |more: &str| parse(&text("shopify", more)).unwrap().remove(0).headers;
        assert_eq!(read(""), None);
        assert_eq!(read("headers = []"), Some(vec![]));
        assert_eq!(
            read("headers = [\"X-Shopify-Topic\", \"x-b\"]"),
            Some(vec!["x-shopify-topic".into(), "x-b".into()])
        );
        wrong("shopify", "headers = [\"x b\"]", "headers: \"x b\", expected the name of a header");
    }

    #[test]
    fn what_lets_a_request_in_does_not_travel_on() {
        let signature = "headers: header:x-hub-signature-256 holds the signature, which goes no further";
        wrong("github", "headers = [\"X-Hub-Signature-256\"]", signature);
        let token = "headers: header:x-gitlab-token holds the signature, which goes no further";
        wrong("gitlab", "headers = [\"x-gitlab-token\"]", token);
        wrong("github", "headers = \"Cookie\"", "headers: cookie holds a secret, which goes no further");
        let custom = "[a]\nsecrets = [\"env:A\"]\nid = \"json:/id\"\nscheme = { kind = \"hmac\", hash = \"sha256\", signature = \"header:x-sig\", signed = \"{body}\" }\n";
        let told = |more: &str| parse(&format!("{custom}{more}")).unwrap_err()[0].to_string();
        assert!(told("headers = [\"authorization\"]").ends_with("authorization holds a secret, which goes no further"));
        assert!(told("headers = [\"x-sig\"]").ends_with("header:x-sig holds the signature, which goes no further"));
        let source = parse(&format!("{custom}headers = [\"x-b\"]")).unwrap().remove(0);
        assert_eq!((source.headers, source.provider.headers), (None, &["x-b"][..]));
    }

    #[test]
    fn what_is_redacted_is_said_by_pointers() {
        let read = |more: &str| parse(&text("stripe", more)).unwrap().remove(0).redact;
        assert_eq!(read(""), []);
        let pointer = |text: &str| Pointer::parse(text).unwrap();
        assert_eq!(read("redact = [\"/a/b\", \"/c/*/d\"]"), [pointer("/a/b"), pointer("/c/*/d")]);
        let expected =
            "no pointer, expected \"/NAME/NAME\" (RFC 6901) with * for every item or member, 32 names at most";
        wrong("stripe", "redact = [\"email\"]", &format!("redact: \"email\" is {expected}"));
        wrong("stripe", "redact = \"\"", &format!("redact: \"\" is {expected}"));
        let many = format!("redact = [{}]", "\"/a\", ".repeat(65));
        wrong("stripe", &many, "redact: 65 pointers, expected 64 at most");
    }

    #[test]
    fn ids_and_types_are_not_redacted() {
        let told = |pointer: &str, what: &str| {
            format!(
                "redact: \"{pointer}\" takes away the {what} of its events, which stands in the table and the log, expected another place"
            )
        };
        wrong("stripe", "redact = [\"/id\"]", &told("/id", "id"));
        wrong("stripe", "redact = [\"/data\", \"/type\"]", &told("/type", "type"));
        wrong("stripe", "redact = [\"/*\"]", &told("/*", "id"));
        let split = "split = { items = \"/v\", id = \"json:/key\" }, redact = [\"/key\"]".replace("}, r", "}\nr");
        let mistakes = parse(&text("github", &split)).unwrap_err();
        assert_eq!(mistakes[0].to_string(), format!("line 5: {}", told("/key", "id")));
        let split = split.replace("redact = [\"/key\"]", "redact = [\"/id\"]");
        assert!(parse(&text("github", &split)).is_ok(), "the delivery's own id is no event's");
    }
}
