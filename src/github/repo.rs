//! One repository, seen through its installation: the reads and writes that Holdpoint makes, each a single documented call.
//!
//! Answers are read into our own small structs. Objects that git names by their contents are read once and kept.

use super::cache::Cache;
use super::recent::{Recent, is_fresh};
use super::tokens::Scope;
use super::view::View;
use super::wire::{
    Comparison, ComparisonStatus, Pull, Tree, WireBlob, WireCheckRun, WireCommit, WireComparison, WireFile,
    WireNamedRef, WirePull, WireRef, WireRepo, WireSha, WireTree, WithId, sha,
};
use super::{Error, Installation, Listing, Path, route};
use crate::ids::{CheckRunId, PullNumber, RepoName, Repository, RepositoryId, Sha, Timestamp};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A comparison lists at most this many files.
/// Source: <https://docs.github.com/en/rest/commits/commits#compare-two-commits>.
const COMPARED_FILES: usize = 300;

/// Files larger than this are no checklists.
pub const LARGEST_BLOB: usize = 1 << 20;

/// Bytes of trees that are kept for all repositories, about: one of 100,000 paths fits.
const MAX_TREE_BYTES: usize = 24 << 20;
/// Bytes of files that are kept for all repositories.
const MAX_BLOB_BYTES: usize = 8 << 20;
/// Bytes of comparisons that are kept for all repositories, about.
const MAX_COMPARISON_BYTES: usize = 8 << 20;
/// What a path or a commit in a list takes beside its own bytes, about.
const ENTRY_BYTES: usize = 100;

/// Everything of one kind that is kept in memory, for all repositories.
#[derive(Debug)]
pub struct Objects {
    trees: Cache<(RepositoryId, Sha), Tree>,
    blobs: Cache<(RepositoryId, Sha), String>,
    comparisons: Cache<(RepositoryId, Sha, Sha), Comparison>,
    /// What may have changed since; nothing of it makes anything green.
    pub(super) recent: Recent,
}

impl Default for Objects {
    fn default() -> Self {
        Self {
            trees: Cache::weighed(MAX_TREE_BYTES, tree_bytes),
            blobs: Cache::weighed(MAX_BLOB_BYTES, String::len),
            comparisons: Cache::weighed(MAX_COMPARISON_BYTES, comparison_bytes),
            recent: Recent::default(),
        }
    }
}

fn tree_bytes(tree: &Tree) -> usize {
    tree.files().known_part().keys().map(|path| path.len() + ENTRY_BYTES).sum()
}

fn comparison_bytes(comparison: &Comparison) -> usize {
    let files: usize = comparison.files.as_ref().known_part().iter().map(|path| path.len() + ENTRY_BYTES).sum();
    files + (comparison.commits.as_ref().known_part().len() + 1) * ENTRY_BYTES
}

/// A repository and the way to it, as one batch of deliveries sees it.
#[derive(Clone, Debug)]
pub struct Repo {
    pub(super) installation: Installation,
    pub(super) objects: Arc<Objects>,
    pub(super) view: Arc<View>,
    pub(super) remembered: bool,
    /// Its ids and present name.
    pub repository: Repository,
}

impl Repo {
    /// A repository through its installation; `objects` is shared by all. Make one for each batch: what it reads of branches
    /// and open pull requests it does not read again.
    #[must_use]
    pub fn new(installation: &Installation, objects: Arc<Objects>, repository: Repository) -> Self {
        let installation = installation.scoped(Scope::Repository(repository.id));
        // Whatever is remembered from here on must not be older than what this one decides.
        drop(objects.recent.take(repository.id));
        let view = Arc::new(View::begun(installation.now_ms()));
        Self { installation, objects, view, repository, remembered: false }
    }

