//! `tidegate map`: what the jq programs of a source make of payloads.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jq::{Failed, Jq};
use serde_json::value::RawValue;
use webhook::entity::Order;
use webhook::payload;
use webhook::sources::programs::{Order as Ordering, Program};
use webhook::sources::{Programs, Source};

use crate::dead::print;
use crate::{CliError, bundle, functions, sample, send};

/// Print what the filter, the map and the order of a source make of payloads
///
/// A file holds the body of a delivery as it was posted. Nothing is sent and nothing is written. Exits with 0 when every
/// program has an answer, also where that is that an event is not wanted, and with 1 otherwise: such an event would be a
/// dead letter.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The source of sources.toml whose programs run
    source: String,
    /// Files with bodies; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A jq program in place of the source's map, to try it out
    #[arg(long, value_name = "JQ")]
    program: Option<String>,
    /// A jq program in place of the source's filter, to try it out
    #[arg(long, value_name = "JQ")]
    filter: Option<String>,
    /// The content type of the bodies; without it the one that the provider sends
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
}

/// Runs the programs and prints what they say.
///
/// # Errors
/// When the source is unknown, a file cannot be read or is no payload, or a file of a program is missing.
pub async fn run(options: &Options) -> Result<ExitCode, CliError> {
    let sources = bundle::read_sources()?;
    let source = send::find(&sources, &options.source)?;
    let tried = |tried: &Option<String>, own| tried.as_ref().map(|text| Program::Text(text.clone())).or(own);
    let own = own(source)?;
    let programs = Programs {
        filter: tried(&options.filter, own.filter),
        map: tried(&options.program, own.map),
        order: own.order,
    };
    let sent = sample::of(source.provider).map(|sample| sample.content_type);
    let content_type = options.content_type.as_deref().or(sent);
    let jq = Jq::of_itself();
    let mut code = ExitCode::SUCCESS;
    for path in &options.files {
        let told = |error: &dyn std::fmt::Display| CliError::Usage(format!("{}: {error}", path.display()));
        let body = read(path).map_err(|error| told(&error))?;
        let read = payload::read_as(content_type, &body, source.provider.scheme.wrapped);
        let payload = read.map_err(|error| told(&error))?;
        print::text(&format!("# {}\nbefore   {}\n", path.display(), indented(payload.get())))?;
        match judge(&jq, &programs, &payload).await {
            Ok(lines) => {
                lines.iter().try_for_each(|(name, line)| print::text(&format!("{name:<8} {line}\n")))?;
            }
            Err((reason, error)) => {
                print::text(&format!("{:<8} {reason}: {error}\n", "dead"))?;
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// The programs of a source as text.
pub(crate) fn own(source: &Source) -> Result<Programs, CliError> {
    let text = |program: &Program| match program {
        Program::Text(text) => Ok(Program::Text(text.clone())),
        Program::File(path) => std::fs::read_to_string(functions::checkout().join(path))
            .map(Program::Text)
            .map_err(|error| CliError::failed(format!("{path} cannot be read: {error}"))),
    };
    let own = &source.programs;
    let order = match &own.order {
        Some(order) => Some(Ordering { entity: text(&order.entity)?, by: text(&order.by)? }),
        None => None,
    };
    let read = |own: &Option<Program>| own.as_ref().map(text).transpose();
    Ok(Programs { filter: read(&own.filter)?, map: read(&own.map)?, order })
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut body = Vec::new();
        return std::io::stdin().lock().read_to_end(&mut body).map(|_| body);
    }
    std::fs::read(path)
}

/// What programs say of a payload, each under its name.
pub(crate) type Lines = Vec<(&'static str, String)>;

/// What a filter says of an event that its source does not want.
const NOT_WANTED: &str = "not wanted: acknowledged and not acted on";

/// Whether the source does not want the event.
pub(crate) fn is_filtered(lines: &Lines) -> bool {
    lines.iter().any(|(_, line)| line == NOT_WANTED)
}

/// What the programs say, in the order in which the worker asks them; or the reason of the dead letter.
pub(crate) async fn judge(jq: &Jq, programs: &Programs, payload: &RawValue) -> Result<Lines, (&'static str, String)> {
    let mut lines = Lines::new();
    if let Some(filter) = &programs.filter {
        let wanted = match ask(jq, filter, payload).await {
            Ok(output) => !matches!(output.get(), "false" | "null"),
            Err(Failed::Nothing) => false,
            Err(failed) => return Err(("filter_failed", format!("filter: {failed}"))),
        };
        lines.push(("filter", if wanted { "wanted" } else { NOT_WANTED }.to_owned()));
        if !wanted {
            return Ok(lines);
        }
    }
    if let Some(order) = &programs.order {
        for (key, program) in [("entity", &order.entity), ("order_by", &order.by)] {
            let failed = |error: &dyn std::fmt::Display| ("map_failed", format!("{key}: {error}"));
            let output = ask(jq, program, payload).await.map_err(|error| failed(&error))?;
            let order = Order::read(output.get()).map_err(|error| failed(&error))?;
            lines.push((key, format!("{}, {}", output.get(), order.kind())));
        }
    }
    let after = match &programs.map {
        Some(map) => {
            ask(jq, map, payload).await.map_err(|failed| ("map_failed", format!("map: {failed}")))?.get().to_owned()
        }
        None => payload.get().to_owned(),
    };
    lines.push(("after", indented(&after)));
    Ok(lines)
}

async fn ask(jq: &Jq, program: &Program, payload: &RawValue) -> Result<Box<RawValue>, Failed> {
    match program {
        Program::Text(text) => jq.run(text, payload).await,
        // `programs` has read every file.
        Program::File(path) => Err(Failed::Unsound(format!("{path} was not read"))),
    }
}

/// JSON with a line for each value, and every value as it is written: reading a number could change it.
fn indented(json: &str) -> String {
    let (mut out, mut depth, mut text, mut escaped) = (String::new(), 0_usize, false, false);
    let mut chars = json.chars().filter(|c| !c.is_ascii_control()).peekable();
    while let Some(c) = chars.next() {
        if text {
            out.push(c);
            text = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            ' ' => {}
            '{' | '[' => {
                out.push(c);
                while chars.next_if(|next| *next == ' ').is_some() {}
                if let Some(end) = chars.next_if(|next| "}]".contains(*next)) {
                    out.push(end);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c => {
                out.push(c);
                text = c == '"';
            }
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn json_is_laid_out_and_not_changed() {
        let json = r#"{"a":[1e400 , 0.10,{ },[]], "b, \\":"x\" : [ \\","c":null}"#;
        let laid = "{\n  \"a\": [\n    1e400,\n    0.10,\n    {},\n    []\n  ],\n  \"b, \\\\\": \"x\\\" : [ \\\\\",\n  \"c\": null\n}";
        assert_eq!(indented(json), laid);
    }
}
