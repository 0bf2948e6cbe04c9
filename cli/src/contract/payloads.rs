//! Payloads from files, folders and standard input, one at a time: only one of them is in memory.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::CliError;

/// The largest payload, in bytes: API Gateway takes 10 MB.
const BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How deep folders are looked through.
const LEVELS_MAX: usize = 16;

/// One payload.
#[derive(Debug)]
pub struct Payload<'p> {
    /// Where it comes from: its file, and the line where a file has one on each.
    pub from: &'p str,
    /// The ending of its file's name.
    pub ending: &'p str,
    /// Its bytes.
    pub bytes: &'p [u8],
}

/// Hands over all payloads, one after the other, in the order of their names. A file holds one; one that ends in
/// `.jsonl` or `.ndjson` has one on each line; a folder has all that its files have, and `-` is standard input.
///
/// # Errors
/// When one cannot be read, and the first error of whoever gets them.
pub fn each(places: &[PathBuf], act: &mut dyn FnMut(Payload<'_>) -> Result<(), CliError>) -> Result<(), CliError> {
    places.iter().try_for_each(|place| one_place(place, LEVELS_MAX, act))
}

fn one_place(
    place: &Path,
    levels: usize,
    act: &mut dyn FnMut(Payload<'_>) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let from = place.display().to_string();
    let cannot = |error: std::io::Error| CliError::Usage(format!("{from} cannot be read: {error}"));
    if from == "-" {
        let bytes = whole(std::io::stdin().lock(), "standard input")?;
        return act(Payload { from: "standard input", ending: "", bytes: &bytes });
    }
    if place.is_dir() {
        let levels = levels.checked_sub(1);
        let levels =
            levels.ok_or_else(|| CliError::Usage(format!("{from} lies more than {LEVELS_MAX} folders deep")))?;
        let entries: Result<Vec<PathBuf>, _> =
            std::fs::read_dir(place).map_err(cannot)?.map(|entry| entry.map(|entry| entry.path())).collect();
        let mut entries = entries.map_err(cannot)?;
        entries.retain(|entry| !entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")));
        entries.sort();
        return entries.iter().try_for_each(|entry| one_place(entry, levels, act));
    }
    let file = File::open(place).map_err(cannot)?;
    let ending = place.extension().and_then(|ending| ending.to_str()).unwrap_or("");
    if !["jsonl", "ndjson"].contains(&ending) {
        let bytes = whole(file, &from)?;
        return act(Payload { from: &from, ending, bytes: &bytes });
    }
    let mut lines = BufReader::new(file);
    for number in 1.. {
        let from = format!("{from}:{number}");
        let mut line = Vec::new();
        if lines.by_ref().take(BYTES_MAX + 1).read_until(b'\n', &mut line).map_err(cannot)? == 0 {
            break;
        }
        let bytes = fitting(&line, &from)?.trim_ascii();
        if !bytes.is_empty() {
            act(Payload { from: &from, ending, bytes })?;
        }
    }
    Ok(())
}

fn whole(from: impl Read, name: &str) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let read = from.take(BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| CliError::Usage(format!("{name} cannot be read: {error}")))?;
    fitting(&bytes, name)?;
    Ok(bytes)
}

fn fitting<'b>(bytes: &'b [u8], name: &str) -> Result<&'b [u8], CliError> {
    let too_large = || CliError::Usage(format!("{name} is larger than 16 MiB, expected one payload"));
    (u64::try_from(bytes.len()).is_ok_and(|length| length <= BYTES_MAX)).then_some(bytes).ok_or_else(too_large)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(places: &[PathBuf]) -> Result<Vec<String>, CliError> {
        let mut seen = Vec::new();
        each(places, &mut |payload| {
            seen.push(format!("{} {}", payload.from, String::from_utf8_lossy(payload.bytes)));
            Ok(())
        })?;
        Ok(seen)
    }

    #[test]
    fn a_file_holds_one_a_line_of_jsonl_holds_one_and_a_folder_holds_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("b")).unwrap();
        for (name, text) in [("a.json", "{\n}\n"), ("b/c.jsonl", "1\n\n 2 \r\n3"), (".hidden", "no"), ("z", "4")] {
            std::fs::write(at(name), text).unwrap();
        }
        let [first, lines, last] = ["a.json", "b/c.jsonl", "z"].map(|name| at(name).display().to_string());
        let expected = [
            format!("{first} {{\n}}\n"),
            format!("{lines}:1 1"),
            format!("{lines}:3 2"),
            format!("{lines}:4 3"),
            format!("{last} 4"),
        ];
        assert_eq!(all(&[folder.path().to_owned()]).unwrap(), expected);
        assert_eq!(all(&[at("z"), at("a.json")]).unwrap(), [&*expected[4], &*expected[0]]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let large = folder.path().join("large.json");
        File::create(&large).unwrap().set_len(BYTES_MAX + 1).unwrap();
        let told = all(std::slice::from_ref(&large)).unwrap_err().to_string();
        assert_eq!(told, format!("{} is larger than 16 MiB, expected one payload", large.display()));
        let told = all(&[folder.path().join("none")]).unwrap_err().to_string();
        assert!(told.contains("none cannot be read"), "{told}");
    }
}
