//! Pages about the code: home, repository, tags, commits, comparisons, files.

use super::frame::{Chrome, Visit, page, see, shown};
use super::view::{self, CheckView, CommitView, FileView};
use crate::sandbox::git::Tree;
use crate::sandbox::refused::Refused;
use crate::sandbox::repo::{Repo, State as IssueState};
use crate::sandbox::shared::Shared;
use crate::sandbox::world::{Step, World};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::Arc;

type Named = (String, String);

struct RepoRow {
    name: String,
    description: String,
    pulls: usize,
    issues: usize,
}

struct DeliveryRow {
    tone: &'static str,
    status: String,
    what: String,
    when: String,
}

#[derive(Template)]
#[template(path = "sandbox/home.html")]
struct HomePage {
    chrome: Chrome,
    tour: Vec<Step>,
    repos: Vec<RepoRow>,
    deliveries: Vec<DeliveryRow>,
}

pub(super) async fn home(State(shared): State<Arc<Shared>>, visit: Visit) -> Response {
    let world = shared.world();
    let row = |r: &Repo| {
        let open =
            |pull: bool| r.issues.values().filter(move |i| i.state == IssueState::Open && i.pull.is_some() == pull);
        RepoRow {
            name: r.full_name(),
            description: r.description.clone(),
            pulls: open(true).count(),
            issues: open(false).count(),
        }
    };
    let deliveries = world.hooks.log.values().rev().take(20).map(|d| {
        let (tone, status) = match &d.outcome {
            None => ("wait", "waiting".to_owned()),
            Some(o) if (200..300).contains(&o.code) => ("good", format!("✓ {}", o.code)),
            Some(o) => ("bad", format!("✗ {}", o.status)),
        };
        let what = d.action.as_ref().map_or_else(|| d.event.clone(), |a| format!("{}.{a}", d.event));
        DeliveryRow { tone, status, what, when: view::when(d.at) }
    });
    page(&HomePage {
        chrome: Chrome::new(&world, &visit, None, "", "Stand-in GitHub"),
        tour: world.tour.clone(),
        repos: world.repos.values().map(row).collect(),
        deliveries: deliveries.collect(),
    })
}

struct BranchRow {
    name: String,
    sha: String,
    protected: bool,
    rule: String,
}

struct TagRow {
    name: String,
    sha: String,
    short: String,
    when: String,
}

fn branches(repo: &Repo) -> Vec<BranchRow> {
    let row = |(name, sha): (&String, &String)| {
        let rule = repo.protection.get(name).map(|p| {
            let names: Vec<_> = p.checks.iter().map(|c| c.context.clone()).collect();
            format!("requires {}", names.join(", "))
        });
        BranchRow { name: name.clone(), sha: sha.clone(), protected: rule.is_some(), rule: rule.unwrap_or_default() }
    };
    repo.git.branches.iter().map(row).collect()
}

fn tag_rows(repo: &Repo) -> Vec<TagRow> {
    let row = |(name, object): (&String, &String)| {
        let sha = repo.git.peel(object).to_owned();
        let at = repo.git.commits.get(&sha).map(|c| c.date).unwrap_or_default();
        TagRow { name: name.clone(), short: view::short(&sha), sha, when: view::when(at) }
    };
    repo.git.tags.iter().rev().map(row).collect()
}

#[derive(Template)]
#[template(path = "sandbox/repo.html")]
struct RepoPage {
    chrome: Chrome,
    description: String,
    branch: String,
    usual: String,
    tip: String,
    tip_short: String,
    tip_title: String,
    files: Vec<String>,
    readme: String,
    branches: Vec<BranchRow>,
    tags: Vec<TagRow>,
}

fn overview_at(world: &World, visit: &Visit, repo: &Repo, rev: &str) -> Result<Response, Refused> {
    let tip = repo.git.resolve(rev).ok_or_else(Refused::not_found)?;
    let readme = repo.git.text(&tip.sha, "README.md").unwrap_or_default();
    let row = view::commit(tip);
    Ok(page(&RepoPage {
        chrome: Chrome::new(world, visit, Some(repo), "code", &repo.full_name()),
        description: repo.description.clone(),
        branch: rev.to_owned(),
        usual: repo.default_branch.clone(),
        tip: row.sha,
        tip_short: row.short,
        tip_title: row.title,
        files: tip.tree.keys().take(1000).cloned().collect(),
        readme: view::html(repo, &readme, false),
        branches: branches(repo),
        tags: tag_rows(repo),
    }))
}

pub(super) async fn overview(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name)): Path<Named>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| overview_at(world, &visit, repo, &repo.default_branch))
}

pub(super) async fn tree(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, rev)): Path<(String, String, String)>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| overview_at(world, &visit, repo, &rev))
}

#[derive(Template)]
#[template(path = "sandbox/tags.html")]
struct TagsPage {
    chrome: Chrome,
    branches: Vec<String>,
    usual: String,
    tags: Vec<TagRow>,
    suggestion: String,
}

