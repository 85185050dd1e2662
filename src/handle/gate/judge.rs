//! Judges commits: for the branch that each would be merged into, for the releases that they are themselves, and for every other
//! branch that the same check would open.
//!
//! A check run belongs to a commit, and GitHub takes it for whatever that commit is merged into: by a pull request that nobody
//! has opened yet, into another base, after a push that puts an old head back. So what passes for one branch is judged for each
//! other gated branch as well, by that branch's own configuration, and the worst answer counts.
//!
//! A branch that only its own file calls gated gets no success: whoever may push a branch may write its file.

use super::super::facts;
use super::super::{Context, Failure};
use super::branches::{self, MAX_OTHER_BRANCHES};
use super::candidate::{Candidate, Members};
use super::standings::{self, linked_rows, standings};
use super::verdicts::Verdicts;
use super::{ancestry, required_checks};
use crate::config::{ChecklistConfig, Config};
use crate::gate::{Relation, ReleaseStatus, Verdict, in_queue, verdict};
use crate::github::repo::Repo;
use crate::ids::Sha;
use crate::message;
use crate::message::no_rules::NoRules;
use crate::plan::Configuration;
use crate::store::ReleaseRow;
use std::collections::{BTreeMap, BTreeSet};

/// What commits are judged by, read once.
pub(super) struct Judge<'j> {
    ctx: &'j Context,
    repo: &'j Repo,
    /// The one checklist that is asked about.
    only: Option<&'j str>,
    /// What holds on the default branch, where it can be used.
    default: Option<Config>,
}

impl<'j> Judge<'j> {
    pub(super) async fn new(ctx: &'j Context, repo: &'j Repo, only: Option<&'j str>) -> Result<Self, Failure> {
        let default = match facts::default_base(ctx, repo).await?.map(|base| base.configuration) {
            Some(Configuration::Usable(config)) => Some(config),
            Some(Configuration::Broken { .. }) | None => None,
        };
        Ok(Self { ctx, repo, only, default })
    }

    fn concerns(&self, checklist: &str) -> bool {
        self.only.is_none_or(|only| only == checklist)
    }

    /// Each candidate, for the branch that it is to be merged into.
    pub(super) async fn candidates(&self, candidates: &[Candidate], answers: &mut Verdicts) -> Result<(), Failure> {
        let branches: BTreeSet<&str> = candidates.iter().map(|c| c.base.as_str()).collect();
        for branch in branches {
            let Some(base) = facts::base(self.ctx, self.repo, branch).await? else { continue };
            let of_branch: Vec<&Candidate> = candidates.iter().filter(|c| c.base == branch).collect();
            if base.may_gate(branch) {
                required_checks::gates(self.ctx, self.repo, branch).await?;
            }
            // With errors on the default branch no release can be opened: that none is known says nothing then.
            let config = match &base.configuration {
                Configuration::Usable(config) if !base.may_gate(branch) || self.default.is_some() => config,
                Configuration::Usable(_) | Configuration::Broken { .. } => {
                    self.broken(of_branch.iter().map(|c| &c.head), answers).await?;
                    continue;
                }
            };
            for (name, checklist) in config.checklists.iter().filter(|(_, c)| c.gates(branch)) {
                if !self.concerns(name) {
                    continue;
                }
                // Its releases are not opened any more: that none is known says nothing.
                if self.default.as_ref().is_some_and(|default| !default.checklists.contains_key(name)) {
                    of_branch.iter().for_each(|c| answers.undecide(&c.head, name, NoRules::Unnamed));
                    continue;
                }
                let standings = standings(self.ctx, self.repo, name, checklist, &BTreeSet::new()).await?;
                let remark = required_checks::remark(self.ctx, self.repo, branch, name).await?;
                let named =
                    self.names(name, branch) || required_checks::requires(self.ctx, self.repo, branch, name).await?;
                let heads: BTreeMap<&Sha, &Candidate> = of_branch.iter().rev().map(|c| (&c.head, *c)).collect();
                let all = of_branch.iter().flat_map(|c| c.heads()).cloned().collect();
                ancestry::read_ahead(self.ctx, self.repo, &standings, &all, &base.tip).await?;
                for (head, candidate) in heads {
                    let group = candidate.group.as_ref();
                    let mut found = self.of_branch(&standings, checklist, head, group, &base.tip).await?;
                    if !named {
                        found = found.hold(message::gate::only_its_own_file(branch), &checklist.gate);
                        let site = self.ctx.site(&self.repo.repository);
                        answers.remark(head, name, Some(message::gate::how_to_gate(branch, &site)));
                    }
                    if found.uncovered {
                        let open = self.default.as_ref().and_then(|config| config.checklists.get(name));
                        let open = &open.unwrap_or(checklist).open;
                        answers.remark(head, name, Some(message::gate::how_to_release(open, head)));
                    }
                    answers.judged(head, name, branch, &base.tip, checklist);
                    answers.add(head, name, found);
                    answers.remark(head, name, remark.clone());
                }
            }
        }
        Ok(())
    }

    /// Whether the default branch's configuration says that a branch waits for a checklist.
    fn names(&self, checklist: &str, branch: &str) -> bool {
        self.default.as_ref().and_then(|config| config.checklists.get(checklist)).is_some_and(|c| c.gates(branch))
    }

