//! What is indexed beside the queue: releases and their issues, and what was last written to GitHub.
//!
//! All of it can be rebuilt from GitHub. Nothing here decides what a row means.

use super::people::add_authors;
use super::row::{COLUMNS, ReleaseRow, ReleaseState, release_row};
use super::values::{number, unsigned};
use super::{Error, Store};
use crate::ids::{Account, InstallationId, IssueNumber, RepoName, Repository, RepositoryId, Timestamp};
use crate::release::Release;
use crate::release::key::ReleaseKey;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// What we last wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// GitHub's id of the thing.
    pub github_id: u64,
    /// Digest of what we wrote.
    pub digest: String,
}

/// In place of the digest of a check that an older copy of the database has: what GitHub has by now is not known, nor under which id.
pub(super) const DOUBTED: &str = "?";

impl Written {
    /// Whether it is from an older copy of the database, and GitHub may have something newer.
    #[must_use]
    pub fn is_doubted(&self) -> bool {
        self.digest == DOUBTED
    }
}

fn insert_release(
    db: &Connection,
    repository: RepositoryId,
    release: &Release,
    now: Timestamp,
) -> rusqlite::Result<()> {
    const SQL: &str = "INSERT INTO releases (repository_id, checklist, key, label, tag, commit_sha, previous_label, \
                       previous_sha, actor, opened_on, state, claimed_at, actor_id, unnamed) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'claimed', ?11, ?12, ?13) \
                       ON CONFLICT (repository_id, checklist, key) DO NOTHING";
    let unnamed: Vec<&ReleaseKey> = Some(&release.key).filter(|key| key.is_named_by_event()).into_iter().collect();
    let unnamed = serde_json::to_string(&unnamed).unwrap_or_default();
    db.prepare_cached(SQL)?.execute(params![
        number(repository.0),
        release.checklist,
        release.key.to_string(),
        release.label,
        release.tag,
        release.commit.as_str(),
        release.previous.as_ref().map(|p| p.label.clone()),
        release.previous.as_ref().map(|p| p.commit.to_string()),
        release.actor.login,
        release.date,
        now.0,
        release.actor.id.map(|id| number(id.0)),
        unnamed,
    ])?;
    Ok(())
}

impl Store {
    /// Claims the row of a release, or finds the one that is there.
    ///
    /// # Errors
    /// What the database says.
    pub async fn claim_release(
        &self,
        repository: RepositoryId,
        release: Release,
        now: Timestamp,
    ) -> Result<ReleaseRow, Error> {
        let sql = format!("SELECT {COLUMNS} FROM releases WHERE repository_id = ?1 AND checklist = ?2 AND key = ?3");
        let row = self.write(move |db| {
            insert_release(db, repository, &release, now)?;
            db.prepare_cached(&sql)?
                .query_row(params![number(repository.0), release.checklist, release.key.to_string()], release_row)
        });
        let row = row.await?;
        self.read_texts(1);
        Ok(row)
    }

