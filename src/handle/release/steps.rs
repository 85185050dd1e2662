//! Reads the step files of a release: those that its commit has and the release before had not, and those that the commit itself
//! deletes.
//!
//! What a rename is, and what a deletion, is decided in `release::steps`; this reads the commits from which it follows.

use super::super::{Context, Failure, OrFail as _, facts};
use crate::config::ChecklistConfig;
use crate::github::commits::{Done, Fate};
use crate::github::repo::Repo;
use crate::github::wire::Pull;
use crate::ids::Sha;
use crate::release::contents::{File, Origin, Step};
use crate::release::steps::{Change, Text, folders, renames, took_away};
use crate::release::{Merged, Release};
use futures_util::future::try_join_all;
use globset::GlobSet;
use std::collections::{BTreeMap, BTreeSet};

/// Of the commits of a range that touched step files without one being there now, so many are looked at, the newest first.
const MOST_LOOKED_AT: usize = 10;

/// Path to blob.
pub(super) type Files = BTreeMap<String, Sha>;

/// The step files of a release; `None` where GitHub does not list all files of the commits that tell.
pub(super) async fn steps(
    ctx: &Context,
    repo: &Repo,
    config: &ChecklistConfig,
    release: &Release,
    files: &Files,
    before: Option<&Files>,
    range: Option<&[Sha]>,
) -> Result<Option<Vec<Step>>, Failure> {
    let globs = config.step_globs();
    let read = Reading { ctx, repo, release, globs, files, before };
    let fresh = read.fresh().await?;
    let explained = fresh.iter().filter_map(|file| file.commit.clone()).collect();
    let (mut found, deleted, deleted_earlier) = tokio::try_join!(
        Box::pin(read.present(fresh)),
        Box::pin(read.deleted()),
        Box::pin(read.deleted_files(config.steps.patterns(), explained, range))
    )?;
    let Some(deleted) = deleted else { return Ok(None) };
    found.extend(deleted);
    for step in deleted_earlier {
        if found.iter().all(|known| known.file.path != step.file.path) {
            found.push(step);
        }
    }
    Ok(Some(found))
}

pub(super) fn merged_pull(pull: Pull) -> Merged {
    Merged { number: pull.number, title: pull.title, author: pull.author, labels: pull.labels }
}

/// A step file of the released commit that the release before had not, or had otherwise.
struct Fresh<'f> {
    path: &'f str,
    blob: &'f Sha,
    /// The commit that touched it last.
    commit: Option<Sha>,
}

/// What one release's step files are read from.
struct Reading<'r> {
    ctx: &'r Context,
    repo: &'r Repo,
    release: &'r Release,
    globs: &'r GlobSet,
    /// The files of its commit.
    files: &'r Files,
    /// Those of the release before; what a cut list of them does not show counts as new.
    before: Option<&'r Files>,
}

