//! The spellings of a URL that a provider may have signed.

use std::borrow::Cow;

use crate::scheme::Scheme;

/// The URLs that may have been signed. Providers that sign one write its default port or leave it out;
/// Twilio's SDK tries both (`validateRequest` in `twilio/lib/webhooks/webhooks.js`).
pub(crate) fn urls<'u>(scheme: &Scheme, url: &'u str) -> Vec<Cow<'u, str>> {
    let mut urls = vec![Cow::Borrowed(url)];
    let parts = scheme.covers_url().then(|| url.split_once("://")).flatten();
    if let Some((protocol, rest)) = parts {
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        urls.push(Cow::Owned(match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => format!("{protocol}://{name}{path}"),
            _ => format!("{protocol}://{host}:{}{path}", if protocol == "http" { 80 } else { 443 }),
        }));
    }
    urls
}
