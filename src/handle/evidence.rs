//! Looks for itself at what items want verified: asks GitHub about the released commit, keeps what was found with the release,
//! and shows it where it turned.
//!
//! Races, and the choices made. What is found may be over a moment later, and the event that says so may be lost. So a release
//! is looked at again on every event that can change it, by the sweep, and once more in the batch that would turn a gate green;
//! within one batch once. An answer that GitHub refuses is "not verified"; one that does not come fails the batch, which is
//! repeated.

use super::people::KnownPeople;
use super::{Context, Failure, facts, own_checks, release};
use crate::checklist::Checklist;
use crate::checklist::globs::Globs;
use crate::checklist::identity::ItemId;
use crate::checklist::parse;
use crate::checklist::verification::Verification;
use crate::event::Sender;
use crate::github::Error;
use crate::github::evidence::{CheckEnd, IssueEnd};
use crate::github::repo::Repo;
use crate::ids::{Account, Sha};
use crate::message::evidence as words;
use crate::plan::ticks::refusal;
use crate::release::finding::decide;
use crate::release::ledger::MarkSource;
use crate::release::progress::{Mark, Record, text_of};
use crate::release::verify::{Check, Ending, Fact, Turn, VerifyResult, issues_of, required_checks, turns};
use crate::store::{LedgerLine, ReleaseRow, ReleaseState};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

/// So many different things are looked for in one release; more are "not verified".
const MAX_LOOKUPS: usize = 50;

/// Of tags that name one commit, so many are asked for their release.
const TAGS: usize = 5;

/// In a text without it, nothing is to be verified: most are not parsed for it.
const WORD: &str = "verify=";

/// What one look has read already.
#[derive(Default)]
struct Read {
    checks: Option<Result<Vec<Check>, String>>,
    tags: Option<Result<Vec<String>, String>>,
    /// Who closed the issues that are closed.
    closers: BTreeMap<u64, Option<Sender>>,
}

/// Whether a release may have something to verify.
pub(super) fn concerns(row: &ReleaseRow) -> bool {
    row.state == ReleaseState::Open && row.opened_body.contains(WORD)
}

/// A release with what holds about its present commit. Nothing is asked where nothing is to be verified, or where this batch
/// has looked before.
pub(super) async fn look(ctx: &Context, repo: &Repo, row: ReleaseRow) -> Result<ReleaseRow, Failure> {
    if !concerns(&row) {
        return Ok(row);
    }
    let (opened, _) = parse::parse(&row.opened_body);
    let words = required_checks(&opened);
    if words.is_empty() {
        return Ok(row);
    }
    let key = (row.id, row.release.commit.clone());
    let known = ctx.looked.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    if let Some(verified) = known {
        return Ok(ReleaseRow { verified, ..row });
    }
    let site = ctx.site(&repo.repository);
    let mut read = Read::default();
    let mut found = BTreeMap::new();
    for (at, word) in words.into_iter().enumerate() {
        let evidence = match Verification::parse(&word) {
            Ok(_) if at >= MAX_LOOKUPS => VerifyResult::Unknown(words::too_many_things(MAX_LOOKUPS)),
            Ok(verification) => {
                let fact = fact(ctx, repo, &row, &verification, &mut read).await?;
                words::result(decide(&verification, &fact, &row.release, &site), &row.release.commit)
            }
            Err((why, _)) => VerifyResult::Unknown(why),
        };
        found.insert(word, evidence);
    }
    let refused = refused(ctx, repo, &row, &opened, &read.closers).await?;
    let verified = row.verified.next(&row.release.commit, found, refused, ctx.now());
    if verified != row.verified && ctx.dry_run.is_none() {
        let turned = turns(&opened, &row.verified, &verified);
        let by = if turned.is_empty() { String::new() } else { own_checks::bot(ctx).await? };
        let by = Account::from(by.as_str());
        // No delivery tells of it: several may, or none.
        let delivery = format!("verified-{}-{}", row.id, ctx.github.now_ms());
        let line = |Turn { item, proof }: Turn| LedgerLine {
            text: text_of(&item, &opened, &opened),
            record: Record {
                item,
                mark: if proof.is_whole() { Mark::Done } else { Mark::Open },
                by: by.clone(),
                at: ctx.now(),
                refused: None,
                how: MarkSource::Verified,
            },
            delivery: delivery.clone(),
            reason: Some(words::proof(&proof)),
        };
        ctx.store.record_verification(row.id, &verified, turned.into_iter().map(line).collect()).await?;
    }
    ctx.looked.lock().unwrap_or_else(PoisonError::into_inner).insert(key, verified.clone());
    Ok(ReleaseRow { verified, ..row })
}

