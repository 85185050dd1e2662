//! What GitHub answered when it did not answer as asked, in the kinds that callers treat differently.
//!
//! No error carries a token, a body of ours, or more of GitHub's answer than its message.

use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::error::Category;

/// How long to wait where GitHub limits us and does not say for how long.
const UNSAID_WAIT_MS: i64 = 60_000;
/// The longest wait that is believed: the primary limit's window is an hour.
const LONGEST_WAIT_MS: i64 = 2 * 3_600_000;
/// How long to wait where our credentials are refused, or a name leads elsewhere.
const REFUSED_WAIT_MS: i64 = 60_000;
/// How long to wait where an installation is suspended.
const SUSPENDED_WAIT_MS: i64 = 15 * 60_000;
const MESSAGE_CHARS: usize = 400;

/// A call to GitHub that did not end as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// 404: it is not there, or not for us to see. Also for a path that GitHub cannot have, such as one with `..`.
    #[error("GitHub says: not found")]
    NotFound,
    /// 410: it was there once, or the feature is switched off (issues, for one).
    #[error("GitHub says: gone ({message})")]
    Gone {
        /// GitHub's words.
        message: String,
    },
    /// 403: the App lacks a permission, or the installation is suspended.
    #[error("GitHub refuses: {message}")]
    Forbidden {
        /// GitHub's words.
        message: String,
    },
    /// 401, also with a fresh token: the App's key or id is wrong, or the installation is gone.
    #[error("GitHub does not accept our credentials: {message}")]
    Unauthorized {
        /// GitHub's words.
        message: String,
    },
    /// 422: GitHub understood and does not accept the content.
    #[error("GitHub does not accept the content: {message}")]
    Validation {
        /// GitHub's words, its list of errors included.
        message: String,
    },
    /// 403 or 429 because of too many calls. Nothing was executed.
    #[error("GitHub asks us to wait")]
    RateLimited {
        /// When to come again, in milliseconds since 1970.
        until_ms: i64,
    },
    /// A redirect that is not followed: of a write, of anything in a repository, to another host, or a second one.
    #[error("GitHub redirects to {location}")]
    Redirected {
        /// Where to, without its query.
        location: String,
    },
    /// A repository's name leads to another repository by now: it was renamed, and somebody took the name.
    #[error("{name} is another repository by now")]
    Elsewhere {
        /// The name.
        name: String,
    },
    /// Any other status outside of 200 to 299.
    #[error("GitHub answers {code}: {message}")]
    Status {
        /// The status.
        code: u16,
        /// GitHub's words.
        message: String,
    },
    /// No answer: no connection, a connection that broke, a timeout.
    #[error("GitHub did not answer: {message}")]
    Transport {
        /// What happened.
        message: String,
    },
    /// A list of which GitHub has more than can be read: what is missing from it may be there.
    #[error("there are more {what} than can be read: GitHub lists more than {read}")]
    Incomplete {
        /// What it lists, such as `tags`.
        what: String,
        /// How many of them were read.
        read: usize,
    },
    /// An answer that is not what was expected, or too large to be read.
    #[error("GitHub's answer cannot be read: {message}")]
    Decode {
        /// Where it differs.
        message: String,
    },
}

impl Error {
    /// When it makes sense to try again, in milliseconds since 1970; `None` where the same call will end the same way.
    /// `attempt` counts from 1 and doubles the wait from 5 s to 15 min; what GitHub itself asks for comes first.
    #[must_use]
    pub fn retry_at(&self, now_ms: i64, attempt: u32) -> Option<i64> {
        let backoff = || now_ms.saturating_add((5_000_i64 << attempt.saturating_sub(1).min(8)).min(900_000));
        match self {
            Self::RateLimited { until_ms } => Some(*until_ms),
            Self::Transport { .. } | Self::Unauthorized { .. } => Some(backoff()),
            Self::Redirected { .. } | Self::Elsewhere { .. } => Some(backoff()),
            Self::Status { code, .. } => (*code >= 500 || *code == 408 || *code == 409).then(backoff),
            // An answer cut short looks like this too.
            Self::Decode { .. } => Some(backoff()),
            Self::NotFound
            | Self::Gone { .. }
            | Self::Forbidden { .. }
            | Self::Validation { .. }
            | Self::Incomplete { .. } => None,
        }
    }

