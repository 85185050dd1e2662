//! What other tools tell of a commit: commit statuses and deployments; and releases that are taken back.

use crate::sandbox::json;
use crate::sandbox::refused::Refused;
use crate::sandbox::repo::{CommitStatus, Deployment, DeploymentStatus, Role};
use crate::sandbox::world::World;
use serde_json::json;

impl World {
    /// Somebody who may push posts a commit status: `status`.
    pub fn post_status(
        &mut self,
        repo: &str,
        sha: &str,
        context: &str,
        state: &str,
        user: &str,
    ) -> Result<u64, Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        if !["error", "failure", "pending", "success"].contains(&state) {
            return Err(Refused::invalid("Status", "state", "invalid"));
        }
        if !found.git.commits.contains_key(sha) {
            return Err(Refused::new(422, format!("No commit found for SHA: {sha}")));
        }
        let (status, now) = (self.id(), self.tick_clock());
        let made = CommitStatus {
            id: status,
            sha: sha.to_owned(),
            context: context.to_owned(),
            state: state.to_owned(),
            creator: user.to_owned(),
            created_at: now,
        };
        self.repo_by_id_mut(id)?.statuses.push(made.clone());
        let repo = self.repo_by_id(id)?;
        let mut payload = json::commit_status(self, repo, &made);
        if let (Some(map), Some(commit)) = (payload.as_object_mut(), repo.git.commits.get(sha)) {
            map.insert("sha".to_owned(), json!(sha));
            map.insert("name".to_owned(), json!(repo.full_name()));
            map.insert("commit".to_owned(), json::commit(self, repo, commit));
            map.insert("branches".to_owned(), json!([]));
        }
        self.emit(id, "status", None, user, payload);
        Ok(status)
    }

    /// Somebody who may push asks for a deployment of a branch, tag or commit.
    pub fn create_deployment(
        &mut self,
        repo: &str,
        git_ref: &str,
        environment: &str,
        user: &str,
    ) -> Result<u64, Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        let sha = found.deployable(git_ref)?;
        let (deployment, now) = (self.id(), self.tick_clock());
        let made = Deployment {
            id: deployment,
            sha,
            git_ref: git_ref.to_owned(),
            environment: environment.to_owned(),
            creator: user.to_owned(),
            created_at: now,
            statuses: Vec::new(),
        };
        self.repo_by_id_mut(id)?.deployments.insert(deployment, made.clone());
        let value = json::deployment(self, self.repo_by_id(id)?, &made);
        self.emit(id, "deployment", Some("created"), user, json!({ "deployment": value }));
        Ok(deployment)
    }

    /// Whoever deploys says how it goes: `deployment_status`, which GitHub does not send for `inactive`.
    pub fn set_deployment_status(
        &mut self,
        repo: &str,
        deployment: u64,
        state: &str,
        user: &str,
    ) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        let known = ["error", "failure", "inactive", "in_progress", "queued", "pending", "success", "waiting"];
        if !known.contains(&state) {
            return Err(Refused::invalid("DeploymentStatus", "state", "invalid"));
        }
        let (status, now) = (self.id(), self.tick_clock());
        let made = DeploymentStatus { id: status, state: state.to_owned(), creator: user.to_owned(), created_at: now };
        let found = self.repo_by_id_mut(id)?.deployments.get_mut(&deployment).ok_or_else(Refused::not_found)?;
        found.statuses.push(made.clone());
        let found = found.clone();
        let repo = self.repo_by_id(id)?;
        let payload = json!({
            "deployment": json::deployment(self, repo, &found),
            "deployment_status": json::deployment_status(self, repo, &found, &made),
            "check_run": null,
            "workflow": null,
            "workflow_run": null,
        });
        if state != "inactive" {
            self.emit(id, "deployment_status", Some("created"), user, payload);
        }
        Ok(())
    }

    /// Deletes a release; its tag stays: `release.deleted`.
    pub fn delete_release(&mut self, repo: &str, release: u64, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        let gone = self.repo_by_id_mut(id)?.releases.remove(&release).ok_or_else(Refused::not_found)?;
        self.tick_clock();
        let value = json::release(self, self.repo_by_id(id)?, &gone);
        self.emit(id, "release", Some("deleted"), user, json!({ "release": value }));
        Ok(())
    }

    /// Makes a draft of a published release: `release.unpublished`.
    pub fn unpublish_release(&mut self, repo: &str, release: u64, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        self.tick_clock();
        let found = self.repo_by_id_mut(id)?.releases.get_mut(&release).ok_or_else(Refused::not_found)?;
        found.draft = true;
        let found = found.clone();
        let value = json::release(self, self.repo_by_id(id)?, &found);
        self.emit(id, "release", Some("unpublished"), user, json!({ "release": value }));
        Ok(())
    }
}
