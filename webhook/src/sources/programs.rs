//! The jq programs of a source: which of its events are wanted, what they become, and which of an entity's is the newest.
//!
//! Here they are text. `jq/` runs them, and a test of the worker compiles them.

use serde::{Deserialize, Serialize};

#[cfg(feature = "toml")]
use super::contract::is_file;
#[cfg(feature = "toml")]
use super::reader::{Reader, Table, Value, entry, find};
#[cfg(feature = "toml")]
use crate::destination::Destination;

/// The longest program, in bytes.
pub const PROGRAM_BYTES_MAX: usize = 64 * 1024;

/// The programs of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Programs {
    /// Whether an event is wanted: no output, `false` and `null` say that it is not.
    pub filter: Option<Program>,
    /// What an event becomes.
    pub map: Option<Program>,
    /// Which of an entity's events is the newest.
    pub order: Option<Order>,
}

/// The programs that put the events of an entity in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Which entity an event is about.
    pub entity: Program,
    /// What is larger the newer the event is.
    pub by: Program,
}

/// Where a program is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Program {
    /// In `sources.toml`.
    Text(String),
    /// In a file: a path from the checkout, `maps/NAME.jq`. The worker has the text.
    File(String),
}

impl Programs {
    /// Every program, with the key of `sources.toml` that it stands under.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Program)> {
        let order = self.order.as_ref();
        let all = [
            ("filter", self.filter.as_ref()),
            ("map", self.map.as_ref()),
            ("entity", order.map(|order| &order.entity)),
            ("order_by", order.map(|order| &order.by)),
        ];
        all.into_iter().filter_map(|(key, program)| Some((key, program?)))
    }

    /// The paths of those that are files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.all().filter_map(|(_, program)| match program {
            Program::File(path) => Some(path.as_str()),
            Program::Text(_) => None,
        })
    }
}

#[cfg(feature = "toml")]
impl Reader<'_> {
    /// The programs of a source that has these destinations.
    pub(super) fn programs(&mut self, table: &Table<'_>, destinations: Option<&[Destination]>) -> Programs {
        let filter = find(table, "filter").and_then(|value| self.program(value, "filter"));
        let map = match (find(table, "map"), entry(table, "map_file")) {
            (Some(_), Some((span, _))) => self.wrong(span, "both map and map_file, expected one of them"),
            (Some(value), None) => self.program(value, "map"),
            (None, Some((_, value))) => self.map_file(value),
            (None, None) => None,
        };
        Programs { filter, map, order: self.order(table, destinations) }
    }

    fn order(&mut self, table: &Table<'_>, destinations: Option<&[Destination]>) -> Option<Order> {
        let (span, entity, by) = match (entry(table, "entity"), entry(table, "order_by")) {
            (Some((span, entity)), Some((_, by))) => (span, entity, by),
            (Some((span, _)), None) => return self.wrong(span, "entity without order_by, expected both or none"),
            (None, Some((span, _))) => return self.wrong(span, "order_by without entity, expected both or none"),
            (None, None) => return None,
        };
        if destinations.is_some_and(|all| all != [Destination::Table]) {
            let message =
                "entity: only the table knows which event of it is the newest, expected destination = \"table\"";
            self.mistake(span, message);
        }
        Some(Order { entity: self.program(entity, "entity")?, by: self.program(by, "order_by")? })
    }

    fn program(&mut self, value: &Value<'_>, key: &str) -> Option<Program> {
        let text = self.string(value, key)?;
        if text.trim().is_empty() || text.len() > PROGRAM_BYTES_MAX {
            return self
                .wrong(value.span(), format!("{key}: expected a jq program of at most {PROGRAM_BYTES_MAX} bytes"));
        }
        Some(Program::Text(text.to_owned()))
    }

    fn map_file(&mut self, value: &Value<'_>) -> Option<Program> {
        let path = self.string(value, "map_file")?;
        if is_file(path, "maps/", ".jq") {
            return Some(Program::File(path.to_owned()));
        }
        let message = format!(
            "map_file {path:?}, expected \"maps/NAME.jq\": a file of the checkout, in a-z, A-Z, 0-9, '.', '_' and '-'"
        );
        self.wrong(value.span(), message)
    }
}

#[cfg(feature = "toml")]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{from_json, parse, to_json};

    fn source(lines: &str) -> String {
        format!("[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\n{lines}")
    }

    #[track_caller]
    fn check_wrong(lines: &str, expected: &str) {
        let told: Vec<String> = parse(&source(lines)).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(told, [expected], "{lines}");
    }

    #[test]
    fn programs_are_read_and_survive_the_way_into_a_binary() {
        let lines = "filter = '.a'\nmap_file = \"maps/b.jq\"\nentity = '.c'\norder_by = '.d'";
        let sources = parse(&source(lines)).unwrap();
        let text = |text: &str| Program::Text(text.to_owned());
        let file = Program::File("maps/b.jq".to_owned());
        let all: Vec<(&str, &Program)> = sources[0].programs.all().collect();
        let expected = [("filter", &text(".a")), ("map", &file), ("entity", &text(".c")), ("order_by", &text(".d"))];
        assert_eq!(all, expected);
        assert_eq!(sources[0].programs.files().collect::<Vec<_>>(), ["maps/b.jq"]);
        assert_eq!(from_json(&to_json(&sources)).unwrap()[0].programs, sources[0].programs);
        assert_eq!(parse(&source("")).unwrap()[0].programs, Programs::default());
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        check_wrong("map = '.'\nmap_file = \"maps/a.jq\"", "line 5: both map and map_file, expected one of them");
        let path = "map_file \"maps/../a.jq\", expected \"maps/NAME.jq\": a file of the checkout, in a-z, A-Z, 0-9, '.', '_' and '-'";
        check_wrong("map_file = \"maps/../a.jq\"", &format!("line 4: {path}"));
        check_wrong("filter = ' '", "line 4: filter: expected a jq program of at most 65536 bytes");
        check_wrong("filter = true", "line 4: filter is boolean, expected a string");
        check_wrong("entity = '.a'", "line 4: entity without order_by, expected both or none");
        check_wrong("order_by = '.a'", "line 4: order_by without entity, expected both or none");
        let only =
            "line 4: entity: only the table knows which event of it is the newest, expected destination = \"table\"";
        check_wrong("entity = '.a'\norder_by = '.b'\ndestination = \"handler\"", only);
        check_wrong("entity = '.a'\norder_by = '.b'\ndestination = [\"table\", \"handler\"]", only);
    }
}
