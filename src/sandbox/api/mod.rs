//! The REST API: one table of routes, each with the permission that it asks for, the fields that its body may have, and
//! the function that answers.
//!
//! Everything happens under one lock and without an await, so every call is one step of the world's history. A call that
//! GitHub would not have understood (no such route, a token that is none, a permission that was not granted, fields that
//! do not exist) is refused as GitHub does it and noted as a violation.

mod actions;
mod apps;
mod auth;
mod call;
mod checks;
mod comments;
mod commits;
mod contents;
mod evidence;
mod graphql;
mod issues;
mod pulls;
mod query;
mod repos;
mod routes;

use super::refused::Refused;
use super::world::World;
pub(super) use call::{Answer, Body, Request, refusal};
pub(super) use graphql::limited;

use auth::Caller;
use call::{Answered, Call, redirect};
use percent_encoding::percent_decode_str;
use routes::{Access, ROUTES, Route};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The pattern of the route that takes such a call, with repositories by their id counted as those by name; empty for none.
pub(super) fn route_of(method: &str, path: &str) -> &'static str {
    let by_id = path.strip_prefix("/repositories/");
    let tail = by_id.map(|rest| rest.split_once('/').map_or(String::new(), |(_, tail)| format!("/{tail}")));
    let path = tail.map_or_else(|| path.to_owned(), |tail| format!("/repos/by/id{tail}"));
    find(method, &path).map_or("", |(route, _)| route.pattern)
}

/// Answers a call: gives the answer, and what was wrong with the call itself.
pub(super) fn call(world: &mut World, request: &Request<'_>) -> (Answer, Vec<String>) {
    for issue in world.repos.values_mut().flat_map(|r| r.issues.values_mut()) {
        issue.hidden_for = issue.hidden_for.saturating_sub(1);
    }
    let base = world.base.clone();
    let path = match rewritten(world, request.method, request.path) {
        Ok(path) => path,
        Err(answer) => return (answer, Vec::new()),
    };
    let Some((route, params)) = find(request.method, &path) else {
        let violations = vec!["no such route".to_owned()];
        return (refusal(&base, &Refused::not_found()), violations);
    };
    let mut violations = Vec::new();
    let result = checked(world, request, route, params, &path, &mut violations);
    let answer = result.unwrap_or_else(|refused| refusal(&base, &refused));
    (answer, violations)
}

