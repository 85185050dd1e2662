//! What other tools tell of a commit: plain data, as [`super::repo`].

/// A commit status.
#[derive(Clone, Debug)]
pub struct CommitStatus {
    /// The numeric id.
    pub id: u64,
    /// The commit.
    pub sha: String,
    /// Its name, in which case does not matter.
    pub context: String,
    /// `error`, `failure`, `pending` or `success`.
    pub state: String,
    /// By whom.
    pub creator: String,
    /// When.
    pub created_at: i64,
}

/// A deployment.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The numeric id.
    pub id: u64,
    /// The commit.
    pub sha: String,
    /// What was asked for: a branch, tag or commit.
    pub git_ref: String,
    /// Where to.
    pub environment: String,
    /// By whom.
    pub creator: String,
    /// When.
    pub created_at: i64,
    /// Its statuses, oldest first.
    pub statuses: Vec<DeploymentStatus>,
}

/// A status of a deployment.
#[derive(Clone, Debug)]
pub struct DeploymentStatus {
    /// The numeric id.
    pub id: u64,
    /// `success`, `failure`, `inactive` and the like.
    pub state: String,
    /// By whom.
    pub creator: String,
    /// When.
    pub created_at: i64,
}
