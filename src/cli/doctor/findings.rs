//! What `doctor` found, in the order in which it was looked at.

use crate::github::Error;
use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Ok,
    Warning,
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// `settings`, `github`, `permissions`, `events`, `webhook`, `installations`, or a repository's name.
    pub(super) about: String,
    pub(super) level: Level,
    pub(super) message: String,
    /// What to do about it.
    pub(super) hint: Option<String>,
}

/// All that was found, in the order in which it was looked at.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) list: Vec<Finding>,
}

impl Findings {
    pub(super) fn add(&mut self, about: &str, level: Level, message: impl Into<String>, hint: Option<String>) {
        self.list.push(Finding { about: about.to_owned(), level, message: message.into(), hint });
    }

    pub(super) fn ok(&mut self, about: &str, message: impl Into<String>) {
        self.add(about, Level::Ok, message, None);
    }

    pub(super) fn warning(&mut self, about: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.add(about, Level::Warning, message, Some(hint.into()));
    }

    pub(super) fn error(&mut self, about: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.add(about, Level::Error, message, Some(hint.into()));
    }

    /// A call that did not end as asked, while `doing` something.
    pub(super) fn failed(&mut self, about: &str, doing: &str, error: &Error) {
        let hint = match error {
            Error::Transport { .. } if error.untrusted() => {
                "Where a private authority signed that certificate, or a proxy that decrypts put its own there, set HOLDPOINT_CA_FILE \
                 to a PEM file with the authority's certificate. Else look at the server's certificate: its names and dates."
            }
            Error::Transport { .. } if error.in_proxy() => {
                "The proxy that HTTPS_PROXY names did not let the call through: check its address, user and password. Hosts that \
                 need no proxy are listed in NO_PROXY."
            }
            Error::Transport { .. } => {
                "Check that this machine reaches GitHub (DNS, firewall, proxy), and run this again."
            }
            Error::RateLimited { .. } => "Too many calls were made with this App. Run this again in an hour.",
            Error::Forbidden { .. } => "The App lacks a permission for this, or the installation is suspended.",
            Error::Unauthorized { .. } => "The App's id and key do not fit together, or the installation is gone.",
            Error::NotFound | Error::Gone { .. } | Error::Elsewhere { .. } => {
                "Check the name, and that the App is installed there."
            }
            Error::Incomplete { .. } => "What is missing from the list was not looked at.",
            Error::Validation { .. } | Error::Redirected { .. } | Error::Status { .. } | Error::Decode { .. } => {
                "Run this again. Where it stays, look at https://www.githubstatus.com."
            }
        };
        self.error(about, format!("cannot {doing}: {error}"), hint);
    }

    pub(super) fn count(&self, level: Level) -> usize {
        self.list.iter().filter(|finding| finding.level == level).count()
    }
}

/// Where an owner changes the App.
pub(super) struct Pages {
    /// The App's settings, without a slash at the end.
    pub(super) settings: String,
    /// GitHub's pages, without a slash at the end.
    pub(super) github: String,
}
