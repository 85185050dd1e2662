//! Reads a release issue, and notes who did what in it: what was asked for, what the body shows, who edited it and what they may.
//!
//! Races, and the choices made. GitHub has no compare-and-swap for bodies, so we never write one. Edits may arrive out of order
//! or not at all: each payload's own before and after say who changed which box, the ledger orders them by GitHub's clock,
//! and the present body says what holds. Where the payloads do not lead from the body that was seen last to the present one,
//! GitHub's edit history is asked (`edit_history.rs`). A box that is ticked in the body while the ledger's last line about it still
//! says otherwise was ticked unseen, and does not count.

use super::people::KnownPeople;
use super::release_parts::ReleaseParts;
use super::{
    Context, Failure, OrFail as _, apply, edit_history, evidence, facts, own_checks, read_ahead, release_state,
};
use crate::checklist::Checklist;
use crate::checklist::directive::Phase;
use crate::checklist::identity::ItemId;
use crate::checklist::parse;
use crate::config::ChecklistConfig;
use crate::event::{IssueEdit, PreviousBody, Sender};
use crate::github::repo::Repo;
use crate::github::wire::IssueChange;
use crate::ids::{IssueNumber, Timestamp};
use crate::message::no_rules::NoRules;
use crate::message::release_issue::lost;
use crate::plan::missed_edits::{is_new, same, take_one};
use crate::plan::ticks::{are_typed, records};
use crate::release::addition::{added, insert};
use crate::release::ledger::MarkSource;
use crate::release::progress::{Mark, Marks, Progress, Record, changes, is_added, marks, text_of};
use crate::store::{LedgerLine, Listed, ReleaseRow, ReleaseState};
use std::collections::BTreeSet;

/// The body as it is now, and when it was written.
struct Present {
    body: String,
    at: Timestamp,
    open: bool,
    /// GitHub was asked; else the payloads said so.
    asked: bool,
}

/// An edit of a release issue, and who made it.
pub(super) struct Edit {
    /// The delivery that told us.
    pub(super) guid: String,
    /// Who.
    pub(super) sender: Sender,
    /// What.
    pub(super) edit: IssueEdit,
}

/// What a look at a release issue came to.
pub(super) enum Look {
    /// The configuration has errors: whose ticks count is not known.
    Undecided(ReleaseRow),
    /// This issue of the release does not exist any more.
    Gone(IssueNumber),
    /// The first issue of the release does not exist any more, and this part of it does.
    Remains(ReleaseRow),
    /// The issue was seen.
    Seen(Box<Seen>),
}

/// A release issue as it was seen, and with it the rules that hold for it.
pub(super) struct Seen {
    pub(super) row: ReleaseRow,
    pub(super) config: ChecklistConfig,
    /// Its issues that are open.
    pub(super) open: Vec<IssueNumber>,
    /// What is decided by it is decided by this view of the repository.
    pub(super) repo: Repo,
}

/// The release as its issues show it now: each of them is read, once in a batch. Shows nothing and moves no gate; whoever asks
/// decides by what it gives.
pub(super) async fn read(ctx: &Context, repo: &Repo, row: ReleaseRow) -> Result<ReleaseRow, Failure> {
    let (ReleaseState::Open, Some(number)) = (row.state, row.issue) else { return Ok(row) };
    if ctx.reading().has_read(number) {
        return Ok(row);
    }
    Ok(match look(ctx, repo, row.clone(), number, &[], true).await? {
        Look::Undecided(row) | Look::Remains(row) => row,
        Look::Gone(lost) => lose(ctx, row, lost, "deleted").await?,
        Look::Seen(seen) => seen.row,
    })
}

