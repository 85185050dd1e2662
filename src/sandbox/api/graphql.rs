//! GraphQL: the three questions that the App asks, and nothing else. GitHub answers 200 whatever happens.

use super::super::json;
use super::super::refused::Refused;
use super::super::repo::{Issue, Pull, Repo, State, Version};
use super::super::world::World;
use super::auth;
use super::call::{Answer, Answered, Call};
use serde_json::{Value, json};

/// The question, with single blanks.
const EDITS: &str = "query($owner: String!, $name: String!, $number: Int!, $first: Int!, $after: String) { \
                     repository(owner: $owner, name: $name) { issue(number: $number) { \
                     userContentEdits(first: $first, after: $after) { \
                     pageInfo { hasNextPage endCursor } \
                     nodes { id editedAt deletedAt diff editor { __typename login \
                     ... on User { databaseId } ... on Bot { databaseId } } } } } } }";

/// The other one.
const COMMENTS: &str =
    "query($ids: [ID!]!) { nodes(ids: $ids) { ... on IssueComment { id databaseId lastEditedAt } } }";

/// What is asked of many repositories at once; in front stands the part of [`states`].
const STATE: &str = "fragment state on Repository { databaseId nameWithOwner pushedAt \
                     defaultBranchRef { name target { oid } } \
                     refs(refPrefix: \"refs/tags/\", first: 1) { totalCount } \
                     pullRequests(states: OPEN, first: 20, orderBy: { field: UPDATED_AT, direction: DESC }) { \
                     totalCount nodes { number headRefOid baseRefName updatedAt } } }";

fn failed(kind: &str, message: &str, data: &Value) -> Answer {
    Answer::json(200, json!({ "data": data, "errors": [{ "type": kind, "path": ["repository"], "message": message }] }))
}

/// What the primary limit of GraphQL looks like.
pub(in super::super) fn limited() -> Answer {
    let error = json!({ "type": "RATE_LIMITED", "message": "API rate limit already exceeded for installation ID 1." });
    let mut answer = Answer::json(200, json!({ "errors": [error] }));
    answer.headers.push(("x-ratelimit-remaining", "0".to_owned()));
    answer.headers.push(("x-ratelimit-reset", (super::super::world::real_now() + 60).to_string()));
    answer
}

pub(super) fn graphql(call: &mut Call<'_>) -> Answered {
    let query = call.required("query")?;
    let asked = query.split_whitespace().collect::<Vec<_>>().join(" ");
    if asked == COMMENTS {
        return Ok(comments(call));
    }
    if asked.ends_with(STATE) {
        return Ok(states(call, &asked));
    }
    if asked != EDITS {
        call.violations.push(format!("a question that is not known here: {query}"));
        return Ok(failed("undefinedField", "this stand-in does not know that question", &Value::Null));
    }
    let variables = call.body.get("variables").cloned().unwrap_or_default();
    let text = |name: &str| variables.get(name).and_then(Value::as_str).map(str::to_owned);
    let count = |name: &str| variables.get(name).and_then(Value::as_u64);
    let (owner, name) = (text("owner"), text("name"));
    let asked = owner.zip(name).zip(count("number")).zip(count("first").filter(|n| (1..=100).contains(n)));
    let known = ["owner", "name", "number", "first", "after"];
    let only = variables.as_object().is_some_and(|map| map.keys().all(|key| known.contains(&key.as_str())));
    let Some((((owner, name), number), first)) = asked.filter(|_| only) else {
        call.violations.push(format!("variables of another type or name: {variables}"));
        return Ok(failed("INVALID_VARIABLES", "Variables are missing or of another type", &Value::Null));
    };
    let full = format!("{owner}/{name}");
    let unresolved = format!("Could not resolve to a Repository with the name '{full}'.");
    let nothing = json!({ "repository": null });
    let Ok(repo) = call.world.repo(&full) else { return Ok(failed("NOT_FOUND", &unresolved, &nothing)) };
    match auth::allowed(call.world, &call.caller, Some(repo), &[("issues", "read")], false) {
        Ok(()) => {}
        Err((refused, _)) if refused.status == 404 => return Ok(failed("NOT_FOUND", &unresolved, &nothing)),
        Err((Refused { message, .. }, _)) => return Ok(failed("FORBIDDEN", &message, &nothing)),
    }
    let Ok(issue) = repo.issue(number) else {
        let message = format!("Could not resolve to an Issue with the number of {number}.");
        return Ok(failed("NOT_FOUND", &message, &json!({ "repository": { "issue": null } })));
    };
    // Newest first; a cursor is the place of the last one that was given.
    let from: usize = text("after").and_then(|after| after.parse().ok()).unwrap_or_default();
    let first = usize::try_from(first).unwrap_or(usize::MAX);
    let all = issue.versions.iter().rev();
    let nodes: Vec<Value> = all.skip(from).take(first).map(|v| edit(call.world, repo, v)).collect();
    let end = from + nodes.len();
    let page = json!({
        "hasNextPage": end < issue.versions.len(),
        "endCursor": (!nodes.is_empty()).then(|| end.to_string()),
    });
    let edits = json!({ "pageInfo": page, "nodes": nodes });
    Ok(Answer::json(200, json!({ "data": { "repository": { "issue": { "userContentEdits": edits } } } })))
}

