//! Redaction: values that are taken out of a body before anything of it is stored, and every other byte left as it was.
//!
//! A member of an object is removed with its name, and so is every other member of that name. An item of an array becomes
//! `null`, because those behind it would have other places otherwise. A field of a form is removed.

mod body;
mod pointer;

pub use body::{Redacted, Withheld, body};
pub use pointer::{NoPointer, POINTERS_MAX, Pointer, TOKENS_MAX};

use pointer::Token;
use serde_json::value::RawValue;

/// Redacts a JSON text; `None` where it is none.
///
/// Values are passed over, not read: only what lies on the way of a pointer is entered, so a text may be as deep as it
/// likes.
pub fn json(text: &[u8], pointers: &[Pointer]) -> Option<Vec<u8>> {
    // Whoever reads the text later reads it by the same rules. What is edited below is sound.
    let sound: &RawValue = serde_json::from_slice(text).ok()?;
    let begin = text.iter().position(|byte| !is_blank(*byte))?;
    let below: Vec<&[Token]> = pointers.iter().map(Pointer::tokens).collect();
    let mut edit = Edit { text, at: begin, kept: Vec::with_capacity(text.len()) };
    edit.kept.extend_from_slice(&text[..begin]);
    edit.value(&below);
    edit.kept.extend_from_slice(&text[begin + sound.get().len()..]);
    Some(edit.kept)
}

/// Redacts a form. It has no depth: the first name of a pointer says the field.
pub fn form(text: &[u8], pointers: &[Pointer]) -> Vec<u8> {
    let is_kept = |field: &&[u8]| match form_urlencoded::parse(field).next() {
        Some((name, _)) => !pointers.iter().any(|pointer| pointer.tokens()[0].is_name(&name)),
        None => true,
    };
    text.split(|byte| *byte == b'&').filter(is_kept).collect::<Vec<_>>().join(&b'&')
}

/// A walk over a sound JSON text, which is copied as far as it is kept.
struct Edit<'t> {
    text: &'t [u8],
    at: usize,
    kept: Vec<u8>,
}

impl<'t> Edit<'t> {
    /// Copies the value that begins here, without what the pointers below it lead to.
    fn value(&mut self, below: &[&[Token]]) {
        match self.byte() {
            b'{' if !below.is_empty() => self.members(b'}', |edit, _| edit.name(), below),
            b'[' if !below.is_empty() => self.members(b']', |_, index| Some(index.to_string()), below),
            _ => {
                let begin = self.at;
                self.pass();
                self.keep(begin);
            }
        }
    }

    /// Copies an object or an array. `name` goes on to a member's value and says what it is called; `None` is a name that
    /// no pointer can say.
    fn members(&mut self, close: u8, name: impl Fn(&mut Self, usize) -> Option<String>, below: &[&[Token]]) {
        let (mut index, mut comma) = (0, false);
        self.kept.push(self.byte());
        self.at += 1;
        loop {
            let begin = self.at;
            self.pass_blanks();
            if self.at >= self.text.len() || self.byte() == close {
                self.keep(begin);
                break;
            }
            let called = name(self, index);
            index += 1;
            let called = |token: &Token| called.as_deref().map_or(token.is_any(), |name| token.is_name(name));
            let inner: Vec<&[Token]> =
                below.iter().filter(|path| path.first().is_some_and(called)).map(|path| &path[1..]).collect();
            let gone = inner.iter().any(|path| path.is_empty());
            if gone && close == b'}' {
                self.pass();
                self.pass_blanks();
            } else {
                if comma {
                    self.kept.push(b',');
                }
                comma = true;
                self.keep(begin);
                if gone {
                    self.kept.extend_from_slice(b"null");
                    self.pass();
                } else {
                    self.value(&inner);
                }
                let behind = self.at;
                self.pass_blanks();
                self.keep(behind);
            }
            if self.byte() != b',' {
                break;
            }
            self.at += 1;
        }
        self.at += 1;
        self.kept.push(close);
    }

    /// Reads the name of a member, unescaped, and goes on to its value. A lone surrogate has no text.
    fn name(&mut self) -> Option<String> {
        let begin = self.at;
        self.pass();
        let name = serde_json::from_slice(&self.text[begin..self.at]).ok();
        self.pass_blanks();
        // The colon.
        self.at += 1;
        self.pass_blanks();
        name
    }

    /// Goes behind the value that begins here.
    fn pass(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.text.len() {
            match self.byte() {
                b'"' => self.pass_string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                b',' | b':' => self.at += 1,
                byte if is_blank(byte) => self.at += 1,
                _ => self.pass_word(),
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn pass_string(&mut self) {
        self.at += 1;
        while self.at < self.text.len() && self.byte() != b'"' {
            self.at += if self.byte() == b'\\' { 2 } else { 1 };
        }
        self.at = (self.at + 1).min(self.text.len());
    }

    /// Goes behind a number, or `true`, `false` or `null`.
    fn pass_word(&mut self) {
        let ends = |byte: &u8| is_blank(*byte) || matches!(byte, b',' | b'}' | b']');
        self.at = self.text[self.at..].iter().position(ends).map_or(self.text.len(), |length| self.at + length);
    }

    fn pass_blanks(&mut self) {
        while self.at < self.text.len() && is_blank(self.byte()) {
            self.at += 1;
        }
    }

    fn keep(&mut self, begin: usize) {
        self.kept.extend_from_slice(&self.text[begin..self.at]);
    }

    /// The byte here; a text that is over has no more that means anything.
    fn byte(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests;
