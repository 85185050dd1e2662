//! A release happened: which one it is, and what is gathered for it.
//!
//! One release may announce itself many times: as a push, a created tag, a published release, a merge, by the sweep. Its key
//! says that it is one. Candidates of one version go on in one issue where the configuration says so.

mod aboard;
mod adopt;
mod anew;
mod believed;
mod by_hand;
mod candidate;
mod contents;
mod elsewhere;
mod opening;
mod previous;
mod pulls;
mod renew;
mod steps;
mod tags;

pub(super) use aboard::aboard;
pub(super) use adopt::{adopt, adopt_all};
pub use by_hand::ByHand;
pub(super) use by_hand::by_hand;
pub(super) use candidate::{emptied_anew, end as end_candidates};
pub(super) use contents::changed;
pub(super) use opening::open_issue;
pub(super) use previous::{Last, before_next};
pub(super) use pulls::{catch_up as catch_up_pulls, closed as pull_closed, pulled};
pub(super) use renew::put as put_renewal;
pub(super) use tags::{Among, catch_up, first_look, hear};

use super::facts::{self, Base};
use super::{Context, Failure, OrFail as _, apply, gate, landed, people, progress, verify};
use crate::config::{After, ChecklistConfig, Config, Prereleases, Trigger};
use crate::github::repo::Repo;
use crate::ids::{Account, PullNumber, Sha};
use crate::plan::{self, Configuration};
use crate::release::{Release, version};
use crate::store::{Listed, Put, ReleaseRow, ReleaseState};
use contents::{Judge, draft};
use previous::previous;

/// Of releases that have no issue yet, so many are tried again at a time.
const STUCK: usize = 5;

/// Whether a tag belongs to a checklist's line of releases: pre-releases may be ignored.
fn opens(config: &ChecklistConfig, tag: &str) -> bool {
    let ignored =
        config.open.prereleases == Prereleases::Ignore && version::is_prerelease(tag, &config.open.prerelease_words);
    config.matches_tag(tag) && !ignored
}

/// The pre-release words of all checklists, to sort tags that may be for any of them.
fn words_of_all(config: &Config) -> Vec<String> {
    config.checklists.values().flat_map(|checklist| checklist.open.prerelease_words.clone()).collect()
}

/// A tag appeared, moved, or was published as a release.
pub(super) async fn tagged(
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
            let why = "`.github/holdpoint.yml` on the default branch has errors, so no release issue could be opened. Mend the file, and it is opened then.";
            put_off(ctx, repo, tag, published).await?;
            let effect = plan::gate::undecided(&commit, "release", "The configuration has errors", why);
            return apply::all(ctx, repo, vec![effect]).await;
        }
    };
    let mut commit = None;
    for (name, config) in checklists.iter().filter(|(_, c)| c.opens_on_tag(tag, published) && opens(c, tag)) {
        if commit.is_none() {
            commit = repo.tag(tag).await.or_fail(ctx)?;
        }
        // Deleted meanwhile.
        let Some(commit) = &commit else { return Ok(()) };
        if Box::pin(is_alias(ctx, repo, config, tag, commit)).await? {
            continue;
        }
        let release = of_tag(ctx, name, tag, commit, actor);
        // Whoever publishes a release of a tag need not be who pushed it.
        if !(published && config.open.on.contains(&Trigger::Tag)) {
            name_opener(ctx, repo, &release).await?;
        }
        Box::pin(open(ctx, repo, &base, config, release)).await?;
    }
    Ok(())
}

/// The event of a tag tells who put it there, and that of a merge who merged. Where the release was opened before the event came,
/// nobody was known; where others put the tag there too, each of them is a first person.
async fn name_opener(ctx: &Context, repo: &Repo, release: &Release) -> Result<(), Failure> {
    let Release { checklist, key, actor, .. } = release;
    if !actor.is_known() || ctx.dry_run.is_some() {
        return Ok(());
    }
    let rows = ctx.store.releases(repo.repository.id).await?;
    let Some(row) = rows.iter().find(|row| row.is_of(checklist, key)) else { return Ok(()) };
    let Some(row) = ctx.store.release_by_id(row.id).await? else { return Ok(()) };
    let first = row.names().first().is_none_or(|name| name.key == *key);
    if first && !row.release.actor.is_known() {
        return Ok(ctx.store.opened_by(row.id, actor.clone()).await?);
    }
    if row.release.actor.is(actor) || row.authors.iter().any(|author| author.is(actor)) {
        return Ok(());
    }
    // With this event it is known who put the tag of a later candidate there.
    let known = row.authors.iter().filter(|author| first || author.is_known());
    let authors: Vec<Account> = known.chain([actor]).cloned().collect();
    Ok(ctx.store.note_authors(row.id, &authors).await?)
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
    let listed = repo.tagged().await.or_fail(ctx)?.known_part();
    // A full version that opens nothing leaves the short name to do it.
    let listed: Vec<_> = listed.into_iter().filter(|(name, _)| opens(config, name)).collect();
    Ok(tags::alias_of(&listed, tag, commit, words).is_some())
}

