//! What the App and its installations share: the key, the way to GitHub, and how answers are read.

use super::error::{Error, differs};
use super::route::Path;
use super::transport::{Answer, Call, JSON, Transport};
use http::{Method, header};
use octocrab::auth::create_jwt;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio_util::bytes::Bytes;

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T, N = Path> {
    /// What it holds.
    pub items: Vec<T>,
    /// Where the next one is, if there is one.
    pub next: Option<N>,
}

/// What the App and its installations share.
pub(super) struct Shared {
    pub(super) transport: Transport,
    pub(super) write_interval: Duration,
    pub(super) app_id: u64,
    pub(super) key: jsonwebtoken::EncodingKey,
}

impl Shared {
    pub(super) fn jwt(&self) -> Result<String, Error> {
        create_jwt(self.app_id.into(), &self.key)
            .map_err(|error| Error::Unauthorized { message: format!("the App's key signs nothing: {error}") })
    }

    pub(super) async fn as_app(&self, method: Method, path: &Path, body: Option<Bytes>) -> Result<Answer, Error> {
        let authorization = format!("Bearer {}", self.jwt()?);
        self.transport.send(Call { method, path, authorization, accept: JSON, body }).await
    }

    pub(super) async fn app_read(&self, path: &Path) -> Result<Answer, Error> {
        let answer = self.as_app(Method::GET, path, None).await?;
        let answer = match follow(&self.transport, &answer) {
            Some(path) => self.as_app(Method::GET, &path, None).await?,
            None => answer,
        };
        answer.success(self.transport.now_ms())
    }

    /// The next page that an answer's `Link` names, on our own base.
    pub(super) fn next(&self, answer: &Answer) -> Option<Path> {
        answer.headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok()).find_map(|value| {
            let link = value
                .split(',')
                .find(|link| link.split(';').skip(1).any(|part| matches!(part.trim(), "rel=\"next\"" | "rel=next")))?;
            let target = link.trim().strip_prefix('<')?.split('>').next()?;
            self.transport.below_base(target)
        })
    }
}

/// Reads an answer's JSON; an empty body (204) is read as `null`.
pub(super) fn decode<T: DeserializeOwned>(answer: &Answer) -> Result<T, Error> {
    let body: &[u8] = if answer.body.is_empty() { b"null" } else { &answer.body };
    serde_json::from_slice(body).map_err(|error| Error::Decode { message: differs(&error) })
}

/// Where a read is redirected to within our own API.
pub(super) fn follow(transport: &Transport, answer: &Answer) -> Option<Path> {
    if !matches!(answer.status.as_u16(), 301 | 302 | 307 | 308) {
        return None;
    }
    let location = answer.header(header::LOCATION.as_str())?;
    if transport.same_host(location) { transport.below_base(location) } else { None }
}
