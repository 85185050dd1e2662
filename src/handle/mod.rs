//! From a batch of deliveries to what is done about it: gather facts, plan, apply.
//!
//! A batch holds deliveries about one subject (one pull request, one issue, one tag), oldest first; no other batch of the same
//! repository is at work meanwhile, in this process or another. So two deliveries never race for one check run, and what a
//! plan read is still true when it is applied, but for people: they are faster than anybody, and their next edit is the
//! next delivery.
//!
//! Nothing here decides what is written; that is `plan`.

mod apply;
mod buried;
mod commands;
mod deployments;
mod facts;
mod gate;
mod history;
mod installations;
mod landed;
mod named;
mod people;
mod progress;
mod release;
mod review;
mod tasks;
mod ticks;
mod verify;
mod whole;

pub use buried::buried;
pub use release::ByHand;

pub use installations::ask_to_recheck;
use installations::{ask_ourselves, installed};

use crate::effect::Effect;
use crate::event::{Delivery, Event};
use crate::gate::Reading;
use crate::github::payload;
use crate::github::repo::{Objects, Repo};
use crate::ids::{Account, IssueNumber, PullNumber, Repository, Sha, Timestamp};
use crate::release::Site;
use crate::release::marker::Keys;
use crate::release::verify::Verified;
use crate::settings::{Secret, Settings};
use crate::store::{Batch, Store};
use crate::{github, store};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many release issues are read again when a repository is looked at.
const REREAD: usize = 20;

/// Why a batch was not worked off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Trying again may help.
    Retry {
        /// When, in milliseconds since 1970, where somebody asked us to wait until then: such a try does not count.
        at_ms: Option<i64>,
        /// Why, in a sentence for the log and the dead letter.
        message: String,
    },
    /// It will never work.
    Dead {
        /// Why, in a sentence for the log and the dead letter.
        message: String,
    },
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::Retry { at_ms: None, message: error.to_string() }
    }
}

/// What handling needs.
#[derive(Clone, Debug)]
pub struct Context {
    /// The database.
    pub store: Store,
    /// GitHub.
    pub github: Arc<github::App>,
    /// The operator's settings.
    pub settings: Arc<Settings>,
    /// What git can never change.
    pub objects: Arc<Objects>,
    /// Keys of the markers in release issues.
    pub keys: Keys,
    /// What Holdpoint found about releases in this batch: looked for once. Every batch begins with none.
    pub looked: Arc<Mutex<BTreeMap<(i64, Sha), Verified>>>,
    /// What this batch has read of what a green check rests on. Every batch begins with nothing.
    pub reading: Arc<Mutex<Reading>>,
    /// A call of this batch was refused because the installation is suspended. Every batch begins with no.
    pub suspended: Arc<AtomicBool>,
    /// A call of this batch was led elsewhere: the repository may have another name. Every batch begins with no.
    pub moved: Arc<AtomicBool>,
    /// Where effects go instead of GitHub, for a dry run.
    pub dry_run: Option<Arc<Mutex<Vec<Effect>>>>,
}

