//! Workflow runs that deploy: started, held by the App's protection rule, let through, cancelled, run again.

use crate::sandbox::actions::{Environment, Gate, Report, WorkflowRun};
use crate::sandbox::json;
use crate::sandbox::refused::Refused;
use crate::sandbox::repo::Role;
use crate::sandbox::world::World;
use serde_json::json;

/// In whose name workflows deploy.
const WORKFLOWS: &str = "github-actions[bot]";
/// So many reports without a state GitHub takes of one deployment.
const REPORTS: usize = 10;

impl World {
    /// Makes an environment, or changes it: whether the App is one of its protection rules.
    pub fn set_environment(&mut self, repo: &str, name: &str, rule: bool) -> Result<(), Refused> {
        let (id, made) = (self.repo(repo)?.id, self.id());
        let created_at = self.tick_clock();
        let known = &mut self.repo_by_id_mut(id)?.environments;
        let new = Environment { id: made, name: name.to_owned(), rule, created_at };
        known.entry(name.to_lowercase()).or_insert(new).rule = rule;
        Ok(())
    }

    /// Somebody who may push starts a workflow of a branch, tag or commit that deploys to environments. Those that the App
    /// protects ask it: `deployment_protection_rule.requested`.
    pub fn start_deploying(
        &mut self,
        repo: &str,
        git_ref: &str,
        environments: &[&str],
        user: &str,
    ) -> Result<u64, Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        let sha = found.deployable(git_ref)?;
        let (number, created_at) = (self.id(), self.tick_clock());
        let run = WorkflowRun {
            id: number,
            attempt: 0,
            git_ref: git_ref.to_owned(),
            sha,
            actor: user.to_owned(),
            status: "completed".to_owned(),
            conclusion: None,
            created_at,
            gates: Vec::new(),
        };
        self.repo_by_id_mut(id)?.runs.insert(number, run);
        let environments: Vec<String> = environments.iter().map(|e| (*e).to_owned()).collect();
        self.attempt(repo, number, &environments, user)?;
        Ok(number)
    }

    /// As [`World::start_deploying`], to one environment that the App protects.
    pub fn request_deployment(&mut self, repo: &str, rev: &str, environment: &str, user: &str) -> Result<u64, Refused> {
        self.set_environment(repo, environment, true)?;
        self.start_deploying(repo, rev, &[environment], user)
    }

    /// Runs all jobs of a run that ended once more.
    pub fn rerun(&mut self, repo: &str, run: u64, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let run = found.runs.get(&run).ok_or_else(Refused::not_found)?.clone();
        if run.status != "completed" {
            return Err(Refused::new(403, "The workflow run is still in progress"));
        }
        let environments: Vec<String> = run.gates.iter().map(|g| g.environment.clone()).collect();
        self.attempt(repo, run.id, &environments, user)
    }

    fn attempt(&mut self, repo: &str, run: u64, environments: &[String], user: &str) -> Result<(), Refused> {
        let id = self.repo(repo)?.id;
        let found = self.repo_by_id_mut(id)?.runs.get_mut(&run).ok_or_else(Refused::not_found)?;
        found.attempt += 1;
        found.conclusion = None;
        found.gates = Vec::new();
        "in_progress".clone_into(&mut found.status);
        let (git_ref, sha) = (found.git_ref.clone(), found.sha.clone());
        for environment in environments {
            let held = self.repo_by_id(id)?.environments.get(&environment.to_lowercase()).is_some_and(|e| e.rule);
            let deployment = self.create_deployment(repo, &git_ref, environment, WORKFLOWS)?;
            if let Some(made) = self.repo_by_id_mut(id)?.deployments.get_mut(&deployment) {
                // A branch may have moved since the run began.
                made.sha.clone_from(&sha);
            }
            let state = if held { "waiting" } else { "open" };
            let gate = Gate { environment: environment.clone(), deployment, state, reports: Vec::new() };
            let found = self.repo_by_id_mut(id)?.runs.get_mut(&run).ok_or_else(Refused::not_found)?;
            found.gates.push(gate);
            if !held {
                self.deploys(repo, run, deployment)?;
                continue;
            }
            "waiting".clone_into(&mut found.status);
            self.set_deployment_status(repo, deployment, "pending", WORKFLOWS)?;
            let found = self.repo_by_id(id)?;
            let told = found.deployments.get(&deployment).map(|d| json::deployment(self, found, d));
            let api = format!("{}/repos/{}", self.base, found.full_name());
            let payload = json!({
                "environment": environment,
                "event": "push",
                "sha": sha,
                "ref": git_ref,
                "deployment_callback_url": format!("{api}/actions/runs/{run}/deployment_protection_rule"),
                "deployment": told,
                "pull_requests": [],
            });
            self.emit(id, "deployment_protection_rule", Some("requested"), user, payload);
        }
        Ok(())
    }

    /// What was held is let through, or nothing held it.
    fn deploys(&mut self, repo: &str, run: u64, deployment: u64) -> Result<(), Refused> {
        self.set_deployment_status(repo, deployment, "in_progress", WORKFLOWS)?;
        if !self.knobs.deploys_at_once {
            return Ok(());
        }
        self.set_deployment_status(repo, deployment, "success", WORKFLOWS)?;
        let found = self.repo_mut(repo)?;
        let ended =
            |id: u64| found.deployments.get(&id).is_some_and(|d| d.statuses.iter().any(|s| s.state == "success"));
        let all = found.runs.get(&run).is_some_and(|r| r.gates.iter().all(|g| ended(g.deployment)));
        if let Some(run) = found.runs.get_mut(&run).filter(|_| all) {
            "completed".clone_into(&mut run.status);
            run.conclusion = Some("success".to_owned());
        }
        Ok(())
    }

    /// The workflow ends: what was let through has succeeded, or failed.
    pub fn finish_run(&mut self, repo: &str, run: u64, conclusion: &str) -> Result<(), Refused> {
        let found = self.repo_mut(repo)?.runs.get_mut(&run).ok_or_else(Refused::not_found)?;
        "completed".clone_into(&mut found.status);
        found.conclusion = Some(conclusion.to_owned());
        let done: Vec<u64> =
            found.gates.iter().filter(|g| matches!(g.state, "approved" | "open")).map(|g| g.deployment).collect();
        let state = if conclusion == "success" { "success" } else { "failure" };
        for deployment in done {
            self.set_deployment_status(repo, deployment, state, WORKFLOWS)?;
        }
        self.tick_clock();
        Ok(())
    }

    /// Somebody who may push cancels a run. No App is told.
    pub fn cancel_run(&mut self, repo: &str, run: u64, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let found = self.repo_mut(repo)?.runs.get_mut(&run).ok_or_else(Refused::not_found)?;
        if found.status == "completed" {
            return Err(Refused::new(409, "Cannot cancel a workflow run that is completed."));
        }
        "completed".clone_into(&mut found.status);
        found.conclusion = Some("cancelled".to_owned());
        self.tick_clock();
        Ok(())
    }

    /// Deletes a run.
    pub fn delete_run(&mut self, repo: &str, run: u64, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        self.repo_mut(repo)?.runs.remove(&run).ok_or_else(Refused::not_found)?;
        self.tick_clock();
        Ok(())
    }

    /// An administrator starts what waits, whatever its protection rules say.
    pub fn bypass_rules(&mut self, repo: &str, run: u64, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Admin)?;
        let held = found.runs.get(&run).ok_or_else(Refused::not_found)?.gates.clone();
        for gate in held.iter().filter(|g| g.state == "waiting") {
            self.let_through(repo, run, &gate.environment)?;
        }
        Ok(())
    }

    fn let_through(&mut self, repo: &str, run: u64, environment: &str) -> Result<(), Refused> {
        let found = self.repo_mut(repo)?.runs.get_mut(&run).ok_or_else(Refused::not_found)?;
        let gate = found.gates.iter_mut().find(|g| g.environment.eq_ignore_ascii_case(environment));
        let gate = gate.ok_or_else(Refused::not_found)?;
        gate.state = "approved";
        let deployment = gate.deployment;
        if found.gates.iter().all(|g| g.state != "waiting") {
            "in_progress".clone_into(&mut found.status);
        }
        self.tick_clock();
        self.deploys(repo, run, deployment)
    }

    /// The App answers for a deployment that waits for it. The flag says whether a refusal is the App's own fault: what ended
    /// meanwhile is none.
    pub fn answer_deployment(
        &mut self,
        repo: &str,
        run: u64,
        environment: &str,
        state: Option<&str>,
        comment: &str,
    ) -> Result<(), (Refused, bool)> {
        let fault = |text: &str| (Refused::new(422, text), true);
        let no_fault = |refused: Refused| (refused, false);
        let now = self.tick_clock();
        let runs = &mut self.repo_mut(repo).map_err(no_fault)?.runs;
        let found = runs.get_mut(&run).ok_or_else(|| no_fault(Refused::not_found()))?;
        let ended = found.status == "completed";
        let gate = found.gates.iter_mut().find(|g| g.environment.eq_ignore_ascii_case(environment));
        let gate = gate.ok_or_else(|| fault("No such environment is deployed to by this run"))?;
        if gate.state == "open" {
            return Err(fault("The rule was not requested for this deployment"));
        }
        if ended || gate.state != "waiting" {
            // GitHub documents no refusal of this call; 404 any call may get.
            return Err(no_fault(Refused::not_found()));
        }
        let said = match state {
            None if gate.reports.len() >= REPORTS => return Err(fault("Too many status reports for this deployment")),
            None if comment.is_empty() => return Err(fault("A comment is required where there is no state")),
            None => None,
            Some("approved") => Some("approved"),
            Some("rejected") => Some("rejected"),
            Some(_) => return Err(fault("state is not one of approved, rejected")),
        };
        if comment.chars().count() > 1024 {
            return Err(fault("comment is too long (maximum is 1024 characters)"));
        }
        gate.reports.push(Report { state: said, comment: comment.to_owned(), at: now });
        match said {
            Some("approved") => self.let_through(repo, run, environment).map_err(no_fault),
            Some(_) => {
                gate.state = "rejected";
                self.finish_run(repo, run, "failure").map_err(no_fault)
            }
            None => Ok(()),
        }
    }
}
