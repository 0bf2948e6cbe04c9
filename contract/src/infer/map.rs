//! Which objects are maps: their names are data, and a contract says nothing of them but what they lead to.

use super::Shape;
use crate::kind::Kind;
use crate::name::is_word;

/// A map whose names all are words is told by how they differ: so many names at least, in so many objects, and in none of
/// these more than a third of them.
const NAMES_MIN: usize = 12;
const OBJECTS_MIN: usize = 3;
const SHARE: usize = 3;

/// Of an object's names, those that are listed in the contract. All others are keys of a map.
pub(super) fn listed(shape: &Shape) -> Vec<&str> {
    let objects = shape.count(Kind::Object);
    let words = shape.fields.keys().filter(|name| is_word(name)).count();
    if words * 2 <= shape.fields.len() || differ(shape, objects) {
        return Vec::new();
    }
    // A name that is none by its looks, such as "+1", is one when every object has it.
    let always = |field: &Shape| objects > 1 && field.seen() == objects;
    let fields = shape.fields.iter().filter(|(name, field)| is_word(name) || always(field));
    fields.map(|(name, _)| name.as_str()).collect()
}

/// Whether the objects of a place have hardly a name in common, while all that they name is of one type.
fn differ(shape: &Shape, objects: usize) -> bool {
    let names = shape.fields.len();
    let many = objects >= OBJECTS_MIN && names >= NAMES_MIN && shape.fields_max * SHARE <= names;
    let types = |field: &Shape| field.counts.keys().copied().filter(|kind| *kind != Kind::Null).collect::<Vec<_>>();
    let mut all = shape.fields.values().map(types).filter(|types| !types.is_empty());
    let first = all.next();
    many && first.is_none_or(|first| all.all(|types| types == first))
        && shape.fields.values().all(|field| field.seen() < objects)
}
