//! `.github/holdpoint.yml`: what a repository says about its checklists.
//!
//! Strict: an unknown key is a problem on its line, and a file with an error is not used at all, so that a typing mistake
//! never opens a gate. Where it is read from (the base branch, never a pull request's head) is decided in `handle`.

mod file;
mod located;
pub mod named;
mod people;
mod places;
mod read;
pub mod unread;
mod values;

#[cfg(test)]
mod tests;

pub use file::schema;
pub use places::{Templates, USUAL_TEMPLATES, USUAL_WITH_BOXES};
pub use read::{parse, parse_over};

use crate::checklist::globs::Globs;
use globset::GlobSet;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Where the configuration lies in a repository.
pub const PATH: &str = ".github/holdpoint.yml";

/// Where step files lie when nothing is configured.
pub const USUAL_STEPS: &str = "release-steps/**/*.md";

/// [`USUAL_STEPS`], compiled once.
static USUAL_STEP_GLOBS: LazyLock<Globs> = LazyLock::new(|| usual(&[USUAL_STEPS]));

/// What tags open a release where nothing is configured.
pub const USUAL_TAGS: [&str; 2] = ["v*", "*.*.*"];

/// [`USUAL_TAGS`], compiled once.
static USUAL_TAG_GLOBS: LazyLock<Globs> = LazyLock::new(|| usual(&USUAL_TAGS));

#[expect(clippy::expect_used, reason = "globs of ours, each of which a unit test compiles")]
fn usual(globs: &[&str]) -> Globs {
    Globs::paths(globs.iter().map(|glob| (*glob).to_owned()).collect()).expect("a glob of ours that compiles")
}

/// The whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Whether a file said so, or the defaults do.
    pub given: bool,
    /// Whether the file only says what differs from the organisation's: then [`parse_over`] says what holds.
    pub extends: bool,
    /// By name; the check run is `holdpoint/<name>`.
    pub checklists: BTreeMap<String, ChecklistConfig>,
    /// What is said on pull requests.
    pub comment: Comment,
    /// Which boxes of a pull request have to be ticked.
    pub tasks: Tasks,
    /// "This pull request touches migrations and brings no step."
    pub require_steps: Vec<RequireSteps>,
}

/// Which boxes of a pull request have to be ticked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tasks {
    /// None: there is no such check.
    #[default]
    Off,
    /// Those in its text.
    Body,
    /// Those in its text and in what people comment on it.
    BodyAndComments,
}

/// When the sticky comment is posted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Comment {
    /// Only where a checklist changed.
    #[default]
    Changes,
    /// Never.
    Never,
}

/// One entry under `checklists:`.
#[derive(Clone, Debug, PartialEq)]
pub struct ChecklistConfig {
    /// The standing files; `None` means the first of [`USUAL_TEMPLATES`] that exists.
    pub template: Option<Vec<String>>,
    /// Globs of headings whose items belong to the phase "after".
    pub after: Globs,
    /// Letters in the text that stand for a placeholder.
    pub replace: BTreeMap<String, String>,
    /// Globs of the step files; empty switches them off.
    pub steps: Globs,
    /// What opens a release.
    pub open: Open,
    /// How the issue looks.
    pub issue: IssueConfig,
    /// What waits.
    pub gate: GateConfig,
    /// Whose ticks count.
    pub ticks: Ticks,
    /// Whether a struck-out item needs a reason.
    pub skip: Skip,
    /// Reminders of what is open; `None` for no reminders.
    pub remind: Option<Remind>,
}

/// Reminders of what is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remind {
    /// So many hours nothing must have happened before the first.
    pub after: u32,
    /// So many hours from one to the next.
    pub every: u32,
    /// Whether the owners of what is open are called.
    pub owners: bool,
}

/// What opens a release.
#[derive(Clone, Debug, PartialEq)]
pub struct Open {
    /// The kinds of events, each at most once.
    pub on: Vec<Trigger>,
    /// Globs of tags, branches or environments; empty means the default of the trigger.
    pub matches: Globs,
    /// What a pre-release does.
    pub prereleases: Prereleases,
    /// Whether what was done for one candidate counts for the next.
    pub candidates: Candidates,
    /// Words in tags that name a pre-release, beside the known ones; in lower case.
    pub prerelease_words: Vec<String>,
}

impl Open {
    /// Whether nothing that was done for an earlier candidate counts for the next.
    #[must_use]
    pub fn again(&self) -> bool {
        self.candidates == Candidates::Again
    }
}

