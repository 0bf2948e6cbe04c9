//! Dead letters as an operator meets them: listed and shown by the command, and where it looks for them.

use crate::harness::{Harness, tidegate};
use crate::letters::{GARBAGE, POISON, check, dead, envelope, ids, list, output, post_poison, put, visible};
use serde_json::{Value, json};
use tidegate::bundle::{DEAD_LETTERS, QUEUE, TABLE};
use webhook::ledger::Key;

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_listed_by_each_selection_and_shown_whole() {
    let harness = Harness::start().await;
    post_poison(&harness, "github", &ids("poison", 2)).await;
    put(&harness, QUEUE, GARBAGE, &[]).await;
    let stripe = envelope("evt_1", "{\"card\": \"4242\"}\r\n");
    let rejected = [("reason", "handler_rejected"), ("detail", "no\nsuch plan"), ("attempts", "3")];
    put(&harness, DEAD_LETTERS, &stripe, &[&rejected[..], &[("died_at_ms", "1700000000000")]].concat()).await;
    put(&harness, DEAD_LETTERS, &envelope("evt_2", "{}"), &[]).await;
    visible(&harness, 5).await;

    let all = list(&harness, &[]).await;
    assert_eq!(all.len(), 5);
    let old = &all[0];
    assert_eq!((&old["event_id"], &old["attempts"], &old["became"]), (&json!("evt_1"), &json!(3), &Value::Null));
    let counts: &[(&[&str], usize)] = &[
        (&["--source", "github"], 2),
        (&["--source", "stripe"], 2),
        (&["--reason", "contract_violated"], 2),
        (&["--reason", "envelope_unreadable"], 1),
        (&["--reason", "-"], 1),
        (&["--type", "pull_request"], 2),
        (&["--id", "poison-1"], 1),
        (&["--id", old["message_id"].as_str().unwrap()], 1),
        (&["--since", "1h"], 4),
        (&["--since", "2023-11-14T22:13:20Z"], 5),
        (&["--since", "1700000000001"], 4),
        (&["--source", "stripe", "--reason", "handler_rejected"], 1),
        (&["--source", "github", "--reason", "handler_rejected"], 0),
        (&["--limit", "3"], 3),
    ];
    for (selection, expected) in counts {
        assert_eq!(list(&harness, selection).await.len(), *expected, "{selection:?}");
    }
    let poison = list(&harness, &["--id", "poison-0"]).await.remove(0);
    assert_eq!((&poison["became"], &poison["reason"]), (&json!("dead"), &json!("contract_violated")));
    let table = check(&harness, &["list"], 0).await;
    assert!(table.contains("contract_violated") && table.contains("no\u{fffd}such plan"), "{table}");
    assert!(table.contains("letters: 5") && table.lines().count() == 8, "{table}");

    let shown = check(&harness, &["show", poison["message_id"].as_str().unwrap()], 0).await;
    for part in ["letter.reason", "contract_violated", "envelope.event_id", "poison-0", "became", "dead"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let old_id = old["message_id"].as_str().unwrap();
    let shown = check(&harness, &["show", old_id], 0).await;
    assert!(!shown.contains("4242") && !shown.contains('\u{1b}'), "a body or a terminal's command in {shown}");
    for (id, body) in [(&poison["message_id"], POISON), (&old["message_id"], b"{\"card\": \"4242\"}\r\n")] {
        let shown = output(dead(&harness, &["show", id.as_str().unwrap(), "--body"])).await;
        assert_eq!((shown.status.code(), &*shown.stdout), (Some(0), body));
    }
    let garbage = list(&harness, &["--reason", "envelope_unreadable"]).await.remove(0);
    let shown = output(dead(&harness, &["show", garbage["message_id"].as_str().unwrap(), "--body"])).await;
    assert_eq!(shown.stdout, GARBAGE.as_bytes());
    assert!(String::from_utf8_lossy(&shown.stderr).contains("it is no envelope"));
    let absent = check(&harness, &["show", "m-0"], 1).await;
    assert!(absent.contains("no letter m-0 is in the dead-letter queue"), "{absent}");
    visible(&harness, 5).await;
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_aws_the_place_comes_from_the_environment() {
    let harness = Harness::start().await;
    put(&harness, DEAD_LETTERS, &envelope("evt_1", "{}"), &[]).await;
    let stack = &harness.running.stack;
    let run = async |arguments: &[&str]| {
        let mut command = tidegate();
        command.arg("dead").args(arguments).arg("--aws").env_clear();
        command.envs([("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "s")]);
        command.envs([("AWS_ENDPOINT_URL_SQS", stack.sqs_url()), ("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb_url())]);
        command.envs([("TIDEGATE_QUEUE_URL", stack.queue_url(QUEUE)), ("TIDEGATE_TABLE", TABLE.to_owned())]);
        command.env("TIDEGATE_DEAD_LETTER_QUEUE_URL", stack.queue_url(DEAD_LETTERS));
        let output = output(command).await;
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run(&["list"]).await.contains("evt_1"));
    assert!(run(&["redrive", "--source", "stripe"]).await.contains("1 redriven"));
    harness.wait_until(&[Key::new("stripe", "evt_1", "table")], "done", 30).await;
    visible(&harness, 0).await;
    harness.stop().await;
}

#[test]
fn what_is_missing_on_the_command_line_is_told_at_once() {
    let check = |arguments: &[&str], status: i32, said: &[&str]| {
        let output = tidegate().arg("dead").args(arguments).env_clear().output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{stderr}");
        said.iter().for_each(|said| assert!(stderr.contains(said), "{said:?} is not in {stderr}"));
    };
    check(&["redrive"], 2, &["say which letters"]);
    check(&["redrive", "--limit", "5"], 2, &["say which letters"]);
    check(&["redrive", "--all", "--source", "github"], 2, &["say which letters"]);
    check(&["redrive", "--all", "--rate", "0"], 2, &["--rate"]);
    check(&["list", "--since", "yesterday"], 2, &["not 90s, 15m, 2h or 7d"]);
    let missing = ["--table is not said and TIDEGATE_TABLE is not set", "TIDEGATE_QUEUE_URL", "AWS_REGION is not set"];
    check(&["list", "--aws"], 2, &missing);
    check(&["list", "--aws", "--sqs-port", "1"], 2, &["cannot be used with"]);
    check(&["list", "--sqs-port", "9"], 1, &["cannot be reached, is the stack up?"]);
}
