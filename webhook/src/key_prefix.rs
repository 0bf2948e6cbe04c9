//! What stands before a key where an operator copies it, and is no part of it.

/// Stands in a prefix for a name that may be any: letters, digits and underscores, at least one.
const NAME: char = '*';

/// What is left of a text behind a prefix; `None` where it does not begin so.
pub(crate) fn behind<'t>(prefix: &str, text: &'t str) -> Option<&'t str> {
    let Some((before, after)) = prefix.split_once(NAME) else { return text.strip_prefix(prefix) };
    let named = text.strip_prefix(before)?;
    let rest = named.trim_start_matches(is_of_name);
    if rest.len() == named.len() { None } else { rest.strip_prefix(after) }
}

/// Whether it can be told where a prefix ends: what stands behind its one name begins with something that no name holds.
#[cfg(feature = "toml")]
pub(crate) fn ends(prefix: &str) -> bool {
    let Some((_, after)) = prefix.split_once(NAME) else { return true };
    after.starts_with(|c| !is_of_name(c)) && !after.contains(NAME)
}

/// A prefix as it stands before a key, with a name made up where it has one.
pub(crate) fn written(prefix: &str) -> String {
    prefix.replacen(NAME, "test", 1)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(prefix: &str, text: &str, expected: Option<&str>) {
        assert_eq!(behind(prefix, text), expected);
    }

    #[test]
    fn a_prefix_is_removed_whatever_name_stands_in_it() {
        check("whsec_", "whsec_AQID", Some("AQID"));
        check("whsec_", "AQID", None);
        check("signkey-*-", "signkey-prod-12345678", Some("12345678"));
        check("signkey-*-", "signkey-branch_2-1234-5678", Some("1234-5678"));
        check("signkey-*-", "signkey--12345678", None);
        check("signkey-*-", "signkey-prod", None);
        check("signkey-*-", "signkey-pröd-12345678", None);
        check("signkey-*-", "12345678", None);
    }

    #[test]
    fn what_is_written_before_a_key_is_found_there() {
        for prefix in ["whsec_", "signkey-*-"] {
            check(prefix, &format!("{}12", written(prefix)), Some("12"));
        }
    }

    #[cfg(feature = "toml")]
    #[test]
    fn a_prefix_ends_where_no_name_goes_on() {
        for (prefix, expected) in
            [("whsec_", true), ("signkey-*-", true), ("key_*", false), ("key-*x", false), ("key-*-*-", false)]
        {
            assert_eq!(ends(prefix), expected, "{prefix}");
        }
    }
}
