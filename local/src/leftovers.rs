//! Processes of a stack that was killed: found by their records and ended at the next start.
//!
//! A process that is idle, or ends its invocation, notices by itself that the Runtime API is gone, and
//! `lambda_runtime` exits. Only one that hangs in its handler stays, and it is ended here. A process id
//! alone may belong to somebody else by then, so a record also holds when the process began and which
//! executable it runs.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};

/// The record of one running process; the file goes when the process was waited for.
#[derive(Debug)]
pub(crate) struct Record(PathBuf);

impl Record {
    /// Notes a process that just started. Without `/proc`, or with a full disk, there is no record: the
    /// process itself matters more than its cleaning up.
    pub(crate) fn write(folder: &Path, id: u32) -> Self {
        let file = folder.join(id.to_string());
        if let Some(identity) = identity(id) {
            let _ = fs::write(&file, identity);
        }
        Self(file)
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Ends every recorded process that still runs, and returns how many there were.
pub(crate) fn end_leftovers(folder: &Path) -> usize {
    let Ok(records) = fs::read_dir(folder) else {
        return 0;
    };
    let mut ended = 0;
    for record in records.flatten() {
        let id = record.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
        let recorded = fs::read_to_string(record.path()).ok();
        if let Some(id) = id
            && recorded.is_some()
            && identity(id) == recorded
        {
            ended += usize::from(signal(id, Signal::KILL));
        }
        let _ = fs::remove_file(record.path());
    }
    ended
}

/// Sends a signal; false when there is no such process.
pub(crate) fn signal(id: u32, signal: Signal) -> bool {
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| kill_process(pid, signal).is_ok())
}

/// When a process began (in clock ticks since boot) and what it runs, as Linux tells.
fn identity(id: u32) -> Option<String> {
    let executable = fs::read_link(format!("/proc/{id}/exe")).ok()?;
    let executable = executable.to_str()?;
    // A rebuilt binary takes the path of the one that still runs, which then counts as deleted.
    let executable = executable.strip_suffix(" (deleted)").unwrap_or(executable);
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The second field is the name in parentheses and may hold spaces; the start is the 22nd field.
    let (_, after_name) = stat.rsplit_once(')')?;
    let began = after_name.split_whitespace().nth(19)?;
    Some(format!("{began} {executable}"))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::{Record, end_leftovers, identity};
    use std::fs;
    use std::os::unix::process::ExitStatusExt;
    use std::path::PathBuf;
    use std::process::{Child, Command};

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("local-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn sleeper() -> Child {
        Command::new("sleep").arg("60").spawn().unwrap()
    }

    #[test]
    fn a_recorded_process_is_ended_and_its_record_removed() {
        let folder = folder("recorded");
        let mut child = sleeper();
        // A killed stack drops nothing.
        std::mem::forget(Record::write(&folder, child.id()));
        assert_eq!(end_leftovers(&folder), 1);
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir(folder).unwrap();
    }

    #[test]
    fn a_stranger_with_a_recorded_id_is_left_alone() {
        let folder = folder("stranger");
        let mut child = sleeper();
        let stranger = identity(child.id()).unwrap().replacen(char::is_numeric, "x", 1);
        fs::write(folder.join(child.id().to_string()), stranger).unwrap();
        assert_eq!(end_leftovers(&folder), 0);
        assert_eq!(child.try_wait().unwrap(), None);
        child.kill().unwrap();
        child.wait().unwrap();
        fs::remove_dir(folder).unwrap();
    }
}
