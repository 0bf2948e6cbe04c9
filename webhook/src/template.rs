//! The signed string: a template of literals and parts of the request.
//!
//! Parts are `{body}`, `{crc32}` (the body's, in decimal), `{url}`, `{base}` (the URL before its query), `{path}`,
//! `{target}` (the path with the query), `{method}`, `{timestamp}`, `{secret}`, `{form_sorted}`, `{parameters_sorted}` and any field:
//! `{header:webhook-id}`, `{query:n}`, `{json:/ptr}`, `{form:n}`, or the first of several, `{header:a|header:b}`.
//! What stands in `[brackets]` is left out when a part of it is not there. A template is rendered as pieces that a
//! MAC reads one after the other, so that a body is never copied.

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
    /// The key that is tried, for schemes that hash it with the rest.
    pub secret: &'r [u8],
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
    let mut pieces = Vec::new();
    for part in parts(template) {
        match part {
            Part::Optional(inside) => pieces.extend(render(inside, request, context).unwrap_or_default()),
            Part::Literal(text) => pieces.push(Cow::Borrowed(text.as_bytes())),
            Part::Named(name) => pieces.push(piece(name, request, context)?),
        }
    }
    Ok(pieces)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Literal(&'static str),
    Named(&'static str),
    Optional(&'static str),
}

fn parts(template: &'static str) -> impl Iterator<Item = Part> {
    let mut rest = template;
    std::iter::from_fn(move || {
        let (part, left) = match rest.chars().next()? {
            '{' => {
                let (name, left) = rest[1..].split_once('}').unwrap_or((&rest[1..], ""));
                (Part::Named(name), left)
            }
            '[' => {
                let (inside, left) = rest[1..].split_once(']').unwrap_or((&rest[1..], ""));
                (Part::Optional(inside), left)
            }
            _ => {
                let (text, left) = rest.split_at(rest.find(['{', '[']).unwrap_or(rest.len()));
                (Part::Literal(text), left)
            }
        };
        rest = left;
        Some(part)
    })
}

fn piece<'r>(name: &'static str, request: &Request<'r>, context: &Context<'r>) -> Result<Cow<'r, [u8]>, Absent> {
    Ok(match name {
        "body" => Cow::Borrowed(request.body),
        "url" => Cow::Borrowed(context.url.as_bytes()),
        "base" => Cow::Borrowed(context.url.split_once('?').map_or(context.url, |(base, _)| base).as_bytes()),
        "path" => Cow::Borrowed(request.path().as_bytes()),
        "target" => Cow::Borrowed(request.target().as_bytes()),
        "method" => Cow::Borrowed(request.method.as_bytes()),
        "timestamp" => Cow::Borrowed(context.timestamp.ok_or(Absent("timestamp"))?.as_bytes()),
        "form_sorted" if context.with_form => Cow::Owned(form_sorted(request.body)),
        "form_sorted" => Cow::Borrowed(b"".as_slice()),
        "parameters_sorted" => {
            let form = if context.with_form { request.body } else { b"" };
            Cow::Owned(parameters_sorted(request.query(), form))
        }
        "secret" => Cow::Borrowed(context.secret),
        "crc32" => Cow::Owned(crc32fast::hash(request.body).to_string().into_bytes()),
        _ => match fields(name).find_map(|field| field?.of(request)).ok_or(Absent(name))? {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        },
    })
}

/// The fields that a part names, one of them unknown as `None`.
fn fields(name: &'static str) -> impl Iterator<Item = Option<Field>> {
    name.split('|').map(Field::parse)
}

/// Every field that a template names, in brackets or not, each of several.
pub(crate) fn all_fields(template: &'static str) -> Vec<Field> {
    let of = |part| match part {
        Part::Named(name) => fields(name).flatten().collect(),
        Part::Optional(inside) => all_fields(inside),
        Part::Literal(_) => Vec::new(),
    };
    parts(template).flat_map(of).collect()
}

