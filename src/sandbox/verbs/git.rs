//! Pushes: commits, branches, tags and releases.

use crate::sandbox::git::{Commit, Git};
use crate::sandbox::json;
use crate::sandbox::refused::Refused;
use crate::sandbox::repo::{Release, Repo, Role, State};
use crate::sandbox::world::World;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The id by which a push says "did not exist".
pub(super) const ZERO: &str = "0000000000000000000000000000000000000000";

impl World {
    /// An empty repository with a first commit on `main`.
    pub fn create_repository(&mut self, owner: &str, name: &str, files: &[(&str, &str)]) -> Result<u64, Refused> {
        if self.repo_id(&format!("{owner}/{name}")).is_some() {
            return Err(Refused::invalid("Repository", "name", "already_exists"));
        }
        let (id, now) = (self.id(), self.tick_clock());
        let mut git = Git::default();
        let files: Vec<_> = files.iter().map(|(p, c)| (*p, Some(*c))).collect();
        let tree = git.edited_tree(None, &files);
        let sha = git.write_commit(Vec::new(), tree, "Begin", owner, now);
        git.branches.insert("main".to_owned(), sha);
        let repo = Repo {
            id,
            owner: owner.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            private: false,
            fork_of: None,
            default_branch: "main".to_owned(),
            has_issues: true,
            archived: false,
            git,
            roles: BTreeMap::new(),
            labels: BTreeMap::new(),
            issue_types: ["Bug", "Feature", "Task"].into_iter().map(str::to_owned).collect(),
            milestones: BTreeMap::new(),
            issues: BTreeMap::new(),
            comments: BTreeMap::new(),
            check_runs: BTreeMap::new(),
            suites: BTreeMap::new(),
            releases: BTreeMap::new(),
            statuses: Vec::new(),
            deployments: BTreeMap::new(),
            environments: BTreeMap::new(),
            runs: BTreeMap::new(),
            protection: BTreeMap::new(),
            queues: BTreeMap::new(),
            gone: BTreeMap::new(),
            transferred: BTreeMap::new(),
            last_number: 0,
            created_at: now,
            pushed_at: now,
        };
        self.repos.insert(id, repo);
        Ok(id)
    }

    /// Somebody's fork of a repository, under the same name.
    pub fn fork(&mut self, repo: &str, login: &str) -> Result<String, Refused> {
        let source = self.repo(repo)?.clone();
        let (id, now) = (self.id(), self.tick_clock());
        let fork = Repo {
            id,
            owner: login.to_owned(),
            fork_of: Some(source.id),
            has_issues: false,
            roles: BTreeMap::new(),
            milestones: BTreeMap::new(),
            issues: BTreeMap::new(),
            comments: BTreeMap::new(),
            check_runs: BTreeMap::new(),
            suites: BTreeMap::new(),
            releases: BTreeMap::new(),
            statuses: Vec::new(),
            deployments: BTreeMap::new(),
            environments: BTreeMap::new(),
            runs: BTreeMap::new(),
            protection: BTreeMap::new(),
            queues: BTreeMap::new(),
            last_number: 0,
            created_at: now,
            pushed_at: now,
            ..source
        };
        let name = fork.full_name();
        self.repos.insert(id, fork);
        Ok(name)
    }

    /// Deletes a fork; pull requests from it stay, with no head repository.
    pub fn delete_fork(&mut self, repo: &str) -> Result<(), Refused> {
        let id = self.repo(repo)?.id;
        self.repos.remove(&id);
        for pull in self.repos.values_mut().flat_map(|r| r.issues.values_mut()).filter_map(|i| i.pull.as_mut()) {
            if pull.head_repo == Some(id) {
                pull.head_repo = None;
            }
        }
        self.tick_clock();
        Ok(())
    }

    /// Commits files to a branch and pushes it: `push`, and `pull_request.synchronize` for every open pull request from it.
    pub fn commit_to(
        &mut self,
        repo: &str,
        branch: &str,
        author: &str,
        message: &str,
        files: &[(&str, Option<&str>)],
    ) -> Result<String, Refused> {
        let found = self.repo(repo)?;
        self.require(found, author, Role::Write)?;
        let id = found.id;
        let now = self.tick_clock();
        let git = &mut self.repo_by_id_mut(id)?.git;
        let parent = git.branches.get(branch).cloned().ok_or_else(|| no_branch(branch))?;
        let tree = git.edited_tree(Some(&parent), files);
        let sha = git.write_commit(vec![parent], tree, message, author, now);
        self.push(id, branch, &sha, author)?;
        Ok(sha)
    }

