//! Asks GitHub's edit history who did what no delivery told of, and what they may.
//!
//! Who may is asked as for a tick that is told at once: by the role that the account has **now**, because GitHub keeps no other.
//! Where GitHub does not answer, nothing counts that was not seen, and the next look asks again.

use super::people::KnownPeople;
use super::release_parts::ReleaseParts;
use super::{Context, Failure, own_checks};
use crate::checklist::Checklist;
use crate::checklist::parse::parse;
use crate::config::ChecklistConfig;
use crate::event::{IssueEdit, PreviousBody, Revision};
use crate::github::Error;
use crate::github::repo::Repo;
use crate::ids::Timestamp;
use crate::plan::missed_edits::{Facts, MissedEdit, unattributed, unseen, worth_asking};
use crate::plan::ticks::records;
use crate::release::ledger::MarkSource;
use crate::release::progress::{Record, text_of};
use crate::store::{LedgerLine, ReleaseRow};

/// So many pages are read: 500 versions. What is older is not attributed.
const PAGES: usize = 10;

/// What is known without the history.
pub(super) struct Known<'k> {
    /// The release, with the issue and its text as it was seen last.
    pub(super) own: &'k ReleaseRow,
    /// What its other parts show, if it has several.
    pub(super) whole: &'k ReleaseParts,
    /// The text as GitHub says it is now.
    pub(super) body: &'k str,
    /// When anything about the issue was last changed.
    pub(super) changed_at: Timestamp,
    /// What was asked for.
    pub(super) opened: &'k Checklist,
    /// The rules.
    pub(super) config: &'k ChecklistConfig,
    /// The edits that deliveries tell of now.
    pub(super) told: &'k [&'k IssueEdit],
    /// The ledger, with the lines that follow from them.
    pub(super) ledger: &'k [Record],
}

/// Lines for the ledger about edits that nobody told of; none where everything is explained without the history.
pub(super) async fn attribute(
    ctx: &Context,
    repo: &Repo,
    known: &Known<'_>,
    people: &mut KnownPeople,
) -> Result<Vec<LedgerLine>, Failure> {
    let Known { own, whole, opened, config, .. } = *known;
    // An issue that is a part is read with what the others show.
    let (body, seen) = (whole.with(known.body), whole.with(&own.body));
    let told: Vec<IssueEdit> = known.told.iter().map(|edit| with_others(whole, edit)).collect();
    let told: Vec<&IssueEdit> = told.iter().collect();
    let mut facts = Facts {
        revisions: &[],
        body: &body,
        seen: &seen,
        seen_at: own.body_at,
        changed_at: known.changed_at,
        told: &told,
        opened,
        ledger: known.ledger,
        us: "",
    };
    if !worth_asking(&facts) {
        return Ok(Vec::new());
    }
    let Some(mut revisions) = read(ctx, repo, own).await? else { return Ok(Vec::new()) };
    for revision in &mut revisions {
        revision.text = revision.text.as_deref().map(|text| whole.with(text));
    }
    let us = own_checks::bot(ctx).await?;
    (facts.revisions, facts.us) = (&revisions, &us);
    let Some(found) = unseen(&facts) else {
        if !revisions.is_empty() {
            tracing::warn!(issue = own.issue.map(|n| n.0), "the edit history does not fit the issue's text");
        }
        return Ok(Vec::new());
    };
    let mut lines = Vec::new();
    for edit in found {
        let MissedEdit { id, at, changes, typed, text, from, again, .. } = &edit;
        let new = match edit.editor {
            Some(editor) => {
                let person = people.ask(ctx, repo, editor, own, opened, config).await?;
                records(changes, *typed, person, *at, opened, &own.people(), config)
            }
            None => unattributed(changes, *at),
        };
        let (now, was) = (parse(text).0, parse(from).0);
        lines.extend(new.into_iter().map(|record| {
            let text = text_of(&record.item, opened, &now).or_else(|| text_of(&record.item, opened, &was));
            // Named after GitHub's own name for the edit: found twice, it is one line. One that is said again has as many names as
            // late deliveries may come in between.
            let name = again.map_or_else(|| format!("edit {id}"), |lines| format!("edit {id}, again after {lines}"));
            LedgerLine::edited(Record { how: MarkSource::History, ..record }, name, text)
        }));
    }
    Ok(lines)
}

fn with_others(whole: &ReleaseParts, edit: &IssueEdit) -> IssueEdit {
    let before = match &edit.before {
        PreviousBody::Known(text) => PreviousBody::Known(whole.with(text)),
        PreviousBody::Unknown => PreviousBody::Unknown,
        PreviousBody::Unchanged => PreviousBody::Unchanged,
    };
    IssueEdit { body: whole.with(&edit.body), before, ..edit.clone() }
}

/// The history; `None` where it cannot be had now. A limit is waited for: nothing was written yet, and then nothing is lost.
async fn read(ctx: &Context, repo: &Repo, own: &ReleaseRow) -> Result<Option<Vec<Revision>>, Failure> {
    let Some(number) = own.issue else { return Ok(None) };
    let mut answer = repo.revisions(number, PAGES).await;
    if matches!(answer, Err(Error::Transport { .. } | Error::Status { .. } | Error::Decode { .. })) {
        answer = repo.revisions(number, PAGES).await;
    }
    match answer {
        // Two neighbours say who wrote the newer one, whatever came before them.
        Ok(revisions) => Ok(Some(revisions.known_part())),
        Err(error @ Error::RateLimited { .. }) => Err(ctx.failed(&error)),
        Err(error) => {
            tracing::warn!(issue = number.0, %error, "GitHub does not tell the edit history");
            Ok(None)
        }
    }
}
