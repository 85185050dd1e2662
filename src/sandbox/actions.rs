//! Workflow runs that deploy, and the environments that they wait for: plain data, as [`super::repo`].

/// An environment.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The numeric id.
    pub id: u64,
    /// Its name, in which case does not matter.
    pub name: String,
    /// Whether the App under test is one of its protection rules.
    pub rule: bool,
    /// When it was made.
    pub created_at: i64,
}

/// A workflow run.
#[derive(Clone, Debug)]
pub struct WorkflowRun {
    /// The numeric id; a re-run keeps it.
    pub id: u64,
    /// Which attempt it is, from 1.
    pub attempt: u64,
    /// The branch or tag.
    pub git_ref: String,
    /// The commit.
    pub sha: String,
    /// Who started it.
    pub actor: String,
    /// `waiting`, `in_progress` or `completed`.
    pub status: String,
    /// Once completed: how it ended.
    pub conclusion: Option<String>,
    /// When it was started.
    pub created_at: i64,
    /// What it deploys to.
    pub gates: Vec<Gate>,
}

/// One environment that a run deploys to.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The environment's name.
    pub environment: String,
    /// The deployment.
    pub deployment: u64,
    /// `waiting`, `approved`, `rejected`, or `open` where no rule asks.
    pub state: &'static str,
    /// What the App said.
    pub reports: Vec<Report>,
}

/// Something that the App said about a deployment.
#[derive(Clone, Debug)]
pub struct Report {
    /// `approved` or `rejected`; a report without changes nothing.
    pub state: Option<&'static str>,
    /// Markdown.
    pub comment: String,
    /// When.
    pub at: i64,
}

impl WorkflowRun {
    /// What of it deploys to an environment.
    #[must_use]
    pub fn gate(&self, environment: &str) -> Option<&Gate> {
        self.gates.iter().find(|g| g.environment.eq_ignore_ascii_case(environment))
    }
}
