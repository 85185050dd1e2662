//! The gate's answer for a commit, as a check run.

use crate::config;
use crate::effect::{CheckRun, Effect};
use crate::gate::{Conclusion, IssueState, Verdict};
use crate::ids::Sha;
use crate::message;
use crate::message::gate::{SupersededReason, gate_summary, gate_title, old_summary, old_title};
use crate::release::Site;

/// The check run of a checklist on a commit.
#[must_use]
pub fn check(sha: &Sha, checklist: &str, verdict: &Verdict, site: &Site) -> Effect {
    let issue = verdict.voices.iter().find_map(|v| match &v.standing.evidence {
        IssueState::Read { issue, .. } => Some(site.issue(*issue)),
        IssueState::NothingToDo | IssueState::Opening | IssueState::Broken(_) => None,
    });
    Effect::PutCheckRun(CheckRun {
        sha: sha.clone(),
        name: config::check_name(checklist),
        conclusion: verdict.conclusion,
        title: gate_title(verdict),
        summary: gate_summary(verdict, site),
        details_url: issue,
        annotations: Vec::new(),
    })
}

/// Says below a check what is missing around it.
pub fn remark(effect: &mut Effect, text: &str) {
    if let Effect::PutCheckRun(run) = effect {
        run.summary = message::cut(format!("{}\n\n{text}\n", run.summary.trim_end()));
    }
}

/// The check run of a gate that cannot decide: never green.
#[must_use]
pub fn undecided(sha: &Sha, checklist: &str, title: &str, why: &str) -> Effect {
    Effect::PutCheckRun(CheckRun {
        sha: sha.clone(),
        name: config::check_name(checklist),
        conclusion: Conclusion::Failure,
        title: message::title(title),
        summary: message::cut(why.to_owned()),
        details_url: None,
        annotations: Vec::new(),
    })
}

/// The end of a run that still went on, on a commit that nothing waits for any more.
#[must_use]
pub fn superseded(sha: &Sha, checklist: &str, why: &SupersededReason) -> CheckRun {
    CheckRun {
        sha: sha.clone(),
        name: config::check_name(checklist),
        conclusion: Conclusion::Cancelled,
        title: message::title(&old_title(why)),
        summary: message::cut(old_summary(why)),
        details_url: None,
        annotations: Vec::new(),
    }
}