/// A kind of event that opens a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trigger {
    /// A tag was pushed.
    Tag,
    /// A release was published.
    Release,
    /// A pull request was merged into a matching branch.
    Merge,
    /// A pull request into a matching branch was opened.
    PullRequest,
    /// A deployment to a matching environment.
    Deployment,
    /// Only by hand.
    Manual,
}

/// Whether what was done for one candidate of a version counts for the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Candidates {
    /// It does, but for items that say `every-candidate`.
    #[default]
    Keep,
    /// Every item is done anew for each candidate.
    Again,
}

/// What a pre-release does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prereleases {
    /// It shares the issue of its release.
    #[default]
    Same,
    /// It has an issue of its own.
    Separate,
    /// It opens nothing.
    Ignore,
}

/// How the issue looks.
#[derive(Clone, Debug, PartialEq)]
pub struct IssueConfig {
    /// With placeholders; wins over the template's front matter.
    pub title: Option<String>,
    /// Added to those of the front matter.
    pub labels: Vec<String>,
    /// Added to those of the front matter.
    pub assignees: Vec<String>,
    /// The organisation's issue type; wins over the template's front matter.
    pub issue_type: Option<String>,
    /// Title of an open milestone, with placeholders.
    pub milestone: Option<String>,
    /// Close it when all is done.
    pub close: bool,
}

/// What waits.
#[derive(Clone, Debug, PartialEq)]
pub struct GateConfig {
    /// Pull requests and merge groups into branches that match wait.
    pub branches: Globs,
    /// Deployments to environments that match wait.
    pub environments: Globs,
    /// Open `after` items of a shipped release hold up the next one.
    pub after: After,
    /// Commits that no release covers pass, or not.
    pub unreleased: Unreleased,
    /// How "not yet" is shown.
    pub incomplete: Incomplete,
}

/// Do open `after` items hold up the next release?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum After {
    /// They are shown.
    #[default]
    Report,
    /// They block.
    Block,
}

/// What happens to commits that no release issue covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unreleased {
    /// They pass.
    #[default]
    Allow,
    /// They do not.
    Block,
}

/// The conclusion that stands for "not yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Incomplete {
    /// A yellow sign.
    #[default]
    ActionRequired,
    /// A red cross.
    Failure,
    /// A run that goes on.
    InProgress,
}

/// Whose ticks count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticks {
    /// The least role, or a list.
    pub by: Tickers,
    /// Whether a bot may tick.
    pub bots: bool,
}

/// The least role, or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tickers {
    /// Everybody with at least this role on the repository.
    Role(Role),
    /// These users and teams, written `@user` and `@org/team`.
    List(Vec<String>),
}

/// A role on a repository, as GitHub ranks them.
/// Source: <https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Nothing.
    None,
    /// May read.
    Read,
    /// May manage issues.
    Triage,
    /// May push.
    Write,
    /// May manage the repository.
    Maintain,
    /// May do everything.
    Admin,
}

impl Role {
    /// Reads GitHub's words, the old ones of teams (`push`, `pull`) too; a custom role's name is `None`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "none" => Self::None,
            "read" | "pull" => Self::Read,
            "triage" => Self::Triage,
            "write" | "push" => Self::Write,
            "maintain" => Self::Maintain,
            "admin" => Self::Admin,
            _ => return None,
        })
    }

    /// GitHub's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }
}

/// Whether a struck-out item needs a reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Skip {
    /// It does.
    #[default]
    Reason,
    /// Striking out is no way to pass.
    Forbid,
}

/// "This pull request touches migrations and brings no step."
#[derive(Clone, Debug, PartialEq)]
pub struct RequireSteps {
    /// Globs of paths.
    pub paths: Globs,
    /// The label that lets it pass.
    pub unless_label: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            given: false,
            extends: false,
            checklists: BTreeMap::from([("release".to_owned(), ChecklistConfig::default())]),
            comment: Comment::default(),
            tasks: Tasks::default(),
            require_steps: Vec::new(),
        }
    }
}

