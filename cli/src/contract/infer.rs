//! `tidegate contract infer`: a first contract from sample payloads.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use contract::Contract;
use contract::infer::Samples;
use contract::read::read;
use serde_json::Value;

use super::by_type::ByType;
use super::payloads::{self, Payload};
use crate::CliError;
use crate::dead::print;

/// Make a first contract from sample payloads
///
/// A field is required when all samples have it, a type is one that was seen, and names that are data, such as ids,
/// become the keys of a map. No value of a payload is written. All samples meet the contract; the more of them there are,
/// the less it takes for granted. Read it before you trust it.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Files with a payload each, .jsonl files with one on each line, folders, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where the contract goes, standard output without it; with --by-type, the folder of the contracts
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// One contract for each type of event, which stands at this JSON pointer of a payload, such as /type
    #[arg(long, value_name = "POINTER", requires = "output")]
    by_type: Option<String>,
    /// Write over a contract that is there
    #[arg(long, requires = "output")]
    force: bool,
}

/// Reads the samples and writes the contract.
///
/// # Errors
/// When a sample is no JSON, or the contract is there already.
pub fn run(options: &Options) -> Result<ExitCode, CliError> {
    match (&options.by_type, &options.output) {
        (Some(pointer), Some(folder)) => several(options, pointer, folder)?,
        (_, output) => {
            let mut samples = Samples::default();
            each(options, |payload| add(&mut samples, payload))?;
            let contract = written(&samples)?;
            match output {
                Some(file) => {
                    save(file, &contract, options.force)?;
                    eprintln!("{}: {}", file.display(), counted(&samples));
                }
                None => print::out(contract.as_bytes())?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One contract for each type, and the lines of `sources.toml` that name them.
fn several(options: &Options, pointer: &str, folder: &Path) -> Result<(), CliError> {
    let mut types = ByType::default();
    each(options, |payload| add(types.of(payload, pointer)?, payload))?;
    let failed = |error| CliError::failed(format!("{} cannot be made: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut lines = "[SOURCE.contract]\n".to_owned();
    for (name, kind, samples) in types.files() {
        let file = folder.join(name);
        save(&file, &written(samples)?, options.force)?;
        eprintln!("{}: {}", file.display(), counted(samples));
        // A string of JSON is one of TOML, too.
        lines += &format!("{} = {}\n", Value::from(kind), Value::from(file.display().to_string()));
    }
    print::out(lines.as_bytes())
}

/// Reads the samples one by one.
fn each(options: &Options, mut act: impl FnMut(&Value) -> Result<(), CliError>) -> Result<(), CliError> {
    let mut count = 0;
    payloads::each(&options.files, &mut |Payload { from, bytes, .. }| {
        let text = std::str::from_utf8(bytes);
        let text =
            text.map_err(|error| CliError::failed(format!("{from}: not UTF-8 from byte {} on", error.valid_up_to())))?;
        let payload = read(text).map_err(|error| CliError::failed(format!("{from}: no payload in JSON, {error}")))?;
        count += 1;
        act(&payload).map_err(|error| CliError::failed(format!("{from}: {error}")))
    })?;
    if count == 0 {
        return Err(CliError::Usage("no payload there, expected files with one each".to_owned()));
    }
    Ok(())
}

fn add(samples: &mut Samples, payload: &Value) -> Result<(), CliError> {
    samples.add(payload).map_err(|too_many| CliError::failed(too_many.to_string()))
}

fn counted(samples: &Samples) -> String {
    match samples.count() {
        1 => "from one payload, which cannot tell what others leave out".to_owned(),
        count => format!("from {count} payloads"),
    }
}

/// The text of a contract that compiles.
fn written(samples: &Samples) -> Result<String, CliError> {
    let text = format!("{:#}\n", samples.to_contract());
    Contract::compile(&text).map_err(|broken| CliError::failed(format!("what was inferred is {broken}")))?;
    Ok(text)
}

/// Writes a contract, and not over one that somebody may have worked on.
fn save(file: &Path, text: &str, force: bool) -> Result<(), CliError> {
    let mut open = std::fs::OpenOptions::new();
    let open = open.write(true).create(true).truncate(true).create_new(!force);
    let saved = open.open(file).and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
    saved.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            CliError::Usage(format!("{} is there already, --force writes over it", file.display()))
        }
        _ => CliError::failed(format!("{} cannot be written: {error}", file.display())),
    })
}
