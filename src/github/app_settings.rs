//! The App as it is registered and installed, and what branches ask for: reads for whoever examines a set-up.
//!
//! Nothing here writes, and nothing decides whether what was read is right.

use super::auth::App;
use super::error::differs;
use super::repo::Repo;
use super::session::{Page, decode};
use super::wire::WireAccount;
use super::{Error, Listing, Path, route};
use crate::ids::{InstallationId, RepoName, RepositoryId};
use http::{Method, header};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most pages of a list that are read, of a hundred each.
const MOST_PAGES: usize = 10;

/// The App's record, from `GET /app`.
/// Source: <https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app>.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Its numeric id.
    pub id: u64,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Login of the account that registered it; empty for an enterprise.
    pub owner: String,
    /// Whether that account is an organisation.
    pub of_organization: bool,
    /// Its public page.
    pub page: String,
    /// Permissions that it asks for: `read`, `write` or `admin` by name.
    pub permissions: BTreeMap<String, String>,
    /// Events that it subscribed to.
    pub events: Vec<String>,
}

/// GitHub's word on who we are, and its clock.
#[derive(Debug)]
pub struct Introduction {
    /// The record, or why there is none.
    pub registration: Result<Registration, Error>,
    /// Seconds by which GitHub's clock is ahead of ours; `None` where it did not say the time.
    pub clock_ahead: Option<i64>,
}

/// The settings of the App's webhook. GitHub never tells the secret.
/// Source: <https://docs.github.com/en/rest/apps/webhooks#get-a-webhook-configuration-for-an-app>.
#[derive(Clone, Debug, Deserialize)]
pub struct HookConfig {
    /// Where deliveries go.
    pub url: Option<String>,
    /// `json` or `form`.
    pub content_type: Option<String>,
    /// `"0"` or `0` where GitHub looks at the server's certificate.
    insecure_ssl: Option<serde_json::Value>,
    /// Stars, where there is one.
    secret: Option<String>,
}

impl HookConfig {
    /// Whether GitHub looks at the server's certificate.
    #[must_use]
    pub fn verifies_certificate(&self) -> bool {
        match &self.insecure_ssl {
            None => true,
            Some(value) => value.as_str() == Some("0") || value.as_u64() == Some(0),
        }
    }

    /// Whether deliveries are signed.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        self.secret.as_ref().is_some_and(|secret| !secret.is_empty())
    }
}

/// One attempt to deliver.
#[derive(Clone, Debug, Deserialize)]
pub struct Attempt {
    /// What was delivered; another attempt at the same has the same one.
    pub guid: String,
    /// The answer's status; 0 where none came.
    pub status_code: u16,
    /// When, as GitHub writes it.
    #[serde(default)]
    pub delivered_at: String,
}

/// The App on one account.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Its id.
    pub id: InstallationId,
    /// Login of the account.
    pub account: String,
    /// Its settings page.
    pub page: String,
    /// Permissions that the account agreed to.
    pub permissions: BTreeMap<String, String>,
    /// Whether it is suspended.
    pub suspended: bool,
}

/// What a repository's own record says.
#[derive(Clone, Debug, Deserialize)]
pub struct RepositoryRecord {
    /// The id that outlives renames.
    pub id: RepositoryId,
    /// The present name.
    pub full_name: String,
    /// Whether issues are switched on.
    #[serde(default = "yes")]
    pub has_issues: bool,
    /// Whether nothing can be changed any more.
    #[serde(default)]
    pub archived: bool,
}

fn yes() -> bool {
    true
}

/// A check that a branch asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Required {
    /// The check's name.
    pub check: String,
    /// Id of the App that must post it; `None` where anybody may.
    pub app: Option<u64>,
    /// Whether a ruleset asks for it; classic branch protection does otherwise.
    pub ruleset: bool,
}

/// A branch as its protection describes it.
#[derive(Clone, Debug)]
pub struct Protected {
    /// Whether classic protection is on.
    pub classic: bool,
    /// What classic protection asks for; `None` where GitHub did not tell.
    pub required: Option<Vec<Required>>,
}

/// What a branch asks for, as far as the App may see it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BranchRules {
    /// By classic protection and by rulesets.
    pub required: Vec<Required>,
    /// Classic protection is on, and GitHub does not tell what it asks for.
    pub hidden: bool,
}

