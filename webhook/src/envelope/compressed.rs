//! Compressing bodies (RFC 1951), and unpacking them into no more room than they are said to need.

/// The fastest level: a provider waits, and on a small function's share of a core each further level costs a 5 MB body a
/// second more for a tenth of its size.
const LEVEL: u8 = 1;

/// Compresses a body.
pub(crate) fn deflate(body: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(body, LEVEL)
}

/// Unpacks what [`deflate`] made of a body of so many bytes; `None` for anything else. Never makes more than these bytes,
/// whatever a few kilobytes would unpack to.
pub(crate) fn inflate(deflated: &[u8], bytes: usize) -> Option<Vec<u8>> {
    let body = miniz_oxide::inflate::decompress_to_vec_with_limit(deflated, bytes).ok()?;
    (body.len() == bytes).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_is_unpacked_to_the_byte() {
        for body in [Vec::new(), b"{}".to_vec(), vec![0; 1_000_000], (0..=255).collect()] {
            assert_eq!(inflate(&deflate(&body), body.len()), Some(body));
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked_further_than_it_says() {
        let bomb = miniz_oxide::deflate::compress_to_vec(&vec![0; 10_000_000], 9);
        assert!(bomb.len() < 10_240, "{} bytes", bomb.len());
        for said in [0, 1, 100, 9_999_999, 10_000_001] {
            assert_eq!(inflate(&bomb, said), None, "{said}");
        }
    }

    #[test]
    fn what_is_cut_off_or_was_never_compressed_is_refused() {
        let whole = deflate(&vec![b'x'; 100_000]);
        assert_eq!(inflate(&whole[..whole.len() - 1], 100_000), None);
        assert_eq!(inflate(b"hello", 5), None);
        assert_eq!(inflate(b"", 0), None);
    }
}
