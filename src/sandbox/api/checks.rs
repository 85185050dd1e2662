//! Check runs, with GitHub's limits.

use super::super::json;
use super::super::refused::Refused;
use super::super::repo::Output;
use super::super::verbs::{CheckEdit, NewCheck};
use super::auth::Caller;
use super::call::{Answer, Answered, Call};
use serde_json::{Map, Value, json};

/// The longest summary and text, in characters.
const LONG: usize = 65_535;

fn invalid(message: impl Into<String>) -> Refused {
    Refused::new(422, format!("Invalid request.\n\n{}", message.into()))
}

fn string(map: &Map<String, Value>, field: &str, cap: usize) -> Result<Option<String>, Refused> {
    match map.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= cap => Ok(Some(text.clone())),
        Some(Value::String(_)) => Err(invalid(format!("Only {cap} characters are allowed; {field} is longer."))),
        Some(_) => Err(invalid(format!("{field} is not a string."))),
    }
}

fn annotation(value: &Value) -> Result<(), Refused> {
    let map = value.as_object().ok_or_else(|| invalid("An annotation is not an object."))?;
    let known = [
        "path",
        "start_line",
        "end_line",
        "start_column",
        "end_column",
        "annotation_level",
        "message",
        "title",
        "raw_details",
    ];
    if let Some(odd) = map.keys().find(|k| !known.contains(&k.as_str())) {
        return Err(invalid(format!("\"{odd}\" is not a permitted key.")));
    }
    let line = |field: &str| map.get(field).and_then(Value::as_u64);
    let (Some(start), Some(end)) = (line("start_line"), line("end_line")) else {
        return Err(invalid("start_line and end_line must be supplied."));
    };
    if start == 0 || end < start {
        return Err(invalid("end_line must be greater than or equal to start_line."));
    }
    if start != end && (map.contains_key("start_column") || map.contains_key("end_column")) {
        return Err(invalid("Columns are only allowed where start_line and end_line are the same."));
    }
    let level = map.get("annotation_level").and_then(Value::as_str).unwrap_or_default();
    if !["notice", "warning", "failure"].contains(&level) {
        return Err(invalid("annotation_level must be notice, warning or failure."));
    }
    for (field, cap) in [("path", 4096), ("message", 65_536), ("title", 255), ("raw_details", 65_536)] {
        let text = string(map, field, cap)?;
        if text.is_none() && (field == "path" || field == "message") {
            return Err(invalid(format!("\"{field}\" wasn't supplied.")));
        }
    }
    Ok(())
}

fn output(call: &Call<'_>) -> Result<Option<Output>, Refused> {
    let map = match call.body.get("output") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(map)) => map,
        Some(_) => return Err(invalid("output is not an object.")),
    };
    if let Some(odd) = map.keys().find(|k| !["title", "summary", "text", "annotations", "images"].contains(&k.as_str()))
    {
        return Err(invalid(format!("\"{odd}\" is not a permitted key.")));
    }
    let summary = string(map, "summary", LONG)?.ok_or_else(|| invalid("\"summary\" wasn't supplied."))?;
    let title = string(map, "title", 255)?;
    if title.is_none() && !call.params.contains_key("id") {
        return Err(invalid("\"title\" wasn't supplied."));
    }
    let annotations = match map.get("annotations") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) if list.len() <= 50 => list.clone(),
        Some(Value::Array(_)) => return Err(invalid("No more than 50 items are allowed in annotations.")),
        Some(_) => return Err(invalid("annotations is not an array.")),
    };
    annotations.iter().try_for_each(annotation)?;
    Ok(Some(Output { title, summary: Some(summary), text: string(map, "text", LONG)?, annotations }))
}

fn edit_of(call: &Call<'_>) -> Result<CheckEdit, Refused> {
    let status = call.text("status")?;
    if status.as_ref().is_some_and(|s| !["queued", "in_progress", "completed"].contains(&s.as_str())) {
        return Err(invalid("status is not included in the list."));
    }
    let conclusion = call.text("conclusion")?;
    let known = ["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"];
    if conclusion.as_ref().is_some_and(|c| !known.contains(&c.as_str())) {
        return Err(invalid("conclusion is not included in the list."));
    }
    if status.as_deref() == Some("completed") && conclusion.is_none() {
        return Err(invalid("conclusion must be supplied where status is completed."));
    }
    let actions = match call.body.get("actions") {
        None | Some(Value::Null) => None,
        Some(Value::Array(list)) if list.len() <= 3 => Some(list.clone()),
        Some(_) => return Err(invalid("No more than 3 actions are allowed.")),
    };
    for action in actions.iter().flatten() {
        let map = action.as_object().ok_or_else(|| invalid("An action is not an object."))?;
        for (field, cap) in [("label", 20), ("description", 40), ("identifier", 20)] {
            string(map, field, cap)?.ok_or_else(|| invalid(format!("\"{field}\" wasn't supplied.")))?;
        }
    }
    let details_url = call.text("details_url")?;
    if details_url.as_ref().is_some_and(|u| !u.starts_with("http://") && !u.starts_with("https://")) {
        return Err(invalid("details_url must use http or https."));
    }
    Ok(CheckEdit {
        name: call.text("name")?,
        status,
        conclusion,
        external_id: call.text("external_id")?,
        details_url,
        output: output(call)?,
        actions,
        started_at: call.time("started_at")?,
        completed_at: call.time("completed_at")?,
    })
}

