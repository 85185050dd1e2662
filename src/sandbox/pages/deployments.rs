//! The page of deployments: environments, what was started, what waits and what it was told.

use super::forms::{Fields, Named, Numbered, act, field};
use super::frame::{Chrome, Visit, shown};
use super::view;
use crate::sandbox::actions::{Gate, WorkflowRun};
use crate::sandbox::repo::Repo;
use crate::sandbox::shared::Shared;
use crate::sandbox::world::World;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "sandbox/deployments.html")]
struct DeploymentsPage {
    chrome: Chrome,
    environments: Vec<EnvironmentRow>,
    refs: Vec<String>,
    runs: Vec<RunView>,
}

struct EnvironmentRow {
    name: String,
    rule: String,
}

struct RunView {
    id: u64,
    git_ref: String,
    sha: String,
    short: String,
    line: String,
    ended: bool,
    gates: Vec<GateView>,
}

struct GateView {
    environment: String,
    tone: &'static str,
    word: String,
    reports: Vec<ReportView>,
}

struct ReportView {
    who: String,
    what: &'static str,
    when: String,
    html: String,
}

fn gate_view(world: &World, repo: &Repo, run: &WorkflowRun, gate: &Gate) -> GateView {
    let app = world.app().map(|a| a.name.clone()).unwrap_or_default();
    let deployed = repo.deployments.get(&gate.deployment).and_then(|d| d.statuses.last()).map(|s| s.state.as_str());
    let (tone, word) = match (gate.state, run.conclusion.as_deref(), deployed) {
        ("waiting", Some("cancelled"), _) => ("bad", "✗ Cancelled".to_owned()),
        ("waiting", ..) => ("wait", format!("● Waiting for {app}")),
        ("rejected", ..) => ("bad", "✗ Rejected".to_owned()),
        (_, _, Some("success")) => ("good", "✓ Deployed".to_owned()),
        (_, _, Some("failure" | "error")) => ("bad", "✗ Failed".to_owned()),
        _ => ("wait", "● Deploying".to_owned()),
    };
    let report = |r: &crate::sandbox::actions::Report| ReportView {
        who: app.clone(),
        what: match r.state {
            Some("approved") => "approved",
            Some(_) => "rejected",
            None => "reported",
        },
        when: view::when(r.at),
        html: view::html(repo, &r.comment, false),
    };
    GateView {
        environment: gate.environment.clone(),
        tone,
        word,
        reports: gate.reports.iter().rev().map(report).collect(),
    }
}

pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name)): Path<Named>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| {
        let app = world.app().map(|a| a.name.clone()).unwrap_or_default();
        let environment = |e: &crate::sandbox::actions::Environment| EnvironmentRow {
            name: e.name.clone(),
            rule: if e.rule { format!("asks {app} first") } else { "open".to_owned() },
        };
        let run = |r: &WorkflowRun| RunView {
            id: r.id,
            git_ref: r.git_ref.clone(),
            short: view::short(&r.sha),
            sha: r.sha.clone(),
            line: format!("started by {}, attempt {}, {}", r.actor, r.attempt, view::when(r.created_at)),
            ended: r.status == "completed",
            gates: r.gates.iter().map(|g| gate_view(world, repo, r, g)).collect(),
        };
        Ok(super::frame::page(&DeploymentsPage {
            chrome: Chrome::new(world, &visit, Some(repo), "deployments", "Deployments"),
            environments: repo.environments.values().map(environment).collect(),
            refs: repo.git.tags.keys().rev().chain(repo.git.branches.keys()).cloned().collect(),
            runs: repo.runs.values().rev().map(run).collect(),
        }))
    })
}

pub(super) async fn start(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name)): Path<Named>,
    form: Fields,
) -> Response {
    let repo = format!("{owner}/{name}");
    act(&shared, &visit, &format!("/{repo}/deployments"), |world, who| {
        world.start_deploying(&repo, field(&form, "ref"), &[field(&form, "environment")], who).map(|_| ())
    })
}

pub(super) async fn cancel(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, run)): Path<Numbered>,
) -> Response {
    let repo = format!("{owner}/{name}");
    act(&shared, &visit, &format!("/{repo}/deployments"), |world, who| world.cancel_run(&repo, run, who))
}

pub(super) async fn rerun(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, run)): Path<Numbered>,
) -> Response {
    let repo = format!("{owner}/{name}");
    act(&shared, &visit, &format!("/{repo}/deployments"), |world, who| world.rerun(&repo, run, who))
}
