//! What the two processes say to each other: a program and a payload, and what came of them.

use std::io::{self, Read, Write};

use crate::{ANSWER_BYTES_MAX, PAYLOAD_BYTES_MAX, PROGRAM_BYTES_MAX};

/// What came of a program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// One output, as the engine writes it.
    One(Vec<u8>),
    /// No output.
    Nothing,
    /// More than one.
    Many,
    /// One that is too long.
    TooLong,
    /// An error, in words without values.
    Error(String),
    /// A payload that the engine cannot read, from this byte on.
    Unreadable(usize),
    /// A program that is none.
    Unsound(String),
}

/// The bytes of a head: in a request two lengths, in a reply its kind and a length.
pub(crate) const HEAD_BYTES: usize = 8;

/// Writes a request.
pub(crate) fn request(program: &str, payload: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD_BYTES + program.len() + payload.len());
    for part in [program, payload] {
        bytes.extend(length(part.len()).to_le_bytes());
    }
    bytes.extend(program.as_bytes());
    bytes.extend(payload.as_bytes());
    bytes
}

/// Reads a request; `None` when nobody asks any more.
pub(crate) fn read_request(from: &mut impl Read) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut head = [0; HEAD_BYTES];
    match from.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let (program, payload) = numbers(head);
    if program > PROGRAM_BYTES_MAX || payload > PAYLOAD_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut read = |bytes: usize| {
        let mut part = vec![0; bytes];
        from.read_exact(&mut part).map(|()| part)
    };
    let program = String::from_utf8(read(program)?).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(Some((program, read(payload)?)))
}

/// Writes a reply.
pub(crate) fn write_reply(to: &mut impl Write, reply: &Reply) -> io::Result<()> {
    let place;
    let (kind, text): (u32, &[u8]) = match reply {
        Reply::One(output) => (0, output),
        Reply::Nothing => (1, &[]),
        Reply::Many => (2, &[]),
        Reply::TooLong => (3, &[]),
        Reply::Error(words) => (4, words.as_bytes()),
        Reply::Unreadable(byte) => {
            place = length(*byte).to_le_bytes();
            (5, &place)
        }
        Reply::Unsound(words) => (6, words.as_bytes()),
    };
    to.write_all(&kind.to_le_bytes())?;
    to.write_all(&length(text.len()).to_le_bytes())?;
    to.write_all(text)?;
    to.flush()
}

/// The kind of a reply and the bytes that follow its head; none that are more than a reply has.
pub(crate) fn reply_head(head: [u8; HEAD_BYTES]) -> Option<(usize, usize)> {
    Some(numbers(head)).filter(|(_, bytes)| *bytes <= ANSWER_BYTES_MAX)
}

/// A reply of this kind with these bytes.
pub(crate) fn reply(kind: usize, bytes: Vec<u8>) -> Option<Reply> {
    let words = |bytes| String::from_utf8(bytes).ok();
    Some(match kind {
        0 => Reply::One(bytes),
        1 => Reply::Nothing,
        2 => Reply::Many,
        3 => Reply::TooLong,
        4 => Reply::Error(words(bytes)?),
        5 => Reply::Unreadable(u32::from_le_bytes(bytes.try_into().ok()?) as usize),
        6 => Reply::Unsound(words(bytes)?),
        _ => return None,
    })
}

fn numbers(head: [u8; HEAD_BYTES]) -> (usize, usize) {
    let [a, b, c, d, e, f, g, h] = head;
    (u32::from_le_bytes([a, b, c, d]) as usize, u32::from_le_bytes([e, f, g, h]) as usize)
}

/// All lengths are bounded far below this.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = &[request(".a", "{}"), request("", "")].concat()[..];
        assert_eq!(read_request(&mut bytes).unwrap(), Some((".a".to_owned(), b"{}".to_vec())));
        assert_eq!(read_request(&mut bytes).unwrap(), Some((String::new(), Vec::new())));
        assert_eq!(read_request(&mut bytes).unwrap(), None);
        assert!(read_request(&mut &[255; 16][..]).is_err(), "no length is believed");

        let all = [
            Reply::One(b"{}".to_vec()),
            Reply::Nothing,
            Reply::Many,
            Reply::TooLong,
            Reply::Error("e".to_owned()),
            Reply::Unreadable(7),
            Reply::Unsound("u".to_owned()),
        ];
        for written in all {
            let mut bytes = Vec::new();
            write_reply(&mut bytes, &written).unwrap();
            let (head, rest) = bytes.split_at(HEAD_BYTES);
            let (kind, length) = reply_head(head.try_into().unwrap()).unwrap();
            assert_eq!((length, reply(kind, rest.to_vec())), (rest.len(), Some(written)));
        }
        assert_eq!((reply(7, Vec::new()), reply_head([255; 8])), (None, None));
    }
}
