//! The jq programs of a source in a real worker: what they answer, what hostile ones do, and what becomes of the events.

use std::path::Path;

use crate::world::{World, event, far_off, from, message};
use jq::{Failed, Jq};
use serde_json::json as value;
use serde_json::value::RawValue;
use webhook::sources::Programs;
use webhook::sources::programs::Program;
use worker_fn::batch;
use worker_fn::handle::handle;

fn engine() -> Jq {
    Jq::of(env!("CARGO_BIN_EXE_worker-fn").into())
}

fn json(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

fn program(text: &str) -> Option<Program> {
    Some(Program::Text(text.to_owned()))
}

/// Programs that would hang or end a worker that ran them itself, with what is said of each.
const HOSTILE: [(&str, &str); 9] = [
    ("def f: f; f", "took more than 500 ms of processor time"),
    ("last(repeat(.))", "took more than 500 ms of processor time"),
    ("., last(repeat(.))", "took more than 500 ms of processor time"),
    // Which of the two limits it meets first, the machine says.
    ("[range(1e9)]", "more than "),
    ("\"x\" * 1000000000", "needed more than 128 MiB of memory"),
    ("reduce range(100) as $i (\"x\"; . + .)", "needed more than 128 MiB of memory"),
    ("def f: 1 + f; f", "called itself too deep"),
    ("reduce range(200000) as $i (0; [.])", "called itself too deep"),
    ("\"x\" * 9000000", "answered more than 8 MiB"),
];

#[tokio::test]
async fn a_hostile_program_ends_itself_and_not_the_one_that_asks() {
    let jq = engine();
    for (program, told) in HOSTILE {
        let failed = jq.run(program, &json("{}")).await.unwrap_err().to_string();
        assert!(failed.contains(told), "{program}: {failed}");
        assert_eq!(jq.run(".a", &json("{\"a\":7}")).await.unwrap().get(), "7", "after {program}");
    }
}

#[tokio::test]
async fn what_is_not_exactly_one_json_value_is_told() {
    let jq = engine();
    let nested = format!("{}{}", "[".repeat(600), "]".repeat(600));
    for (program, payload, told) in [
        ("empty", "1", "no output, expected one"),
        (".[]", "[1,2]", "more than one output, expected one: [ ] around the program makes a list of them"),
        ("nan", "1", "answered what is not JSON: nan, infinite, bytes, or an object whose keys are not strings"),
        (
            "{(0): infinite}",
            "1",
            "answered what is not JSON: nan, infinite, bytes, or an object whose keys are not strings",
        ),
        (".a.b", "{\"a\":\"4000\"}", "cannot index a string with a string"),
        (".[]", "7", "cannot use a number as iterable (array or object)"),
        ("error(\"no id\")", "1", "failed with error(\"no id\")"),
        ("error(.)", "\"4000\"", "failed with an error of its own"),
        (".", &nested, "the payload has more than 512 levels"),
        ("reduce range(600) as $i (0; [.])", "1", "answered with more than 512 levels"),
        (
            ".",
            "[\"\\ud83e\"]",
            "no program can look at the payload, expected whole characters: a \\u escape is half of one, from byte 8 on",
        ),
    ] {
        let failed = jq.run(program, &json(payload)).await.unwrap_err();
        assert_eq!(failed.to_string(), told, "{program}");
    }
}

#[tokio::test]
async fn a_program_that_is_none_is_told_with_its_place() {
    let jq = engine();
    for (program, told) in [
        (".a |\n  foo(1)", "line 2 column 3: no function \"foo\" of 1 arguments"),
        ("{a: 1", "line 1 column 6: expected closing brace"),
        ("$ENV", "line 1 column 1: no variable \"$ENV\""),
        ("now", "line 1 column 1: no function \"now\" of 0 arguments"),
        ("env", "line 1 column 1: no function \"env\" of 0 arguments"),
        ("input", "line 1 column 1: no function \"input\" of 0 arguments"),
        ("halt", "line 1 column 1: no function \"halt\" of 0 arguments"),
        ("debug", "line 1 column 1: no function \"debug\" of 0 arguments"),
        ("localtime", "line 1 column 1: no function \"localtime\" of 0 arguments"),
        ("import \"a\" as a; .", "line 1 column 9: a program is one file and imports none"),
        ("import \"a\" as $a; $a", "line 1 column 9: a program is one file and imports none"),
    ] {
        let failed = jq.run(program, &json("1")).await.unwrap_err();
        assert_eq!(failed, Failed::Unsound(told.to_owned()), "{program}");
    }
}

#[tokio::test]
async fn what_a_program_does_not_touch_stays_as_it_was_sent() {
    let jq = engine();
    for same in [
        "9223372036854775808",
        "-170141183460469231731687303715884105728",
        "1e400",
        "0.10",
        "1E-7",
        "100000000000000000000.5",
        "\"\\u0000\\u007f\u{e9}\u{1f980}\"",
        "[1,{\"b\":null,\"a\":[]}]",
    ] {
        let output = jq.run(".a", &json(&format!("{{\"a\":{same}}}"))).await.unwrap();
        assert_eq!(output.get(), same);
    }
    let check = async |program: &str, payload: &str, expected: &str| {
        assert_eq!(jq.run(program, &json(payload)).await.unwrap().get(), expected, "{program} on {payload}");
    };
    // The last of equal names counts, as for all readers of JSON that know one only, and a zero has no sign.
    check(".", "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}").await;
    check(".", "[-0]", "[0]").await;
    check("9007199254740993 + .", "9223372036854775807", "9232379236109516800").await;
    check(".created | todate", "{\"created\":1793700942}", "\"2026-11-03T10:15:42Z\"").await;
    check("try (.a | todate) catch \"no date\"", "{\"a\":1e300}", "\"no date\"").await;
}

#[tokio::test]
async fn a_call_outlives_the_death_of_its_process_and_a_dropped_call_leaves_no_process() {
    let jq = engine();
    jq.run(".", &json("1")).await.unwrap();
    let [process] = children()[..] else { panic!("one process for programs: {:?}", children()) };
    let kill = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        std::process::Command::new("kill").args(["-KILL", &process.to_string()]).status().unwrap();
    };
    // It takes longer than that to answer, and less than it may.
    let slow = json("null");
    let (answered, ()) = tokio::join!(jq.run("reduce range(100000) as $i (0; . + 1)", &slow), kill);
    assert_eq!(answered.unwrap().get(), "100000");

    let endless = jq.run("def f: f; f", &slow);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), endless).await.is_err());
    assert_eq!(children(), [0_u32; 0], "the process ended with the call");
    assert_eq!(jq.run(".", &slow).await.unwrap().get(), "null");
    drop(jq);
    assert_eq!(children(), [0_u32; 0]);
}

