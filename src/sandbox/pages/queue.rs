//! The page of a merge queue, and the forms that put pull requests into it and take them out.

use super::forms;
use super::frame::{Chrome, Visit, page, shown};
use super::view::{self, CheckView};
use crate::sandbox::refused::Refused;
use crate::sandbox::repo::Repo;
use crate::sandbox::shared::Shared;
use crate::sandbox::world::World;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use std::sync::Arc;

type Numbered = (String, String, u64);

struct GroupView {
    number: u64,
    title: String,
    by: String,
    when: String,
    branch: String,
    head: String,
    short: String,
    checks: Vec<CheckView>,
}

struct PastView {
    number: u64,
    title: String,
    reason: &'static str,
    head: String,
    short: String,
    when: String,
}

struct ReadyView {
    number: u64,
    title: String,
    by: String,
}

#[derive(Template)]
#[template(path = "sandbox/queue.html")]
struct QueuePage {
    chrome: Chrome,
    branch: String,
    rule: String,
    groups: Vec<GroupView>,
    ready: Vec<ReadyView>,
    past: Vec<PastView>,
}

fn title(repo: &Repo, number: u64) -> String {
    repo.issue(number).map(|issue| issue.title.clone()).unwrap_or_default()
}

pub(super) async fn queue(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, branch)): Path<(String, String, String)>,
) -> Response {
    shown(&shared, &visit, (&owner, &name), |world, repo| {
        let queue = repo.queues.get(&branch).ok_or_else(Refused::not_found)?;
        let group = |group: &crate::sandbox::queue::Group| GroupView {
            number: group.number,
            title: title(repo, group.number),
            by: group.by.clone(),
            when: view::when(group.at),
            branch: group.branch.clone(),
            short: view::short(&group.head),
            checks: view::checks(world, repo, &group.head, Some(&branch)),
            head: group.head.clone(),
        };
        let past = |past: &crate::sandbox::queue::Past| PastView {
            number: past.number,
            title: title(repo, past.number),
            reason: past.reason,
            short: view::short(&past.head),
            head: past.head.clone(),
            when: view::when(past.at),
        };
        let ready =
            |(number, by): &(u64, String)| ReadyView { number: *number, title: title(repo, *number), by: by.clone() };
        let rules = queue.rules;
        Ok(page(&QueuePage {
            chrome: Chrome::new(world, &visit, Some(repo), "queue", "Merge queue"),
            rule: if rules.least > 1 {
                format!("Merges {} together, or what is there after {} seconds.", rules.least, rules.patience)
            } else {
                "Merges each pull request as soon as its checks have passed.".to_owned()
            },
            groups: queue.groups.iter().map(group).collect(),
            ready: queue.when_ready.iter().map(ready).collect(),
            past: queue.past.iter().rev().take(10).map(past).collect(),
            branch,
        }))
    })
}

/// Into the queue now, or as soon as it may.
pub(super) async fn add(State(shared): State<Arc<Shared>>, visit: Visit, Path(at): Path<Numbered>) -> Response {
    forms::on_pull(&shared, &visit, &at, |world: &mut World, repo, who| {
        let found = world.repo(repo)?;
        let (_, pull) = found.pull(at.2)?;
        if found.blocked(&pull.base_ref, &pull.head_sha, crate::sandbox::repo::Role::Write).is_some() {
            return world.merge_when_ready(repo, at.2, who);
        }
        world.enqueue(repo, &[at.2], who).map(|_| ())
    })
}

pub(super) async fn remove(State(shared): State<Arc<Shared>>, visit: Visit, Path(at): Path<Numbered>) -> Response {
    forms::on_pull(&shared, &visit, &at, |world: &mut World, repo, who| world.dequeue(repo, at.2, who))
}
