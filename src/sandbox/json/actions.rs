//! Workflow runs, environments and their protection rules as JSON.

use super::{api, html};
use super::{node, repository, time};
use crate::sandbox::actions::{Environment, WorkflowRun};
use crate::sandbox::repo::Repo;
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// A workflow run.
#[must_use]
pub fn workflow_run(world: &World, repo: &Repo, run: &WorkflowRun) -> Value {
    let own = format!("{}/actions/runs/{}", api(world, repo), run.id);
    let workflow = format!("{}/actions/workflows/1", api(world, repo));
    json!({
        "id": run.id,
        "node_id": node("WorkflowRun", run.id),
        "name": "Deploy",
        "display_title": format!("Deploy {}", run.git_ref),
        "head_branch": run.git_ref,
        "head_sha": run.sha,
        "path": ".github/workflows/deploy.yml",
        "run_number": run.id,
        "run_attempt": run.attempt,
        "event": "push",
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": 1,
        "url": own,
        "html_url": format!("{}/deployments#run-{}", html(world, repo), run.id),
        "pull_requests": [],
        "created_at": time(run.created_at),
        "updated_at": time(run.created_at),
        "jobs_url": format!("{own}/jobs"),
        "logs_url": format!("{own}/logs"),
        "check_suite_url": format!("{}/check-suites/1", api(world, repo)),
        "artifacts_url": format!("{own}/artifacts"),
        "cancel_url": format!("{own}/cancel"),
        "rerun_url": format!("{own}/rerun"),
        "workflow_url": workflow,
        "head_commit": null,
        "repository": repository(world, repo),
        "head_repository": repository(world, repo),
    })
}

/// An environment.
#[must_use]
pub fn environment(world: &World, repo: &Repo, environment: &Environment) -> Value {
    json!({
        "id": environment.id,
        "node_id": node("Environment", environment.id),
        "name": environment.name,
        "url": format!("{}/environments/{}", api(world, repo), environment.name),
        "html_url": format!("{}/deployments", html(world, repo)),
        "created_at": time(environment.created_at),
        "updated_at": time(environment.created_at),
        "protection_rules": [],
        "deployment_branch_policy": null,
    })
}

/// The custom protection rules of an environment.
#[must_use]
pub fn protection_rules(world: &World, environment: &Environment) -> Value {
    let app = world.app().ok().filter(|_| environment.rule);
    let rules: Vec<Value> = app
        .map(|app| {
            json!({
                "id": environment.id,
                "node_id": node("DeploymentProtectionRule", environment.id),
                "enabled": true,
                "app": {
                    "id": app.id,
                    "slug": app.slug,
                    "integration_url": format!("{}/apps/{}", world.base, app.slug),
                    "node_id": node("App", app.id),
                },
            })
        })
        .into_iter()
        .collect();
    json!({ "total_count": rules.len(), "custom_deployment_protection_rules": rules })
}
