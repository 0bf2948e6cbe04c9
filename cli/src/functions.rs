//! The two functions as processes: this very command, which has both in it, or binaries that were put somewhere.
//!
//! One build makes all of it. What this command was built with may be out of date, because sources are embedded: then
//! cargo builds it anew.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use webhook::sources::{self, Source};

use crate::{CliError, bundle};

/// How to start one function.
#[derive(Debug, Clone)]
pub struct Program {
    /// The executable.
    pub binary: PathBuf,
    /// What it is started with.
    pub arguments: Vec<String>,
}

/// How to start the two functions.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The door.
    pub ingest: Program,
    /// The worker.
    pub worker: Program,
}

impl Programs {
    /// Both by the command that is this executable, which takes their names as its argument ([`serve`]).
    pub fn of_command(executable: &Path) -> Self {
        let program = |name: &str| Program { binary: executable.to_owned(), arguments: vec![name.to_owned()] };
        Programs { ingest: program(bundle::INGEST), worker: program(bundle::WORKER) }
    }

    fn in_folder(dir: &Path) -> Option<Self> {
        let program = |name: &str| Program { binary: dir.join(name), arguments: Vec::new() };
        let programs = Programs { ingest: program(bundle::INGEST), worker: program(bundle::WORKER) };
        (programs.ingest.binary.is_file() && programs.worker.binary.is_file()).then_some(programs)
    }
}

/// Is the function whose name the command was started with, in place of what else it does.
pub fn serve(name: &str) -> Option<ExitCode> {
    match name {
        bundle::INGEST => Some(ingest_fn::lambda::serve()),
        bundle::WORKER => Some(worker_fn::lambda::serve()),
        _ => None,
    }
}

/// Where this command was built: the checkout, if it is still there.
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Finds both functions in `dir`, or else takes this command for them, which cargo builds anew when it has other
/// sources than these.
///
/// # Errors
/// When they are not there, or do not build.
pub fn programs(dir: Option<&Path>, sources: &[Source]) -> Result<Programs, CliError> {
    if let Some(dir) = dir {
        let missing = || CliError::Usage(format!("{} does not hold both ingest-fn and worker-fn", dir.display()));
        return Programs::in_folder(dir).ok_or_else(missing);
    }
    if are_embedded(sources) {
        // By this name it is the same file even when a build has put another one in its place.
        let own = if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() };
        let own = own.map_err(|error| CliError::failed(format!("where am I? {error}")))?;
        return Ok(Programs::of_command(&own));
    }
    eprintln!("The sources are others than those that this command was built with: cargo builds it anew.");
    Ok(Programs::of_command(&build()?))
}

/// Whether the functions in this command have these sources, and their contracts and programs as they are now.
fn are_embedded(sources: &[Source]) -> bool {
    let words = sources::to_json(sources);
    let is_same = |&(path, text): &(&str, &str)| {
        std::fs::read_to_string(checkout().join(path)).is_ok_and(|written| written == text)
    };
    words == ingest_fn::SOURCES
        && words == worker_fn::SOURCES
        && worker_fn::CONTRACTS.iter().chain(worker_fn::PROGRAM_FILES).all(is_same)
}

#[expect(clippy::disallowed_methods, reason = "cargo's own variables must not reach the cargo that is called")]
fn build() -> Result<PathBuf, CliError> {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--package", "tidegate", "--bin", "tidegate", "--profile", profile]).current_dir(checkout());
    // Into the folder that this command lies in, where what it is made of was built already.
    let own = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.parent()?.to_owned()));
    let target = own.filter(|dir| dir.join("CACHEDIR.TAG").exists()).unwrap_or_else(|| checkout().join("target"));
    cargo.arg("--target-dir").arg(&target);
    // Under `cargo run` these speak of this package, and some build scripts would run again for them.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"].iter().any(|own| name.starts_with(own)) {
            cargo.env_remove(&*name);
        }
    }
    let status = cargo.status().map_err(|error| CliError::failed(format!("cargo does not start: {error}")))?;
    if !status.success() {
        return Err(CliError::failed("the functions do not build, see above"));
    }
    Ok(target.join(if cfg!(debug_assertions) { "debug" } else { "release" }).join("tidegate"))
}
