//! Releases that have several issues: what each part holds, and how far its issue is.
//!
//! What such a release asks for as a whole, and shows as a whole, stands in its row of the index too, joined. Both are written
//! in one transaction.

use super::values::{number, unsigned};
use super::{Error, LedgerLine, Store, ledger};
use crate::ids::{IssueNumber, RepositoryId, Timestamp};
use crate::release::parts::Part;
use rusqlite::{Connection, Row, params};

/// A part as it is indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartRow {
    /// Its place, from 1.
    pub part: usize,
    /// What is posted, but for its links. `None` for the one issue of a release that got further parts later.
    pub draft: Option<Part>,
    /// When a post was begun whose outcome is not known.
    pub posted_at: Option<Timestamp>,
    /// Its issue.
    pub issue: Option<IssueNumber>,
    /// Its text as it was opened, with what was added since.
    pub opened: String,
    /// Its text as it was last seen.
    pub body: String,
    /// When that was written, by GitHub's clock.
    pub body_at: Timestamp,
}

/// What was seen of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenPart {
    /// Its place, from 1.
    pub part: usize,
    /// Its text.
    pub body: String,
    /// When that was written.
    pub at: Timestamp,
}

fn signed(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

fn part_row(row: &Row<'_>) -> rusqlite::Result<PartRow> {
    let place: i64 = row.get(0)?;
    let draft: String = row.get(1)?;
    Ok(PartRow {
        part: usize::try_from(place).unwrap_or_default(),
        draft: serde_json::from_str(&draft).unwrap_or_default(),
        posted_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
        issue: row.get::<_, Option<i64>>(3)?.map(|n| IssueNumber(unsigned(n))),
        opened: row.get(4)?,
        body: row.get(5)?,
        body_at: Timestamp(row.get(6)?),
    })
}

fn add(db: &Connection, release: i64, repository: RepositoryId, parts: &[PartRow]) -> rusqlite::Result<()> {
    const SQL: &str = "INSERT INTO release_parts (release_id, part, repository_id, draft, issue_number, opened_body, body, \
                       body_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (release_id, part) DO NOTHING";
    let mut insert = db.prepare_cached(SQL)?;
    for part in parts {
        insert.execute(params![
            release,
            signed(part.part),
            number(repository.0),
            serde_json::to_string(&part.draft).unwrap_or_default(),
            part.issue.map(|n| number(n.0)),
            part.opened,
            part.body,
            part.body_at.0,
        ])?;
    }
    Ok(())
}

impl Store {
    /// The parts of a release in order; none where it has one issue.
    ///
    /// # Errors
    /// What the database says.
    pub async fn parts(&self, release: i64) -> Result<Vec<PartRow>, Error> {
        const SQL: &str = "SELECT part, draft, posted_at, issue_number, opened_body, body, body_at FROM release_parts \
                           WHERE release_id = ?1 ORDER BY part";
        let read = self.read(move |db| db.prepare_cached(SQL)?.query_map([release], part_row)?.collect());
        let parts: Vec<PartRow> = read.await?;
        self.read_texts(parts.len());
        Ok(parts)
    }

    /// Claims the rows of parts, with what the release asks for as a whole. `anew` forgets those that were there.
    ///
    /// # Errors
    /// What the database says; nothing was written then.
    pub async fn claim_parts(
        &self,
        release: i64,
        repository: RepositoryId,
        parts: Vec<PartRow>,
        whole: String,
        anew: bool,
    ) -> Result<(), Error> {
        const WHOLE: &str = "UPDATE releases SET opened_body = ?2 WHERE id = ?1";
        self.write(move |db| {
            if anew {
                db.prepare_cached("DELETE FROM release_parts WHERE release_id = ?1")?.execute([release])?;
            }
            add(db, release, repository, &parts)?;
            db.prepare_cached(WHOLE)?.execute(params![release, whole]).map(|_| ())
        })
        .await
    }

    /// Notes that a part's post is about to be sent; `None`, that GitHub certainly did not execute it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn posting_part(&self, release: i64, part: usize, at: Option<Timestamp>) -> Result<(), Error> {
        const SQL: &str = "UPDATE release_parts SET posted_at = ?3 WHERE release_id = ?1 AND part = ?2";
        self.write(move |db| {
            db.prepare_cached(SQL)?.execute(params![release, signed(part), at.map(|t| t.0)]).map(|_| ())
        })
        .await
    }

    /// Notes the issue of a part, with its text as it was opened and as it is.
    ///
    /// # Errors
    /// What the database says.
    pub async fn part_opened(
        &self,
        release: i64,
        issue: IssueNumber,
        opened: String,
        seen: SeenPart,
    ) -> Result<(), Error> {
        const SQL: &str = "UPDATE release_parts SET issue_number = ?3, opened_body = ?4, body = ?5, body_at = ?6, \
                           posted_at = NULL WHERE release_id = ?1 AND part = ?2";
        self.write(move |db| {
            let SeenPart { part, body, at } = seen;
            db.prepare_cached(SQL)?
                .execute(params![release, signed(part), number(issue.0), opened, body, at.0])
                .map(|_| ())
        })
        .await
    }

    /// Notes what a part, and the release as a whole, asks for by now.
    ///
    /// # Errors
    /// What the database says; nothing was written then.
    pub async fn set_part_text(&self, release: i64, part: usize, opened: String, whole: String) -> Result<(), Error> {
        const PART: &str = "UPDATE release_parts SET opened_body = ?3 WHERE release_id = ?1 AND part = ?2";
        const WHOLE: &str = "UPDATE releases SET opened_body = ?2 WHERE id = ?1";
        self.write(move |db| {
            db.prepare_cached(PART)?.execute(params![release, signed(part), opened])?;
            db.prepare_cached(WHOLE)?.execute(params![release, whole]).map(|_| ())
        })
        .await
    }

    /// Appends to the ledger and notes what was seen of parts and so of the whole, in one transaction.
    ///
    /// # Errors
    /// What the database says; nothing was written then.
    pub async fn record_parts(
        &self,
        release: i64,
        lines: Vec<LedgerLine>,
        seen: Vec<SeenPart>,
        whole: String,
    ) -> Result<(), Error> {
        const PART: &str = "UPDATE release_parts SET body = ?3, body_at = ?4 WHERE release_id = ?1 AND part = ?2";
        const WHOLE: &str = "UPDATE releases SET body = ?2, body_at = max(coalesce(body_at, 0), ?3) WHERE id = ?1";
        self.write(move |db| {
            ledger::append(db, release, lines)?;
            let newest = seen.iter().map(|s| s.at.0).max().unwrap_or_default();
            for SeenPart { part, body, at } in seen {
                db.prepare_cached(PART)?.execute(params![release, signed(part), body, at.0])?;
            }
            db.prepare_cached(WHOLE)?.execute(params![release, whole, newest]).map(|_| ())
        })
        .await
    }

    /// Notes what GitHub did not take of an issue.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note_dropped(&self, release: i64, notes: &[String]) -> Result<(), Error> {
        let notes = serde_json::to_string(notes).unwrap_or_default();
        self.write(move |db| {
            let sql = "UPDATE releases SET notes = ?2 WHERE id = ?1";
            db.prepare_cached(sql)?.execute(params![release, notes]).map(|_| ())
        })
        .await
    }
}
