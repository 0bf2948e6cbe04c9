//! Headers that are signed because a header lists them.

use crate::request::Request;

/// No more are listed.
const LISTED_MAX: usize = 64;

/// The listed headers as they are signed: `name:value` in the order of their names, joined by `;`. `names` is the header
/// that lists them, and those that it has to list beside itself, separated by commas. `None` where it does not, or where
/// one of the listed is not there: whoever cuts the list short, signs less.
pub(crate) fn listed(names: &str, request: &Request<'_>) -> Option<String> {
    let list = request.header(names.split(',').next()?)?;
    let mut listed: Vec<String> = list.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
    listed.sort();
    if listed.len() > LISTED_MAX || !names.split(',').all(|name| listed.iter().any(|listed| listed == name)) {
        return None;
    }
    // One that is there and blank is signed as such.
    let value = |name: &str| request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let line = |name: &String| value(name).map(|(_, value)| format!("{name}:{}", value.trim()));
    listed.iter().map(line).collect::<Option<Vec<_>>>().map(|lines| lines.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: &str, expected: Option<&str>) {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = [header("X-Listed", list), header("X-Time", "7"), header("A", " b "), header("blank", "")];
        let request = Request { method: "POST", url: "/", headers: &headers, body: b"" };
        let expected = expected.map(|text| text.replace("LIST", list));
        assert_eq!(listed("x-listed,x-time", &request), expected, "{list}");
    }

    #[test]
    fn what_is_listed_is_signed_in_the_order_of_names() {
        check("x-listed,x-time", Some("x-listed:LIST;x-time:7"));
        check("x-time, A,x-listed,blank", Some("a:b;blank:;x-listed:LIST;x-time:7"));
    }

    #[test]
    fn a_list_without_itself_or_the_time_or_with_what_is_not_there_is_none() {
        for list in
            ["", "x-listed", "x-time", "a,x-time", "x-listed,x-time,", "x-listed,x-time,none", "x-listed;x-time"]
        {
            check(list, None);
        }
        check(&format!("x-listed,x-time{}", ",a".repeat(63)), None);
    }
}
