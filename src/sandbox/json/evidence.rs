//! Commit statuses and deployments as JSON.

use super::{account, node, repository, time};
use super::{api, html};
use crate::sandbox::repo::{CommitStatus, Deployment, DeploymentStatus, Repo};
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// A commit status, as `simple-commit-status`.
#[must_use]
pub fn commit_status(world: &World, repo: &Repo, status: &CommitStatus) -> Value {
    json!({
        "url": format!("{}/statuses/{}", api(world, repo), status.sha),
        "avatar_url": account(world, &status.creator).get("avatar_url"),
        "id": status.id,
        "node_id": node("StatusContext", status.id),
        "state": status.state,
        "description": null,
        "target_url": null,
        "context": status.context,
        "created_at": time(status.created_at),
        "updated_at": time(status.created_at),
    })
}

/// All statuses of a commit as one, with one page of them.
#[must_use]
pub fn combined_status(world: &World, repo: &Repo, sha: &str, all: &[&CommitStatus], page: &[&CommitStatus]) -> Value {
    let any = |states: &[&str]| all.iter().any(|s| states.contains(&s.state.as_str()));
    let state = if any(&["error", "failure"]) {
        "failure"
    } else if all.is_empty() || any(&["pending"]) {
        "pending"
    } else {
        "success"
    };
    let own = format!("{}/commits/{sha}", api(world, repo));
    json!({
        "state": state,
        "statuses": page.iter().map(|s| commit_status(world, repo, s)).collect::<Vec<_>>(),
        "sha": sha,
        "total_count": all.len(),
        "repository": repository(world, repo),
        "commit_url": own,
        "url": format!("{own}/status"),
    })
}

/// A deployment.
#[must_use]
pub fn deployment(world: &World, repo: &Repo, deployment: &Deployment) -> Value {
    let own = format!("{}/deployments/{}", api(world, repo), deployment.id);
    let at = deployment.statuses.last().map_or(deployment.created_at, |s| s.created_at);
    json!({
        "url": own,
        "id": deployment.id,
        "node_id": node("Deployment", deployment.id),
        "sha": deployment.sha,
        "ref": deployment.git_ref,
        "task": "deploy",
        "payload": {},
        "original_environment": deployment.environment,
        "environment": deployment.environment,
        "description": null,
        "creator": account(world, &deployment.creator),
        "created_at": time(deployment.created_at),
        "updated_at": time(at),
        "statuses_url": format!("{own}/statuses"),
        "repository_url": api(world, repo),
        "transient_environment": false,
        "production_environment": deployment.environment == "production",
    })
}

/// A status of a deployment.
#[must_use]
pub fn deployment_status(world: &World, repo: &Repo, deployment: &Deployment, status: &DeploymentStatus) -> Value {
    let own = format!("{}/deployments/{}", api(world, repo), deployment.id);
    let page = format!("{}/deployments", html(world, repo));
    json!({
        "url": format!("{own}/statuses/{}", status.id),
        "id": status.id,
        "node_id": node("DeploymentStatus", status.id),
        "state": status.state,
        "creator": account(world, &status.creator),
        "description": "",
        "environment": deployment.environment,
        "target_url": page,
        "environment_url": page,
        "log_url": page,
        "created_at": time(status.created_at),
        "updated_at": time(status.created_at),
        "deployment_url": own,
        "repository_url": api(world, repo),
    })
}
