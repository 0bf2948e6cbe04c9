//! What the compiler cannot hold: each failure says how to mend it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CRATES: [&str; 8] = ["webhook", "contract", "jq", "shell", "ingest-fn", "worker-fn", "local", "cli"];

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(checkout().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Rust file of the workspace, by its path from the checkout.
fn rust_files() -> Vec<String> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = CRATES.map(PathBuf::from).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(checkout().join(&folder)).unwrap().map(Result::unwrap) {
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    assert!(files.len() > 50, "only {} Rust files, is the list of crates right?", files.len());
    files
}

/// The names of a crate's dependencies, without those that only tests or the build need.
fn dependencies(name: &str) -> BTreeSet<String> {
    let manifest = read(&format!("{name}/Cargo.toml"));
    let other = manifest.lines().find(|line| line.contains("dependencies.") || line.starts_with("[target"));
    assert_eq!(
        other, None,
        "{name}/Cargo.toml: keep dependencies in one [dependencies] section, which this test reads"
    );
    let section = manifest.split("\n[dependencies]\n").nth(1).expect("a [dependencies] section");
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['.', ' ', '=']).next()).filter(|name| !name.is_empty());
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    assert!(!names.is_empty(), "{name} depends on nothing, is this test right?");
    names
}

#[test]
fn the_rules_stay_pure() {
    const PURE: [&str; 18] = [
        "base64",
        "crc32fast",
        "form_urlencoded",
        "hex",
        "hmac",
        "miniz_oxide",
        "ring",
        "serde",
        "serde_json",
        "sha1",
        "sha2",
        "strsim",
        "subtle",
        "thiserror",
        "time",
        "toml",
        "x509-cert",
        "zeroize",
    ];
    for dependency in dependencies("webhook") {
        let pure = PURE.contains(&dependency.as_str());
        assert!(pure, "webhook/ gained {dependency}: do IO in a shell, or add it here if it does none");
    }
    for dependency in dependencies("contract") {
        let pure = ["jsonschema", "serde", "serde_json", "thiserror"].contains(&dependency.as_str());
        assert!(pure, "contract/ gained {dependency}: do IO in a shell, or add it here if it does none");
    }
}

#[test]
fn imports_run_one_way() {
    for (name, forbidden) in [
        ("webhook", &["contract", "jq", "shell", "local", "ingest-fn", "worker-fn"][..]),
        ("contract", &["webhook", "jq", "shell", "local", "ingest-fn", "worker-fn"]),
        ("jq", &["webhook", "contract", "shell", "local", "ingest-fn", "worker-fn"]),
        ("shell", &["webhook", "contract", "jq", "local", "ingest-fn", "worker-fn"]),
        ("local", &["webhook", "contract", "jq", "shell", "ingest-fn", "worker-fn"]),
        ("ingest-fn", &["contract", "jq", "worker-fn", "local"]),
        ("worker-fn", &["ingest-fn", "local"]),
    ] {
        for dependency in dependencies(name) {
            let wrong = forbidden.contains(&dependency.as_str());
            assert!(!wrong, "{name}/ may not depend on {dependency}, see \"Boundaries\" in ARCHITECTURE.md");
        }
    }
}

