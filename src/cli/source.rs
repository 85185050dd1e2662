//! Which texts a command works on: the files of a folder or of a commit, and which of them are checklists.
//!
//! Reads files, and decides nothing about what stands in them.

use super::git::{Git, Snapshot, slashed};
use super::terminal::Console;
use crate::checklist::{Problem, file};
use crate::config::{self, ChecklistConfig, Config, Templates};
use anyhow::{Context as _, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// One version of a repository's files.
pub(super) enum Files<'g> {
    /// A folder on the disk: its root, and the paths below it.
    Folder(PathBuf, BTreeSet<String>),
    /// A commit.
    Commit(Snapshot<'g>),
}

impl Files<'_> {
    /// The files below a folder, without what git ignores.
    pub(super) fn folder(root: &Path) -> anyhow::Result<Self> {
        let git = Git::around(root)?;
        let mut paths = BTreeSet::new();
        walk(root, git.as_ref(), &mut paths)?;
        let relative = paths.iter().filter_map(|path| path.strip_prefix(root).ok()).map(slashed).collect();
        Ok(Self::Folder(root.to_path_buf(), relative))
    }

    /// All paths, in order, with slashes.
    pub(super) fn paths(&self) -> Vec<&str> {
        match self {
            Self::Folder(_, paths) => paths.iter().map(String::as_str).collect(),
            Self::Commit(snapshot) => snapshot.paths().collect(),
        }
    }

    /// The text of a file; `None` where there is no such file.
    pub(super) fn read(&self, path: &str) -> anyhow::Result<Option<String>> {
        match self {
            Self::Folder(root, paths) if paths.contains(path) => read(&root.join(path)).map(|text| Some(text.text)),
            Self::Folder(..) => Ok(None),
            Self::Commit(snapshot) => Ok(snapshot.bytes(path)?.map(|bytes| Text::of(&bytes).text)),
        }
    }
}

/// Every file below a folder. Links are not followed, `.git` and what git ignores is not entered.
fn walk(folder: &Path, git: Option<&Git>, found: &mut BTreeSet<PathBuf>) -> anyhow::Result<()> {
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            // Somebody else's folder within the tree holds no checklist of ours.
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied && !found.is_empty() => continue,
            Err(error) => return Err(error).with_context(|| format!("read the folder {}", folder.display())),
        };
        for entry in entries {
            let entry = entry.with_context(|| format!("read the folder {}", folder.display()))?;
            let kind = entry.file_type().with_context(|| format!("look at {}", entry.path().display()))?;
            let path = entry.path();
            if entry.file_name() == ".git" || git.is_some_and(|git| git.ignores(&path)) {
                continue;
            }
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() {
                found.insert(path);
            }
        }
    }
    Ok(())
}

/// A file's text.
pub(super) struct Text {
    /// With `U+FFFD` where it is no UTF-8.
    pub(super) text: String,
    /// It is UTF-8 throughout.
    pub(super) whole: bool,
}

impl Text {
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let whole = matches!(text, std::borrow::Cow::Borrowed(_));
        Self { text: text.into_owned(), whole }
    }
}

/// Reads a file.
pub(super) fn read(path: &Path) -> anyhow::Result<Text> {
    let bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
    Ok(Text::of(&bytes))
}

/// The name that people see of standard input.
pub(super) const STDIN: &str = "<stdin>";

/// Reads a file that was named on the command line, `-` being standard input, and gives the name that people see.
pub(super) fn read_named(name: &str, console: &mut Console<'_>) -> anyhow::Result<(String, Text)> {
    if name == "-" {
        let mut bytes = Vec::new();
        console.input.read_to_end(&mut bytes).context("read standard input")?;
        return Ok((STDIN.to_owned(), Text::of(&bytes)));
    }
    let path = console.directory.join(name);
    if path.is_dir() {
        bail!("{name} is a folder; name a file");
    }
    let bytes = fs::read(&path).with_context(|| format!("cannot read {name}"))?;
    Ok((plain_name(name), Text::of(&bytes)))
}

/// Whether a name has a sign of a glob in it.
pub(super) fn is_glob(name: &str) -> bool {
    name.contains(['*', '?', '[', '{'])
}

/// The files that a glob matches, for shells that do not expand it themselves.
pub(super) fn expand(pattern: &str, console: &Console<'_>) -> anyhow::Result<Vec<String>> {
    let pattern = plain_name(pattern);
    let fixed: PathBuf =
        Path::new(&pattern).components().take_while(|part| !is_glob(&part.as_os_str().to_string_lossy())).collect();
    let glob = globset::GlobBuilder::new(&pattern).literal_separator(true).build();
    let glob = glob.with_context(|| format!("`{pattern}` is no glob"))?.compile_matcher();
    let start = console.directory.join(&fixed);
    if !start.is_dir() {
        bail!("`{pattern}` matches no file: there is no folder {}", fixed.display());
    }
    let files = Files::folder(&start)?;
    let names = files.paths().into_iter().map(|path| slashed(&fixed.join(path)));
    let found: Vec<String> = names.filter(|name| glob.is_match(name)).collect();
    if found.is_empty() {
        bail!("`{pattern}` matches no file");
    }
    Ok(found)
}

