//! Files whose names say that they were meant as checklists, and that nothing reads.
//!
//! Knows names only, and decides nothing: what is read is decided by the configuration.

use super::{Config, PATH, Templates};
use crate::checklist::{Problem, Severity, file, form};

/// How else the names of Markdown files end, and those of plain text.
const TEXTS: [&str; 8] = ["md", "markdown", "mdown", "mkd", "mkdn", "mdwn", "mdx", "txt"];

/// Where a folder that belongs at the root is put by mistake.
const BESIDE: [&str; 3] = [".github", "docs", "doc"];

/// Files that were meant as steps and match no glob: with a name that ends differently, or in a folder of another spelling.
#[must_use]
pub fn steps(config: &Config, paths: &[&str]) -> Vec<(String, Problem)> {
    let read: Vec<Templates> = config.checklists.values().map(|c| c.templates(paths)).collect();
    let globs: Vec<Glob<'_>> =
        config.checklists.values().flat_map(|c| c.steps.patterns()).filter_map(|pattern| Glob::of(pattern)).collect();
    let counts = |path: &str| {
        path == PATH
            || read.iter().any(|templates| templates.may_be(path))
            || config.checklists.values().any(|c| c.step_globs().is_match(path))
    };
    paths
        .iter()
        .filter(|path| !counts(path))
        .filter_map(|path| {
            let (glob, better) = globs.iter().find_map(|glob| Some((glob, glob.meant(path)?)))?;
            Some(((*path).to_owned(), glob.problem(&better)))
        })
        .collect()
}

/// A glob of step files whose folder has a name.
struct Glob<'g> {
    pattern: &'g str,
    folder: Vec<&'g str>,
    /// How its names end.
    extension: &'g str,
}

impl<'g> Glob<'g> {
    fn of(pattern: &'g str) -> Option<Self> {
        let is_sign = |text: &str| text.contains(['*', '?', '[', '{']);
        let (_, extension) = pattern.rsplit_once('/')?.1.rsplit_once('.')?;
        let folder: Vec<&str> = pattern.split('/').take_while(|part| !is_sign(part)).collect();
        let named = is_sign(pattern) && !folder.is_empty() && !is_sign(extension);
        named.then_some(Self { pattern, folder, extension })
    }

    /// The path under which a file would be read, if it was meant as one of these.
    fn meant(&self, path: &str) -> Option<String> {
        let parts: Vec<&str> = path.split('/').collect();
        let (name, folders) = parts.split_last()?;
        let (stem, extension) = name.rsplit_once('.')?;
        let lower = extension.to_ascii_lowercase();
        let is_text = TEXTS.contains(&lower.as_str()) || lower == self.extension.to_ascii_lowercase();
        if !is_text || stem.is_empty() || stem.eq_ignore_ascii_case("readme") {
            return None;
        }
        let deep = self.folder.len();
        let rest = if folders.get(..deep) == Some(self.folder.as_slice()) {
            // Others of the same ending were left out on purpose.
            (extension != self.extension).then(|| folders.get(deep..)).flatten()?
        } else {
            let below = folders.split_first().filter(|(first, _)| BESIDE.contains(first)).map(|(_, below)| below);
            [Some(folders), below].into_iter().flatten().find_map(|at| self.below(at))?
        };
        let parts: Vec<&str> = self.folder.iter().chain(rest).copied().collect();
        Some(format!("{}/{stem}.{}", parts.join("/"), self.extension))
    }

    /// What follows in a path that begins with the folder in another spelling.
    fn below<'p, 'f>(&self, folders: &'f [&'p str]) -> Option<&'f [&'p str]> {
        // A short word is a name of its own.
        let telling = self.folder.iter().any(|part| plain(part).contains("step"));
        let (own, rest) = folders.split_at_checked(self.folder.len())?;
        let alike = own.iter().zip(&self.folder).all(|(a, b)| plain(a) == plain(b));
        (telling && alike).then_some(rest)
    }

    fn problem(&self, better: &str) -> Problem {
        let message = format!("nothing reads this file: step files match `{}`", self.pattern);
        warning(message, format!("name it `{better}`, or add a glob to `steps:` in {PATH}"))
    }
}

/// A folder's name without case, plural and what stands between its words.
fn plain(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).map(|word| word.strip_suffix('s').unwrap_or(word));
    words.collect()
}

/// Whether a file's name says that it is a release checklist, though it lies at no usual place or ends otherwise. What stands in
/// it decides.
#[must_use]
pub fn may_be_template(path: &str) -> bool {
    let lower = path.to_lowercase();
    let mut parts: Vec<&str> = lower.split('/').collect();
    let Some((stem, extension)) = parts.pop().and_then(|name| name.rsplit_once('.')) else { return false };
    if !(TEXTS.contains(&extension) || matches!(extension, "yml" | "yaml")) || parts.len() > 4 {
        return false;
    }
    let speaks =
        |text: &str| ["releas", "checklist", "check_list", "check-list"].iter().any(|word| text.contains(word));
    if parts.contains(&"pull_request_template") {
        return stem.contains("releas");
    }
    if parts.contains(&"issue_template") {
        return speaks(stem) || parts.iter().any(|folder| folder.contains("releas"));
    }
    let stem: String = stem.chars().filter(|c| c.is_alphanumeric()).collect();
    let checklist =
        stem.contains("checklist") && (stem.contains("releas") || parts.iter().any(|f| f.contains("releas")));
    checklist || stem == "releasing"
}

/// What is said of a file that looks like the checklist, by its text; `None` where it is none.
#[must_use]
pub fn template(path: &str, text: &str) -> Option<Problem> {
    let (stem, extension) = path.rsplit_once('.')?;
    let is_form = form::is_named(path) && !form::is_markdown(text);
    let parsed = file::parse(path, text);
    if parsed.list.items.is_empty() {
        if !is_form || !form::has_body(text) {
            return None;
        }
        let message = "nothing reads this form: it has no boxes".to_owned();
        let hint =
            "list the steps as `options` of `type: checkboxes`, or as `- [ ] what to do` in a `value`".to_owned();
        let none = Problem { severity: Severity::Note, ..warning(message, hint) };
        return Some(parsed.broken.map_or(none, |broken| Problem { severity: Severity::Note, ..broken }));
    }
    let renamed = format!("{stem}.md");
    let usual = || Config::default().checklists.values().any(|c| c.templates(&[&renamed]).may_be(&renamed));
    if !is_form && !extension.eq_ignore_ascii_case("md") && usual() {
        let message = format!("nothing reads this checklist: its name ends in `.{extension}`");
        return Some(warning(message, format!("name it `{renamed}`")));
    }
    let place = if is_form {
        "put it into `.github/ISSUE_TEMPLATE`, with `release` in its name"
    } else {
        "put it at `.github/release-checklist.md`"
    };
    let message = "nothing reads this checklist: it lies at no usual place".to_owned();
    Some(warning(message, format!("{place}, or name it as `template:` in {PATH}")))
}

fn warning(message: String, hint: String) -> Problem {
    Problem { severity: Severity::Warning, line: 1, column: 1, width: 1, message, hint }
}