impl Context {
    /// Puts it together.
    ///
    /// # Errors
    /// Where the webhook secret is missing from the settings.
    pub fn new(store: Store, github: Arc<github::App>, settings: Arc<Settings>) -> anyhow::Result<Self> {
        let secrets = settings.webhook_secrets()?;
        // Lines are signed by what nobody can guess; what webhook secrets signed before is still known as ours.
        let credentials = settings.credentials().ok();
        let private = credentials.iter().flat_map(|c| std::iter::once(&c.private_key).chain(&c.earlier_keys));
        let private: Vec<Vec<u8>> = private.map(Secret::key_bytes).collect();
        let webhook = secrets.iter().map(|secret| secret.expose().as_bytes());
        let keys = Keys::derive(private.iter().map(Vec::as_slice).chain(webhook));
        Ok(Self {
            store,
            github,
            settings,
            objects: Arc::default(),
            keys,
            looked: Arc::default(),
            reading: Arc::default(),
            moved: Arc::default(),
            suspended: Arc::default(),
            dry_run: None,
        })
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, with nothing in it of what a batch found out.
    fn anew(&self) -> Self {
        Self {
            looked: Arc::default(),
            reading: Arc::default(),
            moved: Arc::default(),
            suspended: Arc::default(),
            ..self.clone()
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.github.now_ms() / 1_000)
    }

    fn repo(&self, repository: &Repository) -> Repo {
        let installation = self.github.installation(repository.installation);
        Repo::new(&installation, Arc::clone(&self.objects), repository.clone())
    }

    fn remembered(&self, repository: &Repository) -> Repo {
        let installation = self.github.installation(repository.installation);
        Repo::remembered(&installation, Arc::clone(&self.objects), repository.clone())
    }

    fn site(&self, repository: &Repository) -> Site {
        Site { url: self.settings.github_url.trim_end_matches('/').to_owned(), name: repository.name.clone() }
    }

    /// A failed call as a failed batch. An outage is not the delivery's fault, nor are credentials that are refused, a suspended
    /// installation or a new name: they cost no try. What GitHub refuses for good does.
    fn failed(&self, error: &github::Error) -> Failure {
        if error.moved() {
            self.moved.store(true, Ordering::Relaxed);
        }
        if error.suspended() {
            self.suspended.store(true, Ordering::Relaxed);
        }
        let now = self.github.now_ms();
        Failure::Retry { at_ms: error.waits_until(now), message: error.to_string() }
    }
}

/// Turns GitHub's errors into failures where a call is awaited.
trait OrFail<T> {
    fn or_fail(self, ctx: &Context) -> Result<T, Failure>;
}

impl<T> OrFail<T> for Result<T, github::Error> {
    fn or_fail(self, ctx: &Context) -> Result<T, Failure> {
        self.map_err(|error| ctx.failed(&error))
    }
}

/// Works a batch off.
///
/// # Errors
/// [`Failure`], which says whether to try again.
pub async fn handle(ctx: &Context, batch: &Batch) -> Result<(), Failure> {
    let ctx = &ctx.anew();
    let mut deliveries = Vec::new();
    for job in &batch.jobs {
        match payload::parse(&job.event, &job.guid, &job.body) {
            Ok(Some(delivery)) => deliveries.push(delivery),
            Ok(None) => {}
            Err(error) => return Err(Failure::Dead { message: error.to_string() }),
        }
    }
    let Some(newest) = deliveries.last() else { return Ok(()) };
    let Some(repository) = newest.repository.clone() else {
        for delivery in &deliveries {
            installed(ctx, delivery).await?;
        }
        return Ok(());
    };
    let only_ours = deliveries.iter().all(|delivery| matches!(delivery.event, Event::Recheck));
    let repository = named::present(ctx, &repository).await?;
    let done = Box::pin(work(ctx, &repository, deliveries.clone())).await;
    if ctx.suspended.load(Ordering::Relaxed) {
        ctx.store.note_suspension(repository.installation, Some(ctx.now())).await?;
        // The next sweep tries again, so ours need not wait for the end of it.
        return if only_ours { Ok(()) } else { done };
    }
    if only_ours && done.is_ok() {
        ctx.store.note_suspension(repository.installation, None).await?;
    }
    match named::renamed(ctx, &repository).await? {
        Some(found) => Box::pin(work(&ctx.anew(), &found, deliveries)).await,
        None => done,
    }
}

/// Works off what happened in a repository.
async fn work(ctx: &Context, repository: &Repository, deliveries: Vec<Delivery>) -> Result<(), Failure> {
    // Most edits of an issue turn nothing, and cost no look at the repository.
    let only_edits = deliveries.iter().all(|delivery| matches!(delivery.event, Event::IssueEdited(_)));
    let repo = if only_edits { ctx.remembered(repository) } else { ctx.repo(repository) };
    if ctx.dry_run.is_none() {
        release::first_look(ctx, &repo).await?;
    }
    // Events of one kind about one subject say "look again" once.
    let mut pulls = BTreeSet::new();
    let mut tags = BTreeSet::new();
    let mut edits = Vec::new();
    let mut touched = BTreeSet::new();
    // What may be evidence for an item that we verify ourselves.
    let (mut commits, mut touched_tags, mut closed) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut comments = Vec::new();
    let mut talks = BTreeSet::new();
    let left = left_behind(&deliveries);
    let waiting = deployments::Concern::of(&deliveries);
    for delivery in deliveries {
        match &delivery.event {
            Event::PullRequest { number } => {
                pulls.insert(*number);
            }
            Event::PullRequestClosed { number, merged, base } => {
                closed.insert(IssueNumber(number.0));
                Box::pin(release::pull_closed(ctx, &repo, *number, merged.as_ref(), base, &delivery.sender.account()))
                    .await?;
                if let Some(commit) = merged {
                    landed::merged(ctx, &repo, *number).await?;
                    Box::pin(release::merged(ctx, &repo, *number, commit, base, &delivery.sender.account())).await?;
                    gate::branch_moved(ctx, &repo, base).await?;
                }
            }
            Event::Deployed { environment, commit } => {
                Box::pin(release::deployed(ctx, &repo, environment, commit, &delivery.sender.account())).await?;
                commits.insert(commit.clone());
            }
            Event::DeploymentWaits(asked) => {
                deployments::asked(ctx, &repo, asked, &delivery).await?;
                commits.insert(asked.commit.clone());
            }
            Event::DeploymentsAgain => {}
            // Its present name is known by now. What was written under the old one is looked at again.
            Event::Renamed => ask_to_recheck(ctx, repository, &format!("renamed-{}", delivery.guid)).await?,
            Event::Tag { name, published } => {
                // Each of those who put it somewhere is a first person.
                let actor = delivery.sender.account();
                if tags.insert((name.clone(), *published, actor.clone())) {
                    Box::pin(release::tagged(ctx, &repo, name, *published, &actor)).await?;
                }
                touched_tags.insert(name.clone());
            }
            Event::TagTouched { name } => {
                touched_tags.insert(name.clone());
            }
            Event::Evidence { sha } => {
                commits.insert(sha.clone());
            }
            Event::Push { branch, configuration } => {
                // A merge tells of itself as well, and finds everything written then.
                if *configuration || gate::gated(ctx, &repo, branch).await? {
                    gate::branch_moved(ctx, &repo, branch).await?;
                }
                if *configuration {
                    Box::pin(recheck(ctx, &repo)).await?;
                }
            }
            Event::IssueEdited(edit) => {
                edits.push(ticks::Edit {
                    guid: delivery.guid.clone(),
                    sender: delivery.sender.clone(),
                    edit: edit.clone(),
                });
            }
            Event::Comment(comment) => comments.push((comment.clone(), delivery.sender.clone())),
            Event::PullRequestTalk { number, commands } => {
                talks.insert(*number);
                comments.extend(commands.clone().map(|comment| (comment, delivery.sender.clone())));
            }
            Event::IssueTouched { number } => {
                touched.insert(*number);
                closed.insert(*number);
            }
            Event::IssueGone { number, how } => {
                ticks::gone(ctx, &repo, *number, how).await?;
                closed.insert(*number);
            }
            // GitHub tells an App of its own checks only; a forwarded delivery may be of another's.
            Event::Rerequested { app: Some(app), .. } if ctx.settings.github_app_id.is_some_and(|own| own != *app) => {}
            Event::Rerequested { sha, .. } => {
                Box::pin(release::try_again(ctx, &repo)).await?;
                Box::pin(reread(ctx, &repo)).await?;
                gate::again(ctx, &repo, sha).await?;
            }
            Event::MergeGroup { head, base, branch, name } => {
                gate::merge_group(ctx, &repo, head, base, branch, name).await?;
            }
            Event::MergeGroupGone { head } => gate::merge_group_gone(ctx, &repo, head).await?,
            Event::Recheck => Box::pin(recheck(ctx, &repo)).await?,
            Event::Installed { .. } | Event::Uninstalled { .. } | Event::Suspended => installed(ctx, &delivery).await?,
        }
    }
    for number in talks.difference(&pulls) {
        tasks::talked(ctx, &repo, *number).await?;
    }
    for number in pulls {
        Box::pin(pull(ctx, &repo, number)).await?;
    }
    // A batch is about one issue; its edits come first, since what touched it is judged by its text.
    let numbers: BTreeSet<_> = edits.iter().map(|e| e.edit.number).chain(touched.iter().copied()).collect();
    for number in numbers {
        let own: Vec<_> = edits.iter().filter(|e| e.edit.number == number).collect();
        Box::pin(ticks::edited(ctx, &repo, number, &own, touched.contains(&number))).await?;
    }
    // Behind the edits: a comment speaks of the issue as its writer saw it.
    for (comment, sender) in comments {
        Box::pin(commands::written(ctx, &repo, &comment, &sender)).await?;
    }
    for sha in commits {
        verify::commit(ctx, &repo, &sha).await?;
    }
    for name in touched_tags {
        verify::tag(ctx, &repo, &name).await?;
    }
    for number in closed {
        verify::issue(ctx, &repo, number).await?;
    }
    verify::tell(ctx, &repo).await?;
    if let Some(left) = &left {
        gate::end_old_runs(ctx, &repo, left).await?;
    }
    deployments::settle(ctx, &repo, &waiting).await?;
    repo.remember();
    Ok(())
}

/// Whose checks may not be needed any more after these.
fn left_behind(deliveries: &[Delivery]) -> Option<gate::Left> {
    let any = |event: &Event| {
        matches!(event, Event::MergeGroupGone { .. } | Event::Push { configuration: true, .. } | Event::Recheck)
    };
    if deliveries.iter().any(|delivery| any(&delivery.event)) {
        return Some(gate::Left::All);
    }
    let pulls: BTreeSet<PullNumber> = deliveries.iter().filter_map(|delivery| pull_of(&delivery.event)).collect();
    (!pulls.is_empty()).then_some(gate::Left::Pulls(pulls))
}

/// The pull request that may have another head or base by this, or may be closed.
const fn pull_of(event: &Event) -> Option<PullNumber> {
    if let Event::PullRequest { number } | Event::PullRequestClosed { number, .. } = event {
        return Some(*number);
    }
    None
}

/// A pull request: its review, and its gates.
async fn pull(ctx: &Context, repo: &Repo, number: PullNumber) -> Result<(), Failure> {
    let Some(pull) = repo.pull(number).await.or_fail(ctx)? else { return Ok(()) };
    if !pull.open {
        return Ok(());
    }
    let effects = review::look(ctx, repo, &pull).await?;
    apply::all(ctx, repo, effects).await?;
    release::pulled(ctx, repo, &pull).await?;
    if gate::concerns(ctx, repo, &pull).await? {
        gate::heads(ctx, repo, std::slice::from_ref(&pull.head)).await?;
    }
    Ok(())
}

/// Opens the releases that somebody asks for at the command line, in one checklist or in each that they belong to. Gives them, or
/// a sentence that says why there is none. A dry run gives none.
///
/// # Errors
/// [`Failure`], which says whether to try again.
pub async fn open_by_hand(
    ctx: &Context,
    repository: &Repository,
    what: &ByHand,
    only: Option<&str>,
) -> Result<Result<Vec<store::ReleaseRow>, String>, Failure> {
    if ctx.dry_run.is_none() {
        ctx.store.see_repository(repository.clone()).await?;
    }
    release::by_hand(ctx, &ctx.repo(repository), what, only, &Account::nobody()).await
}

/// Everything of a repository that could have been missed: open pull requests and newer tags.
async fn recheck(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    for pull in repo.open_pulls().await.or_fail(ctx)? {
        let effects = review::look(ctx, repo, &pull).await?;
        apply::all(ctx, repo, effects).await?;
    }
    release::adopt_all(ctx, repo).await?;
    release::try_again(ctx, repo).await?;
    release::catch_up(ctx, repo).await?;
    release::catch_up_pulls(ctx, repo).await?;
    landed::catch_up(ctx, repo).await?;
    Box::pin(reread(ctx, repo)).await?;
    gate::examine_all(ctx, repo).await?;
    gate::find_groups(ctx, repo).await?;
    deployments::still_there(ctx, repo).await?;
    gate::all(ctx, repo).await
}

/// Release issues may have been edited or deleted without an event that reached us: the newest are read again.
async fn reread(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    for row in ctx.store.newest_open(repo.repository.id, REREAD).await? {
        let Some(number) = row.issue else { continue };
        Box::pin(ticks::edited(ctx, repo, number, &[], true)).await?;
        for issue in whole::issues(ctx, &row).await? {
            Box::pin(commands::catch_up(ctx, repo, issue)).await?;
        }
        if let Some(row) = ctx.store.release_of_issue(repo.repository.id, number).await?
            && let Ok(config) = facts::rules(ctx, repo, &row.release.checklist).await?
        {
            progress::remind(ctx, repo, &row, &config).await?;
        }
    }
    Ok(())
}

impl Context {
    /// The effects of a dry run so far.
    #[must_use]
    pub fn planned(&self) -> Vec<Effect> {
        self.dry_run.as_ref().map(|d| d.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }
}
