//! What can be evidence about a commit: checks, tags, releases, deployments, and issues that were closed. Each a documented call
//! that only reads.

use super::repo::Repo;
use super::wire::WireAccount;
use super::{Error, Listing};
use crate::event::Sender;
use crate::ids::Sha;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A check run, or a commit status, as it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckEnd {
    /// Its name.
    pub name: String,
    /// GitHub's number of a check run; `None` for a commit status.
    pub run: Option<u64>,
    /// Its conclusion or state; `None` while it runs.
    pub outcome: Option<String>,
}

/// An issue or pull request, as far as it tells how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueEnd {
    /// It is open.
    pub open: bool,
    /// `completed`, `not_planned`, `duplicate`; empty for old issues and pull requests.
    pub reason: String,
    /// For a pull request: whether it was merged.
    pub merged: Option<bool>,
    /// Who closed it; `None` where GitHub names nobody.
    pub by: Option<Sender>,
}

#[derive(Deserialize)]
struct WireRun {
    id: u64,
    name: String,
    status: String,
    conclusion: Option<String>,
    app: Option<WireApp>,
}

#[derive(Deserialize)]
struct WireApp {
    id: u64,
}

#[derive(Deserialize)]
struct WireStatus {
    context: String,
    state: String,
}

#[derive(Deserialize)]
struct WireRelease {
    #[serde(default)]
    draft: bool,
    published_at: Option<String>,
}

#[derive(Deserialize)]
struct WireDeployment {
    id: u64,
}

#[derive(Deserialize)]
struct WireState {
    state: String,
}

#[derive(Deserialize)]
struct WireIssueEnd {
    state: String,
    state_reason: Option<String>,
    closed_by: Option<WireAccount>,
    pull_request: Option<WirePullEnd>,
}

#[derive(Deserialize)]
struct WirePullEnd {
    merged_at: Option<String>,
}

/// The newest of each App and name. GitHub's "latest" is the latest of each suite: a workflow that ran twice has two.
fn latest(runs: Vec<WireRun>) -> Vec<WireRun> {
    let mut latest: BTreeMap<(u64, String), WireRun> = BTreeMap::new();
    for run in runs {
        let key = (run.app.as_ref().map_or(0, |a| a.id), run.name.clone());
        if latest.get(&key).is_none_or(|known| known.id < run.id) {
            latest.insert(key, run);
        }
    }
    latest.into_values().collect()
}

impl CheckEnd {
    fn of(run: WireRun) -> Self {
        let outcome = run.conclusion.filter(|_| run.status == "completed");
        Self { name: run.name, run: Some(run.id), outcome }
    }
}

impl Repo {
    /// The newest check run of each App and name, and the newest commit status of each context, on a commit.
    /// Source: <https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference>,
    /// <https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn checks_of(&self, commit: &Sha) -> Result<Listing<Vec<CheckEnd>>, Error> {
        let path =
            self.path(&["commits", commit.as_str(), "check-runs"]).query("filter", "latest").query("per_page", 100);
        let runs = self.installation.get_all_in::<WireRun>(&path, "check_runs", 10).await?;
        let path = self.path(&["commits", commit.as_str(), "status"]).query("per_page", 100);
        let statuses = self.installation.get_all_in::<WireStatus>(&path, "statuses", 10).await?;
        let status = |s: WireStatus| CheckEnd {
            name: s.context,
            run: None,
            outcome: Some(s.state).filter(|state| state != "pending"),
        };
        let runs = runs.map(|runs| latest(runs).into_iter().map(CheckEnd::of));
        Ok(runs.with(statuses, |runs, statuses| runs.chain(statuses.into_iter().map(status)).collect()))
    }

    /// The newest check run of each name that an App wrote on a commit. None where GitHub does not have the commit.
    /// Source: <https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn own_checks(&self, commit: &Sha, app: u64) -> Result<Vec<CheckEnd>, Error> {
        let path = self.path(&["commits", commit.as_str(), "check-runs"]).query("app_id", app);
        let path = path.query("filter", "latest").query("per_page", 100);
        let runs = match self.installation.get_all_in::<WireRun>(&path, "check_runs", 10).await {
            Err(Error::NotFound | Error::Validation { .. }) => return Ok(Vec::new()),
            answer => answer?.complete()?,
        };
        let own = runs.into_iter().filter(|run| run.app.as_ref().is_some_and(|own| own.id == app)).collect();
        Ok(latest(own).into_iter().map(CheckEnd::of).collect())
    }

    /// Whether a tag is published as a release; a draft is not.
    /// Source: <https://docs.github.com/en/rest/releases/releases#get-a-release-by-tag-name>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn is_published(&self, tag: &str) -> Result<bool, Error> {
        match self.get::<WireRelease>(&self.path(&["releases", "tags", tag])).await {
            Ok(release) => Ok(!release.draft && release.published_at.is_some()),
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The states of the newest deployment of a commit to an environment, the newest state first; `None` where there is no such
    /// deployment. Source: <https://docs.github.com/en/rest/deployments/deployments#list-deployments>,
    /// <https://docs.github.com/en/rest/deployments/statuses#list-deployment-statuses>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn deployed(&self, commit: &Sha, environment: &str) -> Result<Option<Listing<Vec<String>>>, Error> {
        let path =
            self.path(&["deployments"]).query("sha", commit).query("environment", environment).query("per_page", 100);
        let found = self.installation.get_all::<WireDeployment>(&path, "deployments", 1).await?;
        // They come the newest first, and ids count up: the newest is on the first page.
        let Some(newest) = found.known_part().into_iter().map(|d| d.id).max() else { return Ok(None) };
        let path = self.path(&["deployments"]).segment(newest).segment("statuses").query("per_page", 100);
        let states = self.installation.get_all::<WireState>(&path, "states", 10).await?;
        Ok(Some(states.map(|all| all.into_iter().map(|s| s.state).collect())))
    }

    /// How an issue or pull request ended; `None` where there is none of that number.
    /// Source: <https://docs.github.com/en/rest/issues/issues#get-an-issue>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn issue_end(&self, number: u64) -> Result<Option<IssueEnd>, Error> {
        match self.get::<WireIssueEnd>(&self.path(&["issues"]).segment(number)).await {
            Ok(issue) => Ok(Some(IssueEnd {
                open: issue.state == "open",
                reason: issue.state_reason.unwrap_or_default(),
                merged: issue.pull_request.map(|p| p.merged_at.is_some()),
                by: issue.closed_by.map(WireAccount::sender),
            })),
            Err(Error::NotFound | Error::Gone { .. }) => Ok(None),
            Err(error) if self.leads_out(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
