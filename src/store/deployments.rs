//! Deployments that asked to be let through: those that wait, and what was let through before.
//!
//! Nothing here decides anything, and nothing is ever deleted.

use super::values::{account_id, number, sha, unsigned};
use super::{Error, Store};
use crate::ids::{Account, DeploymentId, RepositoryId, RunId, Sha, Timestamp};
use rusqlite::{Row, params};
use std::collections::BTreeSet;

/// A deployment that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingDeployment {
    /// The workflow run.
    pub run: RunId,
    /// The environment that it waits to be let into.
    pub environment: String,
    /// The delivery that asked.
    pub delivery: String,
    /// GitHub's number of the deployment, where it has one.
    pub deployment: Option<DeploymentId>,
    /// The commit.
    pub commit: Sha,
    /// The branch or tag that it was started from; may be empty.
    pub git_ref: String,
    /// Who started it.
    pub actor: Account,
    /// When it asked.
    pub asked_at: Timestamp,
    /// How many reports were sent, or may have been.
    pub reports: u32,
    /// What the last report was about; empty for none.
    pub told: String,
}

/// What was let into an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvals {
    /// Deployments that we said yes to.
    pub approved: BTreeSet<DeploymentId>,
    /// The first deployment that ever asked; those before it nobody was asked about.
    pub first: Option<DeploymentId>,
}

/// How the waiting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentEnd {
    /// It was let through.
    Approved,
    /// Nothing waits there any more: cancelled, deleted, let through by somebody else, or waited too long.
    Gone,
}

impl DeploymentEnd {
    fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Gone => "gone",
        }
    }
}

fn waiting(row: &Row<'_>) -> rusqlite::Result<PendingDeployment> {
    Ok(PendingDeployment {
        run: RunId(unsigned(row.get(0)?)),
        environment: row.get(1)?,
        delivery: row.get(2)?,
        deployment: row.get::<_, Option<i64>>(3)?.map(|id| DeploymentId(unsigned(id))),
        commit: sha(row, 4)?,
        git_ref: row.get(5)?,
        actor: Account { login: row.get(6)?, id: account_id(row, 10)? },
        asked_at: Timestamp(row.get(7)?),
        reports: row.get(8)?,
        told: row.get(9)?,
    })
}

impl Store {
    /// Notes that a deployment asks. The same delivery again changes nothing, unless the row was given up; another one is a
    /// re-run, which waits anew and has all its reports before it. One of an older attempt comes too late.
    ///
    /// # Errors
    /// What the database says.
    pub async fn insert_deployment(&self, repository: RepositoryId, asked: PendingDeployment) -> Result<(), Error> {
        // In `SET`, the plain names are those of the row that is there.
        const SQL: &str = "INSERT INTO deployments (repository_id, run_id, environment, delivery, deployment_id, commit_sha, \
                           ref, actor, asked_at, state, first_deployment, actor_id) \
                           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'waiting', ?5, ?10) \
                           ON CONFLICT (repository_id, run_id, environment) DO UPDATE SET state = 'waiting', \
                           reports = CASE WHEN delivery = excluded.delivery OR deployment_id = excluded.deployment_id \
                                     THEN reports ELSE 0 END, \
                           told = CASE WHEN delivery = excluded.delivery OR deployment_id = excluded.deployment_id \
                                  THEN told ELSE '' END, \
                           delivery = excluded.delivery, deployment_id = excluded.deployment_id, \
                           commit_sha = excluded.commit_sha, ref = excluded.ref, actor = excluded.actor, \
                           actor_id = excluded.actor_id, \
                           asked_at = excluded.asked_at, \
                           first_deployment = min(coalesce(first_deployment, excluded.first_deployment), \
                                                  coalesce(excluded.first_deployment, first_deployment)) \
                           WHERE (delivery <> excluded.delivery OR state = 'gone') \
                           AND coalesce(excluded.deployment_id >= deployment_id, 1)";
        self.write(move |db| {
            db.prepare_cached(SQL)?
                .execute(params![
                    number(repository.0),
                    number(asked.run.0),
                    asked.environment,
                    asked.delivery,
                    asked.deployment.map(|id| number(id.0)),
                    asked.commit.as_str(),
                    asked.git_ref,
                    asked.actor.login,
                    asked.asked_at.0,
                    asked.actor.id.map(|id| number(id.0)),
                ])
                .map(|_| ())
        })
        .await
    }

