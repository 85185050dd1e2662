//! A pull request was looked at: what its check `holdpoint/review` and its sticky comment say.

pub use super::change::{Facts, FileChange, Released, Role, Source};

use super::Configuration;
use super::announced::announced;
use super::configuration::{OrgConfig, extended};
use super::renames;
use super::required_steps;
use crate::checklist::diff::{Diff, Facet, FileStatus, Version, diff};
use crate::checklist::file::{self, Parsed};
use crate::checklist::{Problem, Severity, lint};
use crate::config::named::There;
use crate::config::{self, Comment as CommentRule, Config};
use crate::effect::{Annotation, CheckRun, Comment, CommentKind, Effect};
use crate::gate::Conclusion;
use crate::ids::Sha;
use crate::message::configuration;
use crate::message::failure::UNFINISHED;
use crate::message::issue_problem;
use crate::message::missing_step::Missing;
use crate::message::no_rules::BROKEN;
use crate::message::review::{ChangedFile, NewStep, NotListed, Review, Sentence, Why, quiet_comment};
use crate::message::{self, review as words};
use crate::release::trial;
use globset::GlobSet;

/// The check's name. It is posted on every pull request of a repository that has a checklist, so that it may be required.
pub const CHECK: &str = "holdpoint/review";

/// Plans the check and the comment. A repository without a checklist sees nothing of us.
#[must_use]
pub fn review(facts: &Facts) -> Vec<Effect> {
    let check = |conclusion, title: &str, summary: String, annotations| {
        Effect::PutCheckRun(CheckRun {
            sha: facts.head.clone(),
            name: CHECK.to_owned(),
            conclusion,
            title: message::title(title),
            summary,
            details_url: None,
            annotations,
        })
    };
    if let Some(why) = &facts.unreadable {
        return vec![check(Conclusion::Failure, words::UNREADABLE, words::unreadable(why), Vec::new())];
    }
    let config = match &facts.configuration {
        Configuration::Usable(config) => config,
        Configuration::Broken { problems, organisation } if !mends_configuration(facts) => {
            let summary = words::broken_configuration(problems, *organisation);
            let own = problems.iter().filter(|_| !organisation);
            let notes = annotations(own.map(|p| (config::PATH, p)));
            return vec![check(Conclusion::Failure, BROKEN, message::cut(summary), notes)];
        }
        // This change mends the file: it is judged by the defaults, and by the file that it brings.
        Configuration::Broken { .. } => &Config::default(),
    };
    if !facts.has_checklist && facts.files.is_empty() {
        return Vec::new();
    }
    let mut review = reviewed(&facts.files, config, OrgConfig::Read(facts.organisation.as_deref()), &facts.there);
    let added: Vec<&str> = facts.added.iter().map(String::as_str).collect();
    let unread = config::unread::steps(config, &added);
    let lost = unread.len();
    review.problems.extend(unread);
    let asked = required_steps::required_steps(facts, config, &review);
    let errors = review.problems.iter().any(|(_, p)| p.severity == Severity::Error);
    let conclusion = if errors || asked.missing.is_some() { Conclusion::Failure } else { Conclusion::Success };
    let title = match (&asked.missing, lost) {
        (Some(_), _) => words::NO_STEP_FILE.to_owned(),
        (None, 1..) if !review.changes_something() => words::unread_files(lost),
        (None, _) => review.title(),
    };
    let said: Vec<String> = asked.missing.iter().map(Missing::text).chain(asked.passed).collect();
    let summary = behind(&said, review.summary());
    let there = |path: &str| facts.files.iter().any(|f| f.path == path && f.after.is_some()) || added.contains(&path);
    let notes = annotations(review.problems.iter().filter(|(path, _)| there(path)).map(|(path, p)| (path.as_str(), p)));
    let mut effects = vec![check(conclusion, &title, summary, notes)];
    if config.comment == CommentRule::Changes {
        let changed = review.changes_something() || lost > 0;
        let body = match (changed, said.is_empty()) {
            (true, _) => behind(&said, review.comment()),
            (false, true) => quiet_comment(),
            (false, false) => said.join("\n\n"),
        };
        let (number, create) = (facts.number.0, changed || asked.missing.is_some());
        effects.push(Effect::PutComment(Comment { number, kind: CommentKind::Review, body, create }));
    }
    effects
}

/// A text behind what is said about the steps that the change needs.
fn behind(said: &[String], text: String) -> String {
    message::cut([said.to_vec(), vec![text]].concat().join("\n\n"))
}

/// The check on a merge group: its pull requests were reviewed one by one, and a queue must not wait for a second time.
#[must_use]
pub fn group(head: &Sha) -> Effect {
    let (title, why) = words::GROUP;
    plain(head, Conclusion::Success, title, why)
}

/// The check where the work was given up.
#[must_use]
pub fn undecided(head: &Sha, why: &str) -> Effect {
    plain(head, Conclusion::Failure, UNFINISHED, why)
}

