//! What many repositories are like, in one question: whether one changed since it was looked at.
//!
//! It reads nothing that a check or a release rests on, and says nothing of what changed.

use super::Error;
use super::client::Installation;
use super::tokens::Scope;
use crate::ids::{RepoName, Repository, RepositoryId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Repositories of one question, beside their owner's `.github`. GitHub breaks off what takes longer than ten seconds.
/// Source: <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>.
const AT_A_TIME: usize = 50;

/// Open pull requests that are compared. A repository with more has no state.
const MAX_PULLS: usize = 20;

/// What is read of each. A push to any branch or tag changes `pushedAt`; an edit, a label or a comment changes a pull request's
/// `updatedAt`.
/// Source: <https://docs.github.com/en/graphql/reference/objects#repository>.
const STATE: &str = "fragment state on Repository { databaseId nameWithOwner pushedAt \
                     defaultBranchRef { name target { oid } } \
                     refs(refPrefix: \"refs/tags/\", first: 1) { totalCount } \
                     pullRequests(states: OPEN, first: 20, orderBy: { field: UPDATED_AT, direction: DESC }) { \
                     totalCount nodes { number headRefOid baseRefName updatedAt } } }";

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct State {
    database_id: u64,
    name_with_owner: String,
    pushed_at: Option<String>,
    default_branch_ref: Option<Branch>,
    refs: Count,
    pull_requests: Pulls,
}

#[derive(Deserialize, Serialize)]
struct Branch {
    name: String,
    target: Target,
}

#[derive(Deserialize, Serialize)]
struct Target {
    oid: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    total_count: usize,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pulls {
    total_count: usize,
    nodes: Vec<Pull>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pull {
    number: u64,
    head_ref_oid: String,
    base_ref_name: String,
    updated_at: String,
}

impl State {
    /// Whether everything that is compared is there.
    fn is_whole(&self) -> bool {
        let read = self.pull_requests.nodes.len();
        self.default_branch_ref.is_some() && read == self.pull_requests.total_count && read <= MAX_PULLS
    }
}

impl Installation {
    /// What repositories are like, each as a text to compare: its default branch, when something was pushed to it, how many tags it has,
    /// its open pull requests, and when something was pushed to its owner's `.github`. Those are left out that GitHub does not show
    /// under their names, that have no branch, and that have more open pull requests than are compared.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn states(&self, repositories: &[Repository]) -> Result<BTreeMap<RepositoryId, String>, Error> {
        let mut found = BTreeMap::new();
        for repositories in repositories.chunks(AT_A_TIME) {
            let owners: BTreeSet<&String> = repositories.iter().map(|repository| &repository.name.owner).collect();
            let homes: Vec<RepoName> =
                owners.into_iter().map(|owner| RepoName { owner: owner.clone(), name: ".github".to_owned() }).collect();
            let names: Vec<&RepoName> = homes.iter().chain(repositories.iter().map(|each| &each.name)).collect();
            let mut states = self.states_of(&names).await?;
            let rest = states.split_off(homes.len());
            let shared: Vec<(&String, Option<&String>)> = homes
                .iter()
                .zip(&states)
                .map(|(home, state)| (&home.owner, state.as_ref().and_then(|state| state.pushed_at.as_ref())))
                .collect();
            for (repository, state) in repositories.iter().zip(rest) {
                let is_own = |state: &State| {
                    state.database_id == repository.id.0 && state.name_with_owner == repository.name.to_string()
                };
                if let Some(state) = state.filter(|state| state.is_whole() && is_own(state)) {
                    let shared = shared.iter().find(|(owner, _)| **owner == repository.name.owner);
                    let shared = shared.and_then(|(_, pushed_at)| *pushed_at);
                    found.insert(repository.id, serde_json::json!([state, shared]).to_string());
                }
            }
        }
        Ok(found)
    }

    /// The states of these, in their order; `None` for what GitHub does not show.
    async fn states_of(&self, names: &[&RepoName]) -> Result<Vec<Option<State>>, Error> {
        let mut variables = BTreeMap::new();
        let (mut types, mut fields) = (Vec::new(), String::new());
        for (at, RepoName { owner, name }) in names.iter().enumerate() {
            variables.extend([(format!("o{at}"), owner), (format!("n{at}"), name)]);
            types.push(format!("$o{at}: String!, $n{at}: String!"));
            let _ = write!(fields, "r{at}: repository(owner: $o{at}, name: $n{at}) {{ ...state }} ");
        }
        let query = format!("query({}) {{ {fields}}} {STATE}", types.join(", "));
        let mut asked: BTreeMap<String, Option<State>> =
            self.scoped(Scope::States).ask_for_many(&query, variables).await?;
        Ok((0..names.len()).map(|at| asked.remove(&format!("r{at}")).flatten()).collect())
    }
}
