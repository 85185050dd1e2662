//! Repositories, branches, protection, tags, releases, labels, roles and teams.

use super::super::json;
use super::super::refused::Refused;
use super::call::{Answer, Answered, Call};
use serde_json::{Value, json};

pub(super) fn repository(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    Ok(Answer::json(200, json::repository(call.world, repo)))
}

pub(super) fn branches(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let only = call.parameter("protected").map(|p| p == "true");
    let all =
        repo.git.branches.iter().filter(|(name, _)| only.is_none_or(|p| p == repo.protection.contains_key(*name)));
    let all = all.map(|(name, sha)| json::branch(call.world, repo, name, sha, false)).collect();
    Ok(call.list(all))
}

pub(super) fn branch(call: &mut Call<'_>) -> Answered {
    let (repo, name) = (call.repo()?, call.param("branch"));
    let sha = repo.git.branches.get(name).ok_or_else(|| Refused::new(404, "Branch not found"))?;
    Ok(Answer::json(200, json::branch(call.world, repo, name, sha, true)))
}

pub(super) fn protection(call: &mut Call<'_>) -> Answered {
    let (repo, name) = (call.repo()?, call.param("branch"));
    let found =
        repo.protection.get(name).filter(|p| !p.ruleset).ok_or_else(|| Refused::new(404, "Branch not protected"))?;
    Ok(Answer::json(200, json::protection(call.world, repo, name, found)))
}

pub(super) fn rules(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let rule = |p: &super::super::repo::Protection| {
        let checks: Vec<Value> = p
            .checks
            .iter()
            .map(|c| match c.app_id {
                Some(id) => json!({ "context": c.context, "integration_id": id }),
                None => json!({ "context": c.context }),
            })
            .collect();
        json!({
            "type": "required_status_checks",
            "parameters": {
                "required_status_checks": checks,
                "strict_required_status_checks_policy": p.strict,
                "do_not_enforce_on_create": false,
            },
            "ruleset_source_type": "Repository",
            "ruleset_source": repo.full_name(),
            "ruleset_id": repo.id,
        })
    };
    let all = repo.protection.get(call.param("branch")).filter(|p| p.ruleset).map(rule).into_iter().collect();
    Ok(call.list(all))
}

pub(super) fn tags(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let all = repo.git.tags.iter().rev().map(|(name, sha)| json::tag(call.world, repo, name, sha)).collect();
    Ok(call.list(all))
}

pub(super) fn releases(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let all = repo.releases.values().rev().map(|r| json::release(call.world, repo, r)).collect();
    Ok(call.list(all))
}

pub(super) fn release_by_tag(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let found =
        repo.releases.values().find(|r| r.tag == call.param("tag") && !r.draft).ok_or_else(Refused::not_found)?;
    Ok(Answer::json(200, json::release(call.world, repo, found)))
}

pub(super) fn labels(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let all = repo.labels.values().map(|l| json::label(call.world, repo, l)).collect();
    Ok(call.list(all))
}

pub(super) fn milestones(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    if !repo.has_issues {
        return Err(Refused::new(410, "Issues are disabled for this repo"));
    }
    let state = call.parameter("state").unwrap_or("open");
    let wanted = repo.milestones.values().filter(|m| state == "all" || m.state.name() == state);
    let all = wanted.map(|m| json::milestone(call.world, repo, m)).collect();
    Ok(call.list(all))
}

/// Bots are no collaborators: 404, as for a login that nobody has.
pub(super) fn permission(call: &mut Call<'_>) -> Answered {
    let (repo, login) = (call.repo()?, call.param("login"));
    let missing = || Refused::new(404, format!("{login} is not a user"));
    if !call.world.users.contains_key(login) || call.world.app_of_bot(login).is_some() {
        return Err(missing());
    }
    let role = call.world.role(repo, login);
    let (legacy, name) = role.map_or(("none", ""), |r| (r.legacy(), r.name()));
    let mut user = json::account(call.world, login);
    if let Some(map) = user.as_object_mut() {
        let at_least = |least| role.is_some_and(|r| r >= least);
        use super::super::repo::Role;
        let permissions = json!({
            "admin": at_least(Role::Admin),
            "maintain": at_least(Role::Maintain),
            "push": at_least(Role::Write),
            "triage": at_least(Role::Triage),
            "pull": at_least(Role::Read),
        });
        map.insert("permissions".to_owned(), permissions);
        map.insert("role_name".to_owned(), Value::String(name.to_owned()));
    }
    Ok(Answer::json(200, json!({ "permission": legacy, "role_name": name, "user": user })))
}

/// Who was given access; that everybody may read a public repository makes nobody one.
pub(super) fn collaborator(call: &mut Call<'_>) -> Answered {
    let (repo, login) = (call.repo()?, call.param("login"));
    let known = repo.owner == login || repo.roles.contains_key(login);
    if known { Ok(Answer::empty(204)) } else { Err(Refused::not_found()) }
}

pub(super) fn user_by_id(call: &mut Call<'_>) -> Answered {
    let id: Option<u64> = call.param("id").parse().ok();
    let user = call.world.users.values().find(|user| Some(user.id) == id).ok_or_else(Refused::not_found)?;
    let more = json!({
        "name": user.name,
        "company": null,
        "blog": "",
        "location": null,
        "email": null,
        "hireable": null,
        "bio": null,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": json::time(0),
        "updated_at": json::time(0),
    });
    Ok(Answer::json(200, json::merged(json::account(call.world, &user.login), more)))
}

pub(super) fn membership(call: &mut Call<'_>) -> Answered {
    let org = call.world.orgs.get(call.param("org")).ok_or_else(Refused::not_found)?;
    let team = org.teams.get(call.param("team")).ok_or_else(Refused::not_found)?;
    let login = call.param("login");
    let state = match (team.members.contains(login), team.invited.contains(login)) {
        (true, _) => "active",
        (false, true) => "pending",
        (false, false) => return Err(Refused::not_found()),
    };
    let url = format!("{}/organizations/{}/team/{}/memberships/{login}", call.world.base, org.id, team.id);
    Ok(Answer::json(200, json!({ "url": url, "role": "member", "state": state })))
}
