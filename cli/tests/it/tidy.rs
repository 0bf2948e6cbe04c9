//! What the compiler cannot hold: each failure says how to mend it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CRATES: [&str; 7] = ["webhook", "shell", "jq", "ingest-fn", "worker-fn", "local", "cli"];

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
    const PURE: [&str; 17] = [
        "base64",
        "crc32fast",
        "form_urlencoded",
        "hex",
        "hmac",
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
}

#[test]
fn imports_run_one_way() {
    for (name, forbidden) in [
        ("webhook", &["shell", "jq", "local", "ingest-fn", "worker-fn"][..]),
        ("shell", &["webhook", "jq", "local", "ingest-fn", "worker-fn"]),
        ("jq", &["webhook", "shell", "local", "ingest-fn", "worker-fn"]),
        ("local", &["webhook", "shell", "jq", "ingest-fn", "worker-fn"]),
        ("ingest-fn", &["worker-fn", "local", "jq"]),
        ("worker-fn", &["ingest-fn", "local"]),
        ("cli", &["ingest-fn", "worker-fn"]),
    ] {
        for dependency in dependencies(name) {
            let wrong = forbidden.contains(&dependency.as_str());
            assert!(!wrong, "{name}/ may not depend on {dependency}, see \"Boundaries\" in ARCHITECTURE.md");
        }
    }
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
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"] {
        let text = read(document);
        let quoted = text.split('`').skip(1).step_by(2);
        let paths = quoted.filter(|word| {
            CRATES.iter().chain(&["events", "contracts", "sdks", ".ci"]).any(|top| word.starts_with(&format!("{top}/")))
        });
        for path in paths.filter(|path| !path.contains(['*', '{', ' '])) {
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
