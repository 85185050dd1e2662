//! Commands in comments: gathers who wrote them and how far the release is, and has them carried out.
//!
//! A comment is executed once, as it was first written. Its lines in the ledger are named after the comment, so that a
//! delivery that comes twice adds nothing. The issue's text is never touched: what a command says stands in the ledger, and
//! the progress comment shows it.

use super::release::ManualRelease;
use super::{
    Context, Failure, OrFail as _, apply, facts, gate, own_checks, people, pull_request, read_ahead, release,
    release_state, ticks,
};
use crate::checklist::parse;
use crate::config::Role;
use crate::effect::{Comment as Put, CommentKind, Effect};
use crate::event::{Comment, Sender};
use crate::github::Error;
use crate::github::issues::Found;
use crate::github::repo::Repo;
use crate::ids::{IssueNumber, PullNumber, Timestamp};
use crate::message::{self, command_problem, reply};
use crate::plan::commands::{Answer, Facts, answer, maintainers};
use crate::plan::ticks::Person;
use crate::release::command::{Command, commands};
use crate::store::{self, LedgerLine, ReleaseRow};
use std::collections::{BTreeMap, BTreeSet};

/// So many releases are named where somebody asks how far they are.
const SHOWN: usize = 5;

/// So far back from the last edit of an issue its comments are looked at whose delivery may have been lost, in seconds.
const FAR_BACK: i64 = 2 * 86_400;