    /// Moves a branch to a commit that is there already, as `git push` does, forced where it must be.
    pub fn push_commit(&mut self, repo: &str, branch: &str, sha: &str, pusher: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, pusher, Role::Write)?;
        let id = found.id;
        self.tick_clock();
        self.push(id, branch, sha, pusher)
    }

    /// Makes a branch at a branch, tag or commit: `push` and `create`.
    pub fn create_branch(&mut self, repo: &str, branch: &str, from: &str, user: &str) -> Result<String, Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let (id, sha) = (found.id, found.git.resolve(from).ok_or_else(|| no_branch(from))?.sha.clone());
        if found.git.branches.contains_key(branch) {
            return Err(Refused::new(422, "Reference already exists"));
        }
        self.tick_clock();
        self.push(id, branch, &sha, user)?;
        let master = self.repo_by_id(id)?.default_branch.clone();
        self.emit(
            id,
            "create",
            None,
            user,
            json!({
                "ref": branch, "ref_type": "branch", "master_branch": master, "description": "", "pusher_type": "user",
            }),
        );
        Ok(sha)
    }

    /// Moves a branch, tells of it, and lets pull requests follow.
    pub(super) fn push(&mut self, id: u64, branch: &str, sha: &str, pusher: &str) -> Result<(), Refused> {
        let repo = self.repo_by_id(id)?;
        let role = self.role(repo, pusher).unwrap_or(Role::Write);
        let merged = repo.pulls().any(|(_, p)| p.merged.as_ref().is_some_and(|m| m.sha == sha));
        if self.live
            && !merged
            && let Some(why) = repo.blocked(branch, sha, role)
        {
            let text = format!("GH006: Protected branch update failed for refs/heads/{branch}.\n{why}");
            return Err(Refused::new(422, text));
        }
        let now = self.now();
        let repo = self.repo_by_id_mut(id)?;
        let before = repo.git.branches.insert(branch.to_owned(), sha.to_owned());
        repo.pushed_at = now;
        let known = before.unwrap_or_else(|| ZERO.to_owned());
        self.emit_push(id, &format!("refs/heads/{branch}"), &known, sha, pusher)?;
        self.suite_requested(id, sha, pusher)?;
        self.follow_head(id, branch, sha, pusher)?;
        self.follow_base(id, branch, sha, pusher)?;
        self.advance_all_queues()
    }

    /// Queues the `push`; `before` or `after` is all zeros where the ref was made or deleted.
    pub(super) fn emit_push(
        &mut self,
        id: u64,
        name: &str,
        before: &str,
        after: &str,
        pusher: &str,
    ) -> Result<(), Refused> {
        let repo = self.repo_by_id(id)?;
        let git = &repo.git;
        let (made, gone) = (before == ZERO, after == ZERO);
        let head = git.commits.get(git.peel(after));
        let tag = name.starts_with("refs/tags/");
        let news: Vec<&Commit> = match (tag || gone, made) {
            (true, _) => Vec::new(),
            (false, false) => git.ahead(before, after),
            (false, true) => {
                let others: BTreeSet<String> = git
                    .branches
                    .iter()
                    .filter(|(b, _)| name.strip_prefix("refs/heads/") != Some(b.as_str()))
                    .flat_map(|(_, tip)| git.ancestors(tip))
                    .collect();
                git.ancestors(after).difference(&others).filter_map(|s| git.commits.get(s)).collect()
            }
        };
        let commits: Vec<_> = news.iter().take(2048).map(|c| json::push_commit(self, repo, c)).collect();
        let forced = !tag && !made && !gone && !git.ancestors(after).contains(before);
        let base_ref = git
            .branches
            .iter()
            .find(|(b, tip)| made && head.is_some_and(|h| h.sha == **tip) && !name.ends_with(&format!("/{b}")))
            .map(|(b, _)| format!("refs/heads/{b}"));
        let mut repository = json::repository(self, repo);
        if let Some(map) = repository.as_object_mut() {
            map.insert("created_at".to_owned(), json!(repo.created_at));
            map.insert("pushed_at".to_owned(), json!(repo.pushed_at));
            map.insert("master_branch".to_owned(), json!(repo.default_branch));
        }
        let page = format!("{}/{}", self.base, repo.full_name());
        let payload = json!({
            "ref": name,
            "before": before,
            "after": after,
            "created": made,
            "deleted": gone,
            "forced": forced,
            "base_ref": base_ref,
            "compare": format!("{page}/compare/{before}...{after}"),
            "commits": commits,
            "head_commit": head.map(|c| json::push_commit(self, repo, c)),
            "repository": repository,
            "pusher": { "name": pusher, "email": format!("{pusher}@users.noreply.github.test") },
        });
        self.emit(id, "push", None, pusher, payload);
        Ok(())
    }

    fn follow_head(&mut self, id: u64, branch: &str, sha: &str, pusher: &str) -> Result<(), Refused> {
        let targets: Vec<(u64, u64)> = self
            .repos
            .values()
            .flat_map(|r| r.pulls().map(move |(i, p)| (r.id, i, p)))
            .filter(|(_, i, p)| i.state == State::Open && p.head_repo == Some(id) && p.head_ref == branch)
            .map(|(repo, i, _)| (repo, i.number))
            .collect();
        for (target, number) in targets {
            self.synchronize(target, number, id, sha, pusher)?;
        }
        Ok(())
    }

    /// Tags one commit: `push` and `create`. With a message the tag is annotated, and `push.after` is the tag object's id.
    pub fn create_tag(
        &mut self,
        repo: &str,
        tag: &str,
        target: &str,
        user: &str,
        message: Option<&str>,
    ) -> Result<String, Refused> {
        self.push_tags(repo, user, &[(tag, target)], message)?;
        let repo = self.repo(repo)?;
        repo.git.tags.get(tag).cloned().ok_or_else(Refused::not_found)
    }

    /// Pushes several tags at once. More than three send no event at all.
    pub fn push_tags(
        &mut self,
        repo: &str,
        user: &str,
        tags: &[(&str, &str)],
        message: Option<&str>,
    ) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        for (tag, target) in tags {
            if tag.is_empty() || tag.contains(|c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c)) {
                return Err(Refused::new(422, format!("{tag} is not a valid tag name")));
            }
            if found.git.tags.contains_key(*tag) {
                return Err(Refused::new(422, "Reference already exists"));
            }
            found.git.resolve(target).ok_or_else(|| no_branch(target))?;
        }
        for (tag, target) in tags {
            let now = self.tick_clock();
            let repo = self.repo_by_id_mut(id)?;
            let sha = repo.git.resolve(target).ok_or_else(|| no_branch(target))?.sha.clone();
            let object = match message {
                Some(text) => repo.git.write_tag(tag, &sha, text, user, now),
                None => sha,
            };
            repo.git.tags.insert((*tag).to_owned(), object.clone());
            repo.pushed_at = now;
            let master = repo.default_branch.clone();
            if tags.len() > 3 {
                continue;
            }
            self.emit_push(id, &format!("refs/tags/{tag}"), ZERO, &object, user)?;
            let payload = json!({
                "ref": tag, "ref_type": "tag", "master_branch": master, "description": "", "pusher_type": "user",
            });
            self.emit(id, "create", None, user, payload);
        }
        Ok(())
    }

    /// Moves a tag by force: one `push`, and no `create`.
    pub fn move_tag(&mut self, repo: &str, tag: &str, target: &str, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let (id, sha) = (found.id, found.git.resolve(target).ok_or_else(|| no_branch(target))?.sha.clone());
        let now = self.tick_clock();
        let repo = self.repo_by_id_mut(id)?;
        let before = repo.git.tags.insert(tag.to_owned(), sha.clone()).ok_or_else(Refused::not_found)?;
        repo.pushed_at = now;
        self.emit_push(id, &format!("refs/tags/{tag}"), &before, &sha, user)
    }

    /// Deletes a tag: `push` with `deleted`, and `delete` for those who subscribe.
    pub fn delete_tag(&mut self, repo: &str, tag: &str, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        let before = self.repo_by_id_mut(id)?.git.tags.remove(tag).ok_or_else(Refused::not_found)?;
        self.tick_clock();
        self.emit_push(id, &format!("refs/tags/{tag}"), &before, ZERO, user)?;
        self.emit(id, "delete", None, user, json!({ "ref": tag, "ref_type": "tag", "pusher_type": "user" }));
        Ok(())
    }

    /// Publishes a release, making its tag at `target` where there is none: up to five deliveries for one click.
    pub fn publish_release(
        &mut self,
        repo: &str,
        tag: &str,
        target: &str,
        user: &str,
        prerelease: Option<&str>,
    ) -> Result<u64, Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        if !found.git.tags.contains_key(tag) {
            self.create_tag(repo, tag, target, user, None)?;
        }
        let (release_id, now) = (self.id(), self.tick_clock());
        let release = Release {
            id: release_id,
            tag: tag.to_owned(),
            target: target.to_owned(),
            name: tag.to_owned(),
            body: prerelease.unwrap_or_default().to_owned(),
            draft: false,
            prerelease: prerelease.is_some(),
            author: user.to_owned(),
            published_at: now,
        };
        self.repo_by_id_mut(id)?.releases.insert(release_id, release.clone());
        let last = if release.prerelease { "prereleased" } else { "released" };
        for action in ["created", "published", last] {
            let value: Value = json::release(self, self.repo_by_id(id)?, &release);
            self.emit(id, "release", Some(action), user, json!({ "release": value }));
        }
        Ok(release_id)
    }
}

fn no_branch(name: &str) -> Refused {
    Refused::new(422, format!("No commit found for SHA: {name}"))
}
