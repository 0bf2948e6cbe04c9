//! Signing for schemes that put the time or the signature into a JSON body.

use serde_json::Value;

use super::{Absent, header_name, newest, signature, test_certificate, written};
use crate::field::Field;
use crate::request::Request;
use crate::scheme::{Scheme, Timestamp, TimestampPlace, Unit};
use crate::secret::Secrets;
use crate::wrapping::Wrapped;

/// The body with what its provider writes into it at `now_ms`: the time, the signature and its version, the name that is the secret, the
/// certificate's URL; in a batch, into each of its items. `None` where the scheme has them in headers alone. Comes before
/// [`sign`](super::sign()), which signs this body.
///
/// An event that was wrapped in a form is written without it. The body must have the places already, as a sample has them; what stands there is replaced. The JSON is written
/// anew, its members perhaps in another order.
///
/// # Errors
/// [`Absent`] names what the body or the request lacks.
pub fn body(scheme: &Scheme, secrets: &Secrets, request: &Request<'_>, now_ms: u64) -> Result<Option<Vec<u8>>, Absent> {
    if let ([Field::Form(name)], Some(Field::Form(_))) = (scheme.signature.fields, scheme.wrapped) {
        return form(scheme, secrets, request, now_ms, name).map(Some);
    }
    let places = Places::of(scheme);
    if places == Places::default() {
        return Ok(None);
    }
    let wrapped = Wrapped::of(scheme, request);
    let mut json: Value = serde_json::from_slice(wrapped.event(request).body).map_err(|_| Absent("a JSON body"))?;
    match scheme.each {
        None => places.fill(&mut json, scheme, secrets, request, now_ms)?,
        Some(items) => {
            let items = json.pointer_mut(items).and_then(Value::as_array_mut).ok_or(Absent("a batch"))?;
            items.iter_mut().try_for_each(|item| places.fill(item, scheme, secrets, request, now_ms))?;
        }
    }
    Ok(Some(json.to_string().into_bytes()))
}

/// A form with the signature of the event that lies in it.
fn form(scheme: &Scheme, secrets: &Secrets, request: &Request<'_>, now_ms: u64, name: &str) -> Result<Vec<u8>, Absent> {
    let (_, signature) = signature(scheme, secrets, request, now_ms)?;
    let others = form_urlencoded::parse(request.body).filter(|(other, _)| other != name);
    let mut form = form_urlencoded::Serializer::new(String::new());
    Ok(form.append_pair(name, &signature).extend_pairs(others).finish().into_bytes())
}

