//! What is indexed beside the queue: releases and their issues, and what was last written to GitHub.
//!
//! All of it can be rebuilt from GitHub. Nothing here decides what a row means.

use super::{Earlier, Error, Pending, Store};
use crate::ids::{Account, AccountId, InstallationId, IssueNumber, RepoName, Repository, RepositoryId, Sha, Timestamp};
use crate::release::people::{Named, People};
use crate::release::verify::Verified;
use crate::release::{Previous, Release};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// How far the issue of a release is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseState {
    /// The row is there; the issue is not known to be.
    Claimed,
    /// The issue was opened.
    Open,
    /// There was nothing to do: no issue.
    Nothing,
    /// There should be an issue and there can be none.
    Failed,
    /// The issue was deleted or transferred.
    Gone,
}

impl ReleaseState {
    fn word(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Open => "open",
            Self::Nothing => "nothing",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "open" => Self::Open,
            "nothing" => Self::Nothing,
            "failed" => Self::Failed,
            "gone" => Self::Gone,
            _ => Self::Claimed,
        }
    }
}

/// A release as it is indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRow {
    /// Our own number of it.
    pub id: i64,
    /// The release.
    pub release: Release,
    /// How far its issue is.
    pub state: ReleaseState,
    /// Why there is no issue, or where it went.
    pub failure: Option<String>,
    /// When the row was claimed.
    pub claimed_at: Timestamp,
    /// When a post of the issue was begun whose outcome is not known: look for it before posting again.
    pub posted_at: Option<Timestamp>,
    /// The issue.
    pub issue: Option<IssueNumber>,
    /// The body as we posted it: what was asked for.
    pub opened_body: String,
    /// The body as we last saw it.
    pub body: String,
    /// When that body was written, by GitHub's clock.
    pub body_at: Timestamp,
    /// The authors of the changes that brought steps.
    pub authors: Vec<Account>,
    /// Whom the names in its checklist and rules mean.
    pub named: Named,
    /// What it was before, oldest first.
    pub earlier: Vec<Earlier>,
    /// What is not in its issue yet.
    pub pending: Option<Pending>,
    /// What Holdpoint found itself, and about which commit.
    pub verified: Verified,
    /// What GitHub did not take of its issue's labels, assignees, type and milestone, in sentences.
    pub notes: Vec<String>,
}

impl ReleaseRow {
    /// Every commit that it was ever the release of, the present one first.
    pub fn commits(&self) -> impl Iterator<Item = &Sha> {
        std::iter::once(&self.release.commit).chain(self.earlier.iter().map(|e| &e.commit))
    }

    /// The release under each of its names, oldest first.
    #[must_use]
    pub fn names(&self) -> Vec<Release> {
        let earlier = self.earlier.iter().map(|e| Release {
            key: e.key.clone(),
            label: e.label.clone(),
            tag: e.tag.clone(),
            commit: e.commit.clone(),
            ..self.release.clone()
        });
        earlier.chain([self.release.clone()]).collect()
    }

    /// Every tag that it ever had.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.release.tag.as_deref().into_iter().chain(self.earlier.iter().filter_map(|e| e.tag.as_deref()))
    }

    /// Who is behind it.
    #[must_use]
    pub fn people(&self) -> People<'_> {
        People { actor: &self.release.actor, authors: &self.authors, named: &self.named }
    }

    /// Whether it was given up: the pull request that it was of is closed, or is for another branch now. It has no say.
    #[must_use]
    pub fn withdrawn(&self) -> bool {
        self.state == ReleaseState::Nothing && self.failure.is_some()
    }

    /// Whether its issue was transferred: it may come back, with all that was done in it.
    #[must_use]
    pub fn is_transferred(&self) -> bool {
        self.state == ReleaseState::Gone && self.failure.as_ref().is_some_and(|why| why.contains("was transferred"))
    }

    /// Whether it is, or was, the release of this key.
    #[must_use]
    pub fn is_of(&self, checklist: &str, key: &str) -> bool {
        self.release.checklist == checklist && (self.release.key == key || self.earlier.iter().any(|e| e.key == key))
    }
}

/// What we last wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// GitHub's id of the thing.
    pub github_id: u64,
    /// Digest of what we wrote.
    pub digest: String,
}

