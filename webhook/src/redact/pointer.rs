//! What a pointer of `redact` says: a JSON pointer (RFC 6901), in which `*` is every item of an array or every member of an
//! object.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most pointers of a source.
pub const POINTERS_MAX: usize = 64;
/// The most names in a pointer: so deep does an edit go into a body.
pub const TOKENS_MAX: usize = 32;

/// Where values lie that are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Pointer(Vec<Token>);

/// A text that is no pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no pointer, expected \"/NAME/NAME\" (RFC 6901) with * for every item or member, {TOKENS_MAX} names at most")]
pub struct NoPointer;

/// One step of a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Every item of an array, every member of an object.
    Any,
    /// The member of this name, the item of this number.
    Name(String),
}

impl Pointer {
    /// Reads a pointer.
    ///
    /// # Errors
    /// [`NoPointer`] where it is none, says the whole body, or is longer than [`TOKENS_MAX`].
    pub fn parse(text: &str) -> Result<Self, NoPointer> {
        let sound = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        let tokens = tokens(text);
        let fits = text.starts_with('/') && tokens.len() <= TOKENS_MAX && sound;
        if fits { Ok(Pointer(tokens)) } else { Err(NoPointer) }
    }

    /// The same below each item of an array, which lies at a JSON pointer.
    pub fn in_each(&self, items: &str) -> Self {
        let array = tokens(items).into_iter().chain([Token::Any]);
        Pointer(array.chain(self.0.iter().cloned()).collect())
    }

    /// Whether it takes away what lies at this JSON pointer.
    pub fn covers(&self, place: &str) -> bool {
        let place = tokens(place);
        let is = |(token, at): (&Token, &Token)| match at {
            Token::Any => token.is_name("*"),
            Token::Name(name) => token.is_name(name),
        };
        self.0.len() <= place.len() && self.0.iter().zip(&place).all(is)
    }

    /// Whether it takes away a field of a form.
    pub fn covers_field(&self, name: &str) -> bool {
        self.0[0].is_name(name)
    }

    /// Its steps, of which there is one at least.
    pub(super) fn tokens(&self) -> &[Token] {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|token| match token {
            Token::Any => f.write_str("/*"),
            Token::Name(name) => write!(f, "/{}", name.replace('~', "~0").replace('/', "~1")),
        })
    }
}

impl From<Pointer> for String {
    fn from(pointer: Pointer) -> Self {
        pointer.to_string()
    }
}

impl TryFrom<String> for Pointer {
    type Error = NoPointer;

    fn try_from(text: String) -> Result<Self, NoPointer> {
        Pointer::parse(&text)
    }
}

/// The steps of a JSON pointer.
fn tokens(pointer: &str) -> Vec<Token> {
    let token = |token: &str| match token {
        "*" => Token::Any,
        name => Token::Name(name.replace("~1", "/").replace("~0", "~")),
    };
    pointer.split('/').skip(1).map(token).collect()
}

impl Token {
    pub(super) fn is_any(&self) -> bool {
        *self == Token::Any
    }

    /// Whether a member or item of this name is meant.
    pub(super) fn is_name(&self, name: &str) -> bool {
        match self {
            Token::Any => true,
            Token::Name(wanted) => wanted == name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_has_at_least_one_name_and_not_too_many() {
        for good in ["/", "/a", "/a~0b/~1/*", "/a//b"] {
            assert_eq!(Pointer::parse(good).unwrap().to_string(), good);
        }
        for bad in ["", "a", "*", "/a~", "/a~2", &"/a".repeat(TOKENS_MAX + 1)] {
            assert_eq!(Pointer::parse(bad), Err(NoPointer), "{bad}");
        }
    }

    #[test]
    fn below_each_item_of_an_array_it_is_the_same() {
        let pointer = Pointer::parse("/a/*").unwrap();
        assert_eq!(pointer.in_each("/v/w").to_string(), "/v/w/*/a/*");
        assert_eq!(pointer.in_each("").to_string(), "/*/a/*");
    }

    #[track_caller]
    fn check_covers(pointer: &str, place: &str, expected: bool) {
        assert_eq!(Pointer::parse(pointer).unwrap().covers(place), expected, "{pointer} over {place}");
    }

    #[test]
    fn a_pointer_covers_what_lies_at_it_and_below() {
        check_covers("/a", "/a", true);
        check_covers("/a", "/a/b", true);
        check_covers("/a/b", "/a", false);
        check_covers("/*/b", "/a/b/c", true);
        check_covers("/a~1b", "/a~1b", true);
        check_covers("/a", "/b", false);
        check_covers("/a", "", false);
    }
}
