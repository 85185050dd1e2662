//! Repositories in which nothing waits, and what each of them was like when it was last looked at.
//!
//! Nothing here decides what is looked at.

use super::values::{number, unsigned};
use super::{Error, Store};
use crate::ids::RepositoryId;
use rusqlite::params;
use std::collections::BTreeMap;

/// Repositories of which the index keeps nothing that may wait or open something: no release but those that had nothing to do,
/// no check that is green or in progress, no merge group and no deployment that waits.
const IDLE: &str = "SELECT r.id, i.state FROM repositories r LEFT JOIN idle_repositories i ON i.repository_id = r.id \
    WHERE NOT EXISTS (SELECT 1 FROM releases WHERE repository_id = r.id AND (state <> 'nothing' OR failure IS NOT NULL)) \
    AND NOT EXISTS (SELECT 1 FROM live_checks WHERE repository_id = r.id) \
    AND NOT EXISTS (SELECT 1 FROM merge_groups WHERE repository_id = r.id) \
    AND NOT EXISTS (SELECT 1 FROM deployments WHERE repository_id = r.id AND state = 'waiting')";

impl Store {
    /// Repositories in which nothing waits, each with the state that [`Store::note_idle`] noted last, if any.
    ///
    /// # Errors
    /// What the database says.
    pub async fn idle_repositories(&self) -> Result<BTreeMap<RepositoryId, Option<String>>, Error> {
        self.read(|db| {
            let row = |row: &rusqlite::Row<'_>| Ok((RepositoryId(unsigned(row.get(0)?)), row.get(1)?));
            db.prepare_cached(IDLE)?.query_map([], row)?.collect()
        })
        .await
    }

    /// Notes the state in which a repository was looked at and had no checklist; with `None` that it has one, or that this is not known.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note_idle(&self, repository: RepositoryId, state: Option<String>) -> Result<(), Error> {
        const NOTE: &str = "INSERT INTO idle_repositories (repository_id, state) VALUES (?1, ?2) \
                            ON CONFLICT (repository_id) DO UPDATE SET state = excluded.state";
        const FORGET: &str = "DELETE FROM idle_repositories WHERE repository_id = ?1";
        let id = number(repository.0);
        self.write(move |db| match state {
            Some(state) => db.prepare_cached(NOTE)?.execute(params![id, state]).map(|_| ()),
            None => db.prepare_cached(FORGET)?.execute([id]).map(|_| ()),
        })
        .await
    }
}
