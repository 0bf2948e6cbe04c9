//! Secrets: several may be live at once, none is ever shown.

use zeroize::Zeroizing;

use crate::key_prefix;
use crate::scheme::Key;

/// The keys of one source, in the order in which they were configured. Any of them may have signed.
///
/// The bytes are wiped from memory on drop, and `Debug` shows only how many there are.
pub struct Secrets {
    keys: Vec<Zeroizing<Vec<u8>>>,
    /// The name of each key, empty where it has none, with what stands behind it.
    names: Vec<(String, String)>,
    unusable: Vec<SecretError>,
}

/// A secret that cannot be a key of this scheme. Says which line, never what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is no secret at all.
    #[error("no secret is set, expected one a line")]
    Empty,
    /// A line is not written as the provider writes its secrets.
    #[error("secret {line} is not {expected}: copy it again from the provider")]
    Undecodable {
        /// The line of the secret, counted from 1.
        line: usize,
        /// How the provider writes secrets, in words.
        expected: String,
    },
}

impl Secrets {
    /// Reads secrets, one a line; blank lines and white space around a secret are dropped. A line that cannot
    /// be a key makes no other unusable, see [`Secrets::unusable`].
    ///
    /// # Errors
    /// [`SecretError`] when no line can be a key.
    pub fn parse(text: &str, key: &Key) -> Result<Self, SecretError> {
        let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
        let mut secrets = Secrets { keys: Vec::new(), names: Vec::new(), unusable: Vec::new() };
        for (index, line) in lines {
            let bare = key.strip.iter().find_map(|prefix| key_prefix::behind(prefix, line)).unwrap_or(line);
            let usable = key.split(bare).and_then(|(name, secret)| Some((name, key.decode.decode(secret)?)));
            match usable.filter(|(_, bytes)| !bytes.is_empty()) {
                Some((name, bytes)) => {
                    secrets.keys.push(Zeroizing::new(bytes));
                    secrets.names.push((name.to_owned(), key.named.map_or_else(String::new, String::from)));
                }
                None => {
                    secrets.unusable.push(SecretError::Undecodable { line: index + 1, expected: key.words() });
                }
            }
        }
        match (secrets.keys.is_empty(), secrets.unusable.is_empty()) {
            (false, _) => Ok(secrets),
            (true, true) => Err(SecretError::Empty),
            (true, false) => Err(secrets.unusable.swap_remove(0)),
        }
    }

    /// The key bytes, one slice a secret.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().map(|key| key.as_slice())
    }

    /// The name of a secret, by its number; empty where it has none. It is nothing that has to be kept.
    pub(crate) fn name(&self, secret: usize) -> &str {
        self.names.get(secret).map_or("", |(name, _)| name)
    }

    /// A signature as it is written under the name of a secret.
    pub(crate) fn under_name(&self, secret: usize, signature: &str) -> String {
        self.names.get(secret).map_or_else(String::new, |(name, separator)| format!("{name}{separator}{signature}"))
    }

    /// The lines that are no secrets, for the log: somebody's rotation has a slip in it.
    pub fn unusable(&self) -> &[SecretError] {
        &self.unusable
    }

    /// How many secrets are live.
    pub fn count(&self) -> usize {
        self.keys.len()
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({} redacted)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::Encoding;

    const PLAIN: Key = Key { strip: &[], decode: Encoding::Utf8, named: None };
    const WHSEC: Key = Key { strip: &["whsec_"], decode: Encoding::Base64, named: None };

    #[test]
    fn several_lines_are_several_secrets_without_their_white_space() {
        let secrets = Secrets::parse("  one\r\n\n two \n", &PLAIN).unwrap();
        assert_eq!(secrets.keys().collect::<Vec<_>>(), [b"one", b"two"]);
    }

    #[test]
    fn a_prefix_is_removed_and_the_rest_decoded() {
        let secrets = Secrets::parse("whsec_AQID", &WHSEC).unwrap();
        assert_eq!(secrets.keys().collect::<Vec<_>>(), [[1, 2, 3]]);
    }

    #[test]
    fn what_cannot_be_a_key_is_an_error_that_does_not_show_it() {
        assert_eq!(Secrets::parse(" \n", &PLAIN).unwrap_err(), SecretError::Empty);
        let error = Secrets::parse("\nwhsec_n!t", &WHSEC).unwrap_err().to_string();
        assert_eq!(error, "secret 2 is not base64 after whsec_: copy it again from the provider");
        assert!(Secrets::parse("whsec_", &WHSEC).is_err(), "an empty key signs nothing");
        let ascii = Key { decode: Encoding::Ascii, ..PLAIN };
        let error = Secrets::parse("one\nsécret", &ascii).unwrap().unusable()[0].to_string();
        assert_eq!(error, "secret 2 is not text in ASCII: copy it again from the provider");
        let pem = Key { decode: Encoding::SpkiP256, ..PLAIN };
        let error = Secrets::parse("-----BEGIN PUBLIC KEY-----\nMFkw\n", &pem).unwrap_err().to_string();
        assert!(error.starts_with("secret 1 is not a P-256 public key in base64, in one line without "), "{error}");
    }

    #[test]
    fn a_line_that_is_no_secret_leaves_the_others_live() {
        let secrets = Secrets::parse("whsec_AQID\nwhsec_n!t", &WHSEC).unwrap();
        assert_eq!((secrets.count(), secrets.unusable().len()), (1, 1));
    }

    #[test]
    fn a_name_stands_before_its_secret_and_before_signatures() {
        let key = Key { named: Some('|'), ..PLAIN };
        let secrets = Secrets::parse("one|first\nnameless\ntwo|se|cond", &key).unwrap();
        assert_eq!(secrets.keys().collect::<Vec<_>>(), [&b"first"[..], b"se|cond"]);
        assert_eq!((secrets.name(0), secrets.under_name(1, "00").as_str()), ("one", "two|00"));
        assert_eq!(secrets.unusable().len(), 1, "without a name");
        assert_eq!(Secrets::parse("hush", &PLAIN).unwrap().under_name(0, "00"), "00");
    }

    #[test]
    fn debug_shows_how_many_and_nothing_else() {
        assert_eq!(format!("{:?}", Secrets::parse("hush", &PLAIN).unwrap()), "Secrets(1 redacted)");
    }
}
