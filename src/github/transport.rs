//! One HTTP request to GitHub's API and its answer, through octocrab.
//!
//! It adds no credentials of its own, repeats nothing, follows no redirect, and reads no more than it was told to.

use super::error::Error;
use super::outgoing::Way;
use super::route::Path;
use crate::settings::Settings;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::bytes::Bytes;

/// From the first byte sent to the last one read.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(90);
/// A recursive tree of 100,000 entries is 7 MB or less; a blob is read up to this.
const LARGEST_ANSWER: usize = 32 << 20;
const USER_AGENT: &str = concat!("holdpoint/", env!("CARGO_PKG_VERSION"));
const API_VERSION: &str = "2022-11-28";
pub(super) const JSON: &str = "application/vnd.github+json";

/// How many requests were sent, by method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Reads, those with GraphQL too.
    pub get: u64,
    /// Writes that create, token mints left out.
    pub post: u64,
    /// Writes that change.
    pub patch: u64,
    /// Writes that put.
    pub put: u64,
    /// Writes that remove.
    pub delete: u64,
    /// Installation tokens asked for.
    pub tokens: u64,
    /// Round trips: how many requests had to wait for the answer of another one, each for the next. Tokens are not counted.
    pub round_trips: u64,
}

impl Requests {
    /// All of them, tokens left out: what a flow costs once a token is there.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.get + self.post + self.patch + self.put + self.delete
    }
}

#[derive(Default)]
struct Counters {
    get: AtomicU64,
    post: AtomicU64,
    patch: AtomicU64,
    put: AtomicU64,
    delete: AtomicU64,
    tokens: AtomicU64,
    round_trips: AtomicU64,
}

/// A request, complete but for the base.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: &'a Path,
    /// The whole value of the `Authorization` header.
    pub(super) authorization: String,
    pub(super) accept: &'a str,
    pub(super) body: Option<Bytes>,
}