pub(super) async fn look(
    ctx: &Context,
    repo: &Repo,
    mut row: ReleaseRow,
    number: IssueNumber,
    edits: &[&Edit],
    touched: bool,
) -> Result<Look, Failure> {
    let mut repo = repo.clone();
    // Nothing is noted of what nobody can judge: once the rules are known again, the edit history tells of it.
    let Some(mut config) = rules(ctx, &mut repo, &row).await? else { return Ok(Look::Undecided(row)) };
    let waited = if repo.is_recent() { Some(release_state::progress_of(ctx, &row, &config).await?) } else { None };
    // Of a release in parts this is one, and what the others show is laid beside it.
    let mut whole = ReleaseParts::of(ctx, &row, number).await?;
    let own = whole.own(&row);
    let Some(present) = present(ctx, &repo, &own, edits, !touched).await? else { return Ok(Look::Gone(number)) };
    apply::candidate::end(ctx, &mut row, present.at).await?;
    let lines = signed_changes(ctx, &repo, &row, &whole, edits, &config, &present).await?;
    whole.see(present.body, present.at, present.open);
    // A part is left of an issue that is gone: what people do there is noted, and shown once all of it is there again.
    if row.state == ReleaseState::Gone {
        apply::index::record(ctx, &whole, lines).await?;
        return Ok(Look::Remains(row));
    }
    // Green is worth one look: a payload is only as true as the webhook's secret is secret, and evidence may be gone.
    let looked = edits.is_empty();
    if looked && let Err(lost) = whole.ask(ctx, &repo, present.asked).await? {
        return Ok(Look::Gone(lost));
    }
    apply::index::record(ctx, &whole, lines).await?;
    let mut row = whole.row(row);
    if let Some(waited) = waited
        && let Some(now) = turned(ctx, &mut repo, &row, number, (&waited, &config)).await?
    {
        let Ok(now) = now else { return Ok(Look::Undecided(row)) };
        config = now;
    }
    if looked {
        row = evidence::look(ctx, &repo, row).await?;
    }
    let complete = release_state::progress_of(ctx, &row, &config).await?.missing(Phase::Before).next().is_none();
    // What payloads alone made complete is read: what they do not tell of yet may have taken it back.
    if complete && !looked && !present.asked && ctx.dry_run.is_none() {
        return Box::pin(look(ctx, &repo, row, number, &[], true)).await;
    }
    if complete {
        if !looked && let Err(lost) = ask_whole(ctx, &repo, &mut whole, present.asked).await? {
            return Ok(Look::Gone(lost));
        }
        row = evidence::look(ctx, &repo, whole.row(row)).await?;
    }
    if (looked || complete)
        && let Some(first) = row.issue
    {
        ctx.reading().issue(first);
    }
    Ok(Look::Seen(Box::new(Seen { row, config, open: whole.open().to_vec(), repo })))
}

/// The rules as they are now, where a check may turn by what was noted; `None` where none does. Then `repo` is the fresh view, in
/// which what decides is read ahead.
async fn turned(
    ctx: &Context,
    repo: &mut Repo,
    row: &ReleaseRow,
    number: IssueNumber,
    (waited, config): (&Progress, &ChecklistConfig),
) -> Result<Option<Result<ChecklistConfig, NoRules>>, Failure> {
    let waits = release_state::progress_of(ctx, row, config).await?;
    if !turns(waited, &waits) {
        return Ok(None);
    }
    *repo = repo.fresh();
    match waits.missing(Phase::Before).next() {
        Some(_) => read_ahead::gate(ctx, repo, None).await?,
        None => read_ahead::release_issue(ctx, repo, number).await?,
    }
    facts::rules(ctx, repo, &row.release.checklist).await.map(Some)
}

/// The rules of a checklist; `None` where the configuration has errors, also when it is read anew. Then `repo` is the fresh view.
async fn rules(ctx: &Context, repo: &mut Repo, row: &ReleaseRow) -> Result<Option<ChecklistConfig>, Failure> {
    let checklist = &row.release.checklist;
    let mut config = facts::rules(ctx, repo, checklist).await?;
    if config.is_err() && repo.is_recent() {
        // It may have been fixed since.
        *repo = repo.fresh();
        config = facts::rules(ctx, repo, checklist).await?;
    }
    Ok(config.ok())
}

/// Reads all parts of a release and notes what they show. An error is the one that does not exist any more.
async fn ask_whole(
    ctx: &Context,
    repo: &Repo,
    whole: &mut ReleaseParts,
    asked: bool,
) -> Result<Result<(), IssueNumber>, Failure> {
    if let Err(lost) = whole.ask(ctx, repo, asked).await? {
        return Ok(Err(lost));
    }
    apply::index::record(ctx, whole, Vec::new()).await?;
    Ok(Ok(()))
}

