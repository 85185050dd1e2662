//! YAML to [`Config`], with every problem on its line.

use super::file::{
    AfterWord, BotsWord, CandidatesWord, CommentWord, Entry, File, GateEntry, IncompleteWord, MentionWord, OpenEntry,
    PrereleasesWord, RemindEntry, SkipWord, TasksWord, TicksEntry, TriggerWord, UnreleasedWord,
};
use super::located::OneOrMany;
use super::{
    After, Candidates, ChecklistConfig, Comment, Config, GateConfig, Incomplete, IssueConfig, Open, Prereleases,
    Remind, RequireSteps, Role, Skip, Tasks, Tickers, Ticks, Trigger, people,
};
use crate::checklist::globs::{Globs, MAX_PATTERN_LENGTH, MAX_PATTERNS};
use crate::checklist::{Problem, Severity, yaml};
use serde_saphyr::Spanned;
use std::borrow::Cow;

/// The most problems that are told at once.
const MAX_PROBLEMS: usize = 20;

/// Reads the file. A file with an error gives `None`: it must not be used, and whoever asks fails closed.
#[must_use]
pub fn parse(source: &str) -> (Option<Config>, Vec<Problem>) {
    let (file, problems) = read(source);
    understand(source, file, problems)
}

/// Reads a file that [extends](Config::extends) the organisation's, and lays it over that one. Both must be usable alone.
#[must_use]
pub fn parse_over(source: &str, organisation: &str) -> (Option<Config>, Vec<Problem>) {
    let (config, problems) = parse(source);
    if config.is_none() {
        return (None, problems);
    }
    let (below, mut broken) = parse(organisation);
    if below.is_none() {
        for problem in &mut broken {
            problem.message = format!("in the organisation's file: {}", problem.message);
        }
        return (None, broken);
    }
    let (Some(above), Some(below)) = (read(source).0, read(organisation).0) else { return (None, problems) };
    let extended = File { extends: None, ..above.over(below) };
    let (config, found) = understand(source, Some(extended), Vec::new());
    let errors: Vec<Problem> = found.into_iter().filter(|p| p.severity == Severity::Error).collect();
    match config {
        Some(config) => (Some(Config { extends: true, ..config }), problems),
        None => (None, errors),
    }
}

fn only_comments(text: &str) -> bool {
    text.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#'))
}

/// The file as it is written, and what is wrong with its form. What stands where it does not belong is told and taken out, so
/// that the rest is read too.
fn read(source: &str) -> (Option<File>, Vec<Problem>) {
    let text = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut left: Vec<Cow<'_, str>> = text.split_inclusive('\n').map(Cow::from).collect();
    let mut problems = Vec::new();
    loop {
        let rest: String = left.concat();
        if only_comments(&rest) {
            return (Some(File::default()), problems);
        }
        let error = match serde_saphyr::from_str::<File>(&rest) {
            Ok(file) => return (Some(file), problems),
            Err(error) => error,
        };
        let (problem, alone) = yaml::problem(text, &error, "docs/configuration.md");
        let (line, column) = (problem.line, problem.column);
        // What only our taking out made wrong is not told.
        if alone || problems.is_empty() {
            problems.push(problem);
        }
        if !alone || problems.len() >= MAX_PROBLEMS || !take_out(&mut left, line, column) {
            return (None, problems);
        }
    }
}

