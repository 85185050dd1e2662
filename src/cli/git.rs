//! The local git repository: commits, trees, tags and the name of its home on GitHub.
//!
//! Only reads, and only what is on this machine: nothing is fetched, no hook and no other program runs.

use crate::ids::{RepoName, Sha};
use crate::release::Site;
use crate::release::steps::Change;
use anyhow::{Context as _, anyhow, bail};
use git2::{Commit, Delta, DiffFile, ErrorCode, ObjectType, Oid, Repository, Sort, TreeWalkMode, TreeWalkResult};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A symbolic link's mode in a tree: its blob is a path, not a text.
const LINK: i32 = 0o120_000;

/// The repository around a folder.
pub(super) struct Git {
    repository: Repository,
}

/// The files of one commit.
pub(super) struct Snapshot<'g> {
    repository: &'g Repository,
    blobs: BTreeMap<String, Oid>,
}

impl Git {
    /// Finds the repository that `directory` is in; `None` where there is none.
    pub(super) fn around(directory: &Path) -> anyhow::Result<Option<Self>> {
        match Repository::discover(directory) {
            Ok(repository) => Ok(Some(Self { repository })),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("open the git repository around {}", directory.display())),
        }
    }

    /// Finds the repository that `directory` is in.
    pub(super) fn open(directory: &Path) -> anyhow::Result<Self> {
        Self::around(directory)?
            .ok_or_else(|| anyhow!("{} is in no git repository; go to one, or use --files", directory.display()))
    }

    /// The folder that is checked out; `None` for a bare repository.
    pub(super) fn root(&self) -> Option<PathBuf> {
        self.repository.workdir().map(Path::to_path_buf)
    }

    /// Whether git leaves a file or folder alone.
    pub(super) fn ignores(&self, path: &Path) -> bool {
        let relative = self.repository.workdir().and_then(|root| path.strip_prefix(root).ok()).unwrap_or(path);
        self.repository.is_path_ignored(relative).unwrap_or(false)
    }

    /// The commit that a name stands for: what git takes for one, else the branch of that name on `origin`.
    pub(super) fn commit(&self, name: &str) -> anyhow::Result<Oid> {
        let found =
            self.peel(name).or_else(|error| self.peel(&format!("refs/remotes/origin/{name}")).map_err(|_| error));
        found.map_err(|error| {
            let missing =
                matches!(error.code(), ErrorCode::NotFound | ErrorCode::UnbornBranch | ErrorCode::InvalidSpec);
            if missing && name == "HEAD" {
                anyhow!("this repository has no commit yet")
            } else if missing {
                anyhow!("`{name}` is no commit, branch or tag here{}", self.shallow_hint())
            } else {
                anyhow!("`{name}`: {}", error.message())
            }
        })
    }

    /// The commit of a tag; `None` where there is no such tag.
    pub(super) fn tag(&self, name: &str) -> Option<Oid> {
        self.peel(&format!("refs/tags/{name}")).ok()
    }

    fn peel(&self, name: &str) -> Result<Oid, git2::Error> {
        Ok(self.repository.revparse_single(name)?.peel_to_commit()?.id())
    }

    /// Whether commits are missing here.
    pub(super) fn is_shallow(&self) -> bool {
        self.repository.is_shallow()
    }

    /// What to do about that, as the end of a sentence.
    pub(super) fn shallow_hint(&self) -> &'static str {
        if self.is_shallow() {
            "; the clone is shallow: fetch the whole history (`fetch-depth: 0` in a workflow)"
        } else {
            ""
        }
    }

    /// The names of all branches, here and on the remotes; `None` where this clone may lack some of them.
    pub(super) fn branches(&self) -> anyhow::Result<Option<BTreeSet<String>>> {
        let mut all = BTreeSet::new();
        let remotes = self.repository.remotes().context("list the remotes")?;
        for name in remotes.iter().flatten().flatten() {
            let remote = self.repository.find_remote(name).with_context(|| format!("look at the remote {name}"))?;
            let refspecs = remote.fetch_refspecs().with_context(|| format!("look at the remote {name}"))?;
            let prefix = format!("refs/remotes/{name}/");
            let known = all.len();
            let references = self.repository.references_glob(&format!("{prefix}*")).context("list the branches")?;
            for reference in references {
                let reference = reference.context("list the branches")?;
                all.extend(reference.name().ok().and_then(|full| full.strip_prefix(&prefix)).map(str::to_owned));
            }
            let whole = refspecs.iter().flatten().flatten().any(|spec| spec.contains("refs/heads/*"));
            if !whole || all.len() == known {
                return Ok(None);
            }
        }
        for branch in self.repository.branches(Some(git2::BranchType::Local)).context("list the branches")? {
            let (branch, _) = branch.context("list the branches")?;
            all.extend(branch.name().ok().flatten().map(str::to_owned));
        }
        Ok(Some(all).filter(|all| !all.is_empty() && !self.repository.is_shallow()))
    }

    /// The names of the branches that this clone knows, here and on the remotes; it may lack some.
    pub(super) fn known_branches(&self) -> anyhow::Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for branch in self.repository.branches(None).context("list the branches")? {
            let (branch, kind) = branch.context("list the branches")?;
            let Some(name) = branch.name().ok().flatten() else { continue };
            let name = match kind {
                git2::BranchType::Local => Some(name),
                git2::BranchType::Remote => name.split_once('/').map(|(_, rest)| rest).filter(|rest| *rest != "HEAD"),
            };
            names.extend(name.map(str::to_owned));
        }
        Ok(names)
    }

    /// Whether there is a commit to begin a branch at.
    pub(super) fn has_commits(&self) -> bool {
        self.peel("HEAD").is_ok()
    }

    /// The branch that pull requests most likely go to.
    pub(super) fn usual_base(&self) -> anyhow::Result<String> {
        let usual = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];
        let found = usual.iter().find(|name| self.peel(name).is_ok());
        found
            .map(|name| (*name).to_owned())
            .ok_or_else(|| anyhow!("there is no origin/HEAD, main or master to compare with; name a BASE"))
    }

    /// Where two lines of history parted: what a pull request is compared with.
    pub(super) fn merge_base(&self, base: (&str, Oid), head: (&str, Oid)) -> anyhow::Result<Oid> {
        match self.repository.merge_base(base.1, head.1) {
            Ok(found) => Ok(found),
            Err(error) if error.code() == ErrorCode::NotFound => {
                bail!("`{}` and `{}` have no commit in common{}", base.0, head.0, self.shallow_hint())
            }
            Err(error) => Err(error).with_context(|| format!("find the merge base of {} and {}", base.0, head.0)),
        }
    }

    /// Whether `older` is `newer` itself, or in its history.
    pub(super) fn contains(&self, newer: Oid, older: Oid) -> bool {
        newer == older || self.repository.graph_descendant_of(newer, older).unwrap_or(false)
    }

    /// The names of all tags.
    pub(super) fn tags(&self) -> anyhow::Result<Vec<String>> {
        let mut tags = Vec::new();
        let names = self.repository.references_glob("refs/tags/*").context("list the tags")?;
        for reference in names {
            let reference = reference.context("list the tags")?;
            // A name that is no UTF-8 is no version.
            if let Some(name) = reference.name().ok().and_then(|name| name.strip_prefix("refs/tags/")) {
                tags.push(name.to_owned());
            }
        }
        Ok(tags)
    }

    /// The files of a commit.
    pub(super) fn snapshot(&self, commit: Oid) -> anyhow::Result<Snapshot<'_>> {
        let tree = self.repository.find_commit(commit).and_then(|c| c.tree());
        let tree = tree.with_context(|| format!("read the files of commit {commit}"))?;
        let mut blobs = BTreeMap::new();
        let walked = tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
            if entry.kind() == Some(ObjectType::Blob)
                && entry.filemode() != LINK
                && let Ok(name) = entry.name()
            {
                blobs.insert(format!("{folder}{name}"), entry.id());
            }
            TreeWalkResult::Ok
        });
        walked.with_context(|| format!("list the files of commit {commit}"))?;
        Ok(Snapshot { repository: &self.repository, blobs })
    }

    /// The paths in which two commits differ, old and new ones.
    pub(super) fn changed_paths(&self, from: Oid, to: Oid) -> anyhow::Result<Vec<String>> {
        let (old, new) = (self.snapshot(from)?, self.snapshot(to)?);
        let mut paths: Vec<String> =
            new.blobs.iter().filter(|(p, id)| old.blobs.get(*p) != Some(*id)).map(|(p, _)| p.clone()).collect();
        paths.extend(old.blobs.keys().filter(|p| !new.blobs.contains_key(*p)).cloned());
        paths.sort();
        Ok(paths)
    }

    /// The parents of a commit, the first one first.
    pub(super) fn parents(&self, commit: Oid) -> anyhow::Result<Vec<Oid>> {
        let found = self.repository.find_commit(commit).with_context(|| format!("read commit {commit}"))?;
        Ok(found.parent_ids().collect())
    }

    /// What a commit did to the files of its first parent.
    pub(super) fn change(&self, commit: Oid) -> anyhow::Result<Change> {
        let context = || format!("read what commit {commit} did");
        let parents = self.parents(commit)?;
        let tree = |id: Oid| self.repository.find_commit(id).and_then(|commit| commit.tree());
        let new = tree(commit).with_context(context)?;
        let old = parents.first().map(|parent| tree(*parent)).transpose().with_context(context)?;
        let diff = self.repository.diff_tree_to_tree(old.as_ref(), Some(&new), None).with_context(context)?;
        let mut change = Change { parents: parents.len(), whole: true, ..Change::default() };
        for delta in diff.deltas() {
            let path = |file: DiffFile<'_>| file.path().map(slashed).unwrap_or_default();
            let (was, is) = (path(delta.old_file()), path(delta.new_file()));
            if delta.status() == Delta::Added {
                change.brought.insert(is.clone());
            } else if delta.status() == Delta::Deleted {
                change.taken.insert(was.clone());
            }
            change.touched.extend([was, is]);
        }
        Ok(change)
    }

    /// The newest commit, seen from `at` and not from `since`, in which a path is as in none of its parents.
    pub(super) fn last_commit(&self, at: Oid, path: &str, since: Option<Oid>) -> anyhow::Result<Option<Oid>> {
        let blob = |commit: &Commit<'_>| commit.tree().ok()?.get_path(Path::new(path)).ok().map(|entry| entry.id());
        let mut walk = self.repository.revwalk().context("walk the history")?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME).context("walk the history")?;
        walk.push(at).context("walk the history")?;
        if let Some(since) = since {
            walk.hide(since).context("walk the history")?;
        }
        for commit in walk {
            let commit =
                self.repository.find_commit(commit.context("walk the history")?).context("walk the history")?;
            let own = blob(&commit);
            let touched =
                if commit.parent_count() == 0 { own.is_some() } else { commit.parents().all(|p| blob(&p) != own) };
            if touched {
                return Ok(Some(commit.id()));
            }
        }
        Ok(None)
    }

    /// The commit on the line of first parents by which a file came to where it is at `at`.
    pub(super) fn merged_with(&self, at: Oid, path: &str) -> anyhow::Result<Option<Oid>> {
        let has = |commit: &Commit<'_>| commit.tree().is_ok_and(|tree| tree.get_path(Path::new(path)).is_ok());
        let mut commit = self.repository.find_commit(at).with_context(|| format!("read commit {at}"))?;
        if !has(&commit) {
            return Ok(None);
        }
        while let Some(parent) = commit.parents().next().filter(has) {
            commit = parent;
        }
        Ok(Some(commit.id()))
    }

    /// Where `origin` is seen by people.
    pub(super) fn site(&self) -> Option<Site> {
        let origin = self.repository.find_remote("origin").ok()?;
        site_of(origin.url().ok()?)
    }

    /// The user's name as git knows it.
    pub(super) fn user(&self) -> Option<String> {
        let config = self.repository.config().and_then(|mut c| c.snapshot()).ok()?;
        config.get_str("user.name").ok().map(str::to_owned)
    }
}

