//! A body without what its source does not want to be kept, whatever it is written in.

use serde::{Deserialize, Serialize};

use super::{Pointer, form, json};
use crate::field::Field;
use crate::multipart;
use crate::request::{Request, is_form_type};

/// A body without what its source does not want to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// What is kept of it.
    pub body: Vec<u8>,
    /// Why that is nothing.
    pub withheld: Option<Withheld>,
}

/// Why nothing of a body is kept. What is to be redacted must not be stored, so what cannot be redacted is not either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// Its event is no JSON, and no form.
    NotJson,
}

/// Redacts the body of a request as its payload is read later: as JSON, as a form, or as the event in a field of a form,
/// `wrapped`. Of the last nothing else is kept: nobody signed what stands beside it.
pub fn body(request: &Request<'_>, wrapped: Option<Field>, pointers: &[Pointer]) -> Redacted {
    let content_type = request.header("content-type");
    if let Some(text) = wrapped.and_then(|field| field.of(request)) {
        let event = json(text.as_bytes(), pointers).and_then(|event| String::from_utf8(event).ok());
        let body = event.and_then(|event| match (wrapped, content_type) {
            (Some(Field::Form(name)), _) => Some(form_of(name, &event)),
            (Some(Field::Multipart(name)), Some(content_type)) => multipart::form_of(content_type, name, &event),
            _ => None,
        });
        return Redacted::of(body);
    }
    let edited = json(request.body, pointers);
    if !content_type.is_some_and(is_form_type) {
        return Redacted::of(edited);
    }
    // Some post JSON and call it a form.
    Redacted::of(Some(form(edited.as_deref().unwrap_or(request.body), pointers)))
}

impl Redacted {
    fn of(body: Option<Vec<u8>>) -> Self {
        let withheld = body.is_none().then_some(Withheld::NotJson);
        Redacted { body: body.unwrap_or_default(), withheld }
    }
}

fn form_of(name: &str, text: &str) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, text).finish().into_bytes()
}
