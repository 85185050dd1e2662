//! Opens the issue of a release exactly once, or each of its parts.
//!
//! The race that GitHub leaves open is a post whose answer was lost. The row is claimed first; before any post the App's own
//! issues are searched for the signed line, so that a crash, a lost answer or a lost database opens no second one; and after a
//! post with an unknown outcome we wait 20 seconds, because a list may lag behind a write.
//!
//! Parts are opened from the last to the first. So each can name those behind it, no text that people tick has to be changed
//! later, and the release's issue, which is the first, is there only when all others are: until then the gate is shut.
//! What is posted stands in the rows of the parts before the first post: a configuration that changes meanwhile cuts nothing
//! differently in the middle.

use super::super::own_issues::{is_of, of_row};
use super::super::release_parts::{claims, required_text};
use super::super::{Context, Failure, OrFail as _};
use super::{index, new_issue};
use crate::github::Error;
use crate::github::repo::Repo;
use crate::github::wire::{Issue, NewIssue};
use crate::ids::{Account, IssueNumber, Timestamp};
use crate::message::failure::MAYBE_POSTED;
use crate::message::release_issue::{ARCHIVED, SWITCHED_OFF, forbidden, not_opened};
use crate::plan::release::{AppliedMetadata, rejected_metadata};
use crate::release::Release;
use crate::release::issue_body::Draft;
use crate::release::marker::{Marker, MarkerStatus, read};
use crate::release::parts::join;
use crate::store::{PartRow, ReleaseRow, ReleaseState, SeenPart};

/// How long after a post with an unknown outcome its issue must be in GitHub's list, in seconds.
const SETTLE: i64 = 20;

/// GitHub takes this many assignees.
/// Source: <https://docs.github.com/en/rest/issues/assignees#add-assignees-to-an-issue>.
const ASSIGNEES: usize = 10;

/// The row that is claimed for a post.
#[derive(Clone, Copy)]
enum Claim {
    Release(i64),
    Part(i64, usize),
}

/// What is said of an issue beside its text.
pub(super) struct IssueMetadata<'d> {
    draft: Option<&'d Draft>,
    milestone: Option<u64>,
}

/// Opens what there is to open.
pub(in super::super) async fn open_issue(
    ctx: &Context,
    repo: &Repo,
    release: Release,
    draft: &Draft,
    authors: &[Account],
) -> Result<(), Failure> {
    let row = ctx.store.claim_release(repo.repository.id, release, ctx.now()).await?;
    if row.state == ReleaseState::Open {
        return Ok(());
    }
    let known = ctx.store.parts(row.id).await?;
    let own = of_row(ctx, repo, &row).await?;
    // The line that was signed then names the first opener: a second person is somebody else.
    let of_release = |m: &Marker| m.release.checklist == row.release.checklist && m.release.key == row.release.key;
    let opener = own.iter().find(|(m, _)| of_release(m)).map(|(m, _)| m.release.actor.clone());
    if let Some(opener) = opener.filter(|opener| opener.is_known() && *opener != row.release.actor) {
        ctx.store.set_opener(row.id, opener).await?;
    }
    if known.is_empty() && own.iter().any(|(marker, _)| of_release(marker)) {
        index::note_lost_people(ctx, &row).await?;
    }
    let begun = known.iter().any(|p| p.issue.is_some() || p.posted_at.is_some());
    let begun = begun && current(ctx, &known, &row);
    if begun || !draft.parts.is_empty() {
        let whole = own.iter().find(|(marker, _)| is_of(marker, &row.release, None));
        if begun || whole.is_none() {
            return Box::pin(open_parts(ctx, repo, &row, draft, authors, known, begun, &own)).await;
        }
    }
    if !known.is_empty() {
        leave(ctx, repo, &known).await?;
        ctx.store.claim_parts(row.id, repo.repository.id, Vec::new(), String::new(), true).await?;
    }
    // An issue that was deleted is not found and not missed: asked for again, it is opened again.
    if let Some((_, found)) = own.iter().find(|(marker, _)| is_of(marker, &row.release, None)) {
        new_issue::whole(ctx, &row, found.number).await?;
        // What was asked for is what we would post; people may have been at the body since.
        ctx.store.set_issue(row.id, found.number, draft.body.clone(), authors).await?;
        return Ok(ctx.store.record(row.id, Vec::new(), found.body.clone(), found.updated_at).await?);
    }
    wait(ctx, row.posted_at)?;
    let sorting = sorting(ctx, repo, draft).await?;
    match post(ctx, repo, Claim::Release(row.id), &sorting, &draft.title, &draft.body).await {
        Ok(issue) => {
            new_issue::whole(ctx, &row, issue.number).await?;
            ctx.store.note_dropped(row.id, &rejected_metadata(draft, &taken(&issue))).await?;
            Ok(ctx.store.set_issue(row.id, issue.number, draft.body.clone(), authors).await?)
        }
        Err(error) => give_up(ctx, &row, &error).await,
    }
}

