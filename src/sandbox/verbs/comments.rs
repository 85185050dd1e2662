//! Comments on issues and pull requests, and reactions to them.

use crate::sandbox::json;
use crate::sandbox::refused::Refused;
use crate::sandbox::repo::{Comment, Role};
use crate::sandbox::world::World;
use serde_json::{Value, json};

impl World {
    /// Comments on an issue or pull request: `issue_comment.created`.
    pub fn comment(&mut self, repo: &str, number: u64, user: &str, body: &str) -> Result<u64, Refused> {
        self.comment_through(repo, number, user, None, body)
    }

    /// As [`World::comment`], by an App with a token that acts for the person.
    pub fn comment_through(
        &mut self,
        repo: &str,
        number: u64,
        user: &str,
        app: Option<u64>,
        body: &str,
    ) -> Result<u64, Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Read)?;
        let id = found.id;
        if found.issue(number)?.locked && self.role(found, user) < Some(Role::Write) {
            return Err(Refused::forbidden("Unable to create comment because issue is locked."));
        }
        if body.trim().is_empty() {
            return Err(Refused::invalid("IssueComment", "body", "missing_field"));
        }
        let (comment_id, now) = (self.id(), self.tick_clock());
        let comment = Comment {
            id: comment_id,
            number,
            user: user.to_owned(),
            body: body.to_owned(),
            created_at: now,
            updated_at: now,
            edited_at: None,
            app,
            reactions: Vec::new(),
        };
        let repo = self.repo_by_id_mut(id)?;
        repo.issue_mut(number)?.updated_at = now;
        repo.comments.insert(comment_id, comment);
        self.emit_comment(id, comment_id, "created", user, json!({}))?;
        Ok(comment_id)
    }

    /// Edits a comment: `issue_comment.edited` with what was before.
    pub fn edit_comment(&mut self, repo: &str, comment: u64, user: &str, body: &str) -> Result<(), Refused> {
        let id = self.own_comment(repo, comment, user)?;
        let now = self.tick_clock();
        let found = self.repo_by_id_mut(id)?.comments.get_mut(&comment).ok_or_else(Refused::not_found)?;
        let from = std::mem::replace(&mut found.body, body.to_owned());
        if from == body {
            return Ok(());
        }
        found.updated_at = now;
        found.edited_at = Some(now);
        self.emit_comment(id, comment, "edited", user, json!({ "changes": { "body": { "from": from } } }))
    }

    /// Deletes a comment: `issue_comment.deleted`.
    pub fn delete_comment(&mut self, repo: &str, comment: u64, user: &str) -> Result<(), Refused> {
        let id = self.own_comment(repo, comment, user)?;
        self.tick_clock();
        self.emit_comment(id, comment, "deleted", user, json!({}))?;
        self.repo_by_id_mut(id)?.comments.remove(&comment);
        Ok(())
    }

    /// Reacts to a comment. Reactions send nothing. `true` where it is new.
    pub fn react(&mut self, repo: &str, comment: u64, user: &str, content: &str) -> Result<bool, Refused> {
        let id = self.repo(repo)?.id;
        let reaction = self.id();
        let found = self.repo_by_id_mut(id)?.comments.get_mut(&comment).ok_or_else(Refused::not_found)?;
        if found.reactions.iter().any(|(_, login, given)| login == user && given == content) {
            return Ok(false);
        }
        found.reactions.push((reaction, user.to_owned(), content.to_owned()));
        self.tick_clock();
        Ok(true)
    }

    /// One's own comments, and with Write everybody's.
    fn own_comment(&self, repo: &str, comment: u64, user: &str) -> Result<u64, Refused> {
        let found = self.repo(repo)?;
        let own = found.comments.get(&comment).ok_or_else(Refused::not_found)?.user == user;
        self.require(found, user, if own { Role::Read } else { Role::Write })?;
        Ok(found.id)
    }

    fn emit_comment(&mut self, id: u64, comment: u64, action: &str, sender: &str, extra: Value) -> Result<(), Refused> {
        let repo = self.repo_by_id(id)?;
        let found = repo.comments.get(&comment).ok_or_else(Refused::not_found)?;
        let payload = json!({
            "issue": json::issue(self, repo, repo.issue(found.number)?),
            "comment": json::comment(self, repo, found),
        });
        self.emit(id, "issue_comment", Some(action), sender, json::merged(payload, extra));
        Ok(())
    }
}
