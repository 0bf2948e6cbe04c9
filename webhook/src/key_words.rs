//! How a provider's secrets are written, in the words of whoever copies one.

use crate::scheme::{Encoding, Key};

impl Key {
    /// How a secret is written: `base64 after whsec_`. With [`Encoding::Utf8`] and nothing before it, any text is one.
    pub fn words(&self) -> String {
        if let Some(separator) = self.named {
            return format!("NAME{separator}SECRET");
        }
        let written = match self.decode {
            Encoding::Utf8 | Encoding::Sha1 => "text",
            Encoding::Ascii => "text in ASCII",
            Encoding::Hex => "hex",
            Encoding::Base64 => "base64",
            Encoding::Base64Url => "base64 with - and _",
            Encoding::SpkiP256 => "a P-256 public key in base64, in one line without the BEGIN and END of PEM",
            Encoding::SpkiRsa => "an RSA public key in base64, in one line without the BEGIN and END of PEM",
            Encoding::JwkP256 => "a P-256 public key as JSON Web Key, in one line",
        };
        let after = self.strip.first().map_or_else(String::new, |prefix| format!(" after {prefix}"));
        format!("{written}{after}")
    }
}

#[cfg(test)]
mod tests {
    use crate::provider;

    #[test]
    fn a_secret_is_described_as_its_provider_shows_it() {
        let words = |name: &str| provider::by_name(name).unwrap().scheme.key.words();
        assert_eq!(words("svix"), "base64 after whsec_");
        assert_eq!(words("adyen"), "hex");
        assert_eq!(words("github"), "text");
        assert_eq!(words("braintree"), "NAME|SECRET");
        assert_eq!(words("easypost"), "text in ASCII");
        assert_eq!(words("inngest"), "text after signkey-*-");
        assert_eq!(words("sendgrid"), "a P-256 public key in base64, in one line without the BEGIN and END of PEM");
    }
}