    /// A repository as the last batch saw it, where that was within the minute; else as it is now.
    ///
    /// Only for what turns nothing: the tick after which a release still waits, as it did before. From such a view no check
    /// becomes green, whoever asks sees to it by [`Repo::is_recent`], and what did turn is decided [`Repo::fresh`].
    #[must_use]
    pub fn recent(installation: &Installation, objects: Arc<Objects>, repository: Repository) -> Self {
        let known = objects.recent.take(repository.id);
        match known.filter(|view| is_fresh(view.since, installation.now_ms())) {
            Some(view) => Self { view, remembered: true, ..Self::new(installation, objects, repository) },
            None => Self::new(installation, objects, repository),
        }
    }

    /// Whether it may be seen as it was up to a minute ago.
    #[must_use]
    pub fn is_recent(&self) -> bool {
        self.remembered
    }

    /// Remembers this view for the next batch, now that this one is done.
    pub fn remember(&self) {
        self.view.close();
        if !self.view.outdated.load(Ordering::Relaxed) {
            self.objects.recent.keep(self.repository.id, &self.view);
        }
    }

    /// Forgets what this batch alone has read of pull requests, issues and tags: what comes next has to be as new as it can be.
    pub fn forget_batch(&self) {
        self.view.forget_batch();
    }

    /// The repository as it is now. What was seen before is not remembered any longer.
    #[must_use]
    pub fn fresh(&self) -> Self {
        self.view.outdated.store(true, Ordering::Relaxed);
        Self::new(&self.installation, Arc::clone(&self.objects), self.repository.clone())
    }

    pub(super) fn path(&self, rest: &[&str]) -> Path {
        let RepoName { owner, name } = &self.repository.name;
        route(&["repos", owner, name]).segments(rest.iter().copied()).staying()
    }

    /// Whether an answer leads out of this repository: to an issue that was transferred, for one. Where it leads to this
    /// repository by its id, that was renamed.
    pub(super) fn leads_out(&self, error: &Error) -> bool {
        let Error::Redirected { location } = error else { return false };
        let Some((_, rest)) = location.split_once("/repositories/") else { return false };
        rest.split('/').next() != Some(self.repository.id.to_string().as_str())
    }

    /// Refuses what was read by this repository's name and is another one's.
    fn own(&self, id: Option<u64>) -> Result<(), Error> {
        match id {
            Some(id) if id != self.repository.id.0 => Err(Error::Elsewhere { name: self.repository.name.to_string() }),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &Path) -> Result<T, Error> {
        self.installation.get(path).await
    }

    /// What the default branch was called when it was read last: what to read first, and nothing more.
    #[must_use]
    pub fn likely_default_branch(&self) -> Option<Arc<String>> {
        self.objects.recent.default_branch(self.repository.id)
    }

    /// The tip that a branch had when it was read last: what to read first, and nothing more.
    #[must_use]
    pub fn likely_tip(&self, branch: &str) -> Option<Sha> {
        self.objects.recent.tip(self.repository.id, branch)
    }

    /// The name of the default branch.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn default_branch(&self) -> Result<String, Error> {
        let read = || async {
            let found = self.get::<WireRepo>(&self.path(&[])).await?;
            self.own(found.id)?;
            self.objects.recent.is_default_branch(self.repository.id, &found.default_branch);
            Ok(found.default_branch)
        };
        self.view.default_branch.get_or_try_init(read).await.cloned()
    }

