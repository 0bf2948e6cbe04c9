//! What an edit takes away, and that it leaves the rest to the byte.

use super::*;
use crate::field::Field;
use crate::request::Request;

fn pointers(texts: &[&str]) -> Vec<Pointer> {
    texts.iter().map(|text| Pointer::parse(text).unwrap()).collect()
}

#[track_caller]
fn check(text: &str, at: &[&str], expected: &str) {
    let edited = json(text.as_bytes(), &pointers(at)).map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(edited.as_deref(), Some(expected), "{at:?} of {text}");
}

#[test]
fn a_member_goes_with_its_name_and_the_rest_stays_to_the_byte() {
    check(r#"{"a":1,"b":2}"#, &["/a"], r#"{"b":2}"#);
    check(r#"{"a":1,"b":2}"#, &["/b"], r#"{"a":1}"#);
    check(r#"{"a":1}"#, &["/a"], "{}");
    check(r#"{"a":1,"b":2,"c":3}"#, &["/a", "/c"], r#"{"b":2}"#);
    check("\r\n { \"a\" : 1.50 ,\t\"b\":2 } \n", &["/b"], "\r\n { \"a\" : 1.50 } \n");
    check(
        r#"{"a":{"x":{"y":1e+0007}},"\u00e9\/":"\ud83d"}"#,
        &["/b", "/a/x/z"],
        r#"{"a":{"x":{"y":1e+0007}},"\u00e9\/":"\ud83d"}"#,
    );
    check(r#"{"c":{"email":"a,\"}b","n":[1 , 2]}}"#, &["/c/email"], r#"{"c":{"n":[1 , 2]}}"#);
    check(r#"{"c":{"email":{"x":[{}]},"n":[ ]}, "d":{ }}"#, &["/c/email"], r#"{"c":{"n":[ ]}, "d":{ }}"#);
}

#[test]
fn every_member_of_a_name_goes_however_it_is_written() {
    check(r#"{"a":1,"b":0,"a":2,"\u0061":3}"#, &["/a"], r#"{"b":0}"#);
    check(r#"{"a":{"b":1},"a":{"b":2,"c":3}}"#, &["/a/b"], r#"{"a":{},"a":{"c":3}}"#);
    check(r#"{"a/b":1,"m~n":2,"":3}"#, &["/a~1b", "/m~0n", "/"], "{}");
    check(r#"{"\ud83d\ude00":1,"\ud83d":2}"#, &["/\u{1f600}"], r#"{"\ud83d":2}"#);
}

#[test]
fn an_item_becomes_null_and_the_others_keep_their_places() {
    check("[1,[2] , {\"a\":3}]", &["/1"], "[1,null , {\"a\":3}]");
    check("[1,2]", &["/*"], "[null,null]");
    check("[ ]", &["/*"], "[ ]");
    check("[1,2]", &["/01", "/-", "/2"], "[1,2]");
    check(r#"{"u":[{"p":1,"q":2},{"p":3},4]}"#, &["/u/*/p"], r#"{"u":[{"q":2},{},4]}"#);
}

#[test]
fn a_star_is_every_member_too_and_one_that_is_called_so() {
    check(r#"{"u":{"x":{"p":1},"y":{"p":2},"\ud800":{"p":3}}}"#, &["/u/*/p"], r#"{"u":{"x":{},"y":{},"\ud800":{}}}"#);
    check(r#"{"*":1,"a":2}"#, &["/*"], "{}");
    check(r#"{"a":{"b":1,"c":2},"d":{"b":3}}"#, &["/*/b", "/a"], r#"{"d":{}}"#);
}

#[test]
fn what_lies_elsewhere_is_not_touched() {
    check("7", &["/a"], "7");
    check("\"a\"", &["/*"], "\"a\"");
    check(r#"{"a":"b"}"#, &["/a/b"], r#"{"a":"b"}"#);
    check(r#"{"a":[{"b":1}]}"#, &["/a/b", "/a/0/b/c"], r#"{"a":[{"b":1}]}"#);
}

#[test]
fn a_text_may_be_as_deep_as_it_likes() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    check(&format!("{{\"a\":1,\"b\":{deep}}}"), &["/a", "/b/0/0/x"], &format!("{{\"b\":{deep}}}"));
    check(&format!("{{\"a\":{deep},\"b\":1}}"), &["/a"], "{\"b\":1}");
}

#[test]
fn what_is_no_json_is_not_edited() {
    for text in
        [&b""[..], b" ", b"{", b"{\"a\":1,}", b"[1 2]", b"{} {}", b"a=1", b"\xef\xbb\xbf{}", b"\"\xff\"", b"nul"]
    {
        assert_eq!(json(text, &pointers(&["/a"])), None, "{text:?}");
    }
}

#[track_caller]
fn check_body(content_type: &str, wrapped: Option<Field>, sent: &str, at: &[&str], expected: Option<&str>) {
    let headers = [("Content-Type".to_owned(), content_type.to_owned())];
    let request = Request { method: "POST", url: "/", headers: &headers, body: sent.as_bytes() };
    let redacted = body(&request, wrapped, &pointers(at));
    let kept = (String::from_utf8(redacted.body).unwrap(), redacted.withheld.is_some());
    assert_eq!(kept, (expected.unwrap_or_default().to_owned(), expected.is_none()), "{at:?} of {sent}");
}

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

#[test]
fn a_field_of_a_form_goes_and_the_rest_stays_to_the_byte() {
    check_body(FORM, None, "To=%2b1&From=a+b&&To=2&%54o=3", &["/To"], Some("From=a+b&"));
    check_body(FORM, None, "a=%zz&b=1", &["/b/c"], Some("a=%zz"));
    check_body(FORM, None, "a=1&b=2", &["/*"], Some(""));
    check_body(FORM, None, "a=1&b=2", &["/c", "/0"], Some("a=1&b=2"));
}

#[test]
fn json_that_is_called_a_form_is_json() {
    check_body(FORM, None, r#"{"a":"hush","b":1}"#, &["/a"], Some(r#"{"b":1}"#));
    check_body("text/plain", None, r#"{"a":"hush","b":1}"#, &["/a"], Some(r#"{"b":1}"#));
}

#[test]
fn what_cannot_be_redacted_is_not_kept() {
    check_body("application/json", None, "a=hush", &["/a"], None);
    check_body("text/xml", None, "<a>hush</a>", &["/a"], None);
    check_body(FORM, Some(Field::Form("p")), "p=PHhtbD4%3D", &["/a"], None);
}

#[test]
fn of_a_form_that_wraps_its_event_nothing_else_is_kept() {
    let wrapped = Some(Field::Form("p"));
    check_body(FORM, wrapped, "x=hush&p=%7B%22a%22%3A1%2C%22b%22%3A2%7D", &["/a"], Some("p=%7B%22b%22%3A2%7D"));
    check_body("application/json", wrapped, r#"{"a":1,"b":2}"#, &["/a"], Some(r#"{"b":2}"#));
    let multipart = "multipart/form-data; boundary=\"tide gate\"";
    let part = |json: &str| {
        format!("--tide gate\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{json}\r\n--tide gate--\r\n")
    };
    let sent = format!("hush{}", part("{\"a\":\r\n1, \"b\":2}"));
    let sent = sent.replacen("hush--", "--tide gate\r\nContent-Disposition: form-data; name=x\r\n\r\nhush\r\n--", 1);
    check_body(multipart, Some(Field::Multipart("json")), &sent, &["/a"], Some(&part("{ \"b\":2}")));
}
