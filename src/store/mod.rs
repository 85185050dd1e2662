//! The database: a durable queue of deliveries and what is indexed beside it. All SQL lives in this room.
//!
//! GitHub holds the truth; what is lost here can be rebuilt from it, except a delivery that was answered with 202.
//! So a write's future ends only after its transaction is on the disk, and nothing here ever decides what a delivery means.

mod archive;
mod delivery;
mod deployments;
mod file;
mod found;
mod groups;
mod index;
mod ledger;
mod lost;
mod organisations;
mod parts;
mod queue;
mod releases;
mod renewal;
mod row;
mod settled;
mod sweeps;
mod thread;

#[cfg(test)]
pub(crate) mod tests;

pub use archive::{Archive, Ledgered};
pub use delivery::{Batch, Counts, DeadJob, Enqueued, Job, NewDelivery};
pub use deployments::{End, LetThrough, Waiting};
pub use groups::{LiveCheck, MergeGroup};
pub use index::Put;
pub use ledger::{LedgerLine, record_of};
pub use parts::{PartRow, SeenPart};
pub use renewal::{Earlier, Pending};
pub use row::{Listed, ReleaseRow, ReleaseState};
pub use settled::{MayMatter, Settled};

use crate::release::rules;
use anyhow::Context as _;
use rusqlite::Connection;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::Notify;

/// Writes that may wait for the writer; beyond it an enqueue is refused, so that memory stays bounded.
const WRITE_QUEUE: usize = 4096;

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
    /// Rows that were read with their texts.
    texts_read: AtomicU64,
    lock: file::Lock,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens or creates the database at `path`, takes it for this process alone, and brings its tables up to date. Its directory must
    /// be there. It blocks while it does.
    ///
    /// # Errors
    /// Where another process holds the database, a newer version has been at it, or the file cannot be used.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let file::Taken { lock, place, created } = file::take(path)?;
        if created {
            tracing::info!("created a new database at {}", place.shown());
        }
        let mut writer = connect(path).with_context(|| format!("open the database {}", path.display()))?;
        migrations::migrations::runner()
            .run(&mut writer)
            .with_context(|| format!("bring the tables of {} up to date", path.display()))?;
        ledger::chain_old_lines(&mut writer).with_context(|| format!("chain the ledger of {}", path.display()))?;
        settled::forget_other_versions(&writer, &rules::version())
            .with_context(|| format!("tidy {} up", path.display()))?;
        // Checkpoints have a thread of their own: on the writer they would hold up whoever waits for a commit.
        writer.pragma_update(None, "wal_autocheckpoint", 0)?;
        let reader = connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        let checkpointer = connect(path)?;
        let writer = thread::Writer::start(writer, checkpointer, place, WRITE_QUEUE)?;
        let reader = thread::Reader::start(reader)?;
        Ok(Self { inner: Arc::new(Inner { writer, reader, work: Notify::new(), texts_read: AtomicU64::new(0), lock }) })
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
            inner.lock.release();
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
