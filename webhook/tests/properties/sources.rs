//! `sources.toml`, whatever stands in it: sources, or mistakes with a line each, and no secret among their words.

use webhook::sources::{from_json, parse, to_json};

/// What an operator may have pasted where a name was wanted.
const MARK: &str = "Hush7Hush";

/// The input: the file.
pub fn holds(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match parse(&text) {
        Ok(sources) => {
            assert!(sources.is_sorted_by(|a, b| a.name < b.name), "each name once, in order");
            let read = from_json(&to_json(&sources)).expect("what is embedded can be read");
            assert_eq!(format!("{read:?}"), format!("{sources:?}"));
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            let lines = 1 + text.matches('\n').count();
            for mistake in mistakes {
                assert!((1..=lines).contains(&mistake.line), "line {} of {lines}: {mistake}", mistake.line);
                assert!(!mistake.message.is_empty());
            }
        }
    }
    // As JSON writes a text, TOML reads it.
    let pasted = serde_json::to_string(&format!("{MARK}{text}")).expect("a text is JSON");
    let address = serde_json::to_string(&format!("https://me:{MARK}@a.example/{text}")).expect("a text is JSON");
    let file = format!("[a]\nprovider = \"github\"\nsecrets = [{pasted}]\ndestination = {address}\n");
    for mistake in parse(&file).expect_err("neither is what it should be") {
        assert!(!mistake.message.contains(MARK), "a secret is repeated: {mistake}");
    }
}
