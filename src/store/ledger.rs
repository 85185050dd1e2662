//! The ledger of who did what and when: lines are added at the end of their repository's chain, and never changed.
//!
//! The one thing in the database that GitHub cannot tell again. What a line's hash covers is said in `release/ledger.rs`;
//! nothing here decides whether a line counts.

use super::values::{account_id, number, unsigned};
use super::{Error, Store};
use crate::checklist::identity::ItemId;
use crate::ids::{Account, IssueNumber, RepositoryId, Timestamp};
use crate::release::ledger::{Head, LedgerEntry, LineHash, MarkSource, mark_of_text, mark_text};
use crate::release::progress::Record;
use crate::release::verify::Verified;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

/// A line to append to the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// What happened.
    pub record: Record,
    /// The delivery that told us.
    pub delivery: String,
    /// The item's text as it was asked for.
    pub text: Option<String>,
    /// What was given as the reason, where the mark holds none: of an override, above all.
    pub reason: Option<String>,
}

impl LedgerLine {
    /// A line about an edit of the issue.
    #[must_use]
    pub fn edited(record: Record, delivery: String, text: Option<String>) -> Self {
        Self { record, delivery, text, reason: None }
    }
}

/// What [`chained`] reads, in its order.
pub(super) const COLUMNS: &str = "repository_id, position, repository, release_id, release, checklist, commit_sha, issue_number, item, \
                                  item_text, mark, how, reason, refused, login, at, delivery, hash, account_id";

/// A line, and the hash that stands beside it.
pub(super) fn chained(row: &Row<'_>) -> rusqlite::Result<(LedgerEntry, Option<LineHash>)> {
    let line = LedgerEntry {
        repository: RepositoryId(unsigned(row.get(0)?)),
        position: unsigned(row.get(1)?),
        name: row.get(2)?,
        release_id: row.get(3)?,
        release: row.get(4)?,
        checklist: row.get(5)?,
        commit: row.get(6)?,
        issue: row.get::<_, Option<i64>>(7)?.map(|n| IssueNumber(unsigned(n))),
        item: row.get(8)?,
        text: row.get(9)?,
        mark: row.get(10)?,
        how: row.get(11)?,
        reason: row.get(12)?,
        refused: row.get(13)?,
        by: row.get(14)?,
        at: Timestamp(row.get(15)?),
        delivery: row.get(16)?,
        by_id: account_id(row, 18)?,
    };
    let hash = row.get::<_, Option<Vec<u8>>>(17)?;
    Ok((line, hash.and_then(|bytes| LineHash::from_bytes(&bytes))))
}

fn head(db: &Connection, repository: i64) -> rusqlite::Result<Option<Head>> {
    const SQL: &str = "SELECT position, hash FROM ledger WHERE repository_id = ?1 ORDER BY position DESC LIMIT 1";
    db.prepare_cached(SQL)?.query_row([repository], marked).optional()
}

/// A line's place and hash.
fn marked(row: &Row<'_>) -> rusqlite::Result<Head> {
    let (position, hash): (i64, Option<Vec<u8>>) = (row.get(0)?, row.get(1)?);
    let hash = hash.and_then(|bytes| LineHash::from_bytes(&bytes));
    Ok(Head { position: unsigned(position), hash: hash.unwrap_or(LineHash::START) })
}

/// What the lines of one release have in common. Copied into each, because a line says what was so when it was written.
struct About {
    repository: i64,
    name: Option<String>,
    release: String,
    checklist: String,
    commit: String,
    issue: Option<i64>,
}

fn about(db: &Connection, release: i64) -> rusqlite::Result<About> {
    const SQL: &str = "SELECT r.repository_id, (SELECT full_name FROM repositories WHERE id = r.repository_id), r.label, \
                       r.checklist, r.commit_sha, r.issue_number FROM releases r WHERE r.id = ?1";
    db.prepare_cached(SQL)?.query_row([release], |row| {
        Ok(About {
            repository: row.get(0)?,
            name: row.get(1)?,
            release: row.get(2)?,
            checklist: row.get(3)?,
            commit: row.get(4)?,
            issue: row.get(5)?,
        })
    })
}

pub(super) fn append(db: &Connection, release: i64, lines: Vec<LedgerLine>) -> rusqlite::Result<()> {
    let insert = format!(
        "INSERT INTO ledger ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, \
         ?18, ?19) ON CONFLICT (release_id, delivery, item) DO NOTHING"
    );
    if lines.is_empty() {
        return Ok(());
    }
    let about = about(db, release)?;
    let mut last = head(db, about.repository)?.unwrap_or(Head::START);
    let mut insert = db.prepare_cached(&insert)?;
    for LedgerLine { record, delivery, text, reason } in lines {
        let line = LedgerEntry {
            repository: RepositoryId(unsigned(about.repository)),
            position: last.position + 1,
            name: about.name.clone(),
            release_id: release,
            release: about.release.clone(),
            checklist: about.checklist.clone(),
            commit: about.commit.clone(),
            issue: about.issue.map(|n| IssueNumber(unsigned(n))),
            item: record.item.0,
            text,
            mark: mark_text(&record.mark),
            how: record.how.word().to_owned(),
            reason,
            refused: record.refused,
            by: record.by.login,
            by_id: record.by.id,
            at: record.at,
            delivery,
        };
        let hash = line.hash(last.hash);
        let added = insert.execute(params![
            about.repository,
            number(line.position),
            line.name,
            line.release_id,
            line.release,
            line.checklist,
            line.commit,
            about.issue,
            line.item,
            line.text,
            line.mark,
            line.how,
            line.reason,
            line.refused,
            line.by,
            line.at.0,
            line.delivery,
            hash.as_bytes(),
            line.by_id.map(|id| number(id.0)),
        ])?;
        if added > 0 {
            last = Head { position: line.position, hash };
        }
    }
    Ok(())
}

