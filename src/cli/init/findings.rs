//! What a repository has that matters for a checklist, as values. Pure: everything that was read is in [`Survey`].

use super::environments;
use super::project::{self, Project};
use super::tags::{self, Tags};
use crate::checklist::file;
use crate::config::{self, ChecklistConfig, Templates};
use crate::release::Site;
use std::collections::{BTreeMap, BTreeSet};

/// Where a checklist is proposed.
pub(super) const CHECKLIST: &str = ".github/release-checklist.md";

/// What was read of a repository.
#[derive(Clone, Debug, Default)]
pub(super) struct Survey {
    /// The names of its files, from the root.
    pub(super) paths: BTreeSet<String>,
    /// Whether these are all of its files.
    pub(super) whole: bool,
    /// The texts of the files that are [worth reading](is_worth_reading), by path.
    pub(super) texts: BTreeMap<String, String>,
    pub(super) branches: BTreeSet<String>,
    pub(super) tags: Vec<String>,
    /// Where people see it.
    pub(super) site: Option<Site>,
    pub(super) has_commits: bool,
}

/// What a repository has that matters for a checklist.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    pub(super) project: Option<Project>,
    /// Whether something shows that it runs on Amazon's cloud.
    pub(super) aws: bool,
    /// Branches into which releases are merged.
    pub(super) branches: Vec<String>,
    /// Production environments, each with the workflow that names it.
    pub(super) environments: BTreeMap<String, String>,
    pub(super) tags: Tags,
    /// Globs of database migrations, each with a folder.
    pub(super) migrations: Vec<(&'static str, String)>,
    /// The checklist that exists.
    pub(super) checklist: Option<Checklist>,
    /// The configuration that exists.
    pub(super) configuration: Option<String>,
    pub(super) paths: BTreeSet<String>,
    pub(super) texts: BTreeMap<String, String>,
    pub(super) site: Option<Site>,
    pub(super) has_commits: bool,
    /// Whether all files were looked at.
    pub(super) whole: bool,
}

/// A checklist that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checklist {
    pub(super) path: String,
    pub(super) items: usize,
    /// Whether it is read without a configuration.
    pub(super) usual: bool,
}

/// Whether a file's text says something about releases.
pub(super) fn is_worth_reading(path: &str) -> bool {
    let lower = path.to_lowercase();
    is_workflow(&lower)
        || path == config::PATH
        || path == CHECKLIST
        || is_usual(path)
        || may_be_checklist(&lower)
        || matches!(lower.as_str(), "pyproject.toml" | "pipfile" | "requirements.txt")
}

fn is_workflow(path: &str) -> bool {
    path.starts_with(".github/workflows/") && (path.ends_with(".yml") || path.ends_with(".yaml"))
}

fn may_be_checklist(path: &str) -> bool {
    path.to_lowercase().contains("releas") && config::unread::may_be_template(path)
}

fn is_usual(path: &str) -> bool {
    ChecklistConfig::default().templates(&[path]).may_be(path)
}

impl Findings {
    /// Whether there is a configuration that can be used: whoever wrote it decided what it says.
    pub(super) fn is_configured(&self) -> bool {
        self.configuration.as_ref().is_some_and(|text| config::parse(text).0.is_some())
    }

    /// What was found in a survey.
    pub(super) fn of(survey: Survey) -> Self {
        let mut environments = BTreeMap::new();
        for (path, text) in survey.texts.iter().filter(|(path, _)| is_workflow(path)) {
            for name in environments::named(text).into_iter().filter(|name| environments::is_production(name)) {
                environments.entry(name).or_insert_with(|| path.clone());
            }
        }
        let branches = survey.branches.iter().filter(|name| environments::is_production_branch(name));
        let mentions_aws =
            |text: &String| ["aws-actions/", "boto3", "django-storages"].iter().any(|s| text.contains(s));
        Self {
            project: project::recognize(&survey.paths),
            aws: project::is_on_aws(&survey.paths) || survey.texts.values().any(mentions_aws),
            branches: branches.cloned().collect(),
            environments,
            tags: tags::read(&survey.tags),
            migrations: project::migrations(&survey.paths),
            checklist: checklist(&survey),
            configuration: survey.texts.get(config::PATH).cloned(),
            paths: survey.paths,
            texts: survey.texts,
            site: survey.site,
            has_commits: survey.has_commits,
            whole: survey.whole,
        }
    }
}

/// The checklist that exists: the one that is read without a configuration, else the one with the most items.
fn checklist(survey: &Survey) -> Option<Checklist> {
    let paths: Vec<&str> = survey.paths.iter().map(String::as_str).collect();
    let read = |path: &str, usual: bool| {
        let text = survey.texts.get(path).filter(|text| file::has_items(path, text))?;
        let parsed = file::parse(path, text);
        let usable = parsed.broken.is_none() && !parsed.list.items.is_empty();
        usable.then(|| Checklist { path: path.to_owned(), items: parsed.list.items.len(), usual })
    };
    let usual = match ChecklistConfig::default().templates(&paths) {
        Templates::Known(paths) => paths,
        Templates::FirstWithItems { paths, .. } => paths,
    };
    let first = usual.iter().find_map(|path| read(path, true));
    first.or_else(|| {
        let others = paths.iter().filter(|path| may_be_checklist(path)).filter_map(|path| read(path, false));
        // The first of those with the most items.
        others.reduce(|best, next| if next.items > best.items { next } else { best })
    })
}
