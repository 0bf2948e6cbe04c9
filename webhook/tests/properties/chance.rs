//! The short run: a property over its seeds, and over what chance makes of them, the same in every run.
//!
//! The seeds of a property lie in `fuzz/corpus/NAME/`, the words that chance puts in are those of the fuzzer.

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;

const INPUT_BYTES_MAX: usize = 4096;
const WORDS: &str = include_str!("../../../fuzz/words.dict");

/// Checks a property for every seed, and then for so many inputs that come of them by chance.
pub fn check(name: &'static str, cases: usize, holds: impl Fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name);
    let seeds = read(&corpus);
    assert!(!seeds.is_empty(), "fuzz/corpus/{name} holds no seed");
    let words: Vec<String> = WORDS.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut rng = Rng::with_seed(42);
    let seed =
        |case: usize, rng: &mut Rng| seeds[if case < seeds.len() { case } else { rng.usize(..seeds.len()) }].clone();
    for case in 0..seeds.len() + cases {
        let mut input = seed(case, &mut rng);
        if case >= seeds.len() {
            for _ in 0..=rng.usize(..6) {
                change(&mut input, &seeds, &words, &mut rng);
            }
        }
        let tried = Tried { name, case, input: &input };
        holds(&input);
        drop(tried);
    }
}

/// The seeds of a folder, by name, so that a run is like the one before.
fn read(corpus: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(corpus).unwrap_or_else(|error| panic!("{}: {error}", corpus.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a seed can be listed").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a seed can be read")).collect()
}

/// One change, as a fuzzer makes them.
fn change(input: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[String], rng: &mut Rng) {
    let at = rng.usize(..=input.len());
    let end = (at + 1 + rng.usize(..16)).min(input.len());
    match rng.u8(..8) {
        0 if at < input.len() => input[at] ^= 1 << rng.u8(..8),
        1 if at < input.len() => input[at] = rng.u8(..),
        2 => drop(input.drain(at..end)),
        3 => {
            let again = input[at..end].to_vec();
            input.splice(at..at, again);
        }
        4 => {
            let other = &seeds[rng.usize(..seeds.len())];
            input.truncate(at);
            input.extend_from_slice(&other[rng.usize(..=other.len())..]);
        }
        5 => input.insert(at, rng.u8(..)),
        _ => {
            let word = &words[rng.usize(..words.len())];
            let cut = if rng.bool() { end } else { at };
            input.splice(at..cut, word.bytes());
        }
    }
    input.truncate(INPUT_BYTES_MAX);
}

/// The case that is tried: says how to repeat it, should it be the one that fails.
struct Tried<'i> {
    name: &'static str,
    case: usize,
    input: &'i [u8],
}

impl Drop for Tried<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Tried { name, case, input } = *self;
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{case}"));
            let written =
                fs::write(&path, input).map_or_else(|error| error.to_string(), |()| path.display().to_string());
            eprintln!(
                "case {case} of {name} failed, and does so in every run. Its input: {written}\n\
                 As a file in fuzz/corpus/{name}/ it is tried first, and for ever."
            );
        }
    }
}