/// Crates of others and their features, as a line each, that cargo compiles for what the arguments say.
fn built(arguments: &[&str]) -> BTreeSet<String> {
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--prefix", "none", "--format", "{p} {f}"]).args(arguments);
    let output = cargo.current_dir(checkout()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(|line| line.trim_end_matches(" (*)").to_owned());
    // Our own crates have their tests' features, and are small.
    lines.filter(|line| !line.contains("(/")).collect()
}

#[test]
fn what_the_tests_build_the_command_shares() {
    let tests = built(&["--workspace", "--edges", "normal,build,dev"]);
    let command = built(&["--package", "tidegate", "--edges", "normal,build"]);
    let twice: Vec<&String> = command.difference(&tests).collect();
    assert!(
        twice.is_empty(),
        "built once for `cargo test` and once for `cargo run`, name the features in cli/: {twice:?}"
    );
}

/// `sam build` builds the functions one after the other, and half of a release is what both have.
#[test]
fn what_the_door_builds_the_worker_shares() {
    let [door, worker] =
        ["ingest-fn", "worker-fn"].map(|function| built(&["--package", function, "--edges", "normal"]));
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let named: BTreeSet<_> = worker.iter().map(|line| name(line)).collect();
    let twice: Vec<_> = door.difference(&worker).filter(|line| named.contains(&name(line))).collect();
    assert!(twice.is_empty(), "built once for each function, name the features in Cargo.toml: {twice:?}");
}

#[test]
fn the_command_starts_the_functions_and_knows_nothing_else_of_them() {
    let asks = |path: &String| {
        let text = read(path);
        ["ingest_fn::", "worker_fn::"].iter().any(|function| text.contains(function))
    };
    let asking: Vec<String> =
        rust_files().into_iter().filter(|path| path.starts_with("cli/src/")).filter(asks).collect();
    assert_eq!(asking, ["cli/src/functions.rs"], "what both need belongs into webhook/ or shell/");
}

#[test]
fn every_file_says_what_it_is_and_is_about_one_thing() {
    const LINES_MAX: usize = 400;
    for path in rust_files() {
        let text = read(&path);
        assert!(text.starts_with("//!"), "{path} has no //! line: say in one sentence what the file is about");
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{path} has {lines} lines: what second thing moved in? Give it a file");
        let name = Path::new(&path).file_stem().unwrap().to_str().unwrap();
        let vague = ["utils", "util", "common", "helpers", "types", "manager", "misc"].contains(&name);
        assert!(!vague, "{path}: name the file after what is in it");
    }
}

#[test]
fn nothing_is_left_undone_or_skipped() {
    let marks = [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("#[ig", "nore"), concat!("FIX", "ME")];
    for path in rust_files() {
        let text = read(&path);
        let found = marks.iter().find(|mark| text.contains(**mark));
        assert_eq!(found, None, "{path}: finish it, or take it out");
    }
}

#[test]
fn every_path_in_the_documents_exists() {
    for document in [
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "README.md",
        "SECURITY.md",
        "docs/deploy.md",
        "docs/release.md",
        "docs/sources.md",
    ] {
        let text = read(document);
        let quoted = text.split('`').skip(1).step_by(2);
        let paths = quoted.filter(|word| {
            CRATES
                .iter()
                .chain(&["events", "contracts", "docs", "payloads", "sdks", "fuzz", ".ci"])
                .any(|top| word.starts_with(&format!("{top}/")))
        });
        for path in paths.filter(|path| !path.contains(['*', '{', ' '])) {
            let path = path.split("::").next().unwrap();
            assert!(checkout().join(path).exists(), "{document} names {path}, which is not there: mend the document");
        }
    }
}

#[test]
fn the_table_of_providers_is_what_the_command_prints() {
    let table = tidegate::providers::document();
    assert!(read("docs/providers.md") == table, "run `cargo run -- providers --markdown > docs/providers.md`");
    assert!(read("README.md").contains(&format!("{} providers", webhook::provider::ALL.len())));
}

#[test]
fn the_page_of_costs_is_what_the_command_prints() {
    let page = tidegate::cost::document().unwrap();
    assert!(read("docs/cost.md") == page, "run `cargo run -- cost --markdown > docs/cost.md`");
}

/// Where tests lie that SECURITY.md names: by a path, or by a path and a test's name behind `::`.
#[test]
fn every_test_that_the_threat_model_names_is_there() {
    let text = read("SECURITY.md");
    let threats = text.split("\n## Threats\n").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let rows: Vec<&str> =
        threats.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| threat")).collect();
    assert!(rows.len() > 20, "only {} threats in SECURITY.md, is this test right?", rows.len());
    for row in rows {
        let shown_by = row.trim_end_matches('|').rsplit(" | ").next().unwrap();
        let named: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "SECURITY.md: say which test shows it, in the last column of: {row}");
        for name in named {
            let (path, test) = name.split_once("::").unwrap_or((name, ""));
            assert!(checkout().join(path).exists(), "SECURITY.md names {path}, which is not there: mend the document");
            let there = test.is_empty() || read(path).contains(&format!("fn {test}("));
            assert!(there, "SECURITY.md names {test}, which is not in {path}: mend the document");
        }
    }
}

/// What `==` says of bytes ends at the first that differs, and the time it took tells where.
#[test]
fn secrets_are_compared_in_constant_time() {
    for (path, by) in [
        ("webhook/src/mac.rs", &["verify_slice(", "ct_eq("][..]),
        ("webhook/src/jwt.rs", &["is_secret(text"]),
        ("webhook/src/verify.rs", &["is_secret(text"]),
    ] {
        let text = read(path);
        let missing = by.iter().find(|call| !text.contains(**call));
        assert_eq!(
            missing, None,
            "{path}: compare secrets by it, or mend this test if they are compared elsewhere now"
        );
    }
    let words = ["secret", "signature", "expected", "token", "tag"];
    for path in rust_files().iter().filter(|path| path.starts_with("webhook/src/")) {
        // Tests may compare as they like.
        let code = read(path).split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let plain = words.iter().find(|word| {
                line.contains(&format!("== {word})"))
                    || line.contains(&format!("== {word} "))
                    || line.contains(&format!("{word} == "))
            });
            assert_eq!(plain, None, "{path}: {line}\ncompare by `ct_eq`, or give what is no secret another name");
        }
    }
}

/// Tags of actions move. A commit does not, and whoever takes over an action reads, and writes nothing.
#[test]
fn workflows_pin_their_actions_and_only_read() {
    let folder = checkout().join(".github/workflows");
    let mut workflows = 0;
    for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        let path = format!(".github/workflows/{}", entry.file_name().to_str().unwrap());
        let text = read(&path);
        workflows += 1;
        assert!(text.contains("\npermissions:\n  contents: read\n"), "{path}: begin with permissions, contents: read");
        let writes = text.lines().find(|line| line.contains(": write"));
        assert_eq!(writes, None, "{path}: a workflow needs no more than to read");
        for line in text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: ")) {
            let (action, version) = line.split_once(" # v").unwrap_or((line, ""));
            let commit = action.split_once('@').map_or("", |(_, commit)| commit);
            let pinned = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(pinned, "{path}: name {action} by the 40 hex digits of its commit");
            assert!(!version.is_empty(), "{path}: say which version {action} is, as a comment: # v1.2.3");
        }
    }
    assert!(workflows > 0, "no workflow in {}", folder.display());
}
