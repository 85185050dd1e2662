//! What the check `holdpoint/<checklist>` shows.

use super::evidence::lack;
use super::item_reason::{skip_reason, skip_refusal};
use super::{cut, escape, inline, render, title};
use crate::checklist::directive::Phase;
use crate::config::{Open, Trigger, USUAL_TAGS};
use crate::gate::{Carried, IssueState, ReleaseVerdict, Requirement, Verdict, WithoutRelease};
use crate::ids::{PullNumber, Sha};
use crate::release::Site;
use crate::release::ledger::MarkSource;
use crate::release::progress::{Attribution, Entry, ItemState, PhaseCounts, Progress};
use askama::Template;

#[derive(Template)]
#[template(path = "message/gate.md", escape = "none")]
struct GateTemplate {
    without: String,
    voices: Vec<VoiceView>,
}

struct VoiceView {
    label: String,
    after: bool,
    line: String,
    carried: Vec<String>,
    open: Vec<String>,
    skipped: Vec<String>,
    overridden: Vec<String>,
}

/// Why nothing waits for a commit any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SupersededReason {
    /// The pull request has another head.
    Head {
        /// The pull request.
        pull: PullNumber,
        /// Its head now.
        head: Sha,
    },
    /// The pull request is for a branch that waits for nothing.
    Elsewhere {
        /// The pull request.
        pull: PullNumber,
        /// The branch that it is for.
        branch: String,
    },
    /// The pull request is closed.
    Closed {
        /// The pull request.
        pull: PullNumber,
    },
    /// Its release was withdrawn: why.
    Withdrawn(String),
    /// The run goes on as a newer one, which GitHub shows instead.
    Renewed,
    /// It was a merge group's, or nobody knows.
    Unknown,
}

/// One line that says why a commit is of no account any more.
#[must_use]
pub fn old_title(why: &SupersededReason) -> String {
    match why {
        SupersededReason::Head { head, .. } => format!("Superseded by {}", head.short()),
        SupersededReason::Elsewhere { pull, .. } => format!("Superseded: #{pull} is for another branch now"),
        SupersededReason::Closed { pull } => format!("Superseded: #{pull} is closed"),
        SupersededReason::Withdrawn(_) => "Superseded: the release was withdrawn".to_owned(),
        SupersededReason::Renewed => "Superseded by a newer run".to_owned(),
        SupersededReason::Unknown => "Superseded: nothing waits for this commit any more".to_owned(),
    }
}

/// The same, at length.
#[must_use]
pub fn old_summary(why: &SupersededReason) -> String {
    match why {
        SupersededReason::Head { pull, head } => format!("#{pull} has the head `{head}` now, and its check is there."),
        SupersededReason::Elsewhere { pull, branch } => {
            format!("#{pull} is for the branch {} now, which does not wait for this checklist.", inline(branch))
        }
        SupersededReason::Closed { pull } => format!("#{pull} is closed. Reopened, it is looked at again."),
        SupersededReason::Withdrawn(why) => format!("The release of this commit was withdrawn: {}.", inline(why)),
        SupersededReason::Renewed => "GitHub gives up a check that runs for 14 days, so it was begun anew.".to_owned(),
        SupersededReason::Unknown => {
            "No open pull request, merge group or release with this commit waits for this checklist any more. Nothing was \
             decided."
                .to_owned()
        }
    }
}

/// Why a branch that only its own configuration calls gated gets no green check, in short.
#[must_use]
pub fn only_its_own_file(branch: &str) -> String {
    format!("Only the configuration on {} itself gates it.", inline(branch))
}

/// The same, with what to do.
#[must_use]
pub fn how_to_gate(branch: &str, site: &Site) -> String {
    format!(
        "Whoever can push to a branch can write its `.github/holdpoint.yml`, so that file alone turns no check green. Name {} in `gate.branches` on the default branch, or require this check for it in the [rules of this repository]({}/settings/rules).",
        inline(branch),
        site.repository()
    )
}