/// An answer of any status, wholly read.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// The answer where its status is a success.
    pub(super) fn success(self, now_ms: i64) -> Result<Self, Error> {
        if self.status.is_success() {
            return Ok(self);
        }
        if self.status.is_redirection() {
            let location = self.header(header::LOCATION.as_str()).unwrap_or("an unnamed place");
            return Err(Error::Redirected { location: location.split('?').next().unwrap_or_default().to_owned() });
        }
        Err(Error::from_answer(self.status, &self.headers, &self.body, now_ms))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

pub(super) struct Transport {
    octocrab: octocrab::Octocrab,
    /// Without a slash at its end.
    base: String,
    base_uri: Uri,
    counters: Counters,
    not_before: AtomicI64,
}

impl Transport {
    /// Needs a running tokio runtime, because octocrab starts a task.
    pub(super) fn new(settings: &Settings) -> anyhow::Result<Self> {
        let octocrab = Way::of(settings)?.client();
        let base = settings.github_api_url.trim_end_matches('/').to_owned();
        let base_uri = base.parse()?;
        Ok(Self { octocrab, base, base_uri, counters: Counters::default(), not_before: AtomicI64::new(i64::MIN) })
    }

    /// The present in milliseconds, or what [`Self::not_before`] says where that is later.
    pub(super) fn now_ms(&self) -> i64 {
        crate::telemetry::now_ms().max(self.not_before.load(Ordering::Relaxed))
    }

    pub(super) fn not_before(&self, now_ms: i64) {
        self.not_before.fetch_max(now_ms, Ordering::Relaxed);
    }

    pub(super) fn requests(&self) -> Requests {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Requests {
            get: read(&self.counters.get),
            post: read(&self.counters.post),
            patch: read(&self.counters.patch),
            put: read(&self.counters.put),
            delete: read(&self.counters.delete),
            tokens: read(&self.counters.tokens),
            round_trips: read(&self.counters.round_trips),
        }
    }

    fn count(&self, method: &Method, path: &Path) {
        let counter = match method.as_str() {
            "POST" if path.is_graphql() => &self.counters.get,
            "POST" if path.without_query().ends_with("/access_tokens") => &self.counters.tokens,
            "POST" => &self.counters.post,
            "PATCH" => &self.counters.patch,
            "PUT" => &self.counters.put,
            "DELETE" => &self.counters.delete,
            _ => &self.counters.get,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// `https://HOST/api/v3` has its GraphQL at `https://HOST/api/graphql`, and `https://api.github.com` below itself.
    fn base_of(&self, path: &Path) -> &str {
        let beside = self.base.strip_suffix("/v3").filter(|_| path.is_graphql());
        beside.unwrap_or(&self.base)
    }

    /// Sends it once and reads the answer, of whatever status.
    pub(super) async fn send(&self, call: Call<'_>) -> Result<Answer, Error> {
        let path = call.path.as_sent().ok_or(Error::NotFound)?;
        // Absolute, so that nothing is left for octocrab to join.
        let mut request = http::Request::builder()
            .method(&call.method)
            .uri(format!("{}{path}", self.base_of(call.path)))
            .header(header::ACCEPT, call.accept)
            .header(header::USER_AGENT, USER_AGENT)
            .header("X-GitHub-Api-Version", API_VERSION);
        let mut authorization =
            http::HeaderValue::try_from(call.authorization).map_err(|_| transport("the credentials are no header"))?;
        authorization.set_sensitive(true);
        request = request.header(header::AUTHORIZATION, authorization);
        if call.body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = call.body.map_or_else(octocrab::OctoBody::empty, octocrab::OctoBody::from);
        let request = request.body(body).map_err(|error| transport(&error.to_string()))?;
        self.count(&call.method, call.path);
        // One that begins before another one ended did not wait for it, and is no further round trip.
        let trip = self.counters.round_trips.load(Ordering::Relaxed) + 1;
        let began = tokio::time::Instant::now();
        let answer = tokio::time::timeout(WHOLE_TIMEOUT, self.exchange(request)).await;
        let answer = answer.unwrap_or_else(|_| Err(transport("it took too long")));
        if !call.path.without_query().ends_with("/access_tokens") {
            self.counters.round_trips.fetch_max(trip, Ordering::Relaxed);
        }
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let status = answer.as_ref().map_or(0, |answer| answer.status.as_u16());
        let path = call.path.without_query();
        tracing::debug!(method = %call.method, path, status, { crate::telemetry::field::DURATION_MS } = ms, "called GitHub");
        answer
    }

    async fn exchange(&self, request: http::Request<octocrab::OctoBody>) -> Result<Answer, Error> {
        let answer = self.octocrab.send(request).await.map_err(|error| transport(&chain(&error)))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Error::Decode { message: format!("it is larger than {LARGEST_ANSWER} bytes") }
            } else {
                transport(&chain(error.as_ref()))
            }
        })?;
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
    }

    /// The path that `location` (of a redirect, or of a `Link`) has below our base; `None` where it is elsewhere.
    /// GitHub's own idea of its host and scheme is not used: behind a proxy it may be wrong.
    pub(super) fn below_base(&self, location: &str) -> Option<Path> {
        let uri: Uri = location.parse().ok()?;
        let text = uri.path_and_query()?.as_str();
        let prefix = self.base_uri.path().trim_end_matches('/');
        let rest = text.strip_prefix(prefix)?;
        rest.starts_with('/').then(|| Path::given(rest))
    }

    /// Whether `location` names the API's own host, or none.
    pub(super) fn same_host(&self, location: &str) -> bool {
        location
            .parse::<Uri>()
            .is_ok_and(|uri| uri.authority().is_none() || uri.authority() == self.base_uri.authority())
    }
}

fn transport(message: &str) -> Error {
    Error::Transport { message: message.to_owned() }
}

/// An error and its causes, on one line. octocrab's own `Display` may hold a backtrace: only first lines are kept.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default();
        if !parts.iter().any(|part| part.ends_with(line)) {
            parts.push(line.to_owned());
        }
        next = error.source();
    }
    parts.join(": ").chars().take(400).collect()
}
