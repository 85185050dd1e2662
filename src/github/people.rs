//! Who somebody is in a repository: number, role, access and teams. Each a documented call that only reads.

use super::account::Member;
use super::repo::Repo;
use super::tokens::Scope;
use super::wire::WireAccount;
use super::{Error, route};
use crate::config::Role;
use crate::ids::{Account, AccountId};
use serde::Deserialize;

#[derive(Deserialize)]
struct WirePermission {
    permission: String,
    role_name: Option<String>,
    user: Option<WireAccount>,
}

#[derive(Deserialize)]
struct WireMembership {
    state: String,
}

impl Repo {
    /// What an account may do in the repository, as it was within the minute. Somebody whom GitHub does not know here has no role;
    /// a custom role counts as the built-in role that GitHub says it is based on. Where its login is another account's by now, it
    /// is asked for by its number.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn member(&self, account: &Account) -> Result<Member, Error> {
        let (of, now) = ((self.repository.id, account.clone()), self.installation.now_ms());
        if let Some(known) = self.objects.recent.member(&of, now) {
            return Ok(known);
        }
        let mut login = account.login.clone();
        let mut found = self.permission(&login).await?;
        let own = |of: Option<AccountId>| of.is_none() || account.id.is_none() || of == account.id;
        if let Some(id) = account.id
            && found.as_ref().is_none_or(|(_, of)| !own(*of))
        {
            found = match self.login_of(id).await? {
                Some(now) if !now.eq_ignore_ascii_case(&login) => {
                    login = now;
                    self.permission(&login).await?.filter(|(_, of)| own(*of))
                }
                Some(_) | None => None,
            };
        }
        let member = Member { login, role: found.map_or(Role::None, |(role, _)| role) };
        self.objects.recent.is_member(of, &member, now);
        Ok(member)
    }

    /// The number of the account that has a login now; `None` where nobody has it.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn account(&self, login: &str) -> Result<Option<AccountId>, Error> {
        Ok(self.permission(login).await?.and_then(|(_, id)| id))
    }

    /// The role that GitHub says an account has here, and the account's number.
    async fn permission(&self, login: &str) -> Result<Option<(Role, Option<AccountId>)>, Error> {
        let path = self.path(&["collaborators", login, "permission"]);
        match self.get::<WirePermission>(&path).await {
            Ok(wire) => {
                let named = wire.role_name.as_deref().and_then(Role::parse);
                let role = named.or_else(|| Role::parse(&wire.permission)).unwrap_or(Role::None);
                Ok(Some((role, wire.user.and_then(|user| user.id).map(AccountId))))
            }
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The login that an account has now; `None` where it is gone.
    /// Source: <https://docs.github.com/en/rest/users/users#get-a-user-using-their-id>.
    async fn login_of(&self, id: AccountId) -> Result<Option<String>, Error> {
        match self.get::<WireAccount>(&route(&["user"]).segment(id)).await {
            Ok(wire) => Ok(Some(wire.login)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether somebody gave an account access to the repository: on a public one everybody may read.
    /// Source: <https://docs.github.com/en/rest/collaborators/collaborators#check-if-a-user-is-a-repository-collaborator>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn is_collaborator(&self, login: &str) -> Result<bool, Error> {
        match self.installation.get_with(&self.path(&["collaborators", login]), "application/vnd.github+json").await {
            Ok(_) => Ok(true),
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether an account is an active member of a team, or was within the minute.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn in_team(&self, org: &str, team: &str, login: &str) -> Result<bool, Error> {
        let now = self.installation.now_ms();
        let of = (self.repository.id, format!("{org}/{team}/{login}").to_lowercase());
        if self.objects.recent.in_team(&of, now) {
            return Ok(true);
        }
        let path = route(&["orgs", org, "teams", team, "memberships", login]);
        match self.installation.scoped(Scope::Teams).get::<WireMembership>(&path).await {
            Ok(wire) => {
                let active = wire.state == "active";
                if active {
                    self.objects.recent.is_in_team(of, now);
                }
                Ok(active)
            }
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
