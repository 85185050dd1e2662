//! Merge groups that wait, and check runs that were left running.
//!
//! Both can be found again on GitHub: groups by their branches, runs by writing them once more. Nothing here decides.

use super::index::{number, sha, unsigned};
use super::{Error, Store};
use crate::ids::{PullNumber, RepositoryId, Sha, Timestamp};
use rusqlite::{Row, params};

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

/// A check run that says "in progress".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The commit.
    pub commit: Sha,
    /// The checklist.
    pub checklist: String,
    /// A pull request that had the commit as its head.
    pub pull: Option<PullNumber>,
    /// Since when it has run, at the latest.
    pub written_at: Timestamp,
}

impl Store {
    /// Notes that a merge group waits.
    ///
    /// # Errors
    /// What the database says.
    pub async fn group_waits(&self, repository: RepositoryId, group: MergeGroup) -> Result<(), Error> {
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
    pub async fn group_gone(&self, repository: RepositoryId, head: &Sha) -> Result<(), Error> {
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

    /// Notes that a check run goes on, since this time.
    ///
    /// # Errors
    /// What the database says.
    pub async fn left_unfinished(&self, repository: RepositoryId, run: Unfinished) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO unfinished (repository_id, commit_sha, checklist, pull_number, written_at) \
                           VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (repository_id, commit_sha, checklist) \
                           DO UPDATE SET pull_number = coalesce(excluded.pull_number, pull_number), \
                           written_at = excluded.written_at";
        self.write(move |db| {
            let pull = run.pull.map(|pull| number(pull.0));
            db.prepare_cached(SQL)?
                .execute(params![number(repository.0), run.commit.as_str(), run.checklist, pull, run.written_at.0])
                .map(|_| ())
        })
        .await
    }

    /// Notes that a check run has ended.
    ///
    /// # Errors
    /// What the database says.
    pub async fn finished(&self, repository: RepositoryId, commit: &Sha, checklist: &str) -> Result<(), Error> {
        const SQL: &str = "DELETE FROM unfinished WHERE repository_id = ?1 AND commit_sha = ?2 AND checklist = ?3";
        let (commit, checklist) = (commit.to_string(), checklist.to_owned());
        self.write(move |db| {
            db.prepare_cached(SQL)?.execute(params![number(repository.0), commit, checklist]).map(|_| ())
        })
        .await
    }

    /// The check runs of a repository that go on.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unfinished(&self, repository: RepositoryId) -> Result<Vec<Unfinished>, Error> {
        const SQL: &str = "SELECT commit_sha, checklist, pull_number, written_at FROM unfinished \
                           WHERE repository_id = ?1 ORDER BY commit_sha, checklist";
        self.read(move |db| {
            let run = |row: &Row<'_>| {
                Ok(Unfinished {
                    commit: sha(row, 0)?,
                    checklist: row.get(1)?,
                    pull: row.get::<_, Option<i64>>(2)?.map(|n| PullNumber(unsigned(n))),
                    written_at: Timestamp(row.get(3)?),
                })
            };
            db.prepare_cached(SQL)?.query_map([number(repository.0)], run)?.collect()
        })
        .await
    }
}
