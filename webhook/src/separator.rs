//! What stands between the parts of what is signed, for those who put them together as they are.
//!
//! Where a part may hold that, too, bytes of it can be moved into the part beside it under the same signature: somebody
//! has a text of his choice signed, and sends it as several. One part may hold it at most: then the others can be told
//! from both ends, and there is one way to read what was signed.

use std::borrow::Cow;

use crate::field::Field;
use crate::request::Request;
use crate::template;
use crate::verify::Rejection;

/// A separator that is not escaped.
#[derive(Debug, Clone, Copy)]
pub struct Separator {
    /// What stands between two parts.
    pub between: char,
    /// The one part that may hold it.
    pub may_hold: Option<Field>,
}

impl Separator {
    /// Refuses a request of which another part holds the separator. `signed` is the template.
    ///
    /// # Errors
    /// [`Rejection::Separator`] names the part.
    pub(crate) fn check(
        &self,
        signed: &'static str,
        request: &Request<'_>,
        timestamp: Option<&str>,
    ) -> Result<(), Rejection> {
        let holds = |text: &str| text.contains(self.between);
        let told = |part: String| Err(Rejection::Separator { part, separator: self.between });
        if timestamp.is_some_and(holds) {
            return told("the timestamp".to_owned());
        }
        let mut others = template::all_fields(signed).into_iter().filter(|field| Some(*field) != self.may_hold);
        match others.find(|field| field.of(request).as_ref().is_some_and(|text: &Cow<'_, str>| holds(text))) {
            Some(field) => told(field.to_string()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, timestamp: &str, expected: Option<&str>) {
        const COLONS: Separator = Separator { between: ':', may_hold: Some(Field::Json("/free")) };
        let request = Request { method: "POST", url: "/", headers: &[], body: body.as_bytes() };
        let checked = COLONS.check("{json:/a|json:/b}:{json:/free}:[{json:/c}]:{timestamp}", &request, Some(timestamp));
        let told = |part: &str| Rejection::Separator { part: part.to_owned(), separator: ':' };
        assert_eq!(checked, expected.map_or(Ok(()), |part| Err(told(part))), "{body}");
    }

    #[test]
    fn one_part_may_hold_what_stands_between_them_and_no_other() {
        check(r#"{"a":"1","free":"2:3","c":"4","unsigned":":"}"#, "5", None);
        check(r#"{"a":"1:","free":"2"}"#, "5", Some("json:/a"));
        check(r#"{"b":":"}"#, "5", Some("json:/b"));
        check(r#"{"c":":"}"#, "5", Some("json:/c"));
        check("{}", "5:6", Some("the timestamp"));
    }
}