const COLUMNS: &str = "id, checklist, key, label, tag, commit_sha, previous_label, previous_sha, actor, opened_on, state, \
                       failure, claimed_at, posted_at, issue_number, opened_body, body, body_at, authors, earlier, pending, verified, notes, actor_id, named";

pub(super) fn number(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(id: i64) -> u64 {
    u64::try_from(id).unwrap_or_default()
}

fn bad(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, "no object name".into())
}

/// A column that may hold the number of an account.
pub(super) fn account_id(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<AccountId>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(|id| AccountId(unsigned(id))))
}

/// A column that holds a commit's name.
pub(super) fn sha(row: &Row<'_>, column: usize) -> rusqlite::Result<Sha> {
    let text: String = row.get(column)?;
    Sha::parse(&text).ok_or_else(|| bad(column))
}

fn release_row(row: &Row<'_>) -> rusqlite::Result<ReleaseRow> {
    let previous_label: Option<String> = row.get(6)?;
    let previous_sha: Option<String> = row.get(7)?;
    let previous = match (previous_label, previous_sha) {
        (Some(label), Some(_)) => Some(Previous { label, commit: sha(row, 7)? }),
        _ => None,
    };
    let state: String = row.get(10)?;
    let authors: String = row.get(18)?;
    let earlier: String = row.get(19)?;
    let earlier = serde_json::from_str(&earlier).map_err(|_| bad(19))?;
    let pending: Option<String> = row.get(20)?;
    let pending = pending.map(|json| serde_json::from_str(&json).map_err(|_| bad(20))).transpose()?;
    let verified: String = row.get(21)?;
    let notes: String = row.get(22)?;
    Ok(ReleaseRow {
        id: row.get(0)?,
        release: Release {
            checklist: row.get(1)?,
            key: row.get(2)?,
            label: row.get(3)?,
            tag: row.get(4)?,
            commit: sha(row, 5)?,
            previous,
            actor: Account { login: row.get(8)?, id: account_id(row, 23)? },
            date: row.get(9)?,
        },
        state: ReleaseState::parse(&state),
        failure: row.get(11)?,
        claimed_at: Timestamp(row.get(12)?),
        posted_at: row.get::<_, Option<i64>>(13)?.map(Timestamp),
        issue: row.get::<_, Option<i64>>(14)?.map(|n| IssueNumber(unsigned(n))),
        opened_body: row.get::<_, Option<String>>(15)?.unwrap_or_default(),
        body: row.get::<_, Option<String>>(16)?.unwrap_or_default(),
        body_at: Timestamp(row.get::<_, Option<i64>>(17)?.unwrap_or_default()),
        // Whoever cannot be read would be a second person.
        authors: serde_json::from_str(&authors).map_err(|_| bad(18))?,
        named: serde_json::from_str(&row.get::<_, String>(24)?).map_err(|_| bad(24))?,
        earlier,
        pending,
        // What cannot be read is found again.
        verified: serde_json::from_str(&verified).unwrap_or_default(),
        notes: serde_json::from_str(&notes).unwrap_or_default(),
    })
}

