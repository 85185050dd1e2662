//! Is it time for a reminder of what is open?

use crate::config::Remind;
use crate::effect::{Comment, CommentKind, Effect};
use crate::ids::{IssueNumber, Timestamp};
use crate::message;
use crate::release::progress::Progress;

/// Seconds of an hour, and of a day.
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// What a reminder is decided from.
#[derive(Debug)]
pub struct Facts<'f> {
    /// The release issue.
    pub issue: IssueNumber,
    /// How far it is.
    pub progress: &'f Progress,
    /// When somebody last did something about it, or it was opened.
    pub quiet_since: Timestamp,
    /// When it was last reminded of.
    pub reminded: Option<Timestamp>,
    /// The present.
    pub now: Timestamp,
}

/// The reminder that is due. What is finished needs none; of a release whose `before` items are done, those for after it are
/// told.
#[must_use]
pub fn remind(config: &Remind, facts: &Facts<'_>) -> Option<Effect> {
    if facts.progress.is_finished() {
        return None;
    }
    let quiet = facts.now.0 - facts.quiet_since.0 >= i64::from(config.after) * HOUR;
    let pause = i64::from(config.every).max(24) * HOUR;
    let rested = facts.reminded.is_none_or(|last| facts.now.0 - last.0 >= pause);
    (quiet && rested).then(|| {
        Effect::PutComment(Comment {
            number: facts.issue.0,
            kind: CommentKind::Reminder(facts.now.0 / DAY),
            body: message::reminder::reminder(facts.progress, config.owners),
            create: true,
        })
    })
}
