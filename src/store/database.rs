//! A handle on the database: how statements are run, and how it is let go of.

use super::connection::{Reader, Writer};
use super::error::Error;
use super::file::Lock;
use rusqlite::Connection;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::Notify;

/// A handle on the database; clones share it. The last one to go finishes what was asked and closes the file.
#[derive(Clone)]
pub struct Store {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    // In this order: the connections close before the lock goes.
    pub(super) writer: Writer,
    pub(super) reader: Reader,
    pub(super) work: Notify,
    /// Rows that were read with their texts.
    pub(super) texts_read: AtomicU64,
    pub(super) lock: Lock,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
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
