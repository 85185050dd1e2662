//! YAML to [`Config`], with every problem on its line.

use super::file::{
    AfterWord, BotsWord, CommentWord, Entry, File, GateEntry, IncompleteWord, OneOrMany, OpenEntry, PrereleasesWord,
    SkipWord, TicksEntry, TriggerWord, UnreleasedWord,
};
use super::{
    After, ChecklistConfig, Comment, Config, GateConfig, Incomplete, IssueConfig, Open, Prereleases, RequireSteps,
    Role, Skip, Tickers, Ticks, Trigger, mistake,
};
use crate::checklist::directive::nearest;
use crate::checklist::{Problem, Severity};
use serde::Deserialize as _;
use serde::de::value::{Error as WordError, StrDeserializer};

/// Reads the file. A file with an error gives `None`: it must not be used, and whoever asks fails closed.
#[must_use]
pub fn parse(source: &str) -> (Option<Config>, Vec<Problem>) {
    let text = source.strip_prefix('\u{feff}').unwrap_or(source);
    let only_comments = text.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#'));
    if only_comments {
        return (Some(Config { given: true, ..Config::default() }), Vec::new());
    }
    let file = match serde_saphyr::from_str::<File>(text) {
        Ok(file) => file,
        Err(error) => return (None, vec![mistake::problem(text, &error)]),
    };
    let mut reader = Reader { text, problems: Vec::new() };
    let config = reader.config(file);
    let broken = reader.problems.iter().any(|p| p.severity == Severity::Error);
    ((!broken).then_some(config), reader.problems)
}