fn shown(call: &Call<'_>, id: u64, status: u16) -> Answered {
    let repo = call.repo()?;
    let run = repo.check_runs.get(&id).ok_or_else(Refused::not_found)?;
    Ok(Answer::json(status, json::check_run(call.world, repo, run)))
}

fn by_app(call: &Call<'_>) -> Result<u64, Refused> {
    match &call.caller {
        Caller::Installation(_) => Ok(call.world.app_id),
        Caller::App | Caller::User(_) => Err(Refused::new(403, "You must authenticate via a GitHub App.")),
    }
}

pub(super) fn create(call: &mut Call<'_>) -> Answered {
    let (repo, app) = (call.repo_name(), by_app(call)?);
    let new = NewCheck { name: call.required("name")?, head_sha: call.required("head_sha")?, edit: edit_of(call)? };
    if new.head_sha.len() != 40 {
        return Err(invalid("head_sha is not a full SHA."));
    }
    let id = call.world.create_check(&repo, app, &new)?;
    shown(call, id, 201)
}

pub(super) fn check(call: &mut Call<'_>) -> Answered {
    shown(call, call.number("id")?, 200)
}

pub(super) fn annotations(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let run = repo.check_runs.get(&call.number("id")?).ok_or_else(Refused::not_found)?;
    let list = run.output.annotations.iter().map(|a| {
        let blob = a.get("path").and_then(Value::as_str).unwrap_or_default();
        let empty = json!({ "start_column": null, "end_column": null, "title": null, "raw_details": null });
        let place =
            json!({ "blob_href": format!("{}/{}/blob/{}/{blob}", call.world.base, repo.full_name(), run.head_sha) });
        json::merged(json::merged(empty, a.clone()), place)
    });
    Ok(call.list(list.collect()))
}

pub(super) fn edit(call: &mut Call<'_>) -> Answered {
    let (repo, app, id) = (call.repo_name(), by_app(call)?, call.number("id")?);
    let owner = call.repo()?.check_runs.get(&id).ok_or_else(Refused::not_found)?.app_id;
    if owner != app {
        return Err(Refused::new(403, "Invalid app_id `this check run was made by another App`"));
    }
    if call.body.contains_key("head_sha") {
        return Err(invalid("\"head_sha\" is not a permitted key."));
    }
    let edit = edit_of(call)?;
    call.world.edit_check(&repo, id, &edit)?;
    shown(call, id, 200)
}

pub(super) fn for_ref(call: &mut Call<'_>) -> Answered {
    let repo = call.repo()?;
    let rev = call.param("ref");
    let commit = repo.git.resolve(rev).ok_or_else(|| Refused::new(422, format!("No commit found for SHA: {rev}")))?;
    let runs: Vec<_> = match call.parameter("filter") {
        Some("all") => repo.check_runs.values().filter(|r| r.head_sha == commit.sha).collect(),
        _ => repo.latest_checks(&commit.sha),
    };
    let (name, status) = (call.parameter("check_name"), call.parameter("status"));
    let app = call.parameter("app_id").and_then(|a| a.parse::<u64>().ok());
    let mut hits: Vec<_> = runs
        .into_iter()
        .filter(|r| name.is_none_or(|n| r.name == n))
        .filter(|r| status.is_none_or(|s| r.status == s))
        .filter(|r| app.is_none_or(|a| r.app_id == a))
        .collect();
    hits.reverse();
    let total = hits.len();
    let (page, link) = call.page(hits);
    let list: Vec<_> = page.into_iter().map(|r| json::check_run(call.world, repo, r)).collect();
    let mut answer = Answer::json(200, json!({ "total_count": total, "check_runs": list }));
    answer.headers.extend(link.map(|l| ("link", l)));
    Ok(answer)
}
