//! One repository: is the App there, is its configuration read, and do its gated branches wait for our check and for no other's?

use super::findings::{Findings, Level, Pages};
use crate::checklist::globs::Globs;
use crate::checklist::{Problem, Severity, file};
use crate::config::{self, ChecklistConfig, Config, Templates};
use crate::gate::Requirement;
use crate::github::Listing;
use crate::github::app_settings::{BranchRules, Registration, Required};
use crate::github::repo::{Objects, Repo};
use crate::github::wire::Tree;
use crate::github::{App, Error};
use crate::ids::{RepoName, Repository};
use crate::message::count;
use crate::plan::Configuration;
use crate::plan::configuration::{OrgConfig, extended};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many branches or environments of a glob are looked at.
pub(super) const MAX_BRANCHES: usize = 10;

/// What all repositories are looked at with.
pub(super) struct RepositoryCheck<'a> {
    app: &'a App,
    pub(super) registration: &'a Registration,
    pub(super) pages: &'a Pages,
    objects: Arc<Objects>,
}

impl<'a> RepositoryCheck<'a> {
    pub(super) fn new(app: &'a App, registration: &'a Registration, pages: &'a Pages) -> Self {
        Self { app, registration, pages, objects: Arc::default() }
    }

    pub(super) async fn at(&self, name: &RepoName, findings: &mut Findings) {
        let about = name.to_string();
        let installation = match self.app.installed_on(name).await {
            Ok(Some(found)) => found,
            Ok(None) => {
                let hint =
                    format!("Install it on {}/installations/new, or add the repository there.", self.public_page());
                return findings.error(&about, "the App is not installed here, or there is no such repository", hint);
            }
            Err(error) => return findings.failed(&about, "ask for the installation", &error),
        };
        if installation.suspended {
            let hint = format!("An owner of {} ends that on {}.", installation.account, installation.page);
            return findings.error(&about, "the installation is suspended: nothing happens here", hint);
        }
        let record = match self.app.repository_record(installation.id, name).await {
            Ok(record) => record,
            Err(error) => return findings.failed(&about, "read the repository", &error),
        };
        findings.ok(&about, "the App is installed");
        if record.archived {
            let hint = "Nothing can be changed in it. Unarchive it, or leave it out.";
            findings.warning(&about, "the repository is archived: no issue can be opened and no check posted", hint);
        } else if !record.has_issues {
            let hint = format!("Switch them on: {}/{name}/settings, \"Features\", \"Issues\".", self.pages.github);
            findings.error(&about, "issues are switched off: no release issue can be opened", hint);
        }
        let present = RepoName::parse(&record.full_name).unwrap_or_else(|| name.clone());
        let repository = Repository { installation: installation.id, id: record.id, name: present };
        let repo = Repo::new(&self.app.installation(installation.id), Arc::clone(&self.objects), repository);
        match self.configuration(&repo, &about, findings).await {
            Ok(Some(config)) => {
                self.gates(&repo, &about, &config, findings).await;
                self.environments(&repo, &about, &config, findings).await;
            }
            Ok(None) => {}
            Err(error) => findings.failed(&about, "read the configuration", &error),
        }
    }

    fn public_page(&self) -> String {
        match self.registration.page.as_str() {
            "" => format!("{}/apps/{}", self.pages.github, self.registration.slug),
            // Enterprise Server has it elsewhere, and says where.
            page => page.to_owned(),
        }
    }

