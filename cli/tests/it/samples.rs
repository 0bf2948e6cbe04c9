//! The files of `events/` are what `tidegate events` writes: nobody edits them by hand.

use std::path::Path;

#[test]
fn the_sample_events_are_what_the_command_writes() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let files = tidegate::events::files().unwrap();
    for (name, value) in &files {
        let written = std::fs::read_to_string(dir.join(name)).unwrap_or_default();
        assert!(written == format!("{value:#}\n"), "{name} differs, run `cargo run -- events`");
    }
    let is_json = |entry: &std::fs::DirEntry| entry.path().extension().is_some_and(|extension| extension == "json");
    let there = std::fs::read_dir(&dir).unwrap().filter_map(Result::ok).filter(is_json).count();
    assert_eq!(there, files.len(), "a file in events/ that nothing writes");
}