    /// Notes that the issue's post is about to be sent; `None`, that GitHub certainly did not execute it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn mark_posting(&self, id: i64, at: Option<Timestamp>) -> Result<(), Error> {
        self.write(move |db| {
            db.prepare_cached("UPDATE releases SET posted_at = ?2 WHERE id = ?1")?
                .execute(params![id, at.map(|t| t.0)])
                .map(|_| ())
        })
        .await
    }

    /// Notes the issue of a release, with the body as it was opened, and who is behind it beside those that are known. What was
    /// seen of it since stays.
    ///
    /// # Errors
    /// What the database says.
    pub async fn set_issue(&self, id: i64, issue: IssueNumber, body: String, authors: &[Account]) -> Result<(), Error> {
        const SQL: &str = "UPDATE releases SET state = 'open', failure = NULL, issue_number = ?2, opened_body = ?3, \
                           body = ?3, body_at = 0 WHERE id = ?1";
        let authors = authors.to_vec();
        self.write(move |db| {
            db.prepare_cached(SQL)?.execute(params![id, number(issue.0), body])?;
            add_authors(db, id, &authors)
        })
        .await
    }

    /// Notes that a release has no issue, and why.
    ///
    /// # Errors
    /// What the database says.
    pub async fn set_release_state(&self, id: i64, state: ReleaseState, failure: Option<String>) -> Result<(), Error> {
        const SQL: &str = "UPDATE releases SET state = ?2, failure = ?3 WHERE id = ?1";
        self.write(move |db| db.prepare_cached(SQL)?.execute(params![id, state.word(), failure]).map(|_| ())).await
    }

    /// Notes that the issue of a release is gone; its number may never be used for another.
    ///
    /// # Errors
    /// What the database says.
    pub async fn mark_issue_removed(&self, id: i64, why: String) -> Result<(), Error> {
        const SQL: &str = "UPDATE releases SET state = 'gone', failure = ?2 WHERE id = ?1";
        self.write(move |db| db.prepare_cached(SQL)?.execute(params![id, why]).map(|_| ())).await
    }

    /// Whether something was noted once, such as that a repository was looked through.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_noted(&self, repository: RepositoryId, what: &str) -> Result<bool, Error> {
        Ok(self.last_written(repository, what.to_owned()).await?.is_some())
    }

    /// Notes something once.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note_once(&self, repository: RepositoryId, what: &str) -> Result<(), Error> {
        self.record_written(repository, what.to_owned(), Written { github_id: 0, digest: String::new() }).await
    }

    /// What was last written under a name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn last_written(&self, repository: RepositoryId, what: String) -> Result<Option<Written>, Error> {
        const SQL: &str = "SELECT github_id, digest FROM puts WHERE repository_id = ?1 AND what = ?2";
        self.read(move |db| {
            let put = |row: &Row<'_>| Ok(Written { github_id: unsigned(row.get(0)?), digest: row.get(1)? });
            db.prepare_cached(SQL)?.query_row(params![number(repository.0), what], put).optional()
        })
        .await
    }

    /// Names that begin so, of all that something was written under.
    ///
    /// # Errors
    /// What the database says.
    pub async fn written_below(&self, repository: RepositoryId, prefix: String) -> Result<Vec<String>, Error> {
        const SQL: &str = "SELECT what FROM puts WHERE repository_id = ?1 AND what >= ?2 AND what < ?3 ORDER BY what";
        self.read(move |db| {
            let end = format!("{prefix}\u{10ffff}");
            let mut rows = db.prepare_cached(SQL)?;
            rows.query_map(params![number(repository.0), prefix, end], |row| row.get(0))?.collect()
        })
        .await
    }

    /// Notes what was written under a name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn record_written(&self, repository: RepositoryId, what: String, put: Written) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO puts (repository_id, what, github_id, digest) VALUES (?1, ?2, ?3, ?4) \
                           ON CONFLICT (repository_id, what) DO UPDATE SET github_id = excluded.github_id, \
                           digest = excluded.digest";
        self.write(move |db| {
            db.prepare_cached(SQL)?
                .execute(params![number(repository.0), what, number(put.github_id), put.digest])
                .map(|_| ())
        })
        .await
    }

    /// Forgets what was written under a name, so that it is written again.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_written(&self, repository: RepositoryId, what: String) -> Result<(), Error> {
        self.write(move |db| {
            db.prepare_cached("DELETE FROM puts WHERE repository_id = ?1 AND what = ?2")?
                .execute(params![number(repository.0), what])
                .map(|_| ())
        })
        .await
    }

    /// Notes a repository's installation and present name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn upsert_repository(&self, repository: Repository) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO repositories (id, installation_id, full_name) VALUES (?1, ?2, ?3) \
                           ON CONFLICT (id) DO UPDATE SET installation_id = excluded.installation_id, \
                           full_name = excluded.full_name";
        const BACK: &str = "DELETE FROM lost_repositories WHERE repository_id = ?1";
        self.write(move |db| {
            db.prepare_cached(BACK)?.execute([number(repository.id.0)])?;
            db.prepare_cached(SQL)?
                .execute(params![
                    number(repository.id.0),
                    number(repository.installation.0),
                    repository.name.to_string()
                ])
                .map(|_| ())
        })
        .await
    }

    /// A repository by its id, as it was seen last.
    ///
    /// # Errors
    /// What the database says.
    pub async fn repository(&self, id: RepositoryId) -> Result<Option<Repository>, Error> {
        const SQL: &str = "SELECT installation_id, full_name FROM repositories WHERE id = ?1";
        self.read(move |db| {
            let row = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?));
            let found = db.prepare_cached(SQL)?.query_row([number(id.0)], row).optional()?;
            Ok(found.and_then(|(installation, name)| {
                let installation = InstallationId(unsigned(installation));
                Some(Repository { installation, id, name: RepoName::parse(&name)? })
            }))
        })
        .await
    }

    /// Every repository that was seen and not lost since.
    ///
    /// # Errors
    /// What the database says.
    pub async fn repositories(&self) -> Result<Vec<Repository>, Error> {
        const SQL: &str = "SELECT id, installation_id, full_name FROM repositories ORDER BY id";
        self.read(|db| {
            let row = |row: &Row<'_>| {
                let name: String = row.get(2)?;
                Ok(RepoName::parse(&name).map(|name| (row.get(0), row.get(1), name)))
            };
            let mut found = Vec::new();
            for entry in db.prepare_cached(SQL)?.query_map([], row)? {
                if let Some((id, installation, name)) = entry? {
                    found.push(Repository {
                        id: RepositoryId(unsigned(id?)),
                        installation: InstallationId(unsigned(installation?)),
                        name,
                    });
                }
            }
            Ok(found)
        })
        .await
    }
}
