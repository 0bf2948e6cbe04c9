//! Who asks: one process for all programs, started at first need and again after a program that ended it.

use std::path::PathBuf;

use serde_json::value::RawValue;
use tokio::sync::Mutex;

use crate::process::{Lost, Process};
use crate::wire::Reply;
use crate::{Failed, LEVELS_MAX, PAYLOAD_BYTES_MAX, PROGRAM_BYTES_MAX, depth};

/// Runs programs. Making one costs nothing; its process is started by the first program.
pub struct Jq {
    executable: PathBuf,
    process: Mutex<Option<Process>>,
}

impl Jq {
    /// Runs programs in another process of this very executable, which must begin with [`crate::child::serve`] when
    /// its one argument is [`crate::ARGUMENT`].
    pub fn of_itself() -> Self {
        // By this name it is the same file even when a build has put another one in its place.
        let executable = if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() };
        Jq::of(executable.unwrap_or_default())
    }

    /// Runs programs in a process of this executable, which does the same with its argument.
    pub fn of(executable: PathBuf) -> Self {
        Jq { executable, process: Mutex::new(None) }
    }

    /// The one output of a program on a payload. Calls wait for each other, and none fails for what another does: the
    /// process is started again after a program that ended it. A call that is dropped ends the process as well.
    ///
    /// # Errors
    /// [`Failed`] says why there is not exactly one output.
    pub async fn run(&self, program: &str, payload: &RawValue) -> Result<Box<RawValue>, Failed> {
        let payload = payload.get();
        if program.len() > PROGRAM_BYTES_MAX {
            return Err(Failed::Unsound(format!("{} bytes, expected at most {PROGRAM_BYTES_MAX}", program.len())));
        }
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(Failed::PayloadTooLong);
        }
        if depth::exceeds(payload.as_bytes(), LEVELS_MAX) {
            return Err(Failed::PayloadTooDeep);
        }
        match self.reply(program, payload).await? {
            Reply::One(output) => read(output),
            Reply::Nothing => Err(Failed::Nothing),
            Reply::Many => Err(Failed::Many),
            Reply::TooLong => Err(Failed::AnswerTooLong),
            Reply::Error(words) => Err(Failed::Error(words)),
            Reply::Unreadable(byte) => Err(Failed::Unreadable(byte)),
            Reply::Unsound(words) => Err(Failed::Unsound(words)),
        }
    }

    /// A process that dies is asked once more in its next life: what ended it may have been somebody else, or what an
    /// earlier program left behind. While it is asked it is not in its place, so that whoever is dropped takes it along.
    async fn reply(&self, program: &str, payload: &str) -> Result<Reply, Failed> {
        let mut place = self.process.lock().await;
        let mut lives = 0;
        loop {
            let mut process = match place.take() {
                Some(process) => process,
                None => Process::start(&self.executable).await?,
            };
            match process.ask(program, payload).await {
                Ok(reply) => {
                    *place = Some(process);
                    return Ok(reply);
                }
                Err(Lost::Died(_)) if lives == 0 => lives += 1,
                Err(Lost::Died(failed) | Lost::Overran(failed)) => return Err(failed),
            }
        }
    }
}

/// Reads an output: the engine writes more than JSON knows.
fn read(output: Vec<u8>) -> Result<Box<RawValue>, Failed> {
    let output = String::from_utf8(output).map_err(|_| Failed::NotJson)?;
    if depth::exceeds(output.as_bytes(), LEVELS_MAX) {
        return Err(Failed::AnswerTooDeep);
    }
    RawValue::from_string(output).map_err(|_| Failed::NotJson)
}
