//! Reads what a repository has: names of files, a few texts, branches and tags.
//!
//! Reads within limits, follows no symbolic link, leaves out what git ignores, and writes nothing.

use super::findings::{Survey, is_worth_reading};
use crate::cli::git::{Git, slashed};
use crate::config;
use anyhow::Context as _;
use std::collections::{BTreeSet, VecDeque};
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

/// So many files and folders are looked at. Those near the root come first.
pub(super) const MOST_ENTRIES: usize = 50_000;

/// So many texts are read.
const MOST_TEXTS: usize = 300;

/// A longer text is not read, in bytes.
pub(super) const LONGEST_TEXT: u64 = 256 << 10;

/// Looks at a repository, and at most at so many of its files and folders.
pub(super) fn survey(git: &Git, root: &Path, most_entries: usize) -> anyhow::Result<Survey> {
    let (paths, whole) = paths(git, root, most_entries)?;
    let mut survey = Survey {
        whole,
        branches: git.known_branches()?,
        tags: git.tags()?,
        site: git.site(),
        has_commits: git.has_commits(),
        ..Survey::default()
    };
    let mut named = BTreeSet::new();
    if paths.contains(config::PATH)
        && let Some(text) = text(root, config::PATH)?
    {
        let templates = config::parse(&text).0.map(|config| config.checklists).unwrap_or_default();
        named.extend(templates.into_values().filter_map(|checklist| checklist.template).flatten());
        survey.texts.insert(config::PATH.to_owned(), text);
    }
    for path in paths.iter().filter(|path| named.contains(*path) || is_worth_reading(path)).take(MOST_TEXTS) {
        if let Some(text) = text(root, path)? {
            survey.texts.insert(path.clone(), text);
        }
    }
    survey.paths = paths;
    Ok(survey)
}

/// The names of all files, from the root down, and whether these are all.
fn paths(git: &Git, root: &Path, most_entries: usize) -> anyhow::Result<(BTreeSet<String>, bool)> {
    let mut found = BTreeSet::new();
    let mut open = VecDeque::from([root.to_path_buf()]);
    let mut seen = 0;
    while let Some(folder) = open.pop_front() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if folder != root && is_elsewhere(error.kind()) => continue,
            Err(error) => return Err(error).with_context(|| format!("read the folder {}", folder.display())),
        };
        for entry in entries {
            let entry = entry.with_context(|| format!("read the folder {}", folder.display()))?;
            let path = entry.path();
            seen += 1;
            if seen > most_entries {
                return Ok((found, false));
            }
            let Ok(kind) = entry.file_type() else { continue };
            if entry.file_name() == ".git" || kind.is_symlink() || git.ignores(&path) {
                continue;
            }
            if kind.is_dir() {
                open.push_back(path);
            } else if kind.is_file()
                && let Ok(relative) = path.strip_prefix(root)
                && relative.to_str().is_some()
            {
                found.insert(slashed(relative));
            }
        }
    }
    Ok((found, true))
}

/// Somebody else's folder, or one that went away in the meantime.
fn is_elsewhere(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::PermissionDenied | ErrorKind::NotFound)
}

/// The text of a file; `None` where it is too long to be a checklist, cannot be read or is no text.
fn text(root: &Path, path: &str) -> anyhow::Result<Option<String>> {
    let file = match File::open(root.join(path)) {
        Ok(file) => file,
        Err(error) if is_elsewhere(error.kind()) => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("read {path}")),
    };
    let mut bytes = Vec::new();
    file.take(LONGEST_TEXT + 1).read_to_end(&mut bytes).with_context(|| format!("read {path}"))?;
    let short = u64::try_from(bytes.len()).is_ok_and(|length| length <= LONGEST_TEXT);
    Ok(String::from_utf8(bytes).ok().filter(|_| short))
}
