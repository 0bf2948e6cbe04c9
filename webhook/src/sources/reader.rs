//! Reading values of a TOML file: what is not as expected is written down with its line, and the reading goes on.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::words::unknown;

/// One mistake in `sources.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

pub(super) struct Reader<'t> {
    text: &'t str,
    mistakes: Vec<Mistake>,
}

pub(super) type Value<'i> = Spanned<DeValue<'i>>;
pub(super) type Table<'i> = DeTable<'i>;

/// The value of a key.
pub(super) fn find<'v, 'i>(table: &'v Table<'i>, key: &str) -> Option<&'v Value<'i>> {
    entry(table, key).map(|(_, value)| value)
}

/// A key with where it stands, and its value.
pub(super) fn entry<'v, 'i>(table: &'v Table<'i>, key: &str) -> Option<(Range<usize>, &'v Value<'i>)> {
    table.iter().find(|(name, _)| name.get_ref() == key).map(|(name, value)| (name.span(), value))
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Reader { text, mistakes: Vec::new() }
    }

    /// Every mistake in the order of its line, each told once.
    pub(super) fn mistakes(mut self) -> Vec<Mistake> {
        self.mistakes.sort_by_key(|mistake| mistake.line);
        self.mistakes.dedup();
        self.mistakes
    }

    /// How many mistakes there are so far.
    pub(super) fn count(&self) -> usize {
        self.mistakes.len()
    }

    pub(super) fn mistake(&mut self, span: Range<usize>, message: impl Into<String>) {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        self.mistakes.push(Mistake { line, message: message.into() });
    }

    /// Records a mistake in place of a value.
    pub(super) fn wrong<T>(&mut self, span: Range<usize>, message: impl Into<String>) -> Option<T> {
        self.mistake(span, message);
        None
    }

    /// Tells of keys that are none of the known. `what` is what a key is called in this table.
    pub(super) fn known_keys(&mut self, table: &Table<'_>, what: &str, known: &[&str]) {
        for (key, _) in table {
            if !known.contains(&key.get_ref().as_ref()) {
                self.mistake(key.span(), unknown(what, key.get_ref(), known));
            }
        }
    }

    pub(super) fn table<'v, 'i>(&mut self, value: &'v Value<'i>, key: &str) -> Option<&'v Table<'i>> {
        let found = value.get_ref().as_table();
        found.or_else(|| self.wrong(value.span(), format!("{key} is {}, expected a table", value.get_ref().type_str())))
    }

    pub(super) fn one_of<T: Copy>(&mut self, value: &Value<'_>, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let word = self.string(value, key)?;
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let found = choices.iter().find(|(name, _)| *name == word).map(|(_, choice)| *choice);
        found.or_else(|| self.wrong(value.span(), unknown(key, word, &names)))
    }

    /// One of these words.
    pub(super) fn word<'k>(&mut self, value: &Value<'_>, key: &str, known: &[&'k str]) -> Option<&'k str> {
        let choices: Vec<(&str, &'k str)> = known.iter().map(|word| (*word, *word)).collect();
        self.one_of(value, key, &choices)
    }

    /// A whole number from `min` to `max`.
    pub(super) fn whole_number(&mut self, value: &Value<'_>, key: &str, min: u32, max: u32) -> Option<u32> {
        let number = value.get_ref().as_integer().and_then(|i| u32::from_str_radix(i.as_str(), i.radix()).ok());
        let number = number.filter(|number| (min..=max).contains(number));
        number.or_else(|| self.wrong(value.span(), format!("{key}: expected a whole number from {min} to {max}")))
    }

    pub(super) fn boolean(&mut self, value: &Value<'_>, key: &str) -> Option<bool> {
        let found = value.get_ref().as_bool();
        found.or_else(|| self.wrong(value.span(), format!("{key}: expected true or false")))
    }

    pub(super) fn string<'v>(&mut self, value: &'v Value<'_>, key: &str) -> Option<&'v str> {
        let found = value.get_ref().as_str();
        found
            .or_else(|| self.wrong(value.span(), format!("{key} is {}, expected a string", value.get_ref().type_str())))
    }

    /// A string, or a list of strings, each made into something or told to be wrong.
    pub(super) fn one_or_many<T>(
        &mut self,
        value: &Value<'_>,
        key: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let items = value.get_ref().as_array().map_or(std::slice::from_ref(value), |list| &list[..]);
        let mut item = |item: &Value<'_>| {
            let text = self.string(item, key)?;
            read(text).map_err(|message| self.mistake(item.span(), format!("{key}: {message}"))).ok()
        };
        let all: Vec<Option<T>> = items.iter().map(&mut item).collect();
        all.into_iter().collect()
    }
}