fn plain(head: &Sha, conclusion: Conclusion, title: &str, summary: &str) -> Effect {
    Effect::PutCheckRun(CheckRun {
        sha: head.clone(),
        name: CHECK.to_owned(),
        conclusion,
        title: title.to_owned(),
        summary: message::cut(summary.to_owned()),
        details_url: None,
        annotations: Vec::new(),
    })
}

fn mends_configuration(facts: &Facts) -> bool {
    facts.files.iter().any(|f| f.role == Role::Configuration)
}

fn annotations<'p>(problems: impl Iterator<Item = (&'p str, &'p Problem)>) -> Vec<Annotation> {
    problems
        .map(|(path, p)| Annotation {
            path: path.to_owned(),
            line: p.line,
            severity: p.severity,
            message: format!("{}: {}", p.message, p.hint),
        })
        .collect()
}

/// What is said about the files that differ.
#[must_use]
pub fn reviewed(files: &[FileChange], config: &Config, below: OrgConfig<'_>, there: &There) -> Review {
    let mut review = Review::default();
    let renamed = renames::pairs(files);
    let coming = files.iter().find_map(|file| coming(file, below));
    for (at, file) in files.iter().enumerate() {
        let (name, is_step) = match &file.role {
            Role::Configuration => {
                configuration_file(file, config, (below, there), &mut review);
                continue;
            }
            Role::Template(name) => (name, false),
            Role::Step(name) => (name, true),
        };
        if file.after.is_none() && !is_step {
            still_named(&file.path, name, coming.as_ref().unwrap_or(config), &mut review);
        }
        if renamed.values().all(|from| *from != at) {
            let from = renamed.get(&at).and_then(|from| files.get(*from));
            checklist_file(file, from, (name, is_step), config, &mut review);
        }
    }
    review
}

/// The configuration that will hold once the change is merged, where it brings one that can be used.
fn coming(file: &FileChange, below: OrgConfig<'_>) -> Option<Config> {
    if file.role != Role::Configuration {
        return None;
    }
    let Some(text) = &file.after else { return Some(Config::default()) };
    let (head, problems) = config::parse(text);
    match extended(text, head, problems, below) {
        Configuration::Usable(config) => Some(config),
        Configuration::Broken { .. } => None,
    }
}

/// A template is gone that the configuration goes on to name.
fn still_named(path: &str, checklist: &str, config: &Config, review: &mut Review) {
    let named = config.checklists.get(checklist).is_some_and(|c| c.template.iter().flatten().any(|t| t == path));
    if named {
        let (message, hint) = words::removed_template();
        let problem = Problem { severity: Severity::Error, line: 1, column: 1, width: 1, message, hint };
        review.problems.push((path.to_owned(), problem));
    }
}

/// `from` is the file that this one was, if it was put elsewhere.
fn checklist_file(
    file: &FileChange,
    from: Option<&FileChange>,
    (name, is_step): (&str, bool),
    config: &Config,
    review: &mut Review,
) {
    let usual = config::ChecklistConfig::default();
    let checklist = config.checklists.get(name).unwrap_or(&usual);
    let after = checklist.after_headings();
    let was = from.unwrap_or(file);
    let before = was.before.as_deref();
    let old = file::parse(&was.path, before.unwrap_or_default());
    let new = file::parse(&file.path, file.after.as_deref().unwrap_or_default());
    let news = news_of_problems(((was, &old), (file, &new)), checklist, is_step, review);
    review.problems.extend(news.into_iter().map(|p| (file.path.clone(), p)));
    if is_step && old.is_explanation(&file.path) && new.is_explanation(&file.path) {
        return;
    }
    let diff =
        diff(Version { text: &old.text, list: &old.list, after }, Version { text: &new.text, list: &new.list, after });
    if is_step && steps(file, from, after, &diff, review) {
        return;
    }
    let existence = match (before, &file.after) {
        (None, Some(_)) => Some(FileStatus::Added),
        (Some(_), None) => Some(FileStatus::Removed),
        (Some(_), Some(_)) | (None, None) => None,
    };
    let mut front_matter = Vec::new();
    if !is_step && existence.is_none() {
        let (was, is) = (old.list.front_matter.unwrap_or_default(), new.list.front_matter.unwrap_or_default());
        front_matter = configuration::front_matter(&was, &is, checklist);
    }
    if diff.is_empty() && existence.is_none() && from.is_none() && front_matter.is_empty() {
        return;
    }
    let renamed_from = from.map(|from| from.path.clone());
    let (path, checklist) = (file.path.clone(), name.to_owned());
    review.files.push(ChangedFile { path, renamed_from, checklist, is_step, front_matter, diff, existence });
}

