//! Whether this database is an older copy of the one that took GitHub's deliveries, and what such a copy is not believed.
//!
//! A copy is right about the past. What it says of the present of GitHub is not: checks may have been written since, and issues, pull
//! requests and rules may have been read since. Nothing here decides what follows; whoever reads a doubted note confirms it first.

use super::{Error, Store};
use crate::ids::Timestamp;
use rusqlite::{OptionalExtension as _, params};

/// What is noted of GitHub and may be otherwise by now: of checks the ids stay, of comments too; what was looked through once is
/// looked through again, and every repository is looked at. `docs/operating.md` has the same statements.
pub(super) const DOUBT: [&str; 6] = [
    "UPDATE puts SET digest = '?' WHERE what LIKE 'check:%'",
    "UPDATE puts SET digest = '' WHERE what LIKE 'comment:%'",
    "DELETE FROM puts WHERE what IN ('pulls', 'protected', 'adopted', 'installations')",
    "DELETE FROM settled",
    "DELETE FROM idle_repositories",
    "DELETE FROM sweeps WHERE what = 'repositories'",
];

impl Store {
    /// Whether one of these deliveries, by their GUIDs, is not here. All that was answered with 202 in the last four days is.
    ///
    /// # Errors
    /// What the database says.
    pub async fn lacks_delivery(&self, guids: Vec<String>) -> Result<bool, Error> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM json_each(?1) AS sent \
                           WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE guid = sent.value))";
        let guids = serde_json::Value::from(guids).to_string();
        self.read(move |db| db.prepare_cached(SQL)?.query_row([guids], |row| row.get(0))).await
    }

    /// Doubts what this database has of GitHub, because it lacks deliveries, the newest of which was taken at `newest`. `false` where it
    /// was doubted for that one already.
    ///
    /// # Errors
    /// What the database says.
    pub async fn doubt(&self, newest: Timestamp) -> Result<bool, Error> {
        const LAST: &str = "SELECT at_ms FROM sweeps WHERE what = 'doubt'";
        const NOTE: &str = "INSERT INTO sweeps (what, at_ms) VALUES ('doubt', ?1) \
                            ON CONFLICT (what) DO UPDATE SET at_ms = excluded.at_ms";
        let newest = newest.0.saturating_mul(1_000);
        self.write(move |db| {
            let last: Option<i64> = db.prepare_cached(LAST)?.query_row([], |row| row.get(0)).optional()?;
            if last.is_some_and(|last| last >= newest) {
                return Ok(false);
            }
            DOUBT.iter().try_for_each(|sql| db.execute(sql, []).map(|_| ()))?;
            db.prepare_cached(NOTE)?.execute(params![newest])?;
            Ok(true)
        })
        .await
    }
}