/// Comments of which no delivery came. GitHub tells of each once. By GitHub's clock, not by ours.
///
/// What stands in a comment now is its writer's only where nobody ever edited it, and that GraphQL alone says: everybody with
/// write access may edit other people's comments.
pub(super) async fn catch_up(ctx: &Context, repo: &Repo, number: IssueNumber) -> Result<(), Failure> {
    let Some(row) = ctx.store.release_of_issue(repo.repository.id, number).await? else { return Ok(()) };
    let since = Timestamp(row.body_at.0.saturating_sub(FAR_BACK).max(0));
    let us = own_checks::bot(ctx).await?;
    let mut found = Vec::new();
    for comment in repo.comments_since(number, since).await.or_fail(ctx)? {
        let asks = comment.sender.login != us && !commands(&comment.comment.body).is_empty();
        if asks && !is_noted(ctx, repo, &comment.comment).await? {
            found.push(comment);
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = found.iter().filter(|c| !c.edited).map(|c| c.node.clone()).collect();
    let unedited = match repo.never_edited(&names).await {
        Ok(unedited) => unedited,
        Err(error @ Error::RateLimited { .. }) => return Err(ctx.failed(&error)),
        Err(error) => {
            // Nothing was noted, so the next look asks again.
            tracing::warn!(issue = number.0, %error, "GitHub does not say whether comments were edited");
            return Ok(());
        }
    };
    for Found { comment, sender, .. } in found {
        if unedited.contains(&comment.id) {
            process_comment(ctx, repo, &comment, &sender).await?;
            continue;
        }
        let refused = vec![reply::EDITED.to_owned()];
        apply::all(ctx, repo, replies(&comment, &Answer { refused, ..Answer::default() })).await?;
        note(ctx, repo, &comment).await?;
    }
    Ok(())
}

fn executed(comment: &Comment) -> String {
    format!("command:{}", comment.id)
}

/// Whether a comment was read as it was first written.
async fn is_noted(ctx: &Context, repo: &Repo, comment: &Comment) -> Result<bool, Failure> {
    Ok(ctx.store.last_written(repo.repository.id, executed(comment)).await?.is_some())
}

async fn note(ctx: &Context, repo: &Repo, comment: &Comment) -> Result<(), Failure> {
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    let done = store::Written { github_id: comment.id.0, digest: String::new() };
    Ok(ctx.store.record_written(repo.repository.id, executed(comment), done).await?)
}

/// Somebody wrote a comment. What was executed once is not executed again, and one without commands never will be.
pub(super) async fn process_comment(
    ctx: &Context,
    repo: &Repo,
    comment: &Comment,
    sender: &Sender,
) -> Result<(), Failure> {
    if commands(&comment.body).is_empty() {
        let number = IssueNumber(comment.number);
        let ours = !comment.on_pull && ctx.store.release_of_issue(repo.repository.id, number).await?.is_some();
        return if ours { note(ctx, repo, comment).await } else { Ok(()) };
    }
    if sender.login == own_checks::bot(ctx).await? || is_noted(ctx, repo, comment).await? {
        return Ok(());
    }
    Box::pin(execute(ctx, repo, comment, sender)).await?;
    note(ctx, repo, comment).await
}

async fn execute(ctx: &Context, repo: &Repo, comment: &Comment, sender: &Sender) -> Result<(), Failure> {
    let asked = commands(&comment.body);
    let number = IssueNumber(comment.number);
    let row = if comment.on_pull {
        None
    } else {
        match ctx.store.release_of_issue(repo.repository.id, number).await? {
            Some(row) => Some(row),
            None => release::recover(ctx, repo, number, true).await?,
        }
    };
    let Some(row) = row else { return elsewhere(ctx, repo, comment, sender, &asked).await };
    read_ahead::release_issue(ctx, repo, number).await?;
    let checklist = &row.release.checklist;
    let config = match facts::rules(ctx, repo, checklist).await? {
        Ok(config) => config,
        Err(none) => {
            repo.drop_issues();
            let why = none.refusal(checklist);
            apply::all(ctx, repo, replies(comment, &Answer { refused: vec![why], ..Answer::default() })).await?;
            return gate::release(ctx, repo, &row).await;
        }
    };
    let (opened, _) = parse::parse(&row.opened_body);
    let people = row.people();
    let person = people::person(ctx, repo, sender, &people, &opened, &config).await?;
    let progress = release_state::progress_of(ctx, &row, &config).await?;
    let facts = Facts {
        person: &person,
        at: comment.at,
        progress: &progress,
        opened: &opened,
        people: &people,
        config: &config,
    };
    let mut answer = answer(&asked, &facts);
    keep(ctx, comment, &row, &answer).await?;
    if answer.status {
        let now = release_state::progress_of(ctx, &row, &config).await?;
        answer.told.push(message::progress::status(&row.release.label, &now));
    }
    open(ctx, repo, comment, sender, &mut answer).await?;
    if asked.iter().any(|command| matches!(command, Command::Open(_))) {
        // What was opened meanwhile took its time: the issue is read anew.
        repo.drop_issues();
    }
    // Looks at the issue itself once more: a command may be the last thing that was missing. Nobody waits for the reply until then.
    let reply = apply::all(ctx, repo, replies(comment, &answer));
    let (replied, looked) = tokio::join!(reply, ticks::edited(ctx, repo, number, &[], true));
    replied.and(looked)
}

/// Writes what was decided into the ledger.
async fn keep(ctx: &Context, comment: &Comment, row: &ReleaseRow, answer: &Answer) -> Result<(), Failure> {
    if ctx.dry_run.is_some() || answer.lines.is_empty() {
        return Ok(());
    }
    let lines = answer.lines.iter().map(|line| LedgerLine {
        record: line.record.clone(),
        delivery: format!("comment {}, command {}", comment.id, line.command),
        text: Some(line.text.clone()),
        reason: line.said.clone(),
    });
    Ok(ctx.store.record(row.id, lines.collect(), row.body.clone(), row.body_at).await?)
}

/// What the writer of the comment is told.
fn replies(comment: &Comment, answer: &Answer) -> Vec<Effect> {
    let mut effects = Vec::new();
    if answer.accepted {
        effects.push(Effect::React { comment: comment.id, reaction: "+1" });
    }
    if !answer.refused.is_empty() || !answer.told.is_empty() || answer.help {
        effects.push(Effect::PutComment(Put {
            number: comment.number,
            kind: CommentKind::Reply(comment.id),
            body: reply::reply(&answer.told, &answer.refused, answer.help),
            create: true,
        }));
    }
    effects
}

/// A comment under something that is no release issue. Strangers to a repository get no answer where it has no release: they
/// may not know that Holdpoint is there.
async fn elsewhere(
    ctx: &Context,
    repo: &Repo,
    comment: &Comment,
    sender: &Sender,
    asked: &[Command],
) -> Result<(), Failure> {
    let role = if sender.bot { Role::None } else { repo.member(&sender.account()).await.or_fail(ctx)?.role };
    if role < Role::Write && !ctx.store.has_releases(repo.repository.id).await? {
        return Ok(());
    }
    let collaborator = role >= Role::Triage;
    let (teams, hidden_teams) = (BTreeMap::new(), BTreeSet::new());
    let person = Person { sender: sender.clone(), role, collaborator, teams, hidden_teams };
    let mut answer = Answer::default();
    let mut recheck = false;
    for command in asked {
        match command {
            Command::Recheck if role >= Role::Write => {
                answer.accepted = true;
                recheck = true;
            }
            Command::Recheck => answer.refused.push(reply::NO_RECHECK.to_owned()),
            Command::Open(what) if role >= Role::Maintain && !person.is_machine() => {
                answer.accepted = true;
                answer.open.push(what.clone());
            }
            Command::Open(_) => answer.refused.push(format!("`/hp open`: {}", maintainers(&person))),
            Command::Help => answer.help = true,
            Command::Unclear(problem) => answer.refused.push(command_problem::sentence(problem)),
            Command::Status if answer.status => {}
            Command::Status => {
                answer.status = true;
                answer.told.push(message::progress::where_to_look(&newest(ctx, repo).await?));
            }
            Command::Done(..) | Command::Undo(_) | Command::Skip(..) | Command::Override(..) => {
                if !answer.refused.iter().any(|known| known == reply::NO_ITEMS_HERE) {
                    answer.refused.push(reply::NO_ITEMS_HERE.to_owned());
                }
            }
        }
    }
    open(ctx, repo, comment, sender, &mut answer).await?;
    apply::all(ctx, repo, replies(comment, &answer)).await?;
    match (recheck, comment.on_pull) {
        (true, true) => pull_request::look(ctx, repo, PullNumber(comment.number)).await,
        (true, false) => {
            let guid = format!("comment-{}", comment.id);
            Ok(super::ask_to_recheck(ctx, &repo.repository, &guid).await?)
        }
        (false, _) => Ok(()),
    }
}

/// Opens the releases that were asked for, and adds to the answer what came of it.
async fn open(
    ctx: &Context,
    repo: &Repo,
    comment: &Comment,
    sender: &Sender,
    answer: &mut Answer,
) -> Result<(), Failure> {
    for what in std::mem::take(&mut answer.open) {
        let what = match what {
            Some(name) => ManualRelease::Named(name),
            None if comment.on_pull => ManualRelease::Pull(PullNumber(comment.number)),
            None => {
                answer.refused.push(reply::NOTHING_TO_OPEN.to_owned());
                continue;
            }
        };
        match release::by_hand(ctx, repo, &what, None, &sender.account()).await? {
            Ok(rows) => answer.told.extend(rows.iter().map(opened)),
            Err(why) => answer.refused.push(format!("`/hp open`: {why}")),
        }
    }
    Ok(())
}

/// The newest releases that have an issue, with it.
async fn newest(ctx: &Context, repo: &Repo) -> Result<Vec<(String, IssueNumber)>, Failure> {
    let open = ctx.store.newest_open(repo.repository.id, SHOWN).await?.into_iter().rev();
    Ok(open.filter_map(|row| Some((row.release.label, row.issue?))).collect())
}

fn opened(row: &ReleaseRow) -> String {
    reply::opened(&row.release.label, row.issue, row.failure.as_deref())
}
