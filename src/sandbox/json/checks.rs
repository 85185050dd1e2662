//! Check runs and check suites as JSON.

use super::{api, html};
use super::{app_by_id, merged, node, pull_minimal, time, time_or_null};
use crate::sandbox::repo::{CheckRun, Repo, State};
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Open pull requests of the repository itself with this head; forks' are never named here.
fn pulls(world: &World, repo: &Repo, sha: &str) -> Vec<Value> {
    repo.pulls()
        .filter(|(i, p)| i.state == State::Open && p.head_sha == sha && p.head_repo == Some(repo.id))
        .map(|(i, p)| pull_minimal(world, repo, i, p))
        .collect()
}

/// A check run.
#[must_use]
pub fn check_run(world: &World, repo: &Repo, run: &CheckRun) -> Value {
    let own = format!("{}/check-runs/{}", api(world, repo), run.id);
    let page = format!("{}/runs/{}", html(world, repo), run.id);
    json!({
        "id": run.id,
        "node_id": node("CheckRun", run.id),
        "name": run.name,
        "head_sha": run.head_sha,
        "external_id": run.external_id,
        "url": own,
        "html_url": page,
        "details_url": run.details_url.clone().unwrap_or(page),
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": time(run.started_at),
        "completed_at": time_or_null(run.completed_at),
        "output": {
            "title": run.output.title,
            "summary": run.output.summary,
            "text": run.output.text,
            "annotations_count": run.output.annotations.len(),
            "annotations_url": format!("{own}/annotations"),
        },
        "check_suite": { "id": run.suite },
        "app": app_by_id(world, run.app_id),
        "pull_requests": pulls(world, repo, &run.head_sha),
    })
}

/// A check suite; `branch` is `None` for forks' heads.
#[must_use]
pub fn check_suite(world: &World, repo: &Repo, id: u64, app_id: u64, sha: &str) -> Value {
    let own = format!("{}/check-suites/{id}", api(world, repo));
    let branch = repo.git.branches.iter().find(|(_, tip)| tip.as_str() == sha).map(|(name, _)| name.clone());
    let runs = repo.latest_checks(sha).into_iter().filter(|r| r.app_id == app_id).count();
    let text = json!({
        "id": id,
        "node_id": node("CheckSuite", id),
        "head_branch": branch,
        "head_sha": sha,
        "status": "queued",
        "conclusion": null,
        "before": null,
        "after": sha,
        "created_at": time(world.now()),
        "updated_at": time(world.now()),
        "latest_check_runs_count": runs,
    });
    let more = json!({
        "url": own,
        "check_runs_url": format!("{own}/check-runs"),
        "app": app_by_id(world, app_id),
        "pull_requests": pulls(world, repo, sha),
        "head_commit": repo.git.commits.get(sha).map(|c| json!({
            "id": c.sha,
            "tree_id": c.tree_sha,
            "message": c.message,
            "timestamp": time(c.date),
            "author": { "name": c.author, "email": format!("{}@users.noreply.github.test", c.author) },
            "committer": { "name": c.author, "email": format!("{}@users.noreply.github.test", c.author) },
        })),
    });
    merged(text, more)
}