/// What to do about a commit that no release covers.
#[must_use]
pub fn how_to_release(open: &Open, head: &Sha) -> String {
    let globs = open.matches.patterns();
    let usual = USUAL_TAGS.map(str::to_owned);
    let tags = if globs.is_empty() { &usual[..] } else { globs };
    let listed = |names: &[String]| {
        let names: Vec<String> = names.iter().take(5).map(|name| escape::code(name)).collect();
        names.join(" or ")
    };
    let (on, short) = (|trigger| open.on.contains(&trigger), head.short());
    let first = if on(Trigger::Tag) {
        Some(format!("push a tag that matches {} to `{short}`", listed(tags)))
    } else if on(Trigger::Release) {
        Some(format!("publish a release of `{short}` with a tag that matches {}", listed(tags)))
    } else if on(Trigger::Merge) {
        Some(format!("merge it into {} first", listed(globs)))
    } else {
        None
    };
    let by_hand = format!("`/hp open {short}` in a comment, by somebody with maintain access, opens its release");
    match first {
        Some(first) => format!("What to do: {first}. Or: {by_hand}."),
        None => format!("What to do: {by_hand}."),
    }
}

/// What is said below a check that another branch holds back.
#[must_use]
pub fn opens_another(branch: &str) -> String {
    format!(
        "GitHub keeps one check for a commit, whatever it is merged into. This commit may not be merged into {} yet, which requires the same check.",
        inline(branch)
    )
}

/// Why a merge group waits of which not everything is known.
#[must_use]
pub fn group_below_is_unknown(base: &Sha) -> String {
    format!(
        "This group is on top of `{}`, which is neither in the branch nor a merge group that GitHub has announced. Holdpoint waits until it is.",
        base.short()
    )
}

/// Why a merge group waits for a pull request that cannot be read.
#[must_use]
pub fn group_member_is_unknown(branch: &str) -> String {
    format!(
        "The pull request of the merge group {} cannot be read, so what the group merges is not known.",
        inline(branch)
    )
}

/// Nothing waits for anything.
pub const UNHELD: &str = "No release holds this commit.";

/// What the gate says that no release says.
#[must_use]
pub fn without(why: &WithoutRelease) -> &str {
    match why {
        WithoutRelease::Uncovered => "No release covers this commit, and only released commits may pass here.",
        WithoutRelease::Unheld => UNHELD,
        WithoutRelease::Held(why) => why,
    }
}

/// The title, the number first: `23 of 28 done · waiting for @acme/qa`.
#[must_use]
pub fn gate_title(verdict: &Verdict) -> String {
    let first = verdict.voices.first().filter(|v| v.blocks || verdict.without.is_none());
    let Some(voice) = first else {
        return title(verdict.without.as_ref().map_or(UNHELD, without));
    };
    let text = match &voice.standing.evidence {
        IssueState::NothingToDo => format!("{}: nothing to do", voice.standing.label),
        IssueState::Opening => format!("{}: the release issue is being opened", voice.standing.label),
        IssueState::Broken(why) => format!("{}: {why}", voice.standing.label),
        IssueState::Read { progress, .. } => {
            let tally = progress.tally(voice.phase);
            let mut text = settled(&tally);
            let owned = progress.missing(voice.phase).filter(|e| !e.owners.is_empty()).count();
            let owners = owners(progress.missing(voice.phase)).join(", ");
            text.push_str(&match (tally.open(), owned) {
                (0, _) => String::new(),
                (open, 0) => format!(" · {open} open"),
                (open, owned) if open == owned => format!(" · waiting for {owners}"),
                (open, owned) => format!(" · {open} open, {owned} of them {owners}"),
            });
            format!("{}: {text}", voice.standing.label)
        }
    };
    title(&text)
}

/// [`settled`], and what is left.
pub(super) fn counted(tally: &PhaseCounts) -> String {
    let open = if tally.open() > 0 { format!(" · {} open", tally.open()) } else { String::new() };
    settled(tally) + &open
}