/// The version after the highest one that is tagged, as `v1.4.0`; empty where there is none.
fn next_version(repo: &Repo) -> String {
    let versions = repo.git.tags.keys().filter_map(|tag| semver::Version::parse(tag.strip_prefix('v')?).ok());
    versions.max().map(|last| format!("v{}.{}.0", last.major, last.minor + 1)).unwrap_or_default()
}

pub(super) async fn tags(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name)): Path<Named>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| {
        Ok(page(&TagsPage {
            chrome: Chrome::new(world, &visit, Some(repo), "tags", "Tags"),
            branches: repo.git.branches.keys().cloned().collect(),
            usual: repo.default_branch.clone(),
            tags: tag_rows(repo),
            suggestion: next_version(repo),
        }))
    })
}

pub(super) async fn release(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, tag)): Path<(String, String, String)>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |_, repo| {
        let commit = repo.git.resolve(&format!("tags/{tag}")).ok_or_else(Refused::not_found)?;
        Ok(see(&format!("/{}/commit/{}", repo.full_name(), commit.sha)))
    })
}

#[derive(Template)]
#[template(path = "sandbox/diff.html")]
pub(super) struct DiffPage {
    pub(super) chrome: Chrome,
    pub(super) heading: String,
    pub(super) line: String,
    pub(super) back: String,
    pub(super) back_word: String,
    pub(super) message: String,
    pub(super) commits: Vec<CommitView>,
    pub(super) checks: Vec<CheckView>,
    pub(super) files: Vec<FileView>,
}

pub(super) async fn commit(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, sha)): Path<(String, String, String)>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| {
        let found = repo.git.resolve(&sha).ok_or_else(Refused::not_found)?;
        let parent = found.parents.first().and_then(|p| repo.git.commits.get(p));
        let none = Tree::new();
        let row = view::commit(found);
        let (subject, rest) = found.message.split_once('\n').unwrap_or((&found.message, ""));
        Ok(page(&DiffPage {
            chrome: Chrome::new(world, &visit, Some(repo), "code", &row.title),
            heading: subject.to_owned(),
            line: format!("{} by {}, {}", row.short, found.author, view::when(found.date)),
            back: String::new(),
            back_word: String::new(),
            message: rest.trim().to_owned(),
            commits: Vec::new(),
            checks: view::checks(world, repo, &found.sha, None),
            files: view::files(&repo.git, parent.map_or(&none, |p| &p.tree), &found.tree),
        }))
    })
}

pub(super) async fn compare(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, spec)): Path<(String, String, String)>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| {
        let (base, head) = spec.split_once("...").ok_or_else(Refused::not_found)?;
        let start = repo.git.resolve(base).ok_or_else(Refused::not_found)?;
        let end = repo.git.resolve(head).ok_or_else(Refused::not_found)?;
        let middle = repo.git.merge_base(&start.sha, &end.sha).ok_or_else(Refused::not_found)?;
        let commits = repo.git.ahead(&start.sha, &end.sha);
        Ok(page(&DiffPage {
            chrome: Chrome::new(world, &visit, Some(repo), "code", &spec),
            heading: "Comparing changes".to_owned(),
            line: format!("{base} … {head}, {}", view::count(commits.len(), "commit")),
            back: String::new(),
            back_word: String::new(),
            message: String::new(),
            commits: commits.into_iter().map(view::commit).collect(),
            checks: Vec::new(),
            files: view::files(&repo.git, &middle.tree, &end.tree),
        }))
    })
}

#[derive(Template)]
#[template(path = "sandbox/blob.html")]
struct BlobPage {
    chrome: Chrome,
    path: String,
    rev: String,
    /// The YAML above a Markdown text, which GitHub does not render as one.
    front: String,
    html: String,
    lines: Vec<(usize, String)>,
}

pub(super) async fn blob(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, rev, path)): Path<(String, String, String, String)>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| {
        let text = repo.git.text(&rev, &path).ok_or_else(Refused::not_found)?;
        let markdown = path.to_ascii_lowercase().ends_with(".md");
        let parts = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
        let (front, body) = parts.unwrap_or(("", &text));
        Ok(page(&BlobPage {
            chrome: Chrome::new(world, &visit, Some(repo), "code", &path),
            front: front.to_owned(),
            html: if markdown { view::html(repo, body, false) } else { String::new() },
            lines: text.lines().enumerate().map(|(n, line)| (n + 1, line.to_owned())).collect(),
            path,
            rev,
        }))
    })
}

#[derive(Template)]
#[template(path = "sandbox/new.html")]
struct NewPage {
    chrome: Chrome,
    branch: String,
    path: String,
    value: String,
}

/// GitHub's "new file" page, which `?filename=` and `?value=` fill in beforehand.
pub(super) async fn new_file(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, branch)): Path<(String, String, String)>,
    Query(mut query): Query<BTreeMap<String, String>>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| {
        repo.git.branches.get(&branch).ok_or_else(Refused::not_found)?;
        Ok(page(&NewPage {
            chrome: Chrome::new(world, &visit, Some(repo), "code", "New file"),
            branch,
            path: query.remove("filename").unwrap_or_default(),
            value: query.remove("value").unwrap_or_default(),
        }))
    })
}
