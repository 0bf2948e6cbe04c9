//! A first contract from sample payloads: what they have in common, and no value of theirs.
//!
//! [`Samples::add`] takes one payload after the other and remembers types, names and counts; [`Samples::to_contract`] writes
//! what they amount to. Whatever was added meets the contract and has no drift under it.

mod format;
mod map;
mod write;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::kind::Kind;
use format::Formats;

/// How deep structure is written down. A schema is about three times as deep as what it describes, and JSON is read to
/// 127 levels.
const LEVELS_MAX: usize = 32;
/// How many places are remembered of all samples together.
const PLACES_MAX: usize = 50_000;

/// Samples that have more places than a contract of use could name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the samples have more than {PLACES_MAX} places, expected payloads of one kind of event")]
pub struct TooMany;

/// What was seen at one place of all samples.
#[derive(Debug, Clone, Default)]
struct Shape {
    /// How many values there were, by type.
    counts: BTreeMap<Kind, usize>,
    formats: Formats,
    /// Of all objects that were here, their fields by name.
    fields: BTreeMap<String, Shape>,
    /// The most fields that one of these objects had.
    fields_max: usize,
    /// Of all lists that were here, their items.
    items: Option<Box<Shape>>,
}

/// Samples of one kind of event.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    shape: Shape,
    count: usize,
    places: usize,
}

impl Samples {
    /// Adds a payload.
    ///
    /// # Errors
    /// When all samples together have too many places. They may not be used after that.
    pub fn add(&mut self, payload: &Value) -> Result<(), TooMany> {
        self.count += 1;
        let mut left = PLACES_MAX - self.places;
        self.shape.add(payload, LEVELS_MAX, &mut left)?;
        self.places = PLACES_MAX - left;
        Ok(())
    }

    /// How many payloads there were.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The contract that they all meet: JSON Schema, draft 2020-12, with `"x-drift": true`.
    pub fn to_contract(&self) -> Value {
        write::contract(&self.shape, self.count)
    }
}

impl Shape {
    fn add(&mut self, value: &Value, levels: usize, left: &mut usize) -> Result<(), TooMany> {
        if self.counts.is_empty() {
            *left = left.checked_sub(1).ok_or(TooMany)?;
        }
        *self.counts.entry(Kind::of(value)).or_default() += 1;
        let below = levels.checked_sub(1);
        match (value, below) {
            (Value::String(text), _) => self.formats.add(text),
            (Value::Object(fields), Some(levels)) => {
                self.fields_max = self.fields_max.max(fields.len());
                for (name, value) in fields {
                    match self.fields.get_mut(name) {
                        Some(shape) => shape.add(value, levels, left)?,
                        None => self.fields.entry(name.clone()).or_default().add(value, levels, left)?,
                    }
                }
            }
            (Value::Array(items), Some(levels)) => {
                for item in items {
                    self.items.get_or_insert_default().add(item, levels, left)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Adds what was seen at another place, as if it had been seen here.
    fn merge(&mut self, other: &Shape) {
        for (kind, count) in &other.counts {
            *self.counts.entry(*kind).or_default() += count;
        }
        self.formats.merge(&other.formats);
        self.fields_max = self.fields_max.max(other.fields_max);
        for (name, shape) in &other.fields {
            self.fields.entry(name.clone()).or_default().merge(shape);
        }
        if let Some(items) = &other.items {
            self.items.get_or_insert_default().merge(items);
        }
    }

    fn count(&self, kind: Kind) -> usize {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    /// How many values there were.
    fn seen(&self) -> usize {
        self.counts.values().sum()
    }
}
