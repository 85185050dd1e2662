//! Issues, comments, labels and reactions as JSON.

use super::{account, app_by_id, association, merged, node, reactions, time, time_or_null, via_app};
use super::{api, html};
use crate::sandbox::repo::{Comment, Issue, Label, Milestone, Repo, State};
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// A label.
#[must_use]
pub fn label(world: &World, repo: &Repo, label: &Label) -> Value {
    json!({
        "id": label.id,
        "node_id": node("Label", label.id),
        "url": format!("{}/labels/{}", api(world, repo), label.name.replace(' ', "%20")),
        "name": label.name,
        "color": label.color,
        "default": false,
        "description": label.description,
    })
}

/// A milestone.
#[must_use]
pub fn milestone(world: &World, repo: &Repo, milestone: &Milestone) -> Value {
    let (api, html, number) = (api(world, repo), html(world, repo), milestone.number);
    let of = |state: State| repo.issues.values().filter(|i| i.milestone == Some(number) && i.state == state).count();
    json!({
        "url": format!("{api}/milestones/{number}"),
        "html_url": format!("{html}/milestone/{number}"),
        "labels_url": format!("{api}/milestones/{number}/labels"),
        "id": milestone.id,
        "node_id": node("Milestone", milestone.id),
        "number": number,
        "title": milestone.title,
        "description": null,
        "creator": account(world, &milestone.creator),
        "open_issues": of(State::Open),
        "closed_issues": of(State::Closed),
        "state": milestone.state.name(),
        "created_at": time(milestone.created_at),
        "updated_at": time(milestone.created_at),
        "due_on": null,
        "closed_at": null,
    })
}

/// The labels of an issue.
#[must_use]
pub fn labels(world: &World, repo: &Repo, issue: &Issue) -> Vec<Value> {
    issue.labels.iter().filter_map(|name| repo.labels.get(name)).map(|l| label(world, repo, l)).collect()
}

/// An issue, or a pull request seen as one.
#[must_use]
pub fn issue(world: &World, repo: &Repo, issue: &Issue) -> Value {
    let (api, html, number) = (api(world, repo), html(world, repo), issue.number);
    let own = format!("{api}/issues/{number}");
    let people: Vec<_> = issue.assignees.iter().map(|a| account(world, a)).collect();
    let page = if issue.pull.is_some() { "pull" } else { "issues" };
    let has_role = repo.roles.contains_key(&issue.user);
    let text = json!({
        "id": issue.id,
        "node_id": node("Issue", issue.id),
        "number": number,
        "title": issue.title,
        "body": issue.body,
        "user": account(world, &issue.user),
        "labels": labels(world, repo, issue),
        "state": issue.state.name(),
        "state_reason": issue.state_reason,
        "locked": issue.locked,
        "active_lock_reason": null,
        "assignee": people.first(),
        "assignees": people,
        "milestone": issue.milestone.and_then(|n| repo.milestones.get(&n)).map(|m| milestone(world, repo, m)),
        "comments": repo.comments_on(number).len(),
        "created_at": time(issue.created_at),
        "updated_at": time(issue.updated_at),
        "closed_at": time_or_null(issue.closed_at),
        "author_association": association(world, &repo.owner, &issue.user, has_role),
        "performed_via_github_app": via_app(world, &issue.user),
        "type": issue.kind.as_ref().map(|name| json!({ "id": 1, "node_id": "IT_1", "name": name, "description": null })),
    });
    let links = json!({
        "url": own,
        "repository_url": api,
        "labels_url": format!("{own}/labels{{/name}}"),
        "comments_url": format!("{own}/comments"),
        "events_url": format!("{own}/events"),
        "timeline_url": format!("{own}/timeline"),
        "html_url": format!("{html}/{page}/{number}"),
        "reactions": reactions(&own, &[]),
        "closed_by": issue.closed_by.as_ref().map(|login| account(world, login)),
        "sub_issues_summary": { "total": 0, "completed": 0, "percent_completed": 0 },
        "issue_dependencies_summary": { "blocked_by": 0, "blocking": 0, "total_blocked_by": 0, "total_blocking": 0 },
    });
    let mut value = merged(text, links);
    if let (Some(pull), Some(map)) = (&issue.pull, value.as_object_mut()) {
        let link = json!({
            "url": format!("{api}/pulls/{number}"),
            "html_url": format!("{html}/pull/{number}"),
            "diff_url": format!("{html}/pull/{number}.diff"),
            "patch_url": format!("{html}/pull/{number}.patch"),
            "merged_at": time_or_null(pull.merged.as_ref().map(|m| m.at)),
        });
        map.insert("pull_request".to_owned(), link);
        map.insert("draft".to_owned(), Value::Bool(pull.draft));
    }
    value
}

/// A comment.
#[must_use]
pub fn comment(world: &World, repo: &Repo, comment: &Comment) -> Value {
    let (api, html) = (api(world, repo), html(world, repo));
    let own = format!("{api}/issues/comments/{}", comment.id);
    let pull = repo.issues.get(&comment.number).is_some_and(|i| i.pull.is_some());
    let page = if pull { "pull" } else { "issues" };
    let has_role = repo.roles.contains_key(&comment.user);
    json!({
        "id": comment.id,
        "node_id": node("IssueComment", comment.id),
        "url": own,
        "html_url": format!("{html}/{page}/{}#issuecomment-{}", comment.number, comment.id),
        "issue_url": format!("{api}/issues/{}", comment.number),
        "user": account(world, &comment.user),
        "created_at": time(comment.created_at),
        "updated_at": time(comment.updated_at),
        "author_association": association(world, &repo.owner, &comment.user, has_role),
        "body": comment.body,
        "reactions": reactions(&own, &comment.reactions),
        "performed_via_github_app": match comment.app {
            Some(app) => app_by_id(world, app),
            None => via_app(world, &comment.user),
        },
    })
}

/// A reaction, of which the comment keeps (id, login, content).
#[must_use]
pub fn reaction(world: &World, (id, login, content): &(u64, String, String), at: i64) -> Value {
    json!({
        "id": id,
        "node_id": node("Reaction", *id),
        "user": account(world, login),
        "content": content,
        "created_at": time(at),
    })
}