/// Form parameters as Twilio signs them: names and values run together, sorted by name, and the
/// values of a repeated name sorted and each taken once (`twilio/lib/webhooks/webhooks.js`).
pub(crate) fn form_sorted(body: &[u8]) -> Vec<u8> {
    let mut parameters: Vec<_> = form_urlencoded::parse(body).collect();
    parameters.sort();
    parameters.dedup();
    parameters.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()].concat()).collect()
}

/// The parameters of query and form as Plivo signs them (`plivo/dist/utils/v3Security.js`): behind a `?` those of the
/// query, sorted and joined by `&`, and those of the form, sorted and run together; between them a dot. What is there
/// twice is signed twice.
pub(crate) fn parameters_sorted(query: &str, form: &[u8]) -> Vec<u8> {
    let sorted = |encoded| {
        let mut pairs: Vec<_> = form_urlencoded::parse(encoded).collect();
        pairs.sort();
        pairs
    };
    let (query, form) = (sorted(query.as_bytes()), sorted(form));
    let joined: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let run: String = form.iter().map(|(name, value)| format!("{name}{value}")).collect();
    let start = if query.is_empty() && form.is_empty() { "" } else { "?" };
    let between = if query.is_empty() || form.is_empty() { "" } else { "." };
    format!("{start}{}{between}{run}", joined.join("&")).into_bytes()
}

/// Whether what is signed are the parameters of a form, which can be written in many ways.
pub fn signs_form(template: &str) -> bool {
    template.contains("{form_sorted}") || template.contains("{parameters_sorted}")
}

/// The parts that are no fields.
pub(crate) const PLAIN: [&str; 11] = [
    "body",
    "crc32",
    "url",
    "base",
    "path",
    "target",
    "method",
    "timestamp",
    "secret",
    "form_sorted",
    "parameters_sorted",
];

/// The first part of a template that no request can ever fill, if there is one.
pub fn unknown_part(template: &'static str) -> Option<&'static str> {
    parts(template).find_map(|part| match part {
        Part::Named(name) if !PLAIN.contains(&name) && fields(name).any(|field| field.is_none()) => Some(name),
        Part::Optional(inside) => unknown_part(inside),
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
        let context = Context { timestamp: Some("12"), url: request.url, with_form: true, secret: b"key" };
        let rendered = render(template, &request, &context).map(|pieces| pieces.concat());
        assert_eq!(rendered, expected.map(|text| text.as_bytes().to_vec()));
    }

    #[test]
    fn a_template_renders_its_parts_in_order() {
        check("v0:{timestamp}:{body}", Ok("v0:12:b=2&a=1&b=1&b=2"));
        check("{header:x-id}.{timestamp}.{query:q}", Ok("7.12.1"));
        check("{method}{url}{path}", Ok("POSThttps://a.b/c?q=1/c"));
        check("{form_sorted}", Ok("a1b1b2"));
        check("{base} {target}", Ok("https://a.b/c /c?q=1"));
        check("{parameters_sorted}", Ok("?q=1.a1b1b2b2"));
        check("{header:x-none|header:x-id|header:x-id}{secret}", Ok("7key"));
        check("", Ok(""));
        check("literal", Ok("literal"));
    }

    #[test]
    fn what_is_optional_is_left_out_as_a_whole() {
        check("[id:{query:q};][request:{header:x-none};]ts:{timestamp};", Ok("id:1;ts:12;"));
        assert_eq!(unknown_part("a[{bodi}]"), Some("bodi"));
        assert_eq!(unknown_part("{header:a|heeder:b}"), Some("header:a|heeder:b"));
    }

    #[test]
    fn parameters_have_a_dot_between_those_of_the_query_and_those_of_the_form() {
        let sorted = |query, form: &str| String::from_utf8(parameters_sorted(query, form.as_bytes())).unwrap();
        assert_eq!(
            (sorted("", ""), sorted("b=%41&a=", ""), sorted("", "b=2&a")),
            (String::new(), "?a=&b=A".into(), "?ab2".into())
        );
        assert_eq!(sorted("a=2&a=1&a=1", "x=+&x=+"), "?a=1&a=1&a=2.x x ");
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