/// Items that wait for issues which somebody closed who may not tick the item: to close an issue takes triage access, or to have
/// opened it.
async fn refused(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    opened: &Checklist,
    closers: &BTreeMap<u64, Option<Sender>>,
) -> Result<BTreeMap<ItemId, String>, Failure> {
    let mut refused = BTreeMap::new();
    if closers.is_empty() {
        return Ok(refused);
    }
    let checklist = &row.release.checklist;
    let rules = facts::rules(ctx, repo, checklist).await?.map_err(|none| none.refusal(checklist));
    let mut asked = KnownPeople::default();
    for item in &opened.items {
        for number in issues_of(item) {
            let Some(closer) = closers.get(&number) else { continue };
            let why = match (&rules, closer) {
                (Err(why), _) => Some(why.clone()),
                (Ok(_), None) => Some(words::closer_unknown(number)),
                (Ok(config), Some(closer)) => {
                    let person = asked.ask(ctx, repo, closer, row, opened, config).await?;
                    refusal(person, Some(item), &row.people(), config)
                        .map(|why| words::closer_refused(number, &closer.login, &why))
                }
            };
            if let Some(why) = why {
                refused.insert(item.id.clone(), why);
                break;
            }
        }
    }
    Ok(refused)
}

/// What GitHub says; `Err` within for what it does not say.
fn permitted<T>(ctx: &Context, answer: Result<T, Error>, permission: &str) -> Result<Result<T, String>, Failure> {
    Ok(match answer {
        Ok(answer) => Ok(answer),
        Err(Error::Forbidden { message }) => Err(words::not_permitted(&message, permission)),
        Err(error @ (Error::NotFound | Error::Gone { .. } | Error::Validation { .. })) => Err(error.to_string()),
        Err(error) => return Err(ctx.failed(&error)),
    })
}

/// Reads what is needed to decide one thing.
async fn fact(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    wanted: &Verification,
    read: &mut Read,
) -> Result<Fact, Failure> {
    let commit = &row.release.commit;
    Ok(match wanted {
        Verification::Checks(_) => {
            if read.checks.is_none() {
                read.checks = Some(checks(ctx, repo, commit).await?);
            }
            read.checks.clone().map_or_else(unread, |checks| checks.map_or_else(Fact::Unknown, Fact::Checks))
        }
        Verification::Tag(glob) => {
            tags(ctx, repo, row, glob.as_ref(), read).await?.map_or_else(Fact::Unknown, Fact::Tags)
        }
        Verification::Release => match tags(ctx, repo, row, None, read).await? {
            Ok(tags) => published(ctx, repo, tags).await?,
            Err(why) => Fact::Unknown(why),
        },
        Verification::Deployment(environment) => {
            match permitted(ctx, repo.deployed(commit, environment).await, "deployments: read")? {
                Ok(None) => Fact::Deployment(None),
                Ok(Some(states)) => {
                    states.complete().map_or_else(|e| Fact::Unknown(e.to_string()), |all| Fact::Deployment(Some(all)))
                }
                Err(why) => Fact::Unknown(why),
            }
        }
        Verification::Changed(_) => changed(ctx, repo, row).await?,
        Verification::Closed(numbers) => closed(ctx, repo, numbers, &mut read.closers).await?,
    })
}

fn unread() -> Fact {
    Fact::Unknown(words::UNREAD.to_owned())
}

async fn checks(ctx: &Context, repo: &Repo, commit: &Sha) -> Result<Result<Vec<Check>, String>, Failure> {
    let check = |CheckEnd { name, run, outcome }: CheckEnd| Check { name, run, outcome };
    Ok(match permitted(ctx, repo.checks_of(commit).await, words::CHECK_PERMISSIONS)? {
        Ok(all) => all.complete().map(|all| all.into_iter().map(check).collect()).map_err(|e| e.to_string()),
        Err(why) => Err(why),
    })
}

