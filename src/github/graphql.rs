//! Questions that only GraphQL answers, or that it answers for many at once. It answers 200 whatever happens: what went wrong is in
//! the answer.
//!
//! It knows nothing of what is read.

use super::Error;
use super::client::Installation;
use super::route::Path;
use super::session::decode;
use super::transport::Answer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// GitHub's primary limit says when it ends; where it does not, in milliseconds.
const UNSAID_WAIT_MS: i64 = 60_000;

#[derive(Serialize)]
struct Question<'q, V> {
    query: &'q str,
    variables: V,
}

#[derive(Deserialize)]
struct Said<T> {
    data: Option<T>,
    errors: Option<Vec<Refusal>>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    message: String,
}

impl Refusal {
    fn is_absence(&self) -> bool {
        self.kind.as_deref() == Some("NOT_FOUND")
    }
}

impl Installation {
    /// Asks for one thing.
    ///
    /// # Errors
    /// As any call, and where GitHub answers with `errors`; see [`Error`].
    pub(super) async fn ask<T: DeserializeOwned>(&self, query: &str, variables: impl Serialize) -> Result<T, Error> {
        self.send_question(query, variables, |_| false).await
    }

    /// Asks for many things at once. One that GitHub does not show is `null` in its place.
    ///
    /// # Errors
    /// As any call, and where GitHub answers with `errors` of any other kind; see [`Error`].
    pub(super) async fn ask_for_many<T: DeserializeOwned>(
        &self,
        query: &str,
        variables: impl Serialize,
    ) -> Result<T, Error> {
        self.send_question(query, variables, Refusal::is_absence).await
    }

    async fn send_question<T: DeserializeOwned>(
        &self,
        query: &str,
        variables: impl Serialize,
        is_part: impl Fn(&Refusal) -> bool,
    ) -> Result<T, Error> {
        let answer = self.question(&Path::graphql(), &Question { query, variables }).await?;
        let said: Said<T> = decode(&answer)?;
        if let Some(refusal) = said.errors.unwrap_or_default().into_iter().find(|refusal| !is_part(refusal)) {
            return Err(refused(&refusal, &answer, self.now_ms()));
        }
        said.data.ok_or_else(|| Error::Decode { message: "it has no `data`".to_owned() })
    }
}

/// The first of GraphQL's errors in our own words. Its limit is another one than that of the REST API, so it keeps no other call
/// back.
fn refused(refusal: &Refusal, answer: &Answer, now_ms: i64) -> Error {
    let message: String = refusal.message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect();
    match refusal.kind.as_deref() {
        Some("RATE_LIMITED") => {
            let reset = answer.header("x-ratelimit-reset").and_then(|at| at.trim().parse::<i64>().ok());
            let until = reset.map_or(now_ms + UNSAID_WAIT_MS, |at| at.saturating_mul(1_000));
            Error::RateLimited { until_ms: until.clamp(now_ms + 1_000, now_ms + 2 * 3_600_000) }
        }
        Some("NOT_FOUND") => Error::NotFound,
        Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => Error::Forbidden { message },
        // It took too long, or broke.
        Some(_) | None => Error::Status { code: 502, message },
    }
}