/// Whether the parts that were begun are those of this release as it is asked for by now.
fn current(ctx: &Context, known: &[PartRow], row: &ReleaseRow) -> bool {
    let names = row.names();
    row.pending.is_none()
        && known.iter().all(|part| match part.draft.as_ref().map(|draft| read(&draft.marker, &ctx.keys)) {
            Some(MarkerStatus::Ours(marker)) => {
                let (key, commit) = (&marker.release.key, &marker.release.commit);
                // What a tag went on to brought its own along; a pull request's head may have moved on alone.
                let moved = row.release.tag.is_none() && *commit != row.release.commit;
                !moved && names.iter().any(|name| name.key == *key && name.commit == *commit)
            }
            Some(MarkerStatus::UnknownVersion(_) | MarkerStatus::Forged | MarkerStatus::Nothing) | None => false,
        })
}

/// Closes parts of which nobody will take note any more.
async fn leave(ctx: &Context, repo: &Repo, known: &[PartRow]) -> Result<(), Failure> {
    for issue in known.iter().filter_map(|p| p.issue) {
        if repo.issue(issue).await.or_fail(ctx)?.is_some_and(|i| i.open && i.number == issue) {
            repo.close_issue(issue).await.or_fail(ctx)?;
        }
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "what was read once is not read again")]
async fn open_parts(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    draft: &Draft,
    authors: &[Account],
    known: Vec<PartRow>,
    begun: bool,
    own: &[(Marker, Issue)],
) -> Result<(), Failure> {
    let mut own = own.to_vec();
    let parts = if begun {
        known
    } else {
        leave(ctx, repo, &known).await?;
        own.retain(|(_, issue)| known.iter().all(|p| p.issue != Some(issue.number)));
        // What the whole asks for is known from here on: whoever ticks a part before the others are there is noted.
        let rows = claims(&draft.parts);
        let whole = required_text(&rows);
        ctx.store.claim_parts(row.id, repo.repository.id, rows, whole, true).await?;
        ctx.store.parts(row.id).await?
    };
    let sorting = sorting(ctx, repo, draft).await?;
    let mut notes = Vec::new();
    match each(ctx, repo, row, &parts, &own, &sorting, &mut notes).await? {
        Ok(first) => {
            let parts = ctx.store.parts(row.id).await?;
            if !notes.is_empty() {
                ctx.store.note_dropped(row.id, &notes).await?;
            }
            ctx.store.set_issue(row.id, first, required_text(&parts), authors).await?;
            let whole = join(parts.iter().map(|p| p.body.as_str()));
            Ok(ctx.store.record_parts(row.id, Vec::new(), Vec::new(), whole).await?)
        }
        Err(error) => give_up(ctx, row, &error).await,
    }
}

/// Opens the parts that have no issue, the last one first; gives the issue of the first.
pub(super) async fn each(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    parts: &[PartRow],
    own: &[(Marker, Issue)],
    sorting: &IssueMetadata<'_>,
    notes: &mut Vec<String>,
) -> Result<Result<IssueNumber, Error>, Failure> {
    let mut later: Vec<IssueNumber> = Vec::new();
    for part in parts.iter().rev() {
        let there = match part.issue {
            Some(number) => repo.issue(number).await.or_fail(ctx)?.filter(|issue| issue.number == number),
            None => None,
        };
        if let Some(issue) = there {
            let seen = SeenPart { part: part.part, body: issue.body, at: issue.updated_at };
            ctx.store.part_opened(row.id, issue.number, part.opened.clone(), seen).await?;
            later.insert(0, issue.number);
            continue;
        }
        let number = match (part.issue, &part.draft) {
            (Some(_) | None, Some(draft)) => {
                // One that was there before may have been asked for more than it was drafted with.
                let body = if part.issue.is_some() { part.opened.clone() } else { draft.body(&later) };
                let seen = |body: &str, at| SeenPart { part: part.part, body: body.to_owned(), at };
                let found = match read(&draft.marker, &ctx.keys) {
                    MarkerStatus::Ours(wanted) => own.iter().find(|(m, _)| is_of(m, &wanted.release, wanted.part)),
                    MarkerStatus::UnknownVersion(_) | MarkerStatus::Forged | MarkerStatus::Nothing => None,
                };
                if let Some((_, found)) = found {
                    new_issue::part(ctx, row, parts, part, found.number).await?;
                    let seen = seen(&found.body, found.updated_at);
                    ctx.store.part_opened(row.id, found.number, body, seen).await?;
                    found.number
                } else {
                    wait(ctx, part.posted_at)?;
                    match post(ctx, repo, Claim::Part(row.id, part.part), sorting, &draft.title, &body).await {
                        Ok(issue) => {
                            new_issue::part(ctx, row, parts, part, issue.number).await?;
                            if let Some(draft) = sorting.draft {
                                *notes = rejected_metadata(draft, &taken(&issue));
                            }
                            let seen = seen(&body, Timestamp::default());
                            ctx.store.part_opened(row.id, issue.number, body, seen).await?;
                            issue.number
                        }
                        Err(error) => return Ok(Err(error)),
                    }
                }
            }
            // Was opened before there were parts, and is gone: its issue has a delivery of its own.
            (Some(number), None) => number,
            (None, None) => return Ok(Err(Error::NotFound)),
        };
        later.insert(0, number);
    }
    Ok(later.first().copied().ok_or(Error::NotFound))
}

