//! Gathers who somebody is, and what they may: role, access and teams, as GitHub says it now.
//!
//! Races, and the choices made. An account may be renamed between what it did and the time at which we ask, and its old login
//! may be somebody else's by then: it is asked for by its number where the login leads to another one.

use super::{Context, Failure, OrFail as _};
use crate::checklist::{Checklist, parse};
use crate::config::{ChecklistConfig, Role};
use crate::event::Sender;
use crate::github::Error;
use crate::github::repo::Repo;
use crate::ids::Account;
use crate::plan::ticks::{Person, logins, teams};
use crate::release::people::{Named, People};
use crate::store::ReleaseRow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Whom this batch asked about.
#[derive(Default)]
pub(super) struct KnownPeople(BTreeMap<Account, Person>);

impl KnownPeople {
    /// Somebody of whom this batch knows what they may, or is told now.
    pub(super) async fn ask(
        &mut self,
        ctx: &Context,
        repo: &Repo,
        sender: &Sender,
        row: &ReleaseRow,
        opened: &Checklist,
        config: &ChecklistConfig,
    ) -> Result<&Person, Failure> {
        Ok(match self.0.entry(sender.account()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(person(ctx, repo, sender, &row.people(), opened, config).await?),
        })
    }
}

/// What somebody may, as far as this checklist and its rules ask for it.
pub(super) async fn person(
    ctx: &Context,
    repo: &Repo,
    sender: &Sender,
    people: &People<'_>,
    opened: &Checklist,
    config: &ChecklistConfig,
) -> Result<Person, Failure> {
    let mut person = Person {
        sender: sender.clone(),
        role: Role::None,
        collaborator: false,
        teams: BTreeMap::new(),
        hidden_teams: BTreeSet::new(),
    };
    if sender.bot {
        return Ok(person);
    }
    let member = repo.member(&sender.account()).await.or_fail(ctx)?;
    person.role = member.role;
    for team in teams(opened, config) {
        if let Some((org, slug)) = team.trim_start_matches('@').split_once('/') {
            // A team that is hidden from us has no members for us; a release must not wait for an administrator to tick at all.
            let member = match repo.in_team(org, slug, &member.login).await {
                Err(error @ Error::Forbidden { .. }) if !error.suspended() => {
                    tracing::warn!(team, %error, "GitHub does not show who is in a team");
                    person.hidden_teams.insert(team.clone());
                    false
                }
                other => other.or_fail(ctx)?,
            };
            person.teams.insert(team, member);
        }
    }
    let in_team = person.teams.values().any(|member| *member);
    let named = || logins(opened, config).iter().any(|login| people.meant(login).is(&sender.account()));
    person.collaborator = match member.role {
        Role::None => false,
        // On a public repository it is everybody's.
        Role::Read => in_team || (named() && repo.is_collaborator(&member.login).await.or_fail(ctx)?),
        Role::Triage | Role::Write | Role::Maintain | Role::Admin => true,
    };
    Ok(person)
}

/// Whom the names in a release's checklist and rules mean: as it is noted, and now where that is not known yet. A login that
/// somebody else registers later is somebody else.
pub(super) async fn resolve(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    config: &ChecklistConfig,
) -> Result<Named, Failure> {
    let (opened, _) = parse::parse(&row.opened_body);
    let mut named = row.named.clone();
    for login in logins(&opened, config) {
        if !named.contains_key(&login)
            && let Some(id) = repo.account(&login).await.or_fail(ctx)?
        {
            named.insert(login, id);
        }
    }
    Ok(named)
}
