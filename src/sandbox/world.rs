//! The state of the stand-in GitHub: accounts, repositories, installations and the clock, as plain structs.
//!
//! It is deterministic: ids count up and the clock moves a second with every change (the demo uses the real time). Nothing
//! here answers HTTP or sends anything; what GitHub would send is queued in [`Hooks`].

use super::hooks::Hooks;
use super::refused::Refused;
use super::repo::{Repo, Role};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

/// What kind of account a login is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// A person.
    User,
    /// An App's own account, `slug[bot]`.
    Bot,
}

/// A person or a bot.
#[derive(Clone, Debug)]
pub struct User {
    /// The name in `@login`.
    pub login: String,
    /// The numeric id.
    pub id: u64,
    /// Person or bot.
    pub kind: AccountKind,
    /// The name for people.
    pub name: String,
}

/// A team of an organisation.
#[derive(Clone, Debug)]
pub struct Team {
    /// The numeric id.
    pub id: u64,
    /// The name in `@org/slug`.
    pub slug: String,
    /// Logins.
    pub members: BTreeSet<String>,
    /// Logins of people who were invited and have not accepted.
    pub invited: BTreeSet<String>,
}

/// An organisation.
#[derive(Clone, Debug)]
pub struct Org {
    /// The name in `@org`.
    pub login: String,
    /// The numeric id.
    pub id: u64,
    /// Teams by slug.
    pub teams: BTreeMap<String, Team>,
}

/// A GitHub App. The world may hold several, so that a check run can come from the wrong one.
#[derive(Clone, Debug)]
pub struct App {
    /// The numeric id: `iss` of its JWT.
    pub id: u64,
    /// The slug; its bot is `slug[bot]`.
    pub slug: String,
    /// The name for people.
    pub name: String,
    /// The account that registered it.
    pub owner: String,
    /// The other form of `iss`.
    pub client_id: String,
    /// The key of its deliveries' signatures.
    pub webhook_secret: String,
    /// The public half of its key, PKCS#1 DER; empty until the stand-in starts.
    pub public_key: Vec<u8>,
    /// Permissions that it asks for.
    pub permissions: BTreeMap<String, String>,
    /// Events that it subscribes to.
    pub events: Vec<String>,
    /// When it was registered.
    pub created_at: i64,
}

impl App {
    /// The login of its bot.
    #[must_use]
    pub fn bot(&self) -> String {
        format!("{}[bot]", self.slug)
    }
}

/// An App on an account.
#[derive(Clone, Debug)]
pub struct Installation {
    /// The numeric id.
    pub id: u64,
    /// Which App.
    pub app_id: u64,
    /// The account's login.
    pub account: String,
    /// Its repositories; `None` means all of the account's.
    pub repositories: Option<BTreeSet<u64>>,
    /// What the account granted.
    pub permissions: BTreeMap<String, String>,
    /// When an owner suspended it.
    pub suspended_at: Option<i64>,
    /// When it was made.
    pub created_at: i64,
}

/// An installation token. It runs out by the real clock, because clients cache by it.
#[derive(Clone, Debug)]
pub struct Token {
    /// For which installation.
    pub installation: u64,
    /// Narrowed to these repositories.
    pub repositories: Option<BTreeSet<u64>>,
    /// What it may do.
    pub permissions: BTreeMap<String, String>,
    /// Real seconds since 1970.
    pub expires_at: i64,
}

/// Where the time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Starts at a given second and moves by one with every change.
    Counted(i64),
    /// The machine's clock, for the demo.
    Real,
}

/// One step of the demo's guided tour.
#[derive(Clone, Debug)]
pub struct Step {
    /// What to do, in a few words.
    pub title: String,
    /// What to look at, in a sentence or two.
    pub text: String,
    /// Where, as a path on this server; empty for nowhere.
    pub link: String,
}

