//! How large things are on their way: the message that the door makes of a body, the row that the worker leaves, and the
//! lines that both write. Messages are made by the door's own code; a test holds rows and lines against real ones.

use webhook::envelope::{self, Envelope};
use webhook::identity::Identity;
use webhook::ledger::Key;
use webhook::provider::{self, Provider};
use webhook::secret::Secrets;
use webhook::template::Absent;
use webhook::{Request, sign, verify};

use crate::CliError;

/// The provider whose deliveries are reckoned with, and the name of its source.
pub const SOURCE: &str = "stripe";
/// A line of the door on a delivery that is let in, its metrics counted.
pub const INGEST_LINE_BYTES: u64 = 540;
/// A line of the door on a request that is not let in, with the names of its headers.
pub const REFUSED_LINE_BYTES: u64 = 780;
/// A line of the worker on an event that is settled.
pub const WORKER_LINE_BYTES: u64 = 600;
/// API Gateway's access line, in the format of `template.yaml`.
pub const ACCESS_LINE_BYTES: u64 = 240;
/// What Lambda itself writes about an invocation that is traced: START, END and REPORT.
pub const PLATFORM_LINES_BYTES: u64 = 300;
/// What CloudWatch counts for each line beside its text (PutLogEvents).
pub const LINE_OVERHEAD_BYTES: u64 = 26;
/// What a request to an endpoint carries beside the result.
pub const POST_OVERHEAD_BYTES: u64 = 600;

/// A delivery, as large as it is in each place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// As the provider posts it.
    pub body_bytes: u64,
    /// As a message.
    pub message_bytes: u64,
    /// Its row without a result.
    pub row_bytes: u64,
}

impl Sizes {
    /// The sizes of a delivery with a body of so many bytes.
    ///
    /// # Errors
    /// When it does not fit into a message.
    pub fn of(body_bytes: u64) -> Result<Self, CliError> {
        const NOW_MS: u64 = 1_795_000_000_000;
        // OK because the provider is one of ours, and its test secret is one of its secrets.
        let provider: &Provider = provider::by_name(SOURCE).expect("a provider of ours");
        let secrets = Secrets::parse(&sign::test_secret(provider), &provider.scheme.key).expect("the test secret");
        let body = body(usize::try_from(body_bytes).unwrap_or(usize::MAX).min(2 * envelope::BYTES_MAX));
        let mut headers = vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
        let url = format!("https://example.com/hooks/{SOURCE}");
        let request = Request { method: "POST", url: &url, headers: &headers, body: body.as_bytes() };
        let signature = sign::sign(&provider.scheme, &secrets, &request, NOW_MS);
        let unsigned = |absent: Absent| CliError::failed(format!("cannot be signed without {}", absent.0));
        headers.extend(signature.map_err(unsigned)?);
        let request = Request { method: "POST", url: &url, headers: &headers, body: body.as_bytes() };
        let delivery = verify(&provider.scheme, &secrets, &request, NOW_MS)
            .map_err(|rejection| CliError::failed(format!("a delivery of our own is refused: {rejection}")))?;
        let identity = Identity::of(provider, provider.identity, &delivery, "");
        let envelope = Envelope::seal(SOURCE, provider, &delivery, &identity, NOW_MS, "E5XqGhkHIAMEbvg=");
        let message_bytes = envelope.to_message().len();
        if body.len() < usize::try_from(body_bytes).unwrap_or(usize::MAX) || message_bytes > envelope::BYTES_MAX {
            let wrong = format!("a body of {body_bytes} bytes does not fit into a message of {}", envelope::BYTES_MAX);
            return Err(CliError::Usage(wrong));
        }
        let key = Key::new(&envelope.source, &envelope.identity, "table");
        Ok(Sizes { body_bytes, message_bytes: message_bytes as u64, row_bytes: row_bytes(&envelope, &key) })
    }
}

/// An event of so many bytes, or of the fewest that one has: many small values, ids that never repeat, as events are. The
/// same bytes every time.
pub fn body(bytes: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789";
    let mut chance = fastrand::Rng::with_seed(8400);
    let mut id = move || (0..24).map(|_| char::from(ALPHABET[chance.usize(..ALPHABET.len())])).collect::<String>();
    let mut body = format!(r#"{{"id":"evt_{}","object":"event","type":"invoice.paid","data":{{"lines":["#, id());
    const END: &str = "]},\"note\":\"";
    let mut number = 0;
    loop {
        number += 1;
        let comma = if number > 1 { "," } else { "" };
        let line = format!(
            r#"{comma}{{"id":"il_{}","amount":{},"currency":"eur","description":"Seats, week {number}","price":"price_{}","taxed":true}}"#,
            id(),
            number * 137 % 90_000,
            id()
        );
        if body.len() + line.len() + END.len() + 2 > bytes {
            break;
        }
        body += &line;
    }
    body += END;
    body.extend(std::iter::repeat_n('.', bytes.saturating_sub(body.len() + 2)));
    body + "\"}"
}

/// A settled row without its result, as DynamoDB counts it (developer guide, "DynamoDB item sizes and formats"): the
/// bytes of names and values, and of a number about half as many as it has digits. Which attributes there are, a test
/// takes from a real row.
fn row_bytes(envelope: &Envelope<'_>, key: &Key) -> u64 {
    const OWNER: usize = 32;
    const MESSAGE_ID: usize = 36;
    const MILLISECONDS: usize = 8;
    const SECONDS: usize = 6;
    let attributes = [
        ("pk", key.pk.len()),
        ("sk", key.sk.len()),
        ("source", envelope.source.len()),
        ("provider", envelope.provider.len()),
        ("owner", OWNER),
        ("message_id", MESSAGE_ID),
        ("body_sha256", envelope.body_sha256.len()),
        ("attempts", 2),
        ("received_at_ms", MILLISECONDS),
        ("settled_at_ms", MILLISECONDS),
        ("expires_at", SECONDS),
        ("event_id", envelope.event_id.as_deref().map_or(0, str::len)),
        ("event_type", envelope.event_type.as_deref().map_or(0, str::len)),
        ("status", "done".len()),
    ];
    attributes.iter().map(|(name, bytes)| (name.len() + bytes) as u64).sum()
}

/// What a result adds to its row.
pub fn result_bytes(bytes: u64) -> u64 {
    "result".len() as u64 + bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_as_long_as_asked_and_the_same_every_time() {
        for bytes in [500, 2_048, 65_536, 204_800] {
            let made = body(bytes);
            assert_eq!(made.len(), bytes);
            assert!(serde_json::from_str::<serde_json::Value>(&made).is_ok(), "{bytes}");
            assert_eq!(made, body(bytes));
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        assert!(Sizes::of(2_048).unwrap().message_bytes > 2_048);
        let error = Sizes::of(8 << 20).unwrap_err();
        assert_eq!(error.to_string(), "a body of 8388608 bytes does not fit into a message of 1040384");
    }
}
