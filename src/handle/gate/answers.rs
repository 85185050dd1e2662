//! What is answered so far, for each commit and checklist. Decides nothing but which of two answers is the worse.

use super::super::facts::NoRules;
use crate::effect::Effect;
use crate::gate::Verdict;
use crate::ids::Sha;
use crate::plan;
use std::collections::BTreeMap;

/// Answers so far; of two for one commit and checklist the worse stays.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) verdicts: BTreeMap<(Sha, String), Verdict>,
    pub(super) remarks: BTreeMap<(Sha, String), String>,
    pub(super) undecided: BTreeMap<(Sha, String), Effect>,
}

impl Answers {
    pub(super) fn remark(&mut self, sha: &Sha, checklist: &str, text: Option<String>) {
        self.remarks.extend(text.map(|text| ((sha.clone(), checklist.to_owned()), text)));
    }

    /// The rules of the checklist are not known, so the commit waits.
    pub(super) fn undecide(&mut self, sha: &Sha, checklist: &str, none: NoRules) {
        let effect = plan::gate::undecided(sha, checklist, &none.title(checklist), &none.why(checklist));
        self.undecided.insert((sha.clone(), checklist.to_owned()), effect);
    }

    pub(super) fn add(&mut self, sha: &Sha, checklist: &str, verdict: Verdict) {
        let key = (sha.clone(), checklist.to_owned());
        let worst = match self.verdicts.remove(&key) {
            Some(known) => known.worse(verdict),
            None => verdict,
        };
        self.verdicts.insert(key, worst);
    }
}
