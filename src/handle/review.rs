//! Gathers what the review of a pull request needs: the files that matter, on both sides.

use super::facts::{self, Base};
use super::release::{Last, before_next};
use super::{Context, Failure, OrFail as _};
use super::{pull_request_tasks, read_ahead};
use crate::checklist::file;
use crate::config::named::There;
use crate::config::{self, Config};
use crate::effect::Effect;
use crate::github::repo::Repo;
use crate::github::wire::{Pull, Tree};
use crate::ids::Sha;
use crate::message::failure::{REVIEW_CANCELLED, REVIEW_PANICKED};
use crate::message::review::{self as words, TooMuch};
use crate::plan::Configuration;
use crate::plan::review::{Facts, FileChange, Released, Role, Source, review};
use globset::GlobSet;
use std::collections::{BTreeMap, BTreeSet};

/// Looks at a pull request and plans its review and its own boxes. The diff is taken from the merge base, not from the tip of the base.
pub(super) async fn look(ctx: &Context, repo: &Repo, pull: &Pull) -> Result<Vec<Effect>, Failure> {
    let Some(base) = facts::base(ctx, repo, &pull.base).await? else { return Ok(Vec::new()) };
    let mut effects = changes(ctx, repo, pull, &base).await?;
    effects.extend(pull_request_tasks::look(ctx, repo, pull, &base.configuration).await?);
    Ok(effects)
}

async fn changes(ctx: &Context, repo: &Repo, pull: &Pull, base: &Base) -> Result<Vec<Effect>, Failure> {
    let Some(comparison) = repo.compare(&base.tip, &pull.head).await.or_fail(ctx)? else {
        let why = words::NO_COMMON_COMMIT.to_owned();
        return Ok(review(&blank(ctx, pull, base, Some(why))));
    };
    let steps = step_globs(base);
    let mut relevant = relevant_paths(ctx, repo, base, None).await?;
    let needs_trees = !comparison.files.is_complete();
    let mut paths: BTreeSet<String> = comparison.files.as_ref().known_part().iter().cloned().collect();
    let mut unreadable = None;
    let mut files = Vec::new();
    let mut organisation = None;
    let mut there = There::default();
    let mut added = Vec::new();
    let mut _held = None;
    if needs_trees || paths.iter().any(|p| may_matter(p, base, &steps)) {
        _held = ctx.reviews.acquire().await.ok();
        let (old, new) = tokio::try_join!(repo.tree(&comparison.merge_base), repo.tree(&pull.head)).or_fail(ctx)?;
        if needs_trees {
            paths = differing(&old, &new);
        }
        let likely = paths.iter().filter(|path| may_matter(path, base, &steps));
        read_ahead::texts(ctx, repo, [&old, &new], likely.map(String::as_str)).await?;
        added = added_paths(&paths, &old, &new);
        // Which files are checklists is told by all files, so no cut list is enough: not even where the change itself is small.
        if [&old, &new, &base.tree].iter().any(|tree| !tree.files().is_complete()) {
            unreadable = Some(words::TOO_MANY_FILES.to_owned());
        }
        organisation = extended_text(ctx, repo, &new).await?;
        let head_config = match facts::own_configuration(ctx, repo, &new).await? {
            Some(Configuration::Usable(config)) => Some(config),
            Some(Configuration::Broken { .. }) | None => None,
        };
        if let Some(config) = head_config.as_ref().filter(|_| paths.contains(config::PATH)) {
            there = what_is_there(ctx, repo, &new, config).await?;
        }
        relevant = relevant_paths(ctx, repo, base, Some((&old, &new, head_config.as_ref()))).await?;
        files = read_files(ctx, repo, base, (&old, &new), (&steps, &relevant), &paths, &mut unreadable).await?;
    }
    let mut facts = blank(ctx, pull, base, unreadable);
    facts.files = files;
    facts.organisation = organisation;
    facts.there = there;
    facts.paths = paths.into_iter().collect();
    facts.added = added;
    facts.has_checklist = !relevant.is_empty() || has_steps(base, &steps);
    // Seconds of work for a large change, on which no delivery may wait to be answered.
    tokio::task::spawn_blocking(move || review(&facts)).await.map_err(|error| Failure::Retry {
        at_ms: None,
        message: if error.is_panic() { REVIEW_PANICKED } else { REVIEW_CANCELLED }.to_owned(),
    })
}

/// The paths that only the new side has.
fn added_paths(paths: &BTreeSet<String>, old: &Tree, new: &Tree) -> Vec<String> {
    let is_new = |path: &&String| listed_files(new).contains_key(*path) && !listed_files(old).contains_key(*path);
    paths.iter().filter(is_new).cloned().collect()
}

