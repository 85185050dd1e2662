//! The words of a release issue that are Holdpoint's own: its facts, its headings, and what stands behind an item.
//!
//! They are here and not in `message`, because this text is a format: it is composed and compared with what an issue was opened
//! with, `suffix` reads it back, and the release rests on it as long as its issue is open. Decides nothing, and asks for nothing
//! that `issue_body` and `contents` do not say.

use super::placeholder::{harmless, harmless_cut, span};
use super::{Merged, Release, Site, version};
use crate::checklist::Item;
use crate::checklist::directive::Phase;
use crate::checklist::parse::parse;
use crate::ids::PullNumber;
use globset::GlobSet;

/// Pull requests that are listed one by one: an issue has room for its items too.
const MOST_LISTED: usize = 100;

/// Files without a place in the list that are named one by one.
const MOST_NAMED: usize = 20;

/// Characters of a title or a path that are shown.
const LONGEST_TITLE: usize = 160;

/// Characters of a path or a label's name that are shown behind an item.
const LONGEST_REASON: usize = 120;

/// The heading above steps that must be done before the release ships.
pub(super) const STEPS: &str = "Steps that changes brought";

/// The heading above the other steps.
pub(super) const STEPS_AFTER: &str = "After the release";

/// Why steps are not listed whose changes the released commit reverts.
pub(super) const TAKEN_BACK: &str = "the released commit takes back the changes that brought them";

/// Why steps are not listed whose files an earlier commit deleted.
pub(super) const DELETED_BEFORE: &str = "an earlier commit deleted their files again";

/// Why an item with a condition is in the issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ConditionReason {
    /// There is no release before it, so nothing can be compared.
    FirstRelease,
    /// Not all files that the release changes are known.
    FilesUnread,
    /// Not all pull requests of the release are known.
    PullRequestsUnread,
    /// Its globs cannot be used.
    Undecidable,
    /// The release changes this file.
    Changed(String),
    /// A pull request of the release has this label.
    Labelled {
        /// The pull request.
        pull: PullNumber,
        /// The label.
        label: String,
    },
    /// The release has no version that could be read.
    NoVersion,
    /// The release before has none.
    NoPreviousVersion,
    /// The version's step from the one before, `minor` for example.
    Step(&'static str),
}

impl ConditionReason {
    fn text(&self) -> String {
        match self {
            Self::FirstRelease => "this is the first release".to_owned(),
            Self::FilesUnread => "the changed files could not all be read".to_owned(),
            Self::PullRequestsUnread => "the merged pull requests could not all be read".to_owned(),
            Self::Undecidable => "its condition cannot be decided".to_owned(),
            Self::Changed(path) => format!("{} changed", span(&undotted(path), LONGEST_REASON)),
            Self::Labelled { pull, label } => {
                format!("#{pull} is labelled {}", harmless_cut(&undotted(label), LONGEST_REASON))
            }
            Self::NoVersion => "the version could not be read".to_owned(),
            Self::NoPreviousVersion => "the version before could not be read".to_owned(),
            Self::Step(step) => format!("this is a {step} release"),
        }
    }
}

/// A name behind an item. A dot in the middle would end what is said there for whoever reads the line back.
fn undotted(name: &str) -> String {
    name.replace('·', "-")
}

/// What is shown at the end of an item's line: what its directives say, and why it is there.
pub(super) fn suffix(item: &Item, shown: Phase, because: &[ConditionReason]) -> String {
    let mut suffix = item.directives.suffix(shown, None);
    if !item.directives.verify.is_empty() {
        let what = item.directives.verify.iter().map(|v| span(&undotted(v), LONGEST_REASON));
        suffix.push_str(&format!(" · to verify: {}", what.collect::<Vec<_>>().join(", ")));
    }
    if !because.is_empty() {
        let because: Vec<String> = because.iter().map(ConditionReason::text).collect();
        suffix.push_str(&format!(" · because {}", because.join(" and ")));
    }
    suffix
}

