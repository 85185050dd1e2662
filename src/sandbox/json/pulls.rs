//! Pull requests as JSON.

use super::repos::repository;
use super::{account, association, diff_entry, labels, merged, node, time, time_or_null};
use super::{api, html};
use crate::sandbox::repo::{Issue, Pull, Repo};
use crate::sandbox::world::World;
use serde_json::{Value, json};

fn side(world: &World, repo: Option<&Repo>, owner: &str, name: &str, sha: &str) -> Value {
    json!({
        "label": format!("{owner}:{name}"),
        "ref": name,
        "sha": sha,
        "user": account(world, owner),
        "repo": repo.map(|r| repository(world, r)),
    })
}

/// A pull request as lists give it.
#[must_use]
pub fn pull_simple(world: &World, repo: &Repo, issue: &Issue, pull: &Pull) -> Value {
    let (api, html, number) = (api(world, repo), html(world, repo), issue.number);
    let own = format!("{api}/pulls/{number}");
    let talk = format!("{api}/issues/{number}");
    let people: Vec<_> = issue.assignees.iter().map(|a| account(world, a)).collect();
    let head_repo = pull.head_repo.and_then(|id| world.repos.get(&id));
    let has_role = repo.roles.contains_key(&issue.user);
    let text = json!({
        "id": pull.id,
        "node_id": node("PullRequest", pull.id),
        "number": number,
        "state": issue.state.name(),
        "locked": issue.locked,
        "title": issue.title,
        "user": account(world, &issue.user),
        "body": issue.body,
        "labels": labels(world, repo, issue),
        "milestone": null,
        "active_lock_reason": null,
        "created_at": time(issue.created_at),
        "updated_at": time(issue.updated_at),
        "closed_at": time_or_null(issue.closed_at),
        "merged_at": time_or_null(pull.merged.as_ref().map(|m| m.at)),
        "merge_commit_sha": pull.merged.as_ref().map(|m| m.sha.clone()),
        "assignee": people.first(),
        "assignees": people,
        "requested_reviewers": [],
        "requested_teams": [],
        "head": side(world, head_repo, &pull.head_owner, &pull.head_ref, &pull.head_sha),
        "base": side(world, Some(repo), &repo.owner, &pull.base_ref, &pull.base_sha),
        "author_association": association(world, &repo.owner, &issue.user, has_role),
        "auto_merge": null,
        "draft": pull.draft,
    });
    let statuses = format!("{api}/statuses/{}", pull.head_sha);
    let links = json!({
        "url": own,
        "html_url": format!("{html}/pull/{number}"),
        "diff_url": format!("{html}/pull/{number}.diff"),
        "patch_url": format!("{html}/pull/{number}.patch"),
        "issue_url": talk,
        "commits_url": format!("{own}/commits"),
        "review_comments_url": format!("{own}/comments"),
        "review_comment_url": format!("{api}/pulls/comments{{/number}}"),
        "comments_url": format!("{talk}/comments"),
        "statuses_url": statuses,
        "_links": {
            "self": { "href": own },
            "html": { "href": format!("{html}/pull/{number}") },
            "issue": { "href": talk },
            "comments": { "href": format!("{talk}/comments") },
            "review_comments": { "href": format!("{own}/comments") },
            "review_comment": { "href": format!("{api}/pulls/comments{{/number}}") },
            "commits": { "href": format!("{own}/commits") },
            "statuses": { "href": statuses },
        },
    });
    merged(text, links)
}

/// A pull request as `GET /pulls/{n}` and webhooks give it.
#[must_use]
pub fn pull(world: &World, repo: &Repo, issue: &Issue, pull: &Pull) -> Value {
    let (merge_base, commits) = repo.pull_range(pull);
    let head = repo.git.commits.get(&pull.head_sha);
    let changes = match (merge_base, head) {
        (Some(base), Some(head)) => repo.git.changes(&base.tree, &head.tree),
        _ => Vec::new(),
    };
    let count = |field: &str| -> u64 {
        let entries = changes.iter().take(300).map(|c| diff_entry(world, repo, c, &pull.head_sha));
        entries.filter_map(|e| e.get(field).and_then(Value::as_u64)).sum()
    };
    let blocked = repo.blocked(&pull.base_ref, &pull.head_sha, crate::sandbox::repo::Role::Write);
    let more = json!({
        "merged": pull.merged.is_some(),
        "mergeable": if pull.merged.is_some() { Value::Null } else { Value::Bool(true) },
        "rebaseable": pull.merged.is_none(),
        "mergeable_state": if pull.draft { "draft" } else if blocked.is_some() { "blocked" } else { "clean" },
        "merged_by": pull.merged.as_ref().map(|m| account(world, &m.by)),
        "comments": repo.comments_on(issue.number).len(),
        "review_comments": 0,
        "maintainer_can_modify": false,
        "commits": commits.len(),
        "additions": count("additions"),
        "deletions": count("deletions"),
        "changed_files": changes.len(),
    });
    merged(pull_simple(world, repo, issue, pull), more)
}

/// A pull request as check runs name it. Only for heads in the repository itself.
#[must_use]
pub fn pull_minimal(world: &World, repo: &Repo, issue: &Issue, pull: &Pull) -> Value {
    let api = api(world, repo);
    let own = json!({ "id": repo.id, "url": api, "name": repo.name });
    json!({
        "id": pull.id,
        "number": issue.number,
        "url": format!("{api}/pulls/{}", issue.number),
        "head": { "ref": pull.head_ref, "sha": pull.head_sha, "repo": own },
        "base": { "ref": pull.base_ref, "sha": pull.base_sha, "repo": own },
    })
}
