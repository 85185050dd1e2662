//! Why a read or a write of the database did not happen.

use std::sync::Arc;

/// Why a read or a write did not happen. After a failed write nothing of it is in the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Too many writes wait already.
    #[error("too many writes are waiting for the database")]
    Full,
    /// [`Store::close`](super::Store::close) has been called.
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
