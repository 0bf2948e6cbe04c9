//! What a word that is not one of the known may have been meant to be.

use std::cmp::Ordering;

/// How alike two words have to be for one to be meant by the other.
const CLOSE: f64 = 0.7;

/// The shortest word that a mere part of another one is: `sns` is short for `aws-sns`, and not for what is spelt alike.
const PART_CHARS_MIN: usize = 3;

/// The known word that is nearest to this one, if it is near at all.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let known: Vec<&str> = known.into_iter().collect();
    let part = known.iter().filter(|whole| is_part(word, whole)).min_by_key(|whole| whole.len());
    if let Some(whole) = part {
        return Some(whole);
    }
    let closer = |a: &&str, b: &&str| -> Ordering { strsim::jaro(word, a).total_cmp(&strsim::jaro(word, b)) };
    known.into_iter().max_by(closer).filter(|near| strsim::jaro(word, near) > CLOSE)
}

/// Whether a word is the beginning or the end of another, between its hyphens or underscores.
fn is_part(word: &str, whole: &str) -> bool {
    const BETWEEN: [char; 2] = ['-', '_'];
    word.len() >= PART_CHARS_MIN
        && (whole.strip_prefix(word).is_some_and(|rest| rest.starts_with(BETWEEN))
            || whole.strip_suffix(word).is_some_and(|rest| rest.ends_with(BETWEEN)))
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
        let providers = || crate::provider::ALL.iter().map(|provider| provider.name);
        for (part, whole) in [("sns", "aws-sns"), ("graph", "microsoft-graph"), ("pubsub", "google-pubsub")] {
            assert_eq!(nearest(part, providers()), Some(whole));
        }
        assert_eq!(nearest("days", ["delay", "window_days"]), Some("window_days"));
        assert_eq!(nearest("id", ["event-id"]), None, "too short to be meant by its end alone");
        assert_eq!(unknown("unit", "sec", &["s", "ms"]), "unknown unit \"sec\", did you mean \"s\"? Known: s, ms");
        assert_eq!(unknown("unit", "", &["s", "ms"]), "unknown unit \"\". Known: s, ms");
    }
}