/// How this GitHub differs from its best behaviour.
#[derive(Clone, Debug, Default)]
pub struct Knobs {
    /// `git/trees?recursive=1` stops after so many entries and says `truncated`.
    pub tree_limit: Option<usize>,
    /// Edits through the pages store `\r\n`, as browsers send it.
    pub crlf_on_edit: bool,
    /// A page of a list holds at most so many, whatever is asked for.
    pub page_limit: Option<usize>,
    /// Issues made through the API are listed only after so many further requests (GitHub's lists lag).
    pub list_lag: u32,
    /// Seconds by which the clock of this server is ahead of the machine's: in the `Date` of its answers, and where it looks
    /// at the times of a JWT.
    pub clock_ahead: i64,
    /// Branches do not say what classic protection asks for, as GitHub keeps it from callers who may not see it.
    pub hide_protection: bool,
    /// A workflow that may deploy has deployed at once; else it ends when somebody says so.
    pub deploys_at_once: bool,
}

/// Everything there is.
#[derive(Clone, Debug)]
pub struct World {
    /// The time.
    pub clock: Clock,
    /// Scheme, host and port of this server, without a slash at the end.
    pub base: String,
    /// The App under test.
    pub app_id: u64,
    /// All Apps by id.
    pub apps: BTreeMap<u64, App>,
    /// People and bots by login.
    pub users: BTreeMap<String, User>,
    /// Organisations by login.
    pub orgs: BTreeMap<String, Org>,
    /// Repositories by id.
    pub repos: BTreeMap<u64, Repo>,
    /// Former full names, in lower case, and the repository that answers to them.
    pub renamed: BTreeMap<String, u64>,
    /// Installations by id.
    pub installations: BTreeMap<u64, Installation>,
    /// Installation tokens by their text.
    pub tokens: BTreeMap<String, Token>,
    /// Deliveries, sent and to be sent.
    pub hooks: Hooks,
    /// Deviations.
    pub knobs: Knobs,
    /// The demo's guided tour, shown on the home page.
    pub tour: Vec<Step>,
    /// Counts changes; the pages poll it.
    pub revision: u64,
    /// `false` until the stand-in starts: changes made before are history, and nobody is told of them.
    pub live: bool,
    next_id: u64,
}

/// Seconds since 1970 by the machine's clock: for tokens and JWTs, which clients check against it too.
#[must_use]
pub fn real_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

impl World {
    /// A world with nothing in it but the App under test.
    #[must_use]
    pub fn empty(app: App, start: i64) -> Self {
        let mut world = Self {
            clock: Clock::Counted(start),
            base: "http://github.test".to_owned(),
            app_id: app.id,
            apps: BTreeMap::new(),
            users: BTreeMap::new(),
            orgs: BTreeMap::new(),
            repos: BTreeMap::new(),
            renamed: BTreeMap::new(),
            installations: BTreeMap::new(),
            tokens: BTreeMap::new(),
            hooks: Hooks::default(),
            knobs: Knobs::default(),
            tour: Vec::new(),
            revision: 0,
            live: false,
            next_id: 1000,
        };
        world.add_app(app);
        world
    }

    /// Adds an App and its bot.
    pub fn add_app(&mut self, app: App) {
        let (id, login) = (self.id(), app.bot());
        let user = User { login: login.clone(), id, kind: AccountKind::Bot, name: app.name.clone() };
        self.users.insert(login, user);
        self.apps.insert(app.id, app);
    }

    /// Adds a person.
    pub fn add_user(&mut self, login: &str, name: &str) {
        let id = self.id();
        let user = User { login: login.to_owned(), id, kind: AccountKind::User, name: name.to_owned() };
        self.users.insert(login.to_owned(), user);
    }

    /// Adds an organisation without teams.
    pub fn add_org(&mut self, login: &str) {
        let id = self.id();
        self.orgs.insert(login.to_owned(), Org { login: login.to_owned(), id, teams: BTreeMap::new() });
    }

    /// Adds a team, or replaces it.
    pub fn set_team(&mut self, org: &str, slug: &str, members: &[&str]) {
        let id = self.id();
        if let Some(org) = self.orgs.get_mut(org) {
            let members = members.iter().map(|m| (*m).to_owned()).collect();
            org.teams.insert(slug.to_owned(), Team { id, slug: slug.to_owned(), members, invited: BTreeSet::new() });
        }
    }