/// The organisation's configuration, where that of the head extends it.
async fn extended_text(ctx: &Context, repo: &Repo, head: &Tree) -> Result<Option<String>, Failure> {
    let extends = |text: &str| config::parse(text).0.is_some_and(|config| config.extends);
    if let Some(text) = side(ctx, repo, head, config::PATH).await?
        && extends(&text)
    {
        return facts::organisation_text(ctx, repo).await;
    }
    Ok(None)
}

/// Reads both sides of the files that matter. Where they are too much, `unreadable` becomes why, and there are none.
async fn read_files(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    (old, new): (&Tree, &Tree),
    (steps, relevant): (&[(String, GlobSet)], &BTreeMap<String, String>),
    paths: &BTreeSet<String>,
    unreadable: &mut Option<String>,
) -> Result<Vec<FileChange>, Failure> {
    let mut files = Vec::new();
    let mut budget = Budget::default();
    let mut lasts = BTreeMap::new();
    for path in paths {
        let Some(role) = classify(path, steps, relevant) else { continue };
        if listed_files(old).get(path) == listed_files(new).get(path) && unreadable.is_none() {
            continue;
        }
        let before = side(ctx, repo, old, path).await?;
        let after = side(ctx, repo, new, path).await?;
        if let Err(why) = budget.take(path, [&before, &after]) {
            // Whoever opens a pull request chooses its files: what is read is dropped before it is worked on.
            *unreadable = Some(why);
            return Ok(Vec::new());
        }
        let released = match &role {
            Role::Step(name) => released(ctx, repo, base, name, &mut lasts, path).await?,
            Role::Template(_) | Role::Configuration => Released::Unknown,
        };
        files.push(FileChange { path: path.clone(), role, before, after, released });
    }
    Ok(files)
}

/// What the last release of a checklist has of a step file. Each checklist's last release is looked for once.
async fn released(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    name: &str,
    lasts: &mut BTreeMap<String, Last>,
    path: &str,
) -> Result<Released, Failure> {
    let config = config_of(base).and_then(|config| config.checklists.get(name));
    let last = match (lasts.get(name), config) {
        (Some(last), _) => last.clone(),
        (None, Some(config)) => before_next(ctx, repo, name, config, &base.tip).await?,
        (None, None) => Last::Unknown,
    };
    lasts.insert(name.to_owned(), last.clone());
    let commit = match last {
        Last::Unknown => return Ok(Released::Unknown),
        Last::None => return Ok(Released::Not),
        Last::At(commit) => commit,
    };
    let tree = repo.tree(&commit).await.or_fail(ctx)?;
    Ok(facts::text(ctx, repo, &tree, path).await?.map_or(Released::Not, Released::As))
}

/// Files of one change that are looked at.
const MAX_FILES: usize = 200;
/// Bytes of both sides of them together.
const MAX_BYTES: usize = 1 << 20;
/// Boxes of both sides of them together: the comparison takes some 20 KiB of memory for each.
const MAX_BOXES: usize = 5_000;

/// How much of a change is looked at.
#[derive(Default)]
struct Budget {
    files: usize,
    bytes: usize,
    boxes: usize,
}

impl Budget {
    /// Takes both sides of a file; says what is too much.
    fn take(&mut self, path: &str, sides: [&Option<String>; 2]) -> Result<(), String> {
        let texts = || sides.iter().copied().flatten();
        let boxes = |text: &String| -> usize {
            let text = file::markdown(path, text);
            ["[ ]", "[x]", "[X]"].iter().map(|form| text.matches(form).count()).sum()
        };
        self.files += 1;
        self.bytes += texts().map(String::len).sum::<usize>();
        self.boxes += texts().map(boxes).sum::<usize>();
        let much = |what: TooMuch| Err(what.text());
        if self.files > MAX_FILES {
            return much(TooMuch::Files(MAX_FILES));
        }
        if self.bytes > MAX_BYTES {
            return much(TooMuch::Kibibytes(MAX_BYTES >> 10));
        }
        if self.boxes > MAX_BOXES {
            return much(TooMuch::Boxes(MAX_BOXES));
        }
        Ok(())
    }
}

/// So many branches that a configuration names are looked for.
const MAX_BRANCHES: usize = 20;

/// What of that which a configuration names is there, at the head of the change that brings it.
async fn what_is_there(ctx: &Context, repo: &Repo, head: &Tree, config: &Config) -> Result<There, Failure> {
    let mut there = There::default();
    if head.files().is_complete() {
        there.paths = Some(listed_files(head).keys().cloned().collect());
    }
    for name in config::named::literal_branches(config).into_iter().take(MAX_BRANCHES) {
        if repo.branch_tip(&name).await.or_fail(ctx)?.is_none() {
            there.missing_branches.insert(name);
        }
    }
    if config::named::names_environments(config) {
        there.environments = repo.environments().await.or_fail(ctx)?.complete().ok();
    }
    Ok(there)
}

