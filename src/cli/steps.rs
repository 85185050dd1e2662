//! The step files of a release, from the local git repository: as the App reads them from GitHub, but for pull requests, of which
//! git knows no more than their merge commits.

use super::git::Git;
use super::source::Files;
use crate::config::ChecklistConfig;
use crate::release::contents::{File, Origin, Step};
use crate::release::steps::{Change, Text, renames, took_away};
use git2::Oid;
use globset::GlobSet;
use std::collections::{BTreeMap, BTreeSet};

/// What the step files of a release are read from.
pub(super) struct Reading<'g> {
    git: &'g Git,
    globs: &'g GlobSet,
    commit: Oid,
    files: &'g Files<'g>,
    /// The release before: its commit and its files.
    before: Option<(Oid, &'g Files<'g>)>,
}

impl<'g> Reading<'g> {
    /// The files of a release's commit, and those of the release before.
    pub(super) fn new(
        git: &'g Git,
        config: &'g ChecklistConfig,
        commit: Oid,
        files: &'g Files<'g>,
        before: Option<(Oid, &'g Files<'g>)>,
    ) -> Self {
        Self { git, globs: config.step_globs(), commit, files, before }
    }

    /// The step files of the release.
    pub(super) fn steps(&self) -> anyhow::Result<Vec<Step>> {
        let renamed = self.find_renames()?;
        let mut found = Vec::new();
        for path in self.paths(self.files) {
            let text = self.files.read(path)?.unwrap_or_default();
            let old = match (self.before_change(path)?, renamed.get(path)) {
                (None, Some(from)) => self.before_change(from)?,
                (old, _) => old,
            };
            if old.as_ref() != Some(&text) {
                found.push(step(path, text, old, Origin::Present));
            }
        }
        found.extend(self.deleted()?);
        found.extend(self.deleted_steps()?);
        Ok(found)
    }

    fn paths<'f>(&self, files: &'f Files<'_>) -> Vec<&'f str> {
        files.paths().into_iter().filter(|path| self.globs.is_match(path)).collect()
    }

    fn before_change(&self, path: &str) -> anyhow::Result<Option<String>> {
        self.before.map_or(Ok(None), |(_, files)| files.read(path))
    }

    /// Of the new files, those that one commit made of files of the release before, with the paths that they had.
    fn find_renames(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        let Some((since, before)) = self.before else { return Ok(found) };
        let (own, old): (BTreeSet<&str>, BTreeSet<&str>) =
            (self.paths(self.files).into_iter().collect(), self.paths(before).into_iter().collect());
        if old.is_subset(&own) {
            return Ok(found);
        }
        let mut commits: BTreeMap<Oid, Vec<&str>> = BTreeMap::new();
        for path in own.difference(&old) {
            if let Some(commit) = self.git.last_commit(self.commit, path, Some(since))? {
                commits.entry(commit).or_default().push(path);
            }
        }
        for (commit, paths) in commits {
            let change = self.git.change(commit)?;
            let Some(parent) = self.git.parents(commit)?.into_iter().next() else { continue };
            let (mut gone, mut new) = (BTreeMap::new(), Vec::new());
            for path in paths {
                let from = change.renamed_from(path, self.globs, |path| old.contains(path));
                let from: Vec<&str> = from.into_iter().filter(|path| !own.contains(path)).collect();
                if !from.is_empty() {
                    new.push((path, self.files.read(path)?.unwrap_or_default()));
                }
                for path in from {
                    gone.insert(path, before.read(path)?.unwrap_or_default());
                }
            }
            let gone: Vec<Text<'_>> = gone.into_iter().collect();
            for (to, from) in renames(&gone, &new) {
                if self.git.last_commit(parent, from, Some(since))?.is_none() {
                    found.insert(to.to_owned(), from.to_owned());
                }
            }
        }
        Ok(found)
    }

