//! Where a value lies in a body: what is found there is what a whole parse of the body finds.

use serde_json::Value;
use webhook::{Field, Request};

const POINTERS: [&str; 7] = ["", "/id", "/event/type", "/a/b/0", "/0/id", "/a~1b/m~0n", "/value/0/clientState"];

/// The input: whether it is a form, and a body.
pub fn holds(input: &[u8]) {
    let Some((&form, body)) = input.split_first() else { return };
    let content_type =
        if form % 2 == 0 { "application/json" } else { "Application/X-WWW-form-urlencoded; charset=utf-8" };
    let headers = [("Content-Type".to_owned(), content_type.to_owned())];
    let url = format!("https://a.example/h?{}", String::from_utf8_lossy(body));
    let request = Request { method: "POST", url: &url, headers: &headers, body };

    if let Ok(whole) = serde_json::from_slice::<Value>(body) {
        for pointer in POINTERS {
            let expected = whole.pointer(pointer).and_then(value).filter(|text| !text.is_empty());
            assert_eq!(Field::Json(pointer).of(&request).as_deref(), expected.as_deref(), "{pointer}");
        }
    } else {
        POINTERS.iter().for_each(|pointer| drop(Field::Json(pointer).of(&request)));
    }
    let in_form = form_urlencoded::parse(body).find(|(name, _)| name == "id").map(|(_, value)| value);
    let in_form = in_form.filter(|value| form % 2 == 1 && !value.is_empty());
    assert_eq!(Field::Form("id").of(&request), in_form);
    assert!(Field::Query("id").of(&request).is_none_or(|value| !value.is_empty()));
}

/// Strings and whole numbers are values.
fn value(json: &Value) -> Option<String> {
    match json {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_u64() || number.is_i64() => Some(number.to_string()),
        _ => None,
    }
}
