//! The contracts of a source, as `sources.toml` says them: one path, or one a type of event.

use super::contract;
use super::reader::{Reader, Value};
use crate::contracts::{Contracts, EVERY};

/// The longest type, in bytes.
const TYPE_BYTES_MAX: usize = 128;

impl Reader<'_> {
    /// `"contracts/a.json"`, or `{ "customer.*" = "contracts/a.json", "*" = "contracts/b.json" }`.
    pub(super) fn contracts(&mut self, value: &Value<'_>) -> Option<Contracts> {
        let Some(table) = value.get_ref().as_table() else {
            return self.contract(value).map(|path| Contracts::one(&path));
        };
        if table.is_empty() {
            let expected = "contract: expected at least one, such as { \"*\" = \"contracts/NAME.json\" }";
            return self.wrong(value.span(), expected);
        }
        let mut sound = true;
        let mut pairs = Vec::new();
        for (written, path) in table {
            let name = written.get_ref().as_ref();
            if !is_type(name) {
                let expected = "expected a type such as \"customer.created\", \"customer.*\" for all that begin so, or \"*\" for all others";
                self.mistake(written.span(), format!("contract {name:?}, {expected}"));
                sound = false;
            }
            match self.contract(path) {
                Some(path) => pairs.push((name.to_owned(), path)),
                None => sound = false,
            }
        }
        pairs.sort();
        sound.then(|| Contracts::by_type(pairs))
    }

    fn contract(&mut self, value: &Value<'_>) -> Option<String> {
        let path = self.string(value, "contract")?;
        if contract::is_path(path) {
            return Some(path.to_owned());
        }
        let message = format!(
            "contract {path:?}, expected \"contracts/NAME.json\": a file of the checkout, in a-z, A-Z, 0-9, '.', '_' and '-'"
        );
        self.wrong(value.span(), message)
    }
}

/// Whether this is a type, or the beginning of some and a `*`, which stands nowhere else.
fn is_type(written: &str) -> bool {
    let name = written.strip_suffix(EVERY).unwrap_or(written);
    !written.is_empty() && written.len() <= TYPE_BYTES_MAX && !name.contains(EVERY) && !name.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use crate::sources::{self, Source};

    fn parse(contract: &str) -> Result<Vec<Source>, Vec<String>> {
        let text = format!("[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\ncontract = {contract}");
        sources::parse(&text).map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_type_may_have_a_contract_of_its_own() {
        let written = r#"{ "push" = "contracts/a.json", "pull_*" = "contracts/b.json", "*" = "contracts/c.json" }"#;
        let sources = parse(written).unwrap();
        let of = |kind| sources[0].contract.of(kind);
        assert_eq!(of(Some("push")), Some("contracts/a.json"));
        assert_eq!(of(Some("pull_request")), Some("contracts/b.json"));
        assert_eq!(of(None), Some("contracts/c.json"));
        assert_eq!(sources[0].contract.paths().count(), 3);
        let read = sources::from_json(&sources::to_json(&sources)).unwrap();
        assert_eq!(read[0].contract, sources[0].contract);
    }

    #[test]
    fn what_is_no_type_and_what_is_no_path_is_told() {
        let expected = "expected a type such as \"customer.created\", \"customer.*\" for all that begin so, or \"*\" for all others";
        for wrong in ["", "a*b", "**", "a*b*", "a\\u0007"] {
            let told = parse(&format!(r#"{{ "{wrong}" = "contracts/a.json" }}"#)).unwrap_err();
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].starts_with("line 4: contract ") && told[0].ends_with(expected), "{told:?}");
        }
        let told = parse(r#"{ "a" = "a.json", "b" = 7 }"#).unwrap_err();
        assert!(told[0].starts_with("line 4: contract \"a.json\", expected \"contracts/NAME.json\""), "{told:?}");
        assert_eq!(told[1], "line 4: contract is integer, expected a string");
        let told = parse("{}").unwrap_err();
        assert_eq!(told, ["line 4: contract: expected at least one, such as { \"*\" = \"contracts/NAME.json\" }"]);
    }
}
