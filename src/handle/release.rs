//! Gathers what a release needs: the commit, the release before it, templates, new steps, merged pull requests.

use super::facts::{self, Base};
use super::{Context, Failure, OrFail as _, apply, gate, progress};
use crate::config::{ChecklistConfig, Trigger};
use crate::effect::Effect;
use crate::github::repo::Repo;
use crate::github::wire::{Comparison, Pull, Tree};
use crate::ids::{IssueNumber, Sha};
use crate::plan::{self, Configuration};
use crate::release::contents::{File, Ingredients, RangeFacts, Step};
use crate::release::marker::{Found, read};
use crate::release::{Merged, Previous, Release, version};
use crate::store::{ReleaseRow, ReleaseState};
use std::collections::BTreeSet;

/// Of older tags, so many are tried as the previous release.
const CANDIDATES: usize = 50;
/// Pages of closed pull requests, of 100 each, that are searched for those of the range.
const PAGES: usize = 10;
/// Of releases that have no issue yet, so many are tried again at a time.
const STUCK: usize = 5;

/// A tag appeared, moved, or was published as a release.
pub(super) async fn tagged(ctx: &Context, repo: &Repo, tag: &str, published: bool, actor: &str) -> Result<(), Failure> {
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let checklists = match &base.configuration {
        Configuration::Usable(config) => config.checklists.clone(),
        Configuration::Broken { .. } => {
            // Which checklists there are is not known. The commit's gate stays closed until the file is mended.
            let Some(commit) = repo.tag(tag).await.or_fail(ctx)? else { return Ok(()) };
            let why = "`.github/holdpoint.yml` on the default branch has errors, so no release issue could be opened. Mend the file, then push the tag again.";
            let effect = plan::gate::undecided(&commit, "release", "The configuration has errors", why);
            return apply::all(ctx, repo, vec![effect]).await;
        }
    };
    let mut commit = None;
    for (name, config) in checklists.iter().filter(|(_, c)| c.opens_on_tag(tag, published)) {
        if commit.is_none() {
            commit = repo.tag(tag).await.or_fail(ctx)?;
        }
        // Deleted meanwhile.
        let Some(commit) = &commit else { return Ok(()) };
        let release = Release {
            checklist: name.clone(),
            // A tag that is moved to another commit is another release: its steps are others.
            key: format!("tag:{tag}@{commit}"),
            label: tag.to_owned(),
            tag: Some(tag.to_owned()),
            commit: commit.clone(),
            previous: None,
            actor: actor.to_owned(),
            date: ctx.now().date(),
        };
        open(ctx, repo, &base, config, release).await?;
    }
    Ok(())
}

/// A pull request was merged.
pub(super) async fn merged(ctx: &Context, repo: &Repo, commit: &Sha, branch: &str, actor: &str) -> Result<(), Failure> {
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    for (name, checklist) in config.checklists.iter().filter(|(_, c)| c.opens_on_merge(branch)) {
        let release = Release {
            checklist: name.clone(),
            key: format!("merge:{commit}"),
            label: commit.short().to_owned(),
            tag: None,
            commit: commit.clone(),
            previous: None,
            actor: actor.to_owned(),
            date: ctx.now().date(),
        };
        open(ctx, repo, &base, checklist, release).await?;
    }
    Ok(())
}

/// Tags that are newer than every release that is known, and of which no event came: pushes of more than three tags send none.
pub(super) async fn catch_up(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let rows = ctx.store.releases(repo.repository.id).await?;
    let known: Vec<&str> = rows.iter().filter_map(|r| r.release.tag.as_deref()).collect();
    if known.is_empty() {
        return Ok(());
    }
    let (tags, _) = repo.tags().await.or_fail(ctx)?;
    for tag in &tags {
        let Some(own) = version::of_tag(tag) else { continue };
        let line: Vec<_> = known
            .iter()
            .filter(|k| version::prefix(k) == version::prefix(tag))
            .filter_map(|k| version::of_tag(k))
            .collect();
        if !line.is_empty() && line.iter().all(|k| *k < own) {
            tagged(ctx, repo, tag, false, "").await?;
        }
    }
    Ok(())
}

