//! Releases whose issue was found again: what its signed line knows and this database does not.

use super::{Error, Store};
use rusqlite::params;

impl Store {
    /// Notes who opened a release: the event that it was found by may name somebody else, or nobody.
    ///
    /// # Errors
    /// What the database says.
    pub async fn opened_by(&self, id: i64, login: String) -> Result<(), Error> {
        const SQL: &str = "UPDATE releases SET actor = ?2 WHERE id = ?1";
        self.write(move |db| db.prepare_cached(SQL)?.execute(params![id, login]).map(|_| ())).await
    }
}
