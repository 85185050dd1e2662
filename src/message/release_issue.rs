//! Why a release has no issue, or has one no longer, and what GitHub did not take of it.

use super::inline;
use crate::ids::{IssueNumber, PullNumber, Sha};

/// What a tag's commit says where it is not known which checklists there are.
pub const BROKEN: &str = "`.github/holdpoint.yml` on the default branch has errors, so Holdpoint could not open a release issue. Correct the file; Holdpoint then opens it.";

/// All that is known: the release has no issue.
pub const MISSING: &str = "the release issue is not there";

/// The issue that a release would continue in does not exist any more.
pub const GONE: &str = "its issue is gone";

/// Why the ledger opens an item again.
pub const DONE_IN_LOST_ISSUE: &str = "the issue in which it was done is gone";

/// A note above the progress.
pub const SIGNED_LINE_CHANGED: &str =
    "The hidden line at the end of this issue was changed or removed. Holdpoint continues from its own record.";

/// Issues cannot be opened, because there are none here.
pub const SWITCHED_OFF: &str = "issues are switched off in this repository, so its release issue cannot be opened: switch them on in Settings under Features, then press \"Re-run\"";

/// Nothing can be written here.
pub const ARCHIVED: &str =
    "this repository is archived, so its release issue cannot be opened: unarchive it, then press \"Re-run\"";

/// Not all files of a commit are known.
pub const TOO_MANY_FILES: &str = "the repository has more files than GitHub lists at once";

/// GitHub takes no issue from the App.
#[must_use]
pub fn forbidden(message: &str) -> String {
    format!(
        "GitHub does not let Holdpoint open the release issue ({message}): look at the App's permissions in the settings of its installation, then press \"Re-run\""
    )
}

/// GitHub took no issue, for another reason.
#[must_use]
pub fn not_opened(error: &str) -> String {
    format!("the release issue could not be opened: {error}")
}

/// An issue of the release was deleted or transferred: `how` says it. `part` is whether there are others.
#[must_use]
pub fn lost(number: IssueNumber, part: bool, how: &str) -> String {
    let what = if part { format!("has a part, #{number}, that") } else { format!("#{number}") };
    format!("the release issue {what} was {how}, and its ticks with it")
}

/// A part of the issue is gone, and nobody knows its number.
#[must_use]
pub fn lost_part(part: usize) -> String {
    format!("part {part} of the release issue is not there, nor are its ticks")
}

/// What a later candidate needs has no place in the issue.
#[must_use]
pub fn not_addable(label: &str, issue: Option<IssueNumber>) -> String {
    let number = issue.map(|n| format!(" #{n}")).unwrap_or_default();
    format!("what {label} requires by now cannot be added to its issue{number}")
}

/// The commit is older than the checklist, or deleted it.
#[must_use]
pub fn no_template(path: &str, commit: &Sha) -> String {
    format!("the template `{path}` is not in commit {}", commit.short())
}

/// A file is no checklist that anybody could work through.
#[must_use]
pub fn too_large(path: &str) -> String {
    format!("`{path}` is larger than 1 MiB and was not read")
}

/// A pull request got another base.
#[must_use]
pub fn for_another_branch(pull: PullNumber, branch: &str) -> String {
    format!("#{pull} is for the branch `{branch}` now")
}

/// A stranger's pull request.
#[must_use]
pub fn from_fork(pull: PullNumber) -> String {
    format!(
        "#{pull} comes from a fork, so its release is opened by hand: read its checklist, then comment `/hp open` on it"
    )
}

/// A pull request that ships nothing.
#[must_use]
pub fn unmerged(pull: PullNumber) -> String {
    format!("#{pull} was closed without being merged")
}

/// GitHub did not assign these people.
#[must_use]
pub fn not_assigned(people: &[String]) -> String {
    format!(
        "Could not be assigned: {}. GitHub takes people who may see this repository, at most ten of them.",
        inlined(people)
    )
}

/// GitHub did not take these labels.
#[must_use]
pub fn not_labelled(labels: &[String]) -> String {
    format!("GitHub did not take the labels {}.", inlined(labels))
}

/// The issue has not the type that was asked for.
#[must_use]
pub fn no_type(name: &str) -> String {
    format!("This repository has no issue type {}.", inline(name))
}

/// The issue is in no milestone.
#[must_use]
pub fn no_milestone(name: &str) -> String {
    format!("There is no open milestone {}.", inline(name))
}

fn inlined(names: &[String]) -> String {
    names.iter().map(|name| inline(name)).collect::<Vec<_>>().join(", ")
}
