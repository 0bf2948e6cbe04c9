//! The process that runs programs: it limits itself, and answers until nobody asks any more.

use std::collections::HashMap;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::thread;

use crate::engine::Program;
use crate::wire::{self, Reply};

/// What a program may use of the stack: about as deep as it may call itself.
const STACK_BYTES: usize = 16 * 1024 * 1024;
/// How many compiled programs are kept. No bundle has so many sources.
const PROGRAMS_MAX: usize = 1_000;

/// What the process says when it is ready for requests.
pub(crate) const READY: u8 = b'!';

/// Answers what comes on standard input, on standard output, until it ends. For an executable that was started with
/// [`crate::ARGUMENT`] alone, before it does anything else.
pub fn serve() -> ExitCode {
    // A panic may say a value of the payload.
    panic::set_hook(Box::new(|_| {}));
    if limit().is_err() {
        return ExitCode::FAILURE;
    }
    let thread = thread::Builder::new().name("programs".to_owned()).stack_size(STACK_BYTES).spawn(answer_all);
    match thread.map(thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Takes memory from itself, and ends with who started it even in the midst of an endless program.
#[cfg(target_os = "linux")]
fn limit() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
    let most = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    setrlimit(Resource::Data, most(crate::MEMORY_BYTES_MAX))?;
    setrlimit(Resource::Core, most(0))?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(())
}

/// Other systems than Lambda's are for trying things out: there only time is limited.
#[cfg(not(target_os = "linux"))]
fn limit() -> io::Result<()> {
    Ok(())
}

fn answer_all() -> io::Result<()> {
    let (mut requests, mut replies) = (io::stdin().lock(), io::stdout().lock());
    replies.write_all(&[READY])?;
    replies.flush()?;
    let mut programs: HashMap<String, Result<Program, String>> = HashMap::new();
    while let Some((text, payload)) = wire::read_request(&mut requests)? {
        if programs.len() >= PROGRAMS_MAX {
            programs.clear();
        }
        let answer = || {
            let program = programs.entry(text).or_insert_with_key(|text| Program::compile(text));
            match program {
                Ok(program) => program.run(&payload),
                Err(mistake) => Reply::Unsound(mistake.clone()),
            }
        };
        let reply = panic::catch_unwind(AssertUnwindSafe(answer));
        let reply = reply.unwrap_or_else(|_| Reply::Error("is more than the engine can take: it panicked".to_owned()));
        wire::write_reply(&mut replies, &reply)?;
    }
    Ok(())
}
