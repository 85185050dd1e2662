//! The file as it is written, as types. The reader reads into these, and the JSON Schema for editors is made of them, so
//! that the two cannot disagree: what stands here as documentation is what an editor shows.

use super::located::OneOrMany;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;

/// Release checklists of a repository, what opens them and what waits for them.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Holdpoint configuration", extend("$id" = "urn:holdpoint:configuration"))]
pub(super) struct File {
    /// Begin with the organisation's file, `.github/holdpoint.yml` in its repository `.github`. A key that is given here wins;
    /// a list replaces the whole list there.
    #[schemars(with = "Option<ExtendsWord>")]
    pub(super) extends: Option<Spanned<ExtendsWord>>,
    /// The checklists by name. `release` is the check `holdpoint/release`. Where this key is given, only these exist.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "pattern": "^[A-Za-z0-9._-]+$", "not": { "enum": ["review", "tasks"] } }))]
    pub(super) checklists: Option<BTreeMap<String, Option<Entry>>>,
    /// What is said on pull requests.
    #[serde(default)]
    pub(super) pull_requests: Option<PullRequests>,
    /// Pull requests that touch these paths must bring a step file.
    #[serde(default)]
    #[schemars(extend("default" = []))]
    pub(super) require_steps: Option<Vec<Require>>,
}

/// What a file begins with.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Extends")]
pub(super) enum ExtendsWord {
    /// The organisation's file.
    Organization,
}

/// One checklist.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Checklist")]
pub(super) struct Entry {
    /// Path or list of paths of the standing files. Default: the first of the usual places that exists.
    pub(super) template: Option<OneOrMany>,
    /// Globs of headings whose items are done once the release is out.
    #[schemars(extend("default" = []))]
    pub(super) after: Option<OneOrMany>,
    /// Letters in the text that stand for a placeholder, as in `"vX.Y.Z": "v{{ version }}"`.
    #[schemars(extend("default" = {}))]
    pub(super) replace: Option<BTreeMap<String, String>>,
    /// Globs of step files; an empty list switches them off.
    #[schemars(extend("default" = "release-steps/**/*.md"))]
    pub(super) steps: Option<OneOrMany>,
    /// What opens a release.
    pub(super) open: Option<OpenEntry>,
    /// How the issue looks.
    pub(super) issue: Option<IssueEntry>,
    /// What waits.
    pub(super) gate: Option<GateEntry>,
    /// Whose ticks count.
    pub(super) ticks: Option<TicksEntry>,
    /// What striking an item out means.
    #[schemars(extend("default" = "reason"))]
    pub(super) skip: Option<SkipWord>,
    /// Reminders of what is open. Without this key there are none.
    pub(super) remind: Option<RemindEntry>,
}

/// What opens a release.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Open")]
pub(super) struct OpenEntry {
    /// The kinds of events.
    #[schemars(extend("default" = "tag"))]
    pub(super) on: Option<OneOrMany<TriggerWord>>,
    /// Globs of tags, branches and environments. Default: `v*` and `*.*.*` for tags, and for pull requests and deployments what
    /// the gate names; `merge` needs it.
    #[serde(rename = "match")]
    pub(super) matches: Option<OneOrMany>,
    /// What a pre-release does.
    #[schemars(extend("default" = "same"))]
    pub(super) prereleases: Option<PrereleasesWord>,
    /// Whether what was done for one candidate of a version counts for the next.
    #[schemars(extend("default" = "keep"))]
    pub(super) candidates: Option<CandidatesWord>,
    /// Words behind the numbers of a tag that name a pre-release, beside the known ones, as `ea` in `v1.4.0-ea`.
    #[schemars(extend("default" = []))]
    pub(super) prerelease_words: Option<OneOrMany>,
}

/// A kind of event.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Trigger")]
pub(super) enum TriggerWord {
    /// A matching tag was pushed.
    Tag,
    /// A release with a matching tag was published.
    Release,
    /// A pull request was merged into a matching branch.
    Merge,
    /// A pull request into a matching branch was opened.
    PullRequest,
    /// A matching environment was deployed to, or a deployment to it waits.
    Deployment,
    /// Only somebody who asks for it.
    Manual,
}