/// The heading above a step: the pull request that brought it, else its path. `deleted` says that the released commit deletes
/// its file.
pub(super) fn step_heading(brought_by: Option<&Merged>, path: &str, deleted: bool, after: &GlobSet) -> String {
    let heading = match brought_by {
        Some(merged) if !merged.author.is_known() => format!("#{} {}", merged.number, titled(merged)),
        Some(merged) => format!("#{} {} · {}", merged.number, titled(merged), harmless(&merged.author.login)),
        None => span(path, LONGEST_TITLE),
    };
    // A heading of ours must not sound like "after the release" because of somebody's title.
    let number = brought_by.map(|merged| format!("#{}", merged.number)).unwrap_or_default();
    let heard = parse(&format!("# {heading}")).0.sections.first().map_or_else(String::new, |s| s.title.to_lowercase());
    let heading = if after.is_match(heard) { format!("Step {number}").trim().to_owned() } else { heading };
    if deleted { format!("{heading} · deleted in the released commit") } else { heading }
}

/// The heading above what the branch requires in addition. `path` names its file, where there are several.
pub(super) fn required_heading(branch: &str, path: Option<&str>) -> String {
    let of = path.map(|path| format!(" ({})", harmless_cut(path, LONGEST_TITLE))).unwrap_or_default();
    format!("Required on {}, and not in the checklist of this commit{of}", harmless_cut(branch, LONGEST_TITLE))
}

/// The heading above a template that is not the first.
pub(super) fn template_heading(path: &str) -> String {
    harmless_cut(path, LONGEST_TITLE)
}

/// What a release is, in a line.
pub(super) fn facts(release: &Release, site: &Site) -> String {
    let mut line = format!(
        "**{}** · commit [`{}`]({})",
        harmless_cut(&release.label, LONGEST_TITLE),
        release.commit.short(),
        site.commit(&release.commit)
    );
    if let Some(previous) = &release.previous {
        let compare = site.compare(&previous.commit, &release.commit);
        line.push_str(&format!(" · [changes since {}]({compare})", harmless_cut(&previous.label, LONGEST_TITLE)));
    }
    line
}

/// How a tag was read, behind the facts, where its name has more than numbers; else nothing.
pub(super) fn reading(tag: &str, words: &[String]) -> String {
    let Some(read) = version::read(tag, words) else { return String::new() };
    let mut said = Vec::new();
    if !read.component.is_empty() {
        let (written, component) = (span(read.written, LONGEST_TITLE), span(read.component, LONGEST_TITLE));
        said.push(format!("version {written} of {component}"));
    }
    match (read.word, read.unknown) {
        (Some(word), _) => said.push(format!("a pre-release, by {}", span(word, LONGEST_TITLE))),
        (None, Some(unknown)) => {
            let unknown = span(unknown, LONGEST_TITLE);
            said.push(format!("a release of its own: {unknown} is no known pre-release word"));
        }
        (None, None) => {}
    }
    said.into_iter().fold(String::new(), |all, part| format!("{all} · {part}"))
}

/// Step files whose items are not listed, and why: nobody has to do what they say, and somebody may miss them.
pub(super) fn not_listed(why: &str, paths: &[&str]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| span(path, LONGEST_TITLE)).collect();
    if let Some(more) = paths.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        let named = paths.get(..MOST_NAMED).unwrap_or_default().join(", ");
        format!("Steps not listed, because {why}: {named}, and {more} more\n\n")
    } else if paths.is_empty() {
        String::new()
    } else {
        format!("Steps not listed, because {why}: {}\n\n", paths.join(", "))
    }
}

/// The merged pull requests, folded away.
pub(super) fn merged(merged: &[Merged]) -> String {
    if merged.is_empty() {
        return String::new();
    }
    let count = if merged.len() == 1 { "1 pull request".to_owned() } else { format!("{} pull requests", merged.len()) };
    let mut text = format!("<details>\n<summary>{count}</summary>\n\n");
    for m in merged.iter().take(MOST_LISTED) {
        text.push_str(&format!("- #{} {}\n", m.number, titled(m)));
    }
    if let Some(more) = merged.len().checked_sub(MOST_LISTED).filter(|more| *more > 0) {
        text.push_str(&format!("- and {more} more\n"));
    }
    text.push_str("\n</details>\n\n");
    text
}

fn titled(merged: &Merged) -> String {
    harmless_cut(&merged.title, LONGEST_TITLE)
}
