//! The folder that outlives a stack: the databases, the lock, and the records of running processes.

use crate::error::StartError;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The folder, held by this stack until it is dropped. The system lets go of the lock when the process
/// ends, however it ends.
#[derive(Debug)]
pub(crate) struct StateDir {
    path: PathBuf,
    lock: File,
}

impl StateDir {
    /// Creates the folder if it is absent and takes its lock.
    pub(crate) fn open(path: &Path) -> Result<Self, StartError> {
        let processes = path.join("processes");
        fs::create_dir_all(&processes).map_err(|error| unusable(path, error))?;
        let lock_file = path.join("lock");
        let lock = File::create(&lock_file).map_err(|error| unusable(&lock_file, error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(StartError::StateLocked { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => Err(unusable(&lock_file, error)),
        }
    }

    /// The database of the queues.
    pub(crate) fn sqs_file(&self) -> PathBuf {
        self.path.join("sqs.db")
    }

    /// The database of the tables.
    pub(crate) fn dynamodb_file(&self) -> PathBuf {
        self.path.join("dynamodb.db")
    }

    /// The folders of the buckets.
    pub(crate) fn s3_folder(&self) -> PathBuf {
        self.path.join("s3")
    }

    /// One small file for each running process; see `leftovers.rs`.
    pub(crate) fn processes(&self) -> PathBuf {
        self.path.join("processes")
    }
}

impl Drop for StateDir {
    fn drop(&mut self) {
        // Closing the file is not enough: a child between its fork and its exec holds a copy for a moment,
        // and the lock with it.
        let _ = self.lock.unlock();
    }
}

fn unusable(path: &Path, error: io::Error) -> StartError {
    StartError::State { path: path.to_owned(), reason: error.to_string() }
}
