//! Commit statuses and deployments.

use super::super::json;
use super::super::refused::Refused;
use super::call::{Answer, Answered, Call};

pub(super) fn combined_status(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let rev = call.param("ref");
    let commit = repo.git.resolve(rev).ok_or_else(|| Refused::new(422, format!("No commit found for SHA: {rev}")))?;
    let mut all = repo.latest_statuses(&commit.sha);
    all.reverse();
    let (page, link) = call.page(all.clone());
    let mut answer = Answer::json(200, json::combined_status(call.world, repo, &commit.sha, &all, &page));
    answer.headers.extend(link.map(|l| ("link", l)));
    Ok(answer)
}

/// The newest come first. `sha` is the commit that was recorded, `ref` the name that was asked for.
pub(super) fn deployments(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let (sha, git_ref, environment) = (call.parameter("sha"), call.parameter("ref"), call.parameter("environment"));
    let hits = repo
        .deployments
        .values()
        .rev()
        .filter(|d| sha.is_none_or(|s| d.sha == s))
        .filter(|d| git_ref.is_none_or(|r| d.git_ref == r))
        .filter(|d| environment.is_none_or(|e| d.environment == e));
    let all = hits.map(|d| json::deployment(call.world, repo, d)).collect();
    Ok(call.list(all))
}

pub(super) fn deployment_statuses(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let found = repo.deployments.get(&call.number("id")?).ok_or_else(Refused::not_found)?;
    let all = found.statuses.iter().rev().map(|s| json::deployment_status(call.world, repo, found, s)).collect();
    Ok(call.list(all))
}
