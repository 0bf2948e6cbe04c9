//! What a provider posted: raw bytes, never parsed before they are verified.

/// One HTTP request as the provider sent it.
///
/// The body is what travelled over the wire, base64 of the transport removed and nothing else done:
/// a signature covers these bytes, not a re-serialisation of them.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The HTTP method, in upper case.
    pub method: &'a str,
    /// The public URL that the provider was told to call, query string included, to the byte.
    pub url: &'a str,
    /// Header names and values. Repeated headers stand joined by a comma, as API Gateway joins them.
    pub headers: &'a [(String, String)],
    /// The raw body; empty when there was none.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The value of a header, its name compared without regard to case, or `None` where it is absent or blank.
    ///
    /// A blank header counts as absent: Gitea sends empty signature headers when it has no secret.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        Some(value.trim()).filter(|v| !v.is_empty())
    }

    /// What stands behind the first `?` of the URL; empty where there is none.
    pub fn query(&self) -> &'a str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }

    /// The path of the URL, without the query string.
    pub fn path(&self) -> &'a str {
        let whole = self.url.split_once('?').map_or(self.url, |(before, _)| before);
        let host = whole.find("://").map_or(0, |scheme| scheme + 3);
        whole[host..].find('/').map_or("/", |slash| &whole[host + slash..])
    }

    /// The path of the URL with its query string, as the request line has them.
    pub fn target(&self) -> &'a str {
        let host = self.url.find("://").map_or(0, |scheme| scheme + 3);
        self.url[host..].find('/').map_or("/", |slash| &self.url[host + slash..])
    }

    /// Whether the body is a form by its content type.
    pub fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(is_form_type)
    }
}

/// Whether a content type is `application/x-www-form-urlencoded`, whatever parameters follow.
pub(crate) fn is_form_type(content_type: &str) -> bool {
    let essence = content_type.split(';').next();
    essence.is_some_and(|e| e.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

impl std::fmt::Debug for Request<'_> {
    /// Bodies and header values are secrets of others: only names and sizes are shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'a>(url: &'a str, headers: &'a [(String, String)]) -> Request<'a> {
        Request { method: "POST", url, headers, body: b"the body" }
    }

    #[track_caller]
    fn check_url(url: &str, path: &str, query: &str) {
        let request = request(url, &[]);
        assert_eq!((request.path(), request.query()), (path, query));
    }

    #[test]
    fn path_and_query_are_cut_from_the_url_to_the_byte() {
        check_url("https://example.com/hooks/a?x=1&y=%2F?", "/hooks/a", "x=1&y=%2F?");
        check_url("https://example.com/hooks/a", "/hooks/a", "");
        check_url("https://example.com", "/", "");
        check_url("https://example.com?next=http://a/b", "/", "next=http://a/b");
        check_url("/hooks/a?", "/hooks/a", "");
    }

    #[test]
    fn a_header_is_found_in_any_case_and_a_blank_one_is_absent() {
        let headers = [("X-Sig".to_owned(), " a ".to_owned()), ("x-blank".to_owned(), "  ".to_owned())];
        let request = request("/", &headers);
        assert_eq!(request.header("x-sig"), Some("a"));
        assert_eq!(request.header("x-blank"), None);
        assert_eq!(request.header("x-none"), None);
    }

    #[test]
    fn debug_shows_neither_body_nor_header_values() {
        let headers = [("x-sig".to_owned(), "s3cret".to_owned())];
        let shown = format!("{:?}", request("/", &headers));
        assert!(shown.contains("x-sig") && !shown.contains("s3cret") && !shown.contains("the body"), "{shown}");
    }
}
