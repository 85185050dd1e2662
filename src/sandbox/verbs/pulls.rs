//! Pull requests: opening, pushing to, editing, closing and reopening them. Merging has a file of its own.

use crate::sandbox::json;
use crate::sandbox::refused::Refused;
use crate::sandbox::repo::{Issue, Pull, Repo, Role, State};
use crate::sandbox::world::World;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What to change about a pull request; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct PullEdit {
    /// A new title.
    pub title: Option<String>,
    /// A new description.
    pub body: Option<String>,
    /// Another base branch.
    pub base: Option<String>,
}

/// The issue that a new pull request is too.
fn new_issue((id, number): (u64, u64), (title, body): (&str, &str), author: &str, now: i64, pull: Pull) -> Issue {
    Issue {
        id,
        number,
        title: title.to_owned(),
        body: (!body.is_empty()).then(|| body.to_owned()),
        user: author.to_owned(),
        state: State::Open,
        state_reason: None,
        labels: BTreeSet::new(),
        assignees: Vec::new(),
        milestone: None,
        kind: None,
        locked: false,
        created_at: now,
        updated_at: now,
        closed_at: None,
        closed_by: None,
        hidden_for: 0,
        versions: Vec::new(),
        pull: Some(pull),
    }
}

impl World {
    /// Opens a pull request; `head` is a branch of the repository or `owner:branch` of a fork: `pull_request.opened`.
    pub fn open_pull_request(
        &mut self,
        repo: &str,
        author: &str,
        head: &str,
        base: &str,
        title: &str,
        body: &str,
    ) -> Result<u64, Refused> {
        let found = self.repo(repo)?;
        self.require(found, author, Role::Read)?;
        let (owner, branch) = head.split_once(':').unwrap_or((found.owner.as_str(), head));
        let source = self.source(found, owner)?;
        let sha = source.git.branches.get(branch).cloned();
        let head_sha = sha.ok_or_else(|| Refused::invalid("PullRequest", "head", "invalid"))?;
        let base_sha = found.git.branches.get(base).cloned();
        let base_sha = base_sha.ok_or_else(|| Refused::invalid("PullRequest", "base", "invalid"))?;
        let (id, head_repo, source_git) = (found.id, source.id, source.git.clone());
        if source_git.ahead(&base_sha, &head_sha).is_empty() {
            return Err(Refused::new(422, format!("No commits between {base} and {branch}")));
        }
        let owner = owner.to_owned();
        let (issue_id, pull_id) = (self.id(), self.id());
        let pull = Pull {
            id: pull_id,
            head_repo: Some(head_repo),
            head_owner: owner,
            head_ref: branch.to_owned(),
            head_sha: head_sha.clone(),
            base_ref: base.to_owned(),
            base_sha,
            draft: false,
            merged: None,
        };
        let now = self.tick_clock();
        let target = self.repo_by_id_mut(id)?;
        if head_repo != id {
            target.git.absorb(&source_git, &head_sha);
        }
        let number = target.number();
        target.issues.insert(number, new_issue((issue_id, number), (title, body), author, now, pull));
        self.emit_pull(id, number, "opened", author, json!({}))?;
        Ok(number)
    }

    /// The repository of an owner that a pull request may come from: this one, or a fork of it.
    fn source<'w>(&'w self, base: &'w Repo, owner: &str) -> Result<&'w Repo, Refused> {
        if owner == base.owner {
            return Ok(base);
        }
        let fork = self.repos.values().find(|r| r.fork_of == Some(base.id) && r.owner == owner);
        fork.ok_or_else(|| Refused::invalid("PullRequest", "head", "invalid"))
    }

    /// Commits to a pull request's head branch, wherever it lives: `push` (own branches) and `pull_request.synchronize`.
    pub fn push_to_pull_request(
        &mut self,
        repo: &str,
        number: u64,
        author: &str,
        message: &str,
        files: &[(&str, Option<&str>)],
    ) -> Result<String, Refused> {
        let (_, pull) = self.repo(repo)?.pull(number)?;
        let (branch, source) = (pull.head_ref.clone(), pull.head_repo.ok_or_else(Refused::not_found)?);
        let source = self.repo_by_id(source)?.full_name();
        self.commit_to(&source, &branch, author, message, files)
    }

    /// The head branch moved: the pull request follows.
    pub(super) fn synchronize(
        &mut self,
        id: u64,
        number: u64,
        source: u64,
        sha: &str,
        pusher: &str,
    ) -> Result<(), Refused> {
        let git = (source != id).then(|| self.repo_by_id(source).map(|r| r.git.clone())).transpose()?;
        let now = self.now();
        let repo = self.repo_by_id_mut(id)?;
        if let Some(git) = git {
            repo.git.absorb(&git, sha);
        }
        let tips = repo.git.branches.clone();
        let issue = repo.issue_mut(number)?;
        issue.updated_at = now;
        let Some(pull) = issue.pull.as_mut() else { return Ok(()) };
        let before = std::mem::replace(&mut pull.head_sha, sha.to_owned());
        if before == sha {
            return Ok(());
        }
        if let Some(tip) = tips.get(&pull.base_ref) {
            pull.base_sha.clone_from(tip);
        }
        self.emit_pull(id, number, "synchronize", pusher, json!({ "before": before, "after": sha }))
    }