/// Releases whose issue is not there yet, because its delivery was given up or because it could not be opened: whatever was in
/// the way may be gone. The newest few; older ones wait for somebody to push the tag again.
pub(super) async fn try_again(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let rows = ctx.store.releases(repo.repository.id).await?;
    let stuck = |r: &&ReleaseRow| matches!(r.state, ReleaseState::Claimed | ReleaseState::Failed);
    let stuck: Vec<Release> = rows.iter().filter(stuck).take(STUCK).map(|r| r.release.clone()).collect();
    if stuck.is_empty() {
        return Ok(());
    }
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    for release in stuck {
        // A tag that is gone or elsewhere by now is no release any more.
        if let Some(tag) = &release.tag
            && repo.tag(tag).await.or_fail(ctx)?.as_ref() != Some(&release.commit)
        {
            continue;
        }
        if let Some(checklist) = config.checklists.get(&release.checklist) {
            open(ctx, repo, &base, checklist, release).await?;
        }
    }
    Ok(())
}

/// The newest tag of each checklist, where nobody told us of it and a pull request would ship it: its release is opened now.
/// Older tags that are not known were there before us.
pub(super) async fn missed(ctx: &Context, repo: &Repo, head: &Sha, tip: &Sha) -> Result<(), Failure> {
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    let checklists: Vec<_> = config.checklists.iter().filter(|(_, c)| c.open.on.contains(&Trigger::Tag)).collect();
    if checklists.is_empty() {
        return Ok(());
    }
    let rows = ctx.store.releases(repo.repository.id).await?;
    let (tags, _) = repo.tags().await.or_fail(ctx)?;
    for (name, checklist) in checklists {
        let versions = tags.iter().filter(|t| checklist.matches_tag(t)).filter_map(|t| Some((version::of_tag(t)?, t)));
        let Some((_, newest)) = versions.max() else { continue };
        let known = rows.iter().any(|r| r.release.checklist == **name && r.release.tag.as_ref() == Some(newest));
        if known {
            continue;
        }
        let Some(commit) = repo.tag(newest).await.or_fail(ctx)? else { continue };
        if repo.contains(head, &commit).await.or_fail(ctx)? && !repo.contains(tip, &commit).await.or_fail(ctx)? {
            tagged(ctx, repo, newest, false, "").await?;
        }
    }
    Ok(())
}

/// Opens the release's issue, unless it is open already, and shows it everywhere.
async fn open(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    config: &ChecklistConfig,
    mut release: Release,
) -> Result<(), Failure> {
    let rows = ctx.store.releases(repo.repository.id).await?;
    let known = rows.iter().find(|r| r.release.checklist == release.checklist && r.release.key == release.key);
    if !known.is_some_and(|row| row.state == ReleaseState::Open) {
        if let Some(row) = known {
            release.actor.clone_from(&row.release.actor);
            release.date.clone_from(&row.release.date);
        }
        release.previous = match known {
            // A try that was broken off goes on with the range that it began with.
            Some(row) if row.state == ReleaseState::Claimed => row.release.previous.clone(),
            Some(_) | None => previous(ctx, repo, config, &release, &rows).await?,
        };
        // The gate must know of the release before its issue is there: a claimed row is never green.
        if ctx.dry_run.is_none() {
            ctx.store.claim_release(repo.repository.id, release.clone(), ctx.now()).await?;
        }
        let effect = draft(ctx, repo, base, config, &release).await?;
        apply::all(ctx, repo, vec![effect]).await?;
    }
    let rows = ctx.store.releases(repo.repository.id).await?;
    let Some(row) = rows.iter().find(|r| r.release.checklist == release.checklist && r.release.key == release.key)
    else {
        return Ok(());
    };
    progress::show(ctx, repo, row, config).await?;
    gate::release(ctx, repo, row).await
}