    /// What holds on the default branch; `None` where nothing does, which was said then.
    async fn configuration(&self, repo: &Repo, about: &str, findings: &mut Findings) -> Result<Option<Config>, Error> {
        let branch = repo.default_branch().await?;
        let Some(tip) = repo.branch_tip(&branch).await? else {
            findings.warning(about, "the repository is empty", "Commit a checklist to the default branch.");
            return Ok(None);
        };
        let tree = repo.tree(&tip).await?;
        let own = match tree.blob(config::PATH)? {
            Some(blob) => repo.blob(blob).await?,
            None => None,
        };
        let place = format!("{} on {branch}", config::PATH);
        let (configuration, said, place) = match own {
            Some(text) => {
                let (config, problems) = config::parse(&text);
                let extends = config.as_ref().is_some_and(|config| config.extends);
                let organisation = if extends { repo.organisation_file(config::PATH).await? } else { None };
                let said = problems.clone();
                (extended(&text, config, problems, OrgConfig::Read(organisation.as_deref())), said, place)
            }
            None => match repo.organisation_file(config::PATH).await? {
                Some(text) => {
                    let place = format!("{} of {}/.github", config::PATH, repo.repository.name.owner);
                    match config::parse(&text) {
                        (Some(config), problems) => (Configuration::Usable(config), problems, place),
                        (None, problems) => {
                            let said = problems.clone();
                            (Configuration::Broken { problems, organisation: true }, said, place)
                        }
                    }
                }
                None => (Configuration::Usable(Config::default()), Vec::new(), "the defaults".to_owned()),
            },
        };
        match configuration {
            Configuration::Broken { problems, organisation } => {
                for problem in &problems {
                    tell(problem, organisation, about, findings);
                }
                let hint = "Correct the lines above; `holdpoint lint` shows them too.";
                findings.error(about, format!("{place} cannot be used, and every gate stays shut"), hint);
                Ok(None)
            }
            Configuration::Usable(config) => {
                findings.ok(about, format!("configured by {place}"));
                for problem in said.iter().filter(|problem| problem.severity != Severity::Note) {
                    tell(problem, false, about, findings);
                }
                let paths: Vec<&str> = tree.files().known_part().keys().map(String::as_str).collect();
                for (name, list) in &config.checklists {
                    let found = found_templates(repo, &tree, list, &paths).await?;
                    templates((name, list), &found, &paths, tree.files().is_complete(), about, findings);
                }
                Ok(Some(config))
            }
        }
    }

    /// The gated branches, each with the checklists that gate it.
    async fn gates(&self, repo: &Repo, about: &str, config: &Config, findings: &mut Findings) {
        let gated: Vec<_> = config.checklists.iter().filter(|(_, list)| !list.gate.branches.is_empty()).collect();
        if gated.is_empty() {
            return findings.ok(about, "no checklist gates a branch");
        }
        let needs_list =
            gated.iter().any(|(_, list)| list.gate.branches.patterns().iter().any(|pattern| is_glob(pattern)));
        let found = match needs_list {
            false => Listing::whole(Vec::new()),
            true => match repo.branches().await {
                Ok(found) => found,
                Err(error) => return findings.failed(about, "list the branches", &error),
            },
        };
        let (complete, names) = (found.is_complete(), found.known_part());
        let mut branches: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (checklist, list) in gated {
            for pattern in list.gate.branches.patterns() {
                if !is_glob(pattern) {
                    branches.entry(pattern).or_default().insert(checklist);
                    continue;
                }
                let Ok(glob) = Globs::paths(vec![pattern.clone()]) else { continue };
                let mut matching = names.iter().filter(|name| glob.is_match(name.as_str())).peekable();
                if matching.peek().is_none() && complete {
                    let hint = format!(
                        "That is fine where such branches come and go. `gate.branches` of `{checklist}` says it."
                    );
                    findings.warning(about, format!("no branch matches `{pattern}` now"), hint);
                }
                for (n, name) in matching.enumerate() {
                    if n == MAX_BRANCHES {
                        findings
                            .ok(about, format!("of the branches that match `{pattern}`, the first {n} are looked at"));
                        break;
                    }
                    branches.entry(name).or_default().insert(checklist);
                }
            }
        }
        for (branch, checklists) in branches {
            match repo.required_checks(branch).await {
                Ok(Some(asked)) => {
                    for checklist in checklists {
                        self.pinned(&repo.repository.name, branch, checklist, &asked, about, findings);
                    }
                }
                Ok(None) => {
                    let hint = "Make the branch, or correct its name under `gate.branches`.";
                    findings.error(about, format!("the gated branch `{branch}` does not exist"), hint);
                }
                Err(error) => findings.failed(about, &format!("read what `{branch}` asks for"), &error),
            }
        }
    }

