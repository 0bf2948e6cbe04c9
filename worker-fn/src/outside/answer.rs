//! What an endpoint's answer means.

use std::time::{Duration, UNIX_EPOCH};

use http::Response;
use http::header::RETRY_AFTER;

use super::PostError;

/// 2xx is a yes; 408, 425, 429 and 5xx may become one; anything else is a no. Redirects are not followed, and so are a
/// no; 410 (gone) is one like any other: the letter waits until somebody says where events go instead.
pub(super) fn verdict<B>(answer: &Response<B>, now_ms: u64) -> Result<(), PostError> {
    let status = answer.status();
    let told = format!("answered {status}");
    match status.as_u16() {
        200..=299 => Ok(()),
        408 | 425 | 429 | 500..=599 => {
            let value = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            Err(PostError::NotNow { why: told, retry_after: value.and_then(|value| retry_after(value, now_ms)) })
        }
        _ => Err(PostError::Rejected(told)),
    }
}

/// How long an endpoint wants to be left alone: a number of seconds, or a date in any of the forms of HTTP
/// (RFC 9110, 10.2.3).
fn retry_after(value: &str, now_ms: u64) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(at.saturating_sub(Duration::from_millis(now_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    /// Wed, 21 Oct 2026 07:28:00 GMT.
    const NOW_MS: u64 = 1_792_567_680_000;

    #[track_caller]
    fn check(status: u16, retry_after: Option<&str>, expected: Result<(), PostError>) {
        let mut answer = Response::builder().status(status);
        if let Some(value) = retry_after {
            answer = answer.header(RETRY_AFTER, value);
        }
        assert_eq!(verdict(&answer.body(()).unwrap(), NOW_MS), expected, "{status} {retry_after:?}");
    }

    fn told(status: u16) -> String {
        format!("answered {}", StatusCode::from_u16(status).unwrap())
    }

    fn not_now(status: u16, seconds: Option<u64>) -> Result<(), PostError> {
        Err(PostError::NotNow { why: told(status), retry_after: seconds.map(Duration::from_secs) })
    }

    #[test]
    fn answers_are_told_apart() {
        for status in [200, 201, 204, 299] {
            check(status, None, Ok(()));
        }
        for status in [301, 307, 400, 401, 404, 410, 422] {
            check(status, None, Err(PostError::Rejected(told(status))));
        }
        for status in [408, 425, 429, 500, 503, 599] {
            check(status, None, not_now(status, None));
        }
    }

    #[test]
    fn a_time_to_be_left_alone_is_a_number_or_a_date() {
        check(429, Some("30"), not_now(429, Some(30)));
        check(503, Some("Wed, 21 Oct 2026 07:30:00 GMT"), not_now(503, Some(120)));
        check(503, Some("Wednesday, 21-Oct-26 07:30:00 GMT"), not_now(503, Some(120)));
        check(503, Some("Wed Oct 21 07:30:00 2026"), not_now(503, Some(120)));
        check(503, Some("Wed, 21 Oct 2026 07:00:00 GMT"), not_now(503, Some(0)));
        check(503, Some("Thu, 01 Jan 1970 00:00:00 GMT"), not_now(503, Some(0)));
        for nonsense in ["-1", "soon", "", "99999999999999999999", "Wed, 32 Oct 2026 07:28:00 GMT"] {
            check(503, Some(nonsense), not_now(503, None));
        }
    }
}