    /// Invites somebody into a team; who accepts is put there by [`World::set_team`].
    pub fn invite_to_team(&mut self, org: &str, slug: &str, login: &str) {
        if let Some(team) = self.orgs.get_mut(org).and_then(|org| org.teams.get_mut(slug)) {
            team.invited.insert(login.to_owned());
        }
    }

    /// The next id; they count up over all kinds.
    pub fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// The time, unmoved.
    #[must_use]
    pub fn now(&self) -> i64 {
        match self.clock {
            Clock::Counted(now) => now,
            Clock::Real => real_now(),
        }
    }

    /// Notes a change and gives its time.
    pub fn tick_clock(&mut self) -> i64 {
        self.revision += 1;
        if let Clock::Counted(now) = &mut self.clock {
            *now += 1;
        }
        self.now()
    }

    /// The App under test.
    pub fn app(&self) -> Result<&App, Refused> {
        self.apps.get(&self.app_id).ok_or_else(Refused::not_found)
    }

    /// The login of the App's bot.
    #[must_use]
    pub fn bot(&self) -> String {
        self.apps.get(&self.app_id).map(App::bot).unwrap_or_default()
    }

    /// The App behind a bot's login.
    #[must_use]
    pub fn app_of_bot(&self, login: &str) -> Option<&App> {
        self.apps.values().find(|a| a.bot() == login)
    }

    /// A repository's id by its full name, in any case.
    #[must_use]
    pub fn repo_id(&self, full_name: &str) -> Option<u64> {
        self.repos.values().find(|r| r.full_name().eq_ignore_ascii_case(full_name)).map(|r| r.id)
    }

    /// A repository by its full name.
    pub fn repo(&self, full_name: &str) -> Result<&Repo, Refused> {
        self.repo_id(full_name).and_then(|id| self.repos.get(&id)).ok_or_else(Refused::not_found)
    }

    /// A repository by its full name, to change.
    pub fn repo_mut(&mut self, full_name: &str) -> Result<&mut Repo, Refused> {
        let id = self.repo_id(full_name).ok_or_else(Refused::not_found)?;
        self.repos.get_mut(&id).ok_or_else(Refused::not_found)
    }

    /// A repository by its id.
    pub fn repo_by_id(&self, id: u64) -> Result<&Repo, Refused> {
        self.repos.get(&id).ok_or_else(Refused::not_found)
    }

    /// A repository by its id, to change.
    pub fn repo_by_id_mut(&mut self, id: u64) -> Result<&mut Repo, Refused> {
        self.repos.get_mut(&id).ok_or_else(Refused::not_found)
    }

    /// What somebody may do in a repository. Apps' bots write through their installation and have no role.
    #[must_use]
    pub fn role(&self, repo: &Repo, login: &str) -> Option<Role> {
        if repo.owner == login {
            return Some(Role::Admin);
        }
        let open = (!repo.private && self.users.contains_key(login)).then_some(Role::Read);
        repo.roles.get(login).copied().or(open)
    }

    /// Refuses, as the pages do, where somebody has less than a role. An App's bot has passed the API's own check before.
    pub fn require(&self, repo: &Repo, login: &str, least: Role) -> Result<(), Refused> {
        if self.app_of_bot(login).is_some() {
            return Ok(());
        }
        match self.role(repo, login) {
            Some(role) if role >= least => Ok(()),
            Some(_) => Err(Refused::forbidden(format!("@{login} may not do this in {}", repo.full_name()))),
            None => Err(Refused::not_found()),
        }
    }

    /// The App's installation that reaches a repository.
    #[must_use]
    pub fn installation_of(&self, repo: &Repo) -> Option<&Installation> {
        self.installations.values().find(|i| i.app_id == self.app_id && i.account == repo.owner && i.reaches(repo))
    }

    /// Every token stops working, as after an hour.
    pub fn expire_tokens(&mut self) {
        for token in self.tokens.values_mut() {
            token.expires_at = 0;
        }
    }
}

impl Installation {
    /// Whether a repository is among its own.
    #[must_use]
    pub fn reaches(&self, repo: &Repo) -> bool {
        self.account == repo.owner && self.repositories.as_ref().is_none_or(|set| set.contains(&repo.id))
    }
}
