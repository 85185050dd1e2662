//! The App about itself: installations, tokens, deliveries.

use super::super::json;
use super::super::refused::Refused;
use super::super::world::{Token, real_now};
use super::auth::Caller;
use super::call::{Answer, Answered, Call};
use crate::ids::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn app(call: &mut Call<'_>) -> Answered {
    let app = call.world.app()?;
    Ok(Answer::json(200, json::app(call.world, app)))
}

pub(super) fn installations(call: &mut Call<'_>) -> Answered {
    let all = call.world.installations.values().filter(|i| i.app_id == call.world.app_id);
    let all = all.map(|i| {
        let mut value = json::installation(call.world, i);
        // For this list alone, GitHub's description wants an account to be a user and an enterprise at once.
        let at = json::time(i.created_at);
        let more = json!({ "name": i.account, "slug": i.account, "created_at": at, "updated_at": at });
        if let Some(account) = value.get_mut("account") {
            *account = json::merged(account.take(), more);
        }
        value
    });
    Ok(call.list(all.collect()))
}

pub(super) fn installation(call: &mut Call<'_>) -> Answered {
    let found = call.world.installations.get(&call.number("id")?).ok_or_else(Refused::not_found)?;
    Ok(Answer::json(200, json::installation(call.world, found)))
}

pub(super) fn repository_installation(call: &mut Call<'_>) -> Answered {
    let found = call.world.installation_of(call.repo()?).ok_or_else(Refused::not_found)?;
    Ok(Answer::json(200, json::installation(call.world, found)))
}

pub(super) fn token(call: &mut Call<'_>) -> Answered {
    let id = call.number("id")?;
    let found = call.world.installations.get(&id).ok_or_else(Refused::not_found)?;
    if found.suspended_at.is_some() {
        return Err(Refused::new(403, "This installation has been suspended"));
    }
    let mut permissions = found.permissions.clone();
    if let Some(Value::Object(wanted)) = call.body.get("permissions") {
        permissions = narrowed(&permissions, wanted)?;
    }
    let chosen = chosen(call)?;
    let found = call.world.installations.get(&id).ok_or_else(Refused::not_found)?;
    let mut repositories = found.repositories.clone();
    if let Some(chosen) = chosen {
        let reached = |id: &u64| call.world.repos.get(id).is_some_and(|r| found.reaches(r));
        if !chosen.iter().all(reached) {
            let text =
                "There is at least one repository that does not exist or is not accessible to the parent installation.";
            return Err(Refused::new(422, text));
        }
        repositories = Some(chosen);
    }
    let selection = if repositories.is_some() { "selected" } else { "all" };
    let expires_at = real_now() + 3600;
    let (app, serial) = (call.world.app_id, call.world.id());
    let text = format!("ghs_{app}_{serial:036}");
    let token = Token { installation: id, repositories, permissions: permissions.clone(), expires_at };
    call.world.tokens.insert(text.clone(), token);
    Ok(Answer::json(
        201,
        json!({
            "token": text,
            "expires_at": Timestamp(expires_at).rfc3339(),
            "permissions": permissions,
            "repository_selection": selection,
        }),
    ))
}

fn narrowed(
    given: &BTreeMap<String, String>,
    wanted: &Map<String, Value>,
) -> Result<BTreeMap<String, String>, Refused> {
    let mut out = BTreeMap::new();
    for (name, level) in wanted {
        let level = level.as_str().unwrap_or_default();
        let enough = match given.get(name).map(String::as_str) {
            Some("write") => level == "read" || level == "write",
            Some("read") => level == "read",
            _ => false,
        };
        if !enough {
            return Err(Refused::new(422, "The permissions requested are not granted to this installation."));
        }
        out.insert(name.clone(), level.to_owned());
    }
    out.insert("metadata".to_owned(), "read".to_owned());
    Ok(out)
}

fn chosen(call: &Call<'_>) -> Result<Option<BTreeSet<u64>>, Refused> {
    if let Some(Value::Array(ids)) = call.body.get("repository_ids") {
        return Ok(Some(ids.iter().filter_map(Value::as_u64).collect()));
    }
    let Some(names) = call.texts("repositories")? else { return Ok(None) };
    let ids = names.iter().map(|n| call.world.repos.values().find(|r| r.name == *n).map_or(0, |r| r.id));
    Ok(Some(ids.collect()))
}

