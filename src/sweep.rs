//! Whatever was missed although every delivery arrived: every repository is looked at once an hour, but for those without a checklist
//! in which nothing changed.
//!
//! It only enqueues; what follows comes through the queue like everything else.

use crate::github::Error;
use crate::github::redelivery::{Redelivery, Round};
use crate::handle::{self, Change, Context};
use crate::ids::{Repository, RepositoryId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often failed deliveries are looked for.
const EVERY: Duration = Duration::from_secs(600);
/// How often every repository is looked at, in milliseconds.
const RECHECK_EVERY_MS: i64 = 3_600_000;

/// Sweeps until `stop` is cancelled: at once, and then every ten minutes.
pub async fn run(context: Arc<Context>, stop: CancellationToken) {
    let mut sweeps = Sweeps::default();
    while !stop.is_cancelled() {
        sweeps.sweep(&context).await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// What a process knows of its earlier sweeps.
#[derive(Debug, Default)]
pub struct Sweeps {
    redelivery: Redelivery,
    /// When the database was doubted last, in milliseconds since 1970.
    doubted_at: Option<i64>,
}

impl Sweeps {
    /// Requests failed deliveries, doubts an older copy of the database, and has the repositories looked at if that is due.
    ///
    /// The time at which they were is kept in the database, so it outlives the process.
    pub async fn sweep(&mut self, context: &Context) {
        match self.redelivery.request(&context.github).await {
            Ok(round) => {
                if round.requested > 0 {
                    tracing::info!(requested = round.requested, "requested failed deliveries again");
                }
                if let Err(error) = self.doubt_older_copy(context, round).await {
                    tracing::warn!(%error, "whether the database is an older copy is not known");
                }
            }
            Err(error) => tracing::warn!(%error, "could not request failed deliveries"),
        }
        let now = context.github.now_ms();
        match context.store.mend_times(now).await {
            Ok(0) => {}
            Ok(jobs) => tracing::warn!(jobs, "jobs waited for a time far ahead: a clock was wrong"),
            Err(error) => tracing::warn!(%error, "the times of waiting jobs were not looked at"),
        }
        match context.store.begin_sweep(now, RECHECK_EVERY_MS).await {
            Ok(true) => recheck(context).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the time of the last sweep cannot be read"),
        }
    }

    /// A delivery that GitHub says was taken, and that the database does not have, was taken with another one: this is an older copy of
    /// it, or a new one. What an older copy says of GitHub is read anew before anything rests on it.
    ///
    /// A relay that answers GitHub and loses deliveries looks the same. So a process doubts its database once an hour at most; a copy
    /// can only come with a new process.
    async fn doubt_older_copy(&mut self, context: &Context, round: Round) -> anyhow::Result<()> {
        let now = context.github.now_ms();
        let Some(newest) = round.newest_taken else { return Ok(()) };
        if self.doubted_at.is_some_and(|at| (0..RECHECK_EVERY_MS).contains(&(now - at))) {
            return Ok(());
        }
        if context.store.lacks_delivery(round.taken).await? && context.store.doubt(newest).await? {
            self.doubted_at = Some(now);
            tracing::warn!(
                "the database lacks deliveries that GitHub says were accepted: all checks are read and written anew"
            );
        }
        Ok(())
    }
}

/// Under this name the index of no repository keeps that everything the App is installed on was listed.
const LISTED: &str = "installations";

/// The repositories that a new database does not know: one that was lost knew which checks are green, and no event may come. They are
/// listed once; where an installation cannot be listed, the next sweep lists them all again.
///
/// # Errors
/// What GitHub or the database says.
async fn find_repositories(context: &Context) -> anyhow::Result<Vec<Repository>> {
    let nobody = RepositoryId(0);
    if context.store.is_noted(nobody, LISTED).await? {
        return Ok(Vec::new());
    }
    let (mut found, mut is_whole) = (Vec::new(), true);
    let installations = context.github.installations().await?;
    is_whole &= installations.is_complete();
    for id in installations.known_part() {
        match context.github.installation(id).repositories().await {
            Ok(repositories) => {
                is_whole &= repositories.is_complete();
                found.extend(repositories.known_part());
            }
            // It was removed or suspended meanwhile.
            Err(Error::NotFound) => {}
            Err(error) if error.suspended() => {}
            Err(error) => {
                tracing::warn!(%error, installation = id.0, "the repositories of an installation could not be listed");
                is_whole = false;
            }
        }
    }
    if is_whole {
        context.store.note_once(nobody, LISTED).await?;
    }
    Ok(found)
}

/// Puts every known repository into the queue to be looked at, and in a new database every one that the App is installed on.
///
/// Those are left out that have no checklist and did not change since they were looked at.
pub async fn recheck(context: &Context) {
    let mut repositories = match context.store.repositories().await {
        Ok(repositories) => repositories,
        Err(error) => return tracing::warn!(%error, "the repositories could not be listed"),
    };
    match find_repositories(context).await {
        Ok(found) => {
            let known: BTreeSet<RepositoryId> = repositories.iter().map(|repository| repository.id).collect();
            repositories.extend(found.into_iter().filter(|repository| !known.contains(&repository.id)));
        }
        Err(error) => tracing::warn!(%error, "what the App is installed on could not be listed"),
    }
    let suspended = match context.store.suspensions().await {
        Ok(suspended) => suspended,
        Err(error) => return tracing::warn!(%error, "the suspended installations could not be listed"),
    };
    let active = repositories.iter().filter(|repository| !suspended.contains(&repository.installation));
    let active: Vec<Repository> = active.cloned().collect();
    let changes = handle::changes(context, &active).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "which repositories are idle is not known: all are looked at");
        BTreeMap::new()
    });
    let now = context.github.now_ms();
    // Of a suspended installation one is looked at: that it was let in again may not have been told.
    let mut tried = BTreeSet::new();
    for repository in repositories {
        let installation = repository.installation;
        if suspended.contains(&installation) && !tried.insert(installation) {
            continue;
        }
        let guid = format!("sweep-{now}-{}", repository.id);
        let asked = match changes.get(&repository.id) {
            Some(Change::None) => continue,
            Some(Change::To(state)) => handle::ask_to_recheck_from(context, &repository, &guid, state).await,
            None => handle::ask_to_recheck(context, &repository, &guid).await,
        };
        if let Err(error) = asked {
            tracing::warn!(%error, repo.name = %repository.name, "a repository was not put into the queue");
        }
    }
}
