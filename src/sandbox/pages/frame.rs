//! What surrounds every page: who visits it, its frame, and how it answers.

use super::super::refused::Refused;
use super::super::repo::{Repo, Role};
use super::super::shared::Shared;
use super::super::world::World;
use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::convert::Infallible;

/// What stands in a path but may not, escaped; slashes stay.
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');

/// Who visits what.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    /// The person signed in; the first of the world without a cookie.
    pub(super) who: Option<String>,
    /// The path, for coming back.
    pub(super) here: String,
    /// What was refused a moment ago.
    pub(super) refused: String,
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get(header::COOKIE)?.to_str().ok()?;
    all.split(';').find_map(|c| c.trim().strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let refused = query.split('&').find_map(|p| p.strip_prefix("refused=")).unwrap_or_default();
        let refused = percent_decode_str(refused).decode_utf8_lossy().into_owned();
        Ok(Self { who: cookie(&parts.headers, "who"), here: parts.uri.path().to_owned(), refused })
    }
}

impl Visit {
    /// The login of who is signed in: by the cookie, else `alice`, else the first person there is.
    pub(super) fn login(&self, world: &World) -> String {
        let person = |login: &&String| world.users.contains_key(*login) && world.app_of_bot(login).is_none();
        let chosen = self.who.as_ref().filter(person).cloned();
        let alice = "alice".to_owned();
        chosen
            .or_else(|| Some(alice).filter(|a| person(&a)))
            .or_else(|| world.users.keys().find(|l| person(l)).cloned())
            .unwrap_or_default()
    }
}

/// A person to sign in as.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) login: String,
    pub(super) role: &'static str,
}

/// What surrounds every page.
#[derive(Debug)]
pub(super) struct Chrome {
    pub(super) title: String,
    pub(super) repo: String,
    pub(super) tab: &'static str,
    pub(super) who: String,
    pub(super) people: Vec<Person>,
    pub(super) revision: u64,
    pub(super) refused: String,
    pub(super) here: String,
    pub(super) touring: bool,
    /// The first branch that has a merge queue; empty where none has.
    pub(super) queue: String,
}

impl Chrome {
    pub(super) fn new(world: &World, visit: &Visit, repo: Option<&Repo>, tab: &'static str, title: &str) -> Self {
        let first = world.repos.values().find(|r| r.fork_of.is_none());
        let person = |login: &String| Person {
            login: login.clone(),
            role: repo.or(first).and_then(|r| world.role(r, login)).map_or("no role", Role::name),
        };
        let people = world.users.keys().filter(|l| world.app_of_bot(l).is_none());
        Self {
            title: title.to_owned(),
            repo: repo.map(Repo::full_name).unwrap_or_default(),
            tab,
            who: visit.login(world),
            people: people.map(person).collect(),
            revision: world.revision,
            refused: visit.refused.clone(),
            here: visit.here.clone(),
            touring: !world.tour.is_empty(),
            queue: repo.and_then(|r| r.queues.keys().next()).cloned().unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "sandbox/message.html")]
struct MessagePage {
    chrome: Chrome,
    heading: String,
    text: String,
}

/// A page, or what went wrong, as HTML.
pub(super) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

pub(super) fn refused(world: &World, visit: &Visit, why: &Refused) -> Response {
    let heading =
        if why.status == 404 { "There is nothing here".to_owned() } else { format!("Refused ({})", why.status) };
    let chrome = Chrome::new(world, visit, None, "", &heading);
    let mut response = page(&MessagePage { chrome, heading, text: format!("{}.", why.message.trim_end_matches('.')) });
    *response.status_mut() = StatusCode::from_u16(why.status).unwrap_or(StatusCode::BAD_REQUEST);
    response
}

/// Shows a page of one repository, or why not.
pub(super) fn shown(
    shared: &Shared,
    visit: &Visit,
    (owner, name): (&str, &str),
    show: impl FnOnce(&World, &Repo) -> Result<Response, Refused>,
) -> Response {
    let world = shared.world();
    let answer = world.repo(&format!("{owner}/{name}")).and_then(|repo| show(&world, repo));
    answer.unwrap_or_else(|why| refused(&world, visit, &why))
}

/// 303: go and look.
pub(super) fn see(path: &str) -> Response {
    let to = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, to);
    response
}

/// A path whose odd characters are escaped.
pub(super) fn escaped(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

/// Back to a page of this server, with what was refused, if anything was.
pub(super) fn back(path: &str, result: Result<(), Refused>) -> Response {
    let local = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let path = escaped(if local { path } else { "/" });
    match result {
        Ok(()) => see(&path),
        Err(why) => see(&format!("{path}?refused={}", utf8_percent_encode(&why.message, NON_ALPHANUMERIC))),
    }
}