/// The nearest older release that the new one contains: among the tags of its line, else among the releases that are known.
async fn previous(
    ctx: &Context,
    repo: &Repo,
    config: &ChecklistConfig,
    release: &Release,
    rows: &[ReleaseRow],
) -> Result<Option<Previous>, Failure> {
    if let Some(tag) = &release.tag {
        let (names, _) = repo.tags().await.or_fail(ctx)?;
        // A release that never got its issue, or lost it, asked for nothing: the range begins before it.
        let broken = |name: &String| {
            rows.iter().any(|r| {
                r.release.checklist == release.checklist
                    && r.release.tag.as_ref() == Some(name)
                    && matches!(r.state, ReleaseState::Failed | ReleaseState::Gone)
            })
        };
        // Neither did a tag that never was a release, although we watched already when it came.
        let known = |name: &str| {
            rows.iter()
                .filter(|r| r.release.checklist == release.checklist)
                .filter_map(|r| r.release.tag.as_deref())
                .any(|t| t == name)
        };
        let watched = |name: &str| {
            let tags = rows
                .iter()
                .filter(|r| r.release.checklist == release.checklist)
                .filter_map(|r| r.release.tag.as_deref());
            tags.filter(|t| version::prefix(t) == version::prefix(name))
                .any(|t| version::of_tag(t) < version::of_tag(name))
        };
        let asked = |name: &String| !broken(name) && (known(name) || !watched(name));
        let matching: Vec<String> = names.into_iter().filter(|n| config.matches_tag(n) && asked(n)).collect();
        for older in version::older(tag, &matching).into_iter().take(CANDIDATES) {
            let Some(commit) = repo.tag(older).await.or_fail(ctx)? else { continue };
            if commit != release.commit && repo.contains(&release.commit, &commit).await.or_fail(ctx)? {
                return Ok(Some(Previous { label: older.to_owned(), commit }));
            }
        }
    }
    for row in rows.iter().filter(|r| r.release.checklist == release.checklist && r.release.commit != release.commit) {
        if row.release.tag.is_some() != release.tag.is_some()
            || matches!(row.state, ReleaseState::Failed | ReleaseState::Gone)
        {
            continue;
        }
        if repo.contains(&release.commit, &row.release.commit).await.or_fail(ctx)? {
            return Ok(Some(Previous { label: row.release.label.clone(), commit: row.release.commit.clone() }));
        }
    }
    Ok(None)
}

fn impossible(release: &Release, why: String) -> Effect {
    Effect::SettleRelease { release: Box::new(release.clone()), failure: Some(why) }
}

/// Reads all that the issue is made from, and plans it.
pub(super) async fn draft(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    config: &ChecklistConfig,
    release: &Release,
) -> Result<Effect, Failure> {
    let tree = repo.tree(&release.commit).await.or_fail(ctx)?;
    if !tree.complete {
        let why = "the repository has more files than GitHub lists at once".to_owned();
        return Ok(impossible(release, why));
    }
    let names: Vec<&str> = tree.files.keys().map(String::as_str).collect();
    let mut templates = Vec::new();
    for path in config.templates(&names) {
        match facts::text(ctx, repo, &tree, &path).await? {
            Some(text) => templates.push(File { path, text }),
            None => {
                return Ok(impossible(
                    release,
                    format!("the template `{path}` is not in commit {}", release.commit.short()),
                ));
            }
        }
    }
    // No template there although the default branch has one: the commit may be older than the checklist.
    let usual: Vec<&str> = base.tree.files.keys().map(String::as_str).collect();
    if templates.is_empty()
        && let Some(path) = config.templates(&usual).first()
    {
        return Ok(impossible(release, format!("the template `{path}` is not in commit {}", release.commit.short())));
    }
    let (steps, range) = match &release.previous {
        Some(previous) => {
            let before = repo.tree(&previous.commit).await.or_fail(ctx)?;
            let comparison = repo.compare(&previous.commit, &release.commit).await.or_fail(ctx)?;
            let merged = match &comparison {
                Some(comparison) => merged_in(ctx, repo, comparison).await?,
                None => None,
            };
            let steps = steps(ctx, repo, config, release, &tree, Some(&before)).await?;
            (steps, RangeFacts { paths: before.complete.then(|| changed(&before, &tree)), merged })
        }
        None => (steps(ctx, repo, config, release, &tree, None).await?, RangeFacts::default()),
    };
    let files = templates.iter().chain(steps.iter().map(|s| &s.file));
    if let Some(file) = files.into_iter().find(|f| f.text == facts::unread(&f.path)) {
        return Ok(impossible(release, format!("`{}` is larger than 1 MiB and was not read", file.path)));
    }
    let site = ctx.site(&repo.repository);
    let ingredients = Ingredients { release, config, site: &site, templates: &templates, steps: &steps, range: &range };
    Ok(plan::release::open(&ingredients, repo.repository.id, &ctx.keys))
}

fn changed(before: &Tree, after: &Tree) -> Vec<String> {
    let new = after.files.iter().filter(|(path, blob)| before.files.get(*path) != Some(blob)).map(|(path, _)| path);
    let gone = before.files.keys().filter(|path| !after.files.contains_key(*path));
    new.chain(gone).cloned().collect()
}

