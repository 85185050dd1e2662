//! Who is behind a release, and what the signed line of an issue that was found again says of it.

use super::values::{bad, number};
use super::{Error, Store};
use crate::ids::Account;
use crate::release::key::ReleaseKey;
use crate::release::people::Named;
use rusqlite::{Connection, params};

/// Adds accounts to those that are behind a release.
pub(super) fn add_authors(db: &Connection, id: i64, new: &[Account]) -> rusqlite::Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let known: String =
        db.prepare_cached("SELECT authors FROM releases WHERE id = ?1")?.query_row([id], |row| row.get(0))?;
    let mut authors: Vec<Account> = serde_json::from_str(&known).map_err(|_| bad(0))?;
    authors.extend(new.iter().cloned());
    authors.sort();
    authors.dedup();
    let authors = serde_json::to_string(&authors).unwrap_or(known);
    db.prepare_cached("UPDATE releases SET authors = ?2 WHERE id = ?1")?.execute(params![id, authors]).map(|_| ())
}

impl Store {
    /// Notes who opened a release: the event that it was found by may name somebody else, or nobody.
    ///
    /// # Errors
    /// What the database says.
    pub async fn set_opener(&self, id: i64, actor: Account) -> Result<(), Error> {
        const SQL: &str = "UPDATE releases SET actor = ?2, actor_id = ?3 WHERE id = ?1";
        let number = actor.id.map(|id| number(id.0));
        self.write(move |db| db.prepare_cached(SQL)?.execute(params![id, actor.login, number]).map(|_| ())).await
    }

    /// Notes who else is behind a release. Nobody is taken from the list; an account without a name says that somebody is not
    /// known.
    ///
    /// # Errors
    /// What the database says.
    pub async fn add_authors(&self, id: i64, authors: &[Account]) -> Result<(), Error> {
        let authors = authors.to_vec();
        self.write(move |db| add_authors(db, id, &authors)).await
    }

    /// Notes that an event named who caused a release under one of its keys.
    ///
    /// # Errors
    /// What the database says.
    pub async fn name_key(&self, id: i64, key: &ReleaseKey) -> Result<(), Error> {
        const SQL: &str = "UPDATE releases SET unnamed = (SELECT json_group_array(value) FROM json_each(unnamed) \
                           WHERE value <> ?2) WHERE id = ?1";
        let key = key.to_string();
        self.write(move |db| db.prepare_cached(SQL)?.execute(params![id, key]).map(|_| ())).await
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