/// What the edits changed, by whom and whether it counts: by the payloads, and by the edit history where the text shows more.
async fn signed_changes(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    whole: &ReleaseParts,
    edits: &[&Edit],
    config: &ChecklistConfig,
    present: &Present,
) -> Result<Vec<LedgerLine>, Failure> {
    let own = whole.own(row);
    let (opened, _) = parse::parse(&row.opened_body);
    let mut people = KnownPeople::default();
    let mut lines: Vec<LedgerLine> = Vec::new();
    let stored = ctx.store.ledger(row.id).await?;
    // A delivery that is late may tell of what the history told before.
    let mut from_history: Vec<&Record> = stored.iter().filter(|r| r.how == MarkSource::History).collect();
    let us = if edits.is_empty() { String::new() } else { own_checks::bot(ctx).await? };
    let (mut seen, mut seen_at) = (own.body.as_str(), own.body_at);
    for Edit { guid, sender, edit } in edits.iter().copied() {
        let new = is_new(edit, seen, seen_at);
        if new {
            (seen, seen_at) = (&edit.body, edit.at);
        }
        if sender.login == us {
            // What we write says nothing of people; but it may have been written over something that they did.
            if let PreviousBody::Known(from) = &edit.before {
                restore(ctx, repo, &own, &opened, config, (from, &edit.body)).await?;
            }
            continue;
        }
        let Some((before, old)) = marks_before(edit, whole, &opened, (&stored, &lines)) else { continue };
        let (now, _) = parse::parse(&whole.with(&edit.body));
        let was = old.map(|old| parse::parse(&whole.with(old)).0);
        let mut changed = changes(&before, &marks(&opened, &now));
        let typed = old.is_some_and(|old| are_typed(&changed, old, &edit.body));
        changed.retain(|change| new || !take_one(&mut from_history, change, &sender.account(), edit.at));
        if changed.is_empty() {
            continue;
        }
        let person = people.ask(ctx, repo, sender, row, &opened, config).await?;
        let new = records(&changed, typed, person, edit.at, &opened, &row.people(), config);
        lines.extend(new.into_iter().map(|record| {
            let before = || was.as_ref().and_then(|was| text_of(&record.item, &opened, was));
            let text = text_of(&record.item, &opened, &now).or_else(before);
            LedgerLine::edited(record, guid.clone(), text)
        }));
    }
    if present.asked {
        let told: Vec<&IssueEdit> = edits.iter().map(|e| &e.edit).collect();
        let ledger: Vec<Record> = stored.iter().chain(lines.iter().map(|line| &line.record)).cloned().collect();
        let (own, body) = (&own, present.body.as_str());
        let (opened, told, ledger, changed_at) = (&opened, &told, &ledger, present.at);
        let known = edit_history::Known { own, whole, body, changed_at, opened, config, told, ledger };
        lines.extend(edit_history::attribute(ctx, repo, &known, &mut people).await?);
    }
    let (now, _) = parse::parse(&whole.with(&present.body));
    lines.extend(unnoted_additions(&stored, &lines, present.at, &opened, &now));
    Ok(lines)
}

/// What the text showed before an edit, and that text where the delivery has it. `None` where the edit changed no text.
fn marks_before<'e>(
    edit: &'e IssueEdit,
    whole: &ReleaseParts,
    opened: &Checklist,
    (stored, lines): (&[Record], &[LedgerLine]),
) -> Option<(Marks, Option<&'e String>)> {
    match &edit.before {
        PreviousBody::Known(text) => Some((marks_of(opened, &whole.with(text)), Some(text))),
        // The ledger takes its place: nobody signed before what differs from it.
        PreviousBody::Unknown => {
            let fresh = lines.iter().map(|line| line.record.clone());
            Some((signed(stored.iter().cloned().chain(fresh)), None))
        }
        PreviousBody::Unchanged => None,
    }
}

/// Lines about the items that the issue shows, that people added, and of which the ledger has no line.
fn unnoted_additions(
    stored: &[Record],
    lines: &[LedgerLine],
    at: Timestamp,
    opened: &Checklist,
    now: &Checklist,
) -> Vec<LedgerLine> {
    let noted: BTreeSet<&ItemId> =
        stored.iter().chain(lines.iter().map(|line| &line.record)).map(|r| &r.item).collect();
    let fresh = marks(opened, now).marks.into_keys().filter(|id| is_added(id) && !noted.contains(id));
    fresh.map(|item| found_added(item, at, opened, now)).collect()
}

/// A line about an item that people added and of which neither a delivery nor the history tells who did. From here on it is
/// asked for, though it be taken out unseen.
fn found_added(item: ItemId, at: Timestamp, opened: &Checklist, now: &Checklist) -> LedgerLine {
    let text = text_of(&item, opened, now);
    let record = Record { item, mark: Mark::Open, by: "ghost".into(), at, refused: None, how: MarkSource::Box };
    LedgerLine::edited(record, "found in the issue".to_owned(), text)
}