impl Reading<'_> {
    /// The files of which there may be something to do.
    async fn fresh(&self) -> Result<Vec<Fresh<'_>>, Failure> {
        let (ctx, repo) = (self.ctx, self.repo);
        let steps = self.files.iter().filter(|(path, _)| self.globs.is_match(path));
        let fresh = steps.filter(|(path, blob)| self.before_change(path) != Some(*blob)).map(async |(path, blob)| {
            let commit = repo.last_commit(&self.release.commit, path).await.or_fail(ctx)?;
            Ok(Fresh { path, blob, commit })
        });
        try_join_all(fresh).await
    }

    /// Those that are there: new ones, and with their older text those that were edited or renamed.
    async fn present(&self, fresh: Vec<Fresh<'_>>) -> Result<Vec<Step>, Failure> {
        let renamed = self.find_renames(&fresh).await?;
        let steps = fresh.into_iter().map(async |Fresh { path, blob, commit }| {
            let old = self.before_change(path).or_else(|| renamed.get(path).and_then(|from| self.before_change(from)));
            if old == Some(blob) {
                return Ok(None);
            }
            let text = facts::text_of(self.ctx, self.repo, blob, path);
            let (text, before, brought_by) = tokio::try_join!(text, self.text(path, old), self.brought_by(commit))?;
            let file = File { path: path.to_owned(), text };
            Ok::<_, Failure>(Some(Step { file, before, brought_by, issued: BTreeMap::new(), origin: Origin::Present }))
        });
        Ok(try_join_all(steps).await?.into_iter().flatten().collect())
    }

    async fn brought_by(&self, commit: Option<Sha>) -> Result<Option<Merged>, Failure> {
        match commit {
            Some(commit) => Ok(self.pulls(&commit).await?.into_iter().next().map(merged_pull)),
            None => Ok(None),
        }
    }

    fn before_change(&self, path: &str) -> Option<&Sha> {
        self.before.and_then(|files| files.get(path))
    }

    async fn text(&self, path: &str, blob: Option<&Sha>) -> Result<Option<String>, Failure> {
        match blob {
            Some(blob) => facts::text_of(self.ctx, self.repo, blob, path).await.map(Some),
            None => Ok(None),
        }
    }

    /// The merged pull requests that a commit came with. Their authors are no second persons, so none must be overlooked.
    async fn pulls(&self, commit: &Sha) -> Result<Vec<Pull>, Failure> {
        let pulls = self.repo.pulls_of(commit).await.or_fail(self.ctx)?.complete().or_fail(self.ctx)?;
        Ok(pulls.into_iter().filter(|pull| pull.merged).collect())
    }

    async fn change(&self, commit: &Sha) -> Result<(Change, Vec<Sha>), Failure> {
        let done = self.repo.done(commit).await.or_fail(self.ctx)?;
        Ok((change_of(&done), done.parents))
    }

    /// Of the new files, those that one commit made of files of the release before, with the paths that they had.
    async fn find_renames(&self, fresh: &[Fresh<'_>]) -> Result<BTreeMap<String, String>, Failure> {
        let mut found = BTreeMap::new();
        let (Some(before), Some(previous)) = (self.before, &self.release.previous) else { return Ok(found) };
        let gone = |path: &str| !self.files.contains_key(path);
        if !before.keys().any(|path| self.globs.is_match(path) && gone(path)) {
            return Ok(found);
        }
        let mut commits: BTreeMap<&Sha, Vec<&Fresh<'_>>> = BTreeMap::new();
        for file in fresh.iter().filter(|file| !before.contains_key(file.path)) {
            if let Some(commit) = &file.commit {
                commits.entry(commit).or_default().push(file);
            }
        }
        for (commit, files) in commits {
            let (change, parents) = self.change(commit).await?;
            let Some(parent) = parents.first() else { continue };
            let (mut old, mut new) = (BTreeMap::new(), Vec::new());
            for file in files {
                let from = change.renamed_from(file.path, self.globs, |path| before.contains_key(path));
                for path in from.into_iter().filter(|path| gone(path)) {
                    old.insert(path, self.text(path, before.get(path)).await?.unwrap_or_default());
                    new.push((file.path, facts::text_of(self.ctx, self.repo, file.blob, file.path).await?));
                }
            }
            new.dedup();
            let old: Vec<Text<'_>> = old.into_iter().collect();
            for (to, from) in renames(&old, &new) {
                // Whoever brings an old file back and renames it means it anew: it must have been there all the time.
                let touched = self.repo.last_commit(parent, from).await.or_fail(self.ctx)?;
                if let Some(touched) = touched
                    && self.repo.contains(&previous.commit, &touched).await.or_fail(self.ctx)?
                {
                    found.insert(to.to_owned(), from.to_owned());
                }
            }
        }
        Ok(found)
    }

    /// Those that the released commit deletes or empties, and where it is a merge, the last commit of what it merged. `None` where
    /// GitHub does not list all files.
    async fn deleted(&self) -> Result<Option<Vec<Step>>, Failure> {
        let own = self.repo.done(&self.release.commit).await.or_fail(self.ctx)?;
        let mut heads = Vec::new();
        for parent in own.parents.iter().skip(1) {
            heads.push(self.repo.done(parent).await.or_fail(self.ctx)?);
        }
        heads.insert(0, own);
        let mut found: Vec<Step> = Vec::new();
        for head in heads {
            let step = |path: &String| self.globs.is_match(path);
            let steps = !head.whole || head.files.iter().any(|file| step(&file.path) || file.was.iter().any(step));
            let Some(parent) = head.parents.first().filter(|_| steps) else { continue };
            let tree = self.repo.tree(parent).await.or_fail(self.ctx)?;
            let Ok(there) = tree.files().complete() else { return Ok(None) };
            let change = change_of(&head);
            for step in self.taken(&change, parent, there).await? {
                if found.iter().all(|known| known.file.path != step.file.path) {
                    found.push(step);
                }
            }
        }
        Ok(Some(found))
    }

    /// Those that came after the release before, and that an earlier commit than the released one deleted again.
    async fn deleted_files(
        &self,
        globs: &[String],
        explained: BTreeSet<Sha>,
        range: Option<&[Sha]>,
    ) -> Result<Vec<Step>, Failure> {
        let mut found = BTreeMap::new();
        let Some(previous) = &self.release.previous else { return Ok(Vec::new()) };
        let (mut looked, at) = (explained, &self.release.commit);
        looked.insert(at.clone());
        let most = looked.len() + MOST_LOOKED_AT;
        for folder in folders(globs) {
            for commit in self.repo.commits_below(at, folder).await.or_fail(self.ctx)? {
                let within = match range {
                    Some(range) => range.contains(&commit),
                    None => {
                        looked.len() < most && !self.repo.contains(&previous.commit, &commit).await.or_fail(self.ctx)?
                    }
                };
                if !within || looked.len() >= most || !looked.insert(commit.clone()) {
                    continue;
                }
                for file in self.repo.done(&commit).await.or_fail(self.ctx)?.files {
                    let path = file.path;
                    let lost = file.fate == Fate::Removed && self.globs.is_match(&path);
                    if lost && self.before_change(&path).is_none() && !self.files.contains_key(&path) {
                        let file = File { path: path.clone(), text: String::new() };
                        let (before, brought_by, issued) = (None, None, BTreeMap::new());
                        found.insert(path, Step { file, before, brought_by, issued, origin: Origin::DeletedBefore });
                    }
                }
            }
        }
        Ok(found.into_values().collect())
    }

    /// The steps that a commit took away from the files of its parent, and that no release has yet.
    async fn taken(&self, change: &Change, parent: &Sha, there: &Files) -> Result<Vec<Step>, Failure> {
        let mut taken = Vec::new();
        let lost = |(path, blob): &(&String, &Sha)| {
            self.globs.is_match(path)
                && self.before_change(path) != Some(*blob)
                && self.files.get(*path) != Some(*blob)
                && (!change.whole || change.touched.contains(*path))
        };
        for (path, blob) in there.iter().filter(lost) {
            let text = facts::text_of(self.ctx, self.repo, blob, path).await?;
            let now = self.text(path, self.files.get(path)).await?;
            if took_away(path, &text, now.as_deref()) {
                taken.push((path.as_str(), text));
            }
        }
        let mut new = Vec::new();
        for (path, blob) in self.files.iter().filter(|(path, _)| self.globs.is_match(path) && !taken.is_empty()) {
            if !there.contains_key(path) {
                new.push((path.as_str(), facts::text_of(self.ctx, self.repo, blob, path).await?));
            }
        }
        let elsewhere: BTreeSet<String> = renames(&taken, &new).into_values().map(str::to_owned).collect();
        let mut found = Vec::new();
        for (path, text) in taken.into_iter().filter(|(path, _)| !elsewhere.contains(*path)) {
            let before = self.text(path, self.before_change(path)).await?;
            let (brought_by, undone) = self.brought(change, parent, path).await?;
            let origin = if undone { Origin::TakenBack } else { Origin::Deleted(parent.clone()) };
            let file = File { path: path.to_owned(), text };
            found.push(Step { file, before, brought_by, issued: BTreeMap::new(), origin });
        }
        Ok(found)
    }

    /// Whether the released commit has every file as it was before a change.
    async fn restores(&self, other: &Change, before: Option<&Sha>) -> Result<bool, Failure> {
        let Some(before) = before else { return Ok(false) };
        let tree = self.repo.tree(before).await.or_fail(self.ctx)?;
        let Ok(there) = tree.files().complete() else { return Ok(false) };
        Ok(other.touched.iter().all(|path| there.get(path) == self.files.get(path)))
    }

    /// The pull request that brought a file which a commit takes away, and whether the commit takes back all that came with it.
    async fn brought(&self, change: &Change, parent: &Sha, path: &str) -> Result<(Option<Merged>, bool), Failure> {
        let Some(commit) = self.repo.last_commit(parent, path).await.or_fail(self.ctx)? else {
            return Ok((None, false));
        };
        let pulls = self.pulls(&commit).await?;
        let merges = pulls.iter().filter_map(|pull| pull.merge_commit.clone());
        let mut undone = false;
        for came_with in std::iter::once(commit.clone()).chain(merges) {
            let (other, parents) = self.change(&came_with).await?;
            if other.brought.contains(path) && change.undoes(&other, self.globs) {
                undone |= self.restores(&other, parents.first()).await?;
            }
        }
        Ok((pulls.into_iter().next().map(merged_pull), undone))
    }
}

fn change_of(done: &Done) -> Change {
    let mut change = Change { parents: done.parents.len(), whole: done.whole, ..Change::default() };
    for file in &done.files {
        change.touched.extend(std::iter::once(&file.path).chain(&file.was).cloned());
        match file.fate {
            Fate::Added => drop(change.brought.insert(file.path.clone())),
            Fate::Removed => drop(change.taken.insert(file.path.clone())),
            Fate::Renamed => {
                change.brought.insert(file.path.clone());
                change.taken.extend(file.was.clone());
            }
            Fate::Modified => {}
        }
    }
    change
}
