//! A file that was looked at, with what is wrong in it.

use crate::checklist::Problem;

/// A file that was looked at.
pub(super) struct Checked {
    /// As people see it.
    pub(super) name: String,
    pub(super) text: String,
    pub(super) problems: Vec<Problem>,
    /// Nothing reads it.
    pub(super) unread: bool,
}
