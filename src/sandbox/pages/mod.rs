//! The pages: what a visitor of the demo sees instead of GitHub's.
//!
//! Plain HTML that works without script. Pages only read; every change is a form that posts to `/_sandbox/…`, is carried
//! out by the same verbs as in tests in the name of the person signed in, and answers with a redirect.

mod deployments;
mod forms;
mod frame;
mod queue;
mod repo;
mod talk;
mod view;

use super::refused::Refused;
use super::shared::Shared;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use frame::{Visit, refused};
use std::sync::Arc;

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
        tracing::warn!(%error, "a merge queue does not continue");
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