/// How much is done, skipped and overridden.
pub(super) fn settled(tally: &PhaseCounts) -> String {
    let mut text = format!("{} of {} done", tally.done, tally.total);
    if tally.skipped > 0 {
        text.push_str(&format!(" · {} skipped", tally.skipped));
    }
    if tally.overridden > 0 {
        text.push_str(&format!(" · {} overridden", tally.overridden));
    }
    text
}

fn owners<'e>(open: impl Iterator<Item = &'e Entry>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for owner in open.flat_map(|e| &e.owners) {
        if !all.contains(owner) && all.len() < 5 {
            all.push(owner.clone());
        }
    }
    all
}

/// The summary: what is missing, whose it is, where to tick it.
#[must_use]
pub fn gate_summary(verdict: &Verdict, site: &Site) -> String {
    let voices = verdict.voices.iter().map(|v| voice_view(v, site)).collect();
    let without = verdict.without.as_ref().map(without).unwrap_or_default().to_owned();
    cut(render(&GateTemplate { without, voices }))
}

fn voice_view(voice: &ReleaseVerdict, site: &Site) -> VoiceView {
    let mut view = VoiceView {
        label: inline(&voice.standing.label),
        after: voice.phase == Phase::After,
        line: String::new(),
        carried: Vec::new(),
        open: Vec::new(),
        skipped: Vec::new(),
        overridden: Vec::new(),
    };
    match &voice.standing.evidence {
        IssueState::NothingToDo => "This release has nothing to do by hand.".clone_into(&mut view.line),
        IssueState::Opening => "The release issue is being opened.".clone_into(&mut view.line),
        IssueState::Broken(why) => view.line = format!("{}.", inline(why)),
        IssueState::Read { issue, progress } => {
            let tally = progress.tally(voice.phase);
            view.line = format!("{} of {} done in [#{issue}]({}).", tally.done, tally.total, site.issue(*issue));
            view.carried = voice.carried.iter().map(|carried| carried_line(carried, progress, voice.phase)).collect();
            view.open = progress.missing(voice.phase).map(open_line).collect();
            let of_phase = || progress.entries.iter().filter(|e| e.phase == voice.phase);
            view.skipped = of_phase().filter_map(skipped_line).collect();
            view.overridden = of_phase().filter_map(overridden_line).collect();
        }
    }
    view
}

/// How much of a phase was done for an earlier candidate, and what came since.
fn carried_line(carried: &Carried, progress: &Progress, phase: Phase) -> String {
    let own = |e: &&Entry| e.made_for.as_ref().is_some_and(|made| made.candidate == carried.candidate);
    let items = progress.entries.iter().filter(|e| e.phase == phase && e.signature().is_some()).filter(own).count();
    let items = if items == 1 { "1 item was".to_owned() } else { format!("{items} items were") };
    let label = inline(&carried.candidate.label);
    match carried.commits {
        Some(1) => format!("{items} settled for {label}; 1 commit came since."),
        Some(commits) => format!("{items} settled for {label}; {commits} commits came since."),
        None => format!("{items} settled for {label}; how many commits came since is not known."),
    }
}

/// What is to be said below a check on a pull request of whether its branch waits for it; nothing where it does, or where GitHub
/// does not show that.
#[must_use]
pub fn requirement(found: Requirement, check: &str, branch: &str, site: &Site) -> Option<String> {
    let (check, branch) = (inline(check), inline(branch));
    let rules = format!("{}/settings/rules", site.repository());
    let text = match found {
        Requirement::Pinned | Requirement::Unseen => return None,
        Requirement::Missing => format!(
            "**This check is not required yet**, so nothing waits for it. Require {check} on {branch} in the [rules of this repository]({rules}), with this App as its source and not *any source*."
        ),
        Requirement::AnySource => format!(
            "**This check is required of any source**: everybody with write access could post a green one. Choose this App as the source of {check} on {branch} in the [rules of this repository]({rules}), or where the branch is protected."
        ),
        Requirement::Other(id) => format!(
            "**This check is required of another App** (id {id}), which never posts it, so {branch} waits for ever. Choose this App as the source of {check} in the [rules of this repository]({rules}), or where the branch is protected."
        ),
    };
    Some(text)
}

