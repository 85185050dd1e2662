//! Pages about the talk: issues, pull requests, check runs.

use super::frame::{Chrome, Visit, page, see, shown};
use super::repo::DiffPage;
use super::view::{self, CheckView, CommentView, CommitView};
use crate::sandbox::git::object_id;
use crate::sandbox::refused::Refused;
use crate::sandbox::repo::{Issue, Repo, Role, State as IssueState};
use crate::sandbox::shared::Shared;
use crate::sandbox::world::World;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

type Named = (String, String);
type Numbered = (String, String, u64);

struct Row {
    number: u64,
    title: String,
    link: String,
    state: &'static str,
    tone: &'static str,
    user: String,
    boxes: String,
    labels: Vec<String>,
    when: String,
}

#[derive(Template)]
#[template(path = "sandbox/list.html")]
struct ListPage {
    chrome: Chrome,
    heading: &'static str,
    rows: Vec<Row>,
}

/// (word, tone) of an issue or pull request.
fn state_of(issue: &Issue) -> (&'static str, &'static str) {
    let merged = issue.pull.as_ref().is_some_and(|p| p.merged.is_some());
    match (issue.state, merged) {
        (IssueState::Open, _) => ("Open", "good"),
        (IssueState::Closed, true) => ("Merged", "calm"),
        (IssueState::Closed, false) => ("Closed", "calm"),
    }
}

fn list(world: &World, visit: &Visit, repo: &Repo, pulls: bool) -> Response {
    let (tab, heading, folder) =
        if pulls { ("pulls", "Pull requests", "pull") } else { ("issues", "Issues", "issues") };
    let row = |i: &Issue| {
        let (state, tone) = state_of(i);
        Row {
            number: i.number,
            title: i.title.clone(),
            link: format!("/{}/{folder}/{}", repo.full_name(), i.number),
            state,
            tone,
            user: i.user.clone(),
            boxes: view::progress(i.body.as_deref().unwrap_or_default()),
            labels: i.labels.iter().cloned().collect(),
            when: view::when(i.updated_at),
        }
    };
    let mut all: Vec<_> = repo.issues.values().rev().filter(|i| i.pull.is_some() == pulls).collect();
    all.sort_by_key(|i| i.state == IssueState::Closed);
    let chrome = Chrome::new(world, visit, Some(repo), tab, heading);
    page(&ListPage { chrome, heading, rows: all.into_iter().map(row).collect() })
}

pub(super) async fn issues(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name)): Path<Named>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| Ok(list(world, &visit, repo, false)))
}

pub(super) async fn pulls(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name)): Path<Named>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| Ok(list(world, &visit, repo, true)))
}

#[derive(Template)]
#[template(path = "sandbox/issue.html")]
struct IssuePage {
    chrome: Chrome,
    number: u64,
    title: String,
    state: &'static str,
    tone: &'static str,
    user: String,
    when: String,
    boxes: String,
    html: String,
    source: String,
    digest: String,
    action: String,
    open: bool,
    may_edit: bool,
    labels: Vec<String>,
    assignees: Vec<String>,
    comments: Vec<CommentView>,
}

pub(super) async fn issue(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, number)): Path<Numbered>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| {
        let issue = repo.issue(number)?;
        if issue.pull.is_some() {
            return Ok(see(&format!("/{}/pull/{number}", repo.full_name())));
        }
        let body = issue.body.clone().unwrap_or_default();
        let who = visit.login(world);
        let may_edit = issue.user == who || world.require(repo, &who, Role::Triage).is_ok();
        let (state, tone) = state_of(issue);
        Ok(page(&IssuePage {
            chrome: Chrome::new(world, &visit, Some(repo), "issues", &issue.title),
            number,
            title: issue.title.clone(),
            state,
            tone,
            user: issue.user.clone(),
            when: view::when(issue.created_at),
            boxes: view::progress(&body),
            html: view::html(repo, &body, may_edit),
            digest: object_id("body", body.as_bytes()),
            source: body,
            action: format!("/_sandbox/{}/issues/{number}", repo.full_name()),
            open: issue.state == IssueState::Open,
            may_edit,
            labels: issue.labels.iter().cloned().collect(),
            assignees: issue.assignees.clone(),
            comments: view::comments(repo, number),
        }))
    })
}

#[derive(Template)]
#[template(path = "sandbox/pull.html")]
struct PullPage {
    chrome: Chrome,
    number: u64,
    title: String,
    state: &'static str,
    tone: &'static str,
    user: String,
    when: String,
    base: String,
    head: String,
    head_sha: String,
    head_short: String,
    files: usize,
    html: String,
    comments: Vec<CommentView>,
    commits: Vec<CommitView>,
    checks: Vec<CheckView>,
    verdict: &'static str,
    verdict_tone: &'static str,
    blocked: String,
    open: bool,
    merged: bool,
    queue: Option<InQueue>,
    action: String,
    labels: Vec<String>,
}

/// How a pull request stands to the merge queue of its base.
struct InQueue {
    queued: bool,
    asked: bool,
}

fn button(action: &Value) -> Button {
    let text = |field: &str| action.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    Button { label: text("label"), description: text("description"), identifier: text("identifier") }
}

