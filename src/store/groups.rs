//! Merge groups that wait, check runs that are in progress or green, and tags that were looked at.
//!
//! All can be found again on GitHub, but for green runs on commits that nothing refers to any more. Nothing here decides.

use super::values::{number, sha, unsigned};
use super::{Error, Store};
use crate::ids::{PullNumber, RepositoryId, Sha, Timestamp};
use rusqlite::{OptionalExtension as _, Row, params};
use std::collections::BTreeSet;

/// A merge group that wants its checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeGroup {
    /// Its commit.
    pub head: Sha,
    /// What it was put on top of: the branch's tip, or the head of the group before it.
    pub base: Sha,
    /// The branch that it is for.
    pub branch: String,
    /// Its own branch, without `refs/heads/`.
    pub name: String,
    /// When its checks were asked for.
    pub asked_at: Timestamp,
}

/// A check run that is in progress or green.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveCheck {
    /// The commit.
    pub commit: Sha,
    /// The checklist.
    pub checklist: String,
    /// A pull request that had the commit as its head.
    pub pull: Option<PullNumber>,
    /// Since when it has said so, at the latest.
    pub written_at: Timestamp,
    /// It is green, or was written by a version that kept no note of what it wrote; else it is in progress.
    pub green: bool,
}

impl Store {
    /// Notes that a merge group waits.
    ///
    /// # Errors
    /// What the database says.
    pub async fn insert_merge_group(&self, repository: RepositoryId, group: MergeGroup) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO merge_groups (repository_id, head_sha, base_sha, branch, name, asked_at) \
                           VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (repository_id, head_sha) DO NOTHING";
        self.write(move |db| {
            let (head, base) = (group.head.as_str(), group.base.as_str());
            db.prepare_cached(SQL)?
                .execute(params![number(repository.0), head, base, group.branch, group.name, group.asked_at.0])
                .map(|_| ())
        })
        .await
    }

    /// Forgets a merge group.
    ///
    /// # Errors
    /// What the database says.
    pub async fn delete_merge_group(&self, repository: RepositoryId, head: &Sha) -> Result<(), Error> {
        let head = head.to_string();
        self.write(move |db| {
            db.prepare_cached("DELETE FROM merge_groups WHERE repository_id = ?1 AND head_sha = ?2")?
                .execute(params![number(repository.0), head])
                .map(|_| ())
        })
        .await
    }

    /// The merge groups of a repository that wait, in the order in which they asked.
    ///
    /// # Errors
    /// What the database says.
    pub async fn merge_groups(&self, repository: RepositoryId) -> Result<Vec<MergeGroup>, Error> {
        const SQL: &str = "SELECT head_sha, base_sha, branch, name, asked_at FROM merge_groups \
                           WHERE repository_id = ?1 ORDER BY asked_at, head_sha";
        self.read(move |db| {
            let group = |row: &Row<'_>| {
                Ok(MergeGroup {
                    head: sha(row, 0)?,
                    base: sha(row, 1)?,
                    branch: row.get(2)?,
                    name: row.get(3)?,
                    asked_at: Timestamp(row.get(4)?),
                })
            };
            db.prepare_cached(SQL)?.query_map([number(repository.0)], group)?.collect()
        })
        .await
    }

    /// Notes that a check run is in progress or green, since this time.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note_live_check(&self, repository: RepositoryId, run: LiveCheck) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO live_checks (repository_id, commit_sha, checklist, pull_number, written_at, green) \
                           VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (repository_id, commit_sha, checklist) \
                           DO UPDATE SET pull_number = coalesce(excluded.pull_number, pull_number), \
                           written_at = excluded.written_at, green = excluded.green";
        self.write(move |db| {
            let pull = run.pull.map(|pull| number(pull.0));
            let values =
                params![number(repository.0), run.commit.as_str(), run.checklist, pull, run.written_at.0, run.green];
            db.prepare_cached(SQL)?.execute(values).map(|_| ())
        })
        .await
    }

    /// Forgets a check run: it says neither any more, or opens nothing.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_live_check(
        &self,
        repository: RepositoryId,
        commit: &Sha,
        checklist: &str,
    ) -> Result<(), Error> {
        const SQL: &str = "DELETE FROM live_checks WHERE repository_id = ?1 AND commit_sha = ?2 AND checklist = ?3";
        let (commit, checklist) = (commit.to_string(), checklist.to_owned());
        self.write(move |db| {
            db.prepare_cached(SQL)?.execute(params![number(repository.0), commit, checklist]).map(|_| ())
        })
        .await
    }

    /// The check runs of a repository that are in progress or green.
    ///
    /// # Errors
    /// What the database says.
    pub async fn live_checks(&self, repository: RepositoryId) -> Result<Vec<LiveCheck>, Error> {
        const SQL: &str = "SELECT commit_sha, checklist, pull_number, written_at, green FROM live_checks \
                           WHERE repository_id = ?1 ORDER BY commit_sha, checklist";
        self.read(move |db| {
            let run = |row: &Row<'_>| {
                Ok(LiveCheck {
                    commit: sha(row, 0)?,
                    checklist: row.get(1)?,
                    pull: row.get::<_, Option<i64>>(2)?.map(|n| PullNumber(unsigned(n))),
                    written_at: Timestamp(row.get(3)?),
                    green: row.get(4)?,
                })
            };
            db.prepare_cached(SQL)?.query_map([number(repository.0)], run)?.collect()
        })
        .await
    }

    /// Notes tags that were looked at, each with its commit.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note_tags(&self, repository: RepositoryId, tags: Vec<(String, Sha)>) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO tags (repository_id, name, commit_sha) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        self.write(move |db| {
            let mut insert = db.prepare_cached(SQL)?;
            for (name, commit) in &tags {
                insert.execute(params![number(repository.0), name, commit.as_str()])?;
            }
            Ok(())
        })
        .await
    }

    /// The tags of a repository that were looked at.
    ///
    /// # Errors
    /// What the database says.
    pub async fn tags(&self, repository: RepositoryId) -> Result<BTreeSet<(String, Sha)>, Error> {
        const SQL: &str = "SELECT name, commit_sha FROM tags WHERE repository_id = ?1";
        self.read(move |db| {
            let tag = |row: &Row<'_>| Ok((row.get(0)?, sha(row, 1)?));
            db.prepare_cached(SQL)?.query_map([number(repository.0)], tag)?.collect()
        })
        .await
    }

    /// When the tags and merges of a repository were first looked at; `None` where they were not yet.
    ///
    /// # Errors
    /// What the database says.
    pub async fn first_seen(&self, repository: RepositoryId) -> Result<Option<Timestamp>, Error> {
        const SQL: &str = "SELECT tags_seen_at FROM repositories WHERE id = ?1";
        self.read(move |db| {
            let seen = |row: &Row<'_>| Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp));
            Ok(db.prepare_cached(SQL)?.query_row([number(repository.0)], seen).optional()?.flatten())
        })
        .await
    }

    /// Notes that the tags and merges of a repository were looked at, where that is new.
    ///
    /// # Errors
    /// What the database says.
    pub async fn mark_first_seen(&self, repository: RepositoryId, at: Timestamp) -> Result<(), Error> {
        const SQL: &str = "UPDATE repositories SET tags_seen_at = ?2 WHERE id = ?1 AND tags_seen_at IS NULL";
        self.write(move |db| db.prepare_cached(SQL)?.execute(params![number(repository.0), at.0]).map(|_| ())).await
    }
}
