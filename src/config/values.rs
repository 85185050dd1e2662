//! Values that can be read and cannot do what they say: empty lists, folders where files are matched, names that nothing has.
//!
//! Knows the file's own text and nothing of the repository; what is there and what is not is the business of [`super::named`].

use super::file::{OpenEntry, TriggerWord};
use super::located::OneOrMany;
use super::read::Reader;
use crate::checklist::{Problem, Severity};
use serde_saphyr::Spanned;
use std::collections::BTreeSet;

/// Whether a text has a sign of a glob in it.
pub(super) fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

impl Reader<'_> {
    /// The first key is not behind a tab: the reader takes that, and other programs read another file then.
    pub(super) fn indented(&mut self) {
        let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        let Some((at, line)) = self.text.lines().enumerate().find(|(_, line)| says(line)) else { return };
        let blank = line.len() - line.trim_start().len();
        if line.get(..blank).is_some_and(|blank| blank.contains('\t')) {
            self.problems.push(Problem {
                severity: Severity::Error,
                line: at + 1,
                column: blank + 1,
                width: line.trim().split(':').next().map_or(1, |key| key.chars().count()),
                message: "this line is indented with a tab".to_owned(),
                hint: "begin it at the left edge".to_owned(),
            });
        }
    }

    /// A list that must hold something, and holds nothing.
    pub(super) fn not_empty<T>(&mut self, list: &OneOrMany<T>, so: &str, hint: &str) {
        if let Some(at) = list.empty().filter(|_| !self.cut) {
            self.error(at, 2, format!("this list is empty, so {so}"), hint);
        }
    }

    /// `true` and `false` are no texts.
    pub(super) fn truth(&mut self, value: &Spanned<bool>) {
        let number = |n: u64| usize::try_from(n).unwrap_or(1).max(1);
        let (line, column) = (number(value.referenced.line()), number(value.referenced.column()));
        let rest: String =
            self.text.lines().nth(line - 1).map_or_else(String::new, |l| l.chars().skip(column - 1).collect());
        let Some(quote) = rest.chars().next().filter(|first| matches!(first, '"' | '\'')) else { return };
        let width = rest.chars().skip(1).take_while(|c| *c != quote).count();
        self.error(value, width, "this is a text in quotes".to_owned(), "write `true` or `false`, without quotes");
    }

    /// The standing files.
    pub(super) fn templates(&mut self, templates: &OneOrMany) {
        let hint = "name a file, or leave `template` out for the first of the usual places";
        self.not_empty(templates, "the checklist would have no standing file", hint);
        let mut known = BTreeSet::new();
        for path in templates.located() {
            let width = path.value.chars().count();
            if path.value.is_empty() {
                self.error(path, 1, "a path is expected here".to_owned(), "write it from the root of the repository");
            } else if path.value.contains('*') {
                let message = format!("`{}` is a glob, and `template` takes paths", path.value);
                self.error(path, width, message, "name each file");
            } else if path.value.ends_with('/') {
                let message = format!("`{}` is a folder, and `template` takes files", path.value);
                self.error(path, width, message, "name each file");
            } else if !self.off_the_root(path) && !known.insert(path.value.as_str()) {
                let message = format!("`{}` is named twice, so each of its items would be listed twice", path.value);
                self.problem(Severity::Warning, path, width, message, "name it once");
            }
        }
    }

    /// Globs of step files: what ends like a folder matches the folder, and no file in it.
    pub(super) fn steps(&mut self, steps: &OneOrMany) {
        for glob in steps.located() {
            let last = glob.value.rsplit('/').next().unwrap_or_default();
            if self.off_the_root(glob) || glob.value.is_empty() || is_glob(last) || last.contains('.') {
                continue;
            }
            let message = format!("`{}` names a folder", glob.value);
            let hint = format!("write `{}/**/*.md`", glob.value.trim_end_matches('/'));
            self.error(glob, glob.value.chars().count(), message, &hint);
        }
    }

    /// Globs of the paths that need a step file.
    pub(super) fn required_paths(&mut self, paths: &OneOrMany) {
        self.not_empty(paths, "no change would need a step file", "name paths, or take the entry away");
        for glob in paths.located() {
            if !self.off_the_root(glob) && glob.value.ends_with('/') {
                let message = format!("`{}` is a folder", glob.value);
                self.error(glob, glob.value.chars().count(), message, &format!("write `{}**`", glob.value));
            }
        }
    }

    /// Whether a path or glob does not begin as the paths of a repository do.
    fn off_the_root(&mut self, path: &Spanned<String>) -> bool {
        let (said, prefix) = match &path.value {
            value if value.starts_with('/') => ("a slash", "/"),
            value if value.starts_with("./") => ("`./`", "./"),
            _ => return false,
        };
        let message = format!("`{}` begins with {said}", path.value);
        let better = path.value.trim_start_matches(prefix);
        let hint = format!("write it from the root of the repository: `{better}`");
        self.error(path, path.value.chars().count(), message, &hint);
        true
    }

    /// Branches and tags are matched by their own names.
    pub(super) fn without_prefix(&mut self, names: &OneOrMany, prefix: &str) {
        for name in names.located() {
            if let Some(own) = name.value.strip_prefix(prefix) {
                let message = format!("`{}` begins with `{prefix}`", name.value);
                self.error(name, name.value.chars().count(), message, &format!("write `{own}`"));
            }
        }
    }

    /// What opens a release, and where.
    pub(super) fn triggers(&mut self, open: &OpenEntry) {
        if let Some(on) = &open.on {
            self.not_empty(on, "nothing would open a release", "write `manual` for releases that only people open");
        }
        let Some(matches) = &open.matches else { return };
        self.without_prefix(matches, "refs/heads/");
        self.without_prefix(matches, "refs/tags/");
        let Some(at) = matches.empty().filter(|_| !self.cut) else { return };
        let on = open.on.as_ref().map(OneOrMany::located).unwrap_or_default();
        if on.iter().any(|word| matches!(word.value, TriggerWord::Merge)) {
            let message = "this list is empty, and `on: merge` opens a release where it matches".to_owned();
            self.error(at, 2, message, "name the branch, as in `match: main`");
        } else {
            let message = "this list is empty, so the usual tags hold".to_owned();
            self.problem(Severity::Warning, at, 2, message, "leave `match` out, or name globs");
        }
    }
}