    /// What holds for a checklist on a branch: what its own file says. Where that does not gate the branch, and the default
    /// branch's file does or GitHub requires the check there, the default branch's: what was merged takes no gate away. `None`
    /// where the branch does not wait for it.
    async fn rules_on<'c>(
        &'c self,
        own: &'c Config,
        checklist: &str,
        branch: &str,
    ) -> Result<Option<&'c ChecklistConfig>, Failure> {
        if let Some(own) = own.checklists.get(checklist).filter(|c| c.gates(branch)) {
            return Ok(Some(own));
        }
        let is_gated =
            self.names(checklist, branch) || required_checks::requires(self.ctx, self.repo, branch, checklist).await?;
        Ok(self.default.as_ref().and_then(|config| config.checklists.get(checklist)).filter(|_| is_gated))
    }

    /// What a checklist says of a commit that is merged into the branch with this tip.
    async fn of_branch(
        &self,
        standings: &[ReleaseStatus],
        checklist: &ChecklistConfig,
        head: &Sha,
        group: Option<&Members>,
        tip: &Sha,
    ) -> Result<Verdict, Failure> {
        let members = group.map(|g| g.heads.as_slice()).unwrap_or_default();
        let (relations, whole) = ancestry::of_group(self.ctx, self.repo, standings, head, members, tip).await?;
        let gate = if group.is_some() { in_queue(&checklist.gate) } else { checklist.gate.clone() };
        let found = verdict(head, &relations, whole, &gate, &self.ctx.reading());
        Ok(match group.and_then(|group| group.unknown.as_ref()) {
            Some(why) => found.hold(why.clone(), &gate),
            None => found,
        })
    }

    /// The configuration has errors: which gates there are is not known, so every gate that there may be stays closed.
    async fn broken(&self, heads: impl Iterator<Item = &Sha>, answers: &mut Verdicts) -> Result<(), Failure> {
        for head in heads {
            let names = required_checks::names(self.ctx, self.repo, head).await?;
            for name in names.iter().filter(|name| self.concerns(name)) {
                answers.undecide(head, name, NoRules::Broken);
            }
        }
        Ok(())
    }

    /// Released commits, for their own releases.
    pub(super) async fn released(&self, own: &[ReleaseRow], answers: &mut Verdicts) -> Result<(), Failure> {
        for row in own {
            let name = &row.release.checklist;
            let config = match facts::rules(self.ctx, self.repo, name).await? {
                Ok(config) => config,
                Err(none) => {
                    row.commits().for_each(|commit| answers.undecide(commit, name, none));
                    continue;
                }
            };
            let standing = standings::standing(self.ctx, row, &config).await?.0;
            let mut links = Vec::new();
            for link in linked_rows(self.ctx, self.repo, name, &standing.links).await? {
                links.push((standings::standing(self.ctx, &link, &config).await?.0, Relation::WouldShip));
            }
            for commit in row.commits() {
                let own = (standing.at(commit), Relation::Released);
                let voices: Vec<_> = std::iter::once(own).chain(links.iter().cloned()).collect();
                answers.add(commit, name, verdict(commit, &voices, true, &config.gate, &self.ctx.reading()));
            }
        }
        Ok(())
    }

    /// What would pass, for every other branch that waits for the same check.
    pub(super) async fn elsewhere(&self, candidates: &[Candidate], answers: &mut Verdicts) -> Result<(), Failure> {
        let would_pass = answers.would_pass();
        if would_pass.is_empty() {
            return Ok(());
        }
        let gated = branches::gated_branches(self.ctx, self.repo, self.only).await?;
        if !gated.are_all {
            let why = NoRules::TooManyBranches(MAX_OTHER_BRANCHES);
            would_pass.iter().for_each(|(head, name)| answers.undecide(head, name, why));
            return Ok(());
        }
        for branch in gated.branches {
            let wanted = would_pass.iter().filter(|(head, name)| !answers.is_judged(head, name, &branch));
            let wanted: Vec<&(Sha, String)> = wanted.collect();
            if wanted.is_empty() {
                continue;
            }
            let Some(base) = facts::base(self.ctx, self.repo, &branch).await? else { continue };
            let Configuration::Usable(config) = &base.configuration else {
                self.broken(wanted.iter().map(|(head, _)| head), answers).await?;
                continue;
            };
            let names: BTreeSet<&String> = wanted.iter().map(|(_, name)| name).collect();
            for name in names {
                let Some(checklist) = self.rules_on(config, name, &branch).await? else { continue };
                let heads = wanted.iter().filter(|(_, of)| of == name).map(|(head, _)| head);
                let standings = standings(self.ctx, self.repo, name, checklist, &BTreeSet::new()).await?;
                for head in heads {
                    let group = candidates.iter().filter(|c| c.head == *head).find_map(|c| c.group.as_ref());
                    let found = self.of_branch(&standings, checklist, head, group, &base.tip).await?;
                    if !found.would_pass() {
                        answers.remark(head, name, Some(message::gate::opens_another(&branch)));
                    }
                    answers.judged(head, name, &branch, &base.tip, checklist);
                    answers.add(head, name, found);
                }
            }
        }
        Ok(())
    }
}