    /// Whether a branch asks for the check of a checklist, and takes it from us alone.
    fn pinned(
        &self,
        repository: &RepoName,
        branch: &str,
        checklist: &str,
        asked: &BranchRules,
        about: &str,
        findings: &mut Findings,
    ) {
        let check = config::check_name(checklist);
        let (ours, app) = (self.registration.id, &self.registration.name);
        let settings = format!("{}/{repository}/settings", self.pages.github);
        let page = |required: &Required| match required.ruleset {
            true => format!("{settings}/rules"),
            false => format!("{settings}/branches"),
        };
        let entries: Vec<&Required> = asked.required.iter().filter(|required| required.check == check).collect();
        let first = entries.first().map(|open| page(open)).unwrap_or_default();
        match Requirement::of(&asked.sources(&check), asked.hidden, ours) {
            Requirement::Other(id) => {
                let other = entries.iter().find(|required| required.app == Some(id)).map(|other| page(other));
                let place = other.unwrap_or_default();
                let hint = format!("Choose {app} as the source of {check} on {place}. Its id is {ours}.");
                let message = format!("`{branch}` waits for {check} from another App (id {id}), which never comes");
                findings.error(about, message, hint);
            }
            Requirement::Pinned => {
                findings.ok(about, format!("`{branch}` waits for {check}, and takes it from {app} alone"));
            }
            Requirement::AnySource => {
                let message = format!(
                    "`{branch}` waits for {check} from any source: everybody with write access can post a green one"
                );
                let hint = format!("Choose {app} as its source, instead of \"any source\", on {first}.");
                findings.warning(about, message, hint);
            }
            Requirement::Unseen => {
                let message = format!(
                    "`{branch}` is protected, and the App may not see whether {check} is required: GitHub shows that to Apps \
                     with `administration: read`"
                );
                let hint = format!(
                    "Look at {settings}/branches yourself: {check} must be required, with {app} as its source."
                );
                findings.warning(about, message, hint);
            }
            Requirement::Missing => {
                let message = format!("{check} is not required on `{branch}`: nothing waits");
                let hint = format!("Require it on {settings}/rules, with {app} as its source. docs/gate.md shows how.");
                findings.error(about, message, hint);
            }
        }
    }
}

pub(super) fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '{'])
}

/// A problem of a configuration, as `lint` shows it.
fn tell(problem: &Problem, organisation: bool, about: &str, findings: &mut Findings) {
    let level = match problem.severity {
        Severity::Error => Level::Error,
        Severity::Warning | Severity::Note => Level::Warning,
    };
    let whose = if organisation { "the organisation's " } else { "" };
    let message = format!("{whose}{}:{}:{}: {}", config::PATH, problem.line, problem.column, problem.message);
    findings.add(about, level, message, Some(problem.hint.clone()));
}

/// The template files of a checklist, as a release finds them.
async fn found_templates(
    repo: &Repo,
    tree: &Tree,
    list: &ChecklistConfig,
    paths: &[&str],
) -> Result<Vec<String>, Error> {
    let (paths, more) = match list.templates(paths) {
        Templates::Known(paths) => return Ok(paths),
        Templates::FirstWithItems { paths, more } => (paths, more),
    };
    for path in paths {
        let Some(blob) = tree.blob(&path)? else { continue };
        if repo.blob(blob).await?.is_none_or(|text| file::has_items(&path, &text)) {
            return Ok(vec![path]);
        }
    }
    Ok(more.into_iter().collect())
}

/// Which files a checklist is.
fn templates(
    (name, list): (&str, &ChecklistConfig),
    found: &[String],
    paths: &[&str],
    complete: bool,
    about: &str,
    findings: &mut Findings,
) {
    let steps = list.step_globs();
    let lost: Vec<&String> = found.iter().filter(|path| complete && !paths.contains(&path.as_str())).collect();
    for path in &lost {
        let hint = format!("Commit the file, or correct `template` of `{name}` in {}.", config::PATH);
        findings.error(about, format!("the checklist `{name}` is to be read from {path}, which is not there"), hint);
    }
    if lost.is_empty() && !found.is_empty() {
        findings.ok(about, format!("the checklist `{name}` is {}", found.join(", ")));
    } else if found.is_empty() {
        let step_files = paths.iter().filter(|path| steps.is_match(path)).count();
        if step_files > 0 {
            findings.ok(about, format!("the checklist `{name}` is made of {}", count(step_files, "step file")));
        } else {
            let hint = "Commit one as .github/release-checklist.md, or name yours under `template`.";
            findings.warning(about, format!("the checklist `{name}` has no file yet: releases open no issue"), hint);
        }
    }
}