fn wait(ctx: &Context, posted_at: Option<Timestamp>) -> Result<(), Failure> {
    match posted_at {
        Some(posted) if ctx.now().0 < posted.0 + SETTLE => {
            Err(Failure::Retry { at_ms: Some((posted.0 + SETTLE) * 1_000), message: MAYBE_POSTED.to_owned() })
        }
        Some(_) | None => Ok(()),
    }
}

async fn give_up(ctx: &Context, row: &ReleaseRow, error: &Error) -> Result<(), Failure> {
    if matches!(error, Error::Gone { .. } | Error::Validation { .. } | Error::Forbidden { .. }) {
        return Ok(ctx.store.set_release_state(row.id, ReleaseState::Failed, Some(refused(error))).await?);
    }
    Err(ctx.failed(error))
}

/// Why GitHub takes no issue from us, and how to mend it.
fn refused(error: &Error) -> String {
    if matches!(error, Error::Gone { .. }) {
        return SWITCHED_OFF.to_owned();
    }
    let Error::Forbidden { message } = error else { return not_opened(&error.to_string()) };
    if message.to_lowercase().contains("archived") {
        return ARCHIVED.to_owned();
    }
    forbidden(message)
}

/// What stands beside the text, with the milestone's number.
async fn sorting<'d>(ctx: &Context, repo: &Repo, draft: &'d Draft) -> Result<IssueMetadata<'d>, Failure> {
    let milestone = match &draft.milestone {
        Some(title) => match repo.milestone(title).await {
            Ok(number) => number,
            // Switched off or hidden from us, as the issue will be, whose post says so.
            Err(Error::Gone { .. } | Error::Forbidden { .. } | Error::NotFound) => None,
            Err(error) => return Err(ctx.failed(&error)),
        },
        None => None,
    };
    Ok(IssueMetadata { draft: Some(draft), milestone })
}

/// Of parts that come later nothing is known but the text.
pub(super) const fn unsorted<'d>() -> IssueMetadata<'d> {
    IssueMetadata { draft: None, milestone: None }
}

fn taken(issue: &Issue) -> AppliedMetadata {
    AppliedMetadata {
        labels: issue.labels.clone(),
        assignees: issue.assignees.clone(),
        issue_type: issue.issue_type.clone(),
        milestone: issue.milestone.clone(),
    }
}

/// Posts an issue. GitHub refuses it whole for one assignee, type or milestone that it does not know: then it is posted without,
/// which whoever reads its answer sees.
async fn post(
    ctx: &Context,
    repo: &Repo,
    claim: Claim,
    sorting: &IssueMetadata<'_>,
    title: &str,
    body: &str,
) -> Result<Issue, Error> {
    let labels = sorting.draft.map(|d| d.labels.as_slice()).unwrap_or_default();
    let mut assignees: Vec<String> = sorting.draft.map(|d| d.assignees.clone()).unwrap_or_default();
    let mut issue_type = sorting.draft.and_then(|d| d.issue_type.as_deref());
    let mut milestone = sorting.milestone;
    loop {
        let some = assignees.get(..assignees.len().min(ASSIGNEES)).unwrap_or_default();
        let new = NewIssue { title, body, labels, assignees: some, issue_type, milestone };
        noted(ctx, claim, Some(ctx.now())).await?;
        let posted = repo.open_issue(&new).await;
        if posted.as_ref().is_err_and(|error| !error.outcome_unknown()) {
            noted(ctx, claim, None).await?;
        }
        let Err(Error::Validation { message }) = &posted else { return posted };
        // Whom GitHub names goes first, then all, then what else it may not know.
        let named = |login: &String| message.contains(&format!("\"{login}\""));
        if assignees.iter().any(named) {
            assignees.retain(|login| !named(login));
        } else if !assignees.is_empty() {
            assignees.clear();
        } else if issue_type.is_some() {
            issue_type = None;
        } else if milestone.is_some() {
            milestone = None;
        } else {
            return posted;
        }
    }
}

async fn noted(ctx: &Context, claim: Claim, at: Option<Timestamp>) -> Result<(), Error> {
    let noted = match claim {
        Claim::Release(id) => ctx.store.mark_posting(id, at).await,
        Claim::Part(id, part) => ctx.store.posting_part(id, part, at).await,
    };
    noted.map_err(|e| Error::Transport { message: e.to_string() })
}