    /// The commit at the tip of a branch; `None` where there is no such branch.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn branch_tip(&self, branch: &str) -> Result<Option<Sha>, Error> {
        let read = || async {
            let path = self.path(&["git", "ref", "heads"]).segments(branch.split('/'));
            let tip = match self.get::<WireRef>(&path).await {
                Ok(found) => Some(sha(&found.object.sha)?),
                Err(Error::NotFound) => None,
                Err(error) => return Err(error),
            };
            self.objects.recent.is_tip(self.repository.id, branch, tip.as_ref());
            Ok(tip)
        };
        self.view.tips.get_or_read(branch.to_owned(), read).await
    }

    /// Names and tips of all branches whose names begin so.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn branches_below(&self, start: &str) -> Result<Listing<Vec<(String, Sha)>>, Error> {
        let path = self.path(&["git", "matching-refs", "heads"]).segments(start.trim_end_matches('/').split('/'));
        let below = |entry: WireNamedRef| {
            let name = entry.name.strip_prefix("refs/heads/").filter(|name| name.starts_with(start))?;
            Some(sha(&entry.object?.sha).map(|tip| (name.to_owned(), tip)))
        };
        let found = self.installation.get_all::<WireNamedRef>(&path, "branches", 10).await?;
        found.try_map(|all| all.into_iter().filter_map(below).collect())
    }

    /// All files of a commit.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn tree(&self, commit: &Sha) -> Result<Arc<Tree>, Error> {
        let _read = self.view.reads(format!("tree {commit}")).await;
        let key = (self.repository.id, commit.clone());
        if let Some(known) = self.objects.trees.get(&key) {
            return Ok(known);
        }
        let path = self.path(&["git", "trees", commit.as_str()]).query("recursive", 1);
        let wire: WireTree = self.get(&path).await?;
        let mut files = BTreeMap::new();
        for entry in wire.tree.into_iter().filter(|e| e.kind == "blob") {
            files.insert(entry.path, sha(&entry.sha)?);
        }
        let read = files.len();
        let files = if wire.truncated { Listing::cut(files, "files", read) } else { Listing::whole(files) };
        let tree = Arc::new(Tree::of(commit.clone(), files));
        // A monorepo's tree is megabytes: reading it again is cheaper than keeping many.
        if read <= 50_000 {
            self.objects.trees.put(key, Arc::clone(&tree));
        }
        Ok(tree)
    }

    /// The blob of one file of a commit, by its path, for commits with more files than GitHub lists at once: its folders are
    /// read one by one. `None` where a folder was read whole and has no such entry; a 404 is never taken for that.
    /// Source: <https://docs.github.com/en/rest/git/trees#get-a-tree>.
    ///
    /// # Errors
    /// As any call, and [`Error::Incomplete`] where a folder alone has more entries than GitHub lists.
    pub async fn blob_of(&self, commit: &Sha, file: &str) -> Result<Option<Sha>, Error> {
        let mut at = commit.clone();
        let mut names = file.split('/').peekable();
        while let Some(name) = names.next() {
            let kind = if names.peek().is_some() { "tree" } else { "blob" };
            let wire: WireTree = self.get(&self.path(&["git", "trees", at.as_str()])).await?;
            let read = wire.tree.len();
            let Some(entry) = wire.tree.into_iter().find(|entry| entry.path == name && entry.kind == kind) else {
                return if wire.truncated {
                    Err(Error::Incomplete { what: "files".to_owned(), read })
                } else {
                    Ok(None)
                };
            };
            at = sha(&entry.sha)?;
        }
        Ok(Some(at))
    }

    /// A file's text; bytes that are no UTF-8 are replaced. `None` for one that is too large to be a checklist.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn blob(&self, blob: &Sha) -> Result<Option<Arc<String>>, Error> {
        let _read = self.view.reads(format!("blob {blob}")).await;
        let key = (self.repository.id, blob.clone());
        if let Some(known) = self.objects.blobs.get(&key) {
            return Ok(Some(known));
        }
        let wire: WireBlob = self.get(&self.path(&["git", "blobs", blob.as_str()])).await?;
        if wire.size.is_some_and(|size| usize::try_from(size).map_or(true, |size| size > LARGEST_BLOB)) {
            return Ok(None);
        }
        let bytes = match wire.encoding.as_str() {
            "base64" => {
                use base64::Engine as _;
                let packed: String = wire.content.chars().filter(|c| !c.is_ascii_whitespace()).collect();
                base64::engine::general_purpose::STANDARD
                    .decode(packed)
                    .map_err(|e| Error::Decode { message: format!("blob {blob}: {e}") })?
            }
            _ => wire.content.into_bytes(),
        };
        let text = Arc::new(String::from_utf8_lossy(&bytes).into_owned());
        self.objects.blobs.put(key, Arc::clone(&text));
        Ok(Some(text))
    }

    /// Compares two commits. `None` where one of them is not there or they have no common ancestor.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn compare(&self, from: &Sha, to: &Sha) -> Result<Option<Arc<Comparison>>, Error> {
        let _read = self.view.reads(format!("compare {from} {to}")).await;
        let key = (self.repository.id, from.clone(), to.clone());
        if let Some(known) = self.objects.comparisons.get(&key) {
            return Ok(Some(known));
        }
        let found = self.compare_names(from.as_str(), to.as_str()).await?.map(Arc::new);
        if let Some(comparison) = &found {
            self.objects.comparisons.put(key, Arc::clone(comparison));
        }
        Ok(found)
    }

    /// As [`Repo::compare`], with names that may move: nothing is kept.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn compare_names(&self, from: &str, to: &str) -> Result<Option<Comparison>, Error> {
        let path = self.path(&["compare"]).segment(format!("{from}...{to}"));
        let wire: WireComparison = match self.get(&path).await {
            Ok(wire) => wire,
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        // None at all where GitHub made no list.
        let (files, unlisted) = (wire.files.as_deref().unwrap_or_default(), wire.files.is_none());
        let names = |f: &WireFile| std::iter::once(f.filename.clone()).chain(f.previous_filename.clone());
        let whole = files.len() < COMPARED_FILES && !unlisted;
        let names: Vec<String> = files.iter().flat_map(names).collect();
        let files = if whole { Listing::whole(names) } else { Listing::cut(names, "changed files", files.len()) };
        let mut commits = Vec::new();
        for commit in &wire.commits {
            commits.push(sha(&commit.sha)?);
        }
        let date = |c: &WireCommit| Timestamp::parse(c.commit.as_ref()?.committer.as_ref()?.date.as_deref()?);
        let oldest = wire.commits.iter().map(date).min().flatten();
        let read = commits.len();
        let whole = read >= wire.total_commits;
        Ok(Some(Comparison {
            oldest,
            status: wire.status,
            merge_base: sha(&wire.merge_base_commit.sha)?,
            commits: if whole { Listing::whole(commits) } else { Listing::cut(commits, "commits", read) },
            files,
        }))
    }

    /// Whether `head` contains `commit`. A commit that is gone is contained in nothing.
    ///
    /// # Errors
    /// As any call, and where GitHub does not show us `head`: then nobody knows what it contains.
    pub async fn contains(&self, head: &Sha, commit: &Sha) -> Result<bool, Error> {
        if head == commit {
            return Ok(true);
        }
        let holds = |found: &Comparison| matches!(found.status, ComparisonStatus::Ahead | ComparisonStatus::Identical);
        if let Some(comparison) = self.compare(commit, head).await? {
            return Ok(holds(&comparison));
        }
        // 404 says one of four things: `commit` is gone, the two have no common ancestor, `head` is hidden from us, or what
        // answers has not heard of one of them yet. Once `head` is seen, its whole history is there too: so it is asked again.
        self.get::<WireSha>(&self.path(&["commits", head.as_str()])).await?;
        Ok(self.compare(commit, head).await?.is_some_and(|found| holds(&found)))
    }

    /// The commit of this name, which may be its first digits; `None` where there is none.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn commit(&self, name: &str) -> Result<Option<Sha>, Error> {
        match self.get::<WireSha>(&self.path(&["commits", name])).await {
            Ok(found) => sha(&found.sha).map(Some),
            // GitHub says 422 where the name could be one and is none.
            Err(Error::NotFound | Error::Validation { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A pull request as this batch saw it first; `None` where there is none of that number.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn pull(&self, number: PullNumber) -> Result<Option<Pull>, Error> {
        let read = || async {
            match self.get::<WirePull>(&self.path(&["pulls"]).segment(number)).await {
                Ok(wire) => {
                    self.own(wire.home())?;
                    wire.read().map(Some)
                }
                Err(Error::NotFound) => Ok(None),
                Err(error) => Err(error),
            }
        };
        self.view.batch().pulls.get_or_read(number, read).await
    }

    /// All open pull requests.
    ///
    /// # Errors
    /// As any call, and where there are more than can be read: a gate must not miss one.
    pub async fn open_pulls(&self) -> Result<Vec<Pull>, Error> {
        let read = || async {
            let path = self.path(&["pulls"]).query("state", "open").query("per_page", 100);
            let found = self.installation.get_all::<WirePull>(&path, "open pull requests", 30).await?.complete()?;
            let own = |wire: WirePull| self.own(wire.home()).and_then(|()| wire.read());
            found.into_iter().map(own).collect::<Result<Vec<_>, _>>()
        };
        self.view.open_pulls.get_or_try_init(read).await.cloned()
    }

    /// The newest closed pull requests, by their last change; one page of 100.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn closed_pulls(&self, page: usize) -> Result<Vec<Pull>, Error> {
        let path = self
            .path(&["pulls"])
            .query("state", "closed")
            .query("sort", "updated")
            .query("direction", "desc")
            .query("per_page", 100)
            .query("page", page);
        self.get::<Vec<WirePull>>(&path).await?.into_iter().map(WirePull::read).collect()
    }

    /// The pull requests that a commit came with.
    /// Source: <https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit>.
    ///
    /// # Errors
    /// As any call; see [`Error`]. [`Error::NotFound`] where GitHub does not show the commit.
    pub async fn pulls_of(&self, commit: &Sha) -> Result<Listing<Vec<Pull>>, Error> {
        let path = self.path(&["commits", commit.as_str(), "pulls"]).query("per_page", 100);
        let found = self.installation.get_all::<WirePull>(&path, "pull requests", 10).await?;
        found.try_map(|all| all.into_iter().map(WirePull::read).collect())
    }

    /// Creates a check run.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn create_check_run(&self, run: &WireCheckRun<'_>) -> Result<CheckRunId, Error> {
        let made: WithId = self.installation.post(&self.path(&["check-runs"]), run).await?;
        Ok(CheckRunId(made.id))
    }

    /// Changes a check run; `false` where it is gone.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn update_check_run(&self, id: CheckRunId, run: &WireCheckRun<'_>) -> Result<bool, Error> {
        match self.installation.patch::<WithId>(&self.path(&["check-runs"]).segment(id), run).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The text of a file in the organisation's `.github` repository, at its default branch; `None` where GitHub shows none: there
    /// is none, or the repository is hidden from the App.
    ///
    /// # Errors
    /// As any call; see [`Error`]. A refusal is no answer: the file may be there.
    pub async fn organisation_file(&self, file: &str) -> Result<Option<String>, Error> {
        self.view.organisation_files.get_or_read(file.to_owned(), || self.read_organisation_file(file)).await
    }

    async fn read_organisation_file(&self, file: &str) -> Result<Option<String>, Error> {
        let path = route(&["repos", &self.repository.name.owner, ".github", "contents"]);
        let path = path.segments(file.split('/')).staying();
        let files = self.installation.scoped(Scope::Files);
        match files.get_with(&path, "application/vnd.github.raw+json").await {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            // A repository that was renamed is not the organisation's `.github` any more.
            Err(Error::NotFound | Error::Redirected { .. }) => Ok(None),
            Err(Error::Forbidden { message }) => {
                let place = format!("{}/.github", self.repository.name.owner);
                Err(Error::Forbidden { message: format!("{message} (reading `{file}` in {place})") })
            }
            Err(error) => Err(error),
        }
    }
}
