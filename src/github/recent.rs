//! What GitHub said a moment ago and may have changed since: what people may do, and what the last batch saw of a repository.
//!
//! Kept for a minute, in this process alone. It never makes anything green: see [`Repo::remembered`](super::repo::Repo::remembered).
//!
//! Races, and the choices made. Only what somebody **may** is remembered of people: whose role is taken away may tick a minute
//! longer, as if the tick had been faster, and who is given one need not wait. A view is that of the newest batch, and every event
//! but the edit of an issue reads the repository anew: so a view is never older than what was last decided. A batch takes the
//! view away and gives it back when all of it is done: what was broken off is done again with nothing remembered.

use super::account::Member;
use super::cache::Cache;
use super::view::View;
use crate::config::Role;
use crate::ids::{Account, RepositoryId, Sha};
use std::sync::Arc;

/// Bytes of all views that are kept, about.
const MAX_VIEW_BYTES: usize = 8 << 20;

/// So long, in milliseconds.
const KEPT_MS: i64 = 60_000;

/// Everything that is remembered, for all repositories. Each with the time at which it was read, in milliseconds since 1970.
#[derive(Debug)]
pub(super) struct Recent {
    members: Cache<(RepositoryId, Account), (Member, i64)>,
    teams: Cache<(RepositoryId, String), i64>,
    views: Cache<RepositoryId, View>,
    /// Names of default branches, however old: what is decided by one, reads it anew.
    default_branches: Cache<RepositoryId, String>,
    /// Tips of branches, however old: the same holds for them.
    tips: Cache<(RepositoryId, String), Sha>,
}

impl Default for Recent {
    fn default() -> Self {
        let views = Cache::weighed(MAX_VIEW_BYTES, View::bytes);
        let (default_branches, tips) = (Cache::new(10_000), Cache::new(10_000));
        Self { tips, members: Cache::new(1_024), teams: Cache::new(1_024), views, default_branches }
    }
}

pub(super) fn is_fresh(read: i64, now: i64) -> bool {
    (0..KEPT_MS).contains(&(now - read))
}

impl Recent {
    pub(super) fn member(&self, of: &(RepositoryId, Account), now: i64) -> Option<Member> {
        self.members.get(of).filter(|known| is_fresh(known.1, now)).map(|known| known.0.clone())
    }

    /// Remembers somebody who may tick; of anybody else nothing is kept.
    pub(super) fn is_member(&self, of: (RepositoryId, Account), member: &Member, now: i64) {
        if member.role >= Role::Write {
            self.members.put(of, Arc::new((member.clone(), now)));
        }
    }

    pub(super) fn in_team(&self, of: &(RepositoryId, String), now: i64) -> bool {
        self.teams.get(of).is_some_and(|read| is_fresh(*read, now))
    }

    pub(super) fn is_in_team(&self, of: (RepositoryId, String), now: i64) {
        self.teams.put(of, Arc::new(now));
    }

    pub(super) fn default_branch(&self, repository: RepositoryId) -> Option<Arc<String>> {
        self.default_branches.get(&repository)
    }

    pub(super) fn is_default_branch(&self, repository: RepositoryId, name: &str) {
        if self.default_branch(repository).is_none_or(|known| *known != name) {
            self.default_branches.put(repository, Arc::new(name.to_owned()));
        }
    }

    pub(super) fn tip(&self, repository: RepositoryId, branch: &str) -> Option<Sha> {
        self.tips.get(&(repository, branch.to_owned())).map(|tip| Sha::clone(&tip))
    }

    pub(super) fn is_tip(&self, repository: RepositoryId, branch: &str, tip: Option<&Sha>) {
        if let Some(tip) = tip.filter(|tip| self.tip(repository, branch).as_ref() != Some(*tip)) {
            self.tips.put((repository, branch.to_owned()), Arc::new(tip.clone()));
        }
    }

    pub(super) fn take(&self, repository: RepositoryId) -> Option<Arc<View>> {
        self.views.take(&repository)
    }

    pub(super) fn keep(&self, repository: RepositoryId, view: &Arc<View>) {
        self.views.put(repository, Arc::clone(view));
    }
}
