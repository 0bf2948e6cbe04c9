//! Drift: what a payload has beyond its contract while it still meets it.
//!
//! It is looked for only where the contract says `"x-drift": true` at its top: one that describes the few fields that
//! matter would report all others, and only whoever wrote it knows which kind it is. `tidegate contract infer` writes it.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::kind::Kind;
use crate::known::{Field, Known, Place};
use crate::name::is_word;

/// How many values of a payload are looked at: drift is a matter of structure, and the first of them show it.
const VALUES_MAX: usize = 10_000;
/// How many places are named of one payload.
const PLACES_MAX: usize = 256;

/// A field that the contract does not have, or a type that it does not say there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Drift {
    /// Where it is: a JSON pointer with `*` for the items of lists, the keys of maps, and names that may be data.
    pub place: String,
    /// What it is.
    pub seen: Kind,
}

/// A walk through one payload.
struct Walk<'s> {
    known: Known<'s>,
    /// How many values may still be looked at.
    left: usize,
    /// Where the walk is.
    place: String,
    found: BTreeSet<Drift>,
}

/// What the contract does not know of a payload.
pub(crate) fn find(known: &Known<'_>, payload: &Value) -> BTreeSet<Drift> {
    let mut walk = Walk { known: *known, left: VALUES_MAX, place: String::new(), found: BTreeSet::new() };
    walk.look(payload, &known.whole());
    walk.found
}

impl<'s> Walk<'s> {
    /// Looks at a value at a place. A payload has at most 127 levels, so this cannot overflow the stack.
    fn look(&mut self, value: &Value, known: &Place<'s>) {
        if self.left == 0 || known.is_open() {
            return;
        }
        self.left -= 1;
        let kind = Kind::of(value);
        if !known.knows(kind) {
            return self.report(kind);
        }
        let here = self.place.len();
        match value {
            Value::Object(fields) => {
                for (name, value) in fields.iter().take(self.left) {
                    match self.known.field(known, name) {
                        Field::Listed(known) => {
                            self.push(name);
                            self.look(value, &known);
                        }
                        Field::Key(known) => {
                            self.push("*");
                            self.look(value, &known);
                        }
                        Field::Unknown => {
                            self.push(if is_word(name) { name } else { "*" });
                            self.report(Kind::of(value));
                        }
                    }
                    self.place.truncate(here);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                let known = self.known.items(known);
                self.push("*");
                items.iter().for_each(|item| self.look(item, &known));
                self.place.truncate(here);
            }
            _ => {}
        }
    }

    fn push(&mut self, name: &str) {
        self.place.push('/');
        self.place.push_str(&name.replace('~', "~0").replace('/', "~1"));
    }

    fn report(&mut self, seen: Kind) {
        if self.found.len() < PLACES_MAX {
            self.found.insert(Drift { place: self.place.clone(), seen });
        }
    }
}
