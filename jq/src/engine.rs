//! Compiling and running a program: jaq, with the functions that touch nothing but their input.

use std::io::{self, Write};

use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, compile, data, unwrap_valr};
use jaq_json::{Val, read, write};

use crate::wire::Reply;
use crate::{ANSWER_BYTES_MAX, words};

type Filter = jaq_core::Filter<data::JustLut<Val>>;

/// What programs do without: the environment, the clock and the zones of the machine, its output, and ending it.
/// The same payload has the same answer wherever and whenever it is given.
const LEFT_OUT: [&str; 12] = [
    "debug",
    "debug_empty",
    "env",
    "halt",
    "halt_error",
    "input_line_number",
    "localtime",
    "mktime_local",
    "now",
    "stderr",
    "stderr_empty",
    "strflocaltime",
];

/// A compiled program.
pub(crate) struct Program {
    text: String,
    filter: Filter,
}

impl Program {
    /// Compiles a program; what is wrong with it is told with its line and column.
    pub(crate) fn compile(text: &str) -> Result<Program, String> {
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let arena = Arena::default();
        let loader = Loader::new(defs.filter(|def| !LEFT_OUT.contains(&def.name)));
        let modules = loader.load(&arena, File { code: text, path: () }).map_err(|errors| unloaded(text, errors))?;
        load::import(&modules, |_| Err("no files".to_owned())).map_err(|errors| unloaded(text, errors))?;
        let compiler = Compiler::default().with_funs(funs.filter(|(name, ..)| !LEFT_OUT.contains(name)));
        let filter = compiler.compile(modules).map_err(|errors| uncompiled(text, errors))?;
        Ok(Program { text: text.to_owned(), filter })
    }

    /// Runs the program on a payload.
    pub(crate) fn run(&self, payload: &[u8]) -> Reply {
        let payload = match read::parse_single(payload) {
            Ok(payload) => payload,
            Err(error) => return Reply::Unreadable(place(&error)),
        };
        let context = Ctx::<data::JustLut<Val>>::new(&self.filter.lut, Vars::new([]));
        let mut outputs = self.filter.id.run((context, payload)).map(unwrap_valr);
        let error = |error: jaq_json::Error| {
            // What `error("...")` says is a text, and written as one it would have quotes.
            let told = match error.into_val() {
                Val::TStr(text) => String::from_utf8_lossy(&text).into_owned(),
                value => value.to_string(),
            };
            Reply::Error(words::of(&told, &self.text))
        };
        let output = match outputs.next() {
            None => return Reply::Nothing,
            Some(Ok(output)) => output,
            Some(Err(failed)) => return error(failed),
        };
        match outputs.next() {
            None => {}
            Some(Ok(_)) => return Reply::Many,
            Some(Err(failed)) => return error(failed),
        }
        let mut written = Bounded(Vec::new());
        match write::write(&mut written, &write::Pp::default(), 0, &output) {
            Ok(()) => Reply::One(written.0),
            Err(_) => Reply::TooLong,
        }
    }
}

/// The byte at which a payload stops being readable.
fn place(error: &read::Error) -> usize {
    let told = error.to_string();
    told.split(|c: char| !c.is_ascii_digit()).find_map(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Takes as much as an answer may have.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > ANSWER_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The first thing that is wrong with a program's text.
fn unloaded(text: &str, errors: load::Errors<&str, ()>) -> String {
    let first = errors.into_iter().next().map(|(_, error)| error);
    let mistake = match first {
        Some(load::Error::Io(mistakes)) => {
            mistakes.first().map(|(path, _)| at(text, path, "a program is one file and imports none"))
        }
        Some(load::Error::Lex(mistakes)) => {
            mistakes.first().map(|(expected, found)| at(text, found, &format!("expected {}", expected.as_str())))
        }
        Some(load::Error::Parse(mistakes)) => {
            mistakes.first().map(|(expected, found)| at(text, found, &format!("expected {}", expected.as_str())))
        }
        None => None,
    };
    mistake.unwrap_or_else(|| "it cannot be read".to_owned())
}

/// The first name of a program that nothing has.
fn uncompiled(text: &str, errors: compile::Errors<&str, ()>) -> String {
    let first = errors.into_iter().flat_map(|(_, mistakes)| mistakes).next();
    let told = |(name, undefined): (&str, compile::Undefined)| {
        let arguments = match undefined {
            compile::Undefined::Filter(count) => format!("function {name:?} of {count} arguments"),
            other => format!("{} {name:?}", other.as_str()),
        };
        at(text, name, &format!("no {arguments}"))
    };
    first.map_or_else(|| "it cannot be compiled".to_owned(), told)
}

/// A mistake with its line and column, of a part of the text.
fn at(text: &str, part: &str, mistake: &str) -> String {
    let before = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize).and_then(|start| text.get(..start));
    let Some(before) = before else { return mistake.to_owned() };
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    format!("line {line} column {column}: {mistake}")
}