struct Reader<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// A problem at the first line that holds the value.
    fn problem(&mut self, severity: Severity, value: &str, message: String, hint: &str) {
        let found = self.text.lines().enumerate().find_map(|(n, l)| l.find(value).map(|at| (n + 1, l, at)));
        let (line, column) = found.map_or((1, 1), |(n, l, at)| (n, l.get(..at).map_or(1, |b| b.chars().count() + 1)));
        let width = value.chars().count().max(1);
        self.problems.push(Problem { severity, line, column, width, message, hint: hint.to_owned() });
    }

    fn config(&mut self, file: File) -> Config {
        let mut config = Config { given: true, ..Config::default() };
        if let Some(entries) = file.checklists {
            config.checklists.clear();
            if entries.is_empty() {
                let hint = "take the key away for the defaults, or name a checklist below it";
                let message = "no checklist is named here: nothing is opened, and nothing waits".to_owned();
                self.problem(Severity::Warning, "checklists", message, hint);
            }
            for (name, entry) in entries {
                if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) || name.is_empty() {
                    self.problem(
                        Severity::Error,
                        &name,
                        format!("`{name}` is no name for a checklist"),
                        "use letters, digits, `-`, `_` and `.`: the check run is named after it",
                    );
                }
                if name == "review" || name == "tasks" {
                    self.problem(
                        Severity::Error,
                        &name,
                        format!("`{name}` is taken: Holdpoint posts a check run of that name itself"),
                        "give the checklist another name",
                    );
                }
                let checklist = self.checklist(entry.unwrap_or_default());
                config.checklists.insert(name, checklist);
            }
        }
        if let Some(comment) = file.pull_requests.and_then(|p| p.comment) {
            config.comment = match comment {
                CommentWord::Changes => Comment::Changes,
                CommentWord::Never => Comment::Never,
            };
        }
        for require in file.require_steps.unwrap_or_default() {
            let paths = self.globs(require.paths);
            config.require_steps.push(RequireSteps { paths, unless_label: require.unless_label });
        }
        config
    }

    fn globs(&mut self, globs: OneOrMany) -> Vec<String> {
        let globs = globs.list();
        for glob in &globs {
            if let Err(error) = globset::Glob::new(glob) {
                self.problem(
                    Severity::Error,
                    glob,
                    format!("`{glob}` is no glob: {}", error.kind()),
                    "`*` stops at a slash, `**` does not",
                );
            }
        }
        globs
    }

    fn checklist(&mut self, entry: Entry) -> ChecklistConfig {
        let usual = ChecklistConfig::default();
        ChecklistConfig {
            template: entry.template.map(OneOrMany::list),
            after: entry.after.map(|g| self.globs(g)).unwrap_or_default(),
            replace: entry.replace.unwrap_or_default(),
            steps: entry.steps.map_or(usual.steps, |g| self.globs(g)),
            open: entry.open.map_or(usual.open, |o| self.open(o)),
            issue: entry.issue.map_or(usual.issue, |i| IssueConfig {
                title: i.title,
                labels: i.labels.map(OneOrMany::list).unwrap_or_default(),
                assignees: i.assignees.map(OneOrMany::list).unwrap_or_default(),
                close: i.close.unwrap_or(true),
            }),
            gate: entry.gate.map_or(usual.gate, |g| self.gate(g)),
            ticks: entry.ticks.map_or(usual.ticks, |t| self.ticks(t)),
            skip: match entry.skip {
                Some(SkipWord::Forbid) => Skip::Forbid,
                Some(SkipWord::Reason) | None => Skip::Reason,
            },
        }
    }

    fn open(&mut self, open: OpenEntry) -> Open {
        let mut on = Vec::new();
        for word in open.on.map_or_else(|| vec!["tag".to_owned()], OneOrMany::list) {
            let trigger = match TriggerWord::deserialize(StrDeserializer::<WordError>::new(&word)) {
                Ok(TriggerWord::Tag) => Trigger::Tag,
                Ok(TriggerWord::Release) => Trigger::Release,
                Ok(TriggerWord::Merge) => Trigger::Merge,
                Ok(TriggerWord::PullRequest) => Trigger::PullRequest,
                Ok(TriggerWord::Deployment) => Trigger::Deployment,
                Ok(TriggerWord::Manual) => Trigger::Manual,
                Err(_) => {
                    let known = ["tag", "release", "merge", "pull_request", "deployment", "manual"];
                    let hint = nearest(&word, &known)
                        .map_or_else(|| format!("known are {}", known.join(", ")), |w| format!("did you mean `{w}`?"));
                    self.problem(Severity::Error, &word, format!("`{word}` opens no release"), &hint);
                    continue;
                }
            };
            if !on.contains(&trigger) {
                on.push(trigger);
            }
        }
        let matches = open.matches.map(|g| self.globs(g)).unwrap_or_default();
        if on.contains(&Trigger::Merge) && matches.is_empty() {
            self.problem(
                Severity::Error,
                "merge",
                "`on: merge` needs `match:`".to_owned(),
                "name the branch, as in `match: main`",
            );
        }
        let prereleases = match open.prereleases {
            Some(PrereleasesWord::Separate) => Prereleases::Separate,
            Some(PrereleasesWord::Ignore) => Prereleases::Ignore,
            Some(PrereleasesWord::Same) | None => Prereleases::Same,
        };
        Open { on, matches, prereleases }
    }

    fn gate(&mut self, gate: GateEntry) -> GateConfig {
        GateConfig {
            branches: gate.branches.map(|g| self.globs(g)).unwrap_or_default(),
            environments: gate.environments.map(OneOrMany::list).unwrap_or_default(),
            after: match gate.after {
                Some(AfterWord::Block) => After::Block,
                Some(AfterWord::Report) | None => After::Report,
            },
            unreleased: match gate.unreleased {
                Some(UnreleasedWord::Block) => super::Unreleased::Block,
                Some(UnreleasedWord::Allow) | None => super::Unreleased::Allow,
            },
            incomplete: match gate.incomplete {
                Some(IncompleteWord::Failure) => Incomplete::Failure,
                Some(IncompleteWord::InProgress) => Incomplete::InProgress,
                Some(IncompleteWord::ActionRequired) | None => Incomplete::ActionRequired,
            },
        }
    }

    fn ticks(&mut self, ticks: TicksEntry) -> Ticks {
        let bots = matches!(ticks.bots, Some(BotsWord::Allow));
        let words = ticks.by.map(OneOrMany::list).unwrap_or_default();
        let by = match words.as_slice() {
            [] => Tickers::Role(Role::Write),
            [word] if !word.starts_with('@') => {
                let role = Role::parse(word).filter(|r| *r >= Role::Triage);
                if role.is_none() {
                    self.problem(
                        Severity::Error,
                        word,
                        format!("`{word}` is nobody whose ticks could count"),
                        "write `write`, `maintain`, `admin`, or a list of `@users` and `@org/teams`",
                    );
                }
                Tickers::Role(role.unwrap_or(Role::Admin))
            }
            list => {
                for word in list.iter().filter(|w| !w.starts_with('@')) {
                    self.problem(
                        Severity::Error,
                        word,
                        format!("`{word}` is no user and no team"),
                        "write `@user` or `@org/team`",
                    );
                }
                Tickers::List(list.to_vec())
            }
        };
        Ticks { by, bots }
    }
}
