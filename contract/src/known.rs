//! What a schema knows of a place: which names, and which types.
//!
//! All that the schema says of a place counts together, whichever of its alternatives the payload took: a field that any
//! of them lists is known. That is less exact than validation and cheap: nothing is evaluated.

use serde_json::{Map, Value};

use crate::kind::Kind;

/// How many schemas are looked at for one place, and how deep an `$anchor` is looked for: a contract that says more of
/// one place is known there.
const SCHEMAS_MAX: usize = 64;
/// A schema that takes anything: known, whatever is there.
const TRUE: &Value = &Value::Bool(true);

/// A contract, by what it knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'s> {
    root: &'s Value,
}

/// The schemas that speak of one place. None of them: the contract says nothing of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place<'s> {
    schemas: Vec<&'s Map<String, Value>>,
    /// Anything may be here.
    is_open: bool,
}

/// What a contract knows of a name.
pub(crate) enum Field<'s> {
    /// It lists the name.
    Listed(Place<'s>),
    /// The name is a key of a map.
    Key(Place<'s>),
    /// Nothing.
    Unknown,
}

impl<'s> Known<'s> {
    pub(crate) fn of(root: &'s Value) -> Self {
        Known { root }
    }

    /// What is known of the whole payload.
    pub(crate) fn whole(self) -> Place<'s> {
        self.place([self.root])
    }

    /// What is known of a field of an object.
    pub(crate) fn field(self, place: &Place<'s>, name: &str) -> Field<'s> {
        let said = |keyword| place.schemas.iter().filter_map(move |schema| schema.get(keyword));
        let mut listed = said("properties").filter_map(|properties| properties.get(name)).peekable();
        if listed.peek().is_some() {
            return Field::Listed(self.place(listed));
        }
        let patterns = said("patternProperties").filter_map(Value::as_object).flat_map(Map::values);
        let others = said("additionalProperties").chain(said("unevaluatedProperties"));
        let mut keys = patterns.chain(others.filter(|schema| **schema != Value::Bool(false))).peekable();
        match keys.peek() {
            Some(_) => Field::Key(self.place(keys)),
            // Names that keep to a rule, and no word on what they name.
            None if said("propertyNames").next().is_some() => Field::Key(self.place([TRUE])),
            None => Field::Unknown,
        }
    }

    /// What is known of the items of a list, wherever they stand in it.
    pub(crate) fn items(self, place: &Place<'s>) -> Place<'s> {
        let said = |keyword| place.schemas.iter().filter_map(move |schema| schema.get(keyword));
        let each = ["items", "prefixItems", "additionalItems", "unevaluatedItems"].into_iter().flat_map(said);
        // Of draft 7, `items` may be a list, too.
        self.place(each.flat_map(|schema| schema.as_array().map_or(std::slice::from_ref(schema), |list| &list[..])))
    }

    /// The schemas of a place with those that they are made of.
    fn place(self, from: impl IntoIterator<Item = &'s Value>) -> Place<'s> {
        let mut place = Place::default();
        let mut next: Vec<&'s Value> = from.into_iter().collect();
        place.is_open = next.iter().any(|schema| **schema == Value::Bool(true));
        while let Some(schema) = next.pop() {
            let Value::Object(schema) = schema else { continue };
            if place.schemas.iter().any(|known| std::ptr::eq(*known, schema)) {
                continue;
            }
            if place.schemas.len() == SCHEMAS_MAX {
                place.is_open = true;
                break;
            }
            place.schemas.push(schema);
            for (keyword, part) in schema {
                match (keyword.as_str(), part) {
                    ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => next.extend(parts),
                    ("if" | "then" | "else", part) => next.push(part),
                    ("dependentSchemas" | "dependencies", Value::Object(parts)) => next.extend(parts.values()),
                    ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(to)) => match self.target(to) {
                        Some(target) => next.push(target),
                        None => place.is_open = true,
                    },
                    _ => {}
                }
            }
        }
        place
    }

    /// What a reference within the contract points to; `None` of one that has a base of its own, which is known.
    fn target(self, reference: &str) -> Option<&'s Value> {
        let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let own = base.is_empty() || self.root.get("$id").and_then(Value::as_str) == Some(base);
        if !own {
            return None;
        }
        if fragment.is_empty() || fragment.starts_with('/') {
            return self.root.pointer(&percent_decoded(fragment));
        }
        anchored(self.root, fragment, SCHEMAS_MAX)
    }
}

impl Place<'_> {
    /// Whether anything may be here.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether the contract knows values of this type here. Where it says no type, it knows but `null`.
    pub(crate) fn knows(&self, kind: Kind) -> bool {
        let mut is_said = false;
        for schema in &self.schemas {
            for (keyword, said) in *schema {
                let known = match (keyword.as_str(), said) {
                    ("type", Value::String(word)) => kind.is_said_by(word),
                    ("type", Value::Array(words)) => {
                        words.iter().filter_map(Value::as_str).any(|word| kind.is_said_by(word))
                    }
                    ("const", value) => Kind::of(value) == kind,
                    ("enum", Value::Array(values)) => values.iter().any(|value| Kind::of(value) == kind),
                    ("properties" | "additionalProperties" | "patternProperties" | "propertyNames", _) => {
                        kind == Kind::Object
                    }
                    ("items" | "prefixItems", _) => kind == Kind::Array,
                    _ => continue,
                };
                if known {
                    return true;
                }
                is_said = true;
            }
        }
        !is_said && kind == Kind::Null
    }
}

/// The schema that has this name, in whatever part of the contract.
fn anchored<'s>(schema: &'s Value, name: &str, levels: usize) -> Option<&'s Value> {
    let levels = levels.checked_sub(1)?;
    let is_it = |keyword| schema.get(keyword).and_then(Value::as_str) == Some(name);
    match schema {
        Value::Object(_) if is_it("$anchor") || is_it("$dynamicAnchor") => Some(schema),
        Value::Object(parts) => parts.values().find_map(|part| anchored(part, name, levels)),
        Value::Array(parts) => parts.iter().find_map(|part| anchored(part, name, levels)),
        _ => None,
    }
}

/// A pointer as it stands behind the `#` of a URI: `%25` is a `%`.
fn percent_decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = (*first == b'%').then(|| after.get(..2)).flatten();
        let escaped = escaped.and_then(|hex| std::str::from_utf8(hex).ok());
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
