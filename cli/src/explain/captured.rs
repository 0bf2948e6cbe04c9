//! A request as it travels, read from a file, and what may have happened to it when it was written down.

use webhook::Request;

/// A request as it travels.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Captured {
    /// The method.
    pub(super) method: String,
    /// The path, with its query.
    pub(super) path: String,
    /// Header names in lower case, and values.
    pub(super) headers: Vec<(String, String)>,
    /// The body to the byte.
    pub(super) body: Vec<u8>,
}

/// Reads a request as it travels. Lines of its head may end in CR LF or in a line feed.
///
/// # Errors
/// What is no request in it.
pub(super) fn read(bytes: &[u8]) -> Result<Captured, String> {
    let mut rest = bytes;
    let mut line = || {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        rest = &rest[end + 1..];
        std::str::from_utf8(line).ok().map(str::to_owned)
    };
    let wrong = "expected a request as it travels: `POST /path HTTP/1.1`, headers, an empty line, the body";
    let first = line().ok_or(wrong)?;
    let mut words = first.split_whitespace();
    let (Some(method), Some(path), Some(version)) = (words.next(), words.next(), words.next()) else {
        return Err(wrong.to_owned());
    };
    if !version.starts_with("HTTP/") || !path.starts_with('/') {
        return Err(wrong.to_owned());
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    loop {
        let line = line().ok_or("the headers do not end in an empty line")?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| format!("header {}: no colon", headers.len() + 1))?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        match headers.iter_mut().find(|(known, _)| *known == name) {
            // As API Gateway joins them.
            Some((_, values)) => *values = format!("{values},{value}"),
            None => headers.push((name, value.to_owned())),
        }
    }
    Ok(Captured { method: method.to_owned(), path: path.to_owned(), headers, body: rest.to_vec() })
}

/// What its own headers say of a body that was not written down as it came; for one that is refused.
pub(super) fn slip(request: &Request<'_>) -> Option<String> {
    let is_chunked = request.header("transfer-encoding").is_some_and(|how| how.eq_ignore_ascii_case("chunked"));
    if is_chunked && begins_with_a_size(request.body) {
        return Some(
            "the file has the body in chunks (transfer-encoding), each behind its size: take the sizes out, and the empty \
             chunk at the end"
                .to_owned(),
        );
    }
    let said: usize = request.header("content-length")?.parse().ok()?;
    let bytes = request.body.len();
    let slip = match bytes.checked_sub(said) {
        Some(0) => return None,
        Some(1) if request.body.ends_with(b"\n") => "an editor puts a line feed there",
        Some(_) => "something follows it in the file",
        None => "its end is missing",
    };
    Some(format!("the body has {bytes} bytes in the file and content-length says {said}: {slip}"))
}

/// Whether the first line is a number in hex, as a chunk begins (RFC 9112, section 7.1).
fn begins_with_a_size(body: &[u8]) -> bool {
    let line = body.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    (1..=8).contains(&line.len()) && line.len() < body.len() && line.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_it_travels_and_its_body_to_the_byte() {
        let captured =
            read(b"POST /hooks/a?b=c HTTP/1.1\r\nHost: a.example\r\nX-Two: 1\r\nx-two: 2\r\n\r\n{\r\n}\n\xff").unwrap();
        assert_eq!((captured.method.as_str(), captured.path.as_str()), ("POST", "/hooks/a?b=c"));
        let headers =
            [("host", "a.example"), ("x-two", "1,2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(captured.headers, headers);
        assert_eq!(captured.body, b"{\r\n}\n\xff");
        assert_eq!(read(b"GET / HTTP/2\n\n").unwrap().body, b"");
    }

    #[test]
    fn what_is_no_request_is_told() {
        for (text, told) in [
            ("", "expected a request"),
            ("{\"a\": 1}\n", "expected a request"),
            ("POST hooks HTTP/1.1\n\n", "expected a request"),
            ("POST / HTTP/1.1\nhost: a\n", "the headers do not end"),
            ("POST / HTTP/1.1\nnothing\n\n", "header 1: no colon"),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.starts_with(told), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_body_that_is_not_as_its_headers_say_is_told() {
        let told = |header: (&str, &str), body: &str| {
            let headers = [(header.0.to_owned(), header.1.to_owned())];
            slip(&Request { method: "POST", url: "/", headers: &headers, body: body.as_bytes() }).unwrap_or_default()
        };
        let length = |said: &str, body: &str| told(("content-length", said), body);
        assert_eq!(
            length("2", "{}\n"),
            "the body has 3 bytes in the file and content-length says 2: an editor puts a line feed there"
        );
        assert!(length("2", "{}\r\n").ends_with("something follows it in the file"));
        assert!(length("9", "{}").ends_with("content-length says 9: its end is missing"));
        assert_eq!((length("2", "{}"), length("two", "{}")), (String::new(), String::new()));
        let chunked = |body: &str| told(("transfer-encoding", "Chunked"), body);
        assert!(chunked("2\r\n{}\r\n0\r\n\r\n").starts_with("the file has the body in chunks"));
        assert_eq!((chunked("{}"), chunked("12")), (String::new(), String::new()));
    }
}
