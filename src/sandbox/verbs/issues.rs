//! Issues: opening, editing, ticking, closing, deleting, transferring, labelling.
//!
//! A tick is what it is on GitHub: an edit of the whole body by the person who clicked, told as `issues.edited`.

use crate::sandbox::json;
use crate::sandbox::markdown::boxes;
use crate::sandbox::refused::Refused;
use crate::sandbox::repo::{Issue, Label, Milestone, Repo, Role, State};
use crate::sandbox::world::World;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Which box.
#[derive(Clone, Copy, Debug)]
pub enum Pick<'a> {
    /// The nth box of the body, from 0.
    Nth(usize),
    /// The first box whose text contains this.
    Text(&'a str),
    /// The box whose inner byte stands at this offset.
    Offset(usize),
}

/// What an issue is opened with.
#[derive(Clone, Debug, Default)]
pub struct NewIssue {
    /// The title.
    pub title: String,
    /// The body.
    pub body: Option<String>,
    /// Names of labels; those that are not there are made.
    pub labels: Vec<String>,
    /// Logins.
    pub assignees: Vec<String>,
    /// The issue type's name.
    pub kind: Option<String>,
    /// The milestone's number.
    pub milestone: Option<u64>,
}

/// What to change about an issue; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct IssueEdit {
    /// A new title.
    pub title: Option<String>,
    /// A new body.
    pub body: Option<String>,
    /// Open or close it.
    pub state: Option<State>,
    /// Why it is closed.
    pub state_reason: Option<String>,
    /// Exactly these labels and assignees.
    pub fields: Fields,
}

/// Sets that an edit replaces whole.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// Labels.
    pub labels: Option<Vec<String>>,
    /// Assignees.
    pub assignees: Option<Vec<String>>,
    /// The issue type's name.
    pub kind: Option<String>,
}

