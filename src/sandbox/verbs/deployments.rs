//! Deployments: asked for by a workflow, and ended. Only what the deliveries tell of them; no API reads them.

use crate::sandbox::json;
use crate::sandbox::refused::Refused;
use crate::sandbox::world::World;
use serde_json::{Value, json};

impl World {
    /// A workflow ended a deployment of a branch, tag or commit: `deployment_status.created` with `state`.
    pub fn deploy(&mut self, repo: &str, rev: &str, environment: &str, state: &str, user: &str) -> Result<(), Refused> {
        let (id, deployment) = self.deployment(repo, rev, environment, user)?;
        let (status, now) = (self.id(), self.tick_clock());
        let status = json!({
            "id": status,
            "node_id": json::node("DeploymentStatus", status),
            "state": state,
            "creator": json::account(self, user),
            "description": "",
            "environment": environment,
            "target_url": "",
            "log_url": "",
            "created_at": json::time(now),
            "updated_at": json::time(now),
        });
        let told = json!({ "deployment": deployment, "deployment_status": status });
        self.emit(id, "deployment_status", Some("created"), user, told);
        Ok(())
    }

    fn deployment(&mut self, repo: &str, rev: &str, environment: &str, user: &str) -> Result<(u64, Value), Refused> {
        let found = self.repo(repo)?;
        let id = found.id;
        let sha = found.deployable(rev)?;
        let (deployment, now) = (self.id(), self.tick_clock());
        let told = json!({
            "id": deployment,
            "node_id": json::node("Deployment", deployment),
            "sha": sha,
            "ref": rev,
            "task": "deploy",
            "payload": {},
            "original_environment": environment,
            "environment": environment,
            "description": null,
            "creator": json::account(self, user),
            "created_at": json::time(now),
            "updated_at": json::time(now),
            "transient_environment": false,
            "production_environment": environment == "production",
        });
        Ok((id, told))
    }
}
