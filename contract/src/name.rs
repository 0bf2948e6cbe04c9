//! Whether the name of a field is a word of whoever designed the payload, or data: an id, an address, a number.

/// The longest name that is taken for a word, in bytes.
const BYTES_MAX: usize = 48;
/// How many digits a word has at most (`address_line2`, `sha256`, `s3_key`), and in how many places.
const DIGITS_MAX: usize = 4;
const RUNS_MAX: usize = 2;
/// How many capitals a word with digits has at most (`MediaContentType0`): ids in base 62 have more.
const CAPITALS_MAX: usize = 4;

/// Whether a name reads like one that somebody gave a field. Of what does not, nothing is said or written: keys of a map
/// are its data. A person's name or a plain word may pass, so names that are shown are those of a contract's place and
/// never of a place that the contract says is a map.
pub(crate) fn is_word(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.$:".contains(&byte);
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == '$');
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let runs = name.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).count();
    let capitals = name.bytes().filter(u8::is_ascii_uppercase).count();
    let is_random = digits > DIGITS_MAX || runs > RUNS_MAX || (digits > 0 && capitals > CAPITALS_MAX);
    begins && !is_random && name.len() <= BYTES_MAX && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::is_word;

    #[test]
    fn names_of_fields_are_words_and_ids_are_not() {
        for word in ["id", "_links", "$ref", "address_line2", "sha256", "previousAttributes", "x-shop", "ipv4_cidr24"] {
            assert!(is_word(word), "{word}");
        }
        let data = [
            "",
            "+1",
            "4242",
            "2026-11-22",
            "a@b.example",
            "cus_NffrFeUfNV2Hib9",
            "7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "f47ac10b58cc4372",
            "https://a.example/",
            "two words",
            "na\u{ef}ve",
            "W1a2b3",
        ];
        for data in data {
            assert!(!is_word(data), "{data}");
        }
        assert!(!is_word(&"long".repeat(13)));
    }
}