/// The processes that this thread started and that have not ended (proc(5), `children`).
fn children() -> Vec<u32> {
    let path = "/proc/thread-self/children";
    std::fs::read_to_string(path).unwrap().split_whitespace().map(|id| id.parse().unwrap()).collect()
}

/// A world whose sources all have these programs.
async fn world(filter: Option<&str>, map: Option<&str>) -> World {
    let mut world = World::start().await;
    let programs = Programs { filter: filter.and_then(program), map: map.and_then(program), order: None };
    world.worker.sources.iter_mut().for_each(|source| source.programs = programs.clone());
    world
}

#[tokio::test]
async fn each_hostile_program_is_a_letter_and_the_next_event_of_the_batch_is_done() {
    // One that is endless, one that eats memory, one that eats the stack: each takes its time.
    let chosen = [HOSTILE[0].0, HOSTILE[4].0, HOSTILE[6].0];
    let all = |key: &str| {
        let branches = chosen.iter().enumerate().map(|(n, program)| format!("if .{key} == {n} then ({program})"));
        format!("{} else . end", branches.collect::<Vec<_>>().join(" el"))
    };
    let world = world(Some(&all("f")), Some(&format!("{} | {{ok}}", all("m")))).await;
    let mut bodies = Vec::new();
    for n in 0..chosen.len() {
        bodies.push(message(&format!("f{n}"), &format!("{{\"f\":{n}}}")));
        bodies.push(message(&format!("m{n}"), &format!("{{\"m\":{n}}}")));
        bodies.push(message(&format!("ok{n}"), "{\"ok\":true}"));
    }
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    let reply = batch::work(&world.worker, &event(&bodies, 1), far_off(), &handle).await.unwrap();
    assert_eq!(reply.batch_item_failures, []);
    let rows = world.rows().await;
    for n in 0..chosen.len() {
        let row = |kind: &str| &rows[&format!("github#{kind}{n}")];
        assert_eq!((row("ok").text("status"), row("ok").text("result")), ("done", "{\"ok\":true}"), "{n}");
    }
    assert_eq!(world.letters().await.len(), 2 * chosen.len());
}

