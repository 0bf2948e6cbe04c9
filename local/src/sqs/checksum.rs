//! The MD5 sums with which AWS SDKs check that a message arrived as it was sent.
//!
//! The encoding of attributes is the one of the SQS Developer Guide, "Calculating the MD5 message digest
//! for message attributes".

use std::collections::BTreeMap;

use md5::{Digest, Md5};

use super::message::MessageAttribute;

/// Lower-case hex MD5 of a message body.
pub(super) fn md5_of_body(body: &str) -> String {
    hex(&Md5::digest(body.as_bytes()))
}

/// Lower-case hex MD5 of message attributes; none for no attributes, as SQS then leaves the field out.
pub(super) fn md5_of_attributes(attributes: &BTreeMap<String, MessageAttribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    // The map is sorted by name already, which is the order that the encoding demands.
    let mut md5 = Md5::new();
    for (name, attribute) in attributes {
        update_with_length(&mut md5, name.as_bytes());
        update_with_length(&mut md5, attribute.data_type.as_bytes());
        md5.update([if attribute.is_binary() { 2 } else { 1 }]);
        update_with_length(&mut md5, attribute.value());
    }
    Some(hex(&md5.finalize()))
}

fn update_with_length(md5: &mut Md5, bytes: &[u8]) {
    // The length is four bytes; a message of at most 1 MiB cannot exceed them.
    md5.update((bytes.len() as u32).to_be_bytes());
    md5.update(bytes);
}

/// Lower-case hex of a digest.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_the_md5_of_its_bytes() {
        assert_eq!(md5_of_body("héllo"), "be50e8478cf24ff3595bc7307fb91b50");
    }

    #[test]
    fn no_attributes_have_no_sum() {
        assert_eq!(md5_of_attributes(&BTreeMap::new()), None);
    }

    #[test]
    fn attributes_are_summed_in_the_order_of_their_names() {
        let attributes = BTreeMap::from([
            ("p".to_owned(), MessageAttribute::string("stripe")),
            (
                "b".to_owned(),
                MessageAttribute {
                    data_type: "Binary".to_owned(),
                    string_value: None,
                    binary_value: Some(vec![0x00, 0xff]),
                },
            ),
        ]);
        // From Python: md5(len('b') 'b' len('Binary') 'Binary' 2 len 00ff ... 'p' 'String' 1 'stripe').
        assert_eq!(md5_of_attributes(&attributes).as_deref(), Some("e1d4aabf90fdac3ea6e88f14fccc3218"));
    }
}