/// The two sides of a file, each with what was read of it.
type Sides<'s> = ((&'s FileChange, &'s Parsed<'s>), (&'s FileChange, &'s Parsed<'s>));

/// The problems that a file did not have before. Suggestions go into the review.
fn news_of_problems(
    ((was, old), (file, new)): Sides<'_>,
    checklist: &config::ChecklistConfig,
    is_step: bool,
    review: &mut Review,
) -> Vec<Problem> {
    let mut problems = new.problems.clone();
    if let Some(text) = &file.after {
        let old_text = was.before.as_deref().unwrap_or_default();
        let around = lint::LintContext {
            replace: Some(&checklist.replace),
            after: Some(checklist.after_headings()),
            path: Some(&file.path),
            ..lint::LintContext::default()
        };
        let all = |path: &str, text: &str, parsed: &Parsed<'_>| {
            let trial = trial::problem(path, text, parsed, checklist).map(|found| issue_problem::in_text(&found, text));
            let mut found = parsed.lint(&around);
            found.retain(|p| trial.is_none() || p.hint != lint::IN_PARTS);
            found.extend(trial);
            found
        };
        problems.extend(all(&file.path, text, new));
        let mut known = Known::of(old_text, old.problems.iter().cloned().chain(all(&was.path, old_text, old)));
        let lines: Vec<&str> = text.lines().collect();
        problems.retain(|p| known.is_news(&lines, p));
        let suggestions: Vec<Problem> = problems.extract_if(.., |p| p.severity == Severity::Note).collect();
        review.suggestions.extend(suggestions.into_iter().map(|p| (file.path.clone(), p)));
        if is_step {
            new.soften_step(&file.path, &mut problems);
        }
        problems.sort_by_key(|p| (p.line, p.column));
    }
    problems
}

/// What a step file means for the next release. Whether that is all that there is to say of it.
fn steps(file: &FileChange, from: Option<&FileChange>, after: &GlobSet, diff: &Diff, review: &mut Review) -> bool {
    let announced = announced(file, from, after);
    let mut not_listed = |why| review.not_listed.push(NotListed { path: file.path.clone(), why });
    let whole = file.after.is_none();
    match announced.lost {
        Some(0) => {}
        None if !whole || diff.counts.removed == 0 => {}
        steps => not_listed(Why::Taken { steps, whole }),
    }
    if announced.already {
        not_listed(Why::Already);
    }
    if announced.items.is_empty() {
        return false;
    }
    let mut changed = diff.sections.iter().flat_map(|section| &section.items);
    let only_new = changed.all(|item| item.facets == [Facet::Added]);
    let all = announced.items.len() == diff.counts.added;
    review.steps.push(NewStep { path: file.path.clone(), items: announced.items });
    only_new && all && from.is_none()
}

/// The problems that a file had before: a warning that was there already is no news to whoever reviews a change.
struct Known(Vec<(String, String)>);

impl Known {
    fn of(text: &str, problems: impl Iterator<Item = Problem>) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        Self(problems.map(|p| about(&lines, &p)).collect())
    }

    /// Errors are always told: the release would be wrong, whoever brought them.
    fn is_news(&mut self, lines: &[&str], problem: &Problem) -> bool {
        let own = about(lines, problem);
        match (problem.severity, self.0.iter().position(|known| *known == own)) {
            (Severity::Note | Severity::Warning, Some(at)) => {
                self.0.swap_remove(at);
                false
            }
            (Severity::Error, _) | (Severity::Note | Severity::Warning, None) => true,
        }
    }
}

/// What a problem asks for, and of which text: its sentence may hold a line's number, and lines wander.
fn about(lines: &[&str], problem: &Problem) -> (String, String) {
    let line = lines.get(problem.line.saturating_sub(1)).copied().unwrap_or_default();
    (problem.hint.clone(), line.trim().to_owned())
}

/// What the change of the configuration means for the gates, in sentences.
fn configuration_file(file: &FileChange, base: &Config, (below, there): (OrgConfig<'_>, &There), review: &mut Review) {
    let Some(text) = &file.after else {
        review.configuration = configuration::removed(base);
        return;
    };
    let (head, problems) = config::parse(text);
    review.problems.extend(problems.iter().map(|p| (file.path.clone(), p.clone())));
    let alone = head.is_some();
    match extended(text, head, problems, below) {
        Configuration::Usable(head) => {
            let mut found = config::named::problems(&head, text, there);
            let notes = found.extract_if(.., |p| p.severity == Severity::Note).collect::<Vec<_>>();
            review.suggestions.extend(notes.into_iter().map(|p| (file.path.clone(), p)));
            review.problems.extend(found.into_iter().map(|p| (file.path.clone(), p)));
            review.configuration = configuration::explained(base, &head);
        }
        Configuration::Broken { problems, organisation } => {
            if alone && !organisation {
                review.problems.extend(problems.into_iter().map(|p| (file.path.clone(), p)));
            }
            review.configuration =
                vec![Sentence::plain(if organisation { words::BROKEN_ORGANISATION } else { words::UNUSABLE })];
        }
    }
}
