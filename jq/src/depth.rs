//! How deep JSON is, counted without recursion: what reads and drops it recurses.

/// Whether more lists and objects than `levels` lie inside of each other in what is known to be JSON.
pub(crate) fn exceeds(json: &[u8], levels: usize) -> bool {
    let (mut depth, mut text, mut escaped) = (0_usize, false, false);
    for byte in json {
        match (text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => text = !text,
            (false, b'[' | b'{') => {
                depth += 1;
                if depth > levels {
                    return true;
                }
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::exceeds;

    #[test]
    fn levels_are_counted_outside_of_texts() {
        for (json, levels, expected) in [
            ("7", 0, false),
            ("[]", 0, true),
            ("[]", 1, false),
            (r#"[{"a":[]},[],[]]"#, 3, false),
            (r#"[{"a":[]},[],[]]"#, 2, true),
            (r#"["[[[[", "\"[[", "\\", []]"#, 2, false),
            (r#"["\\", [[]]]"#, 2, true),
        ] {
            assert_eq!(exceeds(json.as_bytes(), levels), expected, "{json} {levels}");
        }
    }
}
