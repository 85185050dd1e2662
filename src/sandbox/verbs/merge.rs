//! Merging: where branch protection says yes or no. Merge queues have a file of their own.

use crate::sandbox::refused::Refused;
use crate::sandbox::repo::{Merged, Role, State};
use crate::sandbox::world::World;
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
        if found.queues.contains_key(&pull.base_ref) {
            return Err(Refused::new(405, "Changes must be made through the merge queue"));
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
            Method::Rebase => git.rebase(&tip, &pull.head_sha, now)?,
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
}

impl crate::sandbox::git::Git {
    /// Writes each commit of `head` anew on `tip`; gives the last one.
    fn rebase(&mut self, tip: &str, head: &str, now: i64) -> Result<String, Refused> {
        let commits: Vec<_> = self.ahead(tip, head).into_iter().cloned().collect();
        let mut head = tip.to_owned();
        for commit in commits.iter().filter(|c| c.parents.len() < 2) {
            let parent = commit.parents.first().and_then(|p| self.commits.get(p)).map(|c| c.tree.clone());
            let ours = self.commits.get(&head).map(|c| c.tree.clone()).unwrap_or_default();
            let tree = self.merge_trees(&parent.unwrap_or_default(), &ours, &commit.tree);
            let tree = tree.map_err(|_| conflict())?;
            head = self.write_commit(vec![head], tree, &commit.message, &commit.author, now);
        }
        Ok(head)
    }

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
