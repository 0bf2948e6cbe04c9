//! Secrets: several may be live at once, none is ever shown.

use zeroize::Zeroizing;

use crate::scheme::{Encoding, Key};

/// The keys of one source, in the order in which they were configured. Any of them may have signed.
///
/// The bytes are wiped from memory on drop, and `Debug` shows only how many there are.
pub struct Secrets(Vec<Zeroizing<Vec<u8>>>);

/// A secret that cannot be a key of this scheme. Says which line, never what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is no secret at all.
    #[error("no secret is set, expected one a line")]
    Empty,
    /// A line is not written as the provider writes its secrets.
    #[error("secret {line} is not {encoding:?}{prefix}, copy it again from the provider")]
    Undecodable {
        /// The line of the secret, counted from 1.
        line: usize,
        /// How the provider writes secrets.
        encoding: Encoding,
        /// What stands in front of them, for the message.
        prefix: String,
    },
}

impl Secrets {
    /// Reads secrets, one a line; blank lines and white space around a secret are dropped.
    ///
    /// # Errors
    /// [`SecretError`] when there is none, or when one cannot be a key.
    pub fn parse(text: &str, key: &Key) -> Result<Self, SecretError> {
        let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
        let secrets = lines.map(|(index, line)| {
            let bare = line.strip_prefix(key.strip).unwrap_or(line);
            let bytes = key.decode.decode(bare).filter(|bytes| !bytes.is_empty());
            bytes.map(Zeroizing::new).ok_or_else(|| SecretError::Undecodable {
                line: index + 1,
                encoding: key.decode,
                prefix: if key.strip.is_empty() { String::new() } else { format!(" after {}", key.strip) },
            })
        });
        let secrets = secrets.collect::<Result<Vec<_>, _>>()?;
        if secrets.is_empty() { Err(SecretError::Empty) } else { Ok(Secrets(secrets)) }
    }

    /// The key bytes, one slice a secret.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|key| key.as_slice())
    }

    /// How many secrets are live.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({} redacted)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Key = Key { strip: "", decode: Encoding::Utf8 };
    const WHSEC: Key = Key { strip: "whsec_", decode: Encoding::Base64 };

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
        let error = Secrets::parse("whsec_AQID\nwhsec_n!t", &WHSEC).unwrap_err().to_string();
        assert_eq!(error, "secret 2 is not Base64 after whsec_, copy it again from the provider");
        assert!(Secrets::parse("whsec_", &WHSEC).is_err(), "an empty key signs nothing");
    }

    #[test]
    fn debug_shows_how_many_and_nothing_else() {
        assert_eq!(format!("{:?}", Secrets::parse("hush", &PLAIN).unwrap()), "Secrets(1 redacted)");
    }
}
