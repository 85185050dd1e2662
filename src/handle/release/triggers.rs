//! What makes a release: a tag, a deployment, a merge; and what was put off or got stuck.

use super::super::facts::{self};
use super::super::{Context, Failure, OrFail as _, apply, read_ahead};
use super::naming::{self, of_tag, opens, untagged, words_of_all};
use super::opening::{open, open_named};
use crate::config::{ChecklistConfig, Config, Prereleases, Trigger};
use crate::github::repo::Repo;
use crate::ids::{Account, PullNumber, Sha};
use crate::message::{no_rules, release_issue};
use crate::plan::{self, Configuration};
use crate::release::key::ReleaseKey;
use crate::release::{Release, version};
use crate::store::{Listed, ReleaseState, Written};

/// Of releases that have no issue yet, so many are tried again at a time.
const MAX_RETRIED: usize = 5;

/// What the names begin with under which the index keeps tags that wait for a configuration to be mended.
const PUT_OFF: &str = "tag:";

/// A tag appeared, moved, or was published as a release.
pub(in super::super) async fn tagged(
    ctx: &Context,
    repo: &Repo,
    tag: &str,
    published: bool,
    actor: &Account,
) -> Result<(), Failure> {
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let checklists = match &base.configuration {
        Configuration::Usable(config) => config.checklists.clone(),
        Configuration::Broken { .. } => {
            // Which checklists there are is not known. The commit's gate stays closed until the file is mended.
            let Some(commit) = repo.tag(tag).await.or_fail(ctx)? else { return Ok(()) };
            put_off(ctx, repo, tag, published).await?;
            let effect = plan::gate::undecided(&commit, "release", no_rules::BROKEN, release_issue::BROKEN);
            return apply::all(ctx, repo, vec![effect]).await;
        }
    };
    let mut commit = None;
    for (name, config) in checklists.iter().filter(|(_, c)| c.opens_on_tag(tag, published) && opens(c, tag)) {
        if commit.is_none() {
            read_ahead::tag(ctx, repo, tag).await?;
            commit = repo.tag(tag).await.or_fail(ctx)?;
        }
        // Deleted meanwhile.
        let Some(commit) = &commit else { return Ok(()) };
        if Box::pin(is_alias(ctx, repo, config, tag, commit)).await? {
            continue;
        }
        let release = of_tag(ctx, name, tag, commit, actor);
        // Whoever publishes a release of a tag need not be who pushed it.
        if published && config.open.on.contains(&Trigger::Tag) {
            Box::pin(open(ctx, repo, &base, config, release)).await?;
        } else {
            Box::pin(open_named(ctx, repo, &base, config, release)).await?;
        }
    }
    Ok(())
}

/// Whether a tag is a short name of a full version at the same commit, which has the release. Where the list of tags is cut and
/// the full version is not among them, this is not known, and the tag is a release of its own.
async fn is_alias(
    ctx: &Context,
    repo: &Repo,
    config: &ChecklistConfig,
    tag: &str,
    commit: &Sha,
) -> Result<bool, Failure> {
    let words = &config.open.prerelease_words;
    if !version::may_be_short(tag, words) {
        return Ok(false);
    }
    let listed = repo.tags_with_commits().await.or_fail(ctx)?.known_part();
    // A full version that opens nothing leaves the short name to do it.
    let listed: Vec<_> = listed.into_iter().filter(|(name, _)| opens(config, name)).collect();
    Ok(naming::alias_of(&listed, tag, commit, words).is_some())
}

/// Keeps a tag until its release can be opened: nobody tells of it twice.
async fn put_off(ctx: &Context, repo: &Repo, tag: &str, published: bool) -> Result<(), Failure> {
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    let put = Written { github_id: u64::from(published), digest: String::new() };
    Ok(ctx.store.record_written(repo.repository.id, format!("{PUT_OFF}{tag}"), put).await?)
}

