//! What the App is installed on.

use super::{App, Error, Installation, Listing, Path, route};
use crate::ids::{InstallationId, RepoName, Repository, RepositoryId};
use serde::Deserialize;

/// Pages of a hundred that are read, of installations and of the repositories of one.
const MAX_PAGES: usize = 100;

#[derive(Deserialize)]
struct WireInstallation {
    id: u64,
    suspended_at: Option<String>,
}

#[derive(Deserialize)]
struct WireRepository {
    id: u64,
    full_name: String,
}

impl App {
    /// The installations of the App, those left out that are suspended.
    /// Source: <https://docs.github.com/en/rest/apps/apps#list-installations-for-the-authenticated-app>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn installations(&self) -> Result<Listing<Vec<InstallationId>>, Error> {
        let mut found = Vec::new();
        let mut next: Option<Path> = Some(route(&["app", "installations"]).query("per_page", 100));
        for _ in 0..MAX_PAGES {
            let Some(path) = next.take() else { break };
            let page = self.app_page::<WireInstallation>(&path).await?;
            let active = page.items.into_iter().filter(|installation| installation.suspended_at.is_none());
            found.extend(active.map(|installation| InstallationId(installation.id)));
            next = page.next;
        }
        let read = found.len();
        Ok(if next.is_none() { Listing::whole(found) } else { Listing::cut(found, "installations", read) })
    }
}

impl Installation {
    /// The repositories of the installation.
    /// Source: <https://docs.github.com/en/rest/apps/installations#list-repositories-accessible-to-the-app-installation>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn repositories(&self) -> Result<Listing<Vec<Repository>>, Error> {
        let path = route(&["installation", "repositories"]).query("per_page", 100);
        let found = self.get_all_in::<WireRepository>(&path, "repositories", MAX_PAGES).await?;
        let read = |wire: WireRepository| {
            let name = RepoName::parse(&wire.full_name)?;
            Some(Repository { id: RepositoryId(wire.id), installation: self.id(), name })
        };
        Ok(found.map(|all| all.into_iter().filter_map(read).collect()))
    }
}
