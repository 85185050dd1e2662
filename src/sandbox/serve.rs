//! The server: tells API calls from page visits, lets faults have their say, and keeps the record.

use super::api::{self, Answer, Body as AnswerBody, Request};
use super::exchanges::Exchange;
use super::faults::Fault;
use super::refused::Refused;
use super::wire::{Wire, Wired};
use super::{Shared, pages};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request as HttpRequest, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// First segments of the API's paths. A request with an `Authorization` header is one for the API wherever it goes.
const API: &[&str] = &[
    "api",
    "app",
    "applications",
    "gists",
    "graphql",
    "installation",
    "meta",
    "orgs",
    "rate_limit",
    "repos",
    "repositories",
    "search",
    "user",
    "users",
];

/// The largest request that is read.
const CAP: usize = 10 * 1024 * 1024;

/// Serves in a task of its own until told to stop.
pub(super) fn spawn(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken) {
    let app: Router = pages::router(Arc::clone(&shared)).layer(middleware::from_fn_with_state(shared, sort));
    let service = app.into_make_service_with_connect_info::<Wire>();
    tokio::spawn(async move {
        // Not a graceful stop: a dropped stand-in is gone at once, and connections that are still open answer no more.
        let wired = Wired { listener, stop: stop.clone() };
        let _ = stop.run_until_cancelled(async { axum::serve(wired, service).await }).await;
    });
}

async fn sort(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: HttpRequest<Body>,
    next: Next,
) -> Response {
    let first = request.uri().path().trim_start_matches('/').split('/').next().unwrap_or_default();
    if !(API.contains(&first) || request.headers().contains_key("authorization")) {
        let response = next.run(request).await;
        shared.changed.notify_one();
        return response;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, CAP).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = parts.uri.path();
    // GraphQL is beside the REST API where that is below `/api/v3`.
    let path = if path == "/api/graphql" { "/graphql" } else { path.strip_prefix("/api/v3").unwrap_or(path) };
    let path = path.to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let request =
        Request { method: parts.method.as_str(), path: &path, query: &query, headers: &parts.headers, body: &body };
    answer(&shared, &wire, &request).await
}

async fn answer(shared: &Shared, wire: &Wire, request: &Request<'_>) -> Response {
    let fault = shared.faults().take(request.method, request.path);
    let route = api::route_of(request.method, request.path);
    let (answer, violations) = match fault {
        Some(Fault::Status(code)) => (api::refusal(shared.world().base.as_str(), &failed(code)), Vec::new()),
        Some(Fault::RetryAfter(code, seconds)) => {
            let refused = Refused::new(code, "You have exceeded a secondary rate limit. Please wait a few minutes.");
            let mut answer = api::refusal(shared.world().base.as_str(), &refused);
            answer.headers.push(("retry-after", seconds.to_string()));
            (answer, Vec::new())
        }
        Some(Fault::LimitedInBody) => (api::limited(), Vec::new()),
        Some(Fault::DropBefore) => {
            wire.cut();
            (Answer::empty(0), Vec::new())
        }
        Some(Fault::Delay(time)) => {
            tokio::time::sleep(time).await;
            api::call(&mut shared.world(), request)
        }
        Some(Fault::DropAfter) => {
            wire.cut();
            api::call(&mut shared.world(), request)
        }
        None => api::call(&mut shared.world(), request),
    };
    shared.changed.notify_one();
    let response = match &answer.body {
        AnswerBody::Json(value) => value.clone(),
        AnswerBody::Raw(_) | AnswerBody::Empty => Value::Null,
    };
    let exchange = Exchange {
        method: request.method.to_owned(),
        path: request.path.to_owned(),
        route: route.to_owned(),
        query: request.query.to_owned(),
        request: serde_json::from_slice(request.body).unwrap_or(Value::Null),
        status: answer.status,
        response,
        faulty: fault.is_some(),
    };
    shared.exchanges().push(exchange, violations);
    let ahead = shared.world().knobs.clock_ahead;
    let mut response = encode(answer, request.headers);
    if let Some(date) = date(super::world::real_now() + ahead).filter(|_| ahead != 0) {
        response.headers_mut().insert(HeaderName::from_static("date"), date);
    }
    response
}

/// A time as the `Date` header has it.
fn date(at: i64) -> Option<HeaderValue> {
    let at = chrono::DateTime::from_timestamp(at, 0)?;
    HeaderValue::from_str(&at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

fn failed(code: u16) -> Refused {
    let message = match code {
        401 => "Bad credentials",
        403 => "Resource not accessible by integration",
        404 => "Not Found",
        500 => "Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "This was asked to go wrong",
    };
    Refused::new(code, message)
}

/// An answer on the wire, with the headers that every answer of GitHub's has, and 304 where the client knows it already.
fn encode(answer: Answer, asked: &HeaderMap) -> Response {
    let (kind, bytes) = match answer.body {
        AnswerBody::Json(value) => ("application/json; charset=utf-8", Bytes::from(value.to_string())),
        AnswerBody::Raw(bytes) => ("application/vnd.github.raw+json; charset=utf-8", Bytes::from(bytes)),
        AnswerBody::Empty => ("", Bytes::new()),
    };
    let etag = format!("\"{}\"", super::git::object_id("etag", &bytes));
    let known = asked.get("if-none-match").is_some_and(|h| h.as_bytes() == etag.as_bytes());
    let unchanged = known && answer.status == 200;
    let status = StatusCode::from_u16(if unchanged { 304 } else { answer.status.max(100) });
    let mut response = Response::new(if unchanged { Body::empty() } else { Body::from(bytes) });
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    if !kind.is_empty() {
        put("content-type", kind);
        put("etag", &etag);
    }
    put("server", "github.test");
    put("x-github-media-type", "github.v3; format=json");
    put("x-ratelimit-limit", "5000");
    put("x-ratelimit-remaining", "4999");
    put("x-ratelimit-used", "1");
    put("x-ratelimit-resource", "core");
    put("x-ratelimit-reset", &(super::world::real_now() + 3600).to_string());
    for (name, value) in &answer.headers {
        put(name, value);
    }
    response
}
