//! An answer that is not a success, in GitHub's words.

use serde_json::Value;
use std::fmt;

/// An answer that is not a success, in GitHub's words.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// What GitHub says.
    pub message: String,
    /// The `errors` member of a 422.
    pub errors: Vec<Value>,
}

impl Refused {
    /// Any refusal.
    #[must_use]
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: Vec::new() }
    }

    /// 404: it is not there, or the caller may not know.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// 422 with one error object about a field.
    #[must_use]
    pub fn invalid(resource: &str, field: &str, code: &str) -> Self {
        let error = serde_json::json!({ "resource": resource, "field": field, "code": code });
        Self { status: 422, message: "Validation Failed".to_owned(), errors: vec![error] }
    }

    /// 403: the signed-in person may not.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, message)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.message)
    }
}

impl std::error::Error for Refused {}
