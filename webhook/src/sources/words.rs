//! What a word that is not one of the known may have been meant to be.

use std::cmp::Ordering;

/// How alike two words have to be for one to be meant by the other.
const CLOSE: f64 = 0.7;

/// The known word that is nearest to this one, if it is near at all.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let closer = |a: &&str, b: &&str| -> Ordering { strsim::jaro(word, a).total_cmp(&strsim::jaro(word, b)) };
    known.into_iter().max_by(closer).filter(|near| strsim::jaro(word, near) > CLOSE)
}

/// Names a word that is not one of the known, the nearest of them and all of them.
pub(super) fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    let hint = nearest(word, known.iter().copied()).map_or(".".to_owned(), |near| format!(", did you mean {near:?}?"));
    format!("unknown {what} {word:?}{hint} Known: {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_meant_only_where_it_is_close() {
        assert_eq!(nearest("gihub", ["gitlab", "github", "git"]), Some("github"));
        assert_eq!(nearest("zzz", ["gitlab", "github"]), None);
        assert_eq!(unknown("unit", "sec", &["s", "ms"]), "unknown unit \"sec\", did you mean \"s\"? Known: s, ms");
        assert_eq!(unknown("unit", "", &["s", "ms"]), "unknown unit \"\". Known: s, ms");
    }
}
