//! Templates, well-formed or not: what can be rendered is, and what is not there is named.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use webhook::Request;
use webhook::template::{Absent, Context, render, unknown_part};

/// What templates are made of here.
const PIECES: [&str; 16] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "|",
    "body",
    "timestamp",
    "form_sorted",
    "secret",
    "header:x",
    "query:q",
    "json:/a",
    "form:f",
    "nobody",
    "\u{1f980}",
];
/// The parts that are there whatever the request.
const PLAIN: [&str; 4] = ["body", "timestamp", "form_sorted", "secret"];
/// Longer ones are cut, so that there are not more of them than memory holds.
const PIECES_MAX: usize = 6;

/// The input: how many pieces, these pieces, which parts are there, and a body.
pub fn holds(input: &[u8]) {
    let &[pieces, there, ref rest @ ..] = input else { return };
    let (pieces, body) = rest.split_at((usize::from(pieces) % (PIECES_MAX + 1)).min(rest.len()));
    let template = lasting(pieces.iter().map(|piece| PIECES[usize::from(*piece) % PIECES.len()]).collect());
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("x", "header")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let url = if there & 1 == 0 { "https://a.example/h" } else { "https://a.example/h?q=query" };
    let headers = if there & 2 == 0 { &headers[..1] } else { &headers };
    let request = Request { method: "POST", url, headers, body };
    let timestamp = (there & 4 != 0).then_some("12");
    let context = Context { timestamp, url, with_form: there & 8 != 0, secret: b"key" };
    let rendered = render(template, &request, &context).map(|pieces| pieces.concat());

    if !template.contains(['{', '[']) {
        return assert_eq!(rendered, Ok(template.as_bytes().to_vec()), "it is all literal");
    }
    if let Some(part) = unknown_part(template) {
        assert!(template.contains(part), "{part} is not in {template}");
    }
    match rendered {
        Ok(bytes) => assert!(bytes.len() <= PIECES_MAX * (body.len() + 64), "{} bytes of {template}", bytes.len()),
        Err(Absent(part)) => assert!(template.contains(part), "{part} is not in {template}"),
    }
    let fillable = names(template)
        .iter()
        .all(|name| PLAIN.contains(name) || name.split('|').any(|field| field == "header:x" || field == "query:q"));
    if fillable && there & 7 == 7 {
        assert!(render(template, &request, &context).is_ok(), "all parts of {template} are there");
    }
}

/// What stands between braces.
fn names(template: &str) -> Vec<&str> {
    let (mut names, mut rest) = (Vec::new(), template);
    while let Some((_, opened)) = rest.split_once('{') {
        let (name, left) = opened.split_once('}').unwrap_or((opened, ""));
        names.push(name);
        rest = left;
    }
    names
}

/// Templates are constants, so one is made of each, once.
fn lasting(template: String) -> &'static str {
    static ALL: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(template.as_str()) {
        return known;
    }
    let lasting: &'static str = Box::leak(template.into_boxed_str());
    all.insert(lasting);
    lasting
}
