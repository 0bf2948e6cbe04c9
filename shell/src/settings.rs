//! Settings from the environment, through a lookup that tests inject; every missing one is told at once.

use std::cell::RefCell;

/// Where settings are looked up: the environment, or a test's table.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads settings and remembers what was wrong with them.
pub struct Settings<'a> {
    lookup: Lookup<'a>,
    mistakes: RefCell<Vec<String>>,
}

/// Settings that a function cannot start with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot start: {}", .0.join("; "))]
pub struct SettingsError(pub Vec<String>);

impl<'a> Settings<'a> {
    /// Settings of this lookup.
    pub fn new(lookup: Lookup<'a>) -> Self {
        Settings { lookup, mistakes: RefCell::default() }
    }

    /// A setting, or `None` where it is unset or empty: AWS tools pass an empty string for "none".
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    /// A setting that must be there. What is returned for a missing one is never used, because
    /// [`Settings::finish`] fails then.
    pub fn required(&self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.mistake(format!("{name} is not set"));
            String::new()
        })
    }

    /// A whole number within a range, or its default where it is unset.
    pub fn number(&self, name: &str, range: std::ops::RangeInclusive<u32>, default: u32) -> u32 {
        let Some(text) = self.optional(name) else { return default };
        let number = text.parse::<u32>().ok().filter(|number| range.contains(number));
        number.unwrap_or_else(|| {
            self.mistake(format!("{name} is not a whole number from {} to {}", range.start(), range.end()));
            default
        })
    }

    /// Remembers what is wrong with a setting, for [`Settings::finish`].
    pub fn mistake(&self, message: String) {
        self.mistakes.borrow_mut().push(message);
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`SettingsError`] with every mistake that was made.
    pub fn finish(self) -> Result<(), SettingsError> {
        let mistakes = self.mistakes.into_inner();
        if mistakes.is_empty() { Ok(()) } else { Err(SettingsError(mistakes)) }
    }
}

/// The process's environment.
#[expect(clippy::disallowed_methods, reason = "this is the lookup that `main` injects")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_at_once() {
        let lookup = |name: &str| (name == "LIMIT").then(|| "ten".to_owned());
        let settings = Settings::new(&lookup);
        settings.required("QUEUE");
        settings.number("LIMIT", 1..=20, 5);
        let error = settings.finish().unwrap_err().to_string();
        assert_eq!(error, "cannot start: QUEUE is not set; LIMIT is not a whole number from 1 to 20");
    }

    #[test]
    fn an_empty_setting_is_an_unset_one() {
        let settings = Settings::new(&|_| Some(String::new()));
        assert_eq!((settings.optional("A"), settings.number("N", 1..=9, 3)), (None, 3));
        assert!(settings.finish().is_ok());
    }
}
