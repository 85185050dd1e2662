//! What a deployment is told that waits for a release.

use super::gate::{UNHELD, counted, open_line, without};
use super::{escape, inline, render};
use crate::checklist::directive::Phase;
use crate::gate::{Conclusion, IssueState, ReleaseVerdict, Verdict};
use crate::ids::Sha;
use crate::release::Site;
use askama::Template;
use std::collections::BTreeMap;

/// The longest comment on a deployment, in characters.
///
/// Source: <https://docs.github.com/en/actions/managing-workflow-runs-and-deployments/managing-deployments/creating-custom-deployment-protection-rules>.
pub const LIMIT: usize = 1024;

/// So many open items of a release are named at most.
const ITEMS: usize = 8;

/// So many characters of somebody's text stand in a line.
const LINE: usize = 250;

/// What is to be deployed, and where to.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    /// The environment.
    pub environment: &'p str,
    /// The commit.
    pub commit: &'p Sha,
    /// The branch or tag that it was started from; may be empty.
    pub git_ref: &'p str,
}

impl Place<'_> {
    /// ``The deployment of `v1.4.0` (`abc1234`) to `production` ``.
    fn deployment(&self) -> String {
        let name = self.git_ref.trim_start_matches("refs/tags/").trim_start_matches("refs/heads/");
        let commit = escape::code(self.commit.short());
        let what = if name.is_empty() || self.commit.as_str().starts_with(name) {
            commit
        } else {
            format!("{} ({commit})", escape::code(&short(name)))
        };
        format!("The deployment of {what} to {}", escape::code(&short(self.environment)))
    }
}

#[derive(Template)]
#[template(path = "message/deployment.md", escape = "none")]
struct DeploymentTemplate<'t> {
    heading: String,
    parts: Vec<Part<'t>>,
    ending: &'static str,
}

struct Part<'t> {
    line: String,
    items: &'t [String],
    more: usize,
}

/// Why nothing is decided: nobody knows what holds.
pub const BROKEN: &str = "`.github/holdpoint.yml` on the default branch, or that of the organisation, has errors or cannot be \
                          read any more, so Holdpoint does not know what this has to wait for. Correct the file: `holdpoint lint` tells \
                          its lines, and the check `holdpoint/review` of a pull request what cannot be read.";

/// Why nothing is decided: there is no file that could hold.
pub const NO_DEFAULT_BRANCH: &str = "The default branch is not there.";

/// Why nothing is decided: GitHub did not answer.
#[must_use]
pub fn unreadable(message: &str) -> String {
    format!("Something could not be read. {message}.")
}

/// Why a deployment waits although no checklist holds it any more. Missing rules approve nothing, and an approval cannot be taken back:
/// whoever may free the environment takes Holdpoint out of its rules.
#[must_use]
pub fn ungated(environment: &str, checklists: &str) -> String {
    format!(
        "No checklist names the environment `{environment}` any more, and `{checklists}` did when a deployment asked before. Name it again under \
         `gate.environments`. Where deployments shall not wait any more, take Holdpoint out of the environment's deployment \
         protection rules."
    )
}

/// The report of a deployment that is held.
#[must_use]
pub fn pending_report(place: &Place<'_>, verdicts: &BTreeMap<String, Verdict>, site: &Site) -> String {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for (checklist, verdict) in verdicts {
        for voice in verdict.voices.iter().filter(|v| v.blocks) {
            let items = match &voice.standing.evidence {
                IssueState::Read { progress, .. } => {
                    progress.missing(voice.phase).map(|e| cut(&open_line(e), LINE)).collect()
                }
                IssueState::NothingToDo | IssueState::Opening | IssueState::Broken(_) => Vec::new(),
            };
            lines.push((line(voice, site), items));
        }
        // A release is wanted, and there is none.
        let wanted = verdict.without.iter().filter(|_| verdict.conclusion != Conclusion::Success);
        lines.extend(
            wanted.map(|why| (format!("Checklist {}: {}", escape::code(&short(checklist)), without(why)), Vec::new())),
        );
    }
    let heading = format!("{} waits for what is still open.", place.deployment());
    fitted(&heading, &lines, "It continues by itself when that is done; you do not have to start it again.")
}

/// The report of a deployment about which nothing can be said.
#[must_use]
pub fn cannot_decide(place: &Place<'_>, why: &str) -> String {
    let heading = format!("{} waits: Holdpoint cannot decide about it.", place.deployment());
    let lines = [(inline(why), Vec::new())];
    fitted(&heading, &lines, "Holdpoint looks again whenever something changes, and at least once an hour.")
}

/// The comment with which a deployment is let through.
#[must_use]
pub fn goes_on(place: &Place<'_>, verdicts: &BTreeMap<String, Verdict>, site: &Site) -> String {
    let mut lines: Vec<(String, Vec<String>)> =
        verdicts.values().flat_map(|v| &v.voices).map(|voice| (line(voice, site), Vec::new())).collect();
    if verdicts.is_empty() {
        let why = "No checklist names this environment, so nothing holds it. Name it under `gate.environments` in \
                   `.github/holdpoint.yml` on the default branch, or take Holdpoint off the environment's protection rules.";
        lines.push((why.to_owned(), Vec::new()));
    }
    if lines.is_empty() {
        lines.push((UNHELD.to_owned(), Vec::new()));
    }
    fitted(&format!("{} may continue.", place.deployment()), &lines, "")
}

/// How far a release is, in a line.
fn line(voice: &ReleaseVerdict, site: &Site) -> String {
    let label = inline(&short(&voice.standing.label));
    let after = if voice.phase == Phase::After { ", after the release" } else { "" };
    match &voice.standing.evidence {
        IssueState::NothingToDo => format!("{label}: nothing to do by hand."),
        IssueState::Opening => format!("{label}: the release issue is being opened."),
        IssueState::Broken(why) => format!("{label}: {}.", cut(&inline(why), 500)),
        IssueState::Read { issue, progress } => {
            let tally = progress.tally(voice.phase);
            let text = format!("{label}{after}: {}", counted(&tally));
            format!("{text}, in [#{issue}]({}).", site.issue(*issue))
        }
    }
}

/// As many of the items as fit into a comment, and how many do not.
fn fitted(heading: &str, lines: &[(String, Vec<String>)], ending: &'static str) -> String {
    let with = |most: usize| {
        let parts = lines.iter().map(|(line, items)| {
            let shown = items.get(..most.min(items.len())).unwrap_or_default();
            Part { line: line.clone(), items: shown, more: items.len() - shown.len() }
        });
        render(&DeploymentTemplate { heading: heading.to_owned(), parts: parts.collect(), ending })
    };
    let fits = |text: &String| text.chars().count() <= LIMIT;
    let text = (0..=ITEMS).rev().map(with).find(fits);
    // Only many releases at once are longer than that.
    text.unwrap_or_else(|| cut(&with(0), LIMIT))
}

fn short(text: &str) -> String {
    cut(text, 80)
}

/// At most so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(most - 1).collect();
    kept.push('…');
    kept
}
