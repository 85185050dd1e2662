//! Source files as the rules see them: their place, and their tokens without comments and literals.

use std::fs;
use std::io;
use std::path::PathBuf;

/// One file below `src`.
pub struct Source {
    /// Its path with `/`, from the repository's root.
    pub path: String,
    pub text: String,
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: &str) -> io::Result<String> {
    fs::read_to_string(root().join(path)).map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))
}

/// Every file below `directory` that ends in `ending`, in order, as paths from the root.
pub fn files(directory: &str, ending: &str) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(root().join(&directory))? {
            let entry = entry?;
            let path = format!("{directory}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else if path.ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

pub fn sources() -> io::Result<Vec<Source>> {
    files("src", ".rs")?.into_iter().map(|path| Ok(Source { text: read(&path)?, path })).collect()
}

impl Source {
    /// `src/checklist/parse.rs` → `checklist`, `parse`; `mod.rs` names its directory.
    pub fn modules(&self) -> Vec<&str> {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let inside = inside.strip_suffix(".rs").unwrap_or(inside);
        inside.split('/').filter(|part| *part != "mod").collect()
    }

    pub fn room(&self) -> &str {
        self.modules().first().copied().unwrap_or_default()
    }

    /// A file of unit tests: it may use what it likes.
    pub fn is_test(&self) -> bool {
        self.modules().iter().skip(1).any(|module| *module == "tests")
    }
}

/// A name, `::`, or one sign of Rust source. Comments and literals are left out.
pub struct Token<'s> {
    pub line: usize,
    pub text: &'s str,
}

/// What a piece of source is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Literal,
    Space,
}

pub fn tokens(source: &str) -> Vec<Token<'_>> {
    pieces(source, &[Kind::Code])
}

/// The strings and characters of a source, with their quotes.
pub fn literals(source: &str) -> Vec<Token<'_>> {
    pieces(source, &[Kind::Literal])
}

/// Both, in their order.
pub fn tokens_and_literals(source: &str) -> Vec<Token<'_>> {
    pieces(source, &[Kind::Code, Kind::Literal])
}

fn pieces<'s>(source: &'s str, wanted: &[Kind]) -> Vec<Token<'s>> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let (length, kind) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), Kind::Space)
        } else if rest.starts_with("/*") {
            (block_comment(rest), Kind::Space)
        } else if let Some(length) = literal(rest) {
            (length, Kind::Literal)
        } else if rest.starts_with("::") {
            (2, Kind::Code)
        } else if is_name(first) {
            (rest.find(|c| !is_name(c)).unwrap_or(rest.len()), Kind::Code)
        } else {
            (first.len_utf8(), if first.is_whitespace() { Kind::Space } else { Kind::Code })
        };
        let (text, next) = rest.split_at(length.clamp(first.len_utf8(), rest.len()));
        if wanted.contains(&kind) {
            found.push(Token { line, text });
        }
        line += text.matches('\n').count();
        rest = next;
    }
    found
}

/// The length of a comment that may hold others.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth = depth.saturating_sub(1);
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a string or character at the beginning of `text`, if there is one.
fn literal(text: &str) -> Option<usize> {
    if let Some(behind) = text.strip_prefix('\'') {
        let mut chars = behind.chars();
        let first = chars.next()?;
        if first == '\\' {
            let escaped = chars.next()?.len_utf8();
            return Some(2 + escaped + behind.get(1 + escaped..)?.find('\'')? + 1);
        }
        // Anything else is a lifetime.
        return (chars.next() == Some('\'')).then(|| 2 + first.len_utf8());
    }
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        text.strip_prefix(prefix).is_some_and(|rest| {
            rest.starts_with('"') || prefix.ends_with('r') && rest.trim_start_matches('#').starts_with('"')
        })
    })?;
    let behind = text.strip_prefix(prefix)?;
    if prefix.ends_with('r') {
        let opening = behind.find('"')?;
        let closing = format!("\"{}", "#".repeat(opening));
        let inside = behind.get(opening + 1..)?;
        let length = inside.find(&closing).map_or(inside.len(), |at| at + closing.len());
        return Some(prefix.len() + opening + 1 + length);
    }
    let mut escaped = false;
    for (at, c) in behind.char_indices().skip(1) {
        match c {
            '"' if !escaped => return Some(prefix.len() + at + 1),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    Some(text.len())
}
