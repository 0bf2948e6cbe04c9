//! What samples amount to, as a JSON Schema.

use serde_json::{Map, Value, json};

use super::{LEVELS_MAX, Shape, map};
use crate::kind::Kind;

/// The contract of all samples.
pub(super) fn contract(shape: &Shape, count: usize) -> Value {
    let payloads = if count == 1 { "one payload".to_owned() } else { format!("{count} payloads") };
    let mut contract = Map::new();
    contract.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    contract.insert("description".to_owned(), format!("A first contract, inferred from {payloads}.").into());
    contract.insert("x-drift".to_owned(), true.into());
    contract.extend(schema(shape, LEVELS_MAX));
    Value::Object(contract)
}

/// The schema of one place. Of a place that only ever was `null`, nothing is known.
fn schema(shape: &Shape, levels: usize) -> Map<String, Value> {
    let mut schema = Map::new();
    if let Some(types) = types(shape) {
        schema.insert("type".to_owned(), types);
    }
    if let Some(format) = shape.formats.sure() {
        schema.insert("format".to_owned(), format.into());
    }
    let deeper = levels.checked_sub(1);
    if shape.count(Kind::Array) > 0 {
        match (&shape.items, deeper) {
            (Some(items), Some(levels)) => drop(schema.insert("items".to_owned(), part(items, levels))),
            (None, Some(_)) => {}
            (_, None) => drop(schema.insert("items".to_owned(), true.into())),
        }
    }
    if shape.count(Kind::Object) > 0 {
        match deeper {
            Some(levels) => schema.extend(object(shape, levels)),
            None => drop(schema.insert("additionalProperties".to_owned(), true.into())),
        }
    }
    schema
}

fn part(shape: &Shape, levels: usize) -> Value {
    Value::Object(schema(shape, levels))
}

/// What is said of an object: its fields, those that all had, and what the keys of a map lead to.
fn object(shape: &Shape, levels: usize) -> Map<String, Value> {
    let objects = shape.count(Kind::Object);
    let listed = map::listed(shape);
    let (mut properties, mut required, mut keys) = (Map::new(), Vec::new(), None);
    for (name, field) in &shape.fields {
        if !listed.contains(&name.as_str()) {
            keys.get_or_insert_with(Shape::default).merge(field);
            continue;
        }
        properties.insert(name.clone(), part(field, levels));
        if field.seen() == objects {
            required.push(Value::from(name.as_str()));
        }
    }
    let mut schema = Map::new();
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    if !properties.is_empty() {
        schema.insert("properties".to_owned(), properties.into());
    }
    if let Some(keys) = keys {
        schema.insert("additionalProperties".to_owned(), part(&keys, levels));
    }
    schema
}

/// The types of a place; none where there was nothing but `null`. A whole number beside one with a fraction is a number.
fn types(shape: &Shape) -> Option<Value> {
    let is_number = shape.count(Kind::Number) > 0;
    let seen = |kind: &Kind| shape.count(*kind) > 0 && !(*kind == Kind::Integer && is_number);
    let kinds: Vec<&str> = Kind::ALL.into_iter().filter(seen).map(Kind::name).collect();
    match &kinds[..] {
        [] | ["null"] => None,
        [one] => Some(json!(one)),
        several => Some(json!(several)),
    }
}