/// Step files that are new or changed since the previous release; all of them for the first.
async fn steps(
    ctx: &Context,
    repo: &Repo,
    config: &ChecklistConfig,
    release: &Release,
    tree: &Tree,
    before: Option<&Tree>,
) -> Result<Vec<Step>, Failure> {
    let mut found = Vec::new();
    let steps = config.step_globs();
    for (path, blob) in tree.files.iter().filter(|(path, _)| steps.is_match(path)) {
        let old = before.and_then(|b| b.files.get(path));
        // A file that was only moved was asked for where it stood before. With another name it may as well be a new step in
        // the words of an old one that was cleared away.
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let moved = |(from, was): (&String, &Sha)| {
            was == blob && steps.is_match(from) && name(from) == name(path) && !tree.files.contains_key(from)
        };
        if old == Some(blob) || before.is_some_and(|b| b.files.iter().any(moved)) {
            continue;
        }
        let Some(text) = facts::text(ctx, repo, tree, path).await? else { continue };
        let before = match (before, old) {
            (Some(tree), Some(_)) => facts::text(ctx, repo, tree, path).await?,
            _ => None,
        };
        let brought_by = match repo.last_commit(&release.commit, path).await.or_fail(ctx)? {
            Some(commit) => repo.pulls_of(&commit).await.or_fail(ctx)?.into_iter().find(|p| p.merged).map(merged_pull),
            None => None,
        };
        found.push(Step { file: File { path: path.clone(), text }, before, brought_by });
    }
    Ok(found)
}

fn merged_pull(pull: Pull) -> Merged {
    Merged { number: pull.number, title: pull.title, author: pull.author, labels: pull.labels }
}

/// Pull requests whose merge commit is in the range, oldest first; `None` where they could not all be looked at.
async fn merged_in(ctx: &Context, repo: &Repo, comparison: &Comparison) -> Result<Option<Vec<Merged>>, Failure> {
    if !comparison.commits_complete {
        return Ok(None);
    }
    let range: BTreeSet<&Sha> = comparison.commits.iter().collect();
    let mut found = Vec::new();
    for page in 1..=PAGES {
        let pulls = repo.closed_pulls(page).await.or_fail(ctx)?;
        let full = pulls.len() == 100;
        // They come by their last change, and who was merged with a commit of the range changed since that was made.
        let behind = match (pulls.last(), comparison.oldest) {
            (Some(last), Some(oldest)) => last.updated_at < oldest,
            (Some(_) | None, _) => false,
        };
        let of_range = |p: &Pull| p.merged && p.merge_commit.as_ref().is_some_and(|c| range.contains(c));
        found.extend(pulls.into_iter().filter(of_range).map(merged_pull));
        if !full || behind {
            found.sort_by_key(|m| m.number);
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// An issue that the index does not know but that carries our marker: the database was lost. What was asked for is read again
/// from git; who ticked what is not known any more, so nothing counts until it is ticked again.
pub(super) async fn adopt(
    ctx: &Context,
    repo: &Repo,
    number: IssueNumber,
    marked: bool,
) -> Result<Option<ReleaseRow>, Failure> {
    if !marked {
        return Ok(None);
    }
    let Some(issue) = repo.issue(number).await.or_fail(ctx)? else { return Ok(None) };
    let Found::Ours(marker) = read(&issue.body, &ctx.keys) else { return Ok(None) };
    // A copy of a marked body in somebody else's issue is no release.
    if marker.repository != repo.repository.id || issue.author != apply::bot(ctx).await? {
        return Ok(None);
    }
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(None) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(None) };
    let release = marker.release;
    let checklist = config.checklists.get(&release.checklist).cloned().unwrap_or_default();
    let effect = draft(ctx, repo, &base, &checklist, &release).await?;
    let Effect::OpenIssue { release, draft, authors } = effect else { return Ok(None) };
    if ctx.dry_run.is_some() {
        return Ok(None);
    }
    let row = ctx.store.claim_release(repo.repository.id, *release, ctx.now()).await?;
    if row.state == ReleaseState::Open {
        return Ok(None);
    }
    ctx.store.issue_opened(row.id, number, draft.body, &authors).await?;
    Ok(ctx.store.release_of_issue(repo.repository.id, number).await?)
}
