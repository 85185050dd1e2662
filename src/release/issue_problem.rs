//! Why no issue can be made of a checklist's files. Says which case it is, and words nothing.

/// Why a release has no issue though there should be one. The gate stays closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueProblem {
    /// A template has no text.
    EmptyTemplate {
        /// Its path.
        path: String,
    },
    /// A template has no items.
    NoItems {
        /// Its path.
        path: String,
    },
    /// A form could not be read whole: it would ask for too little.
    UnreadableForm {
        /// Its path.
        path: String,
        /// The line of the mistake.
        line: usize,
        /// The mistake, as its reader says it.
        message: String,
    },
    /// What a file of the branch requires and the commit's checklist lacks has no place in the issue.
    NoPlaceForRequired {
        /// The file's path.
        path: String,
        /// The branch.
        branch: String,
    },
    /// What all files of the branch require together has no place in the issue.
    NoPlaceForAllRequired,
    /// A piece that stays whole is longer than an issue.
    TooLong {
        /// The text of its first item, or where it has none, its first line.
        text: String,
    },
    /// The text would need more issues than there may be.
    TooManyParts {
        /// How many.
        parts: usize,
    },
    /// Cut into parts, the text would not ask for what it asks for as a whole.
    DiffersInParts,
    /// A file leaves something open that would swallow what follows.
    LeftOpen {
        /// Its path.
        path: String,
    },
    /// In one text, the files would not ask for what each asks for alone.
    DiffersTogether,
}