impl World {
    /// Opens an issue: `issues.opened`, then `assigned` and `labeled` for each.
    pub fn open_issue(&mut self, repo: &str, user: &str, new: &NewIssue) -> Result<u64, Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Read)?;
        if !found.has_issues {
            return Err(Refused::new(410, "Issues has been disabled in this repository."));
        }
        let id = found.id;
        if new.title.trim().is_empty() {
            return Err(Refused::invalid("Issue", "title", "missing_field"));
        }
        let may_sort = self.app_of_bot(user).is_some() || self.role(found, user) >= Some(Role::Triage);
        self.check_assignees(found, &new.assignees)?;
        if let Some(kind) = new.kind.as_ref().filter(|k| !found.issue_types.contains(*k)) {
            let message = format!("Validation Failed: type {kind} does not exist");
            return Err(Refused { status: 422, message, errors: Vec::new() });
        }
        if new.milestone.is_some_and(|number| !found.milestones.contains_key(&number)) {
            return Err(Refused::invalid("Issue", "milestone", "invalid"));
        }
        let (issue_id, now) = (self.id(), self.tick_clock());
        let hidden_for = self.knobs.list_lag;
        let number = self.repo_by_id_mut(id)?.number();
        let issue = Issue {
            id: issue_id,
            number,
            title: new.title.clone(),
            body: new.body.clone(),
            user: user.to_owned(),
            state: State::Open,
            state_reason: None,
            labels: BTreeSet::new(),
            assignees: Vec::new(),
            kind: new.kind.clone().filter(|_| may_sort),
            milestone: new.milestone.filter(|_| may_sort),
            locked: false,
            created_at: now,
            updated_at: now,
            closed_at: None,
            closed_by: None,
            hidden_for,
            versions: Vec::new(),
            pull: None,
        };
        self.repo_by_id_mut(id)?.issues.insert(number, issue);
        let (labels, assignees) =
            if may_sort { (new.labels.as_slice(), new.assignees.clone()) } else { (&[][..], vec![]) };
        for label in labels {
            self.put_label(id, label)?;
            self.repo_by_id_mut(id)?.issue_mut(number)?.labels.insert(label.clone());
        }
        self.repo_by_id_mut(id)?.issue_mut(number)?.assignees.clone_from(&assignees);
        self.emit_issue(id, number, "opened", user, json!({}))?;
        for login in &assignees {
            self.emit_issue(id, number, "assigned", user, json!({ "assignee": json::account(self, login) }))?;
        }
        for label in labels {
            self.emit_labeled(id, number, "labeled", label, user)?;
        }
        Ok(number)
    }

    fn check_assignees(&self, repo: &Repo, logins: &[String]) -> Result<(), Refused> {
        if logins.len() > 10 {
            return Err(Refused::invalid("Issue", "assignees", "too_many"));
        }
        match logins.iter().find(|l| self.role(repo, l).is_none()) {
            Some(unknown) => {
                let error = json!({ "value": unknown, "resource": "Issue", "field": "assignees", "code": "invalid" });
                Err(Refused { status: 422, message: "Validation Failed".to_owned(), errors: vec![error] })
            }
            None => Ok(()),
        }
    }

    /// Makes a milestone; its number.
    pub fn create_milestone(&mut self, repo: &str, title: &str, user: &str) -> Result<u64, Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Triage)?;
        let repository = found.id;
        let (id, created_at) = (self.id(), self.tick_clock());
        let milestones = &mut self.repo_by_id_mut(repository)?.milestones;
        let number = milestones.keys().max().copied().unwrap_or_default() + 1;
        let (title, creator) = (title.to_owned(), user.to_owned());
        milestones.insert(number, Milestone { id, number, title, creator, state: State::Open, created_at });
        Ok(number)
    }

    /// Makes a label where there is none of that name.
    pub(super) fn put_label(&mut self, id: u64, name: &str) -> Result<(), Refused> {
        if name.trim().is_empty() {
            return Err(Refused::invalid("Label", "name", "missing_field"));
        }
        let label_id = self.id();
        let label =
            Label { id: label_id, name: name.to_owned(), color: "ededed".to_owned(), description: String::new() };
        self.repo_by_id_mut(id)?.labels.entry(name.to_owned()).or_insert(label);
        Ok(())
    }

    /// Ticks a box: exactly one byte of the body changes. Ticking a ticked box does nothing.
    pub fn tick(&mut self, repo: &str, number: u64, user: &str, pick: Pick<'_>) -> Result<(), Refused> {
        self.flip(repo, number, user, pick, Some(true))
    }

    /// Unticks a box.
    pub fn untick(&mut self, repo: &str, number: u64, user: &str, pick: Pick<'_>) -> Result<(), Refused> {
        self.flip(repo, number, user, pick, Some(false))
    }

    /// Clicks on a box, whatever it was.
    pub fn toggle(&mut self, repo: &str, number: u64, user: &str, pick: Pick<'_>) -> Result<(), Refused> {
        self.flip(repo, number, user, pick, None)
    }

    fn flip(&mut self, repo: &str, number: u64, user: &str, pick: Pick<'_>, to: Option<bool>) -> Result<(), Refused> {
        let body = self.repo(repo)?.issue(number)?.body.clone().unwrap_or_default();
        let all = boxes(&body);
        let chosen = match pick {
            Pick::Nth(n) => all.get(n),
            Pick::Text(text) => all.iter().find(|b| b.text.contains(text)),
            Pick::Offset(at) => all.iter().find(|b| b.offset == at),
        };
        let chosen = chosen.ok_or_else(|| Refused::new(422, format!("there is no such box: {pick:?}")))?;
        if to == Some(chosen.checked) {
            return Ok(());
        }
        let mut bytes = body.into_bytes();
        if let Some(byte) = bytes.get_mut(chosen.offset) {
            *byte = if chosen.checked { b' ' } else { b'x' };
        }
        let text = String::from_utf8(bytes).map_err(|_| Refused::new(422, "that box is not one byte wide"))?;
        self.edit_issue_body(repo, number, user, &text)
    }

    /// Replaces the body: `issues.edited` (or `pull_request.edited`) with what was before.
    pub fn edit_issue_body(&mut self, repo: &str, number: u64, user: &str, body: &str) -> Result<(), Refused> {
        let crlf = self.knobs.crlf_on_edit && self.app_of_bot(user).is_none();
        let text = if crlf { body.replace("\r\n", "\n").replace('\n', "\r\n") } else { body.to_owned() };
        let edit = IssueEdit { body: Some(text), ..IssueEdit::default() };
        self.edit_issue(repo, number, user, &edit)
    }

    /// Changes an issue as `PATCH /issues/{n}` does, with a delivery for each thing that changed.
    pub fn edit_issue(&mut self, repo: &str, number: u64, user: &str, edit: &IssueEdit) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        let id = found.id;
        if found.issue(number)?.pull.is_some() {
            let pull = super::PullEdit { title: edit.title.clone(), body: edit.body.clone(), base: None };
            self.edit_pull_request(repo, number, user, &pull)?;
        } else {
            self.require_author_or(id, number, user, Role::Triage)?;
            self.edit_text(id, number, user, edit)?;
        }
        if let Some(logins) = &edit.fields.assignees {
            self.check_assignees(self.repo_by_id(id)?, logins)?;
            self.repo_by_id_mut(id)?.issue_mut(number)?.assignees.clone_from(logins);
        }
        if let Some(kind) = &edit.fields.kind {
            self.repo_by_id_mut(id)?.issue_mut(number)?.kind = Some(kind.clone());
        }
        if let Some(labels) = &edit.fields.labels {
            let now = self.repo_by_id(id)?.issue(number)?.labels.clone();
            for gone in now.iter().filter(|l| !labels.contains(l)) {
                self.unlabel(repo, number, user, gone)?;
            }
            for new in labels.iter().filter(|l| !now.contains(*l)) {
                self.label(repo, number, user, new)?;
            }
        }
        match edit.state {
            Some(State::Closed) => self.close_issue(repo, number, user, edit.state_reason.as_deref()),
            Some(State::Open) => self.reopen_issue(repo, number, user),
            None => Ok(()),
        }
    }

    fn edit_text(&mut self, id: u64, number: u64, user: &str, edit: &IssueEdit) -> Result<(), Refused> {
        let issue = self.repo_by_id(id)?.issue(number)?;
        let mut changes = Map::new();
        if edit.title.as_ref().is_some_and(|t| *t != issue.title) {
            changes.insert("title".to_owned(), json!({ "from": issue.title }));
        }
        if edit.body.as_ref().is_some_and(|b| issue.body.as_ref() != Some(b)) {
            changes.insert("body".to_owned(), json!({ "from": issue.body.clone().unwrap_or_default() }));
        }
        if changes.is_empty() {
            return Ok(());
        }
        let now = self.tick_clock();
        if let Some(body) = edit.body.as_ref().filter(|_| changes.contains_key("body")) {
            self.keep_version(id, number, user, body)?;
        }
        let issue = self.repo_by_id_mut(id)?.issue_mut(number)?;
        issue.updated_at = now;
        if let Some(title) = &edit.title {
            issue.title.clone_from(title);
        }
        if let Some(body) = &edit.body {
            issue.body = Some(body.clone());
        }
        self.emit_issue(id, number, "edited", user, json!({ "changes": Value::Object(changes) }))
    }

    /// Closes an issue: `issues.closed`, and GitHub ticks the boxes of open issues that name it.
    pub fn close_issue(&mut self, repo: &str, number: u64, user: &str, reason: Option<&str>) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        let id = found.id;
        if found.issue(number)?.pull.is_some() {
            return self.close_pull_request(repo, number, user);
        }
        self.require_author_or(id, number, user, Role::Triage)?;
        if self.repo_by_id(id)?.issue(number)?.state == State::Closed {
            return Ok(());
        }
        let now = self.tick_clock();
        let issue = self.repo_by_id_mut(id)?.issue_mut(number)?;
        issue.state = State::Closed;
        issue.state_reason = Some(reason.unwrap_or("completed").to_owned());
        issue.closed_at = Some(now);
        issue.closed_by = Some(user.to_owned());
        issue.updated_at = now;
        self.emit_issue(id, number, "closed", user, json!({}))?;
        let open: Vec<_> = self.repo_by_id(id)?.issues.values().filter(|i| i.state == State::Open).cloned().collect();
        for other in open {
            let body = other.body.unwrap_or_default();
            let named = |text: &str| {
                text.split(|c: char| !(c == '#' || c.is_ascii_alphanumeric())).any(|w| w == format!("#{number}"))
            };
            for item in boxes(&body).iter().filter(|b| !b.checked && named(&b.text)) {
                // GitHub does it in the closer's name, whatever role they have.
                let mut bytes = self.repo_by_id(id)?.issue(other.number)?.body.clone().unwrap_or_default().into_bytes();
                if let Some(byte) = bytes.get_mut(item.offset) {
                    *byte = b'x';
                }
                let text = String::from_utf8(bytes).unwrap_or_default();
                let edit = IssueEdit { body: Some(text), ..IssueEdit::default() };
                self.edit_text(id, other.number, user, &edit)?;
            }
        }
        Ok(())
    }

    /// Opens a closed issue again: `issues.reopened`.
    pub fn reopen_issue(&mut self, repo: &str, number: u64, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        let id = found.id;
        let issue = found.issue(number)?;
        if issue.pull.is_some() {
            return self.reopen_pull_request(repo, number, user);
        }
        if issue.state == State::Open {
            return Ok(());
        }
        self.require_author_or(id, number, user, Role::Triage)?;
        let now = self.tick_clock();
        let issue = self.repo_by_id_mut(id)?.issue_mut(number)?;
        issue.state = State::Open;
        issue.state_reason = Some("reopened".to_owned());
        issue.closed_at = None;
        issue.closed_by = None;
        issue.updated_at = now;
        self.emit_issue(id, number, "reopened", user, json!({}))
    }

    /// Locks the conversation: `issues.locked`.
    pub fn lock_issue(&mut self, repo: &str, number: u64, user: &str) -> Result<(), Refused> {
        let id = self.told_by(repo, number, user)?;
        self.repo_by_id_mut(id)?.issue_mut(number)?.locked = true;
        self.emit_issue(id, number, "locked", user, json!({}))
    }

    /// Pins an issue to the top of the list: `issues.pinned`.
    pub fn pin_issue(&mut self, repo: &str, number: u64, user: &str) -> Result<(), Refused> {
        let id = self.told_by(repo, number, user)?;
        self.emit_issue(id, number, "pinned", user, json!({}))
    }

    /// The repository's id, where somebody may write there and the issue is there; it changes now.
    fn told_by(&mut self, repo: &str, number: u64, user: &str) -> Result<u64, Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        let now = self.tick_clock();
        self.repo_by_id_mut(id)?.issue_mut(number)?.updated_at = now;
        Ok(id)
    }

    /// Deletes an issue for good: `issues.deleted`; the API answers 410 from then on.
    pub fn delete_issue(&mut self, repo: &str, number: u64, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Admin)?;
        let id = found.id;
        self.tick_clock();
        self.emit_issue(id, number, "deleted", user, json!({}))?;
        self.drop_issue(id, number, 410)
    }

    /// Moves an issue to another repository: `issues.transferred` here and `issues.opened` there.
    pub fn transfer_issue(&mut self, repo: &str, number: u64, to: &str, user: &str) -> Result<u64, Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        let issue = found.issue(number)?.clone();
        let target = self.repo(to)?.id;
        self.tick_clock();
        let new = self.repo_by_id_mut(target)?.number();
        let moved = Issue { number: new, id: self.id(), ..issue };
        self.repo_by_id_mut(target)?.issues.insert(new, moved);
        let there = self.repo_by_id(target)?;
        let changes = json!({ "changes": {
            "new_issue": json::issue(self, there, there.issue(new)?),
            "new_repository": json::repository(self, there),
        } });
        self.emit_issue(id, number, "transferred", user, changes)?;
        let here = self.repo_by_id(id)?;
        let changes = json!({ "changes": {
            "old_issue": json::issue(self, here, here.issue(number)?),
            "old_repository": json::repository(self, here),
        } });
        self.emit_issue(target, new, "opened", user, changes)?;
        self.drop_issue(id, number, 404)?;
        self.repo_by_id_mut(id)?.transferred.insert(number, (target, new));
        Ok(new)
    }

    fn drop_issue(&mut self, id: u64, number: u64, code: u16) -> Result<(), Refused> {
        let repo = self.repo_by_id_mut(id)?;
        repo.issues.remove(&number);
        repo.comments.retain(|_, c| c.number != number);
        repo.gone.insert(number, code);
        Ok(())
    }

    /// Puts a label on an issue or pull request: `labeled`.
    pub fn label(&mut self, repo: &str, number: u64, user: &str, label: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Triage)?;
        let id = found.id;
        self.put_label(id, label)?;
        let now = self.tick_clock();
        let issue = self.repo_by_id_mut(id)?.issue_mut(number)?;
        issue.updated_at = now;
        if !issue.labels.insert(label.to_owned()) {
            return Ok(());
        }
        self.emit_labeled(id, number, "labeled", label, user)
    }

    /// Takes a label off: `unlabeled`.
    pub fn unlabel(&mut self, repo: &str, number: u64, user: &str, label: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Triage)?;
        let id = found.id;
        let now = self.tick_clock();
        let issue = self.repo_by_id_mut(id)?.issue_mut(number)?;
        issue.updated_at = now;
        if !issue.labels.remove(label) {
            return Ok(());
        }
        self.emit_labeled(id, number, "unlabeled", label, user)
    }

    fn emit_labeled(&mut self, id: u64, number: u64, action: &str, label: &str, user: &str) -> Result<(), Refused> {
        let repo = self.repo_by_id(id)?;
        let value = repo.labels.get(label).map(|l| json::label(self, repo, l));
        let extra = json!({ "label": value });
        if repo.issue(number)?.pull.is_some() {
            self.emit_pull(id, number, action, user, extra)
        } else {
            self.emit_issue(id, number, action, user, extra)
        }
    }

    /// Queues an `issues` delivery with the state of now.
    pub(super) fn emit_issue(
        &mut self,
        id: u64,
        number: u64,
        action: &str,
        sender: &str,
        extra: Value,
    ) -> Result<(), Refused> {
        let repo = self.repo_by_id(id)?;
        let payload = json!({ "issue": json::issue(self, repo, repo.issue(number)?) });
        self.emit(id, "issues", Some(action), sender, json::merged(payload, extra));
        Ok(())
    }
}
