//! A pull request that should bring a step file and does not: what is said, and the link that begins one.

use super::{bare, escape};
use crate::ids::{PullNumber, RepoName};
use crate::release::placeholder::harmless_cut;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Nothing but these signs stands in an address as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// So many characters of a title are shown in a step file.
const TITLE: usize = 150;

/// The longest part of a file's name that comes from a title.
const SLUG: usize = 50;

/// How the missing file can come to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// By a page of GitHub's that has it written already.
    Link {
        /// The file.
        path: String,
        /// The page.
        url: String,
    },
    /// The head's repository is gone: nobody can write to the pull request.
    HeadGone,
    /// By hand, at a place that these globs allow; may be empty.
    ManualRelease(Vec<String>),
}

/// What is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// A path that asks for a step.
    pub touched: String,
    /// The label that lets the pull request pass without one.
    pub unless_label: Option<String>,
    /// A step file that it brings and that asks for nothing.
    pub empty: Option<String>,
    /// What to do.
    pub way: Remedy,
}

impl Missing {
    /// The sentences.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("`{}` changes, and no step file says what to do at the release. ", bare(&self.touched));
        if let Some(empty) = &self.empty {
            text.push_str(&format!("{} has no items. ", escape::code(empty)));
        }
        let label = self.unless_label.as_ref().map(|label| format!("set the label {}", escape::code(label)));
        let or = label.as_ref().map_or_else(String::new, |label| format!(", or {label}"));
        match &self.way {
            Remedy::Link { path, url } => text.push_str(&format!("[Write {}]({url}){or}.", escape::code(path))),
            Remedy::ManualRelease(globs) if globs.is_empty() => {
                text.push_str(&format!("The configuration has no place for step files: name one below `steps`{or}."));
            }
            Remedy::ManualRelease(globs) => {
                let globs: Vec<String> = globs.iter().map(|glob| escape::code(glob)).collect();
                text.push_str(&format!("Add one that fits {}{or}.", globs.join(" or ")));
            }
            Remedy::HeadGone => {
                text.push_str("The repository that this pull request came from is gone, so none can be added to it. ");
                let again = "Open the pull request again from another branch";
                text.push_str(&format!("{again}{or}."));
            }
        }
        text
    }
}

/// What is said where the label lets a pull request pass.
#[must_use]
pub fn passed(label: &str) -> String {
    format!("No step is needed: label {}.", escape::code(label))
}

/// The name of a step file for a pull request.
#[must_use]
pub fn file_name(number: PullNumber, title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars() {
        if slug.len() >= SLUG {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    format!("{number}-{}.md", if slug.is_empty() { "step" } else { slug })
}

/// What a new step file says at first.
fn content(title: &str) -> String {
    // A title that looks like a placeholder would be filled, or refused, at the release.
    let title = harmless_cut(title, TITLE).replace('{', "(").replace('}', ")");
    format!("# {title}\n\n- [ ] What is to be done by hand, and how\n")
}

/// The page on which GitHub offers a new step file, written already.
#[must_use]
pub fn new_file(github: &str, home: &RepoName, branch: &str, path: &str, title: &str) -> String {
    let (value, name) = (content(title), escaped(path));
    format!("{}?filename={name}&value={}", page(github, home, "new", branch), utf8_percent_encode(&value, ESCAPED))
}

/// The page on which GitHub edits a file that is there.
#[must_use]
pub fn edit_file(github: &str, home: &RepoName, branch: &str, path: &str) -> String {
    format!("{}/{}", page(github, home, "edit", branch), escaped(path))
}

fn page(github: &str, home: &RepoName, what: &str, branch: &str) -> String {
    format!("{github}/{}/{what}/{}", escaped(&home.to_string()), escaped(branch))
}

/// With every sign but slashes made harmless for an address.
fn escaped(path: &str) -> String {
    path.split('/').map(|part| utf8_percent_encode(part, ESCAPED).to_string()).collect::<Vec<_>>().join("/")
}
