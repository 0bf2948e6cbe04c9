//! Whatever an alarm of `template.yaml` waits for among our own metrics is really written, by the name and the dimensions
//! that it waits for, when that happens which it is about.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::harness::Harness;
use crate::letters::post_poison;
use serde_json::Value;
use webhook::ledger::Key;

/// A metric of ours that an alarm waits for: its name, and its dimensions.
type Awaited = (String, BTreeSet<String>);

/// What the alarms of the template wait for.
fn awaited() -> BTreeSet<Awaited> {
    let template = include_str!("../../../template.yaml");
    let alarms = template.split("    Type: AWS::CloudWatch::Alarm\n").skip(1);
    let alarms = alarms.map(|alarm| alarm.split("\n\n").next().unwrap());
    let ours = alarms.filter(|alarm| alarm.contains("Namespace: Tidegate\n"));
    let value = |line: &str, key: &str| line.trim().strip_prefix(key).map(str::to_owned);
    ours.map(|alarm| {
        let name = alarm.lines().find_map(|line| value(line, "MetricName: ")).unwrap();
        (name, alarm.lines().filter_map(|line| value(line, "- Name: ")).collect())
    })
    .collect()
}

/// What the lines of a log say as CloudWatch reads them. A field that is named and not there is none.
pub(crate) fn written(log: &[String]) -> BTreeSet<Awaited> {
    let mut written = BTreeSet::new();
    for line in log.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        for set in line["_aws"]["CloudWatchMetrics"].as_array().unwrap_or(&Vec::new()) {
            assert_eq!(set["Namespace"], "Tidegate");
            for metric in set["Metrics"].as_array().unwrap() {
                let name = metric["Name"].as_str().unwrap();
                assert!(line[name].is_u64(), "{name} in {line}");
                for dimensions in set["Dimensions"].as_array().unwrap() {
                    let names = dimensions.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
                    let names: BTreeSet<String> = names.collect();
                    assert!(names.iter().all(|name| line[name].is_string()), "{names:?} in {line}");
                    written.insert((name.to_owned(), names));
                }
            }
        }
    }
    written
}

/// A metric of the whole stack.
pub(crate) fn of_stack(name: &str) -> Awaited {
    (name.to_owned(), BTreeSet::from(["Stack".to_owned()]))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_alarm_waits_for_a_metric_that_is_written_when_it_happens() {
    let folder = tempfile::tempdir().unwrap();
    let harness = Harness::start_altered(folder, Duration::from_secs(5), 3, |config| {
        // Later ones count: a source that is not in use yet.
        config
            .functions
            .iter_mut()
            .for_each(|function| function.env.push(("TIDEGATE_SECRET_SLACK".into(), String::new())));
    })
    .await;
    let nobody = format!("{}/hooks/nobody", harness.running.stack.gateway_url());
    let more = harness.folder().join("more.json");
    std::fs::write(&more, r#"{"type":"a","timestamp":"2026-11-03T10:15:42Z","data":{},"unknown":1}"#).unwrap();
    let posted: [&[&str]; 5] = [
        &["standard-webhooks", "--id", "more", "--event", more.to_str().unwrap()],
        &["github", "--id", "good"],
        &["github", "--tamper", "body"],
        &["github", "--to", &nobody],
        &["slack"],
    ];
    for arguments in posted {
        harness.send(arguments).await;
    }
    post_poison(&harness, "github", &["dead".to_owned()]).await;
    let key = |source, id| Key::new(source, id, "table");
    harness.wait_until(&[key("github", "good"), key("standard-webhooks", "more")], "done", 30).await;
    harness.wait_until(&[key("github", "dead")], "dead", 30).await;

    // A worker that loses its lease takes a story of its own, in crashes.rs.
    let elsewhere = BTreeSet::from([of_stack("LeasesLost")]);
    let missing = |log: &[String]| -> Vec<_> {
        awaited().difference(&written(log)).filter(|one| !elsewhere.contains(one)).cloned().collect()
    };
    // A line comes behind its row.
    for _ in 0..600 {
        if missing(&harness.log()).is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let log = harness.log();
    assert!(missing(&log).is_empty(), "{:?} in {log:#?}", missing(&log));
    assert!(awaited().contains(&of_stack("LeasesLost")) && awaited().len() >= 5, "{:?}", awaited());
    harness.stop().await;
}
