//! A small git: commits, trees, blobs, branches and tags of one repository, in memory.
//!
//! Objects are content-addressed and never change. Blob ids are git's own; the ids of commits, trees and tags are hashes
//! of the same contents in a simpler spelling. Nothing here knows of pull requests, users' rights or HTTP.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

/// Path to blob id.
pub type Tree = BTreeMap<String, String>;

/// One commit. `order` counts up in a repository, parents before children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub sha: String,
    /// First parent first.
    pub parents: Vec<String>,
    /// The whole tree, flat.
    pub tree: Arc<Tree>,
    /// The id that the API gives for the tree.
    pub tree_sha: String,
    /// The message.
    pub message: String,
    /// The author's login.
    pub author: String,
    /// Seconds since 1970.
    pub date: i64,
    /// Topological order of arrival.
    pub order: u64,
}

/// An annotated tag's object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagObject {
    /// Its id.
    pub sha: String,
    /// Its bare name.
    pub tag: String,
    /// The commit it names.
    pub target: String,
    /// Its message.
    pub message: String,
    /// The tagger's login.
    pub tagger: String,
    /// Seconds since 1970.
    pub date: i64,
}

/// All objects and refs of a repository.
#[derive(Clone, Debug, Default)]
pub struct Git {
    /// Commits by id.
    pub commits: BTreeMap<String, Commit>,
    /// Blobs by id.
    pub blobs: BTreeMap<String, Arc<[u8]>>,
    /// Branch to commit.
    pub branches: BTreeMap<String, String>,
    /// Tag to commit (lightweight) or tag object (annotated).
    pub tags: BTreeMap<String, String>,
    /// Annotated tags' objects by id.
    pub tag_objects: BTreeMap<String, TagObject>,
}

/// A file that differs between two trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Its path now (the old one where it was removed).
    pub path: String,
    /// Its path before, for a rename.
    pub previous: Option<String>,
    /// `added`, `removed`, `modified` or `renamed`.
    pub status: &'static str,
    /// Blob before.
    pub old: Option<String>,
    /// Blob after.
    pub new: Option<String>,
}

