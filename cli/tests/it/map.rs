//! `tidegate map`: payloads before and after the programs of a source.

use std::io::Write as _;
use std::process::{Output, Stdio};

use crate::harness::tidegate;

const SOURCES: &str = r#"
[orders]
provider = "standard-webhooks"
secrets = ["env:ORDERS"]
filter = ".wanted"
map = "{id, full_name: ([.first_name, .last_name] | map(strings) | join(\" \"))}"
entity = ".id"
order_by = ".at"

[messages]
provider = "twilio"
secrets = ["env:MESSAGES"]
map = ".Body"
"#;

/// Runs the command on a body that comes by standard input.
fn map(body: &str, arguments: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sources.toml");
    std::fs::write(&file, SOURCES).unwrap();
    let mut command = tidegate();
    command.arg("map").args(arguments).env("TIDEGATE_SOURCES_FILE", &file).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    (status.code().unwrap(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

#[track_caller]
fn check(body: &str, arguments: &[&str], status: i32, said: &[&str]) {
    let (code, told) = map(body, arguments);
    assert_eq!(code, status, "{told}");
    for said in said {
        assert!(told.contains(said), "expected {said:?} in: {told}");
    }
}

#[test]
fn a_payload_is_shown_before_and_after() {
    let body = r#"{"wanted":true,"id":9223372036854775808,"at":"2026-11-03","first_name":"Marina","last_name":null}"#;
    let after = "after    {\n  \"id\": 9223372036854775808,\n  \"full_name\": \"Marina\"\n}";
    let order = "order_by \"2026-11-03\", a string";
    check(body, &["orders", "-"], 0, &["before   {\n  \"wanted\": true", "filter   wanted", order, after]);
}

#[test]
fn what_is_not_wanted_is_no_failure_and_what_fails_is_one() {
    check(r#"{"wanted":false}"#, &["orders", "-"], 0, &["filter   not wanted"]);
    let none = "dead     map_failed: entity: null, expected a string or a number";
    check(r#"{"wanted":1}"#, &["orders", "-"], 1, &[none]);
    check("7", &["orders", "-"], 1, &["dead     filter_failed: filter: cannot index a number with a string"]);
    let broken = "map: not a jq program: line 1 column 5: expected term";
    check("{\"wanted\":1,\"id\":1,\"at\":1}", &["orders", "-", "--program", ".a +"], 1, &[broken]);
    check("no json", &["orders", "-"], 2, &["-: the body is not JSON: line 1 column 2"]);
    check("{}", &["others", "-"], 2, &["no source \"others\" in sources.toml, there are: messages, orders"]);
    check("{}", &["orders", "/no/such/file"], 2, &["/no/such/file: "]);
}

#[test]
fn a_program_can_be_tried_and_a_form_is_an_object() {
    check("{\"id\":1,\"at\":1}", &["orders", "-", "--filter", "true", "--program", ".id + 1"], 0, &["after    2"]);
    check("Body=high+water%3F&From=1", &["messages", "-"], 0, &["after    \"high water?\""]);
    check("\"a\"", &["messages", "-", "--content-type", "text/json", "--program", "."], 0, &["after    \"a\""]);
}
