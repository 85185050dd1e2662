//! Why the rules of a checklist are not known, as checks and answers say it.

use crate::config;
use crate::ids::Timestamp;

/// The title of a check where the configuration cannot be used.
pub const BROKEN: &str = "The configuration has errors";

/// Why the rules of a checklist are not known: nobody's tick counts then, and no gate opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRules {
    /// The configuration has errors.
    Broken,
    /// The default branch does not name the checklist, whatever another branch says: its releases are not opened any more.
    Unnamed,
    /// More branches than this require the check, so not all of those that it would open can be looked at.
    TooManyBranches(usize),
}

impl NoRules {
    /// As a check's title.
    #[must_use]
    pub fn title(self, checklist: &str) -> String {
        match self {
            Self::Broken => BROKEN.to_owned(),
            Self::Unnamed => format!("The default branch does not name the checklist {checklist}"),
            Self::TooManyBranches(most) => format!("More than {most} branches require this check"),
        }
    }

    /// What happened and what to do, for a check.
    #[must_use]
    pub fn why(self, checklist: &str) -> String {
        match self {
            Self::Broken => "`.github/holdpoint.yml` on the base branch, on the default branch or in the organisation's repository `.github` has errors or can no longer be read, so Holdpoint does not know what this has to wait for. The check `holdpoint/review` of a pull request shows what is wrong with it.".to_owned(),
            Self::Unnamed => format!(
                "`.github/holdpoint.yml` on the default branch does not name the checklist `{checklist}`, so Holdpoint does not know whose ticks count, and opens none of its releases. Name it there; if it is not needed any more, take it out of the files of the gated branches too."
            ),
            Self::TooManyBranches(most) => format!(
                "A green check lets a commit into every branch that requires it, so it is judged for each of them, and for at most {most} that the configuration on the default branch does not name in full. Name the branches there, or let GitHub require the check on fewer."
            ),
        }
    }

    /// What happened and what to do, for whoever wrote a command.
    #[must_use]
    pub fn refusal(self, checklist: &str) -> String {
        match self {
            Self::Broken => "the configuration on the default branch has errors: correct it first".to_owned(),
            Self::Unnamed => format!(
                "the configuration on the default branch does not name the checklist `{checklist}`: name it there first"
            ),
            Self::TooManyBranches(most) => format!("more than {most} branches require the check of `{checklist}`"),
        }
    }
}

/// The file that a configuration extends is not there: the problem, and what to do.
#[must_use]
pub fn no_organisation_file() -> (String, String) {
    (
        format!("there is no file `{}` in the organisation's repository `.github`", config::PATH),
        "write it, or let Holdpoint read that repository, or take `extends` away".to_owned(),
    )
}

/// The organisation's file was there, and is not shown any more: the problem, and what to do.
#[must_use]
pub fn hidden_organisation_file(owner: &str, since: Timestamp) -> (String, String) {
    (
        format!("GitHub does not show this file in {owner}/.github any more, and it was there on {}", since.date()),
        format!(
            "let Holdpoint read {owner}/.github again, or give this repository a `{}` of its own; where no rules of the \
             organisation shall hold, leave an empty file there",
            config::PATH
        ),
    )
}

/// The default branch is not shown: the problem, and what to do.
#[must_use]
pub fn no_default_branch() -> (String, String) {
    (
        "GitHub does not show the default branch, so the rules of this branch are not known".to_owned(),
        format!("choose a default branch in the repository's settings, or give this branch a `{}`", config::PATH),
    )
}