    /// The base branch moved: a pull request whose head is now in it counts as merged, as GitHub decides it.
    pub(super) fn follow_base(&mut self, id: u64, branch: &str, sha: &str, pusher: &str) -> Result<(), Refused> {
        let repo = self.repo_by_id(id)?;
        let inside = repo.git.ancestors(sha);
        let numbers: Vec<u64> = repo
            .pulls()
            .filter(|(i, p)| i.state == State::Open && p.base_ref == branch && inside.contains(&p.head_sha))
            .map(|(i, _)| i.number)
            .collect();
        for number in numbers {
            self.mark_merged(id, number, sha, pusher)?;
        }
        Ok(())
    }

    /// Changes title, description or base: `pull_request.edited` with what was before.
    pub fn edit_pull_request(&mut self, repo: &str, number: u64, user: &str, edit: &PullEdit) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        let id = found.id;
        self.require_author_or(id, number, user, Role::Triage)?;
        let found = self.repo_by_id(id)?;
        let (issue, pull) = found.pull(number)?;
        let mut changes = Map::new();
        if edit.title.as_ref().is_some_and(|t| *t != issue.title) {
            changes.insert("title".to_owned(), json!({ "from": issue.title }));
        }
        if edit.body.as_ref().is_some_and(|b| issue.body.as_ref() != Some(b)) {
            changes.insert("body".to_owned(), json!({ "from": issue.body }));
        }
        let mut tip = None;
        if let Some(base) = edit.base.as_ref().filter(|b| **b != pull.base_ref) {
            let sha = found.git.branches.get(base).cloned();
            tip = Some(sha.ok_or_else(|| Refused::invalid("PullRequest", "base", "invalid"))?);
            let from = json!({ "ref": { "from": pull.base_ref }, "sha": { "from": pull.base_sha } });
            changes.insert("base".to_owned(), from);
        }
        if changes.is_empty() {
            return Ok(());
        }
        let now = self.tick_clock();
        let issue = self.repo_by_id_mut(id)?.issue_mut(number)?;
        issue.updated_at = now;
        if let Some(title) = &edit.title {
            issue.title.clone_from(title);
        }
        if let Some(body) = &edit.body {
            issue.body = Some(body.clone());
        }
        if let (Some(pull), Some(base), Some(tip)) = (issue.pull.as_mut(), &edit.base, tip) {
            pull.base_ref.clone_from(base);
            pull.base_sha = tip;
        }
        self.emit_pull(id, number, "edited", user, json!({ "changes": Value::Object(changes) }))?;
        self.advance_queues(id)
    }

    /// Marks a pull request as draft or as ready: `converted_to_draft` or `ready_for_review`.
    pub fn set_draft(&mut self, repo: &str, number: u64, user: &str, draft: bool) -> Result<(), Refused> {
        let id = self.repo(repo)?.id;
        self.require_author_or(id, number, user, Role::Write)?;
        self.tick_clock();
        self.repo_by_id_mut(id)?.pull_mut(number)?.draft = draft;
        let action = if draft { "converted_to_draft" } else { "ready_for_review" };
        self.emit_pull(id, number, action, user, json!({}))
    }

    /// Closes a pull request without merging it: `pull_request.closed`.
    pub fn close_pull_request(&mut self, repo: &str, number: u64, user: &str) -> Result<(), Refused> {
        let id = self.repo(repo)?.id;
        self.require_author_or(id, number, user, Role::Triage)?;
        let now = self.tick_clock();
        let issue = self.repo_by_id_mut(id)?.issue_mut(number)?;
        if issue.state == State::Closed {
            return Ok(());
        }
        issue.state = State::Closed;
        issue.updated_at = now;
        issue.closed_at = Some(now);
        issue.closed_by = Some(user.to_owned());
        self.emit_pull(id, number, "closed", user, json!({}))?;
        self.advance_queues(id)
    }

    /// Opens a closed pull request again: `pull_request.reopened`.
    pub fn reopen_pull_request(&mut self, repo: &str, number: u64, user: &str) -> Result<(), Refused> {
        let id = self.repo(repo)?.id;
        self.require_author_or(id, number, user, Role::Triage)?;
        let now = self.tick_clock();
        let repo = self.repo_by_id_mut(id)?;
        let (_, pull) = repo.pull(number)?;
        if pull.merged.is_some() {
            return Err(Refused::new(422, "Pull request was merged and cannot be reopened"));
        }
        let issue = repo.issue_mut(number)?;
        issue.state = State::Open;
        issue.updated_at = now;
        issue.closed_at = None;
        issue.closed_by = None;
        self.emit_pull(id, number, "reopened", user, json!({}))
    }

    /// Queues a `pull_request` delivery with the state of now.
    pub(super) fn emit_pull(
        &mut self,
        id: u64,
        number: u64,
        action: &str,
        sender: &str,
        extra: Value,
    ) -> Result<(), Refused> {
        let repo = self.repo_by_id(id)?;
        let (issue, pull) = repo.pull(number)?;
        let payload = json!({ "number": number, "pull_request": json::pull(self, repo, issue, pull) });
        self.emit(id, "pull_request", Some(action), sender, json::merged(payload, extra));
        Ok(())
    }

    /// Authors may always change what they opened; others need a role.
    pub(super) fn require_author_or(&self, id: u64, number: u64, user: &str, least: Role) -> Result<(), Refused> {
        let repo = self.repo_by_id(id)?;
        let author = repo.issue(number)?.user == user;
        self.require(repo, user, if author { Role::Read } else { least })
    }
}