impl Default for ChecklistConfig {
    fn default() -> Self {
        Self {
            template: None,
            after: Globs::default(),
            replace: BTreeMap::new(),
            steps: USUAL_STEP_GLOBS.clone(),
            open: Open {
                on: vec![Trigger::Tag],
                matches: Globs::default(),
                prereleases: Prereleases::default(),
                candidates: Candidates::default(),
                prerelease_words: Vec::new(),
            },
            issue: IssueConfig {
                title: None,
                labels: Vec::new(),
                assignees: Vec::new(),
                issue_type: None,
                milestone: None,
                close: true,
            },
            gate: GateConfig {
                branches: Globs::default(),
                environments: Globs::default(),
                after: After::default(),
                unreleased: Unreleased::default(),
                incomplete: Incomplete::default(),
            },
            ticks: Ticks { by: Tickers::Role(Role::Write), bots: false },
            skip: Skip::default(),
            remind: None,
        }
    }
}

/// What the names of all our checks begin with.
pub use crate::checklist::verification::OWN as CHECK_PREFIX;

/// By this name GitHub tells that somebody pressed the button of a check of ours. At most 20 characters.
pub const RECHECK: &str = "recheck";

/// Names that no checklist may have: they are those of Holdpoint's other checks.
pub const RESERVED_NAMES: [&str; 2] = ["review", "tasks"];

/// The checklist whose check has this name; `None` for a check of another kind or of another App.
#[must_use]
pub fn checklist_of_check(check: &str) -> Option<&str> {
    check.strip_prefix(CHECK_PREFIX).filter(|name| !RESERVED_NAMES.contains(name))
}

/// The check run's name of a checklist. A name is an API: branch protection holds it.
#[must_use]
pub fn check_name(checklist: &str) -> String {
    format!("{CHECK_PREFIX}{checklist}")
}

impl ChecklistConfig {
    /// The globs of headings that mean "after the release", in lower case.
    #[must_use]
    pub fn after_headings(&self) -> &GlobSet {
        self.after.set()
    }

    /// Whether tags, or published releases of them, open releases of this checklist.
    #[must_use]
    pub fn opens_by_tag(&self) -> bool {
        self.open.on.contains(&Trigger::Tag) || self.open.on.contains(&Trigger::Release)
    }

    /// Whether a tag opens a release of this checklist; `published` says that a release of it was published.
    #[must_use]
    pub fn opens_on_tag(&self, tag: &str, published: bool) -> bool {
        let on = |trigger| self.open.on.contains(&trigger);
        (on(Trigger::Tag) || (published && on(Trigger::Release))) && self.matches_tag(tag)
    }

    /// Whether a tag belongs to this checklist's line of releases.
    #[must_use]
    pub fn matches_tag(&self, tag: &str) -> bool {
        let globs = if self.open.matches.is_empty() { &*USUAL_TAG_GLOBS } else { &self.open.matches };
        globs.is_match(tag)
    }

    /// Whether a merge into a branch opens a release of this checklist.
    #[must_use]
    pub fn opens_on_merge(&self, branch: &str) -> bool {
        self.open.on.contains(&Trigger::Merge) && self.open.matches.is_match(branch)
    }

    /// Whether a pull request into a branch opens a release of this checklist; without globs, one into a gated branch.
    #[must_use]
    pub fn opens_on_pull(&self, branch: &str) -> bool {
        let branches = if self.open.matches.is_empty() { &self.gate.branches } else { &self.open.matches };
        self.open.on.contains(&Trigger::PullRequest) && branches.is_match(branch)
    }

    /// Whether a deployment to an environment opens a release of this checklist; without globs, one to a gated environment.
    #[must_use]
    pub fn opens_on_deployment(&self, environment: &str) -> bool {
        let names = if self.open.matches.is_empty() { &self.gate.environments } else { &self.open.matches };
        self.open.on.contains(&Trigger::Deployment) && names.is_match(environment)
    }

    /// Whether pull requests into a branch wait for this checklist.
    #[must_use]
    pub fn gates(&self, branch: &str) -> bool {
        self.gate.branches.is_match(branch)
    }

    /// The gated branches that the configuration names in full, without a wildcard.
    pub fn literal_branches(&self) -> impl Iterator<Item = String> {
        let is_literal = |name: &&String| !name.contains(['*', '?', '[', '{', '\\', '!']);
        self.gate.branches.patterns().iter().filter(is_literal).cloned()
    }

    /// Whether deployments to an environment wait for this checklist. GitHub's names of environments have no case.
    #[must_use]
    pub fn gates_environment(&self, environment: &str) -> bool {
        self.gate.environments.is_match(&environment.to_lowercase())
    }

    /// What matches the paths of step files.
    #[must_use]
    pub fn step_globs(&self) -> &GlobSet {
        self.steps.set()
    }
}