    /// Those that the released commit deletes or empties, and where it is a merge, the last commit of what it merged.
    fn deleted(&self) -> anyhow::Result<Vec<Step>> {
        let mut heads = vec![self.commit];
        heads.extend(self.git.parents(self.commit)?.into_iter().skip(1));
        let mut found: Vec<Step> = Vec::new();
        for head in heads {
            let Some(parent) = self.git.parents(head)?.into_iter().next() else { continue };
            let change = self.git.change(head)?;
            if !change.touched.iter().any(|path| self.globs.is_match(path)) {
                continue;
            }
            for step in self.taken(&change, parent)? {
                if found.iter().all(|known| known.file.path != step.file.path) {
                    found.push(step);
                }
            }
        }
        Ok(found)
    }

    /// Those that came after the release before, and that an earlier commit than the released one deleted again.
    fn deleted_steps(&self) -> anyhow::Result<Vec<Step>> {
        let mut found = BTreeMap::new();
        let Some((since, before)) = self.before else { return Ok(Vec::new()) };
        let (own, old) = (self.files.paths(), before.paths());
        let first = |commit: Oid| Ok::<_, anyhow::Error>(self.git.parents(commit)?.into_iter().next());
        let mut at = first(self.commit)?;
        while let Some(commit) = at.filter(|commit| !self.git.contains(since, *commit)) {
            let taken = self.git.change(commit)?.taken;
            let lost = |path: &String| {
                self.globs.is_match(path) && !own.contains(&path.as_str()) && !old.contains(&path.as_str())
            };
            for path in taken.into_iter().filter(lost) {
                found.entry(path.clone()).or_insert_with(|| step(&path, String::new(), None, Origin::DeletedBefore));
            }
            at = first(commit)?;
        }
        Ok(found.into_values().collect())
    }

    /// The steps that a commit took away from the files of its parent, and that no release has yet.
    fn taken(&self, change: &Change, parent: Oid) -> anyhow::Result<Vec<Step>> {
        let there = Files::Commit(self.git.snapshot(parent)?);
        let known = self.paths(&there);
        let (mut taken, mut new): (Vec<Text<'_>>, Vec<Text<'_>>) = (Vec::new(), Vec::new());
        for path in known.iter().copied().filter(|path| change.touched.contains(*path)) {
            let text = there.read(path)?.unwrap_or_default();
            if self.before_change(path)?.as_ref() != Some(&text)
                && took_away(path, &text, self.files.read(path)?.as_deref())
            {
                taken.push((path, text));
            }
        }
        for path in self.paths(self.files).into_iter().filter(|path| !known.contains(path)) {
            new.push((path, self.files.read(path)?.unwrap_or_default()));
        }
        let elsewhere: BTreeSet<String> = renames(&taken, &new).into_values().map(str::to_owned).collect();
        let mut found = Vec::new();
        for (path, text) in taken.into_iter().filter(|(path, _)| !elsewhere.contains(*path)) {
            let undone = self.undone(change, parent, path)?;
            let origin = if undone { Origin::TakenBack } else { Origin::Deleted(super::git::sha(parent)?) };
            found.push(step(path, text, self.before_change(path)?, origin));
        }
        Ok(found)
    }

    /// Whether the released commit has every file as it was before a change.
    fn restores(&self, other: &Change, came_with: Oid) -> anyhow::Result<bool> {
        let Some(before) = self.git.parents(came_with)?.into_iter().next() else { return Ok(false) };
        let there = Files::Commit(self.git.snapshot(before)?);
        // What is no text cannot be compared, and is not taken for restored.
        let same = |path: &String| matches!((there.read(path), self.files.read(path)), (Ok(was), Ok(is)) if was == is);
        Ok(other.touched.iter().all(same))
    }

    /// Whether a commit takes back all that came with a file: with the commit that brought it, or with that one's merge.
    fn undone(&self, change: &Change, parent: Oid, path: &str) -> anyhow::Result<bool> {
        let since = self.before.map(|(commit, _)| commit);
        let commit = self.git.last_commit(parent, path, since)?;
        let merged = self.git.merged_with(parent, path)?;
        for came_with in commit.into_iter().chain(merged) {
            let other = self.git.change(came_with)?;
            if other.brought.contains(path) && change.undoes(&other, self.globs) && self.restores(&other, came_with)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn step(path: &str, text: String, before: Option<String>, origin: Origin) -> Step {
    let file = File { path: path.to_owned(), text };
    Step { file, before, brought_by: None, issued: BTreeMap::new(), origin }
}
