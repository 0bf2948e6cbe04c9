//! Multipart forms (RFC 7578): the text of one field. Files in between are passed over.

/// A form of more parts is not read to its end.
const PARTS_MAX: usize = 64;
/// A boundary is never longer (RFC 2046, section 5.1.1).
const BOUNDARY_BYTES_MAX: usize = 70;

/// The text of the first field with this name; `None` where there is none, where it is no text, and where the form
/// is not closed behind it.
pub(crate) fn field<'b>(content_type: &str, body: &'b [u8], name: &str) -> Option<&'b str> {
    let boundary = boundary(content_type)?;
    let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
    // The first delimiter may stand at the very beginning, without the line end that belongs to it.
    let mut rest = match body.strip_prefix(&delimiter[2..]) {
        Some(rest) => rest,
        None => split(body, &delimiter)?.1,
    };
    for _ in 0..PARTS_MAX {
        // What follows the last delimiter begins with two dashes.
        rest.starts_with(b"\r\n").then_some(())?;
        let (part, behind) = split(rest, &delimiter)?;
        rest = behind;
        // The line end of the delimiter is that of the headers' last line where there are none.
        let (headers, content) = split(part, b"\r\n\r\n")?;
        if std::str::from_utf8(headers).is_ok_and(|headers| is_named(headers, name)) {
            return std::str::from_utf8(content).ok();
        }
    }
    None
}

/// A form of one field, under the content type that it came with.
pub(crate) fn form_of(content_type: &str, name: &str, text: &str) -> Option<Vec<u8>> {
    let boundary = boundary(content_type)?;
    let disposition = format!("Content-Disposition: form-data; name=\"{name}\"");
    Some(format!("--{boundary}\r\n{disposition}\r\n\r\n{text}\r\n--{boundary}--\r\n").into_bytes())
}

/// Whether a content type is a multipart form's, and where its parts part.
fn boundary(content_type: &str) -> Option<&str> {
    let (essence, parameters) = content_type.split_once(';')?;
    essence.trim().eq_ignore_ascii_case("multipart/form-data").then_some(())?;
    let boundary = parameter(parameters, "boundary")?;
    (1..=BOUNDARY_BYTES_MAX).contains(&boundary.len()).then_some(boundary)
}

fn is_named(headers: &str, name: &str) -> bool {
    headers.split("\r\n").any(|line| {
        let disposition = line.split_once(':').filter(|(header, _)| header.eq_ignore_ascii_case("content-disposition"));
        let parameters = disposition.and_then(|(_, value)| value.split_once(';'));
        parameters.is_some_and(|(kind, parameters)| {
            kind.trim().eq_ignore_ascii_case("form-data")
                && parameter(parameters, "name") == Some(name)
                && parameter(parameters, "filename").is_none()
        })
    })
}

/// The value of a parameter, in quotes or not. Quotes that are escaped in it are none that a boundary or our names
/// have.
fn parameter<'p>(parameters: &'p str, name: &str) -> Option<&'p str> {
    let mut rest = parameters;
    while let Some((key, behind)) = rest.split_once('=') {
        let (value, next) = match behind.trim_start().strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => {
                let end = behind.find(';').unwrap_or(behind.len());
                (behind[..end].trim(), &behind[end..])
            }
        };
        if key.trim_matches([' ', '\t', ';']).eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = next;
    }
    None
}

fn split<'b>(bytes: &'b [u8], at: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let position = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..position], &bytes[position + at.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=\"tide gate\"";
    const JSON: &str = "--tide gate\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{\"a\":\r\n1}";

    #[track_caller]
    fn check(content_type: &str, body: &str, expected: Option<&str>) {
        assert_eq!(field(content_type, body.as_bytes(), "json"), expected, "{content_type}: {body}");
    }

    #[test]
    fn a_field_is_found_to_the_byte_among_others() {
        check(TYPE, &format!("{JSON}\r\n--tide gate--\r\n"), Some("{\"a\":\r\n1}"));
        check(TYPE, &format!("preamble\r\n{JSON}\r\n--tide gate--"), Some("{\"a\":\r\n1}"));
        let file = "--b\r\nContent-Disposition: form-data; name=json; filename=\"a.json\"\r\n\r\n{}\r\n";
        let other = "--b\r\ncontent-disposition: form-data; name=\"x\"\r\nContent-Type: text/plain\r\n\r\njson\r\n";
        let ours =
            "--b\r\ncontent-type: application/json\r\nContent-Disposition:form-data;name=json\r\n\r\n7\r\n--b--\r\n";
        check("Multipart/Form-Data;charset=utf-8; Boundary=b", &format!("{file}{other}{ours}"), Some("7"));
    }

    #[test]
    fn of_two_fields_with_a_name_the_first_counts() {
        let second = JSON.replace("1}", "2}");
        check(TYPE, &format!("{JSON}\r\n{second}\r\n--tide gate--"), Some("{\"a\":\r\n1}"));
    }

    #[test]
    fn what_is_no_such_form_has_no_field() {
        let whole = format!("{JSON}\r\n--tide gate--\r\n");
        check("multipart/form-data", &whole, None);
        check("multipart/mixed; boundary=\"tide gate\"", &whole, None);
        check("multipart/form-data; boundary=\"\"", &whole, None);
        check("multipart/form-data; boundary=tide", &whole, None);
        check(&format!("multipart/form-data; boundary={}", "b".repeat(71)), &whole, None);
        check(TYPE, JSON, None);
        check(TYPE, "", None);
        check(TYPE, "--tide gate--", None);
        check(TYPE, &whole.replace("\"json\"", "\"jsen\""), None);
        let no_text = [&whole.as_bytes()[..70], b"\xff", &whole.as_bytes()[70..]].concat();
        assert_eq!(field(TYPE, &no_text, "json"), None, "no text");
    }

    #[test]
    fn a_form_of_very_many_parts_is_not_read_to_its_end() {
        let other = "--tide gate\r\n\r\n\r\n";
        let of = |parts: usize| format!("{}{JSON}\r\n--tide gate--", other.repeat(parts));
        check(TYPE, &of(PARTS_MAX - 1), Some("{\"a\":\r\n1}"));
        check(TYPE, &of(PARTS_MAX), None);
    }
}
