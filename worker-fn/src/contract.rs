//! The data contract: a payload held against the JSON Schema that its source names.
//!
//! A schema is compiled when the first payload needs it, once per process: a worker that starts pays for none.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;
use serde_json::value::RawValue;
use webhook::letter::DETAIL_BYTES_MAX;

use crate::CONTRACTS;

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
}

/// How a payload breaks its contract: places and rules, in the words of the schema and never in the payload's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violated {
    /// JSON, and still not what a schema can look at.
    #[error(
        "no contract can look at the payload, expected at most 127 levels, 64-bit numbers and whole characters: {0}"
    )]
    Unreadable(String),
    /// The first rules that it breaks.
    #[error("the payload breaks its contract: {0}")]
    Rules(String),
}

/// The contract at a path of `sources.toml`, compiled at its first use.
///
/// # Errors
/// [`BrokenContract`], the same at every use: only another build can mend it.
pub fn at(path: &str) -> Result<&'static Contract, BrokenContract> {
    static COMPILED: [OnceLock<Result<Contract, BrokenContract>>; CONTRACTS.len()] =
        [const { OnceLock::new() }; CONTRACTS.len()];
    let found = CONTRACTS.iter().zip(&COMPILED).find(|((name, _), _)| *name == path);
    let ((_, schema), compiled) = found.ok_or_else(|| BrokenContract::Unknown(path.to_owned()))?;
    compiled.get_or_init(|| Contract::compile(schema)).as_ref().map_err(Clone::clone)
}

impl Contract {
    /// Compiles a JSON Schema, by default of draft 2020-12. `$ref` reaches no other file and no network, and
    /// patterns are matched in linear time, which look-around and back references do not allow.
    ///
    /// # Errors
    /// [`BrokenContract::Unsound`] says what is wrong with the schema.
    pub fn compile(schema: &str) -> Result<Contract, BrokenContract> {
        let unsound = |error: &dyn ToString| BrokenContract::Unsound(error.to_string());
        let schema: Value = serde_json::from_str(schema).map_err(|error| unsound(&error))?;
        let options = jsonschema::options().offline().with_pattern_options(PatternOptions::regex());
        let validator = options.build(&schema).map_err(|error| unsound(&error))?;
        let mut words = BTreeSet::new();
        collect_words(&schema, &mut words);
        Ok(Contract { schema, words, validator })
    }

    /// Holds a payload against the contract.
    ///
    /// # Errors
    /// [`Violated`] names the first places and rules.
    pub fn check(&self, payload: &RawValue) -> Result<(), Violated> {
        let text = payload.get();
        let payload: Value = serde_json::from_str(text).map_err(|error| Violated::Unreadable(error.to_string()))?;
        if self.validator.is_valid(&payload) {
            return Ok(());
        }
        let mut told = self.violations(&payload, text.len()).join("; ");
        told.truncate(told.floor_char_boundary(DETAIL_BYTES_MAX));
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
