//! What is known of the repository around a checklist file.

use globset::GlobSet;
use std::collections::BTreeMap;

/// What is known of the repository around a file. What is not known is not held against the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct LintContext<'a> {
    /// What the configuration replaces, letters to text.
    pub replace: Option<&'a BTreeMap<String, String>>,
    /// Headings that the configuration calls "after", in lower case.
    pub after: Option<&'a GlobSet>,
    /// The file's own path in the repository.
    pub path: Option<&'a str>,
    /// All paths of the repository, in order.
    pub paths: Option<&'a [&'a str]>,
    /// The text is what an issue form becomes.
    pub form: bool,
}
