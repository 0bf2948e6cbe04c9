//! Subscriptions that are confirmed by a visit to a URL that the provider sends: AWS SNS asks for one.
//!
//! The rules visit nothing. They say which URL may be, of a request that is verified.

use crate::document;
use crate::field::Field;
use crate::verify::{Rejection, Verified};

/// How a provider asks for a confirmation.
#[derive(Debug, Clone, Copy)]
pub struct Confirmation {
    /// What says that it asks, and the word that stands there.
    pub when: (Field, &'static str),
    /// Where the URL stands.
    pub url: Field,
    /// How the URLs that are visited begin, host and path; `*` stands for letters, digits and `-`.
    pub places: &'static [&'static str],
}

/// No such URL is longer.
const URL_BYTES_MAX: usize = 2048;

impl Confirmation {
    /// The URL to visit; `None` where the delivery does not ask for it.
    ///
    /// # Errors
    /// [`Rejection`] where it asks for a visit to none, or to a place that is not visited.
    pub fn url(&self, delivery: &Verified<'_>) -> Result<Option<String>, Rejection> {
        let request = delivery.request();
        let (field, word) = self.when;
        if field.of(request).as_deref() != Some(word) {
            return Ok(None);
        }
        let url = self.url.of(request).ok_or_else(|| Rejection::Missing(self.url.to_string()))?;
        let plain = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        let place = url.strip_prefix("https://").filter(|_| url.len() <= URL_BYTES_MAX);
        let good = |place| self.places.iter().any(|begin| document::rest(begin, place).is_some_and(plain));
        match place.is_some_and(good) {
            true => Ok(Some(url.into_owned())),
            false => Err(Rejection::ForeignPlace { field: self.url.to_string() }),
        }
    }
}
