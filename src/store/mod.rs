//! The database: a durable queue of deliveries and what is indexed beside it. All SQL lives in this room.
//!
//! GitHub holds the truth; what is lost here can be rebuilt from it, except a delivery that was answered with 202.
//! So a write's future ends only after its transaction is on the disk, and nothing here ever decides what a delivery means.

mod claim;
mod connection;
mod database;
mod delivery;
mod deployments;
mod error;
mod file;
mod groups;
mod idle;
mod index;
mod lanes;
mod ledger;
mod ledger_reader;
mod organisations;
mod parts;
mod people;
mod queue;
mod release_history;
mod releases;
mod removal;
mod restoration;
mod row;
mod settled;
mod sweeps;
mod values;

#[cfg(test)]
pub(crate) mod tests;

pub use database::Store;
pub use delivery::{Batch, ClaimLimits, Counts, DeadJob, Enqueued, Job, NewDelivery};
pub use deployments::{Approvals, DeploymentEnd, PendingDeployment};
pub use error::Error;
pub use groups::{LiveCheck, MergeGroup};
pub use index::Written;
pub use ledger::{LedgerLine, record_of};
pub use ledger_reader::{Archive, Ledgered};
pub use parts::{PartRow, SeenPart};
pub use row::{Listed, Pending, PreviousIdentity, ReleaseRow, ReleaseState};
pub use settled::{MayMatter, Settled};

use crate::release::rules;
use anyhow::Context as _;
use database::Inner;
use rusqlite::Connection;
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
        let writer = connection::Writer::start(writer, checkpointer, place, WRITE_QUEUE)?;
        let reader = connection::Reader::start(reader)?;
        Ok(Self { inner: Arc::new(Inner { writer, reader, work: Notify::new(), texts_read: AtomicU64::new(0), lock }) })
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