/// One open item: where it stands, what it says, whose it is, what is the matter.
#[must_use]
pub fn open_line(entry: &Entry) -> String {
    let mut line = format!("`{}` ", entry.number);
    if !entry.section.is_empty() {
        line.push_str(&format!("*{}*: ", super::bare(&entry.section)));
    }
    line.push_str(&inline(&entry.text));
    if !entry.owners.is_empty() {
        let owners: Vec<String> = entry.owners.iter().map(|o| inline(o)).collect();
        line.push_str(&format!(" · of {}", owners.join(", ")));
    }
    if entry.added {
        line.push_str(" · added in the issue");
    }
    let matter = match &entry.standing {
        ItemState::Open
        | ItemState::Done(_)
        | ItemState::Verified { .. }
        | ItemState::Skipped { .. }
        | ItemState::Overridden { .. }
        | ItemState::NotNeeded => String::new(),
        ItemState::Unverified(lacks) => {
            let lacks: Vec<String> = lacks.iter().map(|l| inline(&lack(l))).collect();
            format!("Holdpoint verifies this itself: {}", lacks.join("; "))
        }
        ItemState::SkipRefused(refusal) => skip_refusal(*refusal).to_owned(),
        ItemState::Refused { by, why } => format!(
            "ticked by {}, which does not count: {}; somebody who may can untick it and tick it again, or comment \
             `/hp done {}`",
            inline(&by.by),
            inline(why),
            entry.number
        ),
        ItemState::Unattributed => format!(
            "ticked, but Holdpoint did not see by whom: untick it and tick it again, or comment `/hp done {}`",
            entry.number
        ),
        ItemState::Missing => "taken out of the issue: put it back".to_owned(),
        ItemState::OtherCandidate { by, label } => format!(
            "was done for {} by {}, and it is done anew for each candidate: tick it for this one",
            inline(label),
            inline(&by.by)
        ),
        ItemState::Reworded => "its text was changed in the issue: put it back and tick it again".to_owned(),
    };
    if !matter.is_empty() {
        line.push_str(&format!(" ({matter})"));
    }
    line
}

/// One skipped item with its reason.
#[must_use]
pub fn skipped_line(entry: &Entry) -> Option<String> {
    if let ItemState::Skipped { by, reason } = &entry.standing {
        Some(waived(entry, by, skip_reason(reason)))
    } else {
        None
    }
}

/// One overridden item with the reason.
#[must_use]
pub fn overridden_line(entry: &Entry) -> Option<String> {
    if let ItemState::Overridden { by, reason } = &entry.standing { Some(waived(entry, by, reason)) } else { None }
}

/// The earlier candidate for which an item was settled; empty where it was for this one.
pub(super) fn made_for(entry: &Entry) -> String {
    let earlier = entry.made_for.as_ref().filter(|made| made.earlier);
    earlier.map_or_else(String::new, |made| format!(", for {}", inline(&made.candidate.label)))
}

/// An item's text, with a word on one that the counts of required items leave out.
pub(super) fn named(entry: &Entry) -> String {
    format!("{}{}", inline(&entry.text), if entry.optional { " · optional" } else { "" })
}

fn waived(entry: &Entry, by: &Attribution, reason: &str) -> String {
    let how = if by.how == MarkSource::History { " (from the edit history)" } else { "" };
    let who = format!("{}{how}, {}{}", inline(&by.by), by.at.minute(), made_for(entry));
    format!("`{}` {}: {} ({who})", entry.number, named(entry), inline(reason))
}
