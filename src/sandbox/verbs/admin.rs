//! What owners do: install and suspend the App, protect branches, rename repositories.

use crate::sandbox::json;
use crate::sandbox::refused::Refused;
use crate::sandbox::repo::{Protection, RequiredCheck, Role};
use crate::sandbox::world::{Installation, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl World {
    /// Archives a repository, which is read only from then on, or takes that back.
    pub fn set_archived(&mut self, repo: &str, archived: bool, user: &str) -> Result<(), Refused> {
        let id = self.repo(repo)?.id;
        self.tick_clock();
        self.repo_by_id_mut(id)?.archived = archived;
        self.emit(id, "repository", Some(if archived { "archived" } else { "unarchived" }), user, json!({}));
        Ok(())
    }

    /// Switches the issues of a repository on or off; no delivery tells of it that we take.
    pub fn set_issues(&mut self, repo: &str, on: bool) -> Result<(), Refused> {
        let id = self.repo(repo)?.id;
        self.tick_clock();
        self.repo_by_id_mut(id)?.has_issues = on;
        Ok(())
    }

    /// Installs the App on an account, for some repositories or (`None`) all: `installation.created`.
    pub fn install(&mut self, account: &str, repositories: Option<&[&str]>, user: &str) -> Result<u64, Refused> {
        let app = self.app()?;
        let (app_id, permissions) = (app.id, app.permissions.clone());
        let chosen = match repositories {
            Some(names) => {
                let ids: Option<BTreeSet<u64>> = names.iter().map(|n| self.repo_id(n)).collect();
                Some(ids.ok_or_else(Refused::not_found)?)
            }
            None => None,
        };
        let (id, now) = (self.id(), self.tick_clock());
        let installation = Installation {
            id,
            app_id,
            account: account.to_owned(),
            repositories: chosen,
            permissions,
            suspended_at: None,
            created_at: now,
        };
        self.installations.insert(id, installation);
        let list = self.installed(id);
        self.emit_installation("installation", "created", id, user, json!({ "repositories": list, "requester": null }));
        Ok(id)
    }

    /// Takes the App off an account: `installation.deleted`; its tokens are dead.
    pub fn uninstall(&mut self, id: u64, user: &str) -> Result<(), Refused> {
        self.tick_clock();
        let list = self.installed(id);
        self.emit_installation("installation", "deleted", id, user, json!({ "repositories": list }));
        self.tokens.retain(|_, t| t.installation != id);
        self.installations.remove(&id).map(|_| ()).ok_or_else(Refused::not_found)
    }

    /// Suspends an installation: `installation.suspend`; its calls answer 403.
    pub fn suspend(&mut self, id: u64, user: &str) -> Result<(), Refused> {
        let now = self.tick_clock();
        self.installations.get_mut(&id).ok_or_else(Refused::not_found)?.suspended_at = Some(now);
        let list = self.installed(id);
        self.emit_installation("installation", "suspend", id, user, json!({ "repositories": list }));
        Ok(())
    }

    /// Ends a suspension: `installation.unsuspend`.
    pub fn unsuspend(&mut self, id: u64, user: &str) -> Result<(), Refused> {
        self.tick_clock();
        self.installations.get_mut(&id).ok_or_else(Refused::not_found)?.suspended_at = None;
        let list = self.installed(id);
        self.emit_installation("installation", "unsuspend", id, user, json!({ "repositories": list }));
        Ok(())
    }

    /// Adds a repository to an installation of chosen ones: `installation_repositories.added`.
    pub fn add_to_installation(&mut self, id: u64, repo: &str, user: &str) -> Result<(), Refused> {
        let repo_id = self.repo(repo)?.id;
        self.tick_clock();
        let chosen = &mut self.installations.get_mut(&id).ok_or_else(Refused::not_found)?.repositories;
        chosen.get_or_insert_default().insert(repo_id);
        let added = vec![self.brief(repo_id)];
        let extra = json!({
            "repository_selection": "selected",
            "repositories_added": added,
            "repositories_removed": [],
            "requester": null,
        });
        self.emit_installation("installation_repositories", "added", id, user, extra);
        Ok(())
    }

    /// Takes a repository from an installation: `installation_repositories.removed`.
    pub fn remove_from_installation(&mut self, id: u64, repo: &str, user: &str) -> Result<(), Refused> {
        let repo_id = self.repo(repo)?.id;
        self.tick_clock();
        let account = self.installations.get(&id).ok_or_else(Refused::not_found)?.account.clone();
        let all: BTreeSet<u64> = self.repos.values().filter(|r| r.owner == account).map(|r| r.id).collect();
        let chosen = &mut self.installations.get_mut(&id).ok_or_else(Refused::not_found)?.repositories;
        chosen.get_or_insert(all).remove(&repo_id);
        let removed = vec![self.brief(repo_id)];
        let extra = json!({
            "repository_selection": "selected",
            "repositories_added": [],
            "repositories_removed": removed,
            "requester": null,
        });
        self.emit_installation("installation_repositories", "removed", id, user, extra);
        Ok(())
    }

    fn installed(&self, id: u64) -> Vec<Value> {
        let Some(installation) = self.installations.get(&id) else { return Vec::new() };
        self.repos.values().filter(|r| installation.reaches(r)).map(|r| self.brief(r.id)).collect()
    }

    fn brief(&self, id: u64) -> Value {
        self.repos.get(&id).map_or(Value::Null, |r| {
            json!({
                "id": r.id,
                "node_id": json::node("Repository", r.id),
                "name": r.name,
                "full_name": r.full_name(),
                "private": r.private,
            })
        })
    }

    /// Gives somebody a role in a repository, or (`None`) takes it away. Sends nothing that the App hears.
    pub fn set_role(&mut self, repo: &str, login: &str, role: Option<Role>) -> Result<(), Refused> {
        let roles = &mut self.repo_mut(repo)?.roles;
        match role {
            Some(role) => roles.insert(login.to_owned(), role),
            None => roles.remove(login),
        };
        self.tick_clock();
        Ok(())
    }

    /// Gives an account another login, as its owner may. The old one is free then: whoever registers it is somebody else.
    pub fn rename_user(&mut self, old: &str, new: &str) -> Result<(), Refused> {
        let mut user = self.users.remove(old).ok_or_else(Refused::not_found)?;
        new.clone_into(&mut user.login);
        self.users.insert(new.to_owned(), user);
        self.tick_clock();
        let put = |login: &mut String| {
            if login == old {
                new.clone_into(login);
            }
        };
        for team in self.orgs.values_mut().flat_map(|org| org.teams.values_mut()) {
            for logins in [&mut team.members, &mut team.invited] {
                if logins.remove(old) {
                    logins.insert(new.to_owned());
                }
            }
        }
        for repo in self.repos.values_mut() {
            if let Some(role) = repo.roles.remove(old) {
                repo.roles.insert(new.to_owned(), role);
            }
            repo.comments.values_mut().for_each(|comment| put(&mut comment.user));
            for issue in repo.issues.values_mut() {
                put(&mut issue.user);
                issue.assignees.iter_mut().chain(issue.closed_by.as_mut()).for_each(put);
                issue.versions.iter_mut().for_each(|version| put(&mut version.editor));
                if let Some(merged) = issue.pull.as_mut().and_then(|pull| pull.merged.as_mut()) {
                    put(&mut merged.by);
                }
            }
        }
        Ok(())
    }

    /// Gives the App under test another name, as its owner may: its slug and its bot's login change, and no number does.
    pub fn rename_app(&mut self, slug: &str) -> Result<(), Refused> {
        let old = self.bot();
        let id = self.app_id;
        slug.clone_into(&mut self.apps.get_mut(&id).ok_or_else(Refused::not_found)?.slug);
        let new = self.bot();
        self.rename_user(&old, &new)
    }

    /// Requires checks on a branch, each from one App (`None`: from any), of administrators too.
    pub fn set_protection(&mut self, repo: &str, branch: &str, checks: &[(&str, Option<u64>)]) -> Result<(), Refused> {
        self.protect(repo, branch, checks, false)
    }

    /// As [`World::set_protection`], by a ruleset.
    pub fn set_ruleset(&mut self, repo: &str, branch: &str, checks: &[(&str, Option<u64>)]) -> Result<(), Refused> {
        self.protect(repo, branch, checks, true)
    }

    fn protect(
        &mut self,
        repo: &str,
        branch: &str,
        checks: &[(&str, Option<u64>)],
        ruleset: bool,
    ) -> Result<(), Refused> {
        let checks = checks.iter().map(|(c, app)| RequiredCheck { context: (*c).to_owned(), app_id: *app }).collect();
        let protection = Protection { ruleset, checks, strict: false, enforce_admins: true };
        self.repo_mut(repo)?.protection.insert(branch.to_owned(), protection);
        self.tick_clock();
        Ok(())
    }

    /// Renames a repository: `repository.renamed`; the old name answers 301.
    pub fn rename_repository(&mut self, repo: &str, name: &str, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Admin)?;
        let (id, old, full) = (found.id, found.name.clone(), found.full_name());
        self.tick_clock();
        self.renamed.insert(full.to_lowercase(), id);
        name.clone_into(&mut self.repo_by_id_mut(id)?.name);
        let changes = json!({ "changes": { "repository": { "name": { "from": old } } } });
        self.emit(id, "repository", Some("renamed"), user, changes);
        Ok(())
    }
}
