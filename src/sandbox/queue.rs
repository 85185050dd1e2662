//! Merge queues as plain data; what they do is in the verbs.

/// Which groups may be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Every pull request's own commit must pass: `ALLGREEN`.
    AllGreen,
    /// It is enough if the last one's commit passes: `HEADGREEN`.
    HeadGreen,
}

/// What a branch's merge queue is set to.
/// Source: <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Which groups may be merged.
    pub strategy: Strategy,
    /// Each pull request becomes one commit, which does not contain its own commits.
    pub squash: bool,
    /// A check that did not end within so many seconds failed. GitHub takes 1 to 360 minutes.
    pub response_timeout: i64,
    /// Merge when so many pull requests are ready together …
    pub least: usize,
    /// … or when the first has waited for so many seconds.
    pub patience: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { strategy: Strategy::AllGreen, squash: false, response_timeout: 3_600, least: 1, patience: 300 }
    }
}

/// One pull request in a queue, on top of those before it.
#[derive(Clone, Debug)]
pub struct Group {
    /// The pull request.
    pub number: u64,
    /// Its head when it was put there.
    pub pull_head: String,
    /// By whom.
    pub by: String,
    /// The group's own branch.
    pub branch: String,
    /// The group's commit.
    pub head: String,
    /// What that is on top of.
    pub base: String,
    /// When its checks were asked for.
    pub at: i64,
}

/// A group that is no more.
#[derive(Clone, Debug)]
pub struct Past {
    /// The pull request.
    pub number: u64,
    /// The group's commit.
    pub head: String,
    /// `merged`, `invalidated` or `dequeued`.
    pub reason: &'static str,
    /// When.
    pub at: i64,
}

/// The merge queue of a branch.
#[derive(Clone, Debug, Default)]
pub struct MergeQueue {
    /// What it is set to.
    pub rules: Rules,
    /// What waits, the next one first.
    pub groups: Vec<Group>,
    /// Pull requests that are to be put into it when they may: (number, by whom).
    pub when_ready: Vec<(u64, String)>,
    /// What was, the newest last.
    pub past: Vec<Past>,
}