#[tokio::test]
async fn every_program_of_the_sources_compiles() {
    let jq = engine();
    for source in webhook::sources::from_json(worker_fn::SOURCES).unwrap() {
        for (key, program) in source.programs.all() {
            let text = worker_fn::programs::text(program).unwrap();
            let answered = jq.run(text, &json("null")).await;
            assert!(!matches!(answered, Err(Failed::Unsound(_))), "{}, {key}: {answered:?}", source.name);
        }
    }
}

#[tokio::test]
async fn what_is_not_wanted_is_acknowledged_and_has_no_row() {
    let world = world(Some(".wanted | select(. != \"none\")"), None).await;
    let bodies = [
        "{\"wanted\":false}",
        "{\"wanted\":null}",
        "{}",
        "{\"wanted\":true}",
        "{\"wanted\":0}",
        "7",
        "{\"wanted\":\"none\"}",
    ];
    let bodies: Vec<String> = bodies.iter().enumerate().map(|(n, body)| message(&format!("id-{n}"), body)).collect();
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    let reply = batch::work(&world.worker, &event(&bodies, 1), far_off(), &handle).await.unwrap();
    assert_eq!(reply.batch_item_failures, []);
    let rows = world.rows().await;
    let statuses: Vec<(&str, &str)> = rows.iter().map(|(key, row)| (key.as_str(), row.text("status"))).collect();
    assert_eq!(statuses, [("github#id-3", "done"), ("github#id-4", "done"), ("github#id-5", "dead")]);
    let letters = world.letters().await;
    let attributes = letters[0].message_attributes.as_ref().unwrap();
    assert_eq!(attributes["reason"].string_value(), Some("filter_failed"));
    assert_eq!(attributes["detail"].string_value(), Some("filter: cannot index a number with a string"));
    assert_eq!(letters.len(), 1);
}

#[tokio::test]
async fn a_dead_letter_that_comes_back_unwanted_says_so_and_may_be_wanted_again() {
    let mut world = world(None, Some("error(\"broken\")")).await;
    let body = message("id-1", "{\"n\":1}");
    let reply = batch::work(&world.worker, &event(&[&body], 1), far_off(), &handle).await.unwrap();
    assert_eq!(reply.batch_item_failures, []);
    assert_eq!(world.rows().await["github#id-1"].text("reason"), "map_failed");

    let redriven = |message_id: &str| {
        let yes = value!({"stringValue": "1", "dataType": "String"});
        from(value!({"Records": [{"messageId": message_id, "body": body, "messageAttributes": {"redriven": yes}}]}))
    };
    let programs = |filter: &str| Programs { filter: program(filter), map: program("{got: .n}"), order: None };
    world.worker.sources.iter_mut().for_each(|source| source.programs = programs("false"));
    let reply = batch::work(&world.worker, &redriven("r1"), far_off(), &handle).await.unwrap();
    assert_eq!(reply.batch_item_failures, []);
    assert_eq!(world.rows().await["github#id-1"].text("status"), "filtered");

    world.worker.sources.iter_mut().for_each(|source| source.programs = programs("true"));
    batch::work(&world.worker, &redriven("r2"), far_off(), &handle).await.unwrap();
    let rows = world.rows().await;
    assert_eq!((rows["github#id-1"].text("status"), rows["github#id-1"].text("result")), ("done", "{\"got\":1}"));
}

#[tokio::test]
async fn every_example_of_the_documents_makes_of_its_sample_what_they_show() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(checkout.join("docs/mapping.md")).unwrap();
    let block = |part: &str, kind: &str| {
        let start = part.find(&format!("```{kind}\n")).map(|at| at + kind.len() + 4);
        start.and_then(|start| part[start..].split("```").next().map(str::to_owned))
    };
    let mut shown = 0;
    for part in text.split("\nSample: `").skip(1) {
        let file = part.split('`').next().unwrap();
        let (program, expected) = (block(part, "jq").unwrap(), block(part, "json").unwrap());
        let body = std::fs::read(checkout.join(file)).unwrap();
        let content_type =
            if file.ends_with(".form") { "application/x-www-form-urlencoded" } else { "application/json" };
        let payload = webhook::payload::read_as(Some(content_type), &body, None).unwrap();
        let output = engine().run(&program, &payload).await.unwrap();
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(output.get()), value(&expected), "{file}");
        // Null-safe: no sample of a provider has everything.
        for poor in ["{}", "{\"data\":null,\"event\":null,\"pull_request\":null,\"customer\":null}"] {
            let output = engine().run(&program, &json(poor)).await;
            assert!(output.is_ok(), "{file} without anything: {output:?}");
        }
        shown += 1;
    }
    assert!(shown >= 6, "only {shown} examples");
}
