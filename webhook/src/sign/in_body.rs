//! Signing for schemes that put the time or the signature into a JSON body.

use serde_json::Value;

use super::{Absent, header_name, signature, written};
use crate::field::Field;
use crate::request::Request;
use crate::scheme::{Scheme, Timestamp, TimestampPlace};
use crate::secret::Secrets;

/// The body with what its provider writes into it at `now_ms`: the time, the signature, the name that is the secret. `None` where the
/// scheme has them in headers alone. Comes before [`sign`](super::sign()), which signs this body.
///
/// The body must have the places already, as a sample has them; what stands there is replaced. The JSON is written
/// anew, its members perhaps in another order.
///
/// # Errors
/// [`Absent`] names what the body or the request lacks.
pub fn body(scheme: &Scheme, secrets: &Secrets, request: &Request<'_>, now_ms: u64) -> Result<Option<Vec<u8>>, Absent> {
    let time = match scheme.timestamp {
        Some(Timestamp { place: TimestampPlace::Fields(fields), unit, .. }) => {
            pointer(fields).map(|place| (place, written(now_ms, unit)))
        }
        _ => None,
    };
    let place = pointer(scheme.signature.fields);
    let named = scheme.names.as_ref().and_then(|field| pointer(std::slice::from_ref(field)));
    if time.is_none() && place.is_none() && named.is_none() {
        return Ok(None);
    }
    let mut json = serde_json::from_slice(request.body).map_err(|_| Absent("a JSON body"))?;
    if let Some((place, secret)) = named.zip(secrets.keys().next()) {
        put(&mut json, place, String::from_utf8_lossy(secret).into_owned())?;
    }
    if let Some((place, time)) = time {
        put(&mut json, place, time)?;
    }
    let mut bytes = json.to_string().into_bytes();
    if let Some(place) = place {
        let (_, signature) = signature(scheme, secrets, &Request { body: &bytes, ..*request }, now_ms)?;
        put(&mut json, place, signature)?;
        bytes = json.to_string().into_bytes();
    }
    Ok(Some(bytes))
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
    use crate::scheme::{Encoding, Unit};
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
    fn a_scheme_with_headers_alone_leaves_the_body_as_it_is() {
        check(&Scheme::hmac(&[Field::Header("x-sig")], "", Encoding::Hex), "no JSON", Ok(None));
    }

    #[test]
    fn a_body_without_the_place_is_told_so() {
        check(&INSIDE, "no JSON", Err(Absent("a JSON body")));
        check(&INSIDE, r#"{"sig":{}}"#, Err(Absent("/sig/t")));
    }
}
