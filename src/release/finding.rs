//! What follows from what was read about the released commit for what an item wants verified.
//!
//! Only a plain yes counts: what is not known is none. Nothing here is worded, and nothing asks GitHub.

use super::verify::{Check, Ending, Fact};
use super::{Release, Site};
use crate::checklist::globs::Globs;
use crate::checklist::verification::Verification;
use crate::ids::IssueNumber;

/// What follows from a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is so.
    Yes {
        /// What was found.
        evidence: Evidence,
        /// Where people see it.
        url: String,
    },
    /// It is not so (yet): all that is missing.
    No(Vec<Gap>),
    /// Nobody knows.
    Unknown(Doubt),
}

/// What was found about the released commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// All checks of these names succeeded on it.
    ChecksSucceeded(Vec<String>),
    /// This tag names it.
    Tagged(String),
    /// The release of this tag, which names it, is published.
    Published(String),
    /// It is deployed to this environment.
    Deployed(String),
    /// The release changes this file.
    Changed {
        /// The file.
        path: String,
        /// What people call the release before.
        since: String,
    },
    /// These issues are closed.
    Closed(Vec<u64>),
}

/// What is missing at the released commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// It has no check of this name.
    NoCheck(String),
    /// A check did not succeed.
    CheckEnded {
        /// The check.
        name: String,
        /// How it ended, in GitHub's word.
        outcome: String,
    },
    /// The check of this name runs.
    CheckRuns(String),
    /// No tag that fits this glob names it.
    NoTagLike(String),
    /// The release's own tag names another commit, or was deleted.
    OtherCommit(String),
    /// No tag names it.
    NoTag,
    /// No tag names it, so nothing of it can be published.
    NoTagToPublish,
    /// This tag names it, and no release of it is published.
    NotPublished(String),
    /// It was not deployed to this environment.
    NotDeployed(String),
    /// Its deployment to this environment has no state yet.
    DeploymentNotBegun(String),
    /// Its deployment did not succeed.
    DeploymentAt {
        /// The environment.
        environment: String,
        /// Its newest state, in GitHub's word.
        state: String,
    },
    /// The release changes no file that fits.
    NothingChanged {
        /// What a file had to fit.
        globs: Vec<String>,
        /// What people call the release before.
        since: String,
    },
    /// This issue is open.
    IssueOpen(u64),
    /// An issue was closed, and not as completed.
    IssueClosed {
        /// The issue.
        number: u64,
        /// How it was closed.
        how: String,
    },
    /// This issue does not exist.
    NoIssue(u64),
}

/// Why nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It could not be read: why.
    Unread(String),
    /// It was not looked for.
    NotLookedFor,
    /// There is no release before it.
    NoPrevious,
    /// These globs cannot be used.
    Globs {
        /// The globs.
        globs: Vec<String>,
        /// Why not.
        why: String,
    },
}

/// Decides what a fact says about what an item wants verified.
#[must_use]
pub fn decide(verification: &Verification, fact: &Fact, release: &Release, site: &Site) -> Finding {
    match (verification, fact) {
        (_, Fact::Unknown(why)) => Finding::Unknown(Doubt::Unread(why.clone())),
        (Verification::Checks(names), Fact::Checks(checks)) => of_checks(names, checks, release, site),
        (Verification::Tag(glob), Fact::Tags(tags)) => match (tags.first(), glob) {
            (Some(tag), _) => Finding::Yes { evidence: Evidence::Tagged(tag.clone()), url: site.tag(tag) },
            (None, Some(glob)) => Finding::No(vec![Gap::NoTagLike(glob.clone())]),
            (None, None) => {
                Finding::No(vec![release.tag.as_ref().map_or(Gap::NoTag, |tag| Gap::OtherCommit(tag.clone()))])
            }
        },
        (Verification::Release, Fact::Release { published: Some(tag), .. }) => {
            Finding::Yes { evidence: Evidence::Published(tag.clone()), url: site.tag(tag) }
        }
        (Verification::Release, Fact::Release { tags, published: None }) => {
            Finding::No(vec![match (tags.first(), &release.tag) {
                (Some(tag), _) => Gap::NotPublished(tag.clone()),
                (None, Some(tag)) => Gap::OtherCommit(tag.clone()),
                (None, None) => Gap::NoTagToPublish,
            }])
        }
        (Verification::Deployment(environment), Fact::Deployment(states)) => {
            of_deployment(environment, states.as_deref(), site)
        }
        (Verification::Changed(globs), Fact::Changed(paths)) => of_changed(globs, paths.as_deref(), release, site),
        (Verification::Closed(numbers), Fact::Closed(found)) => of_closed(numbers, found, site),
        // A fact of another kind says nothing.
        (_, _) => Finding::Unknown(Doubt::NotLookedFor),
    }
}

