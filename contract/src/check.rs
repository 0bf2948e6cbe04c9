//! A payload held against a compiled JSON Schema, and what is said of one that breaks it.

use std::collections::BTreeSet;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::drift::Drift;
use crate::known::Known;
use crate::{drift, read};

/// How much is told of a payload's violations, in bytes: what a letter's attribute has room for.
const TOLD_BYTES_MAX: usize = 1024;
/// The keyword by which a contract says that it knows all of its payloads.
const DRIFT: &str = "x-drift";
/// How many violations are told.
const VIOLATIONS_MAX: usize = 3;
/// Of a larger payload only the first violation is told, and with alternatives in the schema not even that: the
/// library collects the violations of a list, or of an alternative, before it hands out one, at about 300 bytes
/// each, and a list of a mebibyte has half a million items.
const LISTED_BYTES_MAX: usize = 64 * 1024;
/// The longest argument of a rule that is repeated, in bytes; the schema has it whole.
const ARGUMENT_BYTES_MAX: usize = 80;

/// A compiled contract.
#[derive(Debug)]
pub struct Contract {
    schema: Value,
    /// Whether a payload's fields are looked at that the schema does not have.
    looks_for_drift: bool,
    /// Every name and every text of the schema: what may be said of a payload.
    words: BTreeSet<String>,
    validator: Validator,
}

/// A contract that no payload can be held against. The payload is not to blame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenContract {
    /// The build did not embed it.
    #[error("{0} is not in this build, expected a path that sources.toml names")]
    Unknown(String),
    /// It is no JSON Schema, or points outside of its file.
    #[error("not a JSON Schema that stands for itself: {0}")]
    Unsound(String),
    /// Whether it knows all of a payload is said in another way than by true or false.
    #[error("x-drift is no boolean, expected true where the contract knows all of its payloads")]
    Drift,
}

/// How a payload breaks its contract: places and rules, in the words of the schema and never in the payload's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violated {
    /// JSON, and still not what a schema can look at.
    #[error(
        "no contract can look at the payload, expected at most 127 levels, 64-bit numbers, whole characters and no name twice: {0}"
    )]
    Unreadable(String),
    /// The first rules that it breaks.
    #[error("the payload breaks its contract: {0}")]
    Rules(String),
}

impl Contract {
    /// Compiles a JSON Schema, by default of draft 2020-12. `$ref` reaches no other file and no network, patterns are
    /// matched in linear time, which look-around and back references do not allow, and formats are held: 2020-12 would
    /// have them be remarks, but who writes `"format": "date-time"` into a contract means it. For the same reason a format
    /// that the library does not know, such as a misspelt one, is a mistake.
    ///
    /// # Errors
    /// [`BrokenContract::Unsound`] says what is wrong with the schema.
    pub fn compile(schema: &str) -> Result<Contract, BrokenContract> {
        let unsound = |error: &dyn ToString| BrokenContract::Unsound(error.to_string());
        let schema: Value = serde_json::from_str(schema).map_err(|error| unsound(&error))?;
        let looks_for_drift = match schema.get(DRIFT) {
            None => false,
            Some(Value::Bool(wanted)) => *wanted,
            Some(_) => return Err(BrokenContract::Drift),
        };
        let options = jsonschema::options().offline().with_pattern_options(PatternOptions::regex());
        let options = options.should_validate_formats(true).should_ignore_unknown_formats(false);
        let validator = options.build(&schema).map_err(|error| unsound(&error))?;
        let mut words = BTreeSet::new();
        collect_words(&schema, &mut words);
        Ok(Contract { schema, looks_for_drift, words, validator })
    }

    /// Holds a payload against the contract. Of one that passes, it tells what the contract does not know: nothing,
    /// unless the contract says `"x-drift": true`.
    ///
    /// # Errors
    /// [`Violated`] names the first places and rules.
    pub fn check(&self, payload: &RawValue) -> Result<BTreeSet<Drift>, Violated> {
        let text = payload.get();
        let payload = read::read(text).map_err(|error| Violated::Unreadable(error.to_string()))?;
        if self.validator.is_valid(&payload) {
            let drift = || drift::find(&Known::of(&self.schema), &payload);
            return Ok(if self.looks_for_drift { drift() } else { BTreeSet::new() });
        }
        let mut told = self.violations(&payload, text.len()).join("; ");
        told.truncate(told.floor_char_boundary(TOLD_BYTES_MAX));
        Err(Violated::Rules(told))
    }

    /// The first violations, as many as memory allows.
    fn violations(&self, payload: &Value, bytes: usize) -> Vec<String> {
        let violation = |error: ValidationError<'_>| self.violation(&error, payload);
        if bytes <= LISTED_BYTES_MAX {
            return self.validator.iter_errors(payload).take(VIOLATIONS_MAX).map(violation).collect();
        }
        if ["anyOf", "oneOf"].iter().any(|keyword| self.words.contains(*keyword)) {
            return vec![format!("{bytes} bytes are too many to look for the place among alternatives")];
        }
        self.validator.validate(payload).err().map(violation).into_iter().collect()
    }

    /// One violation: `/data/id breaks type "string"`.
    fn violation(&self, error: &ValidationError<'_>, payload: &Value) -> String {
        let argument = match error.kind() {
            ValidationErrorKind::Required { property } => Some(property),
            _ => self.schema.pointer(error.schema_path().as_str()),
        };
        let argument = argument.map(Value::to_string).filter(|argument| argument.len() <= ARGUMENT_BYTES_MAX);
        let argument = argument.map_or(String::new(), |argument| format!(" {argument}"));
        let place = match self.place(error.instance_path().as_str(), payload) {
            root if root.is_empty() => "the whole".to_owned(),
            place => place,
        };
        format!("{place} breaks {}{argument}", error.kind().keyword())
    }

    /// A JSON pointer into the payload, with `*` for names that the schema does not have: they may be data.
    fn place(&self, pointer: &str, payload: &Value) -> String {
        let mut here = Some(payload);
        let mut place = String::new();
        for token in pointer.split('/').skip(1) {
            let name = token.replace("~1", "/").replace("~0", "~");
            // A number is an index only inside of a list: elsewhere it is a name like any other.
            let known = here.is_some_and(Value::is_array) || self.words.contains(&name);
            place.push('/');
            place.push_str(if known { token } else { "*" });
            here = here.and_then(|value| value.pointer(&format!("/{token}")));
        }
        place
    }
}

fn collect_words(schema: &Value, words: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            words.insert(name.clone());
            collect_words(value, words);
        }),
        Value::Array(items) => items.iter().for_each(|item| collect_words(item, words)),
        Value::String(text) => drop(words.insert(text.clone())),
        _ => {}
    }
}
