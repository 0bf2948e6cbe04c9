//! Events that lie in a field of the body: of a form, say, beside fields that nobody signed.

use std::borrow::Cow;
use std::fmt;

use crate::field::Field;
use crate::request::Request;
use crate::scheme::Scheme;

/// The text of an event that its provider wraps, where there is one.
pub(crate) struct Wrapped<'r>(Option<Cow<'r, str>>);

impl<'r> Wrapped<'r> {
    /// Looks into a request.
    pub(crate) fn of(scheme: &Scheme, request: &Request<'r>) -> Self {
        let text = scheme.wrapped.and_then(|field| field.of(request));
        // A form without it holds no event, and is none: it was never signed as a form.
        let is_bare = matches!(scheme.wrapped, Some(Field::Form(_))) && request.is_form();
        Wrapped(text.or(is_bare.then_some(Cow::Borrowed(""))))
    }

    /// The body is the event.
    pub(crate) const NONE: Self = Wrapped(None);

    /// The request with the event as its body.
    pub(crate) fn event<'a>(&'a self, request: &Request<'a>) -> Request<'a> {
        Request { body: self.0.as_deref().map_or(request.body, str::as_bytes), ..*request }
    }
}

impl fmt::Debug for Wrapped<'_> {
    /// Events are secrets of others: only the size is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wrapped").field(&self.0.as_deref().map(str::len)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::Encoding;

    #[test]
    fn what_is_wrapped_is_opened_and_not_shown_and_what_is_not_is_the_body() {
        let scheme = Scheme::hmac(&[Field::Header("x-sig")], "", Encoding::Hex).wrapped_in(Field::Form("payload"));
        let headers = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        let form = Request { method: "POST", url: "/", headers: &headers, body: b"a=1&payload=%7B%22hush%22%3A1%7D" };
        let wrapped = Wrapped::of(&scheme, &form);
        assert_eq!(wrapped.event(&form).body, br#"{"hush":1}"#);
        assert_eq!(format!("{wrapped:?}"), "Wrapped(Some(10))");
        let plain = Request { headers: &[], ..form };
        assert_eq!(Wrapped::of(&scheme, &plain).event(&plain).body, form.body, "no form by its content type");
        let other = Request { body: b"a=1", ..form };
        assert_eq!(Wrapped::of(&scheme, &other).event(&other).body, b"", "a form without an event");
    }
}