/// `/repositories/{id}/…` is the repository by its id; a former name is redirected to it, as GitHub does it: for good where
/// something is read, and with the method kept where something is written.
/// Source: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects>.
fn rewritten(world: &World, method: &str, path: &str) -> Result<String, Answer> {
    if let Some(rest) = path.strip_prefix("/repositories/") {
        let (id, tail) = rest.split_once('/').map_or((rest, String::new()), |(id, tail)| (id, format!("/{tail}")));
        let repo = id.parse().ok().and_then(|id: u64| world.repos.get(&id));
        return Ok(repo.map_or_else(|| path.to_owned(), |r| format!("/repos/{}{tail}", r.full_name())));
    }
    let Some(rest) = path.strip_prefix("/repos/") else { return Ok(path.to_owned()) };
    let mut parts = rest.splitn(3, '/');
    let (owner, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let full = format!("{owner}/{name}").to_lowercase();
    match world.renamed.get(&full).filter(|_| world.repo_id(&full).is_none()) {
        Some(id) => {
            let tail = parts.next().map(|t| format!("/{t}")).unwrap_or_default();
            let status = if method == "GET" { 301 } else { 307 };
            Err(redirect(&world.base, status, &format!("/repositories/{id}{tail}")))
        }
        None => Ok(path.to_owned()),
    }
}

fn find(method: &str, path: &str) -> Option<(&'static Route, BTreeMap<&'static str, String>)> {
    ROUTES.iter().filter(|r| r.method == method).find_map(|r| matches(r.pattern, path).map(|params| (r, params)))
}

/// Matches a path against a pattern like `/repos/{owner}/{repo}/contents/{path...}`, decoding each segment.
fn matches(pattern: &'static str, path: &str) -> Option<BTreeMap<&'static str, String>> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    let mut params = BTreeMap::new();
    let mut given = path.trim_matches('/').split('/');
    for part in pattern.trim_matches('/').split('/') {
        let name = part.strip_prefix('{').and_then(|p| p.strip_suffix('}'));
        if let Some(rest) = name.and_then(|n| n.strip_suffix("...")) {
            let tail: Option<Vec<String>> = given.by_ref().map(decode).collect();
            params.insert(rest, tail?.join("/"));
            return Some(params);
        }
        let segment = given.next()?;
        match name {
            Some(name) => {
                params.insert(name, decode(segment).filter(|s| !s.is_empty())?);
            }
            None if part == segment => {}
            None => return None,
        }
    }
    given.next().is_none().then_some(params)
}

fn header<'r>(request: &'r Request<'_>, name: &str) -> Option<&'r str> {
    request.headers.get(name).and_then(|h| h.to_str().ok())
}

/// Refuses headers that GitHub does not take.
fn check_headers(request: &Request<'_>) -> Result<(), Refused> {
    if header(request, "user-agent").is_none_or(str::is_empty) {
        return Err(Refused::new(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.",
        ));
    }
    let conditional = ["if-match", "if-none-match", "if-unmodified-since"];
    if request.method != "GET" && conditional.iter().any(|h| request.headers.contains_key(*h)) {
        let text = "Conditional request headers are not allowed in unsafe requests unless supported by the endpoint";
        return Err(Refused::new(400, text));
    }
    Ok(())
}

/// Reads the fields of the body, and refuses what the route does not take.
fn read_body(request: &Request<'_>, route: &Route) -> Result<Map<String, Value>, Refused> {
    let body = if request.body.is_empty() {
        Map::new()
    } else {
        match serde_json::from_slice(request.body) {
            Ok(Value::Object(map)) => map,
            Ok(Value::Null) => Map::new(),
            _ => return Err(Refused::new(400, "Problems parsing JSON")),
        }
    };
    let unknown: Vec<_> = body.keys().filter(|k| !route.fields.contains(&k.as_str())).cloned().collect();
    if let Some(first) = unknown.first() {
        return Err(Refused::new(422, format!("Invalid request.\n\n\"{first}\" is not a permitted key.")));
    }
    if body.get("body").and_then(Value::as_str).is_some_and(|b| b.chars().count() > 65_536) {
        let error = json!({ "resource": "Issue", "field": "body", "code": "custom", "message": "body is too long (maximum is 65536 characters)" });
        return Err(Refused { status: 422, message: "Validation Failed".to_owned(), errors: vec![error] });
    }
    Ok(body)
}

fn checked(
    world: &mut World,
    request: &Request<'_>,
    route: &'static Route,
    params: BTreeMap<&'static str, String>,
    path: &str,
    violations: &mut Vec<String>,
) -> Answered {
    let mut refuse = |refused: Refused| {
        violations.push(refused.to_string());
        Err(refused)
    };
    if let Err(refused) = check_headers(request) {
        return refuse(refused);
    }
    let write = request.method != "GET";
    let caller = match auth::caller(world, header(request, "authorization")) {
        Ok(caller) => caller,
        Err(refused) => return refuse(refused),
    };
    let owner = params.get("owner").zip(params.get("repo")).map(|(o, r)| format!("{o}/{r}"));
    let missing = match &route.access {
        Access::Jwt => !matches!(caller, Caller::App),
        Access::Installation(_) => matches!(caller, Caller::App),
    };
    if missing {
        let message = match &route.access {
            Access::Jwt => "A JSON web token could not be decoded",
            Access::Installation(_) => "This endpoint needs an installation token, not the App's JWT",
        };
        return refuse(Refused::new(401, message));
    }
    if let Access::Installation(any_of) = &route.access {
        let repo = owner.as_deref().map(|name| world.repo(name)).transpose()?;
        if let Err((refused, wrong)) = auth::allowed(world, &caller, repo, any_of, write) {
            return if wrong { refuse(refused) } else { Err(refused) };
        }
        if write && repo.is_some_and(|r| r.archived) {
            return Err(Refused::new(403, "Repository was archived so is read-only."));
        }
    }
    let body = match read_body(request, route) {
        Ok(body) => body,
        Err(refused) => return refuse(refused),
    };
    let raw = header(request, "accept").is_some_and(|a| a.contains("raw"));
    let mut call = Call {
        world,
        params,
        query: query::parse(request.query),
        body,
        caller,
        raw,
        path: path.to_owned(),
        violations: Vec::new(),
    };
    let answer = (route.handler)(&mut call);
    violations.append(&mut call.violations);
    answer
}
