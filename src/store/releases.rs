//! Questions about releases. What is asked often reads rows by an index, and texts only of the rows that are meant.

use super::row::{COLUMNS, LISTED, Listed, ReleaseRow, listed, release_row};
use super::values::number;
use super::{Error, Store};
use crate::ids::{IssueNumber, RepositoryId, Sha};
use crate::release::key::ReleaseKey;
use rusqlite::{OptionalExtension, Params, params};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

/// Names or numbers as one value for `json_each`.
pub(super) fn json<T: serde::Serialize>(values: &[T]) -> String {
    serde_json::to_string(values).unwrap_or_else(|_| "[]".to_owned())
}

/// At most so many rows.
pub(super) fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

impl Store {
    /// Notes that so many rows were read with their texts.
    pub(super) fn read_texts(&self, rows: usize) {
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        self.inner.texts_read.fetch_add(rows, Ordering::Relaxed);
    }

    /// How many rows of releases and their parts were read with their texts since the database was opened.
    #[must_use]
    pub fn texts_read(&self) -> u64 {
        self.inner.texts_read.load(Ordering::Relaxed)
    }

    async fn in_full<P>(&self, sql: String, values: P) -> Result<Vec<ReleaseRow>, Error>
    where
        P: Params + Send + 'static,
    {
        let read = self.read(move |db| db.prepare_cached(&sql)?.query_map(values, release_row)?.collect());
        let rows: Vec<ReleaseRow> = read.await?;
        self.read_texts(rows.len());
        Ok(rows)
    }

    async fn listed_by<P>(&self, sql: String, values: P) -> Result<Vec<Listed>, Error>
    where
        P: Params + Send + 'static,
    {
        self.read(move |db| db.prepare_cached(&sql)?.query_map(values, listed)?.collect()).await
    }

