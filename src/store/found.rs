//! Releases whose issue was found again: what its signed line knows and this database does not.

use super::values::number;
use super::{Error, Store};
use crate::ids::Account;
use crate::release::people::Named;
use rusqlite::params;

impl Store {
    /// Notes who opened a release: the event that it was found by may name somebody else, or nobody.
    ///
    /// # Errors
    /// What the database says.
    pub async fn opened_by(&self, id: i64, actor: Account) -> Result<(), Error> {
        const SQL: &str = "UPDATE releases SET actor = ?2, actor_id = ?3 WHERE id = ?1";
        let number = actor.id.map(|id| number(id.0));
        self.write(move |db| db.prepare_cached(SQL)?.execute(params![id, actor.login, number]).map(|_| ())).await
    }

    /// Notes who else is behind a release.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note_authors(&self, id: i64, authors: &[Account]) -> Result<(), Error> {
        let authors = serde_json::to_string(authors).unwrap_or_default();
        self.write(move |db| {
            db.prepare_cached("UPDATE releases SET authors = ?2 WHERE id = ?1")?
                .execute(params![id, authors])
                .map(|_| ())
        })
        .await
    }

    /// Notes whom the names in a release's checklist and rules mean.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note_named(&self, id: i64, named: &Named) -> Result<(), Error> {
        let named = serde_json::to_string(named).unwrap_or_default();
        self.write(move |db| {
            db.prepare_cached("UPDATE releases SET named = ?2 WHERE id = ?1")?.execute(params![id, named]).map(|_| ())
        })
        .await
    }
}
