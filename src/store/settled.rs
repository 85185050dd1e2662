//! Releases that were found to wait for nothing: noted under the rules by which they were judged, and read no more than the newest.
//!
//! Triggers delete a note whenever something changes that it rests on (V16). Nothing here decides who waits.

use super::releases::limit;
use super::row::{COLUMNS, ReleaseRow, release_row};
use super::values::number;
use super::{Error, Store};
use crate::ids::RepositoryId;
use rusqlite::{Connection, OptionalExtension, params};

/// A release that was found to wait for nothing, as it was when it was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its row.
    pub row: ReleaseRow,
    /// The place of the last line of its ledger that was read; `None` where it has none.
    pub position: Option<u64>,
}

/// Releases of a checklist that may matter to a gate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MayMatter {
    /// Those of which it is not known that they wait for nothing, the newest first.
    pub others: Vec<ReleaseRow>,
    /// Of those that are known to wait for nothing the newest, the newest first.
    pub settled: Vec<ReleaseRow>,
}

/// Deletes what was noted under rules of another version: nobody asks for it any more. It runs at every start.
pub(super) fn forget_other_versions(db: &Connection, version: &str) -> rusqlite::Result<()> {
    const SQL: &str = "DELETE FROM settled WHERE substr(rules, 1, length(?1)) <> ?1";
    db.execute(SQL, [version]).map(|_| ())
}

impl Store {
    /// The releases of a checklist that may matter to a gate under these rules: all that may wait, and of those that were found
    /// to wait for nothing the newest. What was given up is not among them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn releases_that_may_matter(
        &self,
        repository: RepositoryId,
        checklist: String,
        rules: String,
        most_settled: usize,
    ) -> Result<MayMatter, Error> {
        let others = format!(
            "SELECT {COLUMNS} FROM releases WHERE repository_id = ?1 AND checklist = ?2 \
             AND NOT (state = 'nothing' AND failure IS NOT NULL) \
             AND NOT EXISTS (SELECT 1 FROM settled WHERE settled.repository_id = ?1 AND settled.checklist = ?2 \
               AND settled.rules = ?3 AND settled.release_id = releases.id) ORDER BY id DESC"
        );
        let settled = format!(
            "SELECT {COLUMNS} FROM releases WHERE id IN (SELECT release_id FROM settled WHERE repository_id = ?1 \
             AND checklist = ?2 AND rules = ?3 ORDER BY release_id DESC LIMIT ?4) \
             AND NOT (state = 'nothing' AND failure IS NOT NULL) ORDER BY id DESC"
        );
        let read = self.read(move |db| {
            let repository = number(repository.0);
            let others = db
                .prepare_cached(&others)?
                .query_map(params![repository, checklist, rules], release_row)?
                .collect::<rusqlite::Result<_>>()?;
            let settled = db
                .prepare_cached(&settled)?
                .query_map(params![repository, checklist, rules, limit(most_settled)], release_row)?
                .collect::<rusqlite::Result<_>>()?;
            Ok(MayMatter { others, settled })
        });
        let found = read.await?;
        self.read_texts(found.others.len() + found.settled.len());
        Ok(found)
    }

    /// Notes that releases wait for nothing under these rules, each if it still is what was judged: its row and the end of its
    /// ledger are compared in the same transaction. They should be few: a write is to be quick.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note_settled(
        &self,
        repository: RepositoryId,
        rules: String,
        judged: Vec<Settled>,
    ) -> Result<(), Error> {
        const NOTE: &str = "INSERT INTO settled (repository_id, checklist, rules, release_id) VALUES (?1, ?2, ?3, ?4) \
                            ON CONFLICT DO NOTHING";
        const LAST: &str = "SELECT max(position) FROM ledger WHERE release_id = ?1";
        let sql = format!("SELECT {COLUMNS} FROM releases WHERE id = ?1");
        self.write(move |db| {
            for Settled { row, position } in judged {
                let present = db.prepare_cached(&sql)?.query_row([row.id], release_row).optional()?;
                let last: Option<i64> = db.prepare_cached(LAST)?.query_row([row.id], |found| found.get(0))?;
                if present.as_ref() == Some(&row) && last == position.map(number) {
                    let values = params![number(repository.0), row.release.checklist, rules, row.id];
                    db.prepare_cached(NOTE)?.execute(values)?;
                }
            }
            Ok(())
        })
        .await
    }
}
