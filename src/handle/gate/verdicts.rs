//! What is answered so far, for each commit and checklist. Decides nothing but which of two answers is the worse.

use crate::config::{After, ChecklistConfig};
use crate::effect::Effect;
use crate::gate::{Conclusion, ReleaseVerdict, Verdict};
use crate::ids::{IssueNumber, Sha};
use crate::message::no_rules::NoRules;
use crate::plan;
use crate::release::Site;
use std::collections::{BTreeMap, BTreeSet};

/// A commit and a checklist: one check.
pub(super) type Key = (Sha, String);

/// Answers so far; of two for one commit and checklist the worse stays.
#[derive(Default)]
pub(super) struct Verdicts {
    verdicts: BTreeMap<Key, Verdict>,
    /// Every release issue that an answer for this check rests on, for whichever branch.
    issues: BTreeMap<Key, BTreeSet<IssueNumber>>,
    /// The branches for which it was judged.
    branches: BTreeMap<Key, BTreeSet<String>>,
    /// The tips of the branches that a commit was judged for.
    tips: BTreeMap<Sha, BTreeSet<Sha>>,
    /// Commits that were judged for a branch whose releases block until they are done afterwards as well.
    after: BTreeSet<Sha>,
    remarks: BTreeMap<Key, Vec<String>>,
    /// Checks that could not be decided.
    pub(super) undecided: BTreeMap<Key, Effect>,
}

impl Verdicts {
    pub(super) fn remark(&mut self, sha: &Sha, checklist: &str, text: Option<String>) {
        let remarks = self.remarks.entry((sha.clone(), checklist.to_owned())).or_default();
        remarks.extend(text.filter(|text| !remarks.contains(text)));
    }

    /// A commit was judged for a branch with this tip, by these rules.
    pub(super) fn judged(&mut self, sha: &Sha, checklist: &str, branch: &str, tip: &Sha, rules: &ChecklistConfig) {
        if rules.gate.after == After::Block {
            self.after.insert(sha.clone());
        }
        self.branches.entry((sha.clone(), checklist.to_owned())).or_default().insert(branch.to_owned());
        self.tips.entry(sha.clone()).or_default().insert(tip.clone());
    }

    pub(super) fn is_judged(&self, sha: &Sha, checklist: &str, branch: &str) -> bool {
        self.branches.get(&(sha.clone(), checklist.to_owned())).is_some_and(|known| known.contains(branch))
    }

    /// The rules of the checklist are not known, so the commit waits.
    pub(super) fn undecide(&mut self, sha: &Sha, checklist: &str, none: NoRules) {
        let effect = plan::gate::undecided(sha, checklist, &none.title(checklist), &none.why(checklist));
        self.undecided.insert((sha.clone(), checklist.to_owned()), effect);
    }

    pub(super) fn add(&mut self, sha: &Sha, checklist: &str, verdict: Verdict) {
        let key = (sha.clone(), checklist.to_owned());
        self.issues.entry(key.clone()).or_default().extend(verdict.issues());
        let worst = match self.verdicts.remove(&key) {
            Some(known) => known.worse(verdict),
            None => verdict,
        };
        self.verdicts.insert(key, worst);
    }

    /// Checks against which nothing speaks that is known.
    pub(super) fn would_pass(&self) -> Vec<Key> {
        let passing = self.verdicts.iter().filter(|(key, v)| v.would_pass() && !self.undecided.contains_key(key));
        passing.map(|(key, _)| key.clone()).collect()
    }

    /// Those of them of which not all was read in this batch.
    pub(super) fn would_pass_unread(&self) -> Vec<Key> {
        let unread = |key: &Key| self.verdicts.get(key).is_some_and(|v| v.conclusion == Conclusion::Unread);
        self.would_pass().into_iter().filter(unread).collect()
    }

    /// The release issues that a check rests on.
    pub(super) fn issues(&self, key: &Key) -> BTreeSet<IssueNumber> {
        self.issues.get(key).cloned().unwrap_or_default()
    }

    /// The tips of the branches that a commit was judged for.
    pub(super) fn tips(&self, sha: &Sha) -> BTreeSet<Sha> {
        self.tips.get(sha).cloned().unwrap_or_default()
    }

    /// Whether what is out already matters to a commit.
    pub(super) fn waits_for_after(&self, sha: &Sha) -> bool {
        self.after.contains(sha)
    }

    /// What releases say in the answers so far.
    pub(super) fn voices_mut(&mut self) -> impl Iterator<Item = &mut ReleaseVerdict> {
        self.verdicts.values_mut().flat_map(|verdict| &mut verdict.voices)
    }

    /// The checks whose conclusion may be written.
    pub(super) fn checks(&self, site: &Site, may_write: impl Fn(Conclusion) -> bool) -> BTreeMap<Key, Effect> {
        let written = self.verdicts.iter().filter(|(_, verdict)| may_write(verdict.conclusion));
        written.map(|(key, verdict)| (key.clone(), self.check(key, verdict, site))).collect()
    }

    fn check(&self, key: &Key, verdict: &Verdict, site: &Site) -> Effect {
        let (sha, checklist) = key;
        let mut effect = plan::gate::check(sha, checklist, verdict, site);
        for text in self.remarks.get(key).into_iter().flatten() {
            plan::gate::remark(&mut effect, text);
        }
        effect
    }
}
