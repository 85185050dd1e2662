//! The edit history of an issue's text: who wrote which version of it, and when; and whether comments were edited. What is asked
//! for with GraphQL, because GitHub's REST API does not have it.
//!
//! It is read as it is told and believed no further: what follows from it is decided in `plan`.

use super::repo::Repo;
use super::{Error, Listing, Page};
use crate::event::{Revision, Sender};
use crate::ids::{AccountId, CommentId, IssueNumber, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// GitHub gives the newest version first, the one that the issue was opened with last, and each with its whole text, which may be
/// 256 KiB: so many at a time stay far below what is read of one answer.
/// Source: <https://docs.github.com/en/graphql/reference/objects#usercontentedit>.
const AT_A_TIME: usize = 50;

const QUERY: &str = "query($owner: String!, $name: String!, $number: Int!, $first: Int!, $after: String) { \
                     repository(owner: $owner, name: $name) { issue(number: $number) { \
                     userContentEdits(first: $first, after: $after) { \
                     pageInfo { hasNextPage endCursor } \
                     nodes { id editedAt deletedAt diff editor { __typename login \
                     ... on User { databaseId } ... on Bot { databaseId } } } } } } }";

/// When comments were last edited: REST's times have whole seconds, and do not tell an edit in the first one.
/// Source: <https://docs.github.com/en/graphql/reference/interfaces#comment>.
const COMMENTS: &str =
    "query($ids: [ID!]!) { nodes(ids: $ids) { ... on IssueComment { id databaseId lastEditedAt } } }";

#[derive(Serialize)]
struct Variables<'v> {
    owner: &'v str,
    name: &'v str,
    number: IssueNumber,
    first: usize,
    after: Option<&'v str>,
}

#[derive(Serialize)]
struct Names<'v> {
    ids: &'v [String],
}

#[derive(Deserialize)]
struct Nodes {
    nodes: Vec<Option<WireNode>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireNode {
    id: Option<String>,
    database_id: Option<u64>,
    /// `Some(Null)` where GitHub says that there was no edit; `None` where it says nothing.
    #[serde(default, deserialize_with = "deserialize_present")]
    last_edited_at: Option<serde_json::Value>,
}

/// Tells a `null` from what is not there.
fn deserialize_present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<serde_json::Value>, D::Error> {
    serde_json::Value::deserialize(from).map(Some)
}

#[derive(Deserialize)]
struct Data {
    repository: Option<WireRepository>,
}

#[derive(Deserialize)]
struct WireRepository {
    issue: Option<WireIssue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireIssue {
    user_content_edits: Option<WireEdits>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEdits {
    page_info: WirePage,
    nodes: Vec<Option<WireEdit>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePage {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEdit {
    id: String,
    edited_at: String,
    deleted_at: Option<String>,
    diff: Option<String>,
    editor: Option<WireActor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireActor {
    #[serde(rename = "__typename")]
    kind: String,
    login: String,
    database_id: Option<u64>,
}

impl WireActor {
    /// The account as webhooks name it. Whoever is neither a person nor a bot can do nothing that counts.
    fn sender(self) -> Option<Sender> {
        let bot = match self.kind.as_str() {
            "User" => false,
            "Bot" => true,
            _ => return None,
        };
        // GraphQL leaves out what tells an App's login from a person's.
        let suffix = if bot && !self.login.ends_with("[bot]") { "[bot]" } else { "" };
        let login = format!("{}{suffix}", self.login);
        Some(Sender { login, id: self.database_id.map(AccountId), bot, app: None })
    }
}

impl WireEdit {
    fn read(self) -> Result<Revision, Error> {
        let unread = || Error::Decode { message: format!("{} is no time", self.edited_at) };
        Ok(Revision {
            at: Timestamp::parse(&self.edited_at).ok_or_else(unread)?,
            text: self.diff.filter(|_| self.deleted_at.is_none()),
            editor: self.editor.and_then(WireActor::sender),
            id: self.id,
        })
    }
}

impl Repo {
    /// The versions of an issue's text, the newest first, up to `max_pages` pages of them. None where the text was never edited;
    /// else the last one is the text that it was opened with, where the list is complete.
    ///
    /// # Errors
    /// As any call, and where GitHub answers with `errors`; see [`Error`]. [`Error::NotFound`] also where there is no GraphQL.
    pub async fn revisions(&self, number: IssueNumber, max_pages: usize) -> Result<Listing<Vec<Revision>>, Error> {
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..max_pages {
            let page = self.revisions_after(number, after.as_deref()).await?;
            found.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(Listing::whole(found));
            }
        }
        let read = found.len();
        Ok(Listing::cut(found, "versions of its text", read))
    }

    /// Of these comments, by GraphQL's names for them, those that nobody ever edited.
    ///
    /// # Errors
    /// As any call, and where GitHub answers with `errors`; see [`Error`].
    pub async fn never_edited(&self, names: &[String]) -> Result<BTreeSet<CommentId>, Error> {
        let mut found = BTreeSet::new();
        for names in names.chunks(AT_A_TIME) {
            let nodes: Nodes = self.installation.ask(COMMENTS, Names { ids: names }).await?;
            let plain = nodes.nodes.into_iter().flatten().filter(|node| {
                node.id.as_ref().is_some_and(|id| names.contains(id))
                    && node.last_edited_at == Some(serde_json::Value::Null)
            });
            found.extend(plain.filter_map(|node| node.database_id).map(CommentId));
        }
        Ok(found)
    }

    async fn revisions_after(&self, number: IssueNumber, after: Option<&str>) -> Result<Page<Revision, String>, Error> {
        let name = &self.repository.name;
        let variables = Variables { owner: &name.owner, name: &name.name, number, first: AT_A_TIME, after };
        let data: Data = self.installation.ask(QUERY, variables).await?;
        let issue = data.repository.and_then(|r| r.issue).ok_or(Error::NotFound)?;
        let Some(edits) = issue.user_content_edits else { return Ok(Page { items: Vec::new(), next: None }) };
        // One that is hidden from us is a gap, and a list with a gap is none.
        let hidden = || Error::Decode { message: "a version is hidden from us".to_owned() };
        let items = edits.nodes.into_iter().map(|node| node.ok_or_else(hidden)?.read());
        let next = edits.page_info.end_cursor.filter(|_| edits.page_info.has_next_page);
        Ok(Page { items: items.collect::<Result<_, _>>()?, next })
    }
}