/// Forty hexadecimal digits over some bytes.
#[must_use]
pub fn object_id(kind: &str, bytes: &[u8]) -> String {
    let mut data = format!("{kind} {}\0", bytes.len()).into_bytes();
    data.extend_from_slice(bytes);
    digest(&SHA1_FOR_LEGACY_USE_ONLY, &data).as_ref().iter().fold(String::with_capacity(40), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

impl Git {
    /// Stores a blob and gives its id, the one that git itself would give.
    pub fn write_blob(&mut self, bytes: &[u8]) -> String {
        let sha = object_id("blob", bytes);
        self.blobs.entry(sha.clone()).or_insert_with(|| Arc::from(bytes));
        sha
    }

    /// The id of a tree, whole or of one folder (`prefix` ends in a slash or is empty).
    #[must_use]
    pub fn tree_id(tree: &Tree, prefix: &str) -> String {
        let mut text = String::new();
        for (path, blob) in tree {
            if let Some(rest) = path.strip_prefix(prefix) {
                let _ = writeln!(text, "{blob} {rest}");
            }
        }
        object_id("tree", text.as_bytes())
    }

    /// Stores a commit and gives its id.
    pub fn write_commit(&mut self, parents: Vec<String>, tree: Tree, message: &str, author: &str, date: i64) -> String {
        let tree_sha = Self::tree_id(&tree, "");
        let text = format!("tree {tree_sha}\nparents {}\nauthor {author} {date}\n\n{message}", parents.join(" "));
        let sha = object_id("commit", text.as_bytes());
        let order = self.commits.values().map(|c| c.order).max().unwrap_or(0) + 1;
        self.commits.entry(sha.clone()).or_insert_with(|| Commit {
            sha: sha.clone(),
            parents,
            tree: Arc::new(tree),
            tree_sha,
            message: message.to_owned(),
            author: author.to_owned(),
            date,
            order,
        });
        sha
    }

    /// Stores an annotated tag's object and gives its id; no ref is moved.
    pub fn write_tag(&mut self, tag: &str, target: &str, message: &str, tagger: &str, date: i64) -> String {
        let text = format!("object {target}\ntype commit\ntag {tag}\ntagger {tagger} {date}\n\n{message}");
        let sha = object_id("tag", text.as_bytes());
        let object = TagObject {
            sha: sha.clone(),
            tag: tag.to_owned(),
            target: target.to_owned(),
            message: message.to_owned(),
            tagger: tagger.to_owned(),
            date,
        };
        self.tag_objects.insert(sha.clone(), object);
        sha
    }

    /// A commit's tree with some files written (`Some`) or taken away (`None`).
    pub fn edited_tree(&mut self, parent: Option<&str>, files: &[(&str, Option<&str>)]) -> Tree {
        let mut tree = parent.and_then(|p| self.commits.get(p)).map(|c| c.tree.as_ref().clone()).unwrap_or_default();
        for (path, content) in files {
            match content {
                Some(text) => {
                    let blob = self.write_blob(text.as_bytes());
                    tree.insert((*path).to_owned(), blob);
                }
                None => {
                    tree.remove(*path);
                }
            }
        }
        tree
    }

    /// Follows an annotated tag to its commit; a commit is its own peel.
    #[must_use]
    pub fn peel<'a>(&'a self, sha: &'a str) -> &'a str {
        self.tag_objects.get(sha).map_or(sha, |t| t.target.as_str())
    }

    /// What GitHub takes for a commit: a full or abbreviated id, a branch, a tag (peeled), or any of these as a full ref.
    #[must_use]
    pub fn resolve(&self, rev: &str) -> Option<&Commit> {
        let name = rev.strip_prefix("refs/").unwrap_or(rev);
        let sha = self
            .branches
            .get(name)
            .or_else(|| name.strip_prefix("heads/").and_then(|n| self.branches.get(n)))
            .or_else(|| self.tags.get(name))
            .or_else(|| name.strip_prefix("tags/").and_then(|n| self.tags.get(n)));
        if let Some(sha) = sha {
            return self.commits.get(self.peel(sha));
        }
        if let Some(commit) = self.commits.get(self.peel(rev)) {
            return Some(commit);
        }
        let hex = rev.len() >= 7 && rev.bytes().all(|b| b.is_ascii_hexdigit());
        if !hex {
            return None;
        }
        let mut hits = self.commits.range(rev.to_owned()..).take_while(|(sha, _)| sha.starts_with(rev));
        match (hits.next(), hits.next()) {
            (Some((_, commit)), None) => Some(commit),
            _ => None,
        }
    }

    /// A file's bytes in a commit.
    #[must_use]
    pub fn file(&self, rev: &str, path: &str) -> Option<Arc<[u8]>> {
        let blob = self.resolve(rev)?.tree.get(path)?;
        self.blobs.get(blob).cloned()
    }

    /// A file's text in a commit.
    #[must_use]
    pub fn text(&self, rev: &str, path: &str) -> Option<String> {
        self.file(rev, path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A commit and all it descends from.
    #[must_use]
    pub fn ancestors(&self, sha: &str) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut todo = vec![sha.to_owned()];
        while let Some(next) = todo.pop() {
            if let Some(commit) = self.commits.get(&next)
                && seen.insert(next)
            {
                todo.extend(commit.parents.iter().cloned());
            }
        }
        seen
    }

    /// The best common ancestor of two commits, the newest where there are several.
    #[must_use]
    pub fn merge_base(&self, a: &str, b: &str) -> Option<&Commit> {
        let ours = self.ancestors(a);
        let theirs = self.ancestors(b);
        ours.intersection(&theirs).filter_map(|sha| self.commits.get(sha)).max_by_key(|c| c.order)
    }

    /// Commits that `head` has and `base` has not, oldest first.
    #[must_use]
    pub fn ahead(&self, base: &str, head: &str) -> Vec<&Commit> {
        let theirs = self.ancestors(base);
        let mut commits: Vec<_> =
            self.ancestors(head).difference(&theirs).filter_map(|sha| self.commits.get(sha)).collect();
        commits.sort_by_key(|c| c.order);
        commits
    }

    /// Copies a commit and all it needs from another repository of the network, as GitHub does for a fork's pull request.
    pub fn absorb(&mut self, other: &Self, sha: &str) {
        let mut missing: Vec<_> =
            other.ancestors(sha).into_iter().filter(|s| !self.commits.contains_key(s)).collect::<Vec<_>>();
        missing.sort_by_key(|s| other.commits.get(s).map(|c| c.order));
        let last = self.commits.values().map(|c| c.order).max().unwrap_or(0);
        for (order, commit) in (last + 1..).zip(missing.iter().filter_map(|s| other.commits.get(s))) {
            for blob in commit.tree.values() {
                if let Some(bytes) = other.blobs.get(blob) {
                    self.blobs.entry(blob.clone()).or_insert_with(|| Arc::clone(bytes));
                }
            }
            self.commits.insert(commit.sha.clone(), Commit { order, ..commit.clone() });
        }
    }

    /// What changed from one tree to another, by path, with renames found as git finds them.
    #[must_use]
    pub fn changes(&self, old: &Tree, new: &Tree) -> Vec<FileChange> {
        let mut removed: BTreeMap<&String, &String> = old.iter().filter(|(p, _)| !new.contains_key(*p)).collect();
        let mut out = Vec::new();
        for (path, blob) in new {
            let (status, previous, before) = match old.get(path) {
                Some(before) if before == blob => continue,
                Some(before) => ("modified", None, Some(before.clone())),
                None => match self.origin(&removed, blob) {
                    Some((from, before)) => {
                        removed.remove(&from);
                        ("renamed", Some(from), Some(before))
                    }
                    None => ("added", None, None),
                },
            };
            out.push(FileChange { path: path.clone(), previous, status, old: before, new: Some(blob.clone()) });
        }
        for (path, blob) in removed {
            out.push(FileChange {
                path: path.clone(),
                previous: None,
                status: "removed",
                old: Some(blob.clone()),
                new: None,
            });
        }
        out.sort_by(|a, b| a.path.cmp(&b.path));
        out
    }

    /// Of the removed files, the one that a new file is most like: the same bytes, or half of its lines (in small changes).
    fn origin(&self, removed: &BTreeMap<&String, &String>, blob: &str) -> Option<(String, String)> {
        if let Some((path, old)) = removed.iter().find(|(_, old)| old.as_str() == blob) {
            return Some(((*path).clone(), (*old).clone()));
        }
        if removed.len() > 50 {
            return None;
        }
        let text = self.blob_text(blob)?;
        let mut best: Option<(f32, String, String)> = None;
        for (path, old) in removed {
            let Some(before) = self.blob_text(old) else { continue };
            let ratio = similar::TextDiff::from_lines(before.as_str(), text.as_str()).ratio();
            if ratio >= 0.5 && best.as_ref().is_none_or(|(r, _, _)| ratio > *r) {
                best = Some((ratio, (*path).clone(), (*old).clone()));
            }
        }
        best.map(|(_, path, old)| (path, old))
    }

    /// A blob as text; `None` where it is none, or too long to compare.
    #[must_use]
    pub fn blob_text(&self, sha: &str) -> Option<String> {
        let bytes = self.blobs.get(sha)?;
        if bytes.len() > 1_000_000 || bytes.contains(&0) {
            return None;
        }
        String::from_utf8(bytes.to_vec()).ok()
    }

    /// Merges two trees over their base; the error is the first path on which both sides disagree.
    pub fn merge_trees(&mut self, base: &Tree, ours: &Tree, theirs: &Tree) -> Result<Tree, String> {
        let mut out = ours.clone();
        let paths: BTreeSet<&String> = base.keys().chain(theirs.keys()).collect();
        for path in paths {
            let (b, o, t) = (base.get(path), ours.get(path), theirs.get(path));
            if t == b || t == o {
                continue;
            }
            if o == b {
                match t {
                    Some(blob) => out.insert(path.clone(), blob.clone()),
                    None => out.remove(path),
                };
                continue;
            }
            let merged = match (b, o, t) {
                (Some(b), Some(o), Some(t)) => self.merge_texts(b, o, t),
                _ => None,
            };
            let Some(text) = merged else { return Err(path.clone()) };
            let blob = self.write_blob(text.as_bytes());
            out.insert(path.clone(), blob);
        }
        Ok(out)
    }

    fn merge_texts(&self, base: &str, ours: &str, theirs: &str) -> Option<String> {
        let (base, ours, theirs) = (self.blob_text(base)?, self.blob_text(ours)?, self.blob_text(theirs)?);
        let merge = similar::merge::TextMerge::from_lines(base.as_str(), ours.as_str(), theirs.as_str());
        (!merge.is_conflicted()).then(|| merge.to_string())
    }
}