/// What a pre-release does.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Prereleases")]
pub(super) enum PrereleasesWord {
    /// It shares the issue of its release.
    Same,
    /// It has an issue of its own.
    Separate,
    /// It opens nothing.
    Ignore,
}

/// Whether what was done for one candidate of a version counts for the next.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Candidates")]
pub(super) enum CandidatesWord {
    /// It does, but for items that say `every-candidate`.
    Keep,
    /// Every item is done anew for each candidate.
    Again,
}

/// How the issue looks.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Issue")]
pub(super) struct IssueEntry {
    /// With placeholders; wins over the template's front matter.
    pub(super) title: Option<String>,
    /// Added to those of the front matter.
    #[schemars(extend("default" = []))]
    pub(super) labels: Option<OneOrMany>,
    /// Logins, added to those of the front matter.
    #[schemars(extend("default" = []))]
    pub(super) assignees: Option<OneOrMany>,
    /// The organisation's issue type; wins over the front matter.
    #[serde(rename = "type")]
    pub(super) issue_type: Option<String>,
    /// Title of an open milestone, with placeholders.
    pub(super) milestone: Option<String>,
    /// Close the issue when nothing is left to do in either phase.
    #[schemars(with = "Option<bool>", extend("default" = true))]
    pub(super) close: Option<Spanned<bool>>,
}

/// What waits.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Gate")]
pub(super) struct GateEntry {
    /// Globs: pull requests and merge groups into these branches wait.
    #[schemars(extend("default" = []))]
    pub(super) branches: Option<OneOrMany>,
    /// Globs of environments, in any case. Deployments to these wait, where Holdpoint is among their protection rules.
    #[schemars(extend("default" = []))]
    pub(super) environments: Option<OneOrMany>,
    /// Do open items of the phase "after" of a shipped release hold up what comes next?
    #[schemars(extend("default" = "report"))]
    pub(super) after: Option<AfterWord>,
    /// What happens to commits that no release covers.
    #[schemars(extend("default" = "allow"))]
    pub(super) unreleased: Option<UnreleasedWord>,
    /// How "not yet" looks. All three block.
    #[schemars(extend("default" = "action_required"))]
    pub(super) incomplete: Option<IncompleteWord>,
}

/// What open items of the phase "after" do.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "After")]
pub(super) enum AfterWord {
    /// They are shown.
    Report,
    /// They hold up what comes next.
    Block,
}

/// What happens to commits that no release covers.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Unreleased")]
pub(super) enum UnreleasedWord {
    /// They pass.
    Allow,
    /// They wait.
    Block,
}

/// How "not yet" looks.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Incomplete")]
pub(super) enum IncompleteWord {
    /// A yellow sign.
    ActionRequired,
    /// A red cross.
    Failure,
    /// A run that goes on.
    InProgress,
}

/// Whose ticks count.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ticks")]
pub(super) struct TicksEntry {
    /// The least role, or a list of `@user` and `@org/team`.
    #[schemars(schema_with = "tickers", extend("default" = "write"))]
    pub(super) by: Option<OneOrMany>,
    /// Whether a bot's ticks count.
    #[schemars(extend("default" = "deny"))]
    pub(super) bots: Option<BotsWord>,
}

fn tickers(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [
            { "type": "string", "enum": ["triage", "write", "maintain", "admin"] },
            { "type": "string", "pattern": "^@" },
            { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": "^@" } },
            { "type": "null" }
        ]
    })
}

/// Whether a bot's ticks count.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Bots")]
pub(super) enum BotsWord {
    /// They do.
    Allow,
    /// They do not.
    Deny,
}

/// What striking an item out means.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Skip")]
pub(super) enum SkipWord {
    /// It is skipped if a reason is typed behind it.
    Reason,
    /// It stays open.
    Forbid,
}