/// Empties one pair or value between brackets, with the comma behind or before it; `false` where there are none around it on
/// its line.
fn take_out_one(lines: &mut [Cow<'_, str>], line: usize, column: usize) -> bool {
    let Some(text) = lines.get_mut(line.saturating_sub(1)) else { return false };
    let chars: Vec<char> = text.chars().collect();
    // Where the element begins that is being read, for each bracket that is open.
    let mut starts: Vec<usize> = Vec::new();
    let (mut quote, mut before, mut range) = (None, ' ', None);
    for (at, c) in chars.iter().copied().enumerate() {
        match (quote, c) {
            (Some(end), _) => quote = (c != end).then_some(end),
            (None, '"' | '\'') if matches!(before, ',' | ':' | '[' | '{') => quote = Some(c),
            (None, '{' | '[') => starts.push(at + 1),
            (None, ',' | '}' | ']') => {
                let start = starts.pop();
                range = start.filter(|start| (*start..at).contains(&(column - 1))).map(|start| (start, at));
                if range.is_some() {
                    break;
                }
                starts.extend(start.filter(|_| c == ',').map(|_| at + 1));
            }
            (None, _) => {}
        }
        before = if c.is_whitespace() { before } else { c };
    }
    let Some((mut from, mut to)) = range else { return false };
    if chars.get(from..to).is_none_or(|inner| inner.iter().all(|c| c.is_whitespace())) {
        return false;
    }
    if chars.get(to) == Some(&',') {
        to += 1;
    } else if from > 0 && chars.get(from - 1) == Some(&',') {
        from -= 1;
    }
    let blank = |(at, c): (usize, &char)| if (from..to).contains(&at) { ' ' } else { *c };
    *text = chars.iter().enumerate().map(blank).collect::<String>().into();
    true
}

/// Empties what is wrong at a place: what stands between brackets there, else the line and what is nested below it; `false`
/// where that is empty already.
fn take_out(lines: &mut [Cow<'_, str>], line: usize, column: usize) -> bool {
    if take_out_one(lines, line, column.max(1)) {
        return true;
    }
    let indent = |l: &str| l.len() - l.trim_start_matches([' ', '-']).len();
    let first = lines.get(line.saturating_sub(1)).filter(|l| !l.trim().is_empty());
    let Some(first) = first.map(|first| first.clone().into_owned()) else { return false };
    let listed = first.trim_start().starts_with('-');
    let own = first.len() - first.trim_start_matches(' ').len();
    for (n, l) in lines.iter_mut().enumerate().skip(line - 1) {
        let inner =
            l.trim().is_empty() || indent(l) > own && !(listed && l.len() - l.trim_start_matches(' ').len() <= own);
        if n + 1 > line && !inner {
            break;
        }
        *l = "\n".into();
    }
    true
}

/// What the file means, and what is wrong with its meaning.
fn understand(source: &str, file: Option<File>, problems: Vec<Problem>) -> (Option<Config>, Vec<Problem>) {
    let Some(file) = file else { return (None, problems) };
    let text = source.strip_prefix('\u{feff}').unwrap_or(source);
    let cut = !problems.is_empty();
    let mut reader = Reader { text, partial: cut || file.extends.is_some(), cut, problems };
    reader.indented();
    let config = reader.config(file);
    let mut problems = reader.problems;
    problems.sort_by_key(|p| (p.line, p.column));
    let broken = problems.iter().any(|p| p.severity == Severity::Error);
    ((!broken).then_some(config), problems)
}

/// Hours of `12h` or `2d`; a year at most.
fn hours(text: &str) -> Option<u32> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u32 = number.parse().ok().filter(|n| *n > 0)?;
    let hours = match unit {
        "h" => number,
        "d" => number.checked_mul(24)?,
        _ => return None,
    };
    (hours <= 366 * 24).then_some(hours)
}

pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    /// A part of the file is missing, so what is missing is no problem.
    partial: bool,
    /// What was wrong in its form was taken out, so what is empty is no problem.
    pub(super) cut: bool,
    pub(super) problems: Vec<Problem>,
}

