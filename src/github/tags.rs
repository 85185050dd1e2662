//! Tags: where each leads to, and lists of them.

use super::repo::Repo;
use super::wire::{WireNamedRef, WireRef, WireSha, sha};
use super::{Error, Listing};
use crate::ids::Sha;
use serde::Deserialize;

/// A tag of a tag of a tag is legal; ten deep is a joke.
const DEPTH: usize = 10;

#[derive(Deserialize)]
struct WireTag {
    name: String,
    commit: WireSha,
}

impl Repo {
    /// The commit that a tag leads to, through annotated tags, as this batch saw it first; `None` where there is no such tag, or it
    /// names no commit.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn tag(&self, name: &str) -> Result<Option<Sha>, Error> {
        self.view.batch().tag_commits.get_or_read(name.to_owned(), || self.read_tag(name)).await
    }

    async fn read_tag(&self, name: &str) -> Result<Option<Sha>, Error> {
        let path = self.path(&["git", "ref", "tags"]).segments(name.split('/'));
        let mut object = match self.get::<WireRef>(&path).await {
            Ok(found) => found.object,
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        for _ in 0..DEPTH {
            match object.kind.as_str() {
                "commit" => return sha(&object.sha).map(Some),
                "tag" => object = self.get::<WireRef>(&self.path(&["git", "tags", &object.sha])).await?.object,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Names of all tags, as this batch saw them first.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn tags(&self) -> Result<Listing<Vec<String>>, Error> {
        self.view.batch().tag_names.get_or_try_init(|| self.tags_below("")).await.cloned()
    }

    /// Names of all tags that begin so.
    /// Source: <https://docs.github.com/en/rest/git/refs#list-matching-references>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn tags_below(&self, start: &str) -> Result<Listing<Vec<String>>, Error> {
        let path = self.path(&["git", "matching-refs", "tags"]).segments(start.split('/'));
        let found = self.installation.get_all::<WireNamedRef>(&path, "tags", 50).await?;
        let name = |r: WireNamedRef| r.name.strip_prefix("refs/tags/").map(str::to_owned);
        Ok(found.map(|all| all.into_iter().filter_map(name).collect()))
    }

    /// Names of tags, each with the commit that it leads to, as this batch saw them first.
    /// Source: <https://docs.github.com/en/rest/repos/repos#list-repository-tags>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn tags_with_commits(&self) -> Result<Listing<Vec<(String, Sha)>>, Error> {
        let read = || async {
            let path = self.path(&["tags"]).query("per_page", 100);
            let found = self.installation.get_all::<WireTag>(&path, "tags", 100).await?;
            found.try_map(|all| all.into_iter().map(|tag| Ok((tag.name, sha(&tag.commit.sha)?))).collect())
        };
        self.view.batch().tags.get_or_try_init(read).await.cloned()
    }
}