/// Reminders of what is open, in comments of their own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Remind")]
pub(super) struct RemindEntry {
    /// How long nothing must have happened before the first, as `12h` or `2d`.
    #[schemars(with = "Option<String>", extend("default" = "24h", "pattern" = "^[0-9]+[hd]$"))]
    pub(super) after: Option<Spanned<String>>,
    /// How long from one to the next, a day at least.
    #[schemars(with = "Option<String>", extend("default" = "24h", "pattern" = "^[0-9]+[hd]$"))]
    pub(super) every: Option<Spanned<String>>,
    /// Who is called.
    #[schemars(extend("default" = "nobody"))]
    pub(super) mention: Option<MentionWord>,
}

/// Who is called by a reminder.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Mention")]
pub(super) enum MentionWord {
    /// The owners of what is open.
    Owners,
    /// Nobody.
    Nobody,
}

/// What is said on pull requests.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PullRequests {
    /// When the comment is posted. The check `holdpoint/review` is posted either way.
    #[schemars(extend("default" = "changes"))]
    pub(super) comment: Option<CommentWord>,
    /// The check `holdpoint/tasks` waits until the pull request's own boxes are ticked.
    #[schemars(extend("default" = "off"))]
    pub(super) tasks: Option<TasksWord>,
}

/// Which boxes of a pull request have to be ticked.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[schemars(rename = "Tasks")]
pub(super) enum TasksWord {
    /// None: there is no such check.
    #[serde(rename = "off")]
    Off,
    /// Those in its text.
    #[serde(rename = "body")]
    Body,
    /// Those in its text and in what people comment on it.
    #[serde(rename = "body+comments")]
    BodyAndComments,
}

/// When the comment is posted.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Comment")]
pub(super) enum CommentWord {
    /// Where a checklist changes.
    Changes,
    /// Never.
    Never,
}

/// Paths that need a step file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RequireSteps")]
pub(super) struct Require {
    /// Globs of paths.
    pub(super) paths: OneOrMany,
    /// The label that lets a pull request pass without a step file.
    pub(super) unless_label: Option<String>,
}

/// What is not said here is taken from `below`.
macro_rules! over {
    ($above:ident, $below:ident, { $($key:ident),+ $(,)? } $(, deep { $($nested:ident),+ })?) => {
        Self {
            $($key: $above.$key.or($below.$key),)+
            $($($nested: both($above.$nested, $below.$nested, |above, below| above.over(below)),)+)?
        }
    };
}

fn both<T>(above: Option<T>, below: Option<T>, merge: impl FnOnce(T, T) -> T) -> Option<T> {
    match (above, below) {
        (Some(above), Some(below)) => Some(merge(above, below)),
        (above, below) => above.or(below),
    }
}

impl File {
    /// This file laid over another one, key by key; a list is one value.
    pub(super) fn over(self, below: Self) -> Self {
        let checklists = both(self.checklists, below.checklists, |above, mut all| {
            for (name, entry) in above {
                let under = all.remove(&name).flatten();
                all.insert(name, both(entry, under, Entry::over));
            }
            all
        });
        let pull_requests = both(self.pull_requests, below.pull_requests, PullRequests::over);
        let require_steps = self.require_steps.or(below.require_steps);
        Self { extends: self.extends, checklists, pull_requests, require_steps }
    }
}

impl Entry {
    fn over(self, below: Self) -> Self {
        over!(self, below, { template, after, replace, steps, skip }, deep { open, issue, gate, ticks, remind })
    }
}

impl OpenEntry {
    fn over(self, below: Self) -> Self {
        over!(self, below, { on, matches, prereleases, candidates, prerelease_words })
    }
}

impl IssueEntry {
    fn over(self, below: Self) -> Self {
        over!(self, below, { title, labels, assignees, issue_type, milestone, close })
    }
}

impl GateEntry {
    fn over(self, below: Self) -> Self {
        over!(self, below, { branches, environments, after, unreleased, incomplete })
    }
}

impl TicksEntry {
    fn over(self, below: Self) -> Self {
        over!(self, below, { by, bots })
    }
}

impl RemindEntry {
    fn over(self, below: Self) -> Self {
        over!(self, below, { after, every, mention })
    }
}

impl PullRequests {
    fn over(self, below: Self) -> Self {
        over!(self, below, { comment, tasks })
    }
}

/// The JSON Schema (draft 2020-12) of the file, for editors.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(File).to_value()
}
