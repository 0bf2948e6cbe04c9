//! A genuine request that something on its way changed: it stays out, and the log says what may have happened.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use webhook::diagnose::explain;
use webhook::{Rejection, provider};

use super::sample::{SIGNED_MS, Sample, secrets};

/// What is said of each change.
const CHANGES: [&str; 5] = [
    "the body came in base64, one time too often",
    "the body was decoded from base64, one time too often",
    "white space was added at the end of the body",
    "a line feed was cut off the end of the body",
    "line feeds of the body were written as CR LF",
];

/// The input: which provider, which change, and the content.
pub fn holds(input: &[u8]) {
    let &[row, change, ref content @ ..] = input else { return };
    let provider = provider::ALL[usize::from(row) % provider::ALL.len()];
    let change = usize::from(change) % CHANGES.len();
    let (sent, came) = changed(change, content);
    let Some(sample) = Sample::new(provider, &sent).filter(|sample| sample.body_is_content && sent != came) else {
        return;
    };
    let genuine = sample.verified().is_ok();
    let came = Sample { body: came, ..sample.clone() };
    let Err(rejection) = came.verified() else {
        let covered = provider.scheme.covers_body() && !came.says_what(&sample);
        return assert!(!covered, "{} let in what was changed", provider.name);
    };
    let ours = secrets(provider);
    let hint = explain(&provider.scheme, &ours, &came.request(), &rejection, std::iter::empty());
    // A key that lies elsewhere is fetched to verify, and not to explain.
    let at_hand = provider.scheme.document.is_none();
    let readable = at_hand && matches!(rejection, Rejection::Mismatch { signatures: 1.., .. });
    if genuine && readable {
        let hint = hint.unwrap_or_else(|| panic!("{}: nothing is said of this: {}", provider.name, CHANGES[change]));
        // More than one change may explain it; in any case it is one of those that can be.
        assert!(hint.contains("the body") || hint.contains("the URL is signed"), "{}: {hint}", provider.name);
    }
    assert!(came.verified_at(SIGNED_MS).is_err(), "{}: an explanation lets nothing in", provider.name);
}

/// A body as it was sent, and as it came.
fn changed(change: usize, content: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let sent = content.to_vec();
    match change {
        0 => (sent, STANDARD.encode(content).into_bytes()),
        1 => (STANDARD.encode(content).into_bytes(), sent),
        2 => (content.trim_ascii_end().to_vec(), [content.trim_ascii_end(), b" \n"].concat()),
        3 => ([content, b"\n"].concat(), sent),
        _ => {
            let plain = String::from_utf8_lossy(content).replace('\r', "");
            let came = plain.replace('\n', "\r\n");
            (plain.into_bytes(), came.into_bytes())
        }
    }
}