    /// All releases of a repository, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn releases(&self, repository: RepositoryId) -> Result<Vec<Listed>, Error> {
        let sql = format!("SELECT {LISTED} FROM releases WHERE repository_id = ?1 ORDER BY id DESC");
        self.listed_by(sql, [number(repository.0)]).await
    }

    /// The newest releases that were not given up, whose issue is there or should be, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn newest_to_do(&self, repository: RepositoryId, most: usize) -> Result<Vec<Listed>, Error> {
        let sql = format!(
            "SELECT {LISTED} FROM releases WHERE repository_id = ?1 AND state <> 'nothing' ORDER BY id DESC LIMIT ?2"
        );
        self.listed_by(sql, (number(repository.0), limit(most))).await
    }

    /// The newest releases that have a say, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn newest_with_a_say(&self, repository: RepositoryId, most: usize) -> Result<Vec<Listed>, Error> {
        let sql = format!(
            "SELECT {LISTED} FROM releases WHERE repository_id = ?1 AND NOT (state = 'nothing' AND failure IS NOT NULL) \
             ORDER BY id DESC LIMIT ?2"
        );
        self.listed_by(sql, (number(repository.0), limit(most))).await
    }

    /// The newest releases with an open issue, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn newest_open(&self, repository: RepositoryId, most: usize) -> Result<Vec<Listed>, Error> {
        let sql = format!(
            "SELECT {LISTED} FROM releases WHERE repository_id = ?1 AND state = 'open' AND issue_number IS NOT NULL \
             ORDER BY id DESC LIMIT ?2"
        );
        self.listed_by(sql, (number(repository.0), limit(most))).await
    }

    /// The releases that are or were at one of these commits, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn releases_of(&self, repository: RepositoryId, commits: &BTreeSet<Sha>) -> Result<Vec<Listed>, Error> {
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT {LISTED} FROM releases WHERE id IN (\
               SELECT id FROM releases WHERE repository_id = ?1 AND commit_sha IN (SELECT value FROM json_each(?2)) \
               UNION SELECT id FROM releases WHERE repository_id = ?1 AND earlier <> '[]' \
                 AND EXISTS (SELECT 1 FROM json_each(?2) WHERE instr(earlier, value) > 0)) ORDER BY id DESC"
        );
        let wanted: Vec<&Sha> = commits.iter().collect();
        let mut found = self.listed_by(sql, (number(repository.0), json(&wanted))).await?;
        found.retain(|row| row.commits().any(|commit| commits.contains(commit)));
        Ok(found)
    }

    /// The releases of a checklist whose text refers to an issue as another release's, by `reference`, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn referring(
        &self,
        repository: RepositoryId,
        checklist: String,
        reference: String,
    ) -> Result<Vec<Listed>, Error> {
        let sql = format!(
            "SELECT {LISTED} FROM releases WHERE repository_id = ?1 AND checklist = ?2 AND instr(opened_body, ': in #') > 0 \
             AND instr(opened_body, ?3) > 0 ORDER BY id DESC"
        );
        self.listed_by(sql, (number(repository.0), checklist, reference)).await
    }

    /// A release by our own number of it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn release_by_id(&self, id: i64) -> Result<Option<ReleaseRow>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM releases WHERE id = ?1");
        Ok(self.in_full(sql, [id]).await?.pop())
    }

    /// Releases by our own numbers of them, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn releases_by_id(&self, ids: &[i64]) -> Result<Vec<ReleaseRow>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql =
            format!("SELECT {COLUMNS} FROM releases WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id DESC");
        self.in_full(sql, [json(ids)]).await
    }

    /// The releases whose issue, or whose first one, is among these, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn releases_of_issues(
        &self,
        repository: RepositoryId,
        issues: &BTreeSet<IssueNumber>,
    ) -> Result<Vec<ReleaseRow>, Error> {
        if issues.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM releases WHERE id IN (SELECT id FROM releases WHERE repository_id = ?1 \
             AND issue_number IS NOT NULL AND issue_number IN (SELECT value FROM json_each(?2))) ORDER BY id DESC"
        );
        let issues: Vec<i64> = issues.iter().map(|issue| number(issue.0)).collect();
        self.in_full(sql, (number(repository.0), json(&issues))).await
    }

    /// The release of a checklist with this present key.
    ///
    /// # Errors
    /// What the database says.
    pub async fn release_of_key(
        &self,
        repository: RepositoryId,
        checklist: String,
        key: ReleaseKey,
    ) -> Result<Option<ReleaseRow>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM releases WHERE repository_id = ?1 AND checklist = ?2 AND key = ?3");
        Ok(self.in_full(sql, (number(repository.0), checklist, key.to_string())).await?.pop())
    }

    /// The releases with an open issue whose present commit this is, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn releases_at(&self, repository: RepositoryId, commit: &Sha) -> Result<Vec<ReleaseRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM releases WHERE repository_id = ?1 AND commit_sha = ?2 AND state = 'open' ORDER BY id DESC"
        );
        self.in_full(sql, (number(repository.0), commit.to_string())).await
    }

    /// The releases with an open issue whose present tag this is, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn releases_with_tag(&self, repository: RepositoryId, tag: String) -> Result<Vec<ReleaseRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM releases WHERE repository_id = ?1 AND tag = ?2 AND state = 'open' ORDER BY id DESC"
        );
        self.in_full(sql, (number(repository.0), tag)).await
    }

    /// The newest releases with an open issue and something to verify, the newest first: their texts hold `verify=`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn releases_to_verify(&self, repository: RepositoryId, most: usize) -> Result<Vec<ReleaseRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM releases WHERE repository_id = ?1 AND state = 'open' \
             AND instr(opened_body, 'verify=') > 0 ORDER BY id DESC LIMIT ?2"
        );
        self.in_full(sql, (number(repository.0), limit(most))).await
    }

    /// The releases with something that is to be put into their issue, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn releases_pending(&self, repository: RepositoryId) -> Result<Vec<ReleaseRow>, Error> {
        let sql =
            format!("SELECT {COLUMNS} FROM releases WHERE repository_id = ?1 AND pending IS NOT NULL ORDER BY id DESC");
        self.in_full(sql, [number(repository.0)]).await
    }

    /// The release whose issue, or one of whose issues, this is.
    ///
    /// # Errors
    /// What the database says.
    pub async fn release_of_issue(
        &self,
        repository: RepositoryId,
        issue: IssueNumber,
    ) -> Result<Option<ReleaseRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM releases WHERE id = (\
               SELECT max(id) FROM (\
                 SELECT id FROM releases WHERE repository_id = ?1 AND issue_number = ?2 \
                 UNION ALL SELECT release_id FROM release_parts WHERE repository_id = ?1 AND issue_number = ?2))"
        );
        Ok(self.in_full(sql, (number(repository.0), number(issue.0))).await?.pop())
    }

    /// Whether a repository has a release.
    ///
    /// # Errors
    /// What the database says.
    pub async fn has_releases(&self, repository: RepositoryId) -> Result<bool, Error> {
        const SQL: &str = "SELECT 1 FROM releases WHERE repository_id = ?1 LIMIT 1";
        self.read(move |db| db.prepare_cached(SQL)?.exists([number(repository.0)])).await
    }

    /// The names of the checklists of which a repository has releases.
    ///
    /// # Errors
    /// What the database says.
    pub async fn released_checklists(&self, repository: RepositoryId) -> Result<BTreeSet<String>, Error> {
        // One look-up for each name, however many releases it has.
        const NEXT: &str =
            "SELECT checklist FROM releases WHERE repository_id = ?1 AND checklist > ?2 ORDER BY checklist LIMIT 1";
        self.read(move |db| {
            let mut next = db.prepare_cached(NEXT)?;
            let mut found: BTreeSet<String> = BTreeSet::new();
            let mut last = String::new();
            while let Some(name) =
                next.query_row(params![number(repository.0), last], |row| row.get::<_, String>(0)).optional()?
            {
                last.clone_from(&name);
                found.insert(name);
            }
            Ok(found)
        })
        .await
    }
}