impl Reader<'_> {
    /// A problem at a key.
    fn key_problem(&mut self, severity: Severity, key: &str, message: String, hint: &str) {
        let at_key = |line: &str| {
            let start = line.trim_start().trim_start_matches(['"', '\'']);
            start.strip_prefix(key)?.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?;
            Some(line.find(key).and_then(|at| line.get(..at)).map_or(1, |before| before.chars().count() + 1))
        };
        let found = self.text.lines().enumerate().find_map(|(n, line)| Some((n + 1, at_key(line)?)));
        let (line, column) = found.unwrap_or((1, 1));
        let width = key.chars().count().max(1);
        self.problems.push(Problem { severity, line, column, width, message, hint: hint.to_owned() });
    }

    /// An error at a value.
    pub(super) fn error<T>(&mut self, value: &Spanned<T>, width: usize, message: String, hint: &str) {
        self.problem(Severity::Error, value, width, message, hint);
    }

    /// A problem at a value.
    pub(super) fn problem<T>(
        &mut self,
        severity: Severity,
        value: &Spanned<T>,
        width: usize,
        message: String,
        hint: &str,
    ) {
        let number = |n: u64| usize::try_from(n).unwrap_or(1).max(1);
        let (line, column) = (number(value.referenced.line()), number(value.referenced.column()));
        let first = self.text.lines().nth(line - 1).and_then(|l| l.chars().nth(column - 1));
        let column = column + usize::from(matches!(first, Some('"' | '\'')));
        self.problems.push(Problem { severity, line, column, width: width.max(1), message, hint: hint.to_owned() });
    }

    fn config(&mut self, file: File) -> Config {
        let mut config = Config { given: true, extends: file.extends.is_some(), ..Config::default() };
        if let Some(entries) = file.checklists {
            config.checklists.clear();
            if entries.is_empty() {
                let hint = "take the key away for the defaults, or name a checklist below it";
                let message = "no checklist is named here: nothing is opened, and nothing waits".to_owned();
                self.key_problem(Severity::Warning, "checklists", message, hint);
            }
            for (name, entry) in entries {
                if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) || name.is_empty() {
                    self.key_problem(
                        Severity::Error,
                        &name,
                        format!("`{name}` is no name for a checklist"),
                        "use letters, digits, `-`, `_` and `.`: the check run is named after it",
                    );
                }
                if super::RESERVED_NAMES.contains(&name.as_str()) {
                    self.key_problem(
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
        config.tasks = match file.pull_requests.as_ref().and_then(|p| p.tasks) {
            Some(TasksWord::Body) => Tasks::Body,
            Some(TasksWord::BodyAndComments) => Tasks::BodyAndComments,
            Some(TasksWord::Off) | None => Tasks::Off,
        };
        if let Some(comment) = file.pull_requests.and_then(|p| p.comment) {
            config.comment = match comment {
                CommentWord::Changes => Comment::Changes,
                CommentWord::Never => Comment::Never,
            };
        }
        for require in file.require_steps.unwrap_or_default() {
            self.required_paths(&require.paths);
            let paths = self.globs(require.paths, Globs::paths);
            config.require_steps.push(RequireSteps { paths, unless_label: require.unless_label });
        }
        config
    }

    /// Compiles globs. What cannot be compiled is an error, and a file with an error is not used.
    fn globs(&mut self, globs: OneOrMany, compile: impl Fn(Vec<String>) -> Result<Globs, String>) -> Globs {
        let broken = self.problems.len();
        for glob in globs.located().iter().take(MAX_PATTERNS) {
            if glob.value.is_empty() {
                self.error(glob, 1, "a glob is expected here".to_owned(), "write one, or an empty list `[]`");
            } else if let Err(why) = compile(vec![glob.value.clone()]) {
                let width = glob.value.chars().count();
                let named = if width > MAX_PATTERN_LENGTH { "this".to_owned() } else { format!("`{}`", glob.value) };
                let message = format!("{named} is no glob: {why}");
                self.error(glob, width.min(MAX_PATTERN_LENGTH), message, "`*` stops at a slash, `**` does not");
            }
        }
        let last = globs.located().get(MAX_PATTERNS).or_else(|| globs.located().last()).cloned();
        match compile(globs.list()) {
            Ok(globs) => globs,
            Err(why) => {
                if let Some(last) = last.filter(|_| self.problems.len() == broken) {
                    let message = format!("these globs cannot be used together: {why}");
                    self.error(&last, 1, message, "name fewer of them, or shorter ones");
                }
                Globs::default()
            }
        }
    }

    fn checklist(&mut self, entry: Entry) -> ChecklistConfig {
        let usual = ChecklistConfig::default();
        if let Some(template) = &entry.template {
            self.templates(template);
        }
        if let Some(steps) = &entry.steps {
            self.steps(steps);
        }
        if let Some(close) = entry.issue.as_ref().and_then(|issue| issue.close.as_ref()) {
            self.truth(close);
        }
        ChecklistConfig {
            template: entry.template.map(OneOrMany::list),
            after: entry.after.map(|g| self.globs(g, Globs::headings)).unwrap_or_default(),
            replace: entry.replace.unwrap_or_default(),
            steps: entry.steps.map_or(usual.steps, |g| self.globs(g, Globs::paths)),
            open: entry.open.map_or(usual.open, |o| self.open(o)),
            issue: entry.issue.map_or(usual.issue, |i| IssueConfig {
                title: i.title,
                labels: i.labels.map(OneOrMany::list).unwrap_or_default(),
                assignees: i.assignees.map(OneOrMany::list).unwrap_or_default(),
                issue_type: i.issue_type,
                milestone: i.milestone,
                close: i.close.is_none_or(|close| close.value),
            }),
            gate: entry.gate.map_or(usual.gate, |g| self.gate(g)),
            ticks: entry.ticks.as_ref().map_or(usual.ticks, |t| self.ticks(t)),
            skip: match entry.skip {
                Some(SkipWord::Forbid) => Skip::Forbid,
                Some(SkipWord::Reason) | None => Skip::Reason,
            },
            remind: entry.remind.as_ref().map(|r| self.remind(r)),
        }
    }

    fn remind(&mut self, remind: &RemindEntry) -> Remind {
        let mut hours = |value: &Option<Spanned<String>>, least: u32, what: &str| {
            let Some(value) = value else { return 24 };
            let found = hours(&value.value);
            let width = value.value.chars().count();
            match found {
                Some(found) if found >= least => return found,
                Some(_) => self.error(value, width, format!("`{}` is too short", value.value), what),
                None => {
                    let message = format!("`{}` is no time", value.value);
                    self.error(value, width, message, "write hours or days, as `12h` or `2d`");
                }
            }
            least
        };
        let after = hours(&remind.after, 1, "wait an hour at least");
        let every = hours(&remind.every, 24, "there is one reminder a day at most");
        Remind { after, every, owners: matches!(remind.mention, Some(MentionWord::Owners)) }
    }

    fn open(&mut self, open: OpenEntry) -> Open {
        let mut on = Vec::new();
        let matched = open.matches.is_some();
        self.triggers(&open);
        for word in open.on.as_ref().map(OneOrMany::located).unwrap_or_default() {
            let trigger = match word.value {
                TriggerWord::Tag => Trigger::Tag,
                TriggerWord::Release => Trigger::Release,
                TriggerWord::Merge => Trigger::Merge,
                TriggerWord::PullRequest => Trigger::PullRequest,
                TriggerWord::Deployment => Trigger::Deployment,
                TriggerWord::Manual => Trigger::Manual,
            };
            if trigger == Trigger::Merge && !matched && !self.partial {
                let message = "`on: merge` needs `match:`".to_owned();
                self.error(word, "merge".len(), message, "name the branch, as in `match: main`");
            }
            if !on.contains(&trigger) {
                on.push(trigger);
            }
        }
        if open.on.is_none() {
            on.push(Trigger::Tag);
        }
        let matches = open.matches.map(|g| self.globs(g, Globs::paths)).unwrap_or_default();
        let prereleases = match open.prereleases {
            Some(PrereleasesWord::Separate) => Prereleases::Separate,
            Some(PrereleasesWord::Ignore) => Prereleases::Ignore,
            Some(PrereleasesWord::Same) | None => Prereleases::Same,
        };
        let prerelease_words = open.prerelease_words.map(|words| self.prerelease_words(&words)).unwrap_or_default();
        let candidates = match open.candidates {
            Some(CandidatesWord::Again) => Candidates::Again,
            Some(CandidatesWord::Keep) | None => Candidates::Keep,
        };
        Open { on, matches, prereleases, candidates, prerelease_words }
    }

    fn prerelease_words(&mut self, words: &OneOrMany) -> Vec<String> {
        let mut found = Vec::new();
        for word in words.located() {
            if word.value.is_empty() || !word.value.chars().all(|c| c.is_ascii_alphabetic()) {
                let message = format!("`{}` is no word", word.value);
                let hint = "write letters only, without the number behind them: `ea` for `v1.4.0-ea.1`";
                self.error(word, word.value.chars().count(), message, hint);
                continue;
            }
            found.push(word.value.to_lowercase());
        }
        found
    }

    fn gate(&mut self, gate: GateEntry) -> GateConfig {
        if let Some(branches) = &gate.branches {
            self.without_prefix(branches, "refs/heads/");
        }
        let found = GateConfig {
            branches: gate.branches.map(|g| self.globs(g, Globs::paths)).unwrap_or_default(),
            environments: gate.environments.map(|g| self.globs(g, Globs::caseless)).unwrap_or_default(),
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
        };
        let idle = GateConfig { branches: Globs::default(), environments: Globs::default(), ..found };
        if found == idle && found != ChecklistConfig::default().gate && !self.partial {
            let message = "nothing waits: `gate` names no branch and no environment".to_owned();
            self.key_problem(Severity::Warning, "gate", message, "name them, as in `branches: [production]`");
        }
        found
    }

    fn ticks(&mut self, ticks: &TicksEntry) -> Ticks {
        let bots = matches!(ticks.bots, Some(BotsWord::Allow));
        if let Some(by) = &ticks.by {
            self.not_empty(by, "nobody's ticks would count", "name somebody, or leave `by` out for `write`");
        }
        let words = ticks.by.as_ref().map(OneOrMany::located).unwrap_or_default();
        let by = match words {
            [] => Tickers::Role(Role::Write),
            [word] if !word.value.starts_with('@') => {
                let role = Role::parse(&word.value).filter(|r| *r >= Role::Triage);
                if role.is_none() {
                    let message = format!("`{}` is nobody whose ticks could count", word.value);
                    self.error(word, word.value.chars().count(), message, &people::instead_of_role(&word.value));
                }
                Tickers::Role(role.unwrap_or(Role::Admin))
            }
            list => {
                for word in list.iter().filter(|w| !people::names_somebody(&w.value)) {
                    let message = format!("`{}` is no user and no team", word.value);
                    self.error(word, word.value.chars().count(), message, &people::instead_of_name(&word.value));
                }
                Tickers::List(list.iter().map(|word| word.value.clone()).collect())
            }
        };
        Ticks { by, bots }
    }
}
