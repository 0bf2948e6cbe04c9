//! The two functions' binaries: built by cargo in a checkout, or found where they were put.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::CliError;

/// The binaries of the two functions.
#[derive(Debug, Clone)]
pub struct Binaries {
    /// The door.
    pub ingest: PathBuf,
    /// The worker.
    pub worker: PathBuf,
}

/// Where this command was built: the checkout, if it is still there.
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Finds the binaries in `dir`, or builds them in the checkout with the profile of this very command.
///
/// # Errors
/// When they are neither there nor can be built.
pub fn binaries(dir: Option<&Path>) -> Result<Binaries, CliError> {
    if let Some(dir) = dir {
        return found(dir)
            .ok_or_else(|| CliError::Usage(format!("{} does not hold both ingest-fn and worker-fn", dir.display())));
    }
    let profile_dir = profile_dir()?;
    if checkout().join("Cargo.toml").exists() {
        build(&profile_dir)?;
    }
    found(&profile_dir).ok_or_else(|| {
        let place = profile_dir.display();
        CliError::failed(format!("no ingest-fn and worker-fn in {place}, say where they are with --functions DIR"))
    })
}

fn found(dir: &Path) -> Option<Binaries> {
    let binaries = Binaries { ingest: dir.join("ingest-fn"), worker: dir.join("worker-fn") };
    (binaries.ingest.is_file() && binaries.worker.is_file()).then_some(binaries)
}

/// The folder of this executable, `target/debug` say; tests run one level below it.
fn profile_dir() -> Result<PathBuf, CliError> {
    let exe = std::env::current_exe().map_err(|error| CliError::failed(format!("where am I? {error}")))?;
    let dir = exe.parent().map(Path::to_owned).unwrap_or_default();
    Ok(if dir.ends_with("deps") { dir.join("..") } else { dir })
}

#[expect(clippy::disallowed_methods, reason = "cargo's own variables must not reach the cargo that is called")]
fn build(profile_dir: &Path) -> Result<(), CliError> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--bin", "ingest-fn", "--bin", "worker-fn"]).current_dir(checkout());
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    if let Some(target_dir) = profile_dir.join("..").canonicalize().ok().filter(|dir| dir.join("CACHEDIR.TAG").exists())
    {
        cargo.arg("--target-dir").arg(target_dir);
    }
    // Under `cargo run` these speak of this package, and some build scripts would run again for them.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"].iter().any(|own| name.starts_with(own)) {
            cargo.env_remove(&*name);
        }
    }
    let status = cargo.status().map_err(|error| CliError::failed(format!("cargo does not start: {error}")))?;
    if status.success() { Ok(()) } else { Err(CliError::failed("the functions do not build, see above")) }
}