impl BranchRules {
    /// The App of each entry that asks for a check; `None` for any.
    #[must_use]
    pub fn sources(&self, check: &str) -> Vec<Option<u64>> {
        self.required.iter().filter(|required| required.check == check).map(|required| required.app).collect()
    }
}

#[derive(Deserialize)]
struct WireOwner {
    login: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct WireApp {
    id: u64,
    slug: String,
    name: String,
    owner: Option<WireOwner>,
    #[serde(default)]
    html_url: String,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
    #[serde(default)]
    events: Vec<String>,
}

#[derive(Deserialize)]
struct WireInstallation {
    id: InstallationId,
    account: Option<WireAccount>,
    #[serde(default)]
    html_url: String,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
    suspended_at: Option<String>,
}

#[derive(Deserialize)]
struct WireBranchName {
    name: String,
}

#[derive(Deserialize)]
struct WireBranch {
    name: String,
    #[serde(default)]
    protected: bool,
    protection: Option<WireProtection>,
}

impl WireBranch {
    fn read(self) -> Protected {
        let classic = self.protection.as_ref().and_then(|p| p.enabled).unwrap_or(self.protected);
        let required = self.protection.and_then(|p| p.required_status_checks).map(|required| match required.checks {
            Some(checks) => checks.into_iter().map(|check| check.read(false)).collect(),
            // GitHub Enterprise Server of some age knows names alone.
            None => required.contexts.into_iter().map(|check| Required { check, app: None, ruleset: false }).collect(),
        });
        Protected { classic, required }
    }
}

#[derive(Deserialize)]
struct WireProtection {
    enabled: Option<bool>,
    required_status_checks: Option<WireRequired>,
}

#[derive(Deserialize)]
struct WireRequired {
    #[serde(default)]
    contexts: Vec<String>,
    checks: Option<Vec<WireCheck>>,
}

/// The same thing under two names: `app_id` in classic protection, `integration_id` in rulesets.
#[derive(Deserialize)]
struct WireCheck {
    context: String,
    #[serde(alias = "integration_id")]
    app_id: Option<i64>,
}

impl WireCheck {
    fn read(self, ruleset: bool) -> Required {
        // -1 says "any source" in words of classic protection.
        Required { check: self.context, app: self.app_id.and_then(|id| u64::try_from(id).ok()), ruleset }
    }
}

#[derive(Deserialize)]
struct WireRule {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    parameters: serde_json::Value,
}

#[derive(Deserialize)]
struct WireStatusChecks {
    required_status_checks: Vec<WireCheck>,
}

impl App {
    /// The App's record and GitHub's clock; the clock is told by a refusal too.
    pub async fn authenticate(&self) -> Introduction {
        let answer = match self.shared.as_app(Method::GET, &route(&["app"]), None).await {
            Ok(answer) => answer,
            Err(error) => return Introduction { registration: Err(error), clock_ahead: None },
        };
        let now_ms = self.now_ms();
        let date = answer.header(header::DATE.as_str()).and_then(|d| chrono::DateTime::parse_from_rfc2822(d).ok());
        let clock_ahead = date.map(|date| date.timestamp() - now_ms / 1_000);
        let registration = answer.success(now_ms).and_then(|answer| decode::<WireApp>(&answer)).map(|wire| {
            let owner = wire.owner.unwrap_or(WireOwner { login: None, kind: None });
            Registration {
                id: wire.id,
                slug: wire.slug,
                name: wire.name,
                of_organization: owner.kind.as_deref() == Some("Organization"),
                owner: owner.login.unwrap_or_default(),
                page: wire.html_url,
                permissions: wire.permissions,
                events: wire.events,
            }
        });
        Introduction { registration, clock_ahead }
    }

    /// The settings of the App's webhook.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn hook_config(&self) -> Result<HookConfig, Error> {
        self.app_get(&route(&["app", "hook", "config"])).await
    }

