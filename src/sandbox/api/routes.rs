//! The table of routes.
//!
//! What is not in it does not exist: a call for it is answered 404 and noted as a violation.

use super::call::{Answered, Call};
use super::{actions, apps, checks, comments, commits, contents, evidence, graphql, issues, pulls, repos};

/// Who may call.
#[derive(Debug)]
pub(super) enum Access {
    /// The App with its JWT.
    Jwt,
    /// An installation with one of these permissions; with any, where there is none.
    Installation(&'static [(&'static str, &'static str)]),
}

/// One route.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) pattern: &'static str,
    pub(super) access: Access,
    /// The fields that the request's body may have.
    pub(super) fields: &'static [&'static str],
    pub(super) handler: fn(&mut Call<'_>) -> Answered,
}

type Handler = fn(&mut Call<'_>) -> Answered;

const fn get(pattern: &'static str, any_of: &'static [(&'static str, &'static str)], handler: Handler) -> Route {
    Route { method: "GET", pattern, access: Access::Installation(any_of), fields: &[], handler }
}

const fn jwt(method: &'static str, pattern: &'static str, handler: Handler) -> Route {
    Route { method, pattern, access: Access::Jwt, fields: &["repositories", "repository_ids", "permissions"], handler }
}

const fn write(
    method: &'static str,
    pattern: &'static str,
    any_of: &'static [(&'static str, &'static str)],
    fields: &'static [&'static str],
    handler: Handler,
) -> Route {
    Route { method, pattern, access: Access::Installation(any_of), fields, handler }
}

const META: &[(&str, &str)] = &[("metadata", "read")];
const READ: &[(&str, &str)] = &[("contents", "read")];
const READ_PULLS: &[(&str, &str)] = &[("pull_requests", "read")];
const READ_COMMIT_PULLS: &[(&str, &str)] = &[("pull_requests", "read"), ("contents", "read")];
const READ_TALK: &[(&str, &str)] = &[("issues", "read"), ("pull_requests", "read")];
const WRITE_ISSUES: &[(&str, &str)] = &[("issues", "write")];
const WRITE_TALK: &[(&str, &str)] = &[("issues", "write"), ("pull_requests", "write")];
const READ_CHECKS: &[(&str, &str)] = &[("checks", "read")];
const READ_STATUSES: &[(&str, &str)] = &[("statuses", "read")];
const READ_DEPLOYMENTS: &[(&str, &str)] = &[("deployments", "read")];
const READ_ACTIONS: &[(&str, &str)] = &[("actions", "read")];
const WRITE_DEPLOYMENTS: &[(&str, &str)] = &[("deployments", "write")];
const WRITE_CHECKS: &[(&str, &str)] = &[("checks", "write")];
const MEMBERS: &[(&str, &str)] = &[("members", "read")];
const ADMIN: &[(&str, &str)] = &[("administration", "read")];
const WRITE_CONTENTS: &[(&str, &str)] = &[("contents", "write")];

const ISSUE_FIELDS: &[&str] =
    &["title", "body", "assignee", "assignees", "labels", "milestone", "type", "state", "state_reason"];
const NEW_ISSUE_FIELDS: &[&str] = &["title", "body", "assignee", "assignees", "labels", "milestone", "type"];
const CHECK_FIELDS: &[&str] = &[
    "name",
    "head_sha",
    "details_url",
    "external_id",
    "status",
    "started_at",
    "conclusion",
    "completed_at",
    "output",
    "actions",
];

