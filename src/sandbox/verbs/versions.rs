//! The edit history of an issue's text.

use crate::sandbox::refused::Refused;
use crate::sandbox::repo::{Role, Version};
use crate::sandbox::world::World;

impl World {
    /// Notes what an edit makes of the text. With the first one the history begins, and holds the text as it was opened too.
    pub(super) fn keep_version(&mut self, id: u64, number: u64, editor: &str, text: &str) -> Result<(), Refused> {
        let (first, next, now) = (self.id(), self.id(), self.now());
        let issue = self.repo_by_id_mut(id)?.issue_mut(number)?;
        let version = |id, editor: &str, at, text: String| Version {
            id,
            editor: editor.to_owned(),
            at,
            text: Some(text),
            deleted_at: None,
        };
        if issue.versions.is_empty() {
            let opened = issue.body.clone().unwrap_or_default();
            issue.versions.push(version(first, &issue.user, issue.created_at, opened));
        }
        issue.versions.push(version(next, editor, now, text.to_owned()));
        Ok(())
    }

    /// Takes the nth version, from 0, out of the history, as somebody with write access can. The newest one stays.
    pub fn delete_version(&mut self, repo: &str, number: u64, nth: usize, user: &str) -> Result<(), Refused> {
        let found = self.repo(repo)?;
        self.require(found, user, Role::Write)?;
        let id = found.id;
        let now = self.tick_clock();
        let versions = &mut self.repo_by_id_mut(id)?.issue_mut(number)?.versions;
        let newest = versions.len().saturating_sub(1);
        let version = versions.get_mut(nth).filter(|_| nth < newest).ok_or_else(Refused::not_found)?;
        (version.text, version.deleted_at) = (None, Some(now));
        Ok(())
    }
}