    /// The deployments of a repository that wait, in the order in which they asked.
    ///
    /// # Errors
    /// What the database says.
    pub async fn waiting_deployments(&self, repository: RepositoryId) -> Result<Vec<PendingDeployment>, Error> {
        const SQL: &str = "SELECT run_id, environment, delivery, deployment_id, commit_sha, ref, actor, asked_at, reports, told, actor_id \
                           FROM deployments WHERE repository_id = ?1 AND state = 'waiting' \
                           ORDER BY asked_at, run_id, environment";
        self.read(move |db| db.prepare_cached(SQL)?.query_map([number(repository.0)], waiting)?.collect()).await
    }

    /// What was let into an environment. GitHub's names of environments have no case.
    ///
    /// # Errors
    /// What the database says.
    pub async fn approved_deployments(&self, repository: RepositoryId, environment: &str) -> Result<Approvals, Error> {
        const SQL: &str = "SELECT environment, first_deployment, let_through FROM deployments WHERE repository_id = ?1";
        let wanted = environment.to_lowercase();
        self.read(move |db| {
            let mut found = Approvals::default();
            let mut rows = db.prepare_cached(SQL)?;
            let mut rows = rows.query([number(repository.0)])?;
            while let Some(row) = rows.next()? {
                let environment: String = row.get(0)?;
                if environment.to_lowercase() != wanted {
                    continue;
                }
                let id = |column: usize| -> rusqlite::Result<Option<DeploymentId>> {
                    Ok(row.get::<_, Option<i64>>(column)?.map(|id| DeploymentId(unsigned(id))))
                };
                found.first = found.first.into_iter().chain(id(1)?).min();
                found.approved.extend(id(2)?);
            }
            Ok(found)
        })
        .await
    }

    /// Notes what was, or may have been, reported of a deployment that waits. It changes nothing where another one asks by now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn record_report(
        &self,
        repository: RepositoryId,
        row: &PendingDeployment,
        reports: u32,
        told: String,
    ) -> Result<(), Error> {
        const SQL: &str = "UPDATE deployments SET reports = ?5, told = ?6 \
                           WHERE repository_id = ?1 AND run_id = ?2 AND environment = ?3 AND delivery = ?4";
        let (run, environment, delivery) = (number(row.run.0), row.environment.clone(), row.delivery.clone());
        self.write(move |db| {
            db.prepare_cached(SQL)?
                .execute(params![number(repository.0), run, environment, delivery, reports, told])
                .map(|_| ())
        })
        .await
    }

    /// Notes that a deployment is about to be let through: after a crash it may have been.
    ///
    /// # Errors
    /// What the database says.
    pub async fn mark_approving(&self, repository: RepositoryId, row: &PendingDeployment) -> Result<(), Error> {
        const SQL: &str = "UPDATE deployments SET let_through = deployment_id \
                           WHERE repository_id = ?1 AND run_id = ?2 AND environment = ?3 AND delivery = ?4";
        let (run, environment, delivery) = (number(row.run.0), row.environment.clone(), row.delivery.clone());
        self.write(move |db| {
            db.prepare_cached(SQL)?.execute(params![number(repository.0), run, environment, delivery]).map(|_| ())
        })
        .await
    }

    /// Notes how the waiting ended. It changes nothing where another one asks by now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn finish_deployment(
        &self,
        repository: RepositoryId,
        row: &PendingDeployment,
        end: DeploymentEnd,
    ) -> Result<(), Error> {
        const SQL: &str = "UPDATE deployments SET state = ?5 \
                           WHERE repository_id = ?1 AND run_id = ?2 AND environment = ?3 AND delivery = ?4";
        let (run, environment, delivery) = (number(row.run.0), row.environment.clone(), row.delivery.clone());
        self.write(move |db| {
            db.prepare_cached(SQL)?
                .execute(params![number(repository.0), run, environment, delivery, end.word()])
                .map(|_| ())
        })
        .await
    }
}
