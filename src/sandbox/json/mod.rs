//! The shapes of GitHub's JSON, shared by the API's answers and the webhooks' payloads.
//!
//! Functions from the world to a [`Value`], with every field that GitHub's OpenAPI description requires. They change nothing.

mod actions;
mod checks;
mod evidence;
mod git;
mod issues;
mod pulls;
mod repos;

pub use actions::{environment, protection_rules, workflow_run};
pub use checks::{check_run, check_suite};
pub use evidence::{combined_status, commit_status, deployment, deployment_status};
pub use git::{commit, compare, content_file, diff_entry, git_ref, git_tag, push_commit};
pub use issues::{comment, issue, label, labels, milestone, reaction};
pub use pulls::{pull, pull_minimal, pull_simple};
pub use repos::{branch, protection, release, repository, tag};

use super::repo::Repo;
use super::world::{App, Installation, World};
use crate::ids::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// A time as the API writes it.
#[must_use]
pub fn time(at: i64) -> Value {
    Value::String(Timestamp(at).rfc3339())
}

/// A time, or null.
#[must_use]
pub fn time_or_null(at: Option<i64>) -> Value {
    at.map_or(Value::Null, time)
}

/// GitHub's opaque global id.
#[must_use]
pub fn node(kind: &str, id: u64) -> Value {
    Value::String(STANDARD.encode(format!("{kind}{id}")))
}

/// Two objects as one; the second wins.
#[must_use]
pub fn merged(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut a), Value::Object(b)) => {
            a.extend(b);
            Value::Object(a)
        }
        (_, other) => other,
    }
}

/// An object of addresses that share a beginning.
fn urls(start: &str, ends: &[(&str, &str)]) -> Value {
    let map: Map<_, _> =
        ends.iter().map(|(key, end)| ((*key).to_owned(), Value::String(format!("{start}{end}")))).collect();
    Value::Object(map)
}

/// A person, bot or organisation as `simple-user`; null for a login that is gone.
#[must_use]
pub fn account(world: &World, login: &str) -> Value {
    let (id, kind) = match (world.users.get(login), world.orgs.get(login)) {
        (Some(user), _) => (user.id, if world.app_of_bot(login).is_some() { "Bot" } else { "User" }),
        (None, Some(org)) => (org.id, "Organization"),
        (None, None) => return Value::Null,
    };
    let base = &world.base;
    let html = match world.app_of_bot(login) {
        Some(app) => format!("{base}/apps/{}", app.slug),
        None => format!("{base}/{login}"),
    };
    let escaped = login.replace('[', "%5B").replace(']', "%5D");
    let links = urls(
        &format!("{base}/users/{escaped}"),
        &[
            ("url", ""),
            ("followers_url", "/followers"),
            ("following_url", "/following{/other_user}"),
            ("gists_url", "/gists{/gist_id}"),
            ("starred_url", "/starred{/owner}{/repo}"),
            ("subscriptions_url", "/subscriptions"),
            ("organizations_url", "/orgs"),
            ("repos_url", "/repos"),
            ("events_url", "/events{/privacy}"),
            ("received_events_url", "/received_events"),
        ],
    );
    let own = json!({
        "login": login,
        "id": id,
        "node_id": node(kind, id),
        "avatar_url": format!("{base}/avatars/u/{id}?v=4"),
        "gravatar_id": "",
        "html_url": html,
        "type": kind,
        "user_view_type": "public",
        "site_admin": false,
    });
    merged(own, links)
}

/// An organisation as webhooks carry it.
#[must_use]
pub fn organization(world: &World, login: &str) -> Value {
    let Some(org) = world.orgs.get(login) else { return Value::Null };
    let base = &world.base;
    json!({
        "login": login,
        "id": org.id,
        "node_id": node("Organization", org.id),
        "url": format!("{base}/orgs/{login}"),
        "repos_url": format!("{base}/orgs/{login}/repos"),
        "events_url": format!("{base}/orgs/{login}/events"),
        "hooks_url": format!("{base}/orgs/{login}/hooks"),
        "issues_url": format!("{base}/orgs/{login}/issues"),
        "members_url": format!("{base}/orgs/{login}/members{{/member}}"),
        "public_members_url": format!("{base}/orgs/{login}/public_members{{/member}}"),
        "avatar_url": format!("{base}/avatars/u/{}?v=4", org.id),
        "description": "",
    })
}