/// Gives the lines their hashes that were written before there were any. It runs at every start, after the tables were
/// brought up to date and before a delivery is taken, in one transaction: whenever the process ends, the next start goes on.
pub(super) fn chain_old_lines(db: &mut Connection) -> rusqlite::Result<()> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let old = format!("SELECT {COLUMNS} FROM ledger WHERE hash IS NULL ORDER BY repository_id, position");
        let old: Vec<(LedgerEntry, Option<LineHash>)> =
            transaction.prepare(&old)?.query_map([], chained)?.collect::<rusqlite::Result<_>>()?;
        let mut before = transaction.prepare("SELECT hash FROM ledger WHERE repository_id = ?1 AND position = ?2")?;
        let mut update =
            transaction.prepare("UPDATE ledger SET hash = ?3 WHERE repository_id = ?1 AND position = ?2")?;
        for (line, _) in old {
            let repository = number(line.repository.0);
            let previous: Option<Option<Vec<u8>>> =
                before.query_row([repository, number(line.position.saturating_sub(1))], |row| row.get(0)).optional()?;
            let previous = previous.flatten().and_then(|bytes| LineHash::from_bytes(&bytes));
            let hash = line.hash(previous.unwrap_or(LineHash::START));
            update.execute(params![repository, number(line.position), hash.as_bytes()])?;
        }
    }
    transaction.commit()
}

/// What a line says of its item. What a newer version wrote and this one does not know counts for nothing.
#[must_use]
pub fn record_of(line: LedgerEntry) -> Record {
    let how = MarkSource::parse(&line.how);
    let unknown = how.is_none().then(|| format!("it was done by `{}`, which is not known here", line.how));
    Record {
        mark: mark_of_text(&line.mark),
        item: ItemId(line.item),
        by: Account { login: line.by, id: line.by_id },
        at: line.at,
        refused: line.refused.or(unknown),
        how: how.unwrap_or(MarkSource::Box),
    }
}

impl Store {
    /// Appends to the ledger and notes the body that was seen, in one transaction. A line of a delivery that is there
    /// already is left out.
    ///
    /// # Errors
    /// What the database says; nothing was written then.
    pub async fn record(
        &self,
        release: i64,
        lines: Vec<LedgerLine>,
        body: String,
        body_at: Timestamp,
    ) -> Result<(), Error> {
        const BODY: &str = "UPDATE releases SET body = ?2, body_at = ?3 WHERE id = ?1";
        self.write(move |db| {
            append(db, release, lines)?;
            db.prepare_cached(BODY)?.execute(params![release, body, body_at.0]).map(|_| ())
        })
        .await
    }

    /// Appends to the ledger and notes nothing else.
    ///
    /// # Errors
    /// What the database says; nothing was written then.
    pub async fn append(&self, release: i64, lines: Vec<LedgerLine>) -> Result<(), Error> {
        self.write(move |db| append(db, release, lines)).await
    }

    /// Notes what Holdpoint found itself about a release, and appends to the ledger what turned by it, in one transaction.
    ///
    /// # Errors
    /// What the database says; nothing was written then.
    pub async fn record_verification(
        &self,
        release: i64,
        verified: &Verified,
        lines: Vec<LedgerLine>,
    ) -> Result<(), Error> {
        const SQL: &str = "UPDATE releases SET verified = ?2 WHERE id = ?1";
        let verified = serde_json::to_string(verified).unwrap_or_default();
        self.write(move |db| {
            append(db, release, lines)?;
            db.prepare_cached(SQL)?.execute(params![release, verified]).map(|_| ())
        })
        .await
    }

    /// What the ledger of a release says that people did with its items, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ledger(&self, release: i64) -> Result<Vec<Record>, Error> {
        let lines = self.ledger_lines(release).await?.into_iter();
        Ok(lines.filter(|line| line.how != MarkSource::Verified.word()).map(record_of).collect())
    }

    /// The ledger of a release with all that its lines say, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ledger_lines(&self, release: i64) -> Result<Vec<LedgerEntry>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM ledger WHERE release_id = ?1 ORDER BY at, position");
        self.read(move |db| db.prepare_cached(&sql)?.query_map([release], |row| Ok(chained(row)?.0))?.collect()).await
    }

    /// The last line of a release in its repository's ledger; `None` where it has none.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ledger_mark(&self, release: i64) -> Result<Option<Head>, Error> {
        const SQL: &str = "SELECT position, hash FROM ledger WHERE release_id = ?1 ORDER BY position DESC LIMIT 1";
        self.read(move |db| db.prepare_cached(SQL)?.query_row([release], marked).optional()).await
    }

    /// The last line of a repository's ledger, which stands for all of it; `None` where it has none.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ledger_head(&self, repository: RepositoryId) -> Result<Option<Head>, Error> {
        self.read(move |db| head(db, number(repository.0))).await
    }
}
