//! Workflow runs, environments, and the App's answer to a deployment that waits for it.

use super::super::json;
use super::super::refused::Refused;
use super::call::{Answer, Answered, Call};
use serde_json::json;

pub(super) fn run(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let run = repo.runs.get(&call.number("run")?).ok_or_else(Refused::not_found)?;
    Ok(Answer::json(200, json::workflow_run(call.world, repo, run)))
}

pub(super) fn environments(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let all: Vec<_> = repo.environments.values().map(|e| json::environment(call.world, repo, e)).collect();
    let total = all.len();
    let (page, link) = call.page(all);
    let mut answer = Answer::json(200, json!({ "total_count": total, "environments": page }));
    answer.headers.extend(link.map(|l| ("link", l)));
    Ok(answer)
}

pub(super) fn protection_rules(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let found = repo.environments.get(&call.param("environment").to_lowercase()).ok_or_else(Refused::not_found)?;
    Ok(Answer::json(200, json::protection_rules(call.world, found)))
}

pub(super) fn answer(call: &mut Call<'_>) -> Answered {
    let (repo, run) = (call.repo_name(), call.number("run")?);
    let environment = call.required("environment_name")?;
    let (state, comment) = (call.text("state")?, call.text("comment")?.unwrap_or_default());
    match call.world.answer_deployment(&repo, run, &environment, state.as_deref(), &comment) {
        Ok(()) => Ok(Answer::empty(204)),
        Err((refused, fault)) => {
            if fault {
                call.violations.push(refused.to_string());
            }
            Err(refused)
        }
    }
}
