//! The signed string: a template of literals and parts of the request.
//!
//! Parts are `{body}`, `{url}`, `{path}`, `{method}`, `{timestamp}`, `{form_sorted}` and any field:
//! `{header:webhook-id}`, `{query:n}`, `{json:/ptr}`, `{form:n}`. A template is rendered as pieces
//! that a MAC reads one after the other, so that a body is never copied.

use std::borrow::Cow;

use crate::{Field, Request};

/// What a template can ask for beyond the request itself.
#[derive(Debug, Clone, Copy)]
pub struct Context<'r> {
    /// The timestamp, as it was written.
    pub timestamp: Option<&'r str>,
    /// The URL to sign, which may differ from the request's in its port.
    pub url: &'r str,
    /// Whether form parameters are part of what is signed.
    pub with_form: bool,
}

/// A part of the request that the template asks for and that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent(pub &'static str);

/// Renders a template over a request.
///
/// # Errors
/// [`Absent`] names the part that the request lacks, or that the template misspells.
pub fn render<'r>(
    template: &'static str,
    request: &Request<'r>,
    context: &Context<'r>,
) -> Result<Vec<Cow<'r, [u8]>>, Absent> {
    parts(template).map(|part| piece(part, request, context)).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Literal(&'static str),
    Named(&'static str),
}

fn parts(template: &'static str) -> impl Iterator<Item = Part> {
    let mut rest = template;
    std::iter::from_fn(move || {
        let (part, left) = match (rest.strip_prefix('{'), rest.find('{')) {
            (Some(inside), _) => {
                let (name, left) = inside.split_once('}').unwrap_or((inside, ""));
                (Part::Named(name), left)
            }
            (None, Some(brace)) => (Part::Literal(&rest[..brace]), &rest[brace..]),
            (None, None) => (Part::Literal(rest), ""),
        };
        let finished = rest.is_empty();
        rest = left;
        (!finished).then_some(part)
    })
}

fn piece<'r>(part: Part, request: &Request<'r>, context: &Context<'r>) -> Result<Cow<'r, [u8]>, Absent> {
    let name = match part {
        Part::Literal(text) => return Ok(Cow::Borrowed(text.as_bytes())),
        Part::Named(name) => name,
    };
    Ok(match name {
        "body" => Cow::Borrowed(request.body),
        "url" => Cow::Borrowed(context.url.as_bytes()),
        "path" => Cow::Borrowed(request.path().as_bytes()),
        "method" => Cow::Borrowed(request.method.as_bytes()),
        "timestamp" => Cow::Borrowed(context.timestamp.ok_or(Absent("timestamp"))?.as_bytes()),
        "form_sorted" if context.with_form => Cow::Owned(form_sorted(request.body)),
        "form_sorted" => Cow::Borrowed(b"".as_slice()),
        _ => match field(name).ok_or(Absent(name))?.of(request).ok_or(Absent(name))? {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        },
    })
}

fn field(name: &'static str) -> Option<Field> {
    let (kind, name) = name.split_once(':')?;
    match kind {
        "header" => Some(Field::Header(name)),
        "query" => Some(Field::Query(name)),
        "json" => Some(Field::Json(name)),
        "form" => Some(Field::Form(name)),
        _ => None,
    }
}

/// Form parameters as Twilio signs them: names and values run together, sorted by name, and the
/// values of a repeated name sorted and each taken once (`twilio/lib/webhooks/webhooks.js`).
pub(crate) fn form_sorted(body: &[u8]) -> Vec<u8> {
    let mut parameters: Vec<_> = form_urlencoded::parse(body).collect();
    parameters.sort();
    parameters.dedup();
    parameters.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()].concat()).collect()
}

/// The first part of a template that no request can ever fill, if there is one.
pub fn unknown_part(template: &'static str) -> Option<&'static str> {
    const PLAIN: [&str; 6] = ["body", "url", "path", "method", "timestamp", "form_sorted"];
    parts(template).find_map(|part| match part {
        Part::Named(name) if !PLAIN.contains(&name) && field(name).is_none() => Some(name),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &'static str, expected: Result<&str, Absent>) {
        let headers = [("x-id".to_owned(), "7".to_owned())];
        let request = Request { method: "POST", url: "https://a.b/c?q=1", headers: &headers, body: b"b=2&a=1&b=1&b=2" };
        let context = Context { timestamp: Some("12"), url: request.url, with_form: true };
        let rendered = render(template, &request, &context).map(|pieces| pieces.concat());
        assert_eq!(rendered, expected.map(|text| text.as_bytes().to_vec()));
    }

    #[test]
    fn a_template_renders_its_parts_in_order() {
        check("v0:{timestamp}:{body}", Ok("v0:12:b=2&a=1&b=1&b=2"));
        check("{header:x-id}.{timestamp}.{query:q}", Ok("7.12.1"));
        check("{method}{url}{path}", Ok("POSThttps://a.b/c?q=1/c"));
        check("{form_sorted}", Ok("a1b1b2"));
        check("", Ok(""));
        check("literal", Ok("literal"));
    }

    #[test]
    fn a_part_that_is_not_there_is_named() {
        check("{header:x-none}", Err(Absent("header:x-none")));
        check("{bodi}", Err(Absent("bodi")));
    }

    #[test]
    fn a_misspelt_part_is_found_without_a_request() {
        assert_eq!(unknown_part("{timestamp}.{bodi}"), Some("bodi"));
        assert_eq!(unknown_part("{timestamp}.{body}{json:/a}"), None);
    }
}
