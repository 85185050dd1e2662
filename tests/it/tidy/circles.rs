//! Which file uses which, by the names that each takes from the others: through re-exports to the file that defines a name.

use super::source::{Source, Token, tokens};
use std::collections::{BTreeMap, BTreeSet};

/// A path as it is written, and where.
struct Written<'s> {
    segments: Vec<&'s str>,
    line: usize,
}

/// `use a::b as c;`, one for each name that a `use` brings.
struct Use<'s> {
    name: &'s str,
    path: Written<'s>,
    is_public: bool,
}

/// One file, with all that it names.
struct Module<'s> {
    file: &'s str,
    uses: Vec<Use<'s>>,
    paths: Vec<Written<'s>>,
    /// Names of functions that it defines: a module of the same name may be brought in beside one.
    functions: BTreeSet<&'s str>,
}

/// The files below `src`, and which of them uses which.
pub struct Imports<'s> {
    modules: BTreeMap<Vec<&'s str>, Module<'s>>,
}

/// What a file takes from another: where, and which name.
pub type Taken = BTreeMap<String, (usize, String)>;

impl<'s> Imports<'s> {
    /// The imports of these files; tests and the program's own file are left out.
    pub fn of(sources: &'s [Source]) -> Self {
        let product = sources.iter().filter(|source| !source.is_test() && source.path != "src/main.rs");
        let modules = product.map(|source| {
            let mut place = source.modules();
            place.retain(|part| *part != "lib");
            let (uses, paths) = scan(&source.text);
            (place, Module { file: &source.path, uses, paths, functions: functions(&source.text) })
        });
        Self { modules: modules.collect() }
    }

    /// For each file, those that it uses.
    pub fn arrows(&self) -> BTreeMap<String, Taken> {
        let mut found: BTreeMap<String, Taken> = BTreeMap::new();
        for (place, module) in &self.modules {
            let brought = module.uses.iter().filter(|used| !used.is_public).map(|used| &used.path);
            for path in brought.chain(&module.paths) {
                let Some(whole) = self.absolute(place, &path.segments, 0) else { continue };
                // A module that is brought in is used where a path begins with it.
                if self.modules.contains_key(&whole) {
                    continue;
                }
                if let Some(file) = self.defines(&whole, 0).filter(|file| *file != module.file) {
                    let name = path.segments.last().copied().unwrap_or_default().to_owned();
                    found
                        .entry(module.file.to_owned())
                        .or_default()
                        .entry(file.to_owned())
                        .or_insert((path.line, name));
                }
            }
        }
        found
    }

    /// Files that lead to each other, each circle with its arrows as lines.
    pub fn circles(&self) -> Vec<String> {
        let arrows = self.arrows();
        let reach = |from: &str| {
            let mut seen: BTreeSet<&str> = BTreeSet::new();
            let mut open = vec![from];
            while let Some(file) = open.pop() {
                let next = arrows.get(keyed(&arrows, file)).into_iter().flat_map(BTreeMap::keys);
                open.extend(next.map(String::as_str).filter(|file| seen.insert(file)).collect::<Vec<_>>());
            }
            seen
        };
        let reached: BTreeMap<&str, BTreeSet<&str>> = arrows.keys().map(|file| (file.as_str(), reach(file))).collect();
        let mut said = Vec::new();
        for (file, taken) in &arrows {
            for (other, (line, name)) in taken {
                if reached.get(other.as_str()).is_some_and(|back| back.contains(file.as_str())) {
                    said.push(format!("{file}:{line}: takes {name} from {other}, which leads back"));
                }
            }
        }
        said
    }

