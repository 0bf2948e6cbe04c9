//! Storms through the real binaries: a chaotic one ends clean, and what cannot be is told in a sentence.

use std::process::Output;

use serde_json::Value;

use crate::harness::tidegate;

fn storm(arguments: &[&str]) -> Output {
    tidegate().arg("storm").args(arguments).output().unwrap()
}

#[test]
fn a_small_storm_with_chaos_ends_clean() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let kinds = ["--duplicates", "30%", "--poison", "5%", "--slow", "0.02", "--chaos", "--seed", "17"];
    let rest = ["--count", "300", "--time-limit", "240", "--report", report.to_str().unwrap()];
    let output = storm(&[&kinds[..], &rest].concat());
    let (told, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{told}{stderr}");
    assert!(told.contains("audit clean: 0 lost, 0 twice") && stderr.contains("seed 17, plan "), "{told}{stderr}");

    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let number = |name: &str| report[name].as_u64().unwrap();
    let dead: u64 = report["dead"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!((number("accepted"), number("done") + dead), (300, 300));
    assert!(dead > 0 && number("copies") > 0 && number("receiver_calls") > 0, "{report}");
    assert_eq!((number("workers_frozen"), number("acts_missed")), (1, 0));
    assert!(number("workers_killed") + number("doors_killed") == 2, "{report}");
    let met = report["faults_met"].as_object().unwrap();
    assert!(met.values().all(|count| count.as_u64() > Some(0)), "{report}");
}

#[test]
fn a_storm_that_is_cut_off_fails_its_audit_and_keeps_its_log() {
    let output = storm(&["--count", "1000", "--rate", "50", "--sources", "github,relayed", "--time-limit", "1"]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("AUDIT FAILED") && told.contains("1 out of time"), "{told}");
    let log = told.lines().find_map(|line| line.split("the functions' log ").nth(1)).unwrap();
    assert!(std::fs::read_to_string(log).unwrap().contains("\"outcome\":\"accepted\""));
    std::fs::remove_dir_all(std::path::Path::new(log).parent().unwrap()).unwrap();
}

#[test]
fn a_storm_that_cannot_be_is_told_in_a_sentence() {
    let check = |arguments: &[&str], said: &str| {
        let output = storm(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(said), "expected {said:?} in: {stderr}");
    };
    check(&["--sources", "github,nowhere"], "no source \"nowhere\" in sources.toml, there are: ");
    check(&["--duplicates", "30"], "expected a share from 0% to 100%, such as 30% or 0.3");
    check(&["--count", "0"], "--count");
    check(&["--report", "/no/such/dir/report"], "--report /no/such/dir/report cannot be written");
    check(&["--functions", "/no/such/dir"], "does not hold both ingest-fn and worker-fn");
}
