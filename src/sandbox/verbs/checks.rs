//! Check runs and suites: made and changed by Apps, asked for again by people.

use crate::sandbox::json;
use crate::sandbox::refused::Refused;
use crate::sandbox::repo::{CheckRun, Output, Role};
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// What an App says about a check run; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct CheckEdit {
    /// A new name.
    pub name: Option<String>,
    /// `queued`, `in_progress` or `completed`; a conclusion alone completes.
    pub status: Option<String>,
    /// How it ended.
    pub conclusion: Option<String>,
    /// The App's own name for it.
    pub external_id: Option<String>,
    /// Where the details are.
    pub details_url: Option<String>,
    /// Title, summary, text; annotations are added to those that are there.
    pub output: Option<Output>,
    /// Buttons.
    pub actions: Option<Vec<Value>>,
    /// When it began.
    pub started_at: Option<i64>,
    /// When it ended.
    pub completed_at: Option<i64>,
}

/// A check run to make.
#[derive(Clone, Debug)]
pub struct NewCheck {
    /// The name.
    pub name: String,
    /// The commit.
    pub head_sha: String,
    /// All else.
    pub edit: CheckEdit,
}

impl World {
    /// An App posts a check run: `check_run.created`, and `completed` where it is.
    pub fn create_check(&mut self, repo: &str, app_id: u64, new: &NewCheck) -> Result<u64, Refused> {
        let found = self.repo(repo)?;
        let id = found.id;
        if !found.git.commits.contains_key(&new.head_sha) {
            return Err(Refused::new(422, format!("No commit found for SHA: {}", new.head_sha)));
        }
        let suite = self.suite(id, app_id, &new.head_sha)?;
        let (run_id, now) = (self.id(), self.tick_clock());
        let run = CheckRun {
            id: run_id,
            suite,
            app_id,
            name: new.name.clone(),
            head_sha: new.head_sha.clone(),
            status: "queued".to_owned(),
            conclusion: None,
            external_id: String::new(),
            details_url: None,
            output: Output::default(),
            actions: Vec::new(),
            started_at: now,
            completed_at: None,
        };
        let mut run = run;
        apply(&mut run, &new.edit, now);
        let completed = run.status == "completed";
        self.repo_by_id_mut(id)?.check_runs.insert(run_id, run);
        self.emit_check(id, run_id, "created", &self.bot_of(app_id), json!({}))?;
        if completed {
            self.emit_check(id, run_id, "completed", &self.bot_of(app_id), json!({}))?;
            self.advance_queues(id)?;
        }
        Ok(run_id)
    }

    /// An App changes its check run: `check_run.completed` where that is new.
    pub fn edit_check(&mut self, repo: &str, run: u64, edit: &CheckEdit) -> Result<(), Refused> {
        let id = self.repo(repo)?.id;
        let now = self.tick_clock();
        let found = self.repo_by_id_mut(id)?.check_runs.get_mut(&run).ok_or_else(Refused::not_found)?;
        let before = (found.status.clone(), found.conclusion.clone());
        apply(found, edit, now);
        let app = found.app_id;
        if found.status == "completed" && before != (found.status.clone(), found.conclusion.clone()) {
            self.emit_check(id, run, "completed", &self.bot_of(app), json!({}))?;
            self.advance_queues(id)?;
        }
        Ok(())
    }

    /// Another App, or the App itself in a test, posts a finished check run.
    pub fn post_check(
        &mut self,
        repo: &str,
        app_id: u64,
        name: &str,
        sha: &str,
        conclusion: &str,
    ) -> Result<u64, Refused> {
        let edit = CheckEdit { conclusion: Some(conclusion.to_owned()), ..CheckEdit::default() };
        let new = NewCheck { name: name.to_owned(), head_sha: sha.to_owned(), edit };
        self.create_check(repo, app_id, &new)
    }

    /// Somebody clicks "Re-run" on a check run: `check_run.rerequested`; the run itself stays as it was.
    pub fn rerequest_check(&mut self, repo: &str, run: u64, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        self.tick_clock();
        self.emit_check(id, run, "rerequested", user, json!({}))
    }

