//! Releases that go on under another name or commit: what they were, and what is still to be put into their issue.
//!
//! Nothing here decides when a release goes on.

use super::{Error, Listed, Pending, PreviousIdentity, ReleaseRow, Store};
use crate::ids::{Account, Timestamp};
use crate::release::Release;
use crate::release::candidates::{Candidate, Candidates};
use rusqlite::params;

impl ReleaseRow {
    /// The commits that it was tagged at one after the other. A pull request that is pushed to has none.
    #[must_use]
    pub fn candidates(&self) -> Candidates {
        let earlier = self.earlier.iter().filter(|own| own.tag.is_some());
        let earlier =
            earlier.map(|own| (Candidate { label: own.label.clone(), commit: own.commit.clone() }, own.until));
        let present = Candidate { label: self.release.label.clone(), commit: self.release.commit.clone() };
        Candidates::new(earlier.collect(), present)
    }
}

impl Store {
    /// Lets a release go on under another key, name and commit, with what it asks for from now on. What the row was before is
    /// kept; what is to be put into the issue is pending until [`Store::clear_pending`].
    ///
    /// # Errors
    /// What the database says.
    pub async fn update_release(
        &self,
        row: &ReleaseRow,
        release: Release,
        opened_body: String,
        authors: &[Account],
        pending: &Pending,
    ) -> Result<(), Error> {
        const SQL: &str = "UPDATE releases SET key = ?2, label = ?3, tag = ?4, commit_sha = ?5, opened_body = ?6, \
                           authors = ?7, earlier = ?8, pending = ?9, unnamed = ?11 WHERE id = ?1 AND key = ?10";
        let Listed { release: was, earlier, .. } = row.listed.clone();
        let (id, key) = (row.id, was.key.clone());
        let own = PreviousIdentity { key: was.key, label: was.label, tag: was.tag, commit: was.commit, until: None };
        let earlier: Vec<PreviousIdentity> = earlier.into_iter().chain([own]).collect();
        let mut unnamed = row.unnamed.clone();
        unnamed.extend(Some(&release.key).filter(|new| new.is_named_by_event() && **new != key).cloned());
        let json = |value: serde_json::Result<String>| value.unwrap_or_default();
        let (earlier, authors, pending, unnamed) = (
            json(serde_json::to_string(&earlier)),
            json(serde_json::to_string(authors)),
            json(serde_json::to_string(pending)),
            json(serde_json::to_string(&unnamed)),
        );
        self.write(move |db| {
            let commit = release.commit.as_str();
            db.prepare_cached(SQL)?
                .execute(params![
                    id,
                    release.key.to_string(),
                    release.label,
                    release.tag,
                    commit,
                    opened_body,
                    authors,
                    earlier,
                    pending,
                    key.to_string(),
                    unnamed
                ])
                .map(|_| ())
        })
        .await
    }

    /// Notes that what was pending is in the issue.
    ///
    /// # Errors
    /// What the database says.
    pub async fn clear_pending(&self, id: i64) -> Result<(), Error> {
        const SQL: &str = "UPDATE releases SET pending = NULL WHERE id = ?1";
        self.write(move |db| db.prepare_cached(SQL)?.execute([id]).map(|_| ())).await
    }

    /// Notes until when an issue asked about its release's earlier commits, where that is not known yet.
    ///
    /// # Errors
    /// What the database says.
    pub async fn end_candidates(&self, id: i64, at: Timestamp) -> Result<Vec<PreviousIdentity>, Error> {
        self.write(move |db| {
            let text: String =
                db.prepare_cached("SELECT earlier FROM releases WHERE id = ?1")?.query_row([id], |row| row.get(0))?;
            let unreadable = |error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error);
            let mut earlier: Vec<PreviousIdentity> =
                serde_json::from_str(&text).map_err(|error| unreadable(Box::new(error)))?;
            earlier.iter_mut().filter(|own| own.until.is_none()).for_each(|own| own.until = Some(at));
            let json = serde_json::to_string(&earlier).unwrap_or(text);
            db.prepare_cached("UPDATE releases SET earlier = ?2 WHERE id = ?1")?.execute(params![id, json])?;
            Ok(earlier)
        })
        .await
    }
}
