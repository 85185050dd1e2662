//! What the check `holdpoint/tasks` says of a pull request's own boxes.

use super::{cut, inline, render};
use askama::Template;

/// The title where not all boxes are known.
pub const UNREAD: &str = "Not every comment could be read";

/// Why not all boxes are known.
pub const TOO_MANY_COMMENTS: &str =
    "This pull request has more comments than can be read. Nothing is assumed about what could not be read.";

/// Why nobody knows which boxes count.
pub const BROKEN: &str = "The configuration on the base branch has errors, so Holdpoint does not know which boxes count. The check `holdpoint/review` shows them.";

/// The title on a merge group, and why it passes.
pub const GROUP: (&str, &str) =
    ("Asked on each pull request", "The pull requests of this group carry their own boxes and checks.");

/// What became of a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is ticked.
    Done,
    /// It is struck out, and somebody typed why.
    Settled(String),
    /// It is neither.
    Open {
        /// It is struck out, and nobody said why.
        struck: bool,
    },
}

/// One box that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its text.
    pub text: String,
    /// The page that it stands on.
    pub page: String,
    /// Whether that is a comment.
    pub in_comment: bool,
    /// What became of it.
    pub state: State,
}

/// All boxes of a pull request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tasks {
    /// Those that count, in their order.
    pub tasks: Vec<Task>,
    /// How many optional ones are not waited for.
    pub optional: usize,
    /// How many need not be done because another one of their group is.
    pub others: usize,
}

#[derive(Template)]
#[template(path = "message/tasks.md", escape = "none")]
struct TasksTemplate {
    open: Vec<String>,
    settled: Vec<String>,
    optional: usize,
    others: usize,
    none: bool,
}

impl Tasks {
    /// How many are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.tasks.iter().filter(|task| matches!(task.state, State::Open { .. })).count()
    }

    /// The title of the check run.
    #[must_use]
    pub fn title(&self) -> String {
        let (all, open) = (self.tasks.len(), self.open());
        match (all, open) {
            (0, _) => "No boxes".to_owned(),
            (_, 0) => format!("{all} of {all} done"),
            (_, _) => format!("{} of {all} done · {open} open", all - open),
        }
    }

    /// The summary of the check run.
    #[must_use]
    pub fn summary(&self) -> String {
        let link = |task: &Task| {
            let place = if task.in_comment { "in a comment" } else { "in the text" };
            format!("{} ([{place}]({}))", inline(&task.text), task.page)
        };
        let open = self.tasks.iter().filter_map(|task| match &task.state {
            State::Open { struck: true } => Some(format!("{}: struck out without a reason behind it", link(task))),
            State::Open { struck: false } => Some(link(task)),
            State::Done | State::Settled(_) => None,
        });
        let settled = self.tasks.iter().filter_map(|task| match &task.state {
            State::Settled(reason) => Some(format!("{}: {}", link(task), inline(reason))),
            State::Done | State::Open { .. } => None,
        });
        let none = self.tasks.is_empty();
        let (optional, others) = (self.optional, self.others);
        cut(render(&TasksTemplate { open: open.collect(), settled: settled.collect(), optional, others, none }))
    }
}