    /// A path from the crate's root; `None` where it leads out of the crate or to something local.
    fn absolute(&self, place: &[&'s str], segments: &[&'s str], depth: usize) -> Option<Vec<&'s str>> {
        let (first, rest) = segments.split_first()?;
        let mut whole = match *first {
            "crate" => Vec::new(),
            "self" => place.to_vec(),
            "super" => place.split_last()?.1.to_vec(),
            name => {
                let child: Vec<&str> = place.iter().copied().chain([name]).collect();
                if self.modules.contains_key(&child) {
                    child
                } else {
                    let used = self.modules.get(place)?.uses.iter().find(|used| used.name == name)?;
                    // `use name;` of another crate.
                    if depth > 8 || used.path.segments.first() == Some(&name) {
                        return None;
                    }
                    self.absolute(place, &used.path.segments, depth + 1)?
                }
            }
        };
        let mut rest = rest.iter();
        for segment in rest.by_ref() {
            if *segment == "super" {
                whole.pop()?;
            } else {
                whole.push(segment);
            }
        }
        Some(whole)
    }

    /// The file that defines what a whole path names.
    fn defines(&self, whole: &[&'s str], depth: usize) -> Option<&'s str> {
        let length =
            (0..=whole.len()).rev().find(|length| self.modules.contains_key(whole.get(..*length).unwrap_or(&[])))?;
        let (place, rest) = whole.split_at(length);
        let module = self.modules.get(place)?;
        if let Some((name, behind)) = rest.split_first()
            && depth < 8
            && !(behind.is_empty() && module.functions.contains(name))
            && let Some(used) = module.uses.iter().find(|used| used.name == *name)
            && let Some(mut led) = self.absolute(place, &used.path.segments, 0)
        {
            led.extend(behind);
            return self.defines(&led, depth + 1);
        }
        Some(module.file)
    }
}

fn keyed<'a>(arrows: &'a BTreeMap<String, Taken>, file: &str) -> &'a str {
    arrows.get_key_value(file).map_or("", |(key, _)| key.as_str())
}

/// The `use`s of a file, and the paths that it writes elsewhere.
fn scan(text: &str) -> (Vec<Use<'_>>, Vec<Written<'_>>) {
    let tokens = tokens(text);
    let (mut uses, mut paths) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at)).map_or("", |token| token.text);
        if token.text == "use" && matches!(before, "" | ";" | "}" | "{" | "pub" | ")" | "]") {
            let end =
                tokens.iter().skip(at).position(|token| token.text == ";").map_or(tokens.len(), |ahead| at + ahead);
            let is_public = matches!(before, "pub" | ")");
            tree(tokens.get(at + 1..end).unwrap_or_default(), &[], is_public, &mut uses);
            at = end;
        } else if is_name(token.text) && before != "::" {
            let mut segments = vec![token.text];
            let mut next = at + 1;
            while let (Some(colons), Some(name)) = (tokens.get(next), tokens.get(next + 1))
                && colons.text == "::"
                && is_name(name.text)
            {
                segments.push(name.text);
                next += 2;
            }
            if segments.len() > 1 {
                paths.push(Written { segments, line: token.line });
            }
            at = next - 1;
        }
        at += 1;
    }
    (uses, paths)
}

fn functions(text: &str) -> BTreeSet<&str> {
    let tokens = tokens(text);
    tokens
        .windows(2)
        .filter_map(|two| {
            if let [first, name] = two
                && first.text == "fn"
            {
                Some(name.text)
            } else {
                None
            }
        })
        .collect()
}

fn is_name(text: &str) -> bool {
    text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
}

/// The names of one `use`, groups taken apart.
fn tree<'s>(tokens: &[Token<'s>], before: &[&'s str], is_public: bool, uses: &mut Vec<Use<'s>>) {
    let mut segments = before.to_vec();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.text {
            "::" => {}
            "{" => {
                let mut depth = 0_usize;
                let mut from = at + 1;
                for (here, inner) in tokens.iter().enumerate().skip(at) {
                    match inner.text {
                        "{" => depth += 1,
                        "}" => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 || (depth == 1 && inner.text == ",") {
                        tree(tokens.get(from..here).unwrap_or_default(), &segments, is_public, uses);
                        from = here + 1;
                    }
                    if depth == 0 {
                        break;
                    }
                }
                return;
            }
            "as" => {
                let name = tokens.get(at + 1).map_or("_", |token| token.text);
                uses.push(Use { name, path: Written { segments, line: token.line }, is_public });
                return;
            }
            // `a::{self}` brings `a`.
            "self" if !segments.is_empty() => {}
            name => segments.push(name),
        }
        at += 1;
    }
    let Some(name) = segments.last().copied().filter(|_| !tokens.is_empty()) else { return };
    let line = tokens.first().map_or(0, |token| token.line);
    uses.push(Use { name, path: Written { segments, line }, is_public });
}
