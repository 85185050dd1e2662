//! Deployments that wait for us: reading what their payload says of the run to answer for, and answering.

#[cfg(test)]
mod tests;

use super::repo::Repo;
use super::wire::{WireSha, sha};
use super::{Error, Listing};
use crate::ids::{DeploymentId, RepoName, RunId, Sha};
use serde::{Deserialize, Serialize};

/// A workflow run, as far as it tells whether anything can wait in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// GitHub's word: `waiting`, `in_progress`, `completed` and others.
    pub status: String,
}

/// A custom protection rule of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The slug of the App that it asks.
    pub app: String,
    /// Whether it is switched on.
    pub enabled: bool,
}

#[derive(Deserialize)]
struct WireRun {
    status: Option<String>,
}

#[derive(Deserialize)]
struct WireDeployed {
    id: u64,
    #[serde(flatten)]
    commit: WireSha,
}

#[derive(Deserialize)]
struct WireState {
    state: String,
}

#[derive(Deserialize)]
struct WireEnvironment {
    name: String,
}

#[derive(Deserialize)]
struct WireRules {
    #[serde(default)]
    custom_deployment_protection_rules: Vec<WireRule>,
}

#[derive(Deserialize)]
struct WireRule {
    enabled: bool,
    app: WireRuleApp,
}

#[derive(Deserialize)]
struct WireRuleApp {
    slug: String,
}

#[derive(Serialize)]
struct WireAnswer<'a> {
    environment_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    comment: &'a str,
}

/// The run that a callback address leads to, where it is one of this repository. Only the path is read, and nothing ever calls
/// the address: an answer goes to the API that the operator named.
pub(super) fn run_of(callback: &str, repository: &RepoName) -> Option<RunId> {
    let uri: http::Uri = callback.parse().ok()?;
    uri.host()?;
    let path = uri.path().strip_prefix("/api/v3").unwrap_or(uri.path());
    let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let ["repos", owner, name, "actions", "runs", run, "deployment_protection_rule"] = parts.as_slice() else {
        return None;
    };
    let own = owner.eq_ignore_ascii_case(&repository.owner) && name.eq_ignore_ascii_case(&repository.name);
    // `parse` would take a sign too.
    (own && run.bytes().all(|b| b.is_ascii_digit())).then(|| run.parse().ok().map(RunId)).flatten()
}

impl Repo {
    /// Reports to a deployment that waits, or lets it go on. Never rejects it.
    ///
    /// Source: <https://docs.github.com/en/rest/actions/workflow-runs#review-custom-deployment-protection-rules-for-a-workflow-run>.
    ///
    /// # Errors
    /// As any call. 404 and 422 say that nothing waits there for us.
    pub async fn answer_deployment(
        &self,
        run: RunId,
        environment: &str,
        state: Option<&'static str>,
        comment: &str,
    ) -> Result<(), Error> {
        let path = self.path(&["actions", "runs"]).segment(run).segment("deployment_protection_rule");
        self.installation.post(&path, &WireAnswer { environment_name: environment, state, comment }).await
    }

    /// A workflow run; `None` where it is gone.
    ///
    /// Source: <https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn run(&self, run: RunId) -> Result<Option<Run>, Error> {
        match self.get::<WireRun>(&self.path(&["actions", "runs"]).segment(run)).await {
            Ok(wire) => Ok(Some(Run { status: wire.status.unwrap_or_default() })),
            Err(Error::NotFound | Error::Gone { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The newest deployments to an environment, with their commits, the newest first.
    ///
    /// Source: <https://docs.github.com/en/rest/deployments/deployments#list-deployments>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn deployments_to(&self, environment: &str) -> Result<Vec<(DeploymentId, Sha)>, Error> {
        let path = self.path(&["deployments"]).query("environment", environment).query("per_page", 30);
        let mut found: Vec<WireDeployed> = self.get(&path).await?;
        found.sort_by_key(|d| std::cmp::Reverse(d.id));
        found.into_iter().map(|d| Ok((DeploymentId(d.id), sha(&d.commit.sha)?))).collect()
    }

    /// Whether a deployment ever succeeded; a later one makes it inactive.
    ///
    /// Source: <https://docs.github.com/en/rest/deployments/statuses#list-deployment-statuses>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn succeeded(&self, deployment: DeploymentId) -> Result<bool, Error> {
        let path = self.path(&["deployments"]).segment(deployment).segment("statuses").query("per_page", 100);
        Ok(self.get::<Vec<WireState>>(&path).await?.iter().any(|s| s.state == "success"))
    }

    /// Names of the environments.
    ///
    /// Source: <https://docs.github.com/en/rest/deployments/environments#list-environments>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn environments(&self) -> Result<Listing<Vec<String>>, Error> {
        let path = self.path(&["environments"]).query("per_page", 100);
        let found = self.installation.get_all_in::<WireEnvironment>(&path, "environments", 10).await?;
        Ok(found.map(|all| all.into_iter().map(|e| e.name).collect()))
    }

    /// The custom protection rules of an environment; `None` where there is no such environment.
    ///
    /// Source: <https://docs.github.com/en/rest/deployments/protection-rules#get-all-deployment-protection-rules-for-an-environment>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn rules_of(&self, environment: &str) -> Result<Option<Vec<Rule>>, Error> {
        let path = self.path(&["environments", environment, "deployment_protection_rules"]);
        match self.get::<WireRules>(&path).await {
            Ok(wire) => {
                let rule = |rule: WireRule| Rule { app: rule.app.slug, enabled: rule.enabled };
                Ok(Some(wire.custom_deployment_protection_rules.into_iter().map(rule).collect()))
            }
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
