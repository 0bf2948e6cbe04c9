//! `tidegate contract` as a user meets it, and drift as the log of a running stack tells it.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tidegate::bundle::WORKER;
use webhook::ledger::Key;

use crate::harness::{Harness, tidegate};

/// Sources whose contracts depend on the type.
const SOURCES: &str = r#"
[shop]
provider = "standard-webhooks"
secrets = ["env:SHOP"]
contract = { "contact.*" = "contracts/standard-webhooks.json", "contact.deleted" = "contracts/stripe.json" }
"#;

/// Runs `tidegate contract` with these sources: exit status, what it printed, and what it said beside that.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let sources = folder.join("sources.toml");
    std::fs::write(&sources, SOURCES).unwrap();
    let mut command = tidegate();
    command.arg("contract").args(arguments).env("TIDEGATE_SOURCES_FILE", &sources).current_dir(folder);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        std::fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        std::fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn what_is_inferred_takes_its_samples_and_says_what_others_have_more_or_break() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(
        folder,
        &[
            ("samples/a.json", r#"{"id": 1, "name": "pl4nted"}"#),
            ("samples/b.jsonl", "{\"id\": 2}\n{\"id\": 3, \"name\": null}\n"),
            ("others/broken.json", r#"{"id": "pl4nted"}"#),
            ("others/more.json", r#"{"id": 4, "pl4nted@a.example": true, "extra": []}"#),
            ("others/no.json", "pl4nted"),
        ],
    );
    assert_eq!(
        run(folder, &["infer", "samples", "--output", "c.json"]),
        (0, String::new(), "c.json: from 3 payloads\n".into())
    );
    let contract = std::fs::read_to_string(folder.join("c.json")).unwrap();
    assert!(!contract.contains("pl4nted"), "{contract}");
    let contract: Value = serde_json::from_str(&contract).unwrap();
    assert_eq!(
        (&contract["required"], &contract["properties"]["name"]),
        (&json!(["id"]), &json!({"type": ["string", "null"]}))
    );
    let again = run(folder, &["infer", "samples", "--output", "c.json"]);
    assert_eq!(again, (2, String::new(), "tidegate: c.json is there already, --force writes over it\n".into()));

    let own = ["check", "shop", "--contract", "c.json"];
    let (code, printed, said) = run(folder, &[&own[..], &["samples"]].concat());
    assert_eq!(
        (code, &*said),
        (0, "3 payloads: 3 pass, 0 pass with drift, 0 have no contract, 0 would be dead letters\n")
    );
    assert_eq!(printed.lines().last(), Some("samples/b.jsonl:2  passes"));
    let (code, printed, said) = run(folder, &[&own[..], &["others"]].concat());
    let expected = [
        "others/broken.json  contract_violated: the payload breaks its contract: /id breaks type \"integer\"",
        "others/more.json  drift: /* (boolean), /extra (array)",
        "others/no.json  contract_violated: the body is not JSON: line 1 column 1",
    ];
    assert_eq!((code, printed.lines().collect::<Vec<_>>()), (1, expected.to_vec()));
    assert_eq!(said, "3 payloads: 0 pass, 1 pass with drift, 0 have no contract, 2 would be dead letters\n");
    let (_, printed, _) = run(folder, &[&own[..], &["others", "--json"]].concat());
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[1]["drift"], json!([{"place": "/*", "seen": "boolean"}, {"place": "/extra", "seen": "array"}]));
    assert_eq!((&lines[0]["outcome"], &lines[0]["contract"]), (&json!("contract_violated"), &json!("c.json")));
    assert!(!printed.contains("pl4nted"), "{printed}");
}

#[test]
fn each_type_has_a_contract_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let lines =
        ["contact.created", "contact.deleted", "order"].map(|kind| json!({"type": kind, "data": {}}).to_string());
    write(folder, &[("all.jsonl", &lines.join("\n")), ("untyped.json", "{}")]);
    let (code, printed, _) = run(folder, &["check", "shop", "all.jsonl", "untyped.json"]);
    let expected = [
        "all.jsonl:1  passes",
        "all.jsonl:2  contract_violated: the payload breaks its contract: the whole breaks required \"id\"; the whole breaks required \"object\"; the whole breaks required \"created\"",
        "all.jsonl:3  no_contract",
        "untyped.json  no_contract: its type is not in the payload, --type says it",
    ];
    assert_eq!((code, printed.lines().collect::<Vec<_>>()), (1, expected.to_vec()));
    assert_eq!(run(folder, &["check", "shop", "untyped.json", "--type", "contact.made"]).0, 1);

    let (code, printed, said) = run(folder, &["infer", "all.jsonl", "--by-type", "/type", "--output", "contracts"]);
    assert_eq!(code, 0, "{said}");
    let expected = "[SOURCE.contract]\n\"contact.created\" = \"contracts/contact.created.json\"\n\"contact.deleted\" = \"contracts/contact.deleted.json\"\n\"order\" = \"contracts/order.json\"\n";
    assert_eq!(printed, expected);
    let sources =
        format!("{}{}", "[a]\nprovider = \"stripe\"\nsecrets = [\"env:A\"]\n", printed.replace("SOURCE", "a"));
    let sources = webhook::sources::parse(&sources).unwrap();
    assert_eq!(sources[0].contract.of(Some("order")), Some("contracts/order.json"));
    let (code, _, said) = run(folder, &["infer", "untyped.json", "--by-type", "/type", "--output", "contracts"]);
    assert!(
        code == 1 && said.contains("untyped.json: no text of up to 128 printable characters at \"/type\""),
        "{said}"
    );
    let (code, _, said) = run(folder, &["check", "nobody", "all.jsonl"]);
    assert!(code == 2 && said.contains("no source \"nobody\""), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_contract_does_not_know_passes_is_counted_and_is_told_once() {
    let alone = |_: &mut local::StackConfig| ();
    let harness = Harness::start_altered(tempfile::tempdir().unwrap(), Duration::from_secs(5), 1, alone).await;
    let payload = harness.folder().join("payload.json");
    let more = json!({"type": "order", "data": {}, "extra": "pl4nted", "4000056655665556": 1});
    std::fs::write(&payload, more.to_string()).unwrap();
    for id in ["first", "second"] {
        let sent = harness.send(&["standard-webhooks", "--event", payload.to_str().unwrap(), "--id", id]).await;
        assert!(sent.status.success());
        harness.wait_until(&[Key::new("standard-webhooks", id, "table")], "done", 30).await;
    }
    let lines = |outcome: &str| -> Vec<Value> {
        let lines = harness.log().into_iter().filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        lines.filter(|line| line["outcome"] == outcome).collect()
    };
    let ends_ms = shell::clock::now_ms() + 30_000;
    while lines("done").len() < 2 {
        assert!(shell::clock::now_ms() < ends_ms, "the log of {WORKER} says {:?}", lines("done"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(lines("done").iter().all(|line| line["drift"] == 2), "{:?}", lines("done"));
    let drift = |place: &str, seen: &str| {
        json!({"level": "WARN", "outcome": "drift", "source": "standard-webhooks", "event_type": "order",
            "contract": "contracts/standard-webhooks.json", "place": place, "seen": seen})
    };
    let told = lines("drift").into_iter().map(|mut line| {
        // When it was is another matter.
        line.as_object_mut().unwrap().remove("timestamp");
        line
    });
    assert_eq!(told.collect::<Vec<_>>(), [drift("/*", "integer"), drift("/extra", "string")]);
    let all = harness.log().concat();
    assert!(!all.contains("pl4nted") && !all.contains("4000056655665556"));
    harness.stop().await;
}