pub(super) fn repositories(call: &mut Call<'_>) -> Answered {
    let Caller::Installation(token) = &call.caller else {
        return Err(Refused::new(403, "You must authenticate with an installation access token"));
    };
    let installation = call.world.installations.get(&token.installation).ok_or_else(Refused::not_found)?;
    let reached = call
        .world
        .repos
        .values()
        .filter(|r| installation.reaches(r) && token.repositories.as_ref().is_none_or(|set| set.contains(&r.id)));
    let all: Vec<_> = reached.map(|r| json::repository(call.world, r)).collect();
    let (total, (page, link)) = (all.len(), call.page(all));
    let selection = if token.repositories.is_some() { "selected" } else { "all" };
    let body = json!({ "total_count": total, "repository_selection": selection, "repositories": page });
    let mut answer = Answer::json(200, body);
    answer.headers.extend(link.map(|l| ("link", l)));
    Ok(answer)
}

pub(super) fn rate_limit(_: &mut Call<'_>) -> Answered {
    let limit = |n: u64| json!({ "limit": n, "used": 1, "remaining": n - 1, "reset": real_now() + 3600 });
    let resources = json!({ "core": limit(5000), "search": limit(30), "graphql": limit(5000) });
    Ok(Answer::json(200, json!({ "resources": resources, "rate": limit(5000) })))
}

/// The secret is never told: stars where there is one.
pub(super) fn hook_config(call: &mut Call<'_>) -> Answered {
    let hooks = &call.world.hooks;
    let mut config = json!({
        "content_type": if hooks.form { "form" } else { "json" },
        "insecure_ssl": if hooks.insecure_ssl { "1" } else { "0" },
    });
    if let Some(map) = config.as_object_mut() {
        map.extend(hooks.url.clone().map(|url| ("url".to_owned(), Value::String(url))));
        if !call.world.app()?.webhook_secret.is_empty() {
            map.insert("secret".to_owned(), Value::String("********".to_owned()));
        }
    }
    Ok(Answer::json(200, config))
}

/// A delivery as the log lists it; those that wait are not in the log yet.
fn listed(delivery: &super::super::hooks::Delivery) -> Option<Value> {
    let outcome = delivery.outcome.as_ref()?;
    Some(json!({
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": json::time(delivery.at),
        "redelivery": delivery.redelivery,
        "duration": outcome.duration,
        "status": outcome.status,
        "status_code": outcome.code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation,
        "repository_id": delivery.repository,
        "throttled_at": null,
    }))
}

pub(super) fn deliveries(call: &mut Call<'_>) -> Answered {
    let (_, size) = call.page_size(30);
    let before = call.parameter("cursor").and_then(|c| c.parse::<u64>().ok()).unwrap_or(u64::MAX);
    let failed_only = call.parameter("status") == Some("failure");
    let mut all = call.world.hooks.log.range(..before).rev().filter_map(|(id, d)| Some((*id, listed(d)?, d)));
    let mut page = Vec::new();
    let mut last = 0;
    let mut more = false;
    for (id, value, delivery) in all.by_ref() {
        let code = delivery.outcome.as_ref().map_or(0, |o| o.code);
        if failed_only && !(400..600).contains(&code) {
            continue;
        }
        if page.len() == size {
            more = true;
            break;
        }
        last = id;
        page.push(value);
    }
    let mut answer = Answer::json(200, Value::Array(page));
    if more {
        let base = &call.world.base;
        let link = format!("<{base}/app/hook/deliveries?per_page={size}&cursor={last}>; rel=\"next\"");
        answer.headers.push(("link", link));
    }
    Ok(answer)
}

pub(super) fn delivery(call: &mut Call<'_>) -> Answered {
    let found = call.world.hooks.log.get(&call.number("id")?).ok_or_else(Refused::not_found)?;
    let listed = listed(found).ok_or_else(Refused::not_found)?;
    let payload: Value = serde_json::from_str(&found.body).unwrap_or(Value::Null);
    let response = found.outcome.as_ref().map(|o| o.response.clone());
    let more = json!({
        "url": call.world.hooks.url.clone().unwrap_or_default(),
        "request": {
            "headers": { "X-GitHub-Delivery": found.guid, "X-GitHub-Event": found.event },
            "payload": payload,
        },
        "response": { "headers": {}, "payload": response },
    });
    Ok(Answer::json(200, json::merged(listed, more)))
}

pub(super) fn redeliver(call: &mut Call<'_>) -> Answered {
    let id = call.number("id")?;
    call.world.redeliver(id)?;
    Ok(Answer::json(202, json!({})))
}
