//! Formats that all texts of a place have. Only those that are sure when two texts agree: `date-time` and `uuid`. What
//! looks like an address or a URI in some samples is often free text in the next one.

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};

/// How many texts have to agree.
const TEXTS_MIN: usize = 2;
/// Longer texts have none of the formats.
const BYTES_MAX: usize = 64;
const NAMES: [&str; 2] = ["date-time", "uuid"];

/// Which formats all texts had so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Formats {
    texts: usize,
    /// By the place in [`NAMES`]: how many texts had it.
    fit: [usize; NAMES.len()],
}

impl Formats {
    pub(super) fn add(&mut self, text: &str) {
        self.texts += 1;
        // What one of them did not have needs no look at the others.
        let before = self.texts - 1;
        if text.len() > BYTES_MAX || self.fit.iter().all(|fit| *fit < before) {
            return;
        }
        let text = Value::String(text.to_owned());
        for (fit, validator) in self.fit.iter_mut().zip(validators()) {
            *fit += usize::from(validator.as_ref().is_some_and(|validator| validator.is_valid(&text)));
        }
    }

    pub(super) fn merge(&mut self, other: &Formats) {
        self.texts += other.texts;
        self.fit.iter_mut().zip(other.fit).for_each(|(fit, others)| *fit += others);
    }

    /// The format that all texts have.
    pub(super) fn sure(&self) -> Option<&'static str> {
        let all = |fit: &usize| *fit == self.texts && self.texts >= TEXTS_MIN;
        self.fit.iter().position(all).and_then(|place| NAMES.get(place).copied())
    }
}

/// The very checks that the contract will make.
fn validators() -> &'static [Option<Validator>; NAMES.len()] {
    static VALIDATORS: OnceLock<[Option<Validator>; NAMES.len()]> = OnceLock::new();
    VALIDATORS.get_or_init(|| {
        NAMES.map(|name| jsonschema::options().should_validate_formats(true).build(&json!({"format": name})).ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(texts: &[&str], format: Option<&str>) {
        let mut formats = Formats::default();
        texts.iter().for_each(|text| formats.add(text));
        assert_eq!(formats.sure(), format, "{texts:?}");
    }

    #[test]
    fn a_format_is_sure_when_all_texts_have_it_and_there_are_two() {
        check(&["2026-11-22T07:11:55Z", "2026-11-22T08:11:55.123+01:00"], Some("date-time"));
        check(&["7c9e6679-7425-40de-944b-e07fc1f90ae7", "00000000-0000-0000-0000-000000000000"], Some("uuid"));
        check(&["2026-11-22T07:11:55Z"], None);
        check(&["2026-11-22T07:11:55Z", ""], None);
        check(&["", "2026-11-22T07:11:55Z", "2026-11-22T07:11:55Z"], None);
        check(&["2026-11-22T07:11:55Z", "7c9e6679-7425-40de-944b-e07fc1f90ae7"], None);
        check(&["2026-11-22", "2026-11-23"], None);
        check(&["2026-02-30T07:11:55Z", "2026-02-30T07:11:55Z"], None);
    }
}
