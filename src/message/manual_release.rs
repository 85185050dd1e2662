//! Why a release that somebody asks for is not opened: the end of an answer, after the command.

use crate::ids::PullNumber;

/// There is nothing to open it by.
pub const NO_DEFAULT_BRANCH: &str = "the repository has no default branch yet";

/// Which checklists there are is not known.
pub const BROKEN: &str = "`.github/holdpoint.yml` on the default branch has errors: correct it first";

/// There is nothing to do in a release.
pub const NO_CHECKLISTS: &str = "the repository has no checklist: add `.github/release-checklist.md`";

/// There is no such tag.
#[must_use]
pub fn no_tag(name: &str) -> String {
    format!("there is no tag `{name}`")
}

/// There is no such commit; nor a tag of that name, where one was meant too.
#[must_use]
pub fn no_commit(name: &str, or_tag: bool) -> String {
    let kinds = if or_tag { "tag, branch or commit" } else { "branch or commit" };
    format!("there is no {kinds} `{name}`")
}

/// There is no such pull request.
#[must_use]
pub fn no_pull(number: PullNumber) -> String {
    format!("there is no pull request #{number}")
}

/// A pull request that ships nothing.
#[must_use]
pub fn unmerged_pull(number: PullNumber) -> String {
    format!("pull request #{number} was closed without being merged")
}

/// There is no such checklist.
#[must_use]
pub fn no_checklist(name: &str) -> String {
    format!("there is no checklist `{name}`")
}

/// It may be a release of several checklists.
#[must_use]
pub fn which_checklist(all: &[String]) -> String {
    format!(
        "the checklists are {}, and none of them opens by itself for this: name the one that is meant",
        all.join(", ")
    )
}