/// What the names begin with under which the index keeps tags that wait for a configuration to be mended.
const PUT_OFF: &str = "tag:";

/// Keeps a tag until its release can be opened: nobody tells of it twice.
async fn put_off(ctx: &Context, repo: &Repo, tag: &str, published: bool) -> Result<(), Failure> {
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    let put = Put { github_id: u64::from(published), digest: String::new() };
    Ok(ctx.store.note_put(repo.repository.id, format!("{PUT_OFF}{tag}"), put).await?)
}

/// Tags that came while the configuration had errors. Each is kept until it was worked off.
async fn opened_late(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let id = repo.repository.id;
    let mut waiting = ctx.store.puts_below(id, PUT_OFF.to_owned()).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    // A candidate goes before the version that goes on in its issue.
    let words = words_of_all(config);
    waiting.sort_by_key(|key| key.strip_prefix(PUT_OFF).and_then(|tag| version::of_tag(tag, &words)));
    for key in waiting {
        let Some(put) = ctx.store.last_put(id, key.clone()).await? else { continue };
        tagged(ctx, repo, key.strip_prefix(PUT_OFF).unwrap_or_default(), put.github_id == 1, &Account::nobody())
            .await?;
        ctx.store.forget_put(id, key).await?;
    }
    Ok(())
}

/// The release of a tag. A tag that is moved to another commit is another release: its steps are others.
fn of_tag(ctx: &Context, checklist: &str, tag: &str, commit: &Sha, actor: &Account) -> Release {
    let key = format!("tag:{tag}@{commit}");
    Release { tag: Some(tag.to_owned()), ..untagged(ctx, checklist, key, tag, commit, actor) }
}

/// A release without a tag.
fn untagged(ctx: &Context, checklist: &str, key: String, label: &str, commit: &Sha, actor: &Account) -> Release {
    Release {
        checklist: checklist.to_owned(),
        key,
        label: label.to_owned(),
        tag: None,
        commit: commit.clone(),
        previous: None,
        actor: actor.clone(),
        date: ctx.now().date(),
    }
}

/// A commit was deployed to an environment, or is about to be.
pub(super) async fn deployed(
    ctx: &Context,
    repo: &Repo,
    environment: &str,
    commit: &Sha,
    actor: &Account,
) -> Result<(), Failure> {
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    for (name, checklist) in config.checklists.iter().filter(|(_, c)| c.opens_on_deployment(environment)) {
        let key = format!("deployment:{environment}@{commit}");
        let label = format!("{environment} {}", commit.short());
        open(ctx, repo, &base, checklist, untagged(ctx, name, key, &label, commit, actor)).await?;
    }
    Ok(())
}

/// A pull request was merged.
pub(super) async fn merged(
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
        let own = rows.iter().any(|r| r.is_of(name, &pulls::key(number)) && !r.withdrawn());
        if own || checklist.opens_on_pull(branch) || pulls::ships_another(ctx, repo, &rows, name, number).await? {
            continue;
        }
        let release = untagged(ctx, name, format!("merge:{commit}"), commit.short(), commit, actor);
        name_opener(ctx, repo, &release).await?;
        open(ctx, repo, &base, checklist, release).await?;
    }
    Ok(())
}

