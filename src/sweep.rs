//! What no webhook tells us: deliveries that failed, and whatever was missed all the same.
//!
//! GitHub does not repeat a failed delivery by itself, keeps it for three days, and sends none at all for a push of more than
//! three tags. So failed deliveries are asked for again, and every repository is looked at once an hour. It only asks; what
//! follows comes through the queue like everything else.
//! Source: <https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries>.

use crate::github::{Error, Path, route};
use crate::handle::{self, Context};
use crate::ids::{Repository, RepositoryId, Timestamp};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often failed deliveries are looked for.
const EVERY: Duration = Duration::from_secs(600);
/// How often every repository is looked at, in milliseconds.
const RECHECK_EVERY_MS: i64 = 3_600_000;
/// How long GitHub keeps a delivery, in seconds.
const DELIVERY_LIFETIME: i64 = 3 * 24 * 3_600;
/// Pages of a hundred deliveries that one round reads at most.
const PAGES: usize = 50;
/// A delivery that failed so often will not be asked for again.
const ATTEMPTS: usize = 5;

#[derive(Deserialize)]
struct Attempt {
    id: u64,
    guid: String,
    delivered_at: String,
    status: String,
    status_code: i64,
}

/// Sweeps until `stop` is cancelled: at once, and then every ten minutes. Whether repositories are to be looked at is told by the
/// time at which they were, which outlives the process.
pub async fn run(context: Arc<Context>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match redeliver(&context).await {
            Ok(0) => {}
            Ok(asked) => tracing::info!(asked, "requested failed deliveries again"),
            Err(error) => tracing::warn!(%error, "could not request failed deliveries"),
        }
        let now = context.github.now_ms();
        match context.store.mend_times(now).await {
            Ok(0) => {}
            Ok(jobs) => tracing::warn!(jobs, "jobs waited for a time far ahead: a clock was wrong"),
            Err(error) => tracing::warn!(%error, "the times of waiting jobs were not looked at"),
        }
        match context.store.begin_sweep(now, RECHECK_EVERY_MS).await {
            Ok(true) => recheck(&context).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the time of the last sweep cannot be read"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Asks GitHub for every delivery of the last three days of which no attempt arrived; the number of those.
///
/// # Errors
/// As any call. A GitHub that has no such list (an emulator, an old server) has none to repeat.
pub async fn redeliver(context: &Context) -> Result<usize, Error> {
    let oldest = Timestamp(context.github.now_ms() / 1_000 - DELIVERY_LIFETIME);
    let mut attempts: BTreeMap<String, Vec<Attempt>> = BTreeMap::new();
    let mut next: Option<Path> = Some(route(&["app", "hook", "deliveries"]).query("per_page", 100));
    for _ in 0..PAGES {
        let Some(path) = next else { break };
        let page = match context.github.app_page::<Attempt>(&path).await {
            Ok(page) => page,
            Err(Error::NotFound) => return Ok(0),
            Err(error) => return Err(error),
        };
        let in_time = |a: &Attempt| Timestamp::parse(&a.delivered_at).is_none_or(|at| at >= oldest);
        let old = page.items.iter().any(|a| !in_time(a));
        for attempt in page.items.into_iter().filter(in_time) {
            attempts.entry(attempt.guid.clone()).or_default().push(attempt);
        }
        next = page.next.filter(|_| !old);
    }
    // While nothing at all arrives, the way in is broken, and a try says nothing of its delivery.
    let arrives = |a: &Attempt| a.status == "OK" || (200..300).contains(&a.status_code);
    let open = attempts.values().flatten().any(arrives);
    let mut asked = 0;
    for tries in attempts.values() {
        if tries.iter().any(arrives) || (open && tries.len() >= ATTEMPTS) {
            continue;
        }
        if let Some(newest) = tries.iter().map(|a| a.id).max() {
            let path = route(&["app", "hook", "deliveries"]).segment(newest).segment("attempts");
            match context.github.app_post(&path).await {
                Ok(()) => asked += 1,
                // One that GitHub does not send again keeps no other from being asked for.
                Err(error @ (Error::NotFound | Error::Gone { .. } | Error::Validation { .. })) => {
                    tracing::warn!(%error, delivery = newest, "GitHub does not send a delivery again");
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(asked)
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

/// Puts every known repository into the queue to be looked at, and in a new database every repository that the App is installed on.
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
    let now = context.github.now_ms();
    // Of a suspended installation one is looked at: that it was let in again may not have been told.
    let mut tried = BTreeSet::new();
    for repository in repositories {
        let installation = repository.installation;
        if suspended.contains(&installation) && !tried.insert(installation) {
            continue;
        }
        if let Err(error) =
            handle::ask_to_recheck(context, &repository, &format!("sweep-{now}-{}", repository.id)).await
        {
            tracing::warn!(%error, repo.name = %repository.name, "a repository was not put into the queue");
        }
    }
}
