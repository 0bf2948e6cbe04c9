//! Embeds `sources.toml`. A mistake in it fails the build and is told with its line.

use std::path::Path;
use std::{env, fs};

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
#[expect(clippy::print_stdout, reason = "and listens to them on standard output")]
fn main() {
    println!("cargo::rerun-if-changed=../sources.toml");
    let text = match fs::read_to_string("../sources.toml") {
        Ok(text) => text,
        Err(error) => return println!("cargo::error=sources.toml: {error}"),
    };
    match webhook::sources::parse(&text) {
        Ok(sources) => {
            let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
            let embedded = Path::new(&out).join("sources.json");
            fs::write(embedded, webhook::sources::to_json(&sources)).expect("OUT_DIR can be written");
        }
        Err(mistakes) => mistakes.iter().for_each(|mistake| println!("cargo::error=sources.toml, {mistake}")),
    }
}
