//! Issues. Lists contain pull requests too, as GitHub's do.

use super::super::json;
use super::super::refused::Refused;
use super::super::repo::State;
use super::super::verbs::{Fields, IssueEdit, NewIssue};
use super::auth;
use super::call::{Answer, Answered, Call, redirect};
use crate::ids::Timestamp;
use serde_json::Value;

pub(super) fn list(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let state = call.parameter("state").unwrap_or("open");
    let since = call.parameter("since").and_then(Timestamp::parse);
    let labels: Vec<&str> = call.parameter("labels").map(|l| l.split(',').collect()).unwrap_or_default();
    let creator = call.parameter("creator");
    let assignee = call.parameter("assignee").filter(|a| *a != "*");
    let mut all: Vec<_> = repo
        .issues
        .values()
        .filter(|i| i.hidden_for == 0)
        .filter(|i| state == "all" || i.state.name() == state)
        .filter(|i| creator.is_none_or(|c| i.user == c))
        .filter(|i| assignee.is_none_or(|a| i.assignees.iter().any(|l| l == a)))
        .filter(|i| since.is_none_or(|t| i.updated_at >= t.0))
        .filter(|i| labels.iter().all(|l| i.labels.contains(*l)))
        .collect();
    let sort = call.parameter("sort").unwrap_or("created");
    all.sort_by_key(|i| {
        let key = match sort {
            "updated" => i.updated_at,
            "comments" => i64::try_from(repo.comments_on(i.number).len()).unwrap_or(i64::MAX),
            _ => i.created_at,
        };
        (key, i.number)
    });
    if call.parameter("direction") != Some("asc") {
        all.reverse();
    }
    let (page, link) = call.page(all);
    let list = page.into_iter().map(|i| json::issue(call.world, repo, i)).collect();
    let mut answer = Answer::json(200, Value::Array(list));
    answer.headers.extend(link.map(|l| ("link", l)));
    Ok(answer)
}

fn shown(call: &Call<'_>, number: u64, status: u16) -> Answered {
    let repo = call.repo()?;
    Ok(Answer::json(status, json::issue(call.world, repo, repo.issue(number)?)))
}

pub(super) fn issue(call: &mut Call<'_>) -> Answered {
    let number = call.number("number")?;
    elsewhere(call, number).map_or_else(|| shown(call, number, 200), Ok)
}

/// A transferred issue is moved for good, for whoever may read it where it is now; for others it is not there.
/// Source: <https://docs.github.com/en/rest/issues/issues#get-an-issue>.
fn elsewhere(call: &Call<'_>, number: u64) -> Option<Answer> {
    let (id, there) = *call.repo().ok()?.transferred.get(&number)?;
    let target = call.world.repo_by_id(id).ok()?;
    let readable = auth::allowed(call.world, &call.caller, Some(target), &[("issues", "read")], false).is_ok();
    readable.then(|| redirect(&call.world.base, 301, &format!("/repositories/{id}/issues/{there}")))
}

fn assignees(call: &Call<'_>) -> Result<Option<Vec<String>>, Refused> {
    let one = call.text("assignee")?.map(|a| vec![a]);
    Ok(call.texts("assignees")?.or(one))
}

pub(super) fn create(call: &mut Call<'_>) -> Answered {
    let (repo, actor) = (call.repo_name(), call.actor());
    let title = match call.body.get("title") {
        Some(Value::Number(n)) => n.to_string(),
        _ => call.required("title")?,
    };
    let new = NewIssue {
        title,
        body: call.text("body")?,
        labels: call.texts("labels")?.unwrap_or_default(),
        assignees: assignees(call)?.unwrap_or_default(),
        kind: call.text("type")?,
        milestone: call.body.get("milestone").and_then(Value::as_u64),
    };
    let number = call.world.open_issue(&repo, &actor, &new)?;
    shown(call, number, 201)
}

pub(super) fn edit(call: &mut Call<'_>) -> Answered {
    let (repo, actor, number) = (call.repo_name(), call.actor(), call.number("number")?);
    if let Some(answer) = elsewhere(call, number) {
        return Ok(answer);
    }
    let state = match call.text("state")?.as_deref() {
        None => None,
        Some("open") => Some(State::Open),
        Some("closed") => Some(State::Closed),
        Some(_) => return Err(Refused::invalid("Issue", "state", "invalid")),
    };
    let edit = IssueEdit {
        title: call.text("title")?,
        body: call.text("body")?,
        state,
        state_reason: call.text("state_reason")?,
        fields: Fields { labels: call.texts("labels")?, assignees: assignees(call)?, kind: call.text("type")? },
    };
    call.world.edit_issue(&repo, number, &actor, &edit)?;
    shown(call, number, 200)
}