/// An App as `integration`.
#[must_use]
pub fn app(world: &World, app: &App) -> Value {
    let base = &world.base;
    json!({
        "id": app.id,
        "slug": app.slug,
        "node_id": node("Integration", app.id),
        "client_id": app.client_id,
        "owner": account(world, &app.owner),
        "name": app.name,
        "description": "",
        "external_url": format!("{base}/about/{}", app.slug),
        "html_url": format!("{base}/apps/{}", app.slug),
        "created_at": time(app.created_at),
        "updated_at": time(app.created_at),
        "permissions": app.permissions,
        "events": app.events,
        "installations_count": world.installations.values().filter(|i| i.app_id == app.id).count(),
    })
}

/// An App by id, as part of what it made.
#[must_use]
pub fn app_by_id(world: &World, id: u64) -> Value {
    world.apps.get(&id).map_or(Value::Null, |a| {
        let mut value = app(world, a);
        if let Some(map) = value.as_object_mut() {
            map.remove("installations_count");
        }
        value
    })
}

/// The App as `performed_via_github_app`, for what its bot wrote; null for people.
#[must_use]
pub fn via_app(world: &World, login: &str) -> Value {
    world.app_of_bot(login).map_or(Value::Null, |a| app_by_id(world, a.id))
}

/// An installation.
#[must_use]
pub fn installation(world: &World, installation: &Installation) -> Value {
    let base = &world.base;
    let owner = account(world, &installation.account);
    let app = world.apps.get(&installation.app_id);
    let selection = if installation.repositories.is_some() { "selected" } else { "all" };
    json!({
        "id": installation.id,
        "client_id": app.map(|a| a.client_id.clone()),
        "account": owner,
        "repository_selection": selection,
        "access_tokens_url": format!("{base}/app/installations/{}/access_tokens", installation.id),
        "repositories_url": format!("{base}/installation/repositories"),
        "html_url": format!("{base}/organizations/{}/settings/installations/{}", installation.account, installation.id),
        "app_id": installation.app_id,
        "app_slug": app.map(|a| a.slug.clone()),
        "target_id": owner.get("id"),
        "target_type": owner.get("type"),
        "permissions": installation.permissions,
        "events": app.map(|a| a.events.clone()),
        "created_at": time(installation.created_at),
        "updated_at": time(installation.created_at),
        "single_file_name": null,
        "has_multiple_single_files": false,
        "single_file_paths": [],
        "suspended_by": installation.suspended_at.map(|_| owner.clone()),
        "suspended_at": time_or_null(installation.suspended_at),
    })
}

/// How close somebody is to a repository.
#[must_use]
pub fn association(world: &World, owner: &str, login: &str, has_role: bool) -> &'static str {
    if owner == login {
        "OWNER"
    } else if world.orgs.contains_key(owner) && has_role && world.app_of_bot(login).is_none() {
        "MEMBER"
    } else if has_role {
        "COLLABORATOR"
    } else if world.app_of_bot(login).is_some() {
        "NONE"
    } else {
        "CONTRIBUTOR"
    }
}

/// All reactions, counted.
fn reactions(url: &str, given: &[(u64, String, String)]) -> Value {
    let count = |name: &str| given.iter().filter(|(_, _, content)| content == name).count();
    json!({
        "url": format!("{url}/reactions"),
        "total_count": given.len(),
        "+1": count("+1"),
        "-1": count("-1"),
        "laugh": count("laugh"),
        "hooray": count("hooray"),
        "confused": count("confused"),
        "heart": count("heart"),
        "rocket": count("rocket"),
        "eyes": count("eyes"),
    })
}

/// The address of a repository in the API.
fn api(world: &World, repo: &Repo) -> String {
    format!("{}/repos/{}", world.base, repo.full_name())
}

/// The address of a repository's pages.
fn html(world: &World, repo: &Repo) -> String {
    format!("{}/{}", world.base, repo.full_name())
}
