//! Merging: the one place where branch protection says yes or no.

use crate::sandbox::json;
use crate::sandbox::repo::{Merged, Role, State};
use crate::sandbox::world::{Refused, World};
use serde_json::json;

/// How a pull request becomes part of its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A merge commit with two parents.
    Merge,
    /// All in one commit.
    Squash,
    /// Each commit anew on the base.
    Rebase,
}

impl World {
    /// Merges a pull request, or refuses with 405 and GitHub's sentence: `push` and `pull_request.closed`.
    pub fn merge_pull_request(
        &mut self,
        repo: &str,
        number: u64,
        user: &str,
        method: Method,
    ) -> Result<String, Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        let (issue, pull) = found.pull(number)?;
        if issue.state == State::Closed {
            return Err(Refused::new(405, "Pull Request is not mergeable"));
        }
        if pull.draft {
            return Err(Refused::new(405, "Pull Request is still a draft"));
        }
        let role = self.role(found, user).unwrap_or(Role::Write);
        if let Some(why) = found.blocked(&pull.base_ref, &pull.head_sha, role) {
            return Err(Refused::new(405, why));
        }
        let (title, pull) = (issue.title.clone(), pull.clone());
        let now = self.tick_clock();
        let git = &mut self.repo_by_id_mut(id)?.git;
        let tip = git.branches.get(&pull.base_ref).cloned().ok_or_else(Refused::not_found)?;
        let sha = match method {
            Method::Merge => {
                let message =
                    format!("Merge pull request #{number} from {}/{}\n\n{title}", pull.head_owner, pull.head_ref);
                let tree = git.merged_tree(&tip, &pull.head_sha)?;
                git.write_commit(vec![tip.clone(), pull.head_sha.clone()], tree, &message, user, now)
            }
            Method::Squash => {
                let tree = git.merged_tree(&tip, &pull.head_sha)?;
                git.write_commit(vec![tip.clone()], tree, &format!("{title} (#{number})"), user, now)
            }
            Method::Rebase => {
                let commits: Vec<_> = git.ahead(&tip, &pull.head_sha).into_iter().cloned().collect();
                let mut head = tip.clone();
                for commit in commits.iter().filter(|c| c.parents.len() < 2) {
                    let parent = commit.parents.first().and_then(|p| git.commits.get(p)).map(|c| c.tree.clone());
                    let ours = git.commits.get(&head).map(|c| c.tree.clone()).unwrap_or_default();
                    let tree = git.merge_trees(&parent.unwrap_or_default(), &ours, &commit.tree);
                    let tree = tree.map_err(|_| conflict())?;
                    head = git.write_commit(vec![head], tree, &commit.message, &commit.author, now);
                }
                head
            }
        };
        let target = self.repo_by_id_mut(id)?.pull_mut(number)?;
        target.base_sha = tip;
        target.merged = Some(Merged { sha: sha.clone(), by: user.to_owned(), at: now });
        let issue = self.repo_by_id_mut(id)?.issue_mut(number)?;
        issue.state = State::Closed;
        issue.closed_at = Some(now);
        issue.closed_by = Some(user.to_owned());
        issue.updated_at = now;
        self.push(id, &pull.base_ref, &sha, user)?;
        self.emit_pull(id, number, "closed", user, json!({}))?;
        Ok(sha)
    }

    /// The head arrived in the base by a push.
    pub(super) fn mark_merged(&mut self, id: u64, number: u64, sha: &str, user: &str) -> Result<(), Refused> {
        let now = self.now();
        let issue = self.repo_by_id_mut(id)?.issue_mut(number)?;
        issue.state = State::Closed;
        issue.closed_at = Some(now);
        issue.closed_by = Some(user.to_owned());
        issue.updated_at = now;
        if let Some(pull) = issue.pull.as_mut() {
            pull.merged = Some(Merged { sha: sha.to_owned(), by: user.to_owned(), at: now });
        }
        self.emit_pull(id, number, "closed", user, json!({}))
    }

    /// Puts pull requests into one merge group and asks for its checks: `merge_group.checks_requested`. Gives the group's
    /// head branch and commit.
    pub fn enqueue(&mut self, repo: &str, numbers: &[u64], user: &str) -> Result<(String, String), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        let last = *numbers.last().ok_or_else(|| Refused::invalid("MergeGroup", "pull_requests", "missing"))?;
        let base = found.pull(last)?.1.base_ref.clone();
        let tip = found.git.branches.get(&base).cloned().ok_or_else(Refused::not_found)?;
        let mut head = tip.clone();
        for number in numbers {
            let now = self.tick_clock();
            let repo = self.repo_by_id_mut(id)?;
            let (issue, pull) = repo.pull(*number)?;
            let (title, sha) = (issue.title.clone(), pull.head_sha.clone());
            let tree = repo.git.merged_tree(&head, &sha)?;
            let message = format!("Merge pull request #{number}\n\n{title}");
            head = repo.git.write_commit(vec![head, sha], tree, &message, user, now);
        }
        let short = tip.get(..40).unwrap_or(&tip);
        let branch = format!("gh-readonly-queue/{base}/pr-{last}-{short}");
        self.repo_by_id_mut(id)?.git.branches.insert(branch.clone(), head.clone());
        self.emit_push(id, &format!("refs/heads/{branch}"), super::git::ZERO, &head, user)?;
        self.emit_group(id, "checks_requested", &branch, &base, &tip, user, json!({}))?;
        Ok((branch, head))
    }

    /// Ends a merge group: merged (the base moves, if the checks let it) or given up. `merge_group.destroyed`.
    pub fn finish_group(&mut self, repo: &str, branch: &str, user: &str) -> Result<bool, Refused> {
        let found = self.repo(repo)?;
        let id = found.id;
        let head = found.git.branches.get(branch).cloned().ok_or_else(Refused::not_found)?;
        let middle = branch.strip_prefix("gh-readonly-queue/").and_then(|rest| rest.rsplit_once('/'));
        let base = middle.map(|(base, _)| base.to_owned()).ok_or_else(Refused::not_found)?;
        let tip = found.git.branches.get(&base).cloned().ok_or_else(Refused::not_found)?;
        let merged = found.blocked(&base, &head, Role::Write).is_none();
        self.tick_clock();
        let reason = if merged { "merged" } else { "invalidated" };
        self.emit_group(id, "destroyed", branch, &base, &tip, user, json!({ "reason": reason }))?;
        if merged {
            self.push(id, &base, &head, user)?;
        }
        self.repo_by_id_mut(id)?.git.branches.remove(branch);
        Ok(merged)
    }

    #[expect(clippy::too_many_arguments, reason = "the event names that many things, and only two verbs send it")]
    fn emit_group(
        &mut self,
        id: u64,
        action: &str,
        branch: &str,
        base: &str,
        tip: &str,
        user: &str,
        extra: serde_json::Value,
    ) -> Result<(), Refused> {
        let repo = self.repo_by_id(id)?;
        let sha = repo.git.branches.get(branch).cloned().unwrap_or_default();
        let commit = repo.git.commits.get(&sha).map(|c| json::push_commit(self, repo, c));
        let group = json!({
            "head_sha": sha,
            "head_ref": format!("refs/heads/{branch}"),
            "base_sha": tip,
            "base_ref": format!("refs/heads/{base}"),
            "head_commit": commit,
        });
        self.emit(id, "merge_group", Some(action), user, json::merged(json!({ "merge_group": group }), extra));
        Ok(())
    }
}

impl crate::sandbox::git::Git {
    /// The tree of merging `theirs` into `ours`.
    pub(super) fn merged_tree(&mut self, ours: &str, theirs: &str) -> Result<crate::sandbox::git::Tree, Refused> {
        let tree = |git: &Self, sha: &str| git.commits.get(sha).map(|c| c.tree.clone()).unwrap_or_default();
        let base = self.merge_base(ours, theirs).map(|c| c.tree.clone()).unwrap_or_default();
        let (ours, theirs) = (tree(self, ours), tree(self, theirs));
        self.merge_trees(&base, &ours, &theirs).map_err(|_| conflict())
    }
}

fn conflict() -> Refused {
    Refused::new(405, "Pull Request is not mergeable")
}
