//! One installation's view of GitHub: reads, writes and pages, with its token, its pace and its limits.
//!
//! Nothing is repeated here but a call that was refused for its token, which GitHub did not execute.

use super::error::{Error, differs};
use super::listing::Listing;
use super::route::Path;
use super::session::{Page, Shared, decode, follow};
use super::throttle::{Kind, Pace};
use super::tokens::{Scope, Token, Tokens};
use super::transport::{Answer, Call, JSON};
use crate::ids::InstallationId;
use http::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio_util::bytes::Bytes;

/// The client of one installation of the App, for one purpose. At most ten reads and four check runs of an installation are under
/// way at a time, and one other write.
#[derive(Clone)]
pub struct Installation {
    one: Arc<One>,
    scope: Scope,
}

/// What all clients of one installation share.
struct One {
    shared: Arc<Shared>,
    id: InstallationId,
    tokens: Tokens,
    pace: Pace,
    /// No call goes out before, in milliseconds since 1970: GitHub bans those who go on.
    limited_until: AtomicI64,
}

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installation").field("id", &self.one.id).field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl Installation {
    pub(super) fn new(shared: Arc<Shared>, id: InstallationId) -> Self {
        let pace = Pace::new(shared.write_interval);
        let one = One { shared, id, tokens: Tokens::default(), pace, limited_until: AtomicI64::new(i64::MIN) };
        Self { one: Arc::new(one), scope: Scope::Names }
    }

    /// The same installation, for something else.
    pub(super) fn scoped(&self, scope: Scope) -> Self {
        Self { one: Arc::clone(&self.one), scope }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> InstallationId {
        self.one.id
    }

    /// The present, in milliseconds since 1970.
    pub(super) fn now_ms(&self) -> i64 {
        self.one.shared.transport.now_ms()
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get<T: DeserializeOwned>(&self, path: &Path) -> Result<T, Error> {
        decode(&self.read(path, JSON).await?)
    }

    /// Reads the bytes of an answer in the media type `accept`, such as `application/vnd.github.raw+json`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get_with(&self, path: &Path, accept: &str) -> Result<Bytes, Error> {
        Ok(self.read(path, accept).await?.body)
    }

    /// Reads one page of a list.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn page<T: DeserializeOwned>(&self, path: &Path) -> Result<Page<T>, Error> {
        let answer = self.read(path, JSON).await?;
        Ok(Page { items: decode(&answer)?, next: self.one.shared.next(&answer) })
    }

    /// Reads a list of `what`, up to `max_pages` pages of it, in GitHub's order. Ask for `per_page` in `path`.
    ///
    /// # Errors
    /// See [`Error`]; where one page fails, all do.
    pub async fn get_all<T: DeserializeOwned>(
        &self,
        path: &Path,
        what: &str,
        max_pages: usize,
    ) -> Result<Listing<Vec<T>>, Error> {
        self.pages(path, what, max_pages, decode).await
    }

    /// As [`Self::get_all`], for answers that are an object with the list in its `field`, such as `check_runs`.
    ///
    /// # Errors
    /// See [`Error`]; where one page fails or has no such field, all do.
    pub async fn get_all_in<T: DeserializeOwned>(
        &self,
        path: &Path,
        field: &str,
        max_pages: usize,
    ) -> Result<Listing<Vec<T>>, Error> {
        self.pages(path, &field.replace('_', " "), max_pages, |answer| {
            let mut object: BTreeMap<String, serde_json::Value> = decode(answer)?;
            let list = object.remove(field).ok_or_else(|| Error::Decode { message: format!("it has no `{field}`") })?;
            serde_json::from_value(list).map_err(|error| Error::Decode { message: differs(&error) })
        })
        .await
    }

    /// Creates something and reads what GitHub made of it.
    ///
    /// # Errors
    /// See [`Error`]; with [`Error::outcome_unknown`], look before writing again.
    pub async fn post<T: DeserializeOwned>(&self, path: &Path, body: &impl Serialize) -> Result<T, Error> {
        decode(&self.write(Method::POST, path, Some(body)).await?)
    }

    /// Changes something and reads what GitHub made of it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn patch<T: DeserializeOwned>(&self, path: &Path, body: &impl Serialize) -> Result<T, Error> {
        decode(&self.write(Method::PATCH, path, Some(body)).await?)
    }

    /// Puts something; an answer without a body is read as `null`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn put<T: DeserializeOwned>(&self, path: &Path, body: &impl Serialize) -> Result<T, Error> {
        decode(&self.write(Method::PUT, path, Some(body)).await?)
    }

    /// Removes something. That it was gone already is [`Error::NotFound`].
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(&self, path: &Path) -> Result<(), Error> {
        self.write(Method::DELETE, path, None::<&()>).await.map(|_| ())
    }

    async fn pages<T>(
        &self,
        path: &Path,
        what: &str,
        max_pages: usize,
        read: impl Fn(&Answer) -> Result<Vec<T>, Error>,
    ) -> Result<Listing<Vec<T>>, Error> {
        let mut items = Vec::new();
        let mut next = Some(path.clone());
        for _ in 0..max_pages {
            let Some(path) = next.take() else { break };
            let answer = self.read(&path, JSON).await?;
            items.extend(read(&answer)?);
            next = self.one.shared.next(&answer);
        }
        let read = items.len();
        Ok(if next.is_none() { Listing::whole(items) } else { Listing::cut(items, what, read) })
    }

    async fn read(&self, path: &Path, accept: &str) -> Result<Answer, Error> {
        let _turn = self.one.pace.turn(Kind::Read).await;
        let answer = self.call(Method::GET, path, accept, None).await?;
        let answer = match follow(&self.one.shared.transport, &answer).filter(|_| !path.stays()) {
            Some(path) => self.call(Method::GET, &path, accept, None).await?,
            None => answer,
        };
        self.settle(answer)
    }

    async fn write(&self, method: Method, path: &Path, body: Option<&impl Serialize>) -> Result<Answer, Error> {
        let body = body.map(serde_json::to_vec).transpose();
        let body = body.map_err(|error| Error::Validation { message: format!("not sent, it is no JSON: {error}") })?;
        let kind = match method {
            _ if path.is_check_run() => Kind::Check,
            Method::POST => Kind::Create,
            _ => Kind::Change,
        };
        let _turn = self.one.pace.turn(kind).await;
        let answer = self.call(method, path, JSON, body.map(Bytes::from)).await?;
        self.settle(answer)
    }

    /// Asks something that only GraphQL answers: by its method a write, and yet it changes nothing.
    pub(super) async fn question(&self, path: &Path, body: &impl Serialize) -> Result<Answer, Error> {
        let _turn = self.one.pace.turn(Kind::Read).await;
        let body = serde_json::to_vec(body).map(Bytes::from);
        let body = body.map_err(|error| Error::Validation { message: format!("not sent, it is no JSON: {error}") })?;
        let answer = self.call(Method::POST, path, JSON, Some(body)).await?;
        self.settle(answer)
    }

    /// Sends with a token; with a new one where the first was refused.
    async fn call(&self, method: Method, path: &Path, accept: &str, body: Option<Bytes>) -> Result<Answer, Error> {
        let until_ms = self.one.limited_until.load(Ordering::Relaxed);
        if self.one.shared.transport.now_ms() < until_ms {
            return Err(Error::RateLimited { until_ms });
        }
        let send = async |token: &Token| {
            let authorization = token.authorization.as_ref().to_owned();
            let call = Call { method: method.clone(), path, authorization, accept, body: body.clone() };
            self.one.shared.transport.send(call).await
        };
        let token = self.token().await?;
        let answer = send(&token).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        self.one.tokens.forget(self.scope, &token, self.now_ms()).await;
        send(&self.token().await?).await
    }

    fn settle(&self, answer: Answer) -> Result<Answer, Error> {
        answer.success(self.one.shared.transport.now_ms()).inspect_err(|error| self.obey(error))
    }

    /// Keeps every later call back for as long as GitHub asks.
    fn obey(&self, error: &Error) {
        if let Error::RateLimited { until_ms } = error {
            self.one.limited_until.fetch_max(*until_ms, Ordering::Relaxed);
        }
    }

    async fn token(&self) -> Result<Token, Error> {
        let one = &self.one;
        one.tokens.get(&one.shared, one.id, self.scope).await.inspect_err(|error| self.obey(error))
    }
}