    /// Somebody clicks one of the buttons, which are there once the run has ended: `check_run.requested_action`.
    pub fn request_action(&mut self, repo: &str, run: u64, user: &str, identifier: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        let there = |run: &&CheckRun| {
            let named = |action: &Value| action.get("identifier").and_then(Value::as_str) == Some(identifier);
            run.status == "completed" && run.actions.iter().any(named)
        };
        found.check_runs.get(&run).filter(there).ok_or_else(Refused::not_found)?;
        self.tick_clock();
        let extra = json!({ "requested_action": { "identifier": identifier } });
        self.emit_check(id, run, "requested_action", user, extra)
    }

    /// Somebody clicks "Re-run all checks" on a commit: `check_suite.rerequested`.
    pub fn rerequest_suite(&mut self, repo: &str, sha: &str, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        self.tick_clock();
        self.emit_suite(id, sha, "rerequested", user)
    }

    /// A push asks every App with `checks: write` for a suite: `check_suite.requested`.
    pub(super) fn suite_requested(&mut self, id: u64, sha: &str, pusher: &str) -> Result<(), Refused> {
        if self.repo_by_id(id)?.fork_of.is_some() {
            return Ok(());
        }
        self.emit_suite(id, sha, "requested", pusher)
    }

    fn emit_suite(&mut self, id: u64, sha: &str, action: &str, sender: &str) -> Result<(), Refused> {
        let app = self.app_id;
        let suite = self.suite(id, app, sha)?;
        let value = json::check_suite(self, self.repo_by_id(id)?, suite, app, sha);
        self.emit(id, "check_suite", Some(action), sender, json!({ "check_suite": value }));
        Ok(())
    }

    fn suite(&mut self, id: u64, app: u64, sha: &str) -> Result<u64, Refused> {
        let new = self.id();
        Ok(*self.repo_by_id_mut(id)?.suites.entry((app, sha.to_owned())).or_insert(new))
    }

    fn bot_of(&self, app: u64) -> String {
        self.apps.get(&app).map(crate::sandbox::world::App::bot).unwrap_or_default()
    }

    fn emit_check(&mut self, id: u64, run: u64, action: &str, sender: &str, extra: Value) -> Result<(), Refused> {
        let repo = self.repo_by_id(id)?;
        let found = repo.check_runs.get(&run).ok_or_else(Refused::not_found)?;
        let suite = json::check_suite(self, repo, found.suite, found.app_id, &found.head_sha);
        let mut value = json::check_run(self, repo, found);
        if let Some(map) = value.as_object_mut() {
            map.insert("check_suite".to_owned(), suite);
        }
        self.emit(id, "check_run", Some(action), sender, json::merged(json!({ "check_run": value }), extra));
        Ok(())
    }
}

fn apply(run: &mut CheckRun, edit: &CheckEdit, now: i64) {
    if let Some(name) = &edit.name {
        run.name.clone_from(name);
    }
    if let Some(id) = &edit.external_id {
        run.external_id.clone_from(id);
    }
    if edit.details_url.is_some() {
        run.details_url.clone_from(&edit.details_url);
    }
    if let Some(actions) = &edit.actions {
        run.actions.clone_from(actions);
    }
    if let Some(at) = edit.started_at {
        run.started_at = at;
    }
    if let Some(output) = &edit.output {
        run.output.title.clone_from(&output.title);
        run.output.summary.clone_from(&output.summary);
        run.output.text.clone_from(&output.text);
        run.output.annotations.extend(output.annotations.iter().cloned());
    }
    if let Some(status) = &edit.status {
        run.status.clone_from(status);
        if status != "completed" {
            run.conclusion = None;
            run.completed_at = None;
        }
    }
    if let Some(conclusion) = &edit.conclusion {
        run.status = "completed".to_owned();
        run.conclusion = Some(conclusion.clone());
        run.completed_at = Some(edit.completed_at.unwrap_or(now));
    }
}
