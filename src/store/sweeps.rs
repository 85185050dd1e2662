//! When what nobody told of was looked for last, and where nothing can be looked for.

use super::values::number;
use super::{Error, Store};
use crate::ids::{InstallationId, RepositoryId, Timestamp};
use rusqlite::{OptionalExtension as _, params};
use std::collections::BTreeSet;

impl Store {
    /// Whether a sweep is due at `now_ms`, for which it is noted then. A time that lies ahead is no time.
    ///
    /// # Errors
    /// What the database says.
    pub async fn begin_sweep(&self, now_ms: i64, every_ms: i64) -> Result<bool, Error> {
        const NOTE: &str = "INSERT INTO sweeps (what, at_ms) VALUES ('repositories', ?1) \
                            ON CONFLICT (what) DO UPDATE SET at_ms = excluded.at_ms";
        self.write(move |db| {
            let last: Option<i64> = db
                .prepare_cached("SELECT at_ms FROM sweeps WHERE what = 'repositories'")?
                .query_row([], |row| row.get(0))
                .optional()?;
            let due = last.is_none_or(|last| last > now_ms || now_ms - last >= every_ms);
            if due {
                db.prepare_cached(NOTE)?.execute([now_ms])?;
            }
            Ok(due)
        })
        .await
    }

    /// The keys of a repository's open jobs that begin so, without that beginning.
    ///
    /// # Errors
    /// What the database says.
    pub async fn waiting(&self, repository: RepositoryId, prefix: &'static str) -> Result<BTreeSet<String>, Error> {
        let lane = repository.to_string();
        self.read(move |db| {
            let mut keys = db.prepare_cached("SELECT key FROM heads WHERE lane = ?1")?;
            let keys = keys.query_map([lane], |row| row.get::<_, String>(0))?;
            let mut found = BTreeSet::new();
            for key in keys {
                found.extend(key?.strip_prefix(prefix).map(str::to_owned));
            }
            Ok(found)
        })
        .await
    }

    /// Notes that an installation is suspended, or that it is no more.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note_suspension(&self, installation: InstallationId, since: Option<Timestamp>) -> Result<(), Error> {
        const SUSPEND: &str =
            "INSERT INTO suspensions (installation_id, since) VALUES (?1, ?2) ON CONFLICT (installation_id) DO NOTHING";
        const END: &str = "DELETE FROM suspensions WHERE installation_id = ?1";
        let id = number(installation.0);
        self.write(move |db| match since {
            Some(since) => db.prepare_cached(SUSPEND)?.execute(params![id, since.0]).map(|_| ()),
            None => db.prepare_cached(END)?.execute([id]).map(|_| ()),
        })
        .await
    }

    /// Installations that are suspended.
    ///
    /// # Errors
    /// What the database says.
    pub async fn suspensions(&self) -> Result<Vec<InstallationId>, Error> {
        self.read(|db| {
            let id = |row: &rusqlite::Row<'_>| Ok(InstallationId(super::values::unsigned(row.get(0)?)));
            db.prepare_cached("SELECT installation_id FROM suspensions")?.query_map([], id)?.collect()
        })
        .await
    }
}
