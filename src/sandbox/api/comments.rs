//! Comments on issues and pull requests.

use super::super::json;
use super::super::refused::Refused;
use super::call::{Answer, Answered, Call};
use crate::ids::Timestamp;

pub(super) fn list(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let number = call.number("number")?;
    repo.issue(number)?;
    let since = call.parameter("since").and_then(Timestamp::parse);
    let all = repo.comments_on(number).into_iter().filter(|c| since.is_none_or(|t| c.updated_at >= t.0));
    let all = all.map(|c| json::comment(call.world, repo, c)).collect();
    Ok(call.list(all))
}

fn shown(call: &Call<'_>, id: u64, status: u16) -> Answered {
    let repo = call.repo()?;
    let comment = repo.comments.get(&id).ok_or_else(Refused::not_found)?;
    Ok(Answer::json(status, json::comment(call.world, repo, comment)))
}

pub(super) fn comment(call: &mut Call<'_>) -> Answered {
    shown(call, call.number("id")?, 200)
}

pub(super) fn create(call: &mut Call<'_>) -> Answered {
    let (repo, actor, number) = (call.repo_name(), call.actor(), call.number("number")?);
    let body = call.required("body")?;
    let id = call.world.comment(&repo, number, &actor, &body)?;
    shown(call, id, 201)
}

pub(super) fn edit(call: &mut Call<'_>) -> Answered {
    let (repo, actor, id) = (call.repo_name(), call.actor(), call.number("id")?);
    let body = call.required("body")?;
    call.world.edit_comment(&repo, id, &actor, &body)?;
    shown(call, id, 200)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answered {
    let (repo, actor, id) = (call.repo_name(), call.actor(), call.number("id")?);
    call.world.delete_comment(&repo, id, &actor)?;
    Ok(Answer::empty(204))
}

pub(super) fn react(call: &mut Call<'_>) -> Answered {
    let (repo, actor, id) = (call.repo_name(), call.actor(), call.number("id")?);
    let content = call.required("content")?;
    if !["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"].contains(&content.as_str()) {
        return Err(Refused::invalid("Reaction", "content", "invalid"));
    }
    let new = call.world.react(&repo, id, &actor, &content)?;
    let comment = call.repo()?.comments.get(&id).ok_or_else(Refused::not_found)?;
    let given = comment.reactions.iter().find(|(_, login, c)| *login == actor && *c == content);
    let value = given.map(|r| json::reaction(call.world, r, call.world.now())).ok_or_else(Refused::not_found)?;
    Ok(Answer::json(if new { 201 } else { 200 }, value))
}
