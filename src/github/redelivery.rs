//! Deliveries that did not arrive, requested again.
//!
//! GitHub does not repeat a failed delivery by itself, and keeps it for three days. What it lists are attempts, the newest first; a
//! delivery that is sent again is a new attempt of the same GUID. The first round reads three days of them, every later one what is new
//! since the last, and a little more: an attempt is listed when it has ended, so it may come behind a later one.
//! Source: <https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries>.

use super::webhook::HANDLED_EVENTS;
use super::{App, Error, Path, route};
use crate::ids::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// How long GitHub keeps a delivery, in seconds.
const DELIVERY_LIFETIME: i64 = 3 * 24 * 3_600;
/// So much of what the last round read is read again, in seconds: GitHub gives a delivery ten.
const OVERLAP: i64 = 300;
/// Pages of a hundred attempts that one round reads at most.
const MAX_PAGES: usize = 50;
/// A delivery that failed so often is not requested again.
const MAX_ATTEMPTS: usize = 5;
/// While nothing at all arrives, the way in is broken, and an attempt says nothing of its delivery: it counts where another one
/// arrived at most so many seconds before or after it.
const SAME_TIME: i64 = 600;

#[derive(Deserialize)]
struct Attempt {
    id: u64,
    guid: String,
    event: String,
    delivered_at: String,
    status: String,
    status_code: i64,
}

impl Attempt {
    fn arrived(&self) -> bool {
        self.status == "OK" || (200..300).contains(&self.status_code)
    }

    /// When it was; the present where that cannot be read.
    fn at(&self, now: Timestamp) -> Timestamp {
        Timestamp::parse(&self.delivered_at).unwrap_or(now)
    }
}

/// An attempt that failed.
#[derive(Clone, Copy, Debug)]
struct Failed {
    at: Timestamp,
    /// Something else arrived at that time.
    counts: bool,
}

/// What came of a round.
#[derive(Debug, Default)]
pub struct Round {
    /// How many deliveries were requested again.
    pub requested: usize,
    /// GUIDs of what GitHub says was taken, of the events that Holdpoint keeps.
    pub taken: Vec<String>,
    /// When the newest of these was sent.
    pub newest_taken: Option<Timestamp>,
}

/// What the last rounds read. A process that starts knows nothing, and reads everything that GitHub keeps.
#[derive(Debug, Default)]
pub struct Redelivery {
    /// The time of the newest attempt that was read.
    read_until: Option<Timestamp>,
    /// Deliveries of which no attempt arrived, by their GUIDs, with their attempts by their ids.
    failed: BTreeMap<String, BTreeMap<u64, Failed>>,
}

impl Redelivery {
    /// Requests every delivery of the last three days again of which no attempt arrived.
    ///
    /// # Errors
    /// As any call; what was read by then is read again in the next round. A GitHub that has no such list (an emulator, an old
    /// server) has none to repeat.
    pub async fn request(&mut self, app: &App) -> Result<Round, Error> {
        let now = Timestamp(app.now_ms() / 1_000);
        let oldest = Timestamp(now.0 - DELIVERY_LIFETIME);
        let since = self.read_until.map_or(oldest, |until| oldest.max(Timestamp(until.0 - OVERLAP)));
        let attempts = match read(app, now, since).await {
            Err(Error::NotFound) => return Ok(Round::default()),
            attempts => attempts?,
        };
        let taken = || attempts.iter().filter(|a| a.arrived() && HANDLED_EVENTS.contains(&a.event.as_str()));
        let mut round = Round {
            requested: 0,
            taken: taken().map(|attempt| attempt.guid.clone()).collect(),
            newest_taken: taken().map(|attempt| attempt.at(now)).max(),
        };
        self.add(attempts, now);
        self.failed.retain(|_, attempts| attempts.values().any(|failed| failed.at >= oldest));
        for attempts in self.failed.values() {
            if attempts.values().filter(|failed| failed.counts).count() >= MAX_ATTEMPTS {
                continue;
            }
            let Some(newest) = attempts.keys().next_back() else { continue };
            let path = route(&["app", "hook", "deliveries"]).segment(newest).segment("attempts");
            match app.app_post(&path).await {
                Ok(()) => round.requested += 1,
                // One that GitHub does not send again keeps no other from being requested.
                Err(error @ (Error::NotFound | Error::Gone { .. } | Error::Validation { .. })) => {
                    tracing::warn!(%error, delivery = newest, "GitHub does not send a delivery again");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(round)
    }

    /// Takes in the attempts of a round.
    fn add(&mut self, attempts: Vec<Attempt>, now: Timestamp) {
        let newest = attempts.iter().map(|attempt| attempt.at(now)).max();
        self.read_until = self.read_until.max(newest);
        let (arrived, failed): (Vec<Attempt>, Vec<Attempt>) = attempts.into_iter().partition(Attempt::arrived);
        let arrivals: BTreeSet<i64> = arrived.iter().map(|attempt| attempt.at(now).0).collect();
        for attempt in failed {
            let at = attempt.at(now);
            let counts = arrivals.range(at.0 - SAME_TIME..=at.0 + SAME_TIME).next().is_some();
            let known = self.failed.entry(attempt.guid).or_default();
            let counts = counts || known.get(&attempt.id).is_some_and(|known| known.counts);
            known.insert(attempt.id, Failed { at, counts });
        }
        for attempt in arrived {
            self.failed.remove(&attempt.guid);
        }
    }
}

/// Attempts since a time, the newest first.
async fn read(app: &App, now: Timestamp, since: Timestamp) -> Result<Vec<Attempt>, Error> {
    let mut found = Vec::new();
    let mut next: Option<Path> = Some(route(&["app", "hook", "deliveries"]).query("per_page", 100));
    for _ in 0..MAX_PAGES {
        let Some(path) = next else { break };
        let page = app.app_page::<Attempt>(&path).await?;
        let read = page.items.len();
        let before = found.len();
        found.extend(page.items.into_iter().filter(|attempt| attempt.at(now) >= since));
        // Where one of them is older, so is whatever follows.
        next = page.next.filter(|_| found.len() - before == read);
    }
    Ok(found)
}
