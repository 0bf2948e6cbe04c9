//! Samples parted by the type that each names, and the files that their contracts go to.

use std::collections::BTreeMap;

use contract::infer::Samples;
use serde_json::Value;

use crate::CliError;

/// How many types are told apart.
const TYPES_MAX: usize = 500;
const TYPE_BYTES_MAX: usize = 128;

/// Samples by the type of their events.
#[derive(Debug, Default)]
pub struct ByType(BTreeMap<String, Samples>);

impl ByType {
    /// The samples that a payload belongs to, by the text at this JSON pointer.
    ///
    /// # Errors
    /// When there is no text, or not one that names a type.
    pub fn of(&mut self, payload: &Value, pointer: &str) -> Result<&mut Samples, CliError> {
        let name = payload.pointer(pointer).and_then(Value::as_str).filter(|name| is_type(name));
        let name = name.ok_or_else(|| {
            let expected = "expected the type of the event there, such as \"customer.created\"";
            CliError::failed(format!(
                "no text of up to {TYPE_BYTES_MAX} printable characters at {pointer:?}, {expected}"
            ))
        })?;
        if self.0.len() == TYPES_MAX && !self.0.contains_key(name) {
            let message = format!("more than {TYPES_MAX} types at {pointer:?}, expected the type of the event there");
            return Err(CliError::failed(message));
        }
        Ok(self.0.entry(name.to_owned()).or_default())
    }

    /// The types with the names of their files, each another one, and their samples.
    pub fn files(&self) -> Vec<(String, &str, &Samples)> {
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        let name = |kind: &str| {
            let stem = stem(kind);
            let times = taken.entry(stem.to_ascii_lowercase()).or_default();
            *times += 1;
            if *times == 1 { format!("{stem}.json") } else { format!("{stem}--{times}.json") }
        };
        let names: Vec<String> = self.0.keys().map(String::as_str).map(name).collect();
        names.into_iter().zip(&self.0).map(|(name, (kind, samples))| (name, kind.as_str(), samples)).collect()
    }
}

fn is_type(name: &str) -> bool {
    !name.is_empty() && name.len() <= TYPE_BYTES_MAX && !name.contains('*') && !name.contains(char::is_control)
}

/// A type as `sources.toml` lets a file be called.
fn stem(kind: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let name: String = kind.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    if name.starts_with('.') { format!("-{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_type_has_a_file_of_its_own_that_sources_toml_may_name() {
        let mut by_type = ByType::default();
        let kinds = ["orders/create", "orders-create", "a.b", "A.B", "..", "\u{e4} b"];
        for kind in kinds {
            by_type.of(&json!({"type": kind}), "/type").unwrap();
        }
        let names: Vec<String> = by_type.files().into_iter().map(|(name, ..)| name).collect();
        assert_eq!(
            names,
            ["-...json", "A.B.json", "a.b--2.json", "orders-create.json", "orders-create--2.json", "--b.json"]
        );
        for name in names {
            assert!(webhook::sources::contract::is_path(&format!("contracts/{name}")), "{name}");
        }
    }

    #[test]
    fn what_names_no_type_is_refused_and_not_repeated() {
        for payload in
            [json!({}), json!({"type": 7}), json!({"type": ""}), json!({"type": "s3cret*"}), json!({"type": "a\n"})]
        {
            let told = ByType::default().of(&payload, "/type").unwrap_err().to_string();
            assert!(told.contains("\"/type\", expected the type of the event") && !told.contains("s3cret"), "{told}");
        }
    }
}