/// All routes; where two match, the first one answers.
pub(super) const ROUTES: &[Route] = &[
    jwt("GET", "/app", apps::app),
    jwt("GET", "/app/installations", apps::installations),
    jwt("GET", "/app/installations/{id}", apps::installation),
    jwt("POST", "/app/installations/{id}/access_tokens", apps::token),
    jwt("GET", "/app/hook/config", apps::hook_config),
    jwt("GET", "/app/hook/deliveries", apps::deliveries),
    jwt("GET", "/app/hook/deliveries/{id}", apps::delivery),
    jwt("POST", "/app/hook/deliveries/{id}/attempts", apps::redeliver),
    jwt("GET", "/repos/{owner}/{repo}/installation", apps::repository_installation),
    get("/installation/repositories", &[], apps::repositories),
    get("/rate_limit", &[], apps::rate_limit),
    write("POST", "/graphql", &[], &["query", "variables"], graphql::graphql),
    get("/repos/{owner}/{repo}", META, repos::repository),
    get("/repos/{owner}/{repo}/branches", READ, repos::branches),
    get("/repos/{owner}/{repo}/branches/{branch}", READ, repos::branch),
    get("/repos/{owner}/{repo}/branches/{branch}/protection", ADMIN, repos::protection),
    get("/repos/{owner}/{repo}/rules/branches/{branch...}", META, repos::rules),
    get("/repos/{owner}/{repo}/tags", READ, repos::tags),
    get("/repos/{owner}/{repo}/releases", READ, repos::releases),
    get("/repos/{owner}/{repo}/releases/tags/{tag...}", READ, repos::release_by_tag),
    get("/repos/{owner}/{repo}/labels", READ_TALK, repos::labels),
    get("/repos/{owner}/{repo}/milestones", READ_TALK, repos::milestones),
    get("/repos/{owner}/{repo}/collaborators/{login}", META, repos::collaborator),
    get("/repos/{owner}/{repo}/collaborators/{login}/permission", META, repos::permission),
    get("/user/{id}", &[], repos::user_by_id),
    get("/orgs/{org}/teams/{team}/memberships/{login}", MEMBERS, repos::membership),
    get("/repos/{owner}/{repo}/contents", READ, contents::contents),
    get("/repos/{owner}/{repo}/contents/{path...}", READ, contents::contents),
    get("/repos/{owner}/{repo}/git/trees/{sha...}", READ, contents::tree),
    get("/repos/{owner}/{repo}/git/blobs/{sha}", READ, contents::blob),
    get("/repos/{owner}/{repo}/git/ref/{ref...}", READ, contents::git_ref),
    get("/repos/{owner}/{repo}/git/matching-refs/{ref...}", READ, contents::matching_refs),
    get("/repos/{owner}/{repo}/git/tags/{sha}", READ, contents::git_tag),
    get("/repos/{owner}/{repo}/commits", READ, commits::list),
    get("/repos/{owner}/{repo}/commits/{sha}/pulls", READ_COMMIT_PULLS, commits::pulls),
    get("/repos/{owner}/{repo}/commits/{ref}/check-runs", READ_CHECKS, checks::for_ref),
    get("/repos/{owner}/{repo}/commits/{ref}/status", READ_STATUSES, evidence::combined_status),
    get("/repos/{owner}/{repo}/deployments", READ_DEPLOYMENTS, evidence::deployments),
    get("/repos/{owner}/{repo}/deployments/{id}/statuses", READ_DEPLOYMENTS, evidence::deployment_statuses),
    get("/repos/{owner}/{repo}/environments", READ_ACTIONS, actions::environments),
    get(
        "/repos/{owner}/{repo}/environments/{environment}/deployment_protection_rules",
        READ_ACTIONS,
        actions::protection_rules,
    ),
    get("/repos/{owner}/{repo}/actions/runs/{run}", READ_ACTIONS, actions::run),
    write(
        "POST",
        "/repos/{owner}/{repo}/actions/runs/{run}/deployment_protection_rule",
        WRITE_DEPLOYMENTS,
        &["environment_name", "state", "comment"],
        actions::answer,
    ),
    get("/repos/{owner}/{repo}/commits/{ref...}", READ, commits::commit),
    get("/repos/{owner}/{repo}/compare/{basehead...}", READ, commits::compare),
    get("/repos/{owner}/{repo}/pulls", READ_PULLS, pulls::list),
    get("/repos/{owner}/{repo}/pulls/{number}", READ_PULLS, pulls::pull),
    get("/repos/{owner}/{repo}/pulls/{number}/files", READ_PULLS, pulls::files),
    get("/repos/{owner}/{repo}/pulls/{number}/commits", READ_PULLS, pulls::commits),
    write(
        "PUT",
        "/repos/{owner}/{repo}/pulls/{number}/merge",
        WRITE_CONTENTS,
        &["commit_title", "commit_message", "sha", "merge_method"],
        pulls::merge,
    ),
    get("/repos/{owner}/{repo}/issues", READ_TALK, issues::list),
    write("POST", "/repos/{owner}/{repo}/issues", WRITE_ISSUES, NEW_ISSUE_FIELDS, issues::create),
    get("/repos/{owner}/{repo}/issues/{number}", READ_TALK, issues::issue),
    write("PATCH", "/repos/{owner}/{repo}/issues/{number}", WRITE_TALK, ISSUE_FIELDS, issues::edit),
    get("/repos/{owner}/{repo}/issues/{number}/comments", READ_TALK, comments::list),
    write("POST", "/repos/{owner}/{repo}/issues/{number}/comments", WRITE_TALK, &["body"], comments::create),
    get("/repos/{owner}/{repo}/issues/comments/{id}", READ_TALK, comments::comment),
    write("PATCH", "/repos/{owner}/{repo}/issues/comments/{id}", WRITE_TALK, &["body"], comments::edit),
    write("DELETE", "/repos/{owner}/{repo}/issues/comments/{id}", WRITE_TALK, &[], comments::delete),
    write("POST", "/repos/{owner}/{repo}/issues/comments/{id}/reactions", WRITE_TALK, &["content"], comments::react),
    write("POST", "/repos/{owner}/{repo}/check-runs", WRITE_CHECKS, CHECK_FIELDS, checks::create),
    get("/repos/{owner}/{repo}/check-runs/{id}", READ_CHECKS, checks::check),
    get("/repos/{owner}/{repo}/check-runs/{id}/annotations", READ_CHECKS, checks::annotations),
    write("PATCH", "/repos/{owner}/{repo}/check-runs/{id}", WRITE_CHECKS, CHECK_FIELDS, checks::edit),
];
