//! The file of a data contract, as far as a build checks it. Whether it is a sound JSON Schema, a test says.

use serde_json::Value;
use toml::de::DeTable;

use super::reader::find;

/// What is wrong with the text of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContractMistake {
    /// It is no JSON.
    #[error("line {line} column {column}: not JSON, expected a JSON Schema")]
    NotJson {
        /// The line of the mistake, counted from 1.
        line: usize,
        /// The column of the mistake, counted from 1.
        column: usize,
    },
    /// It is JSON and no object. `true` and `false` are schemas, but promise nothing or take nothing.
    #[error("not an object, expected a JSON Schema such as {{\"type\": \"object\", \"required\": [\"id\"]}}")]
    NotAnObject,
}

/// Whether a path names a file under `contracts/` and nothing outside of it.
pub fn is_path(path: &str) -> bool {
    is_file(path, "contracts/", ".json")
}

/// Whether a path names a file of this folder and ending, and nothing outside of the folder.
pub(super) fn is_file(path: &str, folder: &str, ending: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let part = |part: &str| part.bytes().all(fits) && !part.starts_with('.') && !part.is_empty();
    let name = path.strip_prefix(folder).and_then(|rest| rest.strip_suffix(ending));
    name.is_some_and(|name| name.split('/').all(part))
}

/// The line of `sources.toml` that first names a contract, for what is wrong with the file that it names.
pub fn line(sources: &str, path: &str) -> Option<usize> {
    let file = DeTable::parse(sources).ok()?;
    let places = file.get_ref().values().filter_map(|source| {
        let named = find(source.get_ref().as_table()?, "contract")?;
        (named.get_ref().as_str() == Some(path)).then(|| named.span().start)
    });
    let before = sources.get(..places.min()?)?;
    Some(1 + before.matches('\n').count())
}

/// Checks the text of a contract.
///
/// # Errors
/// [`ContractMistake`] says what it is instead of a JSON object.
pub fn check(text: &str) -> Result<(), ContractMistake> {
    match serde_json::from_str(text) {
        Ok(Value::Object(_)) => Ok(()),
        Ok(_) => Err(ContractMistake::NotAnObject),
        Err(error) => Err(ContractMistake::NotJson { line: error.line(), column: error.column() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_under_contracts() {
        for good in ["contracts/a.json", "contracts/stripe.payment_intent.json", "contracts/shop/orders-2.json"] {
            assert!(is_path(good), "{good}");
        }
        let bad = [
            "contracts/.json",
            "contracts/a.toml",
            "a.json",
            "/contracts/a.json",
            "contracts/../a.json",
            "contracts/a/../../b.json",
            "contracts//a.json",
            "contracts/.hidden.json",
            "contracts/a b.json",
            "contracts/\u{e4}.json",
            "contracts\\a.json",
        ];
        for bad in bad {
            assert!(!is_path(bad), "{bad}");
        }
    }

    #[test]
    fn a_contract_is_found_where_a_source_names_it() {
        let sources =
            "[a]\ncontract = \"contracts/a.json\"\n\n[b]\n# contracts/b.json\ncontract = 'contracts/b.json'\n";
        assert_eq!(line(sources, "contracts/a.json"), Some(2));
        assert_eq!(line(sources, "contracts/b.json"), Some(6));
        assert_eq!(line(sources, "contracts/c.json"), None);
    }

    #[test]
    fn a_contract_is_a_json_object() {
        assert_eq!(check("{\"type\": \"object\"}"), Ok(()));
        assert_eq!(check("true"), Err(ContractMistake::NotAnObject));
        assert_eq!(check("{\n  \"type\": }"), Err(ContractMistake::NotJson { line: 2, column: 11 }));
        assert_eq!(check(""), Err(ContractMistake::NotJson { line: 1, column: 0 }));
    }
}
