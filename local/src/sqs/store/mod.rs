//! The SQLite file: how it is opened, what it looks like, and how a failure to open it reads.

mod fifo;
pub(super) mod in_flight;
mod json;
pub(super) mod queues;
pub(super) mod receive;
pub(super) mod redrive;
pub(super) mod send;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Transaction};

use super::error::SqsError;

/// Marks the file as ours in SQLite's header ("SQSl").
const APPLICATION_ID: i64 = 0x5351_536c;
const SCHEMA_VERSION: i64 = 1;

/// `visible_ms` is when a message may be received next: now, the end of its delay, or of its visibility timeout.
/// `receives_elsewhere` are those of `receive_count` that happened before the message was buried in this queue.
/// AUTOINCREMENT keeps ids from coming back, because receipt handles and sequence numbers are made of them.
const SCHEMA: &str = "
    CREATE TABLE queues (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        attributes TEXT NOT NULL,
        tags TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        modified_ms INTEGER NOT NULL
    );
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue_id INTEGER NOT NULL,
        visible_ms INTEGER NOT NULL,
        receive_count INTEGER NOT NULL,
        receives_elsewhere INTEGER NOT NULL DEFAULT 0,
        received_ms INTEGER NOT NULL,
        first_received_ms INTEGER NOT NULL,
        sent_ms INTEGER NOT NULL,
        fifo_group TEXT,
        message_id TEXT NOT NULL,
        group_id TEXT,
        deduplication_id TEXT,
        trace_header TEXT,
        dead_from TEXT,
        attributes TEXT,
        md5_of_body TEXT NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX messages_by_visibility ON messages (queue_id, visible_ms, receive_count);
    CREATE INDEX messages_by_age ON messages (queue_id, sent_ms);
    CREATE INDEX messages_by_group ON messages (queue_id, fifo_group, id) WHERE fifo_group IS NOT NULL;
    CREATE INDEX messages_in_flight_by_group ON messages (queue_id, fifo_group, visible_ms)
        WHERE fifo_group IS NOT NULL AND receive_count > 0;
    CREATE TABLE fifo_groups (
        queue_id INTEGER NOT NULL,
        fifo_group TEXT NOT NULL,
        free_ms INTEGER NOT NULL,
        PRIMARY KEY (queue_id, fifo_group)
    ) WITHOUT ROWID;
    CREATE INDEX fifo_groups_by_time ON fifo_groups (queue_id, free_ms);
    CREATE TABLE deduplications (
        queue_id INTEGER NOT NULL,
        deduplication_id TEXT NOT NULL,
        expires_ms INTEGER NOT NULL,
        message_id TEXT NOT NULL,
        row_id INTEGER NOT NULL,
        PRIMARY KEY (queue_id, deduplication_id)
    ) WITHOUT ROWID;
    CREATE INDEX deduplications_by_time ON deduplications (queue_id, expires_ms);
";

/// The one connection. Its caller holds it behind a mutex.
pub(super) struct Store(Connection);

impl Store {
    /// Opens the file, and creates it where there is none.
    pub(super) fn open(path: &Path) -> Result<Self, SqsError> {
        let connection = Connection::open(path).map_err(|source| unopened(path, source))?;
        match inspect(&connection).map_err(|source| unopened(path, source))? {
            Contents::Empty => create(&connection),
            Contents::Ours => configure(&connection),
            Contents::Unusable(why) => return Err(SqsError::StoreUnusable { path: path.to_owned(), why }),
        }
        .map_err(|source| unopened(path, source))?;
        Ok(Self(connection))
    }

    /// A store that ends with the process.
    pub(super) fn in_memory() -> Result<Self, SqsError> {
        let connection = Connection::open_in_memory()?;
        create(&connection)?;
        Ok(Self(connection))
    }

    /// Reads without a transaction.
    pub(super) fn read(&self) -> &Connection {
        &self.0
    }

    /// Runs `work` in one transaction, which is kept if `work` succeeds.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, SqsError>,
    ) -> Result<T, SqsError> {
        let transaction = self.0.transaction()?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}

/// What the file holds, seen before anything is written to it.
enum Contents {
    Empty,
    Ours,
    Unusable(String),
}

fn inspect(connection: &Connection) -> rusqlite::Result<Contents> {
    // An exclusive lock needs no shared memory and no lock calls per transaction. It also keeps a second process out,
    // whose long polls would not hear of our sends.
    connection.busy_timeout(Duration::from_millis(500))?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let number = |query: &str| connection.query_row(query, (), |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    if number("SELECT count(*) FROM sqlite_schema")? == 0 && application == 0 {
        return Ok(Contents::Empty);
    }
    if application != APPLICATION_ID {
        return Ok(Contents::Unusable("it is the database of another program".to_owned()));
    }
    if version != SCHEMA_VERSION {
        let why = format!("its version is {version}, and this program reads version {SCHEMA_VERSION}");
        return Ok(Contents::Unusable(why));
    }
    // Better named here than by the first unlucky receive.
    let check: String = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
    if check == "ok" { Ok(Contents::Ours) } else { Ok(Contents::Unusable(format!("it is damaged: {check}"))) }
}

fn create(connection: &Connection) -> rusqlite::Result<()> {
    configure(connection)?;
    connection.execute_batch(&format!(
        "BEGIN; {SCHEMA} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
    ))
}

/// A committed write survives the end of the process. Only a crash of the machine can take the newest ones,
/// which development can bear, and which saves an fsync per send.
fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    // Writing the pragma answers with the mode that is in force: "memory" for a store in memory.
    connection.query_row("PRAGMA journal_mode = WAL", (), |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.pragma_update(None, "cache_size", -16_000)
}

fn unopened(path: &Path, source: rusqlite::Error) -> SqsError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => {
            SqsError::StoreUnusable { path, why: "it is not an SQLite database".to_owned() }
        }
        Some(ErrorCode::DatabaseCorrupt) => SqsError::StoreUnusable { path, why: format!("it is damaged: {source}") },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => SqsError::StoreInUse { path },
        _ => SqsError::StoreUnopened { path, source },
    }
}
