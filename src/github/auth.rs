//! Who we are to GitHub: the App with its key, and its installations with their tokens.
//!
//! What installations may do with their tokens is in `tokens`.

use super::client::Installation;
use super::error::Error;
use super::route::{Path, route};
use super::session::{Page, Shared, decode};
use super::transport::{Requests, Transport};
use crate::ids::{InstallationId, RepoName, Repository, RepositoryId};
use crate::settings::Settings;
use anyhow::Context as _;
use http::Method;
use octocrab::auth::create_jwt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// For how long the App's record is believed.
const KNOWN_FOR_MS: i64 = 10 * 60_000;

/// The App's own record, from `GET /app`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AppIdentity {
    /// Its numeric id.
    pub id: u64,
    /// Its name in addresses; its bot's login is `<slug>[bot]`.
    pub slug: String,
}

impl AppIdentity {
    /// The login under which the App writes.
    #[must_use]
    pub fn login(&self) -> String {
        format!("{}[bot]", self.slug)
    }
}

/// The GitHub App. One per process: it holds one client for each installation.
pub struct App {
    pub(super) shared: Arc<Shared>,
    installations: Mutex<BTreeMap<InstallationId, Arc<Installation>>>,
    /// Who we are, and until when that is believed: an App's owner may rename it.
    me: tokio::sync::Mutex<Option<(AppIdentity, i64)>>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("app_id", &self.shared.app_id).finish_non_exhaustive()
    }
}

impl App {
    /// Reads the credentials; asks GitHub nothing yet. Call it within a tokio runtime.
    ///
    /// # Errors
    /// Where the App's id or key is missing, or the key signs nothing, or the settings do not say how GitHub is reached.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let credentials = settings.credentials()?;
        let key = jsonwebtoken::EncodingKey::from_rsa_pem(credentials.private_key.expose().as_bytes())
            .context("HOLDPOINT_GITHUB_PRIVATE_KEY is not an RSA private key in PEM")?;
        // A key of which the text is right may be broken all the same.
        create_jwt(credentials.app_id.into(), &key).context("HOLDPOINT_GITHUB_PRIVATE_KEY is no RSA private key")?;
        let transport = Transport::new(settings)?;
        let write_interval = Duration::from_millis(settings.write_interval_ms);
        let shared = Shared { transport, write_interval, app_id: credentials.app_id, key };
        Ok(Self {
            shared: Arc::new(shared),
            installations: Mutex::new(BTreeMap::new()),
            me: tokio::sync::Mutex::new(None),
        })
    }

    /// The App's id, from the settings.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.shared.app_id
    }

    /// The App's own record, as it was within the last minutes.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn me(&self) -> Result<AppIdentity, Error> {
        let mut known = self.me.lock().await;
        if let Some((me, _)) = known.as_ref().filter(|(_, until)| self.now_ms() < *until) {
            return Ok(me.clone());
        }
        let me: AppIdentity = self.app_get(&route(&["app"])).await?;
        *known = Some((me.clone(), self.now_ms().saturating_add(KNOWN_FOR_MS)));
        Ok(me)
    }

    /// Asks GitHub again who we are: the credentials work now.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn check(&self) -> Result<AppIdentity, Error> {
        let me: AppIdentity = self.app_get(&route(&["app"])).await?;
        *self.me.lock().await = Some((me.clone(), self.now_ms().saturating_add(KNOWN_FOR_MS)));
        Ok(me)
    }

    /// The client of one installation, always the same one. By itself it sees what every App sees: names and ids. What it may do in
    /// a repository, a [`Repo`](super::repo::Repo) may.
    #[must_use]
    pub fn installation(&self, id: InstallationId) -> Arc<Installation> {
        let mut known = self.installations.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(id).or_insert_with(|| Arc::new(Installation::new(Arc::clone(&self.shared), id))))
    }

    /// Reads as the App itself.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn app_get<T: DeserializeOwned>(&self, path: &Path) -> Result<T, Error> {
        decode(&self.shared.app_read(path).await?)
    }

    /// Reads one page of a list as the App itself, as of `/app/hook/deliveries`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn app_page<T: DeserializeOwned>(&self, path: &Path) -> Result<Page<T>, Error> {
        let answer = self.shared.app_read(path).await?;
        Ok(Page { items: decode(&answer)?, next: self.shared.next(&answer) })
    }

    /// A repository that the App is installed on, by its name; `None` where it is not.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn repository(&self, name: &RepoName) -> Result<Option<Repository>, Error> {
        let path = route(&["repos", &name.owner, &name.name]);
        let Some(installation) = self.installation_with(name).await? else { return Ok(None) };
        let found: Found = self.installation(installation).get(&path).await?;
        // It may have another name by now.
        let name = found.full_name.as_deref().and_then(RepoName::parse).unwrap_or_else(|| name.clone());
        Ok(Some(Repository { installation, id: RepositoryId(found.id), name }))
    }

    /// A repository by its id, which no rename and no transfer changes, as it is seen through the first of these installations
    /// that sees it; `None` where none does, or where the App is not installed on it any more.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn repository_of(
        &self,
        id: RepositoryId,
        through: &[InstallationId],
    ) -> Result<Option<Repository>, Error> {
        for installation in through {
            let path = route(&["repositories"]).segment(id);
            let found: Found = match self.installation(*installation).get(&path).await {
                Ok(found) => found,
                // It was transferred away from this one, or this one is gone.
                Err(Error::NotFound | Error::Forbidden { .. } | Error::Unauthorized { .. }) => continue,
                Err(error) => return Err(error),
            };
            let Some(name) = found.full_name.as_deref().and_then(RepoName::parse) else { continue };
            // A public repository is seen through any installation, and belongs to one.
            let installation = self.installation_with(&name).await?;
            return Ok(installation.map(|installation| Repository { installation, id, name }));
        }
        Ok(None)
    }

    /// The installation that has a repository.
    async fn installation_with(&self, name: &RepoName) -> Result<Option<InstallationId>, Error> {
        match self.app_get::<Found>(&route(&["repos", &name.owner, &name.name, "installation"])).await {
            Ok(found) => Ok(Some(InstallationId(found.id))),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes as the App itself; the answer's body is not read.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn app_post(&self, path: &Path) -> Result<(), Error> {
        self.shared.as_app(Method::POST, path, None).await?.success(self.shared.transport.now_ms()).map(|_| ())
    }

    /// How many requests this process has sent.
    #[must_use]
    pub fn requests(&self) -> Requests {
        self.shared.transport.requests()
    }

    /// The present as this room sees it, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.shared.transport.now_ms()
    }

    /// From now on it is at least `now_ms`: for a worker that jumps over waits instead of sleeping through them.
    pub fn not_before(&self, now_ms: i64) {
        self.shared.transport.not_before(now_ms);
    }
}

#[derive(Deserialize)]
struct Found {
    id: u64,
    full_name: Option<String>,
}