/// Tags that name the released commit. A release that has a tag asks for that one, unless a glob asks for others.
async fn tags(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    glob: Option<&String>,
    read: &mut Read,
) -> Result<Result<Vec<String>, String>, Failure> {
    let release = &row.release;
    if let (None, Some(own)) = (glob, &release.tag) {
        let names = permitted(ctx, repo.tag(own).await, "contents: read")?;
        return Ok(names.map(|at| Vec::from_iter(at.filter(|at| *at == release.commit).map(|_| own.clone()))));
    }
    if read.tags.is_none() {
        read.tags = Some(match permitted(ctx, repo.tags_with_commits().await, "contents: read")? {
            Ok(all) => {
                let of_commit = |(name, at): &(String, Sha)| (*at == release.commit).then(|| name.clone());
                let own: Vec<String> = all.as_ref().known_part().iter().filter_map(of_commit).collect();
                // What was found suffices; that there is none takes all of them.
                if own.is_empty() { all.complete().map(|_| own).map_err(|e| e.to_string()) } else { Ok(own) }
            }
            Err(why) => Err(why),
        });
    }
    let all = read.tags.clone().unwrap_or_else(|| Err(words::UNREAD.to_owned()));
    let Some(glob) = glob else { return Ok(all) };
    let globs = Globs::paths(vec![glob.clone()]);
    Ok(all.and_then(|names| globs.map(|globs| names.into_iter().filter(|name| globs.is_match(name)).collect())))
}

async fn published(ctx: &Context, repo: &Repo, tags: Vec<String>) -> Result<Fact, Failure> {
    for tag in tags.iter().take(TAGS) {
        match permitted(ctx, repo.is_published(tag).await, "contents: read")? {
            Ok(true) => {
                let published = Some(tag.clone());
                return Ok(Fact::Release { tags, published });
            }
            Ok(false) => {}
            Err(why) => return Ok(Fact::Unknown(why)),
        }
    }
    Ok(Fact::Release { tags, published: None })
}

async fn changed(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<Fact, Failure> {
    let Some(previous) = &row.release.previous else { return Ok(Fact::Changed(None)) };
    let mut trees = Vec::new();
    for commit in [&previous.commit, &row.release.commit] {
        match permitted(ctx, repo.tree(commit).await, "contents: read")? {
            Ok(tree) => trees.push(tree),
            Err(why) => return Ok(Fact::Unknown(why)),
        }
    }
    let [before, after] = trees.as_slice() else { return Ok(unread()) };
    let changed = before.files().with(after.files(), release::changed).complete();
    Ok(changed.map_or_else(|e| Fact::Unknown(e.to_string()), |paths| Fact::Changed(Some(paths))))
}

async fn closed(
    ctx: &Context,
    repo: &Repo,
    numbers: &[u64],
    closers: &mut BTreeMap<u64, Option<Sender>>,
) -> Result<Fact, Failure> {
    if numbers.len() > MAX_LOOKUPS {
        return Ok(Fact::Unknown(words::too_many_issues(MAX_LOOKUPS)));
    }
    let mut found = Vec::new();
    for number in numbers.iter().copied().collect::<BTreeSet<u64>>() {
        match permitted(ctx, repo.issue_end(number).await, "issues: read")? {
            Ok(end) => {
                found.push((number, end.as_ref().map(ending)));
                if let Some(IssueEnd { open: false, by, .. }) = end {
                    closers.insert(number, by);
                }
            }
            Err(why) => return Ok(Fact::Unknown(why)),
        }
    }
    Ok(Fact::Closed(found))
}

fn ending(end: &IssueEnd) -> Ending {
    match (end.open, end.merged, end.reason.as_str()) {
        (true, ..) => Ending::Open,
        (false, Some(true), _) | (false, None, "completed" | "") => Ending::Completed,
        (false, Some(false), _) => Ending::Otherwise("without being merged".to_owned()),
        (false, None, reason) => Ending::Otherwise(format!("as {}", reason.replace('_', " "))),
    }
}
