//! A release issue as a whole, seen from one of its issues: most releases have one, long ones have several parts.
//!
//! Races, and the choices made. Two parts may be edited at once: their deliveries are about two issues, and one batch of a
//! repository is worked off at a time, so each is laid over what is known of the others. Whatever would turn a gate green asks
//! GitHub for every part first.

use super::{Context, Failure, OrFail as _};
use crate::github::repo::Repo;
use crate::ids::{IssueNumber, Timestamp};
use crate::plan::missed_edits::same;
use crate::release::parts::{Part, join};
use crate::store::{Listed, PartRow, ReleaseRow, SeenPart};

/// The texts of a release's issues.
pub(super) struct ReleaseParts {
    release: i64,
    /// One row where there are no parts.
    parts: Vec<PartRow>,
    /// Which of them it is seen from.
    at: usize,
    several: bool,
    /// Issues that were seen open.
    open: Vec<IssueNumber>,
}

impl ReleaseParts {
    /// The release of a row, seen from this issue.
    pub(super) async fn of(ctx: &Context, row: &ReleaseRow, number: IssueNumber) -> Result<Self, Failure> {
        let mut parts = ctx.store.parts(row.id).await?;
        let several = !parts.is_empty();
        if !several {
            parts.push(PartRow {
                part: 1,
                draft: None,
                posted_at: None,
                issue: row.issue,
                opened: String::new(),
                body: row.body.clone(),
                body_at: row.body_at,
            });
        }
        // An issue that was a part once is none of them: what it shows is nobody's.
        let at = parts.iter().position(|p| p.issue == Some(number)).unwrap_or(parts.len());
        Ok(Self { release: row.id, parts, at, several, open: Vec::new() })
    }

    /// The row as if the one issue were all.
    pub(super) fn own(&self, row: &ReleaseRow) -> ReleaseRow {
        let Some(part) = self.parts.get(self.at) else { return row.clone() };
        let listed = Listed { issue: part.issue, ..row.listed.clone() };
        ReleaseRow { listed, body: part.body.clone(), body_at: part.body_at, ..row.clone() }
    }

    /// What all issues show together, with this text in the one.
    pub(super) fn with(&self, text: &str) -> String {
        join(self.parts.iter().enumerate().map(|(n, p)| if n == self.at { text } else { p.body.as_str() }))
    }

    /// The one issue shows this now.
    pub(super) fn see(&mut self, body: String, at: Timestamp, open: bool) {
        if let Some(part) = self.parts.get_mut(self.at) {
            (part.body, part.body_at) = (body, at);
            self.open = part.issue.filter(|_| open).into_iter().collect();
        }
    }

    /// Asks GitHub for every issue, but for the one where it was `asked` just now; `Err` names one that is gone.
    pub(super) async fn ask(
        &mut self,
        ctx: &Context,
        repo: &Repo,
        asked: bool,
    ) -> Result<Result<(), IssueNumber>, Failure> {
        for (n, part) in self.parts.iter_mut().enumerate() {
            let Some(number) = part.issue.filter(|_| n != self.at || !asked) else { continue };
            let Some(issue) = repo.issue(number).await.or_fail(ctx)? else { return Ok(Err(number)) };
            // Where the text is the same, edits that cancel each other out are still to be looked for.
            if !same(&part.body, &issue.body) {
                (part.body, part.body_at) = (issue.body, issue.updated_at);
            }
            self.open.retain(|open| *open != number);
            self.open.extend(issue.open.then_some(number));
        }
        Ok(Ok(()))
    }

    /// The issues that were seen open.
    pub(super) fn open(&self) -> &[IssueNumber] {
        &self.open
    }

    /// The index's number of the release.
    pub(super) const fn release(&self) -> i64 {
        self.release
    }

    /// Each part's text as it was seen; a release in one issue has one.
    pub(super) fn seen(&self) -> Vec<SeenPart> {
        let seen = |p: &PartRow| SeenPart { part: p.part, body: p.body.clone(), at: p.body_at };
        self.parts.iter().map(seen).collect()
    }

    /// Whether the release is in several issues.
    pub(super) const fn are_several(&self) -> bool {
        self.several
    }

    /// The text of the whole release.
    pub(super) fn text(&self) -> String {
        join(self.parts.iter().map(|p| p.body.as_str()))
    }

    /// The row with what was seen.
    pub(super) fn row(&self, row: ReleaseRow) -> ReleaseRow {
        let body_at = self.parts.iter().map(|p| p.body_at).max().unwrap_or(row.body_at);
        ReleaseRow { body: self.text(), body_at, ..row }
    }
}

/// The issues of a release, the first one first.
pub(super) async fn issues(ctx: &Context, row: &Listed) -> Result<Vec<IssueNumber>, Failure> {
    let parts = ctx.store.parts(row.id).await?;
    if parts.is_empty() {
        return Ok(row.issue.into_iter().collect());
    }
    Ok(parts.iter().filter_map(|p| p.issue).collect())
}

/// Rows of parts that are still to be posted.
pub(super) fn claims(parts: &[Part]) -> Vec<PartRow> {
    let row = |part: &Part| PartRow {
        part: part.number,
        draft: Some(part.clone()),
        posted_at: None,
        issue: None,
        opened: part.body(&[]),
        body: String::new(),
        body_at: Timestamp::default(),
    };
    parts.iter().map(row).collect()
}

/// What a release in parts asks for.
pub(super) fn required_text(parts: &[PartRow]) -> String {
    join(parts.iter().map(|p| p.opened.as_str()))
}