fn insert_release(
    db: &Connection,
    repository: RepositoryId,
    release: &Release,
    now: Timestamp,
) -> rusqlite::Result<()> {
    const SQL: &str = "INSERT INTO releases (repository_id, checklist, key, label, tag, commit_sha, previous_label, \
                       previous_sha, actor, opened_on, state, claimed_at, actor_id) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'claimed', ?11, ?12) \
                       ON CONFLICT (repository_id, checklist, key) DO NOTHING";
    db.prepare_cached(SQL)?.execute(params![
        number(repository.0),
        release.checklist,
        release.key,
        release.label,
        release.tag,
        release.commit.as_str(),
        release.previous.as_ref().map(|p| p.label.clone()),
        release.previous.as_ref().map(|p| p.commit.to_string()),
        release.actor.login,
        release.date,
        now.0,
        release.actor.id.map(|id| number(id.0)),
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
        self.write(move |db| {
            insert_release(db, repository, &release, now)?;
            db.prepare_cached(&sql)?
                .query_row(params![number(repository.0), release.checklist, release.key], release_row)
        })
        .await
    }

    /// Notes that the issue's post is about to be sent; `None`, that GitHub certainly did not execute it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn posting(&self, id: i64, at: Option<Timestamp>) -> Result<(), Error> {
        self.write(move |db| {
            db.prepare_cached("UPDATE releases SET posted_at = ?2 WHERE id = ?1")?
                .execute(params![id, at.map(|t| t.0)])
                .map(|_| ())
        })
        .await
    }

    /// Notes the issue of a release, with the body as it was opened. What was seen of it since stays.
    ///
    /// # Errors
    /// What the database says.
    pub async fn issue_opened(
        &self,
        id: i64,
        issue: IssueNumber,
        body: String,
        authors: &[Account],
    ) -> Result<(), Error> {
        const SQL: &str = "UPDATE releases SET state = 'open', failure = NULL, issue_number = ?2, opened_body = ?3, \
                           body = ?3, body_at = 0, authors = ?4 WHERE id = ?1";
        let authors = serde_json::to_string(authors).unwrap_or_default();
        self.write(move |db| db.prepare_cached(SQL)?.execute(params![id, number(issue.0), body, authors]).map(|_| ()))
            .await
    }

    /// Notes that a release has no issue, and why.
    ///
    /// # Errors
    /// What the database says.
    pub async fn settle_release(&self, id: i64, state: ReleaseState, failure: Option<String>) -> Result<(), Error> {
        const SQL: &str = "UPDATE releases SET state = ?2, failure = ?3 WHERE id = ?1";
        self.write(move |db| db.prepare_cached(SQL)?.execute(params![id, state.word(), failure]).map(|_| ())).await
    }

    /// Notes that the issue of a release is gone; its number may never be used for another.
    ///
    /// # Errors
    /// What the database says.
    pub async fn issue_gone(&self, id: i64, why: String) -> Result<(), Error> {
        const SQL: &str = "UPDATE releases SET state = 'gone', failure = ?2 WHERE id = ?1";
        self.write(move |db| db.prepare_cached(SQL)?.execute(params![id, why]).map(|_| ())).await
    }

    /// All releases of a repository, the newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn releases(&self, repository: RepositoryId) -> Result<Vec<ReleaseRow>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM releases WHERE repository_id = ?1 ORDER BY id DESC");
        self.read(move |db| db.prepare_cached(&sql)?.query_map([number(repository.0)], release_row)?.collect()).await
    }

    /// The releases with an open issue whose present commit this is.
    ///
    /// # Errors
    /// What the database says.
    pub async fn releases_at(&self, repository: RepositoryId, commit: &Sha) -> Result<Vec<ReleaseRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM releases WHERE repository_id = ?1 AND commit_sha = ?2 AND state = 'open' ORDER BY id DESC"
        );
        let commit = commit.to_string();
        self.read(move |db| {
            db.prepare_cached(&sql)?.query_map(params![number(repository.0), commit], release_row)?.collect()
        })
        .await
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
            "SELECT {COLUMNS} FROM releases WHERE repository_id = ?1 AND (issue_number = ?2 OR id = (SELECT release_id \
             FROM release_parts WHERE repository_id = ?1 AND issue_number = ?2)) ORDER BY id DESC LIMIT 1"
        );
        self.read(move |db| {
            db.prepare_cached(&sql)?.query_row(params![number(repository.0), number(issue.0)], release_row).optional()
        })
        .await
    }

    /// What was last written under a name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn last_put(&self, repository: RepositoryId, what: String) -> Result<Option<Put>, Error> {
        const SQL: &str = "SELECT github_id, digest FROM puts WHERE repository_id = ?1 AND what = ?2";
        self.read(move |db| {
            let put = |row: &Row<'_>| Ok(Put { github_id: unsigned(row.get(0)?), digest: row.get(1)? });
            db.prepare_cached(SQL)?.query_row(params![number(repository.0), what], put).optional()
        })
        .await
    }

    /// Names that begin so, of all that something was written under.
    ///
    /// # Errors
    /// What the database says.
    pub async fn puts_below(&self, repository: RepositoryId, prefix: String) -> Result<Vec<String>, Error> {
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
    pub async fn note_put(&self, repository: RepositoryId, what: String, put: Put) -> Result<(), Error> {
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
    pub async fn forget_put(&self, repository: RepositoryId, what: String) -> Result<(), Error> {
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
    pub async fn see_repository(&self, repository: Repository) -> Result<(), Error> {
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