fn verdict(checks: &[CheckView]) -> (&'static str, &'static str) {
    if checks.is_empty() {
        ("No checks yet", "calm")
    } else if checks.iter().any(|c| c.tone == "bad") {
        ("Some checks were not successful", "bad")
    } else if checks.iter().any(|c| c.tone == "wait") {
        ("Some checks are waiting", "wait")
    } else {
        ("All checks have passed", "good")
    }
}

pub(super) async fn pull(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, number)): Path<Numbered>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| {
        let (issue, pull) = repo.pull(number)?;
        let (middle, commits) = repo.pull_range(pull);
        let head = repo.git.commits.get(&pull.head_sha);
        let files = middle.zip(head).map_or(0, |(m, h)| repo.git.changes(&m.tree, &h.tree).len());
        let checks = view::checks(world, repo, &pull.head_sha, Some(&pull.base_ref));
        let (verdict, verdict_tone) = verdict(&checks);
        let (state, tone) = state_of(issue);
        let who = visit.login(world);
        let role = world.role(repo, &who).unwrap_or(Role::Read);
        let own = pull.head_owner == repo.owner;
        let queue = repo.queues.get(&pull.base_ref);
        Ok(page(&PullPage {
            chrome: Chrome::new(world, &visit, Some(repo), "pulls", &issue.title),
            number,
            title: issue.title.clone(),
            state,
            tone,
            user: issue.user.clone(),
            when: view::when(issue.created_at),
            base: pull.base_ref.clone(),
            head: if own { pull.head_ref.clone() } else { format!("{}:{}", pull.head_owner, pull.head_ref) },
            head_short: view::short(&pull.head_sha),
            head_sha: pull.head_sha.clone(),
            files,
            html: view::html(repo, issue.body.as_deref().unwrap_or_default(), false),
            comments: view::comments(repo, number),
            commits: commits.into_iter().map(view::commit).collect(),
            checks,
            verdict,
            verdict_tone,
            blocked: repo.blocked(&pull.base_ref, &pull.head_sha, role).unwrap_or_default(),
            open: issue.state == IssueState::Open,
            merged: pull.merged.is_some(),
            queue: queue.map(|queue| InQueue {
                queued: queue.groups.iter().any(|group| group.number == number),
                asked: queue.when_ready.iter().any(|(asked, _)| *asked == number),
            }),
            action: format!("/_sandbox/{}/issues/{number}", repo.full_name()),
            labels: issue.labels.iter().cloned().collect(),
        }))
    })
}

pub(super) async fn files(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, number)): Path<Numbered>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| {
        let (issue, pull) = repo.pull(number)?;
        let middle = repo.pull_range(pull).0.ok_or_else(Refused::not_found)?;
        let head = repo.git.commits.get(&pull.head_sha).ok_or_else(Refused::not_found)?;
        let files = view::files(&repo.git, &middle.tree, &head.tree);
        Ok(page(&DiffPage {
            chrome: Chrome::new(world, &visit, Some(repo), "pulls", &issue.title),
            heading: issue.title.clone(),
            line: format!("#{number} · {} changed", view::count(files.len(), "file")),
            back: format!("/{}/pull/{number}", repo.full_name()),
            back_word: "Conversation".to_owned(),
            message: String::new(),
            commits: Vec::new(),
            checks: Vec::new(),
            files,
        }))
    })
}

struct Note {
    level: String,
    tone: &'static str,
    place: String,
    link: String,
    title: String,
    message: String,
}

#[derive(Template)]
#[template(path = "sandbox/run.html")]
struct RunPage {
    chrome: Chrome,
    id: u64,
    name: String,
    icon: &'static str,
    word: &'static str,
    tone: &'static str,
    sha: String,
    short: String,
    app: String,
    details: String,
    title: String,
    summary: String,
    text: String,
    annotations: Vec<Note>,
    buttons: Vec<Button>,
}

struct Button {
    label: String,
    description: String,
    identifier: String,
}

pub(super) async fn run(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, id)): Path<Numbered>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| {
        let run = repo.check_runs.get(&id).ok_or_else(Refused::not_found)?;
        let (icon, word, tone) = view::state_of(run);
        let note = |value: &Value| {
            let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (path, line) = (text("path"), value.get("start_line").and_then(Value::as_u64).unwrap_or(1));
            let level = text("annotation_level");
            Note {
                tone: if level == "failure" { "bad" } else { "wait" },
                level,
                link: format!("/{}/blob/{}/{path}#L{line}", repo.full_name(), run.head_sha),
                place: format!("{path}:{line}"),
                title: text("title"),
                message: text("message"),
            }
        };
        Ok(page(&RunPage {
            chrome: Chrome::new(world, &visit, Some(repo), "pulls", &run.name),
            id,
            name: run.name.clone(),
            icon,
            word,
            tone,
            sha: run.head_sha.clone(),
            short: view::short(&run.head_sha),
            app: world.apps.get(&run.app_id).map(|a| a.name.clone()).unwrap_or_default(),
            details: view::local(world, run.details_url.as_deref().unwrap_or_default()),
            title: run.output.title.clone().unwrap_or_default(),
            summary: view::html(repo, run.output.summary.as_deref().unwrap_or_default(), false),
            text: view::html(repo, run.output.text.as_deref().unwrap_or_default(), false),
            annotations: run.output.annotations.iter().map(note).collect(),
            // GitHub shows them once the run has ended.
            buttons: run.actions.iter().filter(|_| run.status == "completed").map(button).collect(),
        }))
    })
}