/// Everything of these names must have succeeded. `neutral` and `skipped` do not count: a check that did not run has found
/// nothing.
fn of_checks(names: &[String], checks: &[Check], release: &Release, site: &Site) -> Finding {
    let (mut gaps, mut run) = (Vec::new(), None);
    for name in names {
        let named = |c: &&Check| c.name == *name || (c.run.is_none() && c.name.to_lowercase() == name.to_lowercase());
        let of_name: Vec<&Check> = checks.iter().filter(named).collect();
        if of_name.is_empty() {
            gaps.push(Gap::NoCheck(name.clone()));
        }
        match of_name.iter().find(|c| c.outcome.as_deref() != Some("success")).map(|c| &c.outcome) {
            Some(Some(outcome)) => gaps.push(Gap::CheckEnded { name: name.clone(), outcome: outcome.clone() }),
            Some(None) => gaps.push(Gap::CheckRuns(name.clone())),
            None => run = of_name.first().and_then(|c| c.run).or(run),
        }
    }
    if names.is_empty() {
        return Finding::Unknown(Doubt::NotLookedFor);
    }
    if !gaps.is_empty() {
        return Finding::No(gaps);
    }
    let url = match run {
        Some(id) if names.len() == 1 => site.check_run(id),
        Some(_) | None => site.commit(&release.commit),
    };
    Finding::Yes { evidence: Evidence::ChecksSucceeded(names.to_vec()), url }
}

/// The newest deployment decides. One that was superseded by a later commit's is inactive, and has succeeded all the same.
fn of_deployment(environment: &str, states: Option<&[String]>, site: &Site) -> Finding {
    let environment = environment.to_owned();
    let Some(states) = states else { return Finding::No(vec![Gap::NotDeployed(environment)]) };
    let newest = states.first().map(String::as_str);
    if newest == Some("success") || (newest == Some("inactive") && states.iter().any(|state| state == "success")) {
        return Finding::Yes { evidence: Evidence::Deployed(environment), url: site.deployments() };
    }
    Finding::No(vec![match newest {
        None => Gap::DeploymentNotBegun(environment),
        Some(state) => Gap::DeploymentAt { environment, state: state.to_owned() },
    }])
}

fn of_changed(globs: &[String], paths: Option<&[String]>, release: &Release, site: &Site) -> Finding {
    let (Some(paths), Some(previous)) = (paths, &release.previous) else {
        return Finding::Unknown(Doubt::NoPrevious);
    };
    let set = match Globs::paths(globs.to_vec()) {
        Ok(set) => set,
        Err(why) => return Finding::Unknown(Doubt::Globs { globs: globs.to_vec(), why }),
    };
    let since = previous.label.clone();
    match paths.iter().find(|p| set.is_match(p)) {
        Some(path) => Finding::Yes {
            evidence: Evidence::Changed { path: path.clone(), since },
            url: site.compare(&previous.commit, &release.commit),
        },
        None => Finding::No(vec![Gap::NothingChanged { globs: globs.to_vec(), since }]),
    }
}

/// Each of these must have been looked for: what was not is not closed.
fn of_closed(numbers: &[u64], found: &[(u64, Option<Ending>)], site: &Site) -> Finding {
    let mut gaps = Vec::new();
    for number in numbers {
        match found.iter().find(|(of, _)| of == number).map(|(_, ending)| ending) {
            Some(Some(Ending::Completed)) => {}
            Some(Some(Ending::Open)) => gaps.push(Gap::IssueOpen(*number)),
            Some(Some(Ending::Otherwise(how))) => gaps.push(Gap::IssueClosed { number: *number, how: how.clone() }),
            Some(None) => gaps.push(Gap::NoIssue(*number)),
            None => return Finding::Unknown(Doubt::NotLookedFor),
        }
    }
    match numbers.first() {
        None => Finding::Unknown(Doubt::NotLookedFor),
        Some(_) if !gaps.is_empty() => Finding::No(gaps),
        Some(first) => {
            Finding::Yes { evidence: Evidence::Closed(numbers.to_vec()), url: site.issue(IssueNumber(*first)) }
        }
    }
}
