//! The template of what is signed, as somebody writes it: stricter than [`crate::template`], which renders what our own
//! rows say and takes a brace that is never closed for an end.

use super::place::place;
use super::words::nearest;
use crate::template::PLAIN;

/// One part that a request fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part<'t> {
    /// What stands between the braces.
    pub(super) name: &'t str,
    /// Whether it stands in brackets, which are left out when a part in them is not there.
    pub(super) optional: bool,
}

/// Checks a template.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn check(template: &str) -> Result<(), String> {
    for part in parts(template)? {
        if PLAIN.contains(&part.name) {
            continue;
        }
        if !part.name.contains(':') {
            let near = nearest(part.name, PLAIN).map_or(".".to_owned(), |near| format!(", did you mean {{{near}}}?"));
            let known = PLAIN.map(|name| format!("{{{name}}}")).join(", ");
            return Err(format!(
                "unknown part {{{}}}{near} Known: {known}, and places such as {{header:x-id}}",
                part.name
            ));
        }
        for name in part.name.split('|') {
            place(name).map_err(|message| format!("in {{{}}}: {message}", part.name))?;
        }
    }
    Ok(())
}

/// The parts of a template.
///
/// # Errors
/// A brace or bracket that has no other.
pub(super) fn parts(template: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    // How many parts there were when the bracket opened.
    let mut bracket: Option<usize> = None;
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}', '[', ']']) {
        let (sign, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        rest = after;
        match (sign, bracket) {
            (b'{', _) => {
                let end = after.find(['{', '}', '[', ']']).filter(|end| after.as_bytes()[*end] == b'}');
                let end = end.ok_or("\"{\" without its \"}\"")?;
                parts.push(Part { name: &after[..end], optional: bracket.is_some() });
                rest = &after[end + 1..];
            }
            (b'}', _) => return Err("\"}\" without its \"{\"".to_owned()),
            (b'[', None) => bracket = Some(parts.len()),
            (b'[', Some(_)) => return Err("\"[\" inside of another".to_owned()),
            (_, Some(before)) if before == parts.len() => {
                return Err("brackets without a part in them, which are never left out".to_owned());
            }
            (_, Some(_)) => bracket = None,
            (_, None) => return Err("\"]\" without its \"[\"".to_owned()),
        }
    }
    if bracket.is_some() { Err("\"[\" without its \"]\"".to_owned()) } else { Ok(parts) }
}

/// Whether a template has this part outside of brackets, so that every signature covers it.
pub(super) fn always(template: &str, name: &str) -> bool {
    // Headers go by any case.
    let is_it = |part: &Part<'_>| !part.optional && (part.name == name || place(part.name).is_ok_and(|p| p == name));
    parts(template).is_ok_and(|parts| parts.iter().any(is_it))
}

/// Whether a template has this part at all.
pub(super) fn ever(template: &str, name: &str) -> bool {
    let is_it = |part: &Part<'_>| part.name.split('|').any(|one| one == name || place(one).is_ok_and(|p| p == name));
    parts(template).is_ok_and(|parts| parts.iter().any(is_it))
}

/// Whether a list of headers that is signed has to list this place, too.
pub(super) fn lists(template: &str, place: &str) -> bool {
    let parts = parts(template).unwrap_or_default();
    let mut lists = parts.iter().filter(|part| !part.optional).filter_map(|part| part.name.strip_prefix("headers:"));
    place
        .strip_prefix("header:")
        .is_some_and(|name| lists.any(|list| list.split(',').any(|listed| listed.eq_ignore_ascii_case(name))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider;
    use crate::template::unknown_part;

    #[track_caller]
    fn check_wrong(template: &str, expected: &str) {
        assert_eq!(check(template).unwrap_err(), expected, "{template}");
    }

    #[test]
    fn the_templates_of_all_rows_are_good() {
        for provider in provider::ALL {
            assert_eq!(check(provider.scheme.signed), Ok(()), "{}", provider.name);
        }
    }

    #[test]
    fn what_is_let_through_can_be_rendered() {
        for good in ["", "v0:{timestamp}:{body}", "{header:X-Id|query:id}[;{json:/a}]", "{method}{url}{path}{secret}"] {
            assert_eq!((check(good), unknown_part(good)), (Ok(()), None), "{good}");
        }
    }

    #[test]
    fn a_part_that_nothing_fills_is_told_with_the_nearest() {
        let known = "Known: {body}, {crc32}, {url}, {base}, {path}, {target}, {method}, {timestamp}, {secret}, {form_sorted}, {parameters_sorted}, and places such as {header:x-id}";
        check_wrong("{timestamp}.{bodi}", &format!("unknown part {{bodi}}, did you mean {{body}}? {known}"));
        check_wrong("{}", &format!("unknown part {{}}. {known}"));
        check_wrong(
            "{header:a|heeder:b}",
            "in {header:a|heeder:b}: \"heeder:b\" is no place, did you mean \"header:b\"?",
        );
    }

    #[test]
    fn braces_and_brackets_come_in_pairs() {
        check_wrong("{body", "\"{\" without its \"}\"");
        check_wrong("{a{body}", "\"{\" without its \"}\"");
        check_wrong("body}", "\"}\" without its \"{\"");
        check_wrong("[{query:a}", "\"[\" without its \"]\"");
        check_wrong("{body}]", "\"]\" without its \"[\"");
        check_wrong("[[{query:a}]]", "\"[\" inside of another");
        check_wrong("[abc]{body}", "brackets without a part in them, which are never left out");
    }

    #[test]
    fn only_what_stands_outside_of_brackets_is_always_signed() {
        let template = "[{query:a}{timestamp}]{body}{header:X-Hash}{header:a|header:b}";
        let found = ["body", "timestamp", "header:x-hash", "header:a", "url"]
            .map(|name| (always(template, name), ever(template, name)));
        assert_eq!(found, [(true, true), (false, true), (true, true), (false, true), (false, false)]);
    }
}