/// Comments by their global ids; null for one that is not there, or hidden.
fn comments(call: &Call<'_>) -> Answer {
    let ids = call.body.get("variables").and_then(|v| v.get("ids")).and_then(Value::as_array);
    let node = |id: &Value| {
        let mut all = call.world.repos.values().flat_map(|repo| repo.comments.values().map(move |c| (repo, c)));
        let (repo, comment) = all.find(|(_, c)| json::node("IssueComment", c.id) == *id)?;
        auth::allowed(call.world, &call.caller, Some(repo), &[("issues", "read")], false).ok()?;
        Some(json!({
            "id": id,
            "databaseId": comment.id,
            "lastEditedAt": json::time_or_null(comment.edited_at),
        }))
    };
    let nodes: Vec<Value> = ids.into_iter().flatten().map(|id| node(id).unwrap_or_default()).collect();
    let data = json!({ "nodes": nodes });
    if nodes.iter().any(Value::is_null) {
        return failed("NOT_FOUND", "Could not resolve to a node with the global id", &data);
    }
    Answer::json(200, json!({ "data": data }))
}

/// Repositories by their names, each under an alias of its own; null for one that is not there, or hidden.
fn states(call: &mut Call<'_>, asked: &str) -> Answer {
    let variables = call.body.get("variables").and_then(Value::as_object).cloned().unwrap_or_default();
    let many = variables.len() / 2;
    let types: Vec<String> = (0..many).map(|at| format!("$o{at}: String!, $n{at}: String!")).collect();
    let fields: String =
        (0..many).map(|at| format!("r{at}: repository(owner: $o{at}, name: $n{at}) {{ ...state }} ")).collect();
    if asked != format!("query({}) {{ {fields}}} {STATE}", types.join(", ")) {
        call.violations.push(format!("a question that is not known here: {asked}"));
        return failed("undefinedField", "this stand-in does not know that question", &Value::Null);
    }
    let text = |name: String| variables.get(&name).and_then(Value::as_str).unwrap_or_default();
    let (mut data, mut errors) = (serde_json::Map::new(), Vec::new());
    for at in 0..many {
        let full = format!("{}/{}", text(format!("o{at}")), text(format!("n{at}")));
        let needs = [("contents", "read"), ("pull_requests", "read")];
        let shown = call.world.repo(&full).ok().filter(|repo| {
            needs.iter().all(|need| auth::allowed(call.world, &call.caller, Some(repo), &[*need], false).is_ok())
        });
        if shown.is_none() {
            let message = format!("Could not resolve to a Repository with the name '{full}'.");
            errors.push(json!({ "type": "NOT_FOUND", "path": [format!("r{at}")], "message": message }));
        }
        data.insert(format!("r{at}"), shown.map(state).unwrap_or_default());
    }
    if errors.is_empty() {
        return Answer::json(200, json!({ "data": data }));
    }
    Answer::json(200, json!({ "data": data, "errors": errors }))
}

fn state(repo: &Repo) -> Value {
    let tip = repo.git.branches.get(&repo.default_branch);
    let shown = |issue: &Issue| Some((issue.updated_at, issue.number, issue.pull.clone()?));
    let mut open: Vec<(i64, u64, Pull)> =
        repo.issues.values().filter(|issue| issue.state == State::Open).filter_map(shown).collect();
    open.sort_by_key(|(updated_at, number, _)| std::cmp::Reverse((*updated_at, *number)));
    let node = |(updated_at, number, pull): &(i64, u64, Pull)| {
        json!({
            "number": number,
            "headRefOid": pull.head_sha,
            "baseRefName": pull.base_ref,
            "updatedAt": json::time(*updated_at),
        })
    };
    let nodes: Vec<Value> = open.iter().take(20).map(node).collect();
    json!({
        "databaseId": repo.id,
        "nameWithOwner": repo.full_name(),
        "pushedAt": json::time(repo.pushed_at),
        "defaultBranchRef": tip.map(|oid| json!({ "name": repo.default_branch, "target": { "oid": oid } })),
        "refs": { "totalCount": repo.git.tags.len() },
        "pullRequests": { "totalCount": open.len(), "nodes": nodes },
    })
}

/// A version. GraphQL calls an App by its name without `[bot]`, and an account that is gone by none.
fn edit(world: &World, repo: &Repo, version: &Version) -> Value {
    let account = json::account(world, &version.editor);
    let editor = account.get("type").map(|kind| {
        let login = version.editor.trim_end_matches("[bot]");
        json!({ "__typename": kind, "login": login, "databaseId": account.get("id") })
    });
    json!({
        "id": json::node(&format!("UserContentEdit{}-", repo.id), version.id),
        "editedAt": json::time(version.at),
        "deletedAt": json::time_or_null(version.deleted_at),
        "diff": version.text,
        "editor": editor,
    })
}