    /// The last attempts to deliver, newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn attempts(&self, most: usize) -> Result<Vec<Attempt>, Error> {
        Ok(self.app_page(&route(&["app", "hook", "deliveries"]).query("per_page", most)).await?.items)
    }

    /// Every installation; the flag says that these are all.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn installed(&self) -> Result<(Vec<Installed>, bool), Error> {
        let mut next: Option<Path> = Some(route(&["app", "installations"]).query("per_page", 100));
        let mut found = Vec::new();
        for _ in 0..MOST_PAGES {
            let Some(path) = next.take() else { break };
            let page: Page<WireInstallation> = self.app_page(&path).await?;
            found.extend(page.items.into_iter().map(WireInstallation::read));
            next = page.next;
        }
        Ok((found, next.is_none()))
    }

    /// The installation through which a repository is reached; `None` where there is none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn installed_on(&self, repository: &RepoName) -> Result<Option<Installed>, Error> {
        let path = route(&["repos", &repository.owner, &repository.name, "installation"]);
        match self.app_get::<WireInstallation>(&path).await {
            Ok(wire) => Ok(Some(wire.read())),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A repository's own record, read through an installation.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn repository_record(&self, through: InstallationId, name: &RepoName) -> Result<RepositoryRecord, Error> {
        self.installation(through).get(&route(&["repos", &name.owner, &name.name])).await
    }
}

impl WireInstallation {
    fn read(self) -> Installed {
        Installed {
            id: self.id,
            account: self.account.map(|account| account.login).unwrap_or_default(),
            page: self.html_url,
            permissions: self.permissions,
            suspended: self.suspended_at.is_some(),
        }
    }
}

impl Repo {
    /// Names of the branches.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn branches(&self) -> Result<Listing<Vec<String>>, Error> {
        let path = self.path(&["branches"]).query("per_page", 100);
        let found = self.installation.get_all::<WireBranchName>(&path, "branches", MOST_PAGES).await?;
        Ok(found.map(|all| all.into_iter().map(|branch| branch.name).collect()))
    }

    /// Branches that classic protection or a ruleset protects, each with what classic protection says of it.
    /// Source: <https://docs.github.com/en/rest/branches/branches#list-branches>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn protected_branches(&self) -> Result<Listing<Vec<(String, Protected)>>, Error> {
        let path = self.path(&["branches"]).query("protected", true).query("per_page", 100);
        let found = self.installation.get_all::<WireBranch>(&path, "protected branches", MOST_PAGES).await?;
        Ok(found.map(|all| all.into_iter().map(|branch| (branch.name.clone(), branch.read())).collect()))
    }

    /// What classic protection says of a branch; `None` where there is no such branch.
    /// Source: <https://docs.github.com/en/rest/branches/branches#get-a-branch>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn protected(&self, branch: &str) -> Result<Option<Protected>, Error> {
        let wire = match self.get::<WireBranch>(&self.path(&["branches"]).segment(branch)).await {
            Ok(wire) => wire,
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(wire.read()))
    }

    /// What a branch asks for; `None` where there is no such branch.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn required_checks(&self, branch: &str) -> Result<Option<BranchRules>, Error> {
        let Some(protected) = self.protected(branch).await? else { return Ok(None) };
        Ok(Some(self.asked_beside(branch, protected).await?))
    }

    /// What a branch asks for of which classic protection says this.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn asked_beside(&self, branch: &str, protected: Protected) -> Result<BranchRules, Error> {
        let hidden = protected.classic && protected.required.is_none();
        let mut required = protected.required.unwrap_or_default();
        required.extend(self.ruleset_checks(branch).await?);
        Ok(BranchRules { required, hidden })
    }

    /// The checks that active rulesets ask for on a branch.
    /// Source: <https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn ruleset_checks(&self, branch: &str) -> Result<Vec<Required>, Error> {
        let path = self.path(&["rules", "branches"]).segment(branch).query("per_page", 100);
        let rules = self.installation.get_all::<WireRule>(&path, "rules", MOST_PAGES).await?.complete()?;
        let mut required = Vec::new();
        for rule in rules.into_iter().filter(|rule| rule.kind == "required_status_checks") {
            let checks: WireStatusChecks = serde_json::from_value(rule.parameters)
                .map_err(|error| Error::Decode { message: format!("a rule: {}", differs(&error)) })?;
            required.extend(checks.required_status_checks.into_iter().map(|check| check.read(true)));
        }
        Ok(required)
    }
}
