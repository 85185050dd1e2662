//! The ledger for whoever examines it: a database that is read beside the process that writes it.
//!
//! It is opened for reading only, never created and never brought up to date, and what is read is one moment's state.

use super::values::{number, unsigned};
use super::{ledger, migrations};
use crate::ids::RepositoryId;
use crate::release::ledger::{LedgerEntry, LineHash};
use anyhow::{Context as _, bail};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::Path;
use std::time::Duration;

/// The ledgers in a database.
#[derive(Debug)]
pub struct Archive {
    db: Connection,
}

/// A repository that has a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledgered {
    /// Its id, which outlives renames.
    pub id: RepositoryId,
    /// Its present name, and those that stand in its lines; empty where none was ever noted.
    pub names: Vec<String>,
}

impl Archive {
    /// Opens the database at `path`.
    ///
    /// # Errors
    /// Where there is none, it is none of ours, or another version of Holdpoint wrote it.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        if !path.exists() {
            bail!(
                "there is no database at {shown}: say with HOLDPOINT_DATABASE_URL where it is, as for `holdpoint serve`"
            );
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags).with_context(|| format!("open the database {shown}"))?;
        db.busy_timeout(Duration::from_secs(5))?;
        let unreadable =
            || format!("read the database {shown}: is it a file of Holdpoint's, in a folder that you may write to?");
        // One moment's state, from the first read on.
        db.execute_batch("BEGIN").with_context(unreadable)?;
        let tables: i64 = db
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'refinery_schema_history'", [], |row| {
                row.get(0)
            })
            .with_context(unreadable)?;
        if tables == 0 {
            bail!("{shown} is no database of Holdpoint's");
        }
        let newest: Option<i64> = db
            .query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))
            .with_context(unreadable)?;
        let ours = migrations::migrations::runner().get_migrations().iter().map(|m| i64::from(m.version())).max();
        match newest.cmp(&ours) {
            std::cmp::Ordering::Equal => Ok(Self { db }),
            std::cmp::Ordering::Less => {
                bail!(
                    "{shown} was written by an older version: start `holdpoint serve` of this one once, which brings it up to date"
                )
            }
            std::cmp::Ordering::Greater => bail!("{shown} was written by a newer version: use that one"),
        }
    }

    /// Every repository that is known or has lines, in order.
    ///
    /// # Errors
    /// What the database says.
    pub fn repositories(&self) -> anyhow::Result<Vec<Ledgered>> {
        const IDS: &str = "SELECT id FROM repositories UNION SELECT DISTINCT repository_id FROM ledger ORDER BY 1";
        const NAMES: &str = "SELECT full_name FROM repositories WHERE id = ?1 UNION \
                             SELECT DISTINCT repository FROM ledger WHERE repository_id = ?1 AND repository IS NOT NULL";
        let ids: Vec<i64> = self.db.prepare(IDS)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut names = self.db.prepare(NAMES)?;
        let mut found = Vec::new();
        for id in ids {
            let names = names.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            found.push(Ledgered { id: RepositoryId(unsigned(id)), names });
        }
        Ok(found)
    }

    /// The present name of a repository.
    ///
    /// # Errors
    /// What the database says.
    pub fn present_name(&self, repository: RepositoryId) -> anyhow::Result<Option<String>> {
        let mut name = self.db.prepare_cached("SELECT full_name FROM repositories WHERE id = ?1")?;
        Ok(name.query_row([number(repository.0)], |row| row.get(0)).optional()?)
    }

    /// Hands out the lines of a repository in the order of its chain, each with the hash that stands beside it.
    ///
    /// # Errors
    /// What the database says, and what `each` does.
    pub fn lines(
        &self,
        repository: RepositoryId,
        mut each: impl FnMut(LedgerEntry, Option<LineHash>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let sql = format!("SELECT {} FROM ledger WHERE repository_id = ?1 ORDER BY position", ledger::COLUMNS);
        let mut lines = self.db.prepare(&sql)?;
        let mut rows = lines.query([number(repository.0)])?;
        while let Some(row) = rows.next()? {
            let (line, hash) = ledger::chained(row)?;
            each(line, hash)?;
        }
        Ok(())
    }
}
