//! Gathers a pull request's own boxes: its text, and its comments where they count.
//!
//! What a comment says costs a look only where comments count somewhere in the repository: the index remembers whether.

use super::{Context, Failure, OrFail as _, apply};
use crate::config::Tasks;
use crate::effect::Effect;
use crate::github::Listing;
use crate::github::repo::Repo;
use crate::github::wire::Pull;
use crate::ids::PullNumber;
use crate::plan::Configuration;
use crate::plan::tasks::{Facts, broken, tasks};
use crate::store::Written;

/// Under this name the index remembers the most that was asked for.
const KNOWN: &str = "tasks";

/// Looks at the boxes of a pull request, where the configuration of its base asks for that.
pub(super) async fn look(
    ctx: &Context,
    repo: &Repo,
    pull: &Pull,
    configuration: &Configuration,
) -> Result<Vec<Effect>, Failure> {
    let wanted = match configuration {
        Configuration::Usable(config) => config.tasks,
        Configuration::Broken { .. } => {
            let asked = wanted_somewhere(ctx, repo).await?.is_some_and(|known| known != Tasks::Off);
            return Ok(if asked { vec![broken(&pull.head)] } else { Vec::new() });
        }
    };
    let comments = match wanted {
        Tasks::Off => return Ok(Vec::new()),
        Tasks::Body => Listing::whole(Vec::new()),
        Tasks::BodyAndComments => repo.comments(pull.number.0).await.or_fail(ctx)?,
    };
    remember(ctx, repo, wanted).await?;
    Ok(vec![tasks(&Facts {
        number: pull.number,
        head: pull.head.clone(),
        site: ctx.site(&repo.repository),
        body: pull.body.clone(),
        by_bot: pull.by_bot,
        complete: comments.is_complete(),
        comments: comments
            .known_part()
            .into_iter()
            .map(|c| crate::plan::tasks::Said { id: c.id, bot: c.bot, body: c.body })
            .collect(),
    })])
}

/// Somebody wrote, edited or deleted a comment on a pull request.
pub(super) async fn talked(ctx: &Context, repo: &Repo, number: PullNumber) -> Result<(), Failure> {
    if matches!(wanted_somewhere(ctx, repo).await?, Some(Tasks::Off | Tasks::Body)) {
        return Ok(());
    }
    let Some(pull) = repo.pull(number).await.or_fail(ctx)?.filter(|pull| pull.open) else { return Ok(()) };
    let Some(base) = super::facts::base(ctx, repo, &pull.base).await? else { return Ok(()) };
    let effects = look(ctx, repo, &pull, &base.configuration).await?;
    apply::all(ctx, repo, effects).await?;
    remember(ctx, repo, Tasks::Off).await
}

/// The most that was asked for in this repository so far; `None` where nobody looked yet.
pub(super) async fn wanted_somewhere(ctx: &Context, repo: &Repo) -> Result<Option<Tasks>, Failure> {
    let known = ctx.store.last_written(repo.repository.id, KNOWN.to_owned()).await?;
    Ok(known.map(|known| match known.digest.as_str() {
        "off" => Tasks::Off,
        "body" => Tasks::Body,
        _ => Tasks::BodyAndComments,
    }))
}

/// Branches may ask for different things: only more is remembered, never less.
async fn remember(ctx: &Context, repo: &Repo, wanted: Tasks) -> Result<(), Failure> {
    if ctx.dry_run.is_some() || wanted_somewhere(ctx, repo).await?.is_some_and(|known| known >= wanted) {
        return Ok(());
    }
    let digest = match wanted {
        Tasks::Off => "off",
        Tasks::Body => "body",
        Tasks::BodyAndComments => "body+comments",
    };
    let put = Written { github_id: 0, digest: digest.to_owned() };
    Ok(ctx.store.record_written(repo.repository.id, KNOWN.to_owned(), put).await?)
}
