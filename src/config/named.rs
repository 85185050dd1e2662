//! What a configuration names, held against what is there: files, folders, branches, environments.
//!
//! Whoever asks says what is there. Of what is not known nothing is said, and what may come later is no error.

use super::values::is_glob;
use super::{ChecklistConfig, Config, Trigger, USUAL_STEPS};
use crate::checklist::globs::Globs;
use crate::checklist::spelling::nearest;
use crate::checklist::{Problem, Severity};
use std::collections::BTreeSet;

/// What is known of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct There {
    /// All of its files, in order; `None` where not all of them are known.
    pub paths: Option<Vec<String>>,
    /// Branches that it is known not to have.
    pub missing_branches: BTreeSet<String>,
    /// Branches that it has, as far as they are known.
    pub branches: Vec<String>,
    /// All of its environments; `None` where not all of them are known.
    pub environments: Option<Vec<String>>,
}

/// What a configuration names and is not there, each on its line in the configuration's own text.
#[must_use]
pub fn problems(config: &Config, text: &str, there: &There) -> Vec<Problem> {
    let mut found = Vec::new();
    if let Some(paths) = &there.paths {
        for checklist in config.checklists.values() {
            found.extend(checklist.template.iter().flatten().filter_map(|path| template(path, text, paths)));
            let steps = checklist.steps.patterns().iter().filter(|glob| *glob != USUAL_STEPS);
            found.extend(steps.filter_map(|glob| idle(glob, text, paths)));
        }
        let required = config.require_steps.iter().flat_map(|require| require.paths.patterns());
        found.extend(required.filter_map(|glob| folder(glob, text, paths).or_else(|| idle(glob, text, paths))));
    }
    for checklist in config.checklists.values() {
        found.extend(branches(checklist).into_iter().filter_map(|(name, so)| branch(&name, so, text, there)));
        if let Some(known) = &there.environments {
            found.extend(environments(checklist).filter_map(|name| environment(name, text, known)));
        }
    }
    found.sort_by_key(|p| (p.line, p.column));
    found.dedup();
    found
}

/// The branches that a checklist names in full, each with what does not happen without it.
fn branches(checklist: &ChecklistConfig) -> Vec<(String, &'static str)> {
    let gated = checklist.literal_branches().map(|name| (name, "nothing waits by that name"));
    let merges = checklist.open.on == [Trigger::Merge];
    let opening = checklist.open.matches.patterns().iter().filter(|name| merges && !is_glob(name));
    gated.chain(opening.map(|name| (name.clone(), "no merge into it opens a release"))).collect()
}

/// The branches that a configuration names in full.
#[must_use]
pub fn literal_branches(config: &Config) -> BTreeSet<String> {
    config.checklists.values().flat_map(branches).map(|(name, _)| name).collect()
}

/// The environments that a checklist names in full.
fn environments(checklist: &ChecklistConfig) -> impl Iterator<Item = &String> {
    checklist.gate.environments.patterns().iter().filter(|name| !is_glob(name))
}

/// Whether a configuration names an environment in full.
#[must_use]
pub fn names_environments(config: &Config) -> bool {
    config.checklists.values().any(|checklist| environments(checklist).next().is_some())
}

/// An environment that nobody made. GitHub makes one with its first deployment, so this is no error.
fn environment(name: &str, text: &str, known: &[String]) -> Option<Problem> {
    if known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return None;
    }
    let lower: Vec<String> = known.iter().map(|name| name.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let hint = nearest(&name.to_lowercase(), &lower).map_or_else(
        || "correct the name, or create the environment and make Holdpoint one of its protection rules".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    let message = format!("there is no environment `{name}`, so no deployment waits by that name");
    problem(Severity::Warning, name, text, message, hint)
}

fn branch(name: &str, so: &str, text: &str, there: &There) -> Option<Problem> {
    if !there.missing_branches.contains(name) {
        return None;
    }
    let known: Vec<&str> = there.branches.iter().map(String::as_str).collect();
    let hint = nearest(name, &known).map_or_else(
        || "correct the name, or leave it: once there is one, it waits".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    problem(Severity::Warning, name, text, format!("there is no branch `{name}`, so {so}"), hint)
}

/// A standing file that is named and that nobody wrote: its gate would stay closed.
fn template(path: &str, text: &str, paths: &[String]) -> Option<Problem> {
    if paths.iter().any(|known| known == path) {
        return None;
    }
    if is_folder(path, paths) {
        let message = format!("`{path}` is a folder, and `template` takes files");
        return problem(Severity::Error, path, text, message, "name each file".to_owned());
    }
    let hint = instead(path, paths).map_or_else(
        || "write the path from the root of the repository".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    problem(Severity::Error, path, text, format!("there is no file `{path}`"), hint)
}

/// The file that was meant by a path that is none: the same in another case, one that is spelt nearly so, or the only one of its
/// name.
fn instead<'p>(path: &str, paths: &'p [String]) -> Option<&'p str> {
    let all: Vec<&str> = paths.iter().map(String::as_str).filter(|known| known.ends_with(".md")).collect();
    let same = all.iter().copied().find(|known| known.eq_ignore_ascii_case(path));
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let mut named = all.iter().copied().filter(|known| name(known) == name(path));
    let only = named.next().filter(|_| named.next().is_none());
    same.or_else(|| nearest(path, &all)).or(only)
}

/// A path without a sign of a glob that is a folder: a rule for it holds for none of its files.
fn folder(path: &str, text: &str, paths: &[String]) -> Option<Problem> {
    if is_glob(path) || !is_folder(path, paths) {
        return None;
    }
    let message = format!("`{path}` is a folder, and matches no file in it");
    problem(Severity::Error, path, text, message, format!("write `{path}/**`"))
}

fn is_folder(path: &str, paths: &[String]) -> bool {
    let below = format!("{path}/");
    paths.iter().any(|known| known.starts_with(&below))
}

/// A glob that matches nothing so far, which may be as it should.
fn idle(glob: &str, text: &str, paths: &[String]) -> Option<Problem> {
    let globs = Globs::paths(vec![glob.to_owned()]).ok()?;
    if paths.iter().any(|path| globs.is_match(path)) {
        return None;
    }
    let hint = "look whether it is spelt as the folder is, which may come later".to_owned();
    problem(Severity::Note, glob, text, format!("no file matches `{glob}` yet"), hint)
}

/// A problem where a word stands in the text; `None` where it does not stand there, as with what the organisation's file says.
fn problem(severity: Severity, word: &str, text: &str, message: String, hint: String) -> Option<Problem> {
    let (line, column) = place(word, text)?;
    Some(Problem { severity, line, column, width: word.chars().count().max(1), message, hint })
}

/// Where a word stands as a whole one, outside of comments.
fn place(word: &str, text: &str) -> Option<(usize, usize)> {
    let part = |c: char| !(c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']' | '{' | '}'));
    text.lines().enumerate().find_map(|(number, line)| {
        let line = if line.trim_start().starts_with('#') { "" } else { line.split(" #").next().unwrap_or_default() };
        let whole = |(at, found): &(usize, &str)| {
            let before = line.get(..*at).and_then(|before| before.chars().next_back());
            let behind = line.get(at + found.len()..).and_then(|behind| behind.chars().next());
            !before.is_some_and(part) && !behind.is_some_and(part)
        };
        let (at, _) = line.match_indices(word).find(whole)?;
        Some((number + 1, line.get(..at)?.chars().count() + 1))
    })
}
