//! What is said of an error of a program. The library's own words repeat values of the payload, so only the kinds of
//! them are told; a program's own words are told where they stand in the program.

/// How many bytes of a program's own words are told.
const WORDS_BYTES_MAX: usize = 200;

/// Words for an error, from the library's words for it and the program that it came from.
pub(crate) fn of(error: &str, program: &str) -> String {
    told(error).unwrap_or_else(|| {
        let own = !error.is_empty() && error.len() <= WORDS_BYTES_MAX && program.contains(&format!("\"{error}\""));
        if own { format!("failed with error({error:?})") } else { "failed with an error of its own".to_owned() }
    })
}

/// Words for the errors that the library makes of values.
fn told(error: &str) -> Option<String> {
    const USES: [&str; 7] =
        ["integer", "number", "string", "array", "iterable (array or object)", "rangeable (array or string)", "object"];
    if let Some(rest) = error.strip_prefix("cannot index ") {
        return Some(format!("cannot index {} with {}", first_kind(rest)?, last_kind(rest)?));
    }
    if let Some(rest) = error.strip_prefix("cannot use ") {
        let to = USES.into_iter().find(|to| rest.strip_suffix(to).is_some_and(|rest| rest.ends_with(" as ")))?;
        return Some(format!("cannot use {} as {to}", first_kind(rest)?));
    }
    if let Some(rest) = error.strip_prefix("cannot calculate ") {
        return Some(format!("cannot calculate with {} and {}", first_kind(rest)?, last_kind(rest)?));
    }
    if error.starts_with("invalid path expression") {
        return Some("assigned to what is no path".to_owned());
    }
    error.starts_with("cannot parse ").then(|| "cannot parse a text".to_owned())
}

/// The kind of the value that begins a text.
fn first_kind(text: &str) -> Option<&'static str> {
    Some(match text.as_bytes().first()? {
        b'{' => "an object",
        b'[' => "an array",
        b'"' => "a string",
        b'n' => "null",
        b't' | b'f' => "a boolean",
        b'0'..=b'9' | b'-' => "a number",
        _ => "a value",
    })
}

/// The kind of the value that ends a text.
fn last_kind(text: &str) -> Option<&'static str> {
    Some(match text.as_bytes().last()? {
        b'}' => "an object",
        b']' => "an array",
        b'"' => "a string",
        b'l' => "null",
        b'e' => "a boolean",
        b'0'..=b'9' => "a number",
        _ => "a value",
    })
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn kinds_are_told_and_values_are_not() {
        for (error, words) in [
            (r#"cannot index "4000" with "a""#, "cannot index a string with a string"),
            (r#"cannot index [4000] with "a as array""#, "cannot index an array with a string"),
            (r"cannot use null as iterable (array or object)", "cannot use null as iterable (array or object)"),
            (r#"cannot use {"a as string":4000} as number"#, "cannot use an object as number"),
            (r#"cannot use {"a as 4000":4000} as secret"#, "failed with an error of its own"),
            (r#"cannot calculate {"a":4000} + true"#, "cannot calculate with an object and a boolean"),
            ("cannot parse \"4000\" as JSON: byte offset 0", "cannot parse a text"),
            ("4000 has no length", "failed with an error of its own"),
            ("no id", "failed with error(\"no id\")"),
            ("4000", "failed with an error of its own"),
            ("", "failed with an error of its own"),
        ] {
            assert_eq!(of(error, r#".a // error("no id")"#), words, "{error}");
        }
    }
}
