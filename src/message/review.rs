//! What a reviewer reads on a pull request: the check `holdpoint/review` and the sticky comment.

pub use super::file_change::ChangedFile;

use super::change_summary::numbers;
use super::change_table::{FileView, file_view};
use super::grouping::group_problems;
use super::{bare, count, cut, escape, inline, problem, render, title};
use crate::checklist::Problem;
use crate::checklist::diff::Counts;
use crate::checklist::directive::Phase;
use crate::config;
use askama::Template;
use serde::Serialize;

/// A step file that the pull request brings.
#[derive(Clone, Debug)]
pub struct NewStep {
    /// Its path.
    pub path: String,
    /// The texts of its items, and their phases.
    pub items: Vec<(String, Phase)>,
}

/// Steps that the next release will not have, though somebody may think so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotListed {
    /// The path of their file.
    pub path: String,
    /// Why not.
    pub why: Why,
}

/// Why a release will not have the steps of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A release had them, and the file is only at another path, or there again.
    Already,
    /// The change takes them away.
    Taken {
        /// How many that no release has yet; `None` where nobody knows what the releases have.
        steps: Option<usize>,
        /// The whole file goes.
        whole: bool,
    },
}

impl Why {
    /// The sentence.
    #[must_use]
    pub fn text(self) -> String {
        let (steps, whole) = match self {
            Self::Already => return "a release has these steps already, so the next one does not list them".to_owned(),
            Self::Taken { steps, whole } => (steps, whole),
        };
        let unless = if whole { ", unless the tagged commit itself deletes the file" } else { "" };
        match steps {
            Some(1) => format!("no release has this step yet, and none will{unless}"),
            Some(steps) => format!("no release has these {steps} steps yet, and none will{unless}"),
            None => format!("a release that does not have these steps yet will not get them{unless}"),
        }
    }
}

/// What one change of the configuration means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// The sentence; words of the configuration stand in it as code.
    pub text: String,
    /// It tells of a gate that would be looser.
    pub loosens: bool,
}

impl Sentence {
    /// One that loosens nothing.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), loosens: false }
    }
}

/// The title where a change was not read.
pub const UNREADABLE: &str = "The change could not be read whole";

/// Why a change was not read: what GitHub does not know of it.
pub const NO_COMMON_COMMIT: &str = "GitHub cannot compare the two branches: they have no common commit";

/// Why a change was not read: the files of one side are not all known.
pub const TOO_MANY_FILES: &str = "The repository has more files than GitHub lists at once";

/// The title where a change lacks a step file.
pub const NO_STEP_FILE: &str = "A step file is missing";

/// The title on a merge group, and why it passes.
pub const GROUP: (&str, &str) =
    ("Reviewed on each pull request", "The pull requests of this group carry their own reviews.");

/// What follows from a configuration that begins with a broken one of the organisation.
pub const BROKEN_ORGANISATION: &str = "It begins with the organisation's file, which has errors.";

/// What follows from a configuration with errors.
pub const UNUSABLE: &str = "It cannot be used as it is.";

/// The summary where a change was not read.
#[must_use]
pub fn unreadable(why: &str) -> String {
    format!("{why}. Nothing is assumed about what could not be read.")
}

/// Why a change is not read: it has more than is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMuch {
    /// More files than this.
    Files(usize),
    /// More bytes than this many KiB.
    Kibibytes(usize),
    /// More boxes than this.
    Boxes(usize),
}

impl TooMuch {
    /// The sentence, without its full stop.
    #[must_use]
    pub fn text(self) -> String {
        let what = match self {
            Self::Files(most) => format!("more than {most} checklists and step files"),
            Self::Kibibytes(most) => format!("checklists and step files of more than {most} KiB"),
            Self::Boxes(most) => format!("checklists and step files with more than {most} boxes"),
        };
        format!("This change holds {what}: split it into several pull requests")
    }
}

/// The title where a change brings files at places that nobody looks at.
#[must_use]
pub fn unread_files(files: usize) -> String {
    format!("{} that nothing reads", count(files, "file"))
}

/// A template is gone that the configuration still names: the problem, and what follows.
#[must_use]
pub fn removed_template() -> (String, String) {
    (
        format!("the template is removed, and {} still names it", config::PATH),
        "the next release would have no checklist, and its gate would stay closed".to_owned(),
    )
}

/// The summary of the check where the configuration that judges a change has errors.
#[must_use]
pub fn broken_configuration(problems: &[Problem], is_organisation: bool) -> String {
    let lines: Vec<String> = problems.iter().map(|p| format!("- {}", problem(config::PATH, p))).collect();
    let whose = if is_organisation {
        "The organisation's configuration, in its repository `.github`, has errors or cannot be read."
    } else {
        "The configuration on the base branch has errors."
    };
    format!("{whose}\n\n{}", lines.join("\n"))
}

/// All that a review says.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// Standing files that changed.
    pub files: Vec<ChangedFile>,
    /// Step files that are new or have new items.
    pub steps: Vec<NewStep>,
    /// Steps that the next release will not have.
    pub not_listed: Vec<NotListed>,
    /// What the change of the configuration means; empty where it does not change.
    pub configuration: Vec<Sentence>,
    /// Problems in the files of the new version, with their paths.
    pub problems: Vec<(String, Problem)>,
    /// Notes on those files, with their paths: how they might be better. They fail nothing and stand on no line.
    pub suggestions: Vec<(String, Problem)>,
}

