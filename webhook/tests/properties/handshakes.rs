//! A handshake: whatever it asks, the answer is one that HTTP takes, and shows no secret.

use webhook::sign::test_secret;

use super::posted::Posted;
use super::sample::secrets;

/// No challenge is longer; JSON may write each of its bytes as six.
const BODY_BYTES_MAX: usize = 6 * 4096 + 1024;

/// Asks every handshake of a row with one request.
pub fn holds(input: &[u8]) {
    let posted = Posted::read(input);
    let (name, request) = (posted.provider.name, posted.request());
    let (secrets, secret) = (secrets(posted.provider), test_secret(posted.provider));
    for handshake in posted.provider.handshakes.iter().filter(|handshake| handshake.is(&request)) {
        let Some(answer) = handshake.answer(&request, &secrets, 0) else { continue };
        assert!((200..300).contains(&answer.status), "{name}: {}", answer.status);
        assert!(answer.body.len() <= BODY_BYTES_MAX, "{name}: {} bytes", answer.body.len());
        let words = answer.headers.iter().map(|(_, value)| value).chain([&answer.body]);
        for word in words {
            assert_eq!(word.find(char::is_control), None, "{name}: {word:?}");
            assert!(!word.contains(&secret) || input_holds(input, &secret), "{name} shows its secret");
        }
        assert!(handshake.answer(&request, &secrets, 1).is_none_or(|other| other == answer), "{name}: no such secret");
    }
}

/// A challenge that happens to be the secret is sent back like any other.
fn input_holds(input: &[u8], secret: &str) -> bool {
    String::from_utf8_lossy(input).contains(secret)
}