async fn side(ctx: &Context, repo: &Repo, tree: &Tree, path: &str) -> Result<Option<String>, Failure> {
    if listed_files(tree).contains_key(path) { facts::text(ctx, repo, tree, path).await } else { Ok(None) }
}

/// What GitHub lists of a tree: where that is not all, the review says so and is no success.
fn listed_files(tree: &Tree) -> &BTreeMap<String, Sha> {
    tree.files().known_part()
}

fn blank(ctx: &Context, pull: &Pull, base: &Base, unreadable: Option<String>) -> Facts {
    Facts {
        number: pull.number,
        title: pull.title.clone(),
        source: Source {
            site: ctx.settings.github_url.trim_end_matches('/').to_owned(),
            home: pull.head_home.clone(),
            branch: pull.head_ref.clone(),
        },
        head: pull.head.clone(),
        configuration: base.configuration.clone(),
        organisation: None,
        there: There::default(),
        has_checklist: false,
        files: Vec::new(),
        paths: Vec::new(),
        added: Vec::new(),
        labels: pull.labels.clone(),
        unreadable,
    }
}

fn config_of(base: &Base) -> Option<&Config> {
    match &base.configuration {
        Configuration::Usable(config) => Some(config),
        Configuration::Broken { .. } => None,
    }
}

/// Templates by path, with the checklist that each belongs to: by the base's configuration in the base's tree and on both sides
/// of the change, and by the configuration that the change itself brings.
async fn relevant_paths(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    change: Option<(&Tree, &Tree, Option<&Config>)>,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut by = Vec::new();
    if let Some(config) = config_of(base) {
        by.push((config, &*base.tree));
        by.extend(change.into_iter().flat_map(|(old, new, _)| [(config, old), (config, new)]));
    }
    if let Some((_, new, Some(config))) = change {
        by.push((config, new));
    }
    let mut found = BTreeMap::new();
    for (config, tree) in by {
        for (name, checklist) in &config.checklists {
            for path in facts::templates(ctx, repo, checklist, tree).await? {
                found.entry(path).or_insert_with(|| name.clone());
            }
        }
    }
    // A configured template that exists nowhere is no checklist yet.
    let exists = |path: &String| {
        listed_files(&base.tree).contains_key(path)
            || change.is_some_and(|(old, new, _)| {
                listed_files(old).contains_key(path) || listed_files(new).contains_key(path)
            })
    };
    found.retain(|path, _| exists(path));
    Ok(found)
}

/// Whether a path is worth a look at both trees: cheap, and never wrong in the other direction.
fn may_matter(path: &str, base: &Base, steps: &[(String, GlobSet)]) -> bool {
    let may_be_template = |config: &Config| config.checklists.values().any(|c| c.templates(&[path]).may_be(path));
    let may_be_step = |config: &Config| !config::unread::steps(config, &[path]).is_empty();
    path == config::PATH
        || steps.iter().any(|(_, globs)| globs.is_match(path))
        || config_of(base).map_or_else(|| may_be_step(&Config::default()), may_be_step)
        || config_of(base).map_or_else(|| may_be_template(&Config::default()), may_be_template)
}

/// The step files of each checklist; where the configuration has errors, those of the defaults.
fn step_globs(base: &Base) -> Vec<(String, GlobSet)> {
    let of =
        |config: &Config| config.checklists.iter().map(|(name, c)| (name.clone(), c.step_globs().clone())).collect();
    config_of(base).map_or_else(|| of(&Config::default()), of)
}

/// What a path is.
fn classify(path: &str, steps: &[(String, GlobSet)], templates: &BTreeMap<String, String>) -> Option<Role> {
    if path == config::PATH {
        return Some(Role::Configuration);
    }
    if let Some(name) = templates.get(path) {
        return Some(Role::Template(name.clone()));
    }
    steps.iter().find(|(_, globs)| globs.is_match(path)).map(|(name, _)| Role::Step(name.clone()))
}

fn has_steps(base: &Base, steps: &[(String, GlobSet)]) -> bool {
    let Some(config) = config_of(base) else { return true };
    config.given || steps.iter().any(|(_, globs)| listed_files(&base.tree).keys().any(|p| globs.is_match(p)))
}

fn differing(old: &Tree, new: &Tree) -> BTreeSet<String> {
    let changed = |a: &Tree, b: &Tree| -> Vec<String> {
        listed_files(a)
            .iter()
            .filter(|(path, blob)| listed_files(b).get(*path) != Some(blob))
            .map(|(path, _)| path.clone())
            .collect()
    };
    changed(old, new).into_iter().chain(changed(new, old)).collect()
}
