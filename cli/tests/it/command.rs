//! The command as a user meets it: its messages, its exit status, and what it leaves behind.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

use crate::harness::{signal, tidegate};

/// Runs the command and checks its exit status and what it says on standard error.
#[track_caller]
fn check(arguments: &[&str], status: i32, said: &str) {
    let output = tidegate().args(arguments).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{stderr}");
    assert!(stderr.contains(said), "expected {said:?} in: {stderr}");
}

#[test]
fn what_cannot_be_is_told_in_a_sentence() {
    check(&["send", "gihub"], 2, "no source \"gihub\" in sources.toml, there are: ");
    check(&["send", "github", "--event", "/no/such/file"], 2, "/no/such/file cannot be read");
    check(&["send", "github", "--to", "http://127.0.0.1:9"], 1, "is the stack up?");
    check(&["up", "--functions", "/no/such/dir"], 2, "does not hold both ingest-fn and worker-fn");
    check(&["send", "github", "--tamper", "stale"], 2, "github signs no time");
    check(&["launch"], 2, "unrecognized subcommand");
    check(&[], 2, "Usage: tidegate <COMMAND>");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let payload = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/payloads/github.json");
    for arguments in [
        &["providers", "--wide"][..],
        &["providers", "github"],
        &["providers", "--markdown"],
        &["cost"],
        &["cost", "--json"],
        &["cost", "--markdown"],
        &["map", "github", payload, "--filter", ".action"],
        &["contract", "infer", payload],
        &["contract", "check", "github", payload, "--json"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = tidegate().args(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !stderr.contains("panicked"), "{arguments:?}: {} {stderr}", output.status);
    }
}

#[test]
fn another_file_of_sources_is_read_and_named_in_its_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("others.toml");
    let send = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let output = tidegate().args(["send", "github"]).env("TIDEGATE_SOURCES_FILE", &file).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let told = send("[other]\nprovider = \"github\"\nsecrets = [\"env:OTHER\"]\n");
    assert!(told.contains("no source \"github\"") && told.trim_end().ends_with("there are: other"), "{told}");
    let told = send("[other]\nprovider = \"gihub\"\nsecrets = [\"env:OTHER\"]\n");
    assert!(told.contains("others.toml, line 2: unknown provider"), "{told}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let state = tempfile::tempdir().unwrap();
    let place = state.path().to_str().unwrap();
    check(
        &[
            "up",
            "--port",
            &port,
            "--sqs-port",
            "0",
            "--dynamodb-port",
            "0",
            "--ssm-port",
            "0",
            "--s3-port",
            "0",
            "--state",
            place,
        ],
        1,
        &port,
    );
}

#[test]
fn a_state_that_cannot_be_read_is_named() {
    let state = tempfile::tempdir().unwrap();
    for file in ["sqs.db", "dynamodb.db"] {
        std::fs::write(state.path().join(file), "this is no database".repeat(500)).unwrap();
    }
    let place = state.path().to_str().unwrap();
    check(
        &[
            "up",
            "--port",
            "0",
            "--sqs-port",
            "0",
            "--dynamodb-port",
            "0",
            "--ssm-port",
            "0",
            "--s3-port",
            "0",
            "--state",
            place,
        ],
        1,
        place,
    );
}

#[test]
fn up_says_where_it_is_and_leaves_nothing_behind_when_it_is_interrupted() {
    let state = tempfile::tempdir().unwrap();
    let place = state.path().to_str().unwrap();
    let mut up = tidegate()
        .args([
            "up",
            "--port",
            "0",
            "--sqs-port",
            "0",
            "--dynamodb-port",
            "0",
            "--ssm-port",
            "0",
            "--s3-port",
            "0",
            "--state",
            place,
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(up.stderr.take().unwrap()).lines().map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("webhooks  ").map(str::to_owned)).expect("an address");
    let gateway = address.split("/hooks/").next().unwrap();
    assert!(lines.any(|line| line.contains("Ctrl-C stops it")));
    let sent = tidegate().args(["send", "github", "--to", gateway]).output().unwrap();
    assert_eq!(sent.status.code(), Some(0), "{}", String::from_utf8_lossy(&sent.stderr));

    signal("-INT", up.id());
    assert_eq!(up.wait().unwrap().code(), Some(0));
    let again = tidegate().args(["send", "github", "--to", gateway]).output().unwrap();
    assert_eq!(again.status.code(), Some(1), "nobody listens any more");
}

#[test]
fn the_demo_of_a_small_burst_is_as_it_must_be() {
    let state = tempfile::tempdir().unwrap();
    let place = state.path().to_str().unwrap();
    let ports = ["--port", "0", "--sqs-port", "0", "--dynamodb-port", "0", "--ssm-port", "0", "--s3-port", "0"];
    let demo = tidegate().args(["demo", "--exit", "--burst", "70", "--state", place]).args(ports).output().unwrap();
    let table = String::from_utf8_lossy(&demo.stdout);
    assert_eq!(demo.status.code(), Some(0), "{table}{}", String::from_utf8_lossy(&demo.stderr));
    assert!(table.contains("70 x 200") && table.contains("70 done") && !table.contains("NOT"), "{table}");
}
