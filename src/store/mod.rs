//! The database: a durable queue of deliveries and what is indexed beside it. All SQL lives in this room.
//!
//! GitHub holds the truth; what is lost here can be rebuilt from it, except a delivery that was answered with 202.
//! So a write's future ends only after its transaction is on the disk, and nothing here ever decides what a delivery means.

mod archive;
mod delivery;
mod deployments;
mod found;
mod groups;
mod index;
mod ledger;
mod organisations;
mod parts;
mod queue;
mod renewal;
mod sweeps;
mod thread;

#[cfg(test)]
pub(crate) mod tests;

pub use archive::{Archive, Ledgered};
pub use delivery::{Batch, Counts, DeadJob, Enqueued, Job, NewDelivery};
pub use deployments::{End, LetThrough, Waiting};
pub use groups::{LiveCheck, MergeGroup};
pub use index::{Put, ReleaseRow, ReleaseState};
pub use ledger::{LedgerLine, record_of};
pub use parts::{PartRow, SeenPart};
pub use renewal::{Earlier, Pending};

use anyhow::{Context as _, bail};
use rusqlite::Connection;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Writes that may wait for the writer; beyond it an enqueue is refused, so that memory stays bounded.
const WRITE_QUEUE: usize = 4096;
/// Rights of the database's files: payloads of private repositories are in them.
const PRIVATE: u32 = 0o600;
/// How long a process that is being replaced may still hold the database.
const HANDOVER: Duration = Duration::from_secs(1);

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// Why a read or a write did not happen. After a failed write nothing of it is in the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Too many writes wait already.
    #[error("too many writes are waiting for the database")]
    Full,
    /// [`Store::close`] has been called.
    #[error("the database is closed")]
    Closed,
    /// The transaction that this write shared with others could not be begun or committed.
    #[error("the transaction was not committed: {0}")]
    Commit(Arc<str>),
    /// A statement failed; other writes of the same transaction are not affected.
    #[error("the database refused a statement: {0}")]
    Statement(#[from] rusqlite::Error),
    /// The closure panicked; its statements were undone.
    #[error("a database statement panicked")]
    Panicked,
}

/// A handle on the database; clones share it. The last one to go finishes what was asked and closes the file.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    // In this order: the connections close before the lock goes.
    writer: thread::Writer,
    reader: thread::Reader,
    work: Notify,
    lock: Lock,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens or creates the database at `path`, takes it for this process alone, and brings its tables up to date.
    /// It blocks while it does.
    ///
    /// # Errors
    /// Where another process holds the database, a newer version has been at it, or the file cannot be used.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).with_context(|| format!("create the directory {}", parent.display()))?;
        }
        let lock = Lock::take(path)?;
        create_private(path).with_context(|| format!("create the database {}", path.display()))?;
        let mut writer = connect(path).with_context(|| format!("open the database {}", path.display()))?;
        migrations::migrations::runner()
            .run(&mut writer)
            .with_context(|| format!("bring the tables of {} up to date", path.display()))?;
        ledger::chain_old_lines(&mut writer).with_context(|| format!("chain the ledger of {}", path.display()))?;
        // Checkpoints have a thread of their own: on the writer they would hold up whoever waits for a commit.
        writer.pragma_update(None, "wal_autocheckpoint", 0)?;
        let reader = connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        let checkpointer = connect(path)?;
        let writer = thread::Writer::start(writer, checkpointer, WRITE_QUEUE)?;
        let reader = thread::Reader::start(reader)?;
        Ok(Self { inner: Arc::new(Inner { writer, reader, work: Notify::new(), lock }) })
    }

    /// Runs `statements` in a transaction that it may share with other writes, and answers when that is on the disk.
    /// The closure must be quick, and leaves transactions alone. Where it fails, all it did is undone.
    ///
    /// # Errors
    /// See [`Error`]; nothing was written then.
    pub(crate) async fn write<T, F>(&self, statements: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.inner.writer.write(statements).await
    }

    /// As [`Store::write`], but refused at once where too many writes wait: for callers who can be told to come again.
    ///
    /// # Errors
    /// [`Error::Full`], or as for [`Store::write`].
    pub(crate) async fn try_write<T, F>(&self, statements: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.inner.writer.try_write(statements).await
    }

    /// Runs `statements` on the reading connection, on one snapshot. It sees every write that has been answered.
    ///
    /// # Errors
    /// See [`Error`]; a statement that writes is refused.
    pub(crate) async fn read<T, F>(&self, statements: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.inner.reader.read(statements).await
    }

    /// Writes a row and waits until it is on the disk: the database takes writes.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn probe(&self, now_ms: i64) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO probe (id, at) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET at = excluded.at";
        self.try_write(move |db| db.prepare_cached(SQL)?.execute([now_ms]).map(|_| ())).await
    }

    /// Ends when there may be new work to claim. A call that came before is not lost.
    pub async fn work_arrived(&self) {
        self.inner.work.notified().await;
    }

    /// Finishes the writes that were asked for, refuses later ones, moves the log into the database and lets go of it.
    pub async fn close(&self) {
        let inner = Arc::clone(&self.inner);
        // Joining threads blocks.
        let closed = tokio::task::spawn_blocking(move || {
            inner.reader.close();
            inner.writer.close();
            drop(inner.lock.held.lock().unwrap_or_else(PoisonError::into_inner).take());
        });
        if let Err(error) = closed.await {
            tracing::warn!(%error, "the database was not closed in order");
        }
    }
}

/// A connection as every part of this room wants it.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.busy_timeout(Duration::from_secs(5))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    // A log that once grew long is cut when it starts over.
    db.pragma_update(None, "journal_size_limit", 64 << 20)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// Creates a file that only its owner may read, where there is none yet. What SQLite puts beside it gets the same rights. A file that
/// is there and that others may read is taken from them.
fn create_private(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let file = std::fs::OpenOptions::new().create(true).append(true).mode(PRIVATE).open(path)?;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(PRIVATE))?;
        }
        for beside in ["-wal", "-shm"] {
            let mut name = path.as_os_str().to_owned();
            name.push(beside);
            match std::fs::set_permissions(&name, std::fs::Permissions::from_mode(PRIVATE)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
    }
    Ok(())
}

/// Keeps a second process off the database: two workers on one file would both open a release's issue.
/// It is an exclusive lock on an empty database beside it, which the system drops when the process ends, however it ends.
struct Lock {
    held: Mutex<Option<Connection>>,
}

impl Lock {
    fn take(path: &Path) -> anyhow::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push("-lock");
        create_private(Path::new(&name)).with_context(|| format!("create the lock of {}", path.display()))?;
        let held =
            Connection::open(&name).with_context(|| format!("open the lock of the database {}", path.display()))?;
        held.busy_timeout(HANDOVER)?;
        match held.execute_batch("BEGIN EXCLUSIVE") {
            Ok(()) => Ok(Self { held: Mutex::new(Some(held)) }),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
                bail!(
                    "another process uses the database {}: stop it first, or give this one a database of its own",
                    path.display()
                )
            }
            Err(error) => Err(error).with_context(|| format!("lock the database {}", path.display())),
        }
    }
}
