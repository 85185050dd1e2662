//! Which files are proposed for a repository, from what was found in it. Pure: reads nothing and writes nothing.

use super::findings::{CHECKLIST, Findings};
use super::project::Kind;
use super::texts::{self, Rules, Subject};
use crate::checklist::file;
use crate::checklist::globs::Globs;
use crate::config::{self, ChecklistConfig, Config};
use serde::Serialize;
use std::collections::BTreeSet;

/// What the user decided.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Choice {
    /// The checklist to propose; `None` for the one that fits, and none where the repository has one.
    pub(super) kind: Option<Kind>,
    /// Keep the configuration that exists.
    pub(super) keep: bool,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Purpose {
    Configuration,
    Checklist,
    Steps,
}

/// A file that is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// Its path from the root.
    pub(super) path: String,
    pub(super) purpose: Purpose,
    pub(super) text: String,
    /// What is there now; `None` where there is no such file.
    pub(super) before: Option<String>,
}

impl File {
    /// Whether it is there already.
    pub(super) fn is_unchanged(&self) -> bool {
        self.before.as_ref() == Some(&self.text)
    }

    /// What would change, as `diff -u` shows it.
    pub(super) fn diff(&self) -> String {
        let before = self.before.as_deref().unwrap_or_default();
        let from = if self.before.is_some() { format!("a/{}", self.path) } else { "/dev/null".to_owned() };
        let diff = similar::TextDiff::from_lines(before, self.text.as_str());
        diff.unified_diff().header(&from, &format!("b/{}", self.path)).to_string()
    }
}

/// What is proposed.
#[derive(Clone, Debug)]
pub(super) struct Proposal {
    /// Configuration, checklist and step folder, as far as each is needed; those that exist as proposed are among them.
    pub(super) files: Vec<File>,
    /// The rules with these files; `None` where the configuration that is kept has errors.
    pub(super) config: Option<Config>,
    /// The kind of checklist that is proposed.
    pub(super) kind: Option<Kind>,
}

/// Proposes files.
pub(super) fn propose(findings: &Findings, choice: Choice) -> Proposal {
    let configuration = configuration(findings, choice);
    let config = config::parse(&configuration.text).0;
    let mut files = vec![configuration];
    let mut kind = None;
    if let Some((_, rules)) = config.as_ref().and_then(|config| config.checklists.first_key_value()) {
        if let Some(path) = checklist_path(rules, findings, choice) {
            let chosen = choice.kind.or(findings.project.as_ref().map(|project| project.kind)).unwrap_or(Kind::Service);
            files.push(checklist(path, chosen, findings));
            kind = Some(chosen);
        }
        files.extend(steps(rules, findings));
    }
    Proposal { files, config, kind }
}

fn configuration(findings: &Findings, choice: Choice) -> File {
    let before = findings.configuration.clone();
    let text = match &before {
        Some(text) if choice.keep => text.clone(),
        _ => texts::configuration(&rules(findings, choice)),
    };
    File { path: config::PATH.to_owned(), purpose: Purpose::Configuration, text, before }
}

fn rules(findings: &Findings, choice: Choice) -> Rules {
    let existing = findings.checklist.as_ref().filter(|found| choice.kind.is_none() && is_path(&found.path));
    let migrations: Vec<String> = findings.migrations.iter().map(|(glob, _)| (*glob).to_owned()).collect();
    Rules {
        template: existing.map_or_else(|| CHECKLIST.to_owned(), |checklist| checklist.path.clone()),
        tags: usable(findings.tags.globs.iter(), |_| true),
        several: findings.tags.components.len() > 1,
        branches: usable(findings.branches.iter(), is_literal),
        environments: usable(findings.environments.keys(), is_literal),
        migrations: usable(migrations.iter(), |_| true),
    }
}

/// A path that the configuration can name.
fn is_path(path: &str) -> bool {
    !path.trim().is_empty() && !path.contains('*') && !path.ends_with('/') && !is_off_the_root(path)
}

fn is_off_the_root(text: &str) -> bool {
    ["/", "./", "refs/"].iter().any(|start| text.starts_with(start))
}

/// A name that is its own glob.
fn is_literal(name: &str) -> bool {
    !name.contains(['*', '?', '[', ']', '{', '}', '\\', '!'])
}

/// Names that the configuration can take, each once whatever its case.
fn usable<'n>(names: impl Iterator<Item = &'n String>, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut known = BTreeSet::new();
    let compiles = |name: &String| Globs::paths(vec![name.clone()]).is_ok();
    let readable = |name: &String| !name.trim().is_empty() && !is_off_the_root(name);
    let new = |name: &&String| readable(name) && fits(name) && compiles(name) && known.insert(name.to_lowercase());
    names.filter(new).take(MOST_NAMES).cloned().collect()
}

/// So many names of one kind are written into a configuration.
const MOST_NAMES: usize = 20;

/// Where a checklist is missing or has no items, or where the chosen one belongs.
fn checklist_path(rules: &ChecklistConfig, findings: &Findings, choice: Choice) -> Option<String> {
    let is_markdown = |path: &&String| path.ends_with(".md");
    let Some(configured) = &rules.template else {
        let usual = findings.checklist.as_ref().filter(|checklist| checklist.usual);
        return (usual.is_none() || choice.kind.is_some()).then(|| CHECKLIST.to_owned());
    };
    let is_empty = |path: &str| findings.texts.get(path).is_some_and(|text| !file::has_items(path, text));
    let missing = configured.iter().filter(is_markdown).find(|path| !findings.paths.contains(*path) || is_empty(path));
    missing.or_else(|| configured.iter().find(is_markdown).filter(|_| choice.kind.is_some())).cloned()
}

fn checklist(path: String, kind: Kind, findings: &Findings) -> File {
    let migrations: Vec<&str> = findings.migrations.iter().map(|(glob, _)| *glob).collect();
    let migrations = migrations.join(", ");
    let subject = Subject {
        paths: &findings.paths,
        migrations: Some(migrations.as_str()).filter(|globs| !globs.is_empty()),
        version: if findings.tags.components.is_empty() { "{{ version }}" } else { "{{ tag }}" },
    };
    let before = findings.texts.get(&path).cloned();
    File { text: texts::checklist(kind, subject), path, purpose: Purpose::Checklist, before }
}

/// The text that explains the folder of step files; none where the folder has one, or where there is no such folder.
fn steps(rules: &ChecklistConfig, findings: &Findings) -> Option<File> {
    let glob = rules.steps.patterns().first()?;
    let parts: Vec<&str> = glob.split('/').collect();
    let (name, folders) = parts.split_last()?;
    let folder: Vec<&str> = folders.iter().copied().take_while(|part| is_literal(part)).collect();
    if folder.is_empty() || folder.contains(&"..") || folder.contains(&"") || !name.contains('*') {
        return None;
    }
    let folder = folder.join("/");
    let prefix = format!("{folder}/readme").to_lowercase();
    if findings.paths.iter().any(|path| path.to_lowercase().starts_with(&prefix)) {
        return None;
    }
    let end = name.rsplit_once('.').map_or("md", |(_, end)| end);
    let example = format!("{folder}/1234-move-invoices.{end}");
    let example = if rules.step_globs().is_match(&example) { example } else { glob.clone() };
    let path = format!("{folder}/README.md");
    Some(File { path, purpose: Purpose::Steps, text: texts::steps(glob, &example), before: None })
}
