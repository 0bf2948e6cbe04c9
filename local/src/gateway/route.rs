//! Which paths a route matches, and what it finds in them.

use std::collections::BTreeMap;

/// A route for any method: literal segments and `{name}` segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    path: String,
}

impl Route {
    /// A route as the configuration writes it, such as `/hooks/{source}`.
    pub(crate) fn new(path: &str) -> Self {
        Self { path: path.to_owned() }
    }

    /// The name of the route in events: `ANY /hooks/{source}`.
    pub(crate) fn key(&self) -> String {
        format!("ANY {}", self.path)
    }

    /// The path parameters, if this (decoded) path is one of the route's. A parameter is one segment and
    /// never empty.
    pub(crate) fn parameters(&self, path: &str) -> Option<BTreeMap<String, String>> {
        let mut parameters = BTreeMap::new();
        let mut segments = path.split('/');
        for expected in self.path.split('/') {
            let segment = segments.next()?;
            match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) if !segment.is_empty() => {
                    parameters.insert(name.to_owned(), segment.to_owned());
                }
                Some(_) => return None,
                None if expected == segment => {}
                None => return None,
            }
        }
        segments.next().is_none().then_some(parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[track_caller]
    fn check(path: &str, expected: Option<&[(&str, &str)]>) {
        let expected =
            expected.map(|pairs| pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect());
        assert_eq!(Route::new("/hooks/{source}").parameters(path), expected);
    }

    #[test]
    fn a_parameter_takes_one_segment() {
        check("/hooks/stripe", Some(&[("source", "stripe")]));
        check("/hooks/a b", Some(&[("source", "a b")]));
    }

    #[test]
    fn a_parameter_is_neither_empty_nor_several_segments() {
        check("/hooks/", None);
        check("/hooks", None);
        check("/hooks/a/b", None);
        check("/hooks/a/", None);
    }

    #[test]
    fn literal_segments_must_be_equal() {
        check("/hook/stripe", None);
        check("/", None);
        assert_eq!(Route::new("/health").parameters("/health"), Some(Default::default()));
    }
}
