//! Pull requests.

use super::super::json;
use super::super::refused::Refused;
use super::super::repo::State;
use super::super::verbs::Method;
use super::call::{Answer, Answered, Call};
use serde_json::{Value, json};

pub(super) fn list(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let state = call.parameter("state").unwrap_or("open");
    let (base, head) = (call.parameter("base"), call.parameter("head"));
    let mut all: Vec<_> = repo
        .pulls()
        .filter(|(i, _)| state == "all" || i.state.name() == state)
        .filter(|(_, p)| base.is_none_or(|b| p.base_ref == b))
        // GitHub ignores a head without an owner.
        .filter(|(_, p)| {
            let named = head.and_then(|h| h.split_once(':'));
            named.is_none_or(|(owner, branch)| p.head_owner == owner && p.head_ref == branch)
        })
        .collect();
    let by_update = call.parameter("sort") == Some("updated");
    let ascending = call.parameter("direction") == Some("asc");
    all.sort_by_key(|(i, _)| (if by_update { i.updated_at } else { i.created_at }, i.number));
    if !ascending {
        all.reverse();
    }
    let (page, link) = call.page(all);
    let list = page.into_iter().map(|(i, p)| json::pull_simple(call.world, repo, i, p)).collect();
    let mut answer = Answer::json(200, Value::Array(list));
    answer.headers.extend(link.map(|l| ("link", l)));
    Ok(answer)
}

pub(super) fn pull(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let (issue, pull) = repo.pull(call.number("number")?)?;
    Ok(Answer::json(200, json::pull(call.world, repo, issue, pull)))
}

/// The files of a pull request, by page; never more than 3,000.
pub(super) fn files(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let (_, pull) = repo.pull(call.number("number")?)?;
    let (base, _) = repo.pull_range(pull);
    let head = repo.git.commits.get(&pull.head_sha);
    let mut changes = match (base, head) {
        (Some(base), Some(head)) => repo.git.changes(&base.tree, &head.tree),
        _ => Vec::new(),
    };
    changes.truncate(3000);
    let (page, link) = call.page(changes);
    let list = page.iter().map(|c| json::diff_entry(call.world, repo, c, &pull.head_sha)).collect();
    let mut answer = Answer::json(200, Value::Array(list));
    answer.headers.extend(link.map(|l| ("link", l)));
    Ok(answer)
}

pub(super) fn commits(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let (_, pull) = repo.pull(call.number("number")?)?;
    let (_, mut commits) = repo.pull_range(pull);
    commits.sort_by_key(|c| c.order);
    let all = commits.into_iter().take(250).map(|c| json::commit(call.world, repo, c)).collect();
    Ok(call.list(all))
}

pub(super) fn merge(call: &mut Call<'_>) -> Answered {
    let (repo, number, actor) = (call.repo_name(), call.number("number")?, call.actor());
    let (issue, pull) = call.repo()?.pull(number)?;
    if issue.state == State::Closed {
        return Err(Refused::new(405, "Pull Request is not mergeable"));
    }
    if call.text("sha")?.is_some_and(|sha| sha != pull.head_sha) {
        return Err(Refused::new(409, "Head branch was modified. Review and try the merge again."));
    }
    let method = match call.text("merge_method")?.as_deref() {
        None | Some("merge") => Method::Merge,
        Some("squash") => Method::Squash,
        Some("rebase") => Method::Rebase,
        Some(_) => return Err(Refused::invalid("PullRequest", "merge_method", "invalid")),
    };
    let sha = call.world.merge_pull_request(&repo, number, &actor, method)?;
    Ok(Answer::json(200, json!({ "sha": sha, "merged": true, "message": "Pull Request successfully merged" })))
}