/// Whether a check may turn, or one that is green may say something else. Where a phase waits as it did before, its checks are
/// not green, whatever was ticked.
fn turns(was: &Progress, is: &Progress) -> bool {
    let waits = |progress: &Progress, phase| progress.missing(phase).next().is_some();
    let same =
        |phase| was.entries.iter().filter(|e| e.phase == phase).eq(is.entries.iter().filter(|e| e.phase == phase));
    ![Phase::Before, Phase::After].into_iter().all(|phase| same(phase) || (waits(was, phase) && waits(is, phase)))
}

/// An addition of ours that was written between somebody's edit and our reading of it took the edit away: where nobody edited
/// since, the text that we wrote over is put back, with the addition.
async fn restore(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    opened: &Checklist,
    config: &ChecklistConfig,
    (from, ours): (&str, &str),
) -> Result<(), Failure> {
    // What this edit was to empty is no loss.
    let emptied = apply::candidate::emptied_anew(row, config, from, ours);
    let from = emptied.as_deref().unwrap_or(from);
    let lost = changes(&marks_of(opened, from), &marks_of(opened, ours));
    let lost = lost.iter().any(|c| {
        (matches!(c.was, Mark::Done | Mark::Skipped(_)) && c.now == Mark::Open)
            || (is_added(&c.item) && c.now == Mark::Missing)
    });
    let addition = added(from, ours);
    let (Some(number), true) = (row.issue, addition.is_some() || emptied.is_some()) else { return Ok(()) };
    if !lost || ctx.dry_run.is_some() {
        return Ok(());
    }
    let Some(issue) = repo.issue(number).await.or_fail(ctx)? else { return Ok(()) };
    if !issue.body.lines().eq(ours.lines()) {
        return Ok(());
    }
    let body = insert(from, &addition.unwrap_or_default());
    let change = IssueChange { body: Some(&body), ..IssueChange::default() };
    repo.change_issue(number, &change).await.or_fail(ctx)?;
    Ok(())
}

/// The last mark of each item that the ledger holds. Commands in comments leave no mark in the issue.
fn signed(records: impl Iterator<Item = Record>) -> Marks {
    Marks { marks: records.filter(|r| r.how.is_edit()).map(|r| (r.item, r.mark)).collect() }
}

fn marks_of(opened: &Checklist, body: &str) -> Marks {
    let (current, _) = parse::parse(body);
    marks(opened, &current)
}

/// The body as it is now. The payloads suffice where they form a chain from what we saw last; else GitHub is asked. `None`
/// where the issue is gone.
async fn present(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    edits: &[&Edit],
    only_edits: bool,
) -> Result<Option<Present>, Failure> {
    let mut seen = row.body.as_str();
    let mut at = row.body_at;
    let mut coherent = only_edits && !edits.is_empty();
    for Edit { edit, .. } in edits.iter().copied() {
        // GitHub's clock has seconds: two edits in one cannot be told apart by it.
        coherent &= match &edit.before {
            PreviousBody::Known(text) => same(text, seen) && edit.at > at,
            PreviousBody::Unknown | PreviousBody::Unchanged => false,
        };
        seen = &edit.body;
        at = edit.at;
    }
    if coherent {
        return Ok(Some(Present { body: seen.to_owned(), at, open: true, asked: false }));
    }
    ask(ctx, repo, row).await
}

async fn ask(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<Option<Present>, Failure> {
    let Some(number) = row.issue else { return Ok(None) };
    let issue = repo.take_issue(number).await.or_fail(ctx)?;
    Ok(issue.map(|i| Present { body: i.body, at: i.updated_at, open: i.open, asked: true }))
}

/// Notes that an issue of a release does not exist any more.
pub(super) async fn lose(
    ctx: &Context,
    row: ReleaseRow,
    number: IssueNumber,
    how: &str,
) -> Result<ReleaseRow, Failure> {
    // The first report stays: whoever reads the issue later finds it gone, and does not know how.
    if row.state == ReleaseState::Gone {
        return Ok(row);
    }
    let why = lost(number, row.issue != Some(number), how);
    if ctx.dry_run.is_none() {
        ctx.store.mark_issue_removed(row.id, why.clone()).await?;
    }
    let listed = Listed { state: ReleaseState::Gone, failure: Some(why), ..row.listed };
    Ok(ReleaseRow { listed, ..row })
}