/// What stands in the body, and where.
#[derive(Default, PartialEq)]
struct Places {
    name: Option<&'static str>,
    version: Option<(&'static str, &'static str)>,
    certificate: Option<(&'static str, String)>,
    time: Option<(&'static str, Unit)>,
    signature: Option<&'static str>,
}

impl Places {
    fn of(scheme: &Scheme) -> Self {
        let time = match scheme.timestamp {
            Some(Timestamp { place: TimestampPlace::Fields(fields), unit, .. }) => {
                pointer(fields).map(|place| (place, unit))
            }
            _ => None,
        };
        let name = scheme.names.and_then(|field| pointer(&[field]));
        let version = scheme.versions.and_then(|versions| Some((pointer(&[versions.field])?, newest(scheme)?.0)));
        let certificate = test_certificate(scheme).and_then(|(field, url)| Some((pointer(&[field])?, url)));
        Places { name, version, certificate, time, signature: pointer(scheme.signature.fields) }
    }

    /// Fills the places of a body, or of an item of it; the signature comes last, because it covers the others.
    fn fill(
        &self,
        json: &mut Value,
        scheme: &Scheme,
        secrets: &Secrets,
        request: &Request<'_>,
        now_ms: u64,
    ) -> Result<(), Absent> {
        if let Some((place, secret)) = self.name.zip(secrets.keys().next()) {
            put(json, place, String::from_utf8_lossy(secret).into_owned())?;
        }
        if let Some((place, version)) = self.version {
            put(json, place, version.to_owned())?;
        }
        if let Some((place, url)) = &self.certificate {
            put(json, place, url.clone())?;
        }
        if let Some((place, unit)) = self.time {
            put(json, place, written(now_ms, unit))?;
        }
        if let Some(place) = self.signature {
            let bytes = json.to_string().into_bytes();
            let (_, signature) = signature(scheme, secrets, &Request { body: &bytes, ..*request }, now_ms)?;
            put(json, place, signature)?;
        }
        Ok(())
    }
}

/// The first of these places that lies in the body, unless one is a header.
fn pointer(fields: &[Field]) -> Option<&'static str> {
    header_name(fields).is_err().then_some(())?;
    fields.iter().find_map(|field| match field {
        Field::Json(pointer) => Some(*pointer),
        _ => None,
    })
}

/// Writes text to where something stands, as a number where that is one.
fn put(json: &mut Value, pointer: &'static str, text: String) -> Result<(), Absent> {
    let place = json.pointer_mut(pointer).ok_or(Absent(pointer))?;
    *place = match text.parse::<u64>() {
        Ok(number) if place.is_number() => number.into(),
        _ => text.into(),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::Encoding;
    use crate::verify::verify;

    const TIME: &[Field] = &[Field::Json("/sig/t")];
    const INSIDE: Scheme =
        Scheme::hmac(&[Field::Json("/sig/v")], "", Encoding::Hex).over("{timestamp}").at(TIME, Unit::Milliseconds, 300);
    const TIME_ONLY: Scheme =
        Scheme::hmac(&[Field::Header("x-sig")], "", Encoding::Hex).at(TIME, Unit::Milliseconds, 300);

    fn request(body: &str) -> Request<'_> {
        Request { method: "POST", url: "/", headers: &[], body: body.as_bytes() }
    }

    #[track_caller]
    fn check(scheme: &Scheme, sent: &str, expected: Result<Option<&str>, Absent>) {
        let secrets = Secrets::parse("key", &scheme.key).unwrap();
        let written = body(scheme, &secrets, &request(sent), 1_760_000_000_000);
        assert_eq!(written, expected.map(|text| text.map(|text| text.as_bytes().to_vec())));
    }

    #[test]
    fn time_and_signature_are_put_where_they_were_and_keep_their_type() {
        check(&TIME_ONLY, r#"{"sig":{"t":1}}"#, Ok(Some(r#"{"sig":{"t":1760000000000}}"#)));
        check(&TIME_ONLY, r#"{"sig":{"t":"1"}}"#, Ok(Some(r#"{"sig":{"t":"1760000000000"}}"#)));
        let secrets = Secrets::parse("key", &INSIDE.key).unwrap();
        let written = body(&INSIDE, &secrets, &request(r#"{"sig":{"t":1,"v":""}}"#), 1_760_000_000_000);
        let written = String::from_utf8(written.unwrap().unwrap()).unwrap();
        assert!(verify(&INSIDE, &secrets, &request(&written), 1_760_000_000_000).is_ok(), "{written}");
        assert!(verify(&INSIDE, &secrets, &request(&written), 1_760_000_400_000).is_err(), "{written}");
    }

    #[test]
    fn each_item_of_a_batch_is_signed_for_itself() {
        const BATCH: Scheme = INSIDE.each("/items");
        let secrets = Secrets::parse("key", &BATCH.key).unwrap();
        let sent = r#"{"items":[{"sig":{"t":1,"v":""}},{"sig":{"t":2,"v":""}}]}"#;
        let written = body(&BATCH, &secrets, &request(sent), 1_760_000_000_000).unwrap().unwrap();
        let written = String::from_utf8(written).unwrap();
        assert!(verify(&BATCH, &secrets, &request(&written), 1_760_000_000_000).is_ok(), "{written}");
        check(&BATCH, r#"{"items":{}}"#, Err(Absent("a batch")));
        check(&BATCH, r#"{"items":[{}]}"#, Err(Absent("/sig/t")));
    }

    #[test]
    fn a_scheme_with_headers_alone_leaves_the_body_as_it_is() {
        check(&Scheme::hmac(&[Field::Header("x-sig")], "", Encoding::Hex), "no JSON", Ok(None));
    }

    #[test]
    fn a_body_without_the_place_is_told_so() {
        check(&INSIDE, "no JSON", Err(Absent("a JSON body")));
        check(&INSIDE, r#"{"sig":{}}"#, Err(Absent("/sig/t")));
    }
}