impl Snapshot<'_> {
    /// All paths, in order.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.blobs.keys().map(String::as_str)
    }

    /// The bytes of a file; `None` where there is no such file.
    pub(super) fn bytes(&self, path: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let Some(id) = self.blobs.get(path) else { return Ok(None) };
        let blob = self.repository.find_blob(*id).with_context(|| format!("read {path} from git"))?;
        Ok(Some(blob.content().to_vec()))
    }
}

/// A commit's name as the core knows it.
pub(super) fn sha(commit: Oid) -> anyhow::Result<Sha> {
    Sha::parse(&commit.to_string()).with_context(|| format!("{commit} is no commit's name"))
}

/// Reads the three forms in which remotes are written. User names and passwords in them are left out.
pub(super) fn site_of(remote: &str) -> Option<Site> {
    let (host, path) = match remote.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?,
        None => remote.split_once(':')?,
    };
    let host = host.rsplit('@').next()?;
    // A port of ssh is none of the web's.
    let host = if remote.starts_with("http") { host } else { host.split(':').next()? };
    let path = path.trim_matches('/');
    let name = RepoName::parse(path.strip_suffix(".git").unwrap_or(path))?;
    let scheme = if remote.starts_with("http://") { "http" } else { "https" };
    (!host.is_empty()).then(|| Site { url: format!("{scheme}://{host}"), name })
}

/// A path with slashes on every system.
pub(super) fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}
