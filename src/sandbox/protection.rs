//! What branch protection lets pass.

use super::repo::{CheckRun, Repo, RequiredCheck, Role};

impl Repo {
    /// Why a commit may not enter a protected branch; `None` where it may.
    #[must_use]
    pub fn blocked(&self, branch: &str, sha: &str, role: Role) -> Option<String> {
        let protection = self.protection.get(branch)?;
        if role == Role::Admin && !protection.enforce_admins {
            return None;
        }
        let mut wrong = Vec::new();
        for check in &protection.checks {
            if let Some(word) = self.check_state(check, sha) {
                wrong.push((check.context.as_str(), word));
            }
        }
        let tip = self.git.branches.get(branch);
        if wrong.is_empty() && protection.strict && tip.is_some_and(|t| !self.git.ancestors(sha).contains(t)) {
            return Some("Head branch is out of date. Review and try the merge again.".to_owned());
        }
        match wrong.as_slice() {
            [] => None,
            [(name, word)] => Some(format!("Required status check \"{name}\" {word}.")),
            many => {
                let list: Vec<_> = many.iter().map(|(name, word)| format!("\"{name}\" {word}")).collect();
                let (n, all) = (many.len(), protection.checks.len());
                Some(format!("{n} of {all} required status checks have not succeeded: {}.", list.join(", ")))
            }
        }
    }

    /// What is wrong with a required check on a commit; `None` where it passed.
    #[must_use]
    pub fn check_state(&self, check: &RequiredCheck, sha: &str) -> Option<&'static str> {
        let named: Vec<_> = self.latest_checks(sha).into_iter().filter(|r| r.name == check.context).collect();
        let ours: Vec<_> = named.iter().filter(|r| check.app_id.is_none_or(|id| id == r.app_id)).collect();
        if named.is_empty() {
            return Some("is expected");
        }
        if ours.is_empty() {
            return Some("was not set by the expected GitHub App");
        }
        let conclusion = |r: &CheckRun| r.conclusion.clone().filter(|_| r.status == "completed");
        let mut worst = None;
        for run in ours {
            match conclusion(run).as_deref() {
                Some("success" | "neutral" | "skipped") => {}
                Some(_) => return Some("is failing"),
                None => worst = Some(if run.status == "queued" { "is queued" } else { "is in progress" }),
            }
        }
        worst
    }
}
