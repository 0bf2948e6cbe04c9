//! Secrets as an operator may paste them: never shown, and no line makes another useless.

use webhook::secret::Secrets;
use webhook::verify;

use super::posted::{Posted, row};

/// What stands in every line, and in nothing that is said of them.
const MARK: &str = "Hush7Hush";

/// The input: the name of a provider in the first line, and secrets in the others.
pub fn holds(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (name, lines) = text.split_once('\n').unwrap_or((&text, ""));
    let key = &row(name).scheme.key;
    let parsed = Secrets::parse(lines, key);
    let filled = lines.lines().filter(|line| !line.trim().is_empty()).count();
    match &parsed {
        Ok(secrets) => {
            assert_eq!(secrets.count() + secrets.unusable().len(), filled);
            assert_eq!(format!("{secrets:?}"), format!("Secrets({} redacted)", secrets.count()));
            // Whatever a key is, it is tried, and no more.
            let posted = Posted::read(input);
            let _ = verify(&row(name).scheme, secrets, &posted.request(), posted.now_ms);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let marked: String = lines.lines().map(|line| format!("{line}{MARK}\n")).collect();
    let said = Secrets::parse(&marked, key);
    let said = said
        .map_or_else(|error| format!("{error} {error:?}"), |secrets| format!("{secrets:?} {:?}", secrets.unusable()));
    assert!(!said.contains(MARK), "a secret is repeated: {said}");
}
