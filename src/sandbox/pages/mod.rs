//! The pages: what a visitor of the demo sees instead of GitHub's.
//!
//! Plain HTML that works without script. Pages only read; every change is a form that posts to `/_sandbox/…`, is carried
//! out by the same verbs as in tests in the name of the person signed in, and answers with a redirect.

mod deployments;
mod forms;
mod queue;
mod repo;
mod talk;
mod view;

use super::Shared;
use super::repo::{Repo, Role};
use super::world::{Refused, World};
use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::convert::Infallible;
use std::sync::Arc;

/// What stands in a path but may not, escaped; slashes stay.
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');

/// All pages and forms.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(repo::home))
        .route("/_sandbox/page.css", get(css))
        .route("/_sandbox/page.js", get(script))
        .route("/_sandbox/revision", get(revision))
        .route("/_sandbox/sign-in", post(forms::sign_in))
        .route("/_sandbox/{owner}/{repo}/issues/{number}/tick", post(forms::tick))
        .route("/_sandbox/{owner}/{repo}/issues/{number}/edit", post(forms::edit))
        .route("/_sandbox/{owner}/{repo}/issues/{number}/comment", post(forms::comment))
        .route("/_sandbox/{owner}/{repo}/issues/{number}/state", post(forms::state))
        .route("/_sandbox/{owner}/{repo}/issues/{number}/merge", post(forms::merge))
        .route("/_sandbox/{owner}/{repo}/issues/{number}/enqueue", post(queue::add))
        .route("/_sandbox/{owner}/{repo}/issues/{number}/dequeue", post(queue::remove))
        .route("/_sandbox/{owner}/{repo}/tags", post(forms::tag))
        .route("/_sandbox/{owner}/{repo}/pulls", post(forms::open_pull))
        .route("/_sandbox/{owner}/{repo}/new", post(forms::new_file))
        .route("/_sandbox/{owner}/{repo}/runs/{id}/rerequest", post(forms::rerequest))
        .route("/_sandbox/{owner}/{repo}/runs/{id}/action", post(forms::action))
        .route("/_sandbox/{owner}/{repo}/deployments", post(deployments::start))
        .route("/_sandbox/{owner}/{repo}/deployments/{run}/cancel", post(deployments::cancel))
        .route("/_sandbox/{owner}/{repo}/deployments/{run}/rerun", post(deployments::rerun))
        .route("/{owner}/{repo}", get(repo::overview))
        .route("/{owner}/{repo}/deployments", get(deployments::page))
        .route("/{owner}/{repo}/issues", get(talk::issues))
        .route("/{owner}/{repo}/issues/{number}", get(talk::issue))
        .route("/{owner}/{repo}/pulls", get(talk::pulls))
        .route("/{owner}/{repo}/pull/{number}", get(talk::pull))
        .route("/{owner}/{repo}/pull/{number}/files", get(talk::files))
        .route("/{owner}/{repo}/tags", get(repo::tags))
        .route("/{owner}/{repo}/queue/{*branch}", get(queue::queue))
        .route("/{owner}/{repo}/commit/{sha}", get(repo::commit))
        .route("/{owner}/{repo}/compare/{*spec}", get(repo::compare))
        .route("/{owner}/{repo}/releases/tag/{*tag}", get(repo::release))
        .route("/{owner}/{repo}/tree/{*rev}", get(repo::tree))
        .route("/{owner}/{repo}/runs/{id}", get(talk::run))
        .route("/{owner}/{repo}/blob/{rev}/{*path}", get(repo::blob))
        .route("/{owner}/{repo}/new/{*branch}", get(repo::new_file))
        .fallback(missing)
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guard))
        .with_state(shared)
}

async fn css() -> impl axum::response::IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../../templates/sandbox/page.css"))
}

async fn script() -> impl axum::response::IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, include_str!("../../../templates/sandbox/page.js"))
}

async fn revision(State(shared): State<Arc<Shared>>) -> String {
    shared.world().revision.to_string()
}

/// Where a merge queue waits for time to pass, whoever looks on is its clock.
fn go_on(shared: &Shared) {
    let mut world = shared.world();
    if world.repos.values().flat_map(|repo| repo.queues.values()).all(|queue| queue.groups.is_empty()) {
        return;
    }
    if let Err(error) = world.advance_all_queues() {
        tracing::warn!(%error, "a merge queue does not go on");
    }
    drop(world);
    shared.changed.notify_one();
}

async fn missing(State(shared): State<Arc<Shared>>, visit: Visit) -> Response {
    refused(&shared.world(), &visit, &Refused::not_found())
}

/// Lets through only what comes from these pages: the host must be this server, and a form must come from its own origin.
async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name: HeaderName| headers.get(name).and_then(|h| h.to_str().ok());
    let own = shared.world().base.clone();
    let host = own.strip_prefix("http://").unwrap_or(&own);
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let here = text(header::HOST).is_some_and(|h| h == host || h == format!("localhost:{port}"));
    let foreign = match text(header::ORIGIN) {
        Some(origin) => text(header::HOST).is_none_or(|h| origin != format!("http://{h}")),
        None => false,
    };
    let site = headers.get("sec-fetch-site").and_then(|h| h.to_str().ok());
    let elsewhere = site.is_some_and(|s| s != "same-origin" && s != "none");
    if !here || (request.method() != http::Method::GET && (foreign || elsewhere)) {
        return (StatusCode::FORBIDDEN, "This page takes forms from itself only.").into_response();
    }
    go_on(&shared);
    let mut response = next.run(request).await;
    let policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
                  form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Who visits what.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    /// The person signed in; the first of the world without a cookie.
    who: Option<String>,
    /// The path, for coming back.
    here: String,
    /// What was refused a moment ago.
    refused: String,
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
    fn login(&self, world: &World) -> String {
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
struct Person {
    login: String,
    role: &'static str,
}

/// What surrounds every page.
#[derive(Debug)]
struct Chrome {
    title: String,
    repo: String,
    tab: &'static str,
    who: String,
    people: Vec<Person>,
    revision: u64,
    refused: String,
    here: String,
    touring: bool,
    /// The first branch that has a merge queue; empty where none has.
    queue: String,
}

impl Chrome {
    fn new(world: &World, visit: &Visit, repo: Option<&Repo>, tab: &'static str, title: &str) -> Self {
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
fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn refused(world: &World, visit: &Visit, why: &Refused) -> Response {
    let heading =
        if why.status == 404 { "There is nothing here".to_owned() } else { format!("Refused ({})", why.status) };
    let chrome = Chrome::new(world, visit, None, "", &heading);
    let mut response = page(&MessagePage { chrome, heading, text: format!("{}.", why.message.trim_end_matches('.')) });
    *response.status_mut() = StatusCode::from_u16(why.status).unwrap_or(StatusCode::BAD_REQUEST);
    response
}

/// Shows a page of one repository, or why not.
fn shown(
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
fn see(path: &str) -> Response {
    let to = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, to);
    response
}

/// A path whose odd characters are escaped.
fn escaped(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

/// Back to a page of this server, with what was refused, if anything was.
fn back(path: &str, result: Result<(), Refused>) -> Response {
    let local = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let path = escaped(if local { path } else { "/" });
    match result {
        Ok(()) => see(&path),
        Err(why) => see(&format!("{path}?refused={}", utf8_percent_encode(&why.message, NON_ALPHANUMERIC))),
    }
}
