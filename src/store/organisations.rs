//! Organisations that have a configuration of their own, as far as it was ever read.

use super::values::number;
use super::{Error, Store};
use crate::ids::{InstallationId, Timestamp};
use rusqlite::{OptionalExtension as _, params};

impl Store {
    /// Notes that an owner's `.github` repository has a configuration.
    ///
    /// # Errors
    /// What the database says.
    pub async fn organisation_has_file(
        &self,
        installation: InstallationId,
        owner: &str,
        at: Timestamp,
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO organisation_files (owner, installation_id, seen_at) VALUES (?1, ?2, ?3) \
                           ON CONFLICT (owner) DO UPDATE SET installation_id = excluded.installation_id";
        let owner = owner.to_lowercase();
        self.write(move |db| db.prepare_cached(SQL)?.execute(params![owner, number(installation.0), at.0]).map(|_| ()))
            .await
    }

    /// When an owner's configuration was first read, by the owner's name or by the installation: an organisation that is renamed
    /// keeps its installation. `None` where there never was one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn organisation_file(
        &self,
        installation: InstallationId,
        owner: &str,
    ) -> Result<Option<Timestamp>, Error> {
        const SQL: &str =
            "SELECT seen_at FROM organisation_files WHERE owner = ?1 OR installation_id = ?2 ORDER BY seen_at LIMIT 1";
        let owner = owner.to_lowercase();
        self.read(move |db| {
            let found = db
                .prepare_cached(SQL)?
                .query_row(params![owner, number(installation.0)], |row| row.get(0))
                .optional()?;
            Ok(found.map(Timestamp))
        })
        .await
    }
}
