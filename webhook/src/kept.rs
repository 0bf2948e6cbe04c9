//! Messages that are kept in the table beside the rows of their events, for looking at them and for replaying them.
//!
//! The item has the partition key of the event's rows and [`SK`] in place of a destination's name. It is no row of the
//! ledger: nothing is decided by it.

use crate::envelope::{BODY_BYTES_MAX, Envelope, compressed};
use crate::ledger::Key;

/// The sort key of a kept message. No destination is called so.
pub const SK: &str = "body";
/// The largest compressed message that is kept, in bytes: DynamoDB takes items of 400 KB, and the names of the event need
/// some of it.
pub const BYTES_MAX: usize = 390 * 1024;

/// Where an event's message is kept.
pub fn key(source: &str, identity: &str) -> Key {
    Key::new(source, identity, SK)
}

/// Until when a message is kept, Unix time in seconds.
pub fn expires_at(received_at_ms: u64, keep_body_days: u32) -> u64 {
    const DAY_S: u64 = 24 * 60 * 60;
    received_at_ms / 1000 + u64::from(keep_body_days) * DAY_S
}

/// Compresses a message; `None` where it is too large for an item even so.
pub fn pack(message: &str) -> Option<Vec<u8>> {
    Some(compressed::deflate(message.as_bytes())).filter(|packed| packed.len() <= BYTES_MAX)
}

/// Unpacks what [`pack`] made of a message of so many bytes; `None` for anything else.
pub fn unpack(packed: &[u8], message_bytes: u64) -> Option<String> {
    let bytes = usize::try_from(message_bytes).ok().filter(|bytes| *bytes <= BODY_BYTES_MAX)?;
    String::from_utf8(compressed::inflate(packed, bytes)?).ok()
}

/// The same event under an identity of its own, so that it takes effect again; `None` where the message is no envelope.
pub fn fresh(message: &str, now_ms: u64) -> Option<String> {
    let envelope = Envelope::open(message).ok()?;
    let identity = format!("{}#replay-{now_ms}", envelope.identity);
    Some(Envelope { identity: identity.into(), ..envelope }.to_message())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = include_str!("../tests/golden/envelope-v1.json");

    #[test]
    fn a_message_is_kept_to_the_byte_where_an_item_has_room_for_it() {
        for message in [String::new(), GOLDEN.to_owned(), "\u{1f980}x".repeat(200_000)] {
            let packed = pack(&message).unwrap();
            assert_eq!(unpack(&packed, message.len() as u64), Some(message));
        }
        let mut rng = fastrand::Rng::with_seed(7);
        let noise: String = (0..600_000).map(|_| rng.alphanumeric()).collect();
        assert_eq!(pack(&noise), None);
    }

    #[test]
    fn what_nobody_packed_is_not_unpacked() {
        assert_eq!(unpack(b"no", 2), None);
        assert_eq!(unpack(&pack("four").unwrap(), 5), None);
        let bomb = pack(&"0".repeat(BODY_BYTES_MAX + 1)).unwrap();
        assert_eq!(unpack(&bomb, BODY_BYTES_MAX as u64 + 1), None);
    }

    #[test]
    fn a_fresh_event_differs_by_its_identity_alone() {
        let message = GOLDEN.trim_end();
        let identity = Envelope::open(message).unwrap().identity.into_owned();
        let fresh = fresh(message, 17).unwrap();
        assert_eq!(fresh, message.replacen(&identity, &format!("{identity}#replay-17"), 1));
        assert_ne!(key("github", "a").pk, key("github", "a#replay-17").pk);
        assert_eq!(super::fresh("{}", 17), None);
    }
}
