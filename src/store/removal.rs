//! Repositories that an installation does not show us any more: they are forgotten at once, and what is kept of them is deleted
//! after a while. The ledger stays: it is the record, and nothing deletes a line of it.

use super::values::number;
use super::{Error, Store};
use crate::ids::{Account, InstallationId, RepositoryId, Timestamp};
use rusqlite::{Connection, params};

/// What a release says whose texts are deleted. It keeps the gate shut if the App is installed again.
const DELETED: &str =
    "the App was taken from the repository, and 30 days later what it kept of the release was deleted";

impl Store {
    /// Forgets repositories that an installation no longer shows us; with an empty list all of the installation, and that its
    /// owner has a configuration. Texts are kept until [`Store::delete_lost`]: who installs the App again finds them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn remove_repositories(
        &self,
        installation: InstallationId,
        which: Vec<RepositoryId>,
        at: Timestamp,
    ) -> Result<(), Error> {
        self.write(move |db| {
            let installation = number(installation.0);
            // One that was transferred may have been seen under its new installation before the old one tells that it lost it.
            let lose = |of: &str, values: &[i64]| -> rusqlite::Result<()> {
                let note = format!(
                    "INSERT INTO lost_repositories (repository_id, lost_at) SELECT id, {} FROM repositories WHERE {of} \
                     ON CONFLICT (repository_id) DO NOTHING",
                    at.0
                );
                db.execute(&note, rusqlite::params_from_iter(values))?;
                db.execute(&format!("DELETE FROM repositories WHERE {of}"), rusqlite::params_from_iter(values))?;
                Ok(())
            };
            if which.is_empty() {
                db.prepare_cached("DELETE FROM organisation_files WHERE installation_id = ?1")?
                    .execute([installation])?;
                return lose("installation_id = ?1", &[installation]);
            }
            which.into_iter().try_for_each(|id| lose("installation_id = ?1 AND id = ?2", &[installation, number(id.0)]))
        })
        .await
    }

    /// Whether an installation showed us a repository once and does not any more.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_lost(&self, id: RepositoryId) -> Result<bool, Error> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM lost_repositories WHERE repository_id = ?1)";
        self.read(move |db| db.prepare_cached(SQL)?.query_row([number(id.0)], |row| row.get(0))).await
    }

    /// Deletes what is kept of repositories that were lost before `before_ms` (milliseconds since 1970) and did not come back: the texts of their releases, their
    /// deliveries, and whatever is indexed about them. Gives how many repositories these were.
    ///
    /// # Errors
    /// What the database says.
    pub async fn delete_lost(&self, before_ms: i64) -> Result<usize, Error> {
        const LOST: &str = "SELECT repository_id FROM lost_repositories WHERE lost_at < ?1";
        self.write(move |db| {
            let found: Vec<i64> =
                db.prepare_cached(LOST)?.query_map([before_ms / 1_000], |row| row.get(0))?.collect::<Result<_, _>>()?;
            found.iter().try_for_each(|id| delete(db, *id))?;
            Ok(found.len())
        })
        .await
    }
}

fn delete(db: &Connection, repository: i64) -> rusqlite::Result<()> {
    // What waits is at most a day old, and ends by itself.
    const DELIVERIES: &str = "DELETE FROM deliveries WHERE repository_id = ?1 \
                              AND id IN (SELECT delivery_id FROM jobs WHERE finished_at IS NOT NULL)";
    const RELEASES: &str = "UPDATE releases SET opened_body = '', body = '', notes = '[]', named = '{}', authors = ?3, \
                            state = CASE state WHEN 'nothing' THEN state ELSE 'gone' END, \
                            failure = CASE state WHEN 'nothing' THEN failure ELSE ?2 END WHERE repository_id = ?1";
    // Who was behind them is deleted, and not nobody.
    let nobody = serde_json::to_string(&[Account::nobody()]).unwrap_or_default();
    db.prepare_cached(DELIVERIES)?.execute([repository])?;
    db.prepare_cached(RELEASES)?.execute(params![repository, DELETED, nobody])?;
    for table in [
        "settled",
        "release_parts",
        "puts",
        "merge_groups",
        "deployments",
        "live_checks",
        "tags",
        "idle_repositories",
        "lost_repositories",
    ] {
        db.execute(&format!("DELETE FROM {table} WHERE repository_id = ?1"), [repository])?;
    }
    Ok(())
}