#[derive(Template)]
#[template(path = "message/review.md", escape = "none")]
struct ReviewTemplate {
    heading: bool,
    files: Vec<FileView>,
    steps: Vec<StepView>,
    not_listed: Vec<String>,
    configuration: Vec<String>,
    problems: Vec<String>,
    suggestions: Vec<String>,
    suggested: String,
}

#[derive(Template)]
#[template(path = "message/review_quiet.md", escape = "none")]
struct QuietTemplate;

struct StepView {
    path: String,
    items: Vec<String>,
}

impl Review {
    /// A checklist, a step file or the configuration changed.
    #[must_use]
    pub fn changes_something(&self) -> bool {
        !self.files.is_empty() || !self.steps.is_empty() || !self.configuration.is_empty()
    }

    /// The title of the check run.
    #[must_use]
    pub fn title(&self) -> String {
        let errors = self.problems.iter().filter(|(_, p)| p.severity == crate::checklist::Severity::Error).count();
        if errors > 0 {
            return count(errors, "problem");
        }
        if !self.changes_something() {
            return "No checklist files changed".to_owned();
        }
        let mut parts: Vec<String> = Vec::new();
        let all = self.files.iter().fold(Counts::default(), |sum, f| add(sum, f.diff.counts));
        let headline = numbers(&all, false);
        if !headline.is_empty() {
            parts.push(headline);
        }
        if !self.steps.is_empty() {
            parts.push(format!(
                "{} for the next release",
                count(self.steps.iter().map(|s| s.items.len()).sum(), "step")
            ));
        }
        if !self.configuration.is_empty() {
            parts.push("configuration changed".to_owned());
        }
        if self.files.iter().any(|file| !file.front_matter.is_empty()) {
            parts.push("front matter changed".to_owned());
        }
        if parts.is_empty() && self.files.iter().any(|file| file.renamed_from.is_some()) {
            parts.push("Only the file's path changed".to_owned());
        }
        if parts.is_empty() {
            parts.push("Only formatting changed".to_owned());
        }
        title(&parts.join(" · "))
    }

    /// The summary of the check run.
    #[must_use]
    pub fn summary(&self) -> String {
        if !self.changes_something() && self.problems.is_empty() {
            return "No checklist files changed.".to_owned();
        }
        cut(render(&self.view(false)))
    }

    /// The sticky comment.
    #[must_use]
    pub fn comment(&self) -> String {
        cut(render(&self.view(true)))
    }

    fn view(&self, heading: bool) -> ReviewTemplate {
        ReviewTemplate {
            heading,
            files: self.files.iter().map(file_view).collect(),
            steps: self
                .steps
                .iter()
                .map(|s| StepView {
                    path: escape::code(&s.path),
                    items: s
                        .items
                        .iter()
                        .map(|(text, phase)| match phase {
                            Phase::Before => inline(text),
                            Phase::After => format!("{} (after)", inline(text)),
                        })
                        .collect(),
                })
                .collect(),
            not_listed: self
                .not_listed
                .iter()
                .map(|n| format!("{}: {}", escape::code(&n.path), n.why.text()))
                .collect(),
            configuration: self
                .configuration
                .iter()
                .map(|s| if s.loosens { format!("**{}**", s.text) } else { s.text.clone() })
                .collect(),
            problems: lines(&self.problems),
            suggestions: lines(&self.suggestions),
            suggested: count(self.suggestions.len(), "suggestion"),
        }
    }
}

/// Problems file by file, what repeats itself told once.
fn lines(problems: &[(String, Problem)]) -> Vec<String> {
    let mut lines = Vec::new();
    for of_one in problems.chunk_by(|(one, _), (other, _)| one == other) {
        let path = of_one.first().map(|(path, _)| bare(path)).unwrap_or_default();
        for told in group_problems(of_one.iter().map(|(_, problem)| problem)) {
            let more = if told.more.is_empty() { String::new() } else { format!(" ({})", told.more) };
            lines.push(format!("{}{more}", problem(&path, told.problem)));
        }
    }
    lines
}

/// What the comment says once the change was taken back.
#[must_use]
pub fn quiet_comment() -> String {
    render(&QuietTemplate)
}

fn add(mut sum: Counts, more: Counts) -> Counts {
    sum.added += more.added;
    sum.removed += more.removed;
    sum.removed_required += more.removed_required;
    sum.no_longer_required += more.no_longer_required;
    sum.reworded += more.reworded;
    sum.moved += more.moved;
    sum.rules += more.rules;
    sum.details += more.details;
    sum.bullets_reworded += more.bullets_reworded;
    sum.links += more.links;
    sum.versions += more.versions;
    sum.markup += more.markup;
    sum.invisible += more.invisible;
    sum.ticked += more.ticked;
    sum.sections_renamed += more.sections_renamed;
    sum.sections_moved += more.sections_moved;
    sum.boxes_got += more.boxes_got;
    sum.boxes_lost += more.boxes_lost;
    sum.boxes_lost_required += more.boxes_lost_required;
    sum.commented_out += more.commented_out;
    sum.commented_out_required += more.commented_out_required;
    sum.items_before += more.items_before;
    sum.items_after += more.items_after;
    sum
}