/// Releases whose issue is not there yet, because its delivery was given up or because it could not be opened: whatever was in
/// the way may be gone. The newest few; older ones wait for somebody to push the tag again.
pub(super) async fn try_again(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let rows = ctx.store.releases(repo.repository.id).await?;
    for row in ctx.store.releases_pending(repo.repository.id).await? {
        Box::pin(renew::put(ctx, repo, &row)).await?;
    }
    let stuck = || rows.iter().filter(|r| matches!(r.state, ReleaseState::Claimed | ReleaseState::Failed));
    if stuck().next().is_none() {
        return Ok(());
    }
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    let stuck = stuck().filter(|row| !overtaken(config, &rows, row));
    let stuck: Vec<Release> = stuck.take(STUCK).map(|r| r.release.clone()).collect();
    if stuck.is_empty() {
        return Ok(());
    }
    let pulls = repo.open_pulls().await.or_fail(ctx)?;
    for release in stuck {
        // An open pull request is looked at as it is by now.
        if pulls.iter().any(|p| pulls::key(p.number) == release.key) {
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

/// Opens the release's issue, unless it is open already or another one goes on as this one, and shows it everywhere.
async fn open(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    config: &ChecklistConfig,
    mut release: Release,
) -> Result<(), Failure> {
    let rows = ctx.store.releases(repo.repository.id).await?;
    let of_checklist = || rows.iter().filter(|r| r.release.checklist == release.checklist && !r.withdrawn());
    // What is released without a tag is the release that has this commit already, whatever that is called.
    if release.tag.is_none()
        && let Some(row) =
            of_checklist().find(|r| r.release.key != release.key && r.commits().any(|own| *own == release.commit))
    {
        release = row.release.clone();
    }
    // Where a pull request's release became that of a tag, what is pushed to it later is another one.
    let same = |r: &&Listed| r.release.key == release.key || r.commits().any(|own| *own == release.commit);
    let known = rows.iter().filter(|r| r.is_of(&release.checklist, &release.key)).find(same);
    if known.is_none() && !contents::has_checklist(ctx, repo, base, config, &release.commit).await? {
        return Ok(());
    }
    let going_on = match renew::going_on(&rows, known, config, &release) {
        // A candidate of what is out already is a release of its own.
        Some(row) if known.is_none() && Box::pin(renew::is_late(ctx, repo, config, row, &release)).await? => None,
        found => found,
    };
    let key = release.key.clone();
    let refused = match going_on {
        Some(row) => {
            let Some(row) = ctx.store.release_by_id(row.id).await? else { return Ok(()) };
            Box::pin(renew::renew(ctx, repo, base, config, &row, release.clone())).await?
        }
        None => Some(String::new()),
    };
    let known = match known {
        Some(row) => ctx.store.release_by_id(row.id).await?,
        None => None,
    };
    let renewed = refused.is_none();
    match (&known, refused) {
        (Some(row), Some(why)) if going_on.is_some_and(|on| on.id == row.id) => {
            // It is at another commit now, and its issue cannot ask for what that brings: nobody may take it for the old one.
            renew::strand(ctx, row, release.clone(), why).await?;
        }
        (Some(row), _) if row.state == ReleaseState::Open && !renewed => Box::pin(renew::put(ctx, repo, row)).await?,
        (_, Some(_)) => Box::pin(fresh(ctx, repo, base, config, &mut release, known.as_ref(), &rows)).await?,
        (_, None) => {}
    }
    let rows = ctx.store.releases(repo.repository.id).await?;
    let Some(row) = rows.iter().find(|r| r.is_of(&release.checklist, &key)) else { return Ok(()) };
    let Some(row) = ctx.store.release_by_id(row.id).await? else { return Ok(()) };
    // Its commit may have been merged before it had the tag: by squash or rebase, git does not tell.
    if config.gate.after == After::Block || !config.gate.environments.is_empty() {
        landed::catch_up(ctx, repo).await?;
    }
    let row = people::resolve(ctx, repo, row, config).await?;
    let row = verify::look(ctx, repo, row).await?;
    progress::show(ctx, repo, &row, config).await?;
    gate::release(ctx, repo, &row).await
}

/// Opens an issue of its own for a release.
async fn fresh(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    config: &ChecklistConfig,
    release: &mut Release,
    known: Option<&ReleaseRow>,
    rows: &[Listed],
) -> Result<(), Failure> {
    if let Some(row) = known {
        release.actor.clone_from(&row.release.actor);
        release.date.clone_from(&row.release.date);
    }
    release.previous = match known {
        // A try that was broken off goes on with the range that it began with.
        Some(row) if row.state == ReleaseState::Claimed && row.release.commit == release.commit => {
            row.release.previous.clone()
        }
        Some(_) | None => previous(ctx, repo, config, release, rows).await?,
    };
    // The gate must know of the release before its issue is there: a claimed row is never green.
    if ctx.dry_run.is_none() {
        if let Some(row) = known.filter(|r| r.release.key == release.key && r.release.commit != release.commit) {
            renew::carry_on(ctx, row, release.clone()).await?;
        }
        ctx.store.claim_release(repo.repository.id, release.clone(), ctx.now()).await?;
    }
    let effect = draft(ctx, repo, base, config, release, &Judge::Branch).await?;
    apply::all(ctx, repo, vec![effect]).await
}
