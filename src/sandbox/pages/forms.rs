//! The forms: each acts in the name of the person signed in and goes back to the page, with GitHub's words where it was
//! refused.

use super::frame::{Visit, back};
use crate::sandbox::git::object_id;
use crate::sandbox::refused::Refused;
use crate::sandbox::repo::State as IssueState;
use crate::sandbox::shared::Shared;
use crate::sandbox::verbs::{Method, Pick};
use crate::sandbox::world::World;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) type Fields = Form<BTreeMap<String, String>>;
pub(super) type Named = (String, String);
pub(super) type Numbered = (String, String, u64);

pub(super) fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

/// Carries a form out as whoever is signed in.
pub(super) fn act(
    shared: &Shared,
    visit: &Visit,
    page: &str,
    what: impl FnOnce(&mut World, &str) -> Result<(), Refused>,
) -> Response {
    let mut world = shared.world();
    let who = visit.login(&world);
    back(page, what(&mut world, &who))
}

/// Where an issue or pull request is shown; one number serves both.
fn place((owner, name, number): &Numbered) -> (String, String) {
    (format!("{owner}/{name}"), format!("/{owner}/{name}/issues/{number}"))
}

/// An issue's page, or a pull request's.
fn home_of(shared: &Shared, at: &Numbered) -> (String, String) {
    let (repo, page) = place(at);
    let pull = shared.world().repo(&repo).is_ok_and(|r| r.pull(at.2).is_ok());
    let page = if pull { format!("/{repo}/pull/{}", at.2) } else { page };
    (repo, page)
}

pub(super) async fn sign_in(form: Fields) -> Response {
    let mut response = back(field(&form, "back"), Ok(()));
    let who: String = field(&form, "who").chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    if let Ok(cookie) = HeaderValue::from_str(&format!("who={who}; Path=/; SameSite=Strict; HttpOnly")) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// The page shows one text; if the issue has another one by now, the click would hit the wrong byte.
fn same(world: &World, repo: &str, number: u64, form: &Fields) -> Result<(), Refused> {
    let body = world.repo(repo)?.issue(number)?.body.clone().unwrap_or_default();
    if object_id("body", body.as_bytes()) == field(form, "digest") {
        return Ok(());
    }
    Err(Refused::new(409, "The issue changed in the meantime. Look again, and try once more."))
}

pub(super) async fn tick(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path(at): Path<Numbered>,
    form: Fields,
) -> Response {
    let (repo, page) = place(&at);
    act(&shared, &visit, &page, |world, who| {
        same(world, &repo, at.2, &form)?;
        let offset = field(&form, "offset").parse().map_err(|_| Refused::new(422, "No box was named."))?;
        world.toggle(&repo, at.2, who, Pick::Offset(offset))
    })
}

pub(super) async fn edit(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path(at): Path<Numbered>,
    form: Fields,
) -> Response {
    let (repo, page) = place(&at);
    act(&shared, &visit, &page, |world, who| {
        same(world, &repo, at.2, &form)?;
        // Browsers send \r\n; what was \n stays so.
        let text = field(&form, "body").replace("\r\n", "\n");
        let before = world.repo(&repo)?.issue(at.2)?.body.clone().unwrap_or_default();
        let text = if before.contains("\r\n") { text.replace('\n', "\r\n") } else { text };
        world.edit_issue_body(&repo, at.2, who, &text)
    })
}

pub(super) async fn comment(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path(at): Path<Numbered>,
    form: Fields,
) -> Response {
    let (repo, page) = home_of(&shared, &at);
    let text = field(&form, "body").replace("\r\n", "\n");
    act(&shared, &visit, &page, |world, who| world.comment(&repo, at.2, who, &text).map(|_| ()))
}

pub(super) async fn state(State(shared): State<Arc<Shared>>, visit: Visit, Path(at): Path<Numbered>) -> Response {
    let (repo, page) = home_of(&shared, &at);
    act(&shared, &visit, &page, |world, who| match world.repo(&repo)?.issue(at.2)?.state {
        IssueState::Open => world.close_issue(&repo, at.2, who, None),
        IssueState::Closed => world.reopen_issue(&repo, at.2, who),
    })
}

/// Carries a form on a pull request out.
pub(super) fn on_pull(
    shared: &Shared,
    visit: &Visit,
    at: &Numbered,
    what: impl FnOnce(&mut World, &str, &str) -> Result<(), Refused>,
) -> Response {
    let (repo, page) = home_of(shared, at);
    act(shared, visit, &page, |world, who| what(world, &repo, who))
}

pub(super) async fn merge(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path(at): Path<Numbered>,
    form: Fields,
) -> Response {
    let (repo, page) = home_of(&shared, &at);
    let method = match field(&form, "method") {
        "squash" => Method::Squash,
        "rebase" => Method::Rebase,
        _ => Method::Merge,
    };
    act(&shared, &visit, &page, |world, who| world.merge_pull_request(&repo, at.2, who, method).map(|_| ()))
}

pub(super) async fn tag(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name)): Path<Named>,
    form: Fields,
) -> Response {
    let repo = format!("{owner}/{name}");
    act(&shared, &visit, &format!("/{repo}/tags"), |world, who| {
        world.create_tag(&repo, field(&form, "name").trim(), field(&form, "target"), who, None).map(|_| ())
    })
}

pub(super) async fn open_pull(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name)): Path<Named>,
    form: Fields,
) -> Response {
    let repo = format!("{owner}/{name}");
    let mut world = shared.world();
    let who = visit.login(&world);
    let (head, base) = (field(&form, "head"), field(&form, "base"));
    match world.open_pull_request(&repo, &who, head, base, field(&form, "title"), "") {
        Ok(number) => back(&format!("/{repo}/pull/{number}"), Ok(())),
        Err(why) => back(&format!("/{repo}"), Err(why)),
    }
}

pub(super) async fn new_file(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name)): Path<Named>,
    form: Fields,
) -> Response {
    let repo = format!("{owner}/{name}");
    let (branch, path) = (field(&form, "branch"), field(&form, "path").trim());
    let text = field(&form, "value").replace("\r\n", "\n");
    act(&shared, &visit, &format!("/{repo}/tree/{branch}"), |world, who| {
        if path.is_empty() || path.starts_with('/') || path.split('/').any(|p| p.is_empty() || p == "..") {
            return Err(Refused::new(422, "That is no path in a repository."));
        }
        world.commit_to(&repo, branch, who, &format!("Add {path}"), &[(path, Some(&text))]).map(|_| ())
    })
}

pub(super) async fn rerequest(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, id)): Path<Numbered>,
) -> Response {
    let repo = format!("{owner}/{name}");
    act(&shared, &visit, &format!("/{repo}/runs/{id}"), |world, who| world.rerequest_check(&repo, id, who))
}

pub(super) async fn action(
    State(shared): State<Arc<Shared>>,
    visit: Visit,
    Path((owner, name, id)): Path<Numbered>,
    form: Fields,
) -> Response {
    let repo = format!("{owner}/{name}");
    let pressed = field(&form, "identifier");
    act(&shared, &visit, &format!("/{repo}/runs/{id}"), |world, who| world.request_action(&repo, id, who, pressed))
}