    /// Until when to wait, in milliseconds since 1970, where the call is not at fault and will end well once somebody mends what
    /// is; `None` where it may never.
    #[must_use]
    pub fn waits_until(&self, now_ms: i64) -> Option<i64> {
        match self {
            Self::RateLimited { .. } | Self::Transport { .. } | Self::Status { .. } => self.retry_at(now_ms, 3),
            // An operator mends credentials, an owner ends a suspension: neither within seconds.
            Self::Unauthorized { .. } => Some(now_ms.saturating_add(REFUSED_WAIT_MS)),
            Self::Forbidden { .. } if self.suspended() => Some(now_ms.saturating_add(SUSPENDED_WAIT_MS)),
            Self::Redirected { .. } | Self::Elsewhere { .. } => Some(now_ms.saturating_add(REFUSED_WAIT_MS)),
            Self::Forbidden { .. }
            | Self::NotFound
            | Self::Gone { .. }
            | Self::Validation { .. }
            | Self::Incomplete { .. }
            | Self::Decode { .. } => None,
        }
    }

    /// Whether the installation is suspended.
    #[must_use]
    pub fn suspended(&self) -> bool {
        matches!(self, Self::Forbidden { message } if message.to_ascii_lowercase().contains("suspended"))
    }

    /// Whether GitHub's certificate, or that of what answers in its place, is not trusted.
    #[must_use]
    pub fn untrusted(&self) -> bool {
        matches!(self, Self::Transport { message } if message.contains("invalid peer certificate"))
    }

    /// Whether a proxy did not let us through to GitHub.
    #[must_use]
    pub fn in_proxy(&self) -> bool {
        matches!(self, Self::Transport { message } if message.contains("tunnel error"))
    }

    /// Whether the repository may have another name by now.
    #[must_use]
    pub fn moved(&self) -> bool {
        matches!(self, Self::Redirected { .. } | Self::Elsewhere { .. })
    }

    /// For a write: whether GitHub may have executed it all the same. Look before writing again.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Transport { .. } | Self::Decode { .. } => true,
            Self::Status { code, .. } => *code >= 500 || *code == 408,
            Self::NotFound
            | Self::Gone { .. }
            | Self::Forbidden { .. }
            | Self::Unauthorized { .. }
            | Self::Validation { .. }
            | Self::RateLimited { .. }
            | Self::Incomplete { .. }
            | Self::Elsewhere { .. }
            | Self::Redirected { .. } => false,
        }
    }

    /// Reads the error out of an answer whose status is not a success.
    pub(super) fn from_answer(status: StatusCode, headers: &HeaderMap, body: &[u8], now_ms: i64) -> Self {
        let message = message(body, status);
        match status.as_u16() {
            403 | 429 => limited_until(status, headers, &message, now_ms)
                .map_or(Self::Forbidden { message }, |until_ms| Self::RateLimited { until_ms }),
            401 => Self::Unauthorized { message },
            404 => Self::NotFound,
            410 => Self::Gone { message },
            422 => Self::Validation { message },
            code => Self::Status { code, message },
        }
    }
}

/// Until when a 403 or 429 asks us to wait; `None` for a 403 that is a plain refusal.
fn limited_until(status: StatusCode, headers: &HeaderMap, message: &str, now_ms: i64) -> Option<i64> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let message = message.to_ascii_lowercase();
    let secondary = message.contains("secondary rate limit") || message.contains("abuse detection");
    let until = if let Some(seconds) = number("retry-after") {
        now_ms.saturating_add(seconds.saturating_mul(1_000))
    } else if number("x-ratelimit-remaining") == Some(0) && !secondary {
        // The header counts whole seconds.
        number("x-ratelimit-reset").map_or(now_ms + UNSAID_WAIT_MS, |at| at.saturating_mul(1_000).saturating_add(1_000))
    } else if status == StatusCode::TOO_MANY_REQUESTS || secondary || message.contains("rate limit exceeded") {
        now_ms + UNSAID_WAIT_MS
    } else {
        return None;
    };
    Some(until.clamp(now_ms + 1_000, now_ms + LONGEST_WAIT_MS))
}

/// Where JSON is not what was expected, without what stands there: serde quotes it, and errors are logged and shown.
pub(super) fn differs(error: &serde_json::Error) -> String {
    let said = error.to_string();
    // A field's name is one of ours.
    if said.starts_with("missing field") {
        return said;
    }
    let what = match error.classify() {
        Category::Syntax => "it is no JSON",
        Category::Eof => "it ends early",
        Category::Data | Category::Io => "it has another form than expected",
    };
    match error.line() {
        0 => what.to_owned(),
        line => format!("{what}, at line {line} column {}", error.column()),
    }
}

/// GitHub's `message` and `errors`, short and on one line.
fn message(body: &[u8], status: StatusCode) -> String {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        message: String,
        #[serde(default)]
        errors: serde_json::Value,
    }
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
        return status.canonical_reason().unwrap_or("no reason given").to_owned();
    };
    let text = match &answer.errors {
        serde_json::Value::Array(errors) if !errors.is_empty() => format!("{} {}", answer.message, answer.errors),
        serde_json::Value::String(errors) => format!("{} {errors}", answer.message),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => answer.message,
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE_CHARS).collect()
}