/// The files that one argument names: itself, what its glob matches, or the checklists in its folder.
pub(super) fn files_named(name: &str, console: &Console<'_>) -> anyhow::Result<Vec<String>> {
    let path = console.directory.join(name);
    if name == "-" || path.is_file() {
        return Ok(vec![name.to_owned()]);
    }
    if !path.is_dir() {
        return if is_glob(name) { expand(name, console) } else { Ok(vec![name.to_owned()]) };
    }
    let folder = path.canonicalize().with_context(|| format!("look at {name}"))?;
    let root = Git::around(&folder)?.and_then(|git| git.root()).unwrap_or_else(|| folder.clone());
    let files = Files::folder(&root)?;
    let config = rules(&files)?.config.unwrap_or_default();
    let there = files.paths();
    let found: Vec<String> = roles(&config, &files)?
        .into_keys()
        .filter(|path| there.binary_search(&path.as_str()).is_ok() && root.join(path).starts_with(&folder))
        .map(|path| seen_from(&console.directory, &root.join(path)))
        .collect();
    if found.is_empty() {
        bail!("there is no checklist in {name}; name the files");
    }
    Ok(found)
}

/// A name without `./` before it.
pub(super) fn plain_name(name: &str) -> String {
    slashed(name.strip_prefix("./").filter(|rest| !rest.is_empty()).unwrap_or(name).as_ref())
}

/// A path as seen from a folder that it is in, or that is in it.
pub(super) fn seen_from(directory: &Path, path: &Path) -> String {
    if let Ok(below) = path.strip_prefix(directory) {
        return slashed(below);
    }
    let shared = directory.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = directory.components().skip(shared).map(|_| Component::ParentDir);
    let relative: PathBuf = up.chain(path.components().skip(shared)).collect();
    slashed(&relative)
}

/// The configuration of one version.
pub(super) struct Rules {
    /// What it says; `None` where it has an error and must not be used.
    pub(super) config: Option<Config>,
    /// Its text; `None` where there is no such file.
    pub(super) text: Option<String>,
    /// What is wrong with it.
    pub(super) problems: Vec<Problem>,
}

/// Reads the configuration of one version; none is the defaults.
pub(super) fn rules(files: &Files<'_>) -> anyhow::Result<Rules> {
    Ok(match files.read(config::PATH)? {
        None => Rules { config: Some(Config::default()), text: None, problems: Vec::new() },
        Some(text) => {
            let (config, problems) = config::parse(&text);
            Rules { config, text: Some(text), problems }
        }
    })
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Used whole for every release.
    Template,
    /// Used once.
    Step,
}

/// The template files of a checklist in a version; configured ones that are missing too.
pub(super) fn templates(checklist: &ChecklistConfig, files: &Files<'_>) -> anyhow::Result<Vec<String>> {
    match checklist.templates(&files.paths()) {
        Templates::Known(paths) => Ok(paths),
        Templates::FirstWithItems { paths, more } => {
            for path in paths {
                if files.read(&path)?.is_some_and(|text| file::has_items(&path, &text)) {
                    return Ok(vec![path]);
                }
            }
            Ok(more.into_iter().collect())
        }
    }
}

/// The checklist files of a version, with the checklist's name; configured templates that are missing too.
pub(super) fn roles(config: &Config, files: &Files<'_>) -> anyhow::Result<BTreeMap<String, (Kind, String)>> {
    let mut roles = BTreeMap::new();
    for (name, checklist) in &config.checklists {
        for template in templates(checklist, files)? {
            roles.entry(template).or_insert((Kind::Template, name.clone()));
        }
    }
    let paths = files.paths();
    for (name, checklist) in &config.checklists {
        let steps = checklist.step_globs();
        for path in paths.iter().filter(|path| steps.is_match(path)) {
            roles.entry((*path).to_owned()).or_insert((Kind::Step, name.clone()));
        }
    }
    Ok(roles)
}

/// What is configured for a file on the disk, by the repository that it lies in; the defaults where nothing is.
pub(super) fn config_for(file: &Path) -> ChecklistConfig {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    let found = file.ancestors().skip(1).find_map(|root| {
        let text = read(&root.join(config::PATH)).ok()?;
        Some((root, config::parse(&text.text).0?))
    });
    let Some((root, mut config)) = found else { return ChecklistConfig::default() };
    let path = file.strip_prefix(root).map(slashed).unwrap_or_default();
    let named = |is_of: &dyn Fn(&ChecklistConfig) -> bool| {
        config.checklists.iter().find(|(_, checklist)| is_of(checklist)).map(|(name, _)| name.clone())
    };
    let name = named(&|checklist| checklist.templates(&[path.as_str()]).may_be(&path))
        .or_else(|| named(&|checklist| checklist.step_globs().is_match(&path)));
    let only = if config.checklists.len() == 1 { config.checklists.keys().next().cloned() } else { None };
    name.or(only).and_then(|name| config.checklists.remove(&name)).unwrap_or_default()
}
