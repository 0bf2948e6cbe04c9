//! Embeds `sources.toml` and the contracts and jq programs that it names. A mistake in them fails the build and is told with its line.
//! `TIDEGATE_SOURCES_FILE` names another file, from the checkout on, for a bundle with other sources.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use webhook::destination::Destination;
use webhook::sources::programs::PROGRAM_BYTES_MAX;
use webhook::sources::{self, Source, contract};

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
#[expect(clippy::print_stdout, reason = "and listens to them on standard output")]
fn main() {
    println!("cargo::rerun-if-env-changed=TIDEGATE_SOURCES_FILE");
    let named = env::var("TIDEGATE_SOURCES_FILE").ok().filter(|name| !name.is_empty());
    let file = named.as_deref().unwrap_or("sources.toml");
    let path = Path::new("..").join(file);
    println!("cargo::rerun-if-changed={}", path.display());
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return println!("cargo::error={file}: {error}"),
    };
    match sources::parse(&text) {
        Ok(sources) => {
            let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
            let write = |name, text| fs::write(Path::new(&out).join(name), text).expect("OUT_DIR can be written");
            write("sources.json", sources::to_json(&sources));
            // A list of pairs as Rust writes it: the worker includes it and need not read it at start.
            write("contracts.rs", format!("{:?}", contracts(&sources, file, &text)));
            features(&sources, file);
            write("programs.rs", format!("{:?}", map_files(&sources)));
            write("has_programs.rs", sources.iter().any(|source| source.programs.all().next().is_some()).to_string());
        }
        Err(mistakes) => mistakes.iter().for_each(|mistake| println!("cargo::error={file}, {mistake}")),
    }
}

/// The path and the text of every contract that a source of this file names.
#[expect(clippy::print_stdout, reason = "cargo listens to build scripts on standard output")]
fn contracts<'s>(sources: &'s [Source], file: &str, written: &str) -> Vec<(&'s str, String)> {
    let mut contracts = Vec::new();
    let paths: BTreeSet<&str> = sources.iter().flat_map(|source| source.contract.paths()).collect();
    for path in paths {
        println!("cargo::rerun-if-changed=../{path}");
        let line = contract::line(written, path).map_or_else(String::new, |line| format!(" line {line}"));
        let text = match fs::read_to_string(Path::new("..").join(path)) {
            Ok(text) => text,
            Err(error) => {
                println!("cargo::error={file},{line}: {path}: {error}, expected a JSON Schema there");
                continue;
            }
        };
        match contract::check(&text) {
            Ok(()) => contracts.push((path, text)),
            Err(mistake) => println!("cargo::error={path}, {mistake} ({file},{line} names it)"),
        }
    }
    contracts
}

/// Fails the build of a worker without the features that its sources' destinations need.
#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
#[expect(clippy::print_stdout, reason = "and listens to them on standard output")]
fn features(sources: &[Source], file: &str) {
    if env::var("CARGO_PKG_NAME").is_ok_and(|name| name != "worker-fn") {
        return;
    }
    for (source, destination) in
        sources.iter().flat_map(|source| source.destinations.iter().map(move |one| (source, one)))
    {
        let feature = match destination {
            Destination::Table | Destination::Handler => continue,
            Destination::Https(_) => "https",
            Destination::EventBridge(_) => "eventbridge",
        };
        if env::var(format!("CARGO_FEATURE_{}", feature.to_uppercase())).is_err() {
            println!(
                "cargo::error={file}: the destination of {} needs worker-fn's feature `{feature}`: turn it on, or choose another destination",
                source.name
            );
        }
    }
}

/// The path and the text of every program that is a file. Whether it compiles, a test of the worker says.
#[expect(clippy::print_stdout, reason = "cargo listens to build scripts on standard output")]
fn map_files(sources: &[Source]) -> Vec<(&str, String)> {
    let mut files = Vec::new();
    let paths: BTreeSet<&str> = sources.iter().flat_map(|source| source.programs.files()).collect();
    for path in paths {
        println!("cargo::rerun-if-changed=../{path}");
        match fs::read_to_string(Path::new("..").join(path)) {
            Ok(text) if text.len() <= PROGRAM_BYTES_MAX => files.push((path, text)),
            Ok(text) => {
                let bytes = text.len();
                println!("cargo::error={path}: {bytes} bytes, expected a jq program of at most {PROGRAM_BYTES_MAX}");
            }
            Err(error) => {
                println!("cargo::error={path}: {error}. sources.toml names it, expected a jq program there");
            }
        }
    }
    files
}