/// Tags that came while the configuration had errors. Each is kept until it was worked off.
pub(super) async fn opened_late(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let id = repo.repository.id;
    let mut waiting = ctx.store.written_below(id, PUT_OFF.to_owned()).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    // A candidate goes before the version that goes on in its issue.
    let words = words_of_all(config);
    waiting.sort_by_key(|key| key.strip_prefix(PUT_OFF).and_then(|tag| version::of_tag(tag, &words)));
    for key in waiting {
        let Some(put) = ctx.store.last_written(id, key.clone()).await? else { continue };
        tagged(ctx, repo, key.strip_prefix(PUT_OFF).unwrap_or_default(), put.github_id == 1, &Account::nobody())
            .await?;
        ctx.store.forget_written(id, key).await?;
    }
    Ok(())
}

/// A commit was deployed to an environment, or is about to be.
pub(in super::super) async fn deployed(
    ctx: &Context,
    repo: &Repo,
    environment: &str,
    commit: &Sha,
    actor: &Account,
) -> Result<(), Failure> {
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    for (name, checklist) in config.checklists.iter().filter(|(_, c)| c.opens_on_deployment(environment)) {
        let key = ReleaseKey::Deployment { environment: environment.to_owned(), commit: commit.clone() };
        let label = format!("{environment} {}", commit.short());
        open(ctx, repo, &base, checklist, untagged(ctx, name, key, &label, commit, actor)).await?;
    }
    Ok(())
}

/// A pull request was merged.
pub(in super::super) async fn merged(
    ctx: &Context,
    repo: &Repo,
    number: PullNumber,
    commit: &Sha,
    branch: &str,
    actor: &Account,
) -> Result<(), Failure> {
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    let rows = ctx.store.releases(repo.repository.id).await?;
    for (name, checklist) in config.checklists.iter().filter(|(_, c)| c.opens_on_merge(branch)) {
        // It has a release as a pull request, or by the tag of its head: it was asked for there.
        let own = rows.iter().any(|r| r.is_of(name, &ReleaseKey::PullRequest(number)) && !r.withdrawn());
        if own || checklist.opens_on_pull(branch) || naming::ships_another(ctx, repo, &rows, name, number).await? {
            continue;
        }
        let release = untagged(ctx, name, ReleaseKey::Merge(commit.clone()), commit.short(), commit, actor);
        open_named(ctx, repo, &base, checklist, release).await?;
    }
    Ok(())
}

/// Releases whose issue is not there yet, because its delivery was given up or because it could not be opened: whatever was in
/// the way may be gone. The newest few; older ones wait for somebody to push the tag again.
pub(in super::super) async fn retry_failed(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let rows = ctx.store.releases(repo.repository.id).await?;
    for row in ctx.store.releases_pending(repo.repository.id).await? {
        Box::pin(apply::addition::put(ctx, repo, &row)).await?;
    }
    let stuck = || rows.iter().filter(|r| matches!(r.state, ReleaseState::Claimed | ReleaseState::Failed));
    if stuck().next().is_none() {
        return Ok(());
    }
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    let stuck = stuck().filter(|row| !overtaken(config, &rows, row));
    let stuck: Vec<Release> = stuck.take(MAX_RETRIED).map(|r| r.release.clone()).collect();
    if stuck.is_empty() {
        return Ok(());
    }
    let pulls = repo.open_pulls().await.or_fail(ctx)?;
    for release in stuck {
        // An open pull request is looked at as it is by now.
        if pulls.iter().any(|p| release.key.pull_request() == Some(p.number)) {
            continue;
        }
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

/// Whether a later tag of its version has an issue. Where candidates share one, that asks for all that an earlier one would have
/// asked for.
fn overtaken(config: &Config, rows: &[Listed], row: &Listed) -> bool {
    let Some(open) = config.checklists.get(&row.release.checklist).map(|checklist| &checklist.open) else {
        return false;
    };
    let words = &open.prerelease_words;
    let version = |row: &Listed| row.release.tag.as_deref().and_then(|tag| version::final_of(tag, words));
    open.prereleases == Prereleases::Same
        && row.release.tag.as_deref().is_some_and(|tag| version::is_prerelease(tag, words))
        && rows.iter().any(|later| {
            later.id > row.id
                && later.state == ReleaseState::Open
                && later.release.checklist == row.release.checklist
                && version(later) == version(row)
        })
}
