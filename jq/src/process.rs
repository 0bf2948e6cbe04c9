//! The process that runs programs, seen from outside: started, asked, and ended when it overruns.

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Pair;
use std::path::Path;
use std::pin::pin;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::failed::{Failed, PROCESSOR_MS_MAX};
use crate::wire::{self, HEAD_BYTES, Reply};
use crate::{ARGUMENT, child};

/// How long it may take to start.
const START_MAX: Duration = Duration::from_secs(5);
/// How often it is looked at how much processor time a call took.
const LOOK: Duration = Duration::from_millis(100);
/// How often it is looked at before a call that gets no processor time is given up: five seconds.
const LOOKS_MAX: u32 = 50;

/// A process that runs programs. It ends when this is dropped.
pub(crate) struct Process {
    child: Child,
    stream: UnixStream,
}

/// Why a call has no reply.
pub(crate) enum Lost {
    /// The process died, for a reason that it could still say.
    Died(Failed),
    /// It did not come to an end.
    Overran(Failed),
}

impl Process {
    /// Starts the process: the same program as a child that inherits nothing.
    ///
    /// No variable goes to it, because the functions' credentials are variables.
    pub(crate) async fn start(executable: &Path) -> Result<Process, Failed> {
        let failed = |error: io::Error| Failed::NotNow(format!("no process for programs: {}", error.kind()));
        let (ours, theirs) = Pair::pair().map_err(failed)?;
        ours.set_nonblocking(true).map_err(failed)?;
        let output = theirs.try_clone().map_err(failed)?;
        let mut command = Command::new(executable);
        command.arg(ARGUMENT).env_clear().current_dir("/");
        command.stdin(OwnedFd::from(theirs)).stdout(OwnedFd::from(output)).stderr(Stdio::piped());
        let child = command.spawn().map_err(failed)?;
        // It holds the other end, which only the child may hold: else nobody would notice its death.
        drop(command);
        let stream = UnixStream::from_std(ours).map_err(failed)?;
        let mut process = Process { child, stream };
        match timeout(START_MAX, process.stream.read_u8()).await {
            Ok(Ok(child::READY)) => Ok(process),
            Ok(Ok(_) | Err(_)) => Err(Failed::NotNow("the process for programs ended as it began".to_owned())),
            Err(_) => Err(Failed::NotNow("the process for programs did not start in time".to_owned())),
        }
    }

    /// Asks for one answer.
    pub(crate) async fn ask(&mut self, program: &str, payload: &str) -> Result<Reply, Lost> {
        let Process { child, stream } = self;
        let before_ms = processor_ms(child.id());
        let mut replied = pin!(exchange(stream, program, payload));
        for _ in 0..LOOKS_MAX {
            match timeout(LOOK, &mut replied).await {
                Ok(Ok(reply)) => return Ok(reply),
                Ok(Err(_)) => return Err(Lost::Died(why(child))),
                Err(_) => {}
            }
            let taken_ms = processor_ms(child.id()).zip(before_ms).map(|(now, before)| now.saturating_sub(before));
            if taken_ms.is_some_and(|taken| taken > PROCESSOR_MS_MAX) {
                return Err(Lost::Overran(Failed::TooSlow));
            }
        }
        Err(Lost::Overran(match before_ms {
            Some(_) => Failed::NotNow("a program did not get enough processor time".to_owned()),
            None => Failed::TooSlow,
        }))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Ends a process and waits for its end, which leaves no zombie. One that has ended is no error.
fn end(child: &mut Child) {
    drop(child.kill());
    drop(child.wait());
}

/// Why a process died, as far as the last words of its runtime say. Nothing else speaks there: panics are silent.
fn why(child: &mut Child) -> Failed {
    end(child);
    let mut words = Vec::new();
    if let Some(errors) = child.stderr.take() {
        // What cannot be read says nothing.
        drop(errors.take(4096).read_to_end(&mut words));
    }
    let words = String::from_utf8_lossy(&words);
    if words.contains("overflowed its stack") {
        Failed::TooManyCalls
    } else if words.contains("memory allocation of") {
        Failed::TooMuchMemory
    } else {
        Failed::Died
    }
}

async fn exchange(stream: &mut UnixStream, program: &str, payload: &str) -> io::Result<Reply> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    stream.write_all(&wire::request(program, payload)).await?;
    let mut head = [0; HEAD_BYTES];
    stream.read_exact(&mut head).await?;
    let (kind, length) = wire::reply_head(head).ok_or_else(invalid)?;
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    wire::reply(kind, bytes).ok_or_else(invalid)
}

/// The processor time that a process took so far; `None` where the system does not say it this way (Linux's proc(5):
/// `utime` and `stime`, in ticks of which a second has a hundred).
fn processor_ms(id: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<u64>().ok());
    Some((ticks(11)? + ticks(12)?) * 10)
}
