//! What stands between the parts of what is signed, in the words of `sources.toml`.

use serde::{Deserialize, Serialize};

use super::custom::fields;
#[cfg(feature = "toml")]
use super::reader::{Reader, Value, find};
#[cfg(feature = "toml")]
use super::signed::ever;
use crate::separator::Separator;

/// A separator in words.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Written {
    between: char,
    #[serde(skip_serializing_if = "Option::is_none")]
    may_hold: Option<String>,
}

impl Written {
    pub(super) fn of(Separator { between, may_hold }: Separator) -> Self {
        Written { between, may_hold: may_hold.map(|field| field.to_string()) }
    }

    pub(super) fn keep(self) -> Option<Separator> {
        let may_hold = match self.may_hold {
            Some(place) => Some(*fields(vec![place])?.first()?),
            None => None,
        };
        Some(Separator { between: self.between, may_hold })
    }
}

#[cfg(feature = "toml")]
impl Reader<'_> {
    /// Reads `separator`, a character or a table that also says which part may hold it.
    pub(super) fn separator(&mut self, value: &Value<'_>, signed: &str) -> Option<Written> {
        let Some(table) = value.get_ref().as_table() else {
            return Some(Written { between: self.character(value, "separator")?, may_hold: None });
        };
        self.known_keys(table, "key of separator", &["between", "may_hold"]);
        let between = match find(table, "between") {
            Some(value) => self.character(value, "separator.between"),
            None => self.wrong(value.span(), "separator has no between, expected a character such as between = \":\""),
        };
        let may_hold = find(table, "may_hold").map(|value| (value, self.one_place(value, "separator.may_hold")));
        if let Some((value, Some(place))) = &may_hold
            && !ever(signed, place)
        {
            self.mistake(value.span(), format!("separator.may_hold: {place} is not signed, expected a part of signed"));
        }
        Some(Written { between: between?, may_hold: may_hold.map_or(Some(None), |(_, place)| place.map(Some))? })
    }
}

#[cfg(all(test, feature = "toml"))]
mod tests {
    use crate::Field;
    use crate::separator::Separator;
    use crate::sources::{Source, parse};

    fn read(separator: &str) -> Result<Vec<Source>, Vec<String>> {
        let scheme = format!("signature = \"header:s\"\nsigned = \"{{header:X-A}}:{{json:/b}}\"\n{separator}");
        let text =
            format!("[a]\nsecrets = [\"env:A\"]\nid = \"json:/id\"\n[a.scheme]\ncovers_body = false\n{scheme}\n");
        parse(&text).map_err(|told| told.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_separator_is_a_character_and_perhaps_the_part_that_may_hold_it() {
        let separator = |text| read(text).unwrap()[0].provider.scheme.separator;
        let is = |found: Option<Separator>| found.map(|Separator { between, may_hold }| (between, may_hold));
        assert_eq!(is(separator("separator = \":\"")), Some((':', None)));
        let free = separator("separator = { between = \":\", may_hold = \"header:X-A\" }");
        assert_eq!(is(free), Some((':', Some(Field::Header("x-a")))));
        for (text, told) in [
            ("separator = \"::\"", "separator: expected one character such as \",\""),
            ("separator = {}", "separator has no between, expected a character such as between = \":\""),
            (
                "separator = { between = \":\", may_hold = \"json:/c\" }",
                "separator.may_hold: json:/c is not signed, expected a part of signed",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), [format!("line 8: {told}")], "{text}");
        }
    }
}
