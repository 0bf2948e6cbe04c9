//! The types of JSON Schema.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// What a value is, in the words of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `{}`
    Object,
    /// `[]`
    Array,
    /// Text.
    String,
    /// A number without a fraction: `1.0` is one, too.
    Integer,
    /// A number with a fraction.
    Number,
    /// `true` or `false`
    Boolean,
    /// `null`
    Null,
}

impl Kind {
    /// All of them, in the order that a contract lists them.
    pub const ALL: [Kind; 7] =
        [Kind::Object, Kind::Array, Kind::String, Kind::Integer, Kind::Number, Kind::Boolean, Kind::Null];

    /// The type of a value.
    pub fn of(value: &Value) -> Kind {
        match value {
            Value::Object(_) => Kind::Object,
            Value::Array(_) => Kind::Array,
            Value::String(_) => Kind::String,
            Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => Kind::Integer,
            Value::Number(_) => Kind::Number,
            Value::Bool(_) => Kind::Boolean,
            Value::Null => Kind::Null,
        }
    }

    /// Its name in a schema.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Object => "object",
            Kind::Array => "array",
            Kind::String => "string",
            Kind::Integer => "integer",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::Null => "null",
        }
    }

    /// Whether a schema that says this type means values of this kind.
    pub(crate) fn is_said_by(self, word: &str) -> bool {
        self.name() == word || (self == Kind::Integer && word == "number")
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
