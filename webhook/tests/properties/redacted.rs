//! Redaction: nothing of what is taken away is left, and every other byte is as it was.

use serde_json::Value;
use webhook::redact::{Pointer, form, json};

const POINTERS: [&str; 4] = ["/a/b", "/b/*/a", "/*/c/*", "/c"];
/// Stands in every value that is to be taken away, and nowhere else.
const MARKER: &str = "hush";

/// The input: a body, and the choices of which another is made, with what must be left of it.
pub fn holds(input: &[u8]) {
    let pointers = POINTERS.map(|text| Pointer::parse(text).expect("a pointer"));
    drop(form(input, &pointers));
    assert_eq!(form(input, &[]), input);
    let edited = json(input, &pointers);
    if let Ok(mut whole) = serde_json::from_slice::<Value>(input) {
        let edited = edited.expect("JSON can be redacted");
        POINTERS.iter().for_each(|pointer| take(&mut whole, &pointer.split('/').skip(1).collect::<Vec<_>>()));
        assert_eq!(serde_json::from_slice::<Value>(&edited).expect("it is JSON still"), whole);
        assert_eq!(json(&edited, &pointers), Some(edited), "once is enough");
    }
    let below: Vec<Vec<&str>> = POINTERS.iter().map(|pointer| pointer.split('/').skip(1).collect()).collect();
    let made = Choices(input.iter()).value(&below.iter().map(Vec::as_slice).collect::<Vec<_>>(), 5);
    let edited = json(made.sent.as_bytes(), &pointers).expect("what is made is JSON");
    let edited = String::from_utf8(edited).expect("and text");
    assert_eq!(edited, made.kept, "of {}", made.sent);
    assert!(!edited.contains(MARKER));
}

/// Takes away what lies at a pointer, as whoever builds the whole document does it.
fn take(value: &mut Value, path: &[&str]) {
    let Some((&first, rest)) = path.split_first() else { return };
    let is = |name: &str| first == "*" || first == name;
    match value {
        Value::Object(members) if rest.is_empty() => members.retain(|name, _| !is(name)),
        Value::Object(members) => {
            members.iter_mut().filter(|(name, _)| is(name)).for_each(|(_, value)| take(value, rest));
        }
        Value::Array(items) => {
            for (_, item) in items.iter_mut().enumerate().filter(|(index, _)| is(&index.to_string())) {
                if rest.is_empty() { *item = Value::Null } else { take(item, rest) }
            }
        }
        _ => {}
    }
}

/// A text, and what must be left of it.
#[derive(Default)]
struct Made {
    sent: String,
    kept: String,
}

impl Made {
    fn both(text: &str) -> Self {
        Made { sent: text.to_owned(), kept: text.to_owned() }
    }
}

/// Choices, one a byte; when they are over, the first of all.
struct Choices<'i>(std::slice::Iter<'i, u8>);

impl Choices<'_> {
    fn of<'c>(&mut self, choices: &[&'c str]) -> &'c str {
        choices[usize::from(self.0.next().copied().unwrap_or(0)) % choices.len()]
    }

    fn blank(&mut self) -> &'static str {
        self.of(&["", "", " ", "\n\t", "\r"])
    }

    fn value(&mut self, below: &[&[&str]], depth: usize) -> Made {
        let kind = if depth == 0 { "leaf" } else { self.of(&["leaf", "object", "array", "object"]) };
        match kind {
            "object" => self.members(below, depth, true),
            "array" => self.members(below, depth, false),
            _ => Made::both(self.of(&[
                "1.50",
                "-0",
                "1e+09",
                "null",
                "true",
                "\"}],\\\"\\\\\"",
                "\"\\ud83d\"",
                "\"\u{e9}\"",
            ])),
        }
    }

    fn members(&mut self, below: &[&[&str]], depth: usize, named: bool) -> Made {
        let (mut sent, mut kept) = (Vec::new(), Vec::new());
        while self.of(&["end", "more", "more"]) == "more" {
            let index = sent.len().to_string();
            let (name, written) = match self.of(&["a", "b", "b escaped", "c", "d", "lone"]) {
                _ if !named => (index.as_str(), String::new()),
                "b escaped" => ("b", "\"\\u0062\"".to_owned()),
                "lone" => ("\u{fffd}", "\"\\udc00\"".to_owned()),
                name => (name, format!("\"{name}\"")),
            };
            let colon = if named { format!("{}:{}", self.blank(), self.blank()) } else { String::new() };
            let front = format!("{}{written}{colon}", self.blank());
            let behind = self.blank();
            let inner = below.iter().filter(|path| path.first().is_some_and(|first| *first == "*" || *first == name));
            let inner: Vec<&[&str]> = inner.map(|path| &path[1..]).collect();
            if inner.iter().any(|path| path.is_empty()) {
                let gone = self.of(&["\"hush\"", "{\"a\":[\"hush\",{\"hush\":1}]}", "[ \"}hush\\\"\" ]"]);
                sent.push(format!("{front}{gone}{behind}"));
                kept.extend((!named).then(|| format!("{front}null{behind}")));
            } else {
                let value = self.value(&inner, depth - 1);
                sent.push(format!("{front}{}{behind}", value.sent));
                kept.push(format!("{front}{}{behind}", value.kept));
            }
        }
        if sent.is_empty() {
            let blank = self.blank();
            (sent, kept) = (vec![blank.to_owned()], vec![blank.to_owned()]);
        }
        let (open, close) = if named { ('{', '}') } else { ('[', ']') };
        let joined = |parts: Vec<String>| format!("{open}{}{close}", parts.join(","));
        Made { sent: joined(sent), kept: joined(kept) }
    }
}
