//! What a deployment that waits is told: what it waits for, or that it may go on. Never "rejected": that would end the run.

use crate::checklist::directive::Phase;
use crate::effect::{DeploymentAnswer, DeploymentState, Effect};
use crate::gate::{Conclusion, IssueState, ReleaseVerdict, Verdict};
use crate::ids::RunId;
use crate::message::deployment::{Place, cannot_decide, goes_on, pending_report};
use crate::message::gate::without;
use crate::release::Site;
use std::collections::{BTreeMap, BTreeSet};

/// GitHub takes so many reports of one deployment.
///
/// Source: <https://docs.github.com/en/actions/managing-workflow-runs-and-deployments/managing-deployments/creating-custom-deployment-protection-rules>.
pub const REPORTS: u32 = 10;

/// So many tell how the release goes on; what is left is for what somebody has to mend.
const NEWS: u32 = 7;

/// What was found out about a deployment that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It cannot be decided: why, as sentences.
    Undecided(String),
    /// The gate's answer of every checklist that names the environment. None does: nothing holds it.
    Decided(BTreeMap<String, Verdict>),
}

impl Decision {
    /// Whether it may go on.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Undecided(_) => false,
            Self::Decided(verdicts) => verdicts.values().all(|v| v.conclusion == Conclusion::Success),
        }
    }

    /// Whether nothing that is known holds it.
    #[must_use]
    pub fn would_pass(&self) -> bool {
        match self {
            Self::Undecided(_) => false,
            Self::Decided(verdicts) => verdicts.values().all(Verdict::would_pass),
        }
    }

    /// Whether no checklist has a say.
    #[must_use]
    pub fn is_free(&self) -> bool {
        matches!(self, Self::Decided(verdicts) if verdicts.is_empty())
    }
}

/// What was told before.
#[derive(Clone, Copy, Debug)]
pub struct Told<'t> {
    /// How many reports were sent, or may have been.
    pub reports: u32,
    /// The gist of the last one; empty for none.
    pub gist: &'t str,
}

/// The answer; `None` where it was told already, or where its reports are better kept.
#[must_use]
pub fn answer(run: RunId, place: &Place<'_>, judged: &Decision, told: Told<'_>, site: &Site) -> Option<Effect> {
    let (state, comment, gist, most) = match judged {
        Decision::Undecided(why) => {
            (DeploymentState::Waits, cannot_decide(place, why), format!("trouble: {why}"), REPORTS)
        }
        Decision::Decided(verdicts) if judged.passes() => {
            (DeploymentState::Approved, goes_on(place, verdicts, site), String::new(), u32::MAX)
        }
        Decision::Decided(verdicts) => {
            let broken =
                verdicts.values().flat_map(|v| &v.voices).any(|v| matches!(v.standing.evidence, IssueState::Broken(_)));
            let most = if broken { REPORTS } else { NEWS };
            (DeploymentState::Waits, pending_report(place, verdicts, site), gist(verdicts), most)
        }
    };
    if state == DeploymentState::Waits && (gist == told.gist || told.reports >= most) {
        return None;
    }
    let environment = place.environment.to_owned();
    Some(Effect::AnswerDeployment(DeploymentAnswer { run, environment, state, comment, gist }))
}

/// What a report is about: which releases hold the deployment, and whom each waits for. How many boxes are ticked is on the
/// issue, and no news.
fn gist(verdicts: &BTreeMap<String, Verdict>) -> String {
    let mut lines = Vec::new();
    for (checklist, verdict) in verdicts {
        lines.extend(verdict.without.iter().map(|why| format!("{checklist}: {}", without(why))));
        lines.extend(
            verdict.voices.iter().filter(|v| v.blocks).map(|voice| format!("{checklist}: {}", of_voice(voice))),
        );
    }
    lines.sort();
    lines.join("\n")
}

fn of_voice(voice: &ReleaseVerdict) -> String {
    let label = &voice.standing.label;
    let phase = match voice.phase {
        Phase::Before => "before",
        Phase::After => "after",
    };
    match &voice.standing.evidence {
        IssueState::NothingToDo => format!("{label} has nothing to do"),
        IssueState::Opening => format!("{label} is being opened"),
        IssueState::Broken(why) => format!("{label}: {why}"),
        IssueState::Read { issue, progress } => {
            let whose: BTreeSet<String> = progress
                .missing(voice.phase)
                .map(|e| if e.owners.is_empty() { "anybody".to_owned() } else { e.owners.join(" ") })
                .collect();
            format!("{label} #{issue} {phase}: {}", whose.into_iter().collect::<Vec<_>>().join(", "))
        }
    }
}
